"""Fits the simulator's constants to public data; footfall/simulator/shapes.py holds the result.

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

POPULAR_RANKS = 200
"""Popularity is fitted over as many ranks as the demo's catalogue has products."""
SAME_ORDER_DAYS = 0.04
"""Invoices of one customer within an hour are one order in two parts."""


def main(online_retail: Path, clothing: Path, intention: Path) -> None:
    """Print every fitted constant."""
    for name, value in {
        **fit_orders(pd.read_parquet(online_retail)),
        **fit_clicks(_read_clothing(clothing)),
        **fit_conversion(_read_intention(intention)),
    }.items():
        print(f"{name} = {value}")


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


def _zipf_exponent(sold: pd.DataFrame) -> float:
    """The slope of log(orders that hold a product) over log(its rank)."""
    orders = sold.groupby("StockCode")["InvoiceNo"].nunique()
    most = np.sort(orders.to_numpy())[::-1][:POPULAR_RANKS]
    slope, _ = np.polyfit(np.log(np.arange(1, len(most) + 1)), np.log(most), 1)
    return -float(slope)


def _shares(values: pd.Series[int], buckets: int) -> tuple[float, ...]:
    counts = values.value_counts().reindex(range(buckets), fill_value=0)
    return tuple(_round(count / counts.sum(), 4) for count in counts)


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
