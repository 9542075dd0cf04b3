"""Fits the simulator's constants to public data, and prints each beside the one in the code.

They are in footfall/simulator/shapes.py and footfall/simulator_shapes.py.

python benchmarks/fit_shapes.py online_retail.parquet eshop_clothing_2008.zip \
    online_shoppers_intention.csv

All three files are of the UCI Machine Learning Repository, CC BY 4.0; none is part of Footfall.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from footfall import simulator_shapes
from footfall.simulator import shapes

POPULAR_RANKS = 200
"""Popularity is fitted over as many ranks as the demo's catalogue has products."""
SAME_ORDER_DAYS = 0.04
"""Invoices of one customer within an hour are one order in two parts."""
MANDELBROT_RANKS = 1_000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def main(online_retail: Path, clothing: Path, intention: Path) -> None:
    """Print every fitted constant, and what the code has where it has another."""
    lines = pd.read_parquet(online_retail)
    clicks, visits = _read_clothing(clothing), _read_intention(intention)
    for name, value in {
        **fit_orders(lines),
        **fit_clicks(clicks),
        **fit_conversion(visits),
        **fit_returning(lines),
        **fit_categories(clicks),
        **fit_visits(visits),
    }.items():
        print(f"{name} = {value}{_unlike_the_code(name, value)}")


def _unlike_the_code(name: str, value: object) -> str:
    if not name.isupper():
        return ""
    held = getattr(shapes, name, getattr(simulator_shapes, name, "nothing"))
    return "" if held == value else f"  # the code has {held}"


def fit_orders(lines: pd.DataFrame) -> dict[str, object]:
    """Fit orders, prices, popularity, repeats, hours, weekdays, cancellations (Online Retail)."""
    is_cancelled = lines["InvoiceNo"].astype(str).str.startswith("C")
    is_product = lines["StockCode"].astype(str).str.match(r"^\d{5}[A-Za-z]*$")
    invoices = lines.loc[is_product].groupby(is_cancelled)["InvoiceNo"].nunique()
    sold = lines[is_product & ~is_cancelled & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    known = sold[sold["CustomerID"].notna()]
    lines_per_order = known.groupby("InvoiceNo")["StockCode"].nunique()
    prices = np.log(sold.groupby("StockCode")["UnitPrice"].median())
    orders = known.groupby(["CustomerID", "InvoiceNo"])["InvoiceDate"].min().reset_index()
    orders = orders.sort_values(["CustomerID", "InvoiceDate"])
    gaps = orders.groupby("CustomerID")["InvoiceDate"].diff().dt.total_seconds() / 86_400
    log_gaps = np.log(gaps[gaps > SAME_ORDER_DAYS])
    per_customer = orders.groupby("CustomerID").size()
    return {
        "LINES_PER_ORDER_LOG_MEAN": _round(np.log(lines_per_order).mean()),
        "LINES_PER_ORDER_LOG_SD": _round(np.log(lines_per_order).std()),
        "lines per order, median": lines_per_order.median(),
        "QUANTITY_LOG_MEAN": _round(np.log(known["Quantity"]).mean()),
        "QUANTITY_LOG_SD": _round(np.log(known["Quantity"]).std()),
        "quantity per line, median": known["Quantity"].median(),
        "PRICE_LOG_MEAN": _round(prices.mean()),
        "PRICE_LOG_SD": _round(prices.std()),
        "POPULARITY_EXPONENT": _round(_zipf_exponent(sold)),
        "REPEAT_SHARE": _round((per_customer > 1).mean()),
        "INTER_PURCHASE_DAYS_LOG_MEAN": _round(log_gaps.mean()),
        "INTER_PURCHASE_DAYS_LOG_SD": _round(log_gaps.std()),
        "days between purchases, median": _round(np.exp(log_gaps).median()),
        "ORDERS_BY_HOUR": _shares(orders["InvoiceDate"].dt.hour, 24),
        "ORDERS_BY_WEEKDAY": _shares(orders["InvoiceDate"].dt.weekday, 7),
        "CANCELLED_SHARE": _round(invoices[True] / invoices.sum()),
    }


def fit_clicks(clicks: pd.DataFrame) -> dict[str, object]:
    """Fit the length of a visit and how it stays in a category (clothing clicks)."""
    clicks = clicks.sort_values(["session ID", "order"])
    session, category = clicks["session ID"], clicks["page 1 (main category)"]
    is_same_session = session == session.shift()
    stays = (category == category.shift())[is_same_session]
    pages = clicks.groupby("session ID").size()
    return {
        "PAGES_PER_VISIT_LOG_MEAN": _round(np.log(pages).mean()),
        "PAGES_PER_VISIT_LOG_SD": _round(np.log(pages).std()),
        "pages per visit, median": pages.median(),
        "CATEGORY_STICKINESS": _round(stays.mean()),
    }


def fit_conversion(visits: pd.DataFrame) -> dict[str, object]:
    """Fit the share of visits that buy, and the time on a product page (purchase intention)."""
    looked = visits[(visits["ProductRelated"] > 0) & (visits["ProductRelated_Duration"] > 0)]
    dwell = np.log(looked["ProductRelated_Duration"] / looked["ProductRelated"])
    return {
        "CONVERSION_SHARE": _round(visits["Revenue"].mean()),
        "RETURNING_VISITOR_SHARE": _round((visits["VisitorType"] == "Returning_Visitor").mean()),
        "DWELL_SECONDS_LOG_MEAN": _round(dwell.mean()),
        "DWELL_SECONDS_LOG_SD": _round(dwell.std()),
    }


def fit_returning(lines: pd.DataFrame) -> dict[str, object]:
    """Fit gaps, new customers, months and credit notes (Online Retail); codes in one case."""
    is_credit = lines["InvoiceNo"].astype(str).str.startswith("C")
    is_product = lines["StockCode"].astype(str).str.match(r"^\d{5}[A-Za-z]*$")
    is_sold = is_product & ~is_credit & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)
    sold = lines[is_sold].assign(StockCode=lines["StockCode"].str.upper())
    known = sold[sold["CustomerID"].notna()]
    orders = known.groupby(["CustomerID", "InvoiceNo"])["InvoiceDate"].min().reset_index()
    orders = orders.sort_values(["CustomerID", "InvoiceDate", "InvoiceNo"])
    gaps = orders.groupby("CustomerID")["InvoiceDate"].diff().dt.total_seconds() / 86_400
    gaps = gaps[gaps > SAME_ORDER_DAYS]
    weibull = stats.weibull_min.fit(gaps, floc=0)
    months = orders["InvoiceDate"].dt.to_period("M").astype(str)
    is_new = ~orders["CustomerID"].duplicated()
    credited = lines[is_credit & is_product]
    value = float((sold["Quantity"] * sold["UnitPrice"]).sum())
    credited_value = float((credited["Quantity"] * credited["UnitPrice"]).sum())
    exponent, offset, fit = _mandelbrot(sold)
    return {
        "INTER_PURCHASE_WEIBULL_SHAPE": _round(weibull[0]),
        "INTER_PURCHASE_WEIBULL_SCALE_DAYS": _round(weibull[2]),
        "gaps, KS of Weibull": _ks(gaps, "weibull_min", weibull),
        "gaps, KS of log-normal": _ks_log_normal(gaps),
        "POPULARITY_MANDELBROT_EXPONENT": _round(exponent),
        "POPULARITY_MANDELBROT_RANK_OFFSET": offset,
        "popularity, R2": _round(fit),
        "NEW_CUSTOMER_ORDER_SHARE": _round(is_new[months.between("2011-06", "2011-11")].mean()),
        "ORDERS_PER_CUSTOMER_MEAN": _round(orders.groupby("CustomerID").size().mean()),
        "ANONYMOUS_ORDER_SHARE": _round(1 - len(orders) / sold["InvoiceNo"].nunique()),
        "ORDERS_BY_MONTH": _shares(
            orders.loc[months < "2011-12", "InvoiceDate"].dt.month, 12, first=1
        ),
        "CREDITED_LINE_SHARE": _round(len(credited) / (len(credited) + len(sold))),
        "CREDITED_VALUE_SHARE": _round(-credited_value / value),
        "lines per order, KS of log-normal": _ks_log_normal(
            known.groupby("InvoiceNo")["StockCode"].nunique()
        ),
        "quantity, KS of log-normal": _ks_log_normal(known["Quantity"]),
        "price, KS of log-normal": _ks_log_normal(sold.groupby("StockCode")["UnitPrice"].median()),
    }


def fit_categories(clicks: pd.DataFrame) -> dict[str, object]:
    """Fit how a visit goes from category to category, and prices in each (clothing clicks)."""
    clicks = clicks.sort_values(["session ID", "order"])
    session, category = clicks["session ID"], clicks["page 1 (main category)"]
    before = category.shift()[session == session.shift()].astype(int)
    moves = pd.crosstab(before, category[before.index], normalize="index")
    pages = clicks.groupby("session ID").size()
    models = clicks.drop_duplicates("page 2 (clothing model)")
    prices = np.log(models["price"]).groupby(models["page 1 (main category)"])
    seen = clicks.groupby("session ID")["page 1 (main category)"].nunique()
    return {
        "ONE_CLICK_VISIT_SHARE": _round((pages == 1).mean()),
        "SINGLE_CATEGORY_VISIT_SHARE": _round((seen == 1).mean()),
        "FIRST_CATEGORY_SHARES": _shares(category[~session.duplicated()], 4, first=1, digits=3),
        "CATEGORY_TRANSITIONS": tuple(tuple(map(_round, row)) for row in moves.to_numpy()),
        "CLICKS_BY_LISTING_PAGE": _shares(clicks["page"], 5, first=1, digits=3),
        "CATEGORY_PRICE_LOG_MEANS": tuple(map(_round, prices.mean())),
        "CATEGORY_PRICE_LOG_SDS": tuple(map(_round, prices.std())),
        "pages per visit, KS of log-normal": _ks_log_normal(pages),
    }


def fit_visits(visits: pd.DataFrame) -> dict[str, object]:
    """Fit who buys and when, bounces and durations (purchase intention)."""
    kinds = ("Administrative", "Informational", "ProductRelated")
    pages = visits[list(kinds)].sum(axis=1)
    seconds = visits[[f"{kind}_Duration" for kind in kinds]].sum(axis=1)
    buys = visits["Revenue"]
    by_month = buys.groupby(visits["Month"]).mean()
    buying, looking = seconds[(seconds > 0) & buys], seconds[(seconds > 0) & ~buys]
    return {
        "NEW_VISITOR_CONVERSION_SHARE": _round(buys[visits["VisitorType"] == "New_Visitor"].mean()),
        "RETURNING_VISITOR_CONVERSION_SHARE": _round(
            buys[visits["VisitorType"] == "Returning_Visitor"].mean()
        ),
        "WEEKDAY_CONVERSION_SHARE": _round(buys[~visits["Weekend"]].mean()),
        "WEEKEND_CONVERSION_SHARE": _round(buys[visits["Weekend"]].mean()),
        "WEEKEND_VISIT_SHARE": _round(visits["Weekend"].mean()),
        "CONVERSION_BY_MONTH": tuple(
            _round(by_month[month], 4) if month in by_month else None for month in MONTHS
        ),
        "ONE_PAGE_VISIT_SHARE": _round((pages <= 1).mean()),
        "PAGE_BOUNCE_RATE_MEAN": _round(visits["BounceRates"].mean()),
        "BUYING_VISIT_SECONDS_LOG_MEAN": _round(np.log(buying).mean()),
        "BUYING_VISIT_SECONDS_LOG_SD": _round(np.log(buying).std()),
        "buying visits, KS of log-normal": _ks_log_normal(buying),
        "LOOKING_VISIT_SECONDS_LOG_MEAN": _round(np.log(looking).mean()),
        "LOOKING_VISIT_SECONDS_LOG_SD": _round(np.log(looking).std()),
        "looking visits, KS of log-normal": _ks_log_normal(looking),
    }


def _mandelbrot(sold: pd.DataFrame) -> tuple[float, int, float]:
    """Return exponent, rank offset and R2 of the best straight line, offsets in tens."""
    orders = sold.groupby("StockCode")["InvoiceNo"].nunique()
    most = np.log(np.sort(orders.to_numpy())[::-1][:MANDELBROT_RANKS])
    ranks = np.arange(1, len(most) + 1)
    fits = {q: stats.linregress(np.log(ranks + q), most) for q in range(0, 400, 10)}
    offset = max(fits, key=lambda q: float(fits[q].rvalue) ** 2)
    return -float(fits[offset].slope), offset, float(fits[offset].rvalue) ** 2


def _ks(values: Any, distribution: str, parameters: tuple[float, ...]) -> float:
    return _round(stats.kstest(values, distribution, args=parameters).statistic)


def _ks_log_normal(values: pd.Series[Any]) -> float:
    logs = np.log(values)
    return _ks(logs, "norm", (logs.mean(), logs.std()))


def _zipf_exponent(sold: pd.DataFrame) -> float:
    """The slope of log(orders that hold a product) over log(its rank)."""
    orders = sold.groupby("StockCode")["InvoiceNo"].nunique()
    most = np.sort(orders.to_numpy())[::-1][:POPULAR_RANKS]
    slope, _ = np.polyfit(np.log(np.arange(1, len(most) + 1)), np.log(most), 1)
    return -float(slope)


def _shares(
    values: pd.Series[int], buckets: int, *, first: int = 0, digits: int = 4
) -> tuple[float, ...]:
    counts = values.value_counts().reindex(range(first, first + buckets), fill_value=0)
    return tuple(_round(count / counts.sum(), digits) for count in counts)


def _round(value: Any, digits: int = 3) -> float:
    return round(float(value), digits)


def _read_clothing(path: Path) -> pd.DataFrame:
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".csv"))
        with archive.open(name) as file:
            return pd.read_csv(file, sep=";")


def _read_intention(path: Path) -> pd.DataFrame:
    """The file separates by ``;`` at UCI's mirror that we were given, by ``,`` at UCI itself."""
    with path.open(encoding="utf-8") as file:
        separator = ";" if ";" in file.readline() else ","
    return pd.read_csv(path, sep=separator)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
