"""Each rule of docs/importing.md on rows made by hand, beside those of test_importing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from domain.order import Order
from domain.product import Product
from footfall.importing.event_writer import Imported
from footfall.importing.not_taken import NotTaken
from footfall.importing.online_retail import OnlineRetail
from footfall.importing.online_retail_lines import Line, read_lines
from footfall.importing.rows import rows_of

if TYPE_CHECKING:
    from pathlib import Path


def row(**changes: Any) -> dict[str, Any]:
    return {
        "InvoiceNo": "1",
        "StockCode": "10001",
        "Description": "A MUG",
        "Quantity": 2,
        "InvoiceDate": datetime(2011, 1, 5, 12, 0),  # noqa: DTZ001 - London's wall clock
        "UnitPrice": 1.25,
        "CustomerID": 7.0,
        "Country": "Wales",
    } | changes


def line_of(**changes: Any) -> Line:
    [line] = read_lines([row(**changes)])
    assert isinstance(line, Line)
    return line


def taken(*rows: dict[str, Any]) -> list[Imported]:
    return [i for i in OnlineRetail().events(read_lines(rows)) if isinstance(i, Imported)]


def events(kind: type[Any], *rows: dict[str, Any]) -> list[Any]:
    return [item.event for item in taken(*rows) if isinstance(item.event, kind)]


@pytest.mark.parametrize(
    "code",
    ["POST", "DOT", "M", "C2", "D", "S", "B", "AMAZONFEE", "CRUK", "PADS", "TEST001", "1234", ""],
)
def test_a_code_that_names_no_product_is_refused(code: str) -> None:
    [refused] = read_lines([row(StockCode=code)])

    assert isinstance(refused, NotTaken)
    assert refused.reason == "not_a_product"


@pytest.mark.parametrize("code", ["10001", "85123A", "15056BL", "79323LP", "DCGSSGIRL", "DCGS0003"])
def test_a_code_that_names_a_product_is_taken(code: str) -> None:
    assert line_of(StockCode=code).stock_code == code


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"InvoiceNo": "A9", "UnitPrice": -5.0}, "adjustment"),
        ({"StockCode": "POST", "UnitPrice": 0.0}, "not_a_product"),
        ({"Quantity": -4, "UnitPrice": 0.0, "Description": None}, "stock_movement"),
        ({"Description": None, "UnitPrice": 0.0}, "zero_price"),
    ],
)
def test_the_first_rule_that_applies_gives_the_reason(changes: dict[str, Any], reason: str) -> None:
    [refused] = read_lines([row(**changes)])

    assert isinstance(refused, NotTaken)
    assert refused.reason == reason


@pytest.mark.parametrize(
    "price, minor",
    [(0.29, 29), (1.005, 100), (1.015, 102), (4.35, 435), (38970.0, 3_897_000), ("2.10", 210)],
)
def test_a_price_is_rounded_from_its_decimal_digits(price: object, minor: int) -> None:
    assert line_of(UnitPrice=price).unit_price_minor == minor


def test_invoices_of_winter_and_summer_are_an_hour_apart_in_utc() -> None:
    summer = datetime(2011, 7, 5, 12, 0)  # noqa: DTZ001 - London's wall clock

    assert line_of().occurred_at == datetime(2011, 1, 5, 12, 0, tzinfo=UTC)
    assert line_of(InvoiceDate=summer).occurred_at == datetime(2011, 7, 5, 11, 0, tzinfo=UTC)


def test_an_invoice_that_spans_two_minutes_is_one_order_at_its_first() -> None:
    later = datetime(2011, 1, 5, 12, 1)  # noqa: DTZ001 - London's wall clock

    [order] = events(Order.Placed, row(), row(StockCode="10002", InvoiceDate=later))

    assert len(order.lines) == 2
    assert order.timestamp == datetime(2011, 1, 5, 12, 0, tzinfo=UTC)


def test_a_row_not_taken_does_not_split_its_invoice() -> None:
    [order] = events(Order.Placed, row(), row(StockCode="POST"), row(StockCode="10002"))

    assert len(order.lines) == 2


def test_an_invoice_that_is_split_in_the_file_comes_in_parts() -> None:
    orders = events(Order.Placed, row(), row(InvoiceNo="2"), row(StockCode="10002"))

    assert [order.originator_id.rpartition(":")[2] for order in orders] == ["1", "2", "1.2"]


def test_a_line_that_is_repeated_is_sold_twice() -> None:
    [order] = events(Order.Placed, row(), row())

    assert order.total_minor == 2 * 2 * 125


def test_both_cases_of_a_stock_code_are_one_product() -> None:
    [product] = events(
        Product.Added, row(StockCode="85123A"), row(StockCode="85123a", UnitPrice=9.0)
    )

    assert (product.name, product.price.amount) == ("A MUG", 125)


def test_a_line_keeps_its_own_price() -> None:
    first, second = events(Order.Placed, row(), row(InvoiceNo="2", UnitPrice=2.0))

    assert (first.total_minor, second.total_minor) == (250, 400)


def test_a_product_without_description_is_named_by_its_code() -> None:
    [product] = events(Product.Added, row(Description=None))

    assert product.name == "10001"


def test_an_anonymous_return_matches_no_order() -> None:
    rows = [row(CustomerID=None), row(InvoiceNo="C2", Quantity=-1, CustomerID=None)]

    assert not events(Order.Returned, *rows)
    assert len(events(Order.CreditNoted, *rows)) == 1


def test_each_fact_has_an_id_of_its_own_and_always_the_same() -> None:
    rows = [row(), row(InvoiceNo="2"), row(InvoiceNo="C3", Quantity=-3)]
    first, again = ([item.event_id for item in taken(*rows)] for _ in range(2))

    assert first == again
    assert len(set(first)) == len(first) == 6  # a product, a customer, two orders, two returns


def test_rows_are_numbered_across_the_batches_of_a_parquet(tmp_path: Path) -> None:
    rows = [row()] * 9_000 + [row(UnitPrice=0.0)]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")

    *_, last = read_lines(rows_of(tmp_path / "a.parquet"))

    assert isinstance(last, NotTaken)
    assert last.row == 9_001
