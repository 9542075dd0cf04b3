"""A year of a real shop, imported and projected, beside a plain computation with pandas.

The file is not part of the project (UCI Machine Learning Repository, Online Retail, CC BY 4.0):
``FOOTFALL_ONLINE_RETAIL=/path/to/online_retail.parquet make test`` runs this.
"""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import pytest_asyncio

from footfall.importing.event_writer import write_events
from footfall.importing.online_retail import OnlineRetail
from footfall.importing.online_retail_lines import read_lines
from footfall.importing.rows import rows_of
from projections.live_kpis import kpis
from tests.shops import an_open_shop, caught_up, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from footfall.wiring import Shop

FILE = Path(os.environ.get("FOOTFALL_ONLINE_RETAIL", "online_retail.parquet"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.skipif(not FILE.exists(), reason="set FOOTFALL_ONLINE_RETAIL to the file to run"),
]


@pytest_asyncio.fixture
async def shop(database_url: str, redis_url: str) -> AsyncIterator[Shop]:
    async with an_open_shop(database_url, redis_url) as shop, projecting(shop):
        await write_events(
            shop.journal,
            "online-retail",
            OnlineRetail().events(read_lines(rows_of(FILE))),
            now=datetime.now(UTC),
            rejects=io.StringIO(),
        )
        await caught_up(shop, seconds=120)
        yield shop


def lines() -> pd.DataFrame:
    """Return the lines that count, by the rules of docs/importing.md, computed the plain way."""
    table = pd.read_parquet(FILE)
    invoice = table["InvoiceNo"].astype(str)
    code = table["StockCode"].astype(str).str.strip().str.upper()
    is_return = invoice.str.startswith("C")
    minor = (table["UnitPrice"] * 100).round().astype(int)
    counts = (
        code.str.fullmatch(r"\d{5}[A-Z]{0,3}|DCGS[A-Z0-9]+")
        & ~invoice.str.startswith("A")
        & (table["UnitPrice"] > 0)
        & (minor > 0)
        & ((table["Quantity"] < 0) == is_return)
        & (table["Quantity"] != 0)
    )
    when = table["InvoiceDate"].groupby(invoice).transform("first")
    london = when.dt.tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward")
    made = pd.DataFrame(
        {
            "product": code,
            "month": london.dt.tz_convert("UTC").dt.strftime("%Y-%m"),
            "country": table["Country"],
            "is_return": is_return,
            "pieces": table["Quantity"].abs(),
            "minor": table["Quantity"].abs() * minor,
        }
    )
    return made[counts]


async def test_totals_per_month_country_and_product_are_those_of_the_file(shop: Shop) -> None:
    expected = lines()
    sold, returned = expected[~expected.is_return], expected[expected.is_return]

    async with shop.pool.acquire() as connection:
        days = await kpis(
            connection,
            start=datetime(2010, 1, 1, tzinfo=UTC),
            end=datetime(2012, 1, 1, tzinfo=UTC),
            bucket="day",
        )
        countries = await connection.fetch(
            """SELECT country, sum(total_minor)::bigint AS sold FROM orders
               GROUP BY country HAVING sum(total_minor) > 0"""
        )
        parked = await connection.fetchval("SELECT count(*) FROM app.parked")
        top = [str(name) for name in sold.groupby("product").minor.sum().nlargest(10).index]
        products = await connection.fetch(
            """SELECT product_id, sum(units)::int AS units, sum(revenue_minor)::bigint AS revenue,
                      sum(returned_units)::int AS returned, sum(refund_minor)::bigint AS refund
               FROM product_sales WHERE product_id = ANY ($1) GROUP BY product_id""",
            top,
        )

    revenue: dict[str, int] = {}
    refund: dict[str, int] = {}
    for row in days:
        if row.currency == "GBP":
            month = f"{row.bucket_start:%Y-%m}"
            revenue[month] = revenue.get(month, 0) + row.revenue_minor
            refund[month] = refund.get(month, 0) + row.refund_minor
    assert parked == 0
    assert revenue == _sums(sold, "month", "minor")
    assert refund == _sums(returned, "month", "minor")
    assert {row["country"]: row["sold"] for row in countries} == _sums(sold, "country", "minor")
    assert len(products) == 10
    for row in products:
        of_sold = sold[sold["product"] == row["product_id"]]
        of_returned = returned[returned["product"] == row["product_id"]]
        assert (row["units"], row["revenue"]) == (of_sold.pieces.sum(), of_sold.minor.sum())
        assert (row["returned"], row["refund"]) == (
            of_returned.pieces.sum(),
            of_returned.minor.sum(),
        )


def _sums(table: pd.DataFrame, by: str, column: str) -> dict[Any, int]:
    return {key: int(value) for key, value in table.groupby(by)[column].sum().items()}
