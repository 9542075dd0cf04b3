"""Behaviour logs of other shops: Retailrocket's events.csv, REES46's csv, our own ndjson."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid5

import msgspec

from application.event_codec import event_from_fields
from domain.visit import Visit, fact
from footfall.importing.event_writer import Imported
from footfall.importing.not_taken import NotTaken
from footfall.importing.online_retail import NAMESPACE
from footfall.importing.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_RETAILROCKET = {"timestamp", "visitorid", "event", "itemid"}
_REES46 = {"event_time", "event_type", "product_id", "user_id"}


_REES46_IDENTITY = (*sorted(_REES46), "user_session", "price")


class UnknownFormat(Exception):
    """The file is none of the known behaviour logs."""


def events_of(path: Path) -> tuple[str, Iterator[Imported | NotTaken]]:
    """Return the name of the file's format and its events; an exact repetition is one event.

    Raises UnknownFormat where the first row fits no format.
    """
    if path.name.endswith((".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")):
        return "ndjson", _own(path)
    rows = rows_of(path)
    first = next(rows, None)
    if first is None:
        return "empty", iter(())
    names = set(first)
    if names >= _RETAILROCKET:
        return "retailrocket", _retailrocket(_again(first, rows))
    if names >= _REES46:
        return "rees46", _rees46(_again(first, rows))
    raise UnknownFormat(f"no known format has the columns {', '.join(sorted(names))}")


def _retailrocket(rows: Iterable[dict[str, Any]]) -> Iterator[Imported | NotTaken]:
    kinds: dict[str, type[Any]] = {
        "view": Visit.ProductViewed,
        "addtocart": Visit.ProductCarted,
        "transaction": Visit.ProductPurchased,
    }
    for number, row in enumerate(rows, start=1):
        kind = kinds.get(str(row["event"]))
        try:
            at = datetime.fromtimestamp(int(row["timestamp"]) / 1_000, UTC)
        except (TypeError, ValueError, OverflowError):
            at = None
        if kind is None or at is None or not row["visitorid"] or not row["itemid"]:
            yield NotTaken(number, "unknown_event" if kind is None else "malformed", row)
            continue
        visitor, product = f"retailrocket:{row['visitorid']}", str(row["itemid"])
        order = str(row.get("transactionid") or "")
        extra = {"order": order} if kind is Visit.ProductPurchased else {}
        identity = f"{row['timestamp']}/{row['visitorid']}/{row['event']}/{row['itemid']}"
        yield Imported(
            _event_id("retailrocket", identity, order),
            fact(kind, _day(visitor, at), at, visitor=visitor, product_id=product, **extra),
        )


def _rees46(rows: Iterable[dict[str, Any]]) -> Iterator[Imported | NotTaken]:
    kinds: dict[str, type[Any]] = {
        "view": Visit.ProductViewed,
        "cart": Visit.ProductCarted,
        "remove_from_cart": Visit.ProductUncarted,
        "purchase": Visit.ProductPurchased,
    }
    for number, row in enumerate(rows, start=1):
        kind = kinds.get(str(row["event_type"]))
        try:
            at = _utc(str(row["event_time"]))
            price = round(Decimal(str(row.get("price") or "0")) * 100)
        except (ValueError, OverflowError, InvalidOperation):
            yield NotTaken(number, "malformed", row)
            continue
        if kind is None or price < 0 or not row["user_id"] or not row["product_id"]:
            reason = "unknown_event" if kind is None else "malformed"
            yield NotTaken(number, "negative_price" if price < 0 else reason, row)
            continue
        visitor, product = f"rees46:{row['user_id']}", str(row["product_id"])
        is_purchase = kind is Visit.ProductPurchased
        extra: dict[str, Any] = (
            {"unit_price_minor": price, "currency": "USD"} if is_purchase else {}
        )
        session = str(row.get("user_session") or "")
        visit = f"rees46:{session}" if session else _day(visitor, at)
        identity = "/".join(str(row.get(name) or "") for name in _REES46_IDENTITY)
        yield Imported(
            _event_id("rees46", identity),
            fact(kind, visit, at, visitor=visitor, product_id=product, **extra),
        )


class _OwnEvent(msgspec.Struct):
    """A line of ``footfall replay``, or one written by hand."""

    topic: str
    stream_id: str
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    fields: dict[str, Any]
    event_id: UUID | None = None


def _own(path: Path) -> Iterator[Imported | NotTaken]:
    decode = msgspec.json.Decoder(_OwnEvent).decode
    with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                own = decode(line)
                event = event_from_fields(
                    own.topic, own.stream_id, own.occurred_at.astimezone(UTC), own.fields
                )
            except KeyError:
                yield NotTaken(number, "unknown_topic", {"line": line.decode(errors="replace")})
            except (TypeError, ValueError) as error:
                text = line.decode(errors="replace").rstrip("\n")
                yield NotTaken(number, "malformed", {"line": text, "error": str(error)})
            else:
                digest = sha256(line.strip()).hexdigest()
                yield Imported(own.event_id or _event_id("ndjson", digest), event)


def _again(first: dict[str, Any], rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rows


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _day(visitor: str, at: datetime) -> str:
    """Return a visit id for logs that know no visits: a visitor's day."""
    return f"{visitor}:{at:%Y%m%d}"


def _event_id(source: str, *identity: str) -> UUID:
    return uuid5(NAMESPACE, "/".join((source, *identity)))
