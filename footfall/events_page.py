"""Write docs/events.md: ``python -m footfall.events_page > docs/events.md``."""

from __future__ import annotations

import re
import sys
from dataclasses import MISSING, Field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol, get_args, get_origin, get_type_hints

import msgspec

from application.intake import ga4, segment
from domain.events import ENVELOPE_FIELDS, PERSONAL
from domain.vocabulary import AGGREGATE_OF, AGGREGATES, EVENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from domain.events import Aggregate, Event

_HEAD = """\
# Events

Every event that the log can hold, and the outer names that become some of them. This page is made
from `domain/` and `application/intake/` by `make docs`.

Each is recorded with its position, event id, stream, version, topic, times, actor and correlation;
what stands here is its payload. A **bold** field is personal: encrypted under its shopper's key,
and empty once that shopper is erased. A field that is not there has the value after its `=`, or
is null. Amounts named `_minor` are in minor units.
"""

_INTAKE = """
# Names that become events

A shop keeps the names that it sends already; [collecting.md](collecting.md) says how. A name counts
as it is written here, capitals too. Any other becomes `visit.custom_tracked` under that name, its
properties kept, with e-mail addresses in them masked.

Of what is read, `product_id` may also be called `sku`, `item_id`, `productId` or `id`, and
`products[]` may be `items[]`. A message without what its event cannot do without becomes a bad row;
an order that names no product becomes `visit.custom_tracked`.
"""

_WORDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    bool: "boolean",
    datetime: "time",
    Any: "anything",
}


class _Outer(Protocol):
    """What a call and a word of the intake have in common."""

    @property
    def becomes(self) -> tuple[type[Event], ...]: ...
    @property
    def reads(self) -> str: ...


def events_page() -> str:
    """Return the page: events by stream, then the outer names that become some of them."""
    return "".join(
        (
            _HEAD,
            *(_stream(aggregate) for aggregate in AGGREGATES),
            _structures(),
            _INTAKE,
            _names("Calls of Segment's HTTP API", "call", segment.CALLS),
            _names("Segment: e-commerce events, v2", "`track` event", segment.E_COMMERCE),
            _names("Footfall's tracker", "`track` event", segment.OF_TRACKER),
            _names("GA4: Measurement Protocol", "event", ga4.EVENTS),
        )
    )


def _stream(aggregate: type[Aggregate]) -> str:
    """Return the part about one kind of stream."""
    shared = _fields(aggregate.Event)
    rows = [
        (f"`{event.TOPIC}`", _says(event), _joined(_fields(event), without=shared))
        for topic, event in EVENTS.items()
        if AGGREGATE_OF[topic] is aggregate
    ]
    of_each = f"Each has {_joined(shared)}. {_text(aggregate.Event)}\n\n" if shared else ""
    return (
        f"\n## {aggregate.__name__}\n\n{_paragraph(aggregate)}\n\n"
        f"{of_each}{_table(('topic', 'says', 'fields'), rows)}"
    )


def _structures() -> str:
    """Return the part about the values that are neither text nor number."""
    kinds = dict.fromkeys(
        kind
        for event in EVENTS.values()
        for hint in get_type_hints(event).values()
        for kind in (hint, *get_args(hint))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    )
    rows = [
        (
            f"`{kind.__name__}`",
            _paragraph(kind),
            ", ".join(f"`{f.name}` {_word(f.type)}" for f in msgspec.structs.fields(kind)),
        )
        for kind in sorted(kinds, key=lambda kind: kind.__name__)
    ]
    return f"\n## Values\n\n{_table(('value', 'is', 'fields'), rows)}"


def _names(title: str, what: str, names: Mapping[str, _Outer]) -> str:
    """Return the part about the names of one sender."""
    rows = [
        (f"`{name}`", ", ".join(f"`{event.TOPIC}`" for event in outer.becomes), outer.reads)
        for name, outer in names.items()
    ]
    return f"\n## {title}\n\n{_table((what, 'becomes', 'reads'), rows)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _says(event: type[Event]) -> str:
    """Return the first paragraph of an event's docstring, else its name as a sentence."""
    name = event.__name__
    for kind in event.__mro__:  # the library may have put a class of its own over ours
        is_ours = getattr(kind, "TOPIC", "") == event.TOPIC
        if is_ours and not (kind.__doc__ or "").startswith(f"{name}("):
            return _paragraph(kind)  # a dataclass without a docstring has its signature there
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).capitalize() + "."


def _fields(event: type[Event]) -> dict[str, str]:
    """Return the fields of a payload, by name, as they are shown."""
    hints = get_type_hints(event, include_extras=True)
    return {
        field.name: _field(field, hints[field.name])
        for field in fields(event)  # type: ignore[arg-type]  # its metaclass makes it a dataclass
        if field.name not in ENVELOPE_FIELDS
    }


def _field(field: Field[Any], hint: Any) -> str:
    name = f"**`{field.name}`**" if PERSONAL in get_args(hint) else f"`{field.name}`"
    default = field.default
    if default is MISSING or default is None:
        return f"{name} {_word(hint)}"
    return f"{name} {_word(hint)} = `{msgspec.json.encode(default).decode()}`"


def _word(hint: Any) -> str:
    """Return a type as JSON shows it."""
    if hint in _WORDS:
        return _WORDS[hint]
    origin, of = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _word(of[0])
    if origin is tuple:
        return f"list of {_word(of[0])}"
    if origin is dict:
        return f"object of {_word(of[1])}"
    if origin is not None:
        return " or ".join(_option(one) for one in of)
    return f"`{hint.__name__}`"


def _option(one: Any) -> str:
    """Return one of several types, or of several words; the empty word may be left out."""
    if isinstance(one, str):
        return f"`{one}`" if one else "nothing"
    return "null" if one is type(None) else _word(one)


def _joined(shown: Mapping[str, str], without: Collection[str] = ()) -> str:
    return ", ".join(text for name, text in shown.items() if name not in without)


def _paragraph(documented: object) -> str:
    """Return the first paragraph of a docstring."""
    return _in_line((documented.__doc__ or "").partition("\n\n")[0])


def _text(documented: object) -> str:
    """Return a whole docstring."""
    return _in_line(documented.__doc__ or "")


def _in_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


if __name__ == "__main__":
    sys.stdout.write(events_page())
