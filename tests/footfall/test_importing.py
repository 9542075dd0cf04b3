"""Imported history: each row becomes an event or is refused with its reason."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import msgspec
import pyarrow as pa
import pyarrow.parquet
import pytest

from application.event_codec import event_from_fields
from domain.order import Order
from domain.product import Product
from domain.shopper import Shopper
from domain.visit import Visit
from footfall.commands.replay import readable
from footfall.importing.behaviour_files import UnknownFormat, events_of
from footfall.importing.event_writer import Imported, write_events
from footfall.importing.not_taken import NotTaken
from footfall.importing.online_retail import OnlineRetail
from footfall.importing.online_retail_lines import Line, MissingColumn, find_time_form, read_lines
from footfall.importing.rows import rows_of
from tests.shops import an_open_shop

if TYPE_CHECKING:
    from pathlib import Path

WHEN = datetime(2011, 6, 1, 10, 0)  # noqa: DTZ001 - London's wall clock, one hour ahead of UTC


def row(**changes: Any) -> dict[str, Any]:
    return {
        "InvoiceNo": "536365",
        "StockCode": "85123A",
        "Description": "WHITE HANGING HEART",
        "Quantity": 6,
        "InvoiceDate": WHEN,
        "UnitPrice": 2.55,
        "CustomerID": 17850.0,
        "Country": "United Kingdom",
    } | changes


def events(*rows: dict[str, Any]) -> list[Imported]:
    items = OnlineRetail().events(read_lines(rows))
    return [item for item in items if isinstance(item, Imported)]


def of(kind: type[Any], items: list[Imported]) -> list[Any]:
    return [item.event for item in items if isinstance(item.event, kind)]


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"StockCode": "POST"}, "not_a_product"),
        ({"StockCode": "m"}, "not_a_product"),
        ({"StockCode": "BANK CHARGES"}, "not_a_product"),
        ({"StockCode": "gift_0001_20"}, "not_a_product"),
        ({"InvoiceNo": "A563185", "StockCode": "B"}, "adjustment"),
        ({"Quantity": -3}, "stock_movement"),
        ({"InvoiceNo": "C536379", "Quantity": 3}, "stock_movement"),
        ({"Quantity": 0}, "stock_movement"),
        ({"UnitPrice": 0.0}, "zero_price"),
        ({"UnitPrice": -1.0}, "negative_price"),
        ({"UnitPrice": 0.001}, "below_a_penny"),
        ({"UnitPrice": "dear"}, "malformed"),
        ({"InvoiceDate": "yesterday"}, "malformed"),
        ({"InvoiceNo": None}, "malformed"),
    ],
)
def test_a_row_that_is_no_sale_is_refused_with_its_reason(
    changes: dict[str, Any], reason: str
) -> None:
    [refused] = read_lines([row(**changes)])

    assert isinstance(refused, NotTaken)
    assert (refused.row, refused.reason) == (1, reason)


def test_a_line_has_whole_pennies_and_london_time_in_utc() -> None:
    [line] = read_lines([row(StockCode="85123a ")])

    assert isinstance(line, Line)
    assert (line.stock_code, line.quantity, line.unit_price_minor) == ("85123A", 6, 255)
    assert line.occurred_at == datetime(2011, 6, 1, 9, 0, tzinfo=UTC)
    assert line.customer == "17850"


def test_the_lines_of_an_invoice_are_one_order() -> None:
    items = events(
        row(), row(StockCode="71053", Quantity=2, UnitPrice=3.39), row(InvoiceNo="536366")
    )

    first, second = of(Order.Placed, items)
    assert first.total_minor == 6 * 255 + 2 * 339
    assert [line.product_id for line in first.lines] == ["85123A", "71053"]
    assert first.shopper_id == "online-retail:17850"
    assert first.originator_id == "order-online-retail:536365"
    assert second.total_minor == 6 * 255
    assert len(of(Product.Added, items)) == 2
    assert len(of(Shopper.Imported, items)) == 1


def test_a_sale_without_customer_is_an_anonymous_order() -> None:
    for missing in (None, float("nan"), ""):
        items = events(row(CustomerID=missing))

        [order] = of(Order.Placed, items)
        assert order.shopper_id == ""
        assert not of(Shopper.Imported, items)


def test_a_credit_note_returns_the_latest_orders_of_that_customer() -> None:
    items = events(
        row(InvoiceNo="1", Quantity=4),
        row(InvoiceNo="2", Quantity=3),
        row(InvoiceNo="C3", Quantity=-5),
    )

    latest, earlier = of(Order.Returned, items)
    assert latest.originator_id == "order-online-retail:2"
    assert (latest.lines[0].quantity, latest.refund_minor) == (3, 3 * 255)
    assert earlier.originator_id == "order-online-retail:1"
    assert earlier.lines[0].quantity == 2
    assert not of(Order.CreditNoted, items)


def test_what_was_never_sold_stands_as_a_credit_note() -> None:
    items = events(row(InvoiceNo="1", Quantity=1), row(InvoiceNo="C2", Quantity=-3))

    [returned] = of(Order.Returned, items)
    [note] = of(Order.CreditNoted, items)
    assert returned.lines[0].quantity == 1
    assert (note.lines[0].quantity, note.refund_minor) == (2, 510)
    assert note.originator_id == "order-online-retail:C2"


def test_a_file_that_is_something_else_is_named() -> None:
    with pytest.raises(MissingColumn, match="InvoiceNo"):
        list(read_lines([{"a": 1}]))


def test_every_format_reads_alike(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.Table.from_pylist([row()]), tmp_path / "a.parquet")
    as_text = {**row(InvoiceDate="6/1/2011 10:00", CustomerID="17850"), "Description": "CAFÉ"}
    with (tmp_path / "a.csv").open("w", encoding="latin-1", newline="") as file:
        writer = csv.DictWriter(file, as_text)
        writer.writeheader()
        writer.writerow(as_text)
    second_edition = {"Invoice": "489434", "StockCode": "85123A", "Description": "X", "Quantity": 6}
    second_edition |= {"InvoiceDate": 40695.4166666667, "Price": 2.55, "Customer ID": 17850}
    second_edition |= {"Country": "United Kingdom"}
    _write_workbook(tmp_path / "a.xlsx", second_edition)

    lines = {path.suffix: list(read_lines(rows_of(path))) for path in tmp_path.iterdir()}

    for suffix in (".parquet", ".csv", ".xlsx"):
        [line] = lines[suffix]
        assert isinstance(line, Line), (suffix, line)
        assert (line.quantity, line.unit_price_minor, line.customer) == (6, 255, "17850")
        assert line.occurred_at == datetime(2011, 6, 1, 9, 0, tzinfo=UTC)


def test_days_and_months_are_told_apart_over_the_whole_file() -> None:
    rows = [row(InvoiceDate="1/12/2010 8:26"), row(InvoiceDate="13/12/2010 8:26")]

    form = find_time_form(rows)
    first, second = read_lines(rows, form)

    assert isinstance(first, Line)
    assert isinstance(second, Line)
    assert (first.occurred_at.day, first.occurred_at.month) == (1, 12)
    assert (second.occurred_at.day, second.occurred_at.month) == (13, 12)


@pytest.mark.parametrize(
    "changes",
    [
        {"UnitPrice": float("nan")},
        {"UnitPrice": float("inf")},
        {"Quantity": float("inf")},
        {"Quantity": 2.7},
        {"CustomerID": "somebody"},
    ],
)
def test_a_number_that_is_none_is_malformed(changes: dict[str, Any]) -> None:
    [refused] = read_lines([row(**changes)])

    assert isinstance(refused, NotTaken)
    assert refused.reason == "malformed"


def test_retailrocket_and_rees46_become_visits(tmp_path: Path) -> None:
    rocket = tmp_path / "events.csv"
    rocket.write_text(
        "timestamp,visitorid,event,itemid,transactionid\n"
        "1433221332117,257597,view,355908,\n"
        "1433221332117,257597,view,355908,\n"
        "1433221332999,257597,transaction,355908,77\n"
        "1433221333000,257597,dance,355908,\n"
        "soon,257597,view,355908,\n"
    )
    rees = tmp_path / "2019-Oct.csv.gz"
    with gzip.open(rees, "wt") as file:
        file.write(
            "event_time,event_type,product_id,category_id,category_code,brand,price,"
            "user_id,user_session\n"
            "2019-10-01 00:00:00 UTC,purchase,44600062,21,,shiseido,35.79,541312140,72d7\n"
        )

    name, items = events_of(rocket)
    rocket_items = list(items)
    [bought] = events_of(rees)[1]

    assert name == "retailrocket"
    taken = [item for item in rocket_items if isinstance(item, Imported)]
    assert len({item.event_id for item in taken}) == 2
    assert [i.reason for i in rocket_items if isinstance(i, NotTaken)] == [
        "unknown_event",
        "malformed",
    ]
    assert isinstance(bought, Imported)
    assert isinstance(bought.event, Visit.ProductPurchased)
    assert (bought.event.unit_price_minor, bought.event.currency) == (3_579, "USD")


def test_a_file_in_no_known_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")

    with pytest.raises(UnknownFormat, match="a, b"):
        events_of(tmp_path / "x.csv")


async def test_importing_twice_adds_nothing(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    rows = [row(), row(InvoiceNo="C9", Quantity=-1), row(StockCode="POST")]
    reports = []
    rejects = io.StringIO()
    async with an_open_shop(database_url, redis_url) as shop:
        for _ in range(2):
            items = OnlineRetail().events(read_lines(rows))
            now = datetime.now(UTC)
            reports.append(
                await write_events(shop.journal, "test", items, now=now, rejects=rejects)
            )
        order = await shop.journal.load(Order, "online-retail:536365")
        head = await shop.journal.head()

        exported = tmp_path / "again.ndjson"
        events_ = await shop.journal.read(0)
        exported.write_bytes(b"\n".join(msgspec.json.encode(readable(e)) for e in events_))
        replayed = await write_events(
            shop.journal, "test", events_of(exported)[1], now=datetime.now(UTC), rejects=rejects
        )

    assert (reports[0].recorded, reports[0].known) == (4, 0)
    assert (reports[1].recorded, reports[1].known) == (0, 4)
    assert (replayed.recorded, replayed.known) == (0, 4)
    assert reports[0].not_taken == {"not_a_product": 1}
    assert '"StockCode":"POST"' in rejects.getvalue()
    assert head == 4
    assert order is not None
    assert (order.total_minor, order.refunded_minor) == (1_530, 255)


def test_an_exported_event_comes_back_as_it_was() -> None:
    fields = {"product_id": "p", "quantity": 2, "unit_price": {"amount": 5, "currency": "EUR"}}

    event = event_from_fields("basket.item_added", "basket-visitor:v", datetime.now(UTC), fields)

    assert vars(event)["unit_price"].amount == 5


def _write_workbook(path: Path, values: dict[str, Any]) -> None:
    """Write the smallest workbook that is one: names in the first row, values in the second."""

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        style = ' s="1"' if isinstance(value, float) and value > 1_000 else ""
        return f"<c{style}><v>{value}</v></c>"

    rows = "".join(f"<row>{''.join(map(cell, r))}</row>" for r in (values, values.values()))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with ZipFile(path, "w") as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{types}"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/></Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
            f'Type="{office}/styles" Target="styles.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="Year 2009-2010" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        )
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
        )
