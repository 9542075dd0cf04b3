"""A model's card: what it is, what it learnt from, how it did and why it serves, as Markdown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from domain.model import Model
from projections.models import models_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.events import Recorded
    from projections.models import ModelRow

_USE = """\
It ranks products for a visitor of this shop by the visitor's latest events, for lists that a
person looks at. It is not meant to judge people, to set prices, or for another shop: its products
are this shop's."""
_LIMITS = """\
- It foresees what visitors turn to, which is not what they would have bought without a list.
- The scores are of sessions of the past; a list that is shown changes what is looked at next.
- Products that nobody touched rank by what the shop says of them alone.
- It does not know what happened after its last position; retraining does."""
_PRIVACY = """\
It learnt from visitor ids, products, kinds of events, times and seconds of dwelling; from no
name, address or search text, and from no visitor marked as a bot. The file holds numbers about
products, and past sessions as sequences of products without ids of visitors. Erasing a shopper
does not change a trained model; the next training no longer reads what was erased with them."""


def card_of(
    history: Sequence[Recorded], version: str, header: Mapping[str, Any] | None = None
) -> str | None:
    """Return the card that the events of a kind tell, or None where it has no such model.

    ``header``: what the artifact says of itself, where the file is at hand; it is compared.
    """
    [*found] = [row for row in models_of(history) if row.version == version]
    if not found:
        return None
    model = found[0]
    [trained] = [
        each.event
        for each in history
        if isinstance(each.event, Model.Trained) and each.event.version == version
    ]
    about = trained.about
    parts = [
        f"# {model.kind} {version}",
        _what(model, about),
        "## Data",
        _data(model, about.get("facts", {})),
        "## Settings",
        _table(("setting", "value"), sorted(model.settings.items())),
        "## Scores on the latest sessions",
        _scores(model, about),
        "## How it came to serve",
        _promotions(history, version),
        "## Intended use",
        _USE,
        "## Limits",
        _LIMITS,
        "## Privacy",
        _PRIVACY,
        "## Artifact",
        _artifact(model, header),
    ]
    return "\n\n".join(parts) + "\n"


def _what(model: ModelRow, about: Mapping[str, Any]) -> str:
    name = model.settings.get("name", model.kind)
    state = "It serves." if model.is_champion else "It does not serve."
    begun = model.settings.get("warm_started_from")
    warm = f" Its neural part went on from {begun}." if begun else ""
    rival = f" It was measured beside {about['rival']}." if about.get("rival") else ""
    return f"A {name}, trained {_moment(model.trained_at)}. {state}{warm}{rival}"


def _data(model: ModelRow, facts: Mapping[str, float]) -> str:
    lines: list[tuple[str, object]] = [("log positions", f"1 to {model.until}")]
    if "first_at" in facts and "last_at" in facts:
        first, last = (datetime.fromtimestamp(facts[name], UTC) for name in ("first_at", "last_at"))
        lines.append(("period", f"{_moment(first)} to {_moment(last)}"))
    lines += [
        (name.replace("_", " "), f"{value:,.0f}")
        for name, value in facts.items()
        if name not in {"first_at", "last_at"}
    ]
    return _table(("", ""), lines)


def _scores(model: ModelRow, about: Mapping[str, Any]) -> str:
    measures = dict.fromkeys(
        name
        for found in model.scores.values()
        for name in found
        if not name.endswith(("_low", "_high"))
    )
    if not measures:
        return "None were recorded."

    def cell(found: Mapping[str, float], measure: str) -> str:
        if measure not in found:
            return "-"
        text = f"{found[measure]:.4f}"
        if f"{measure}_low" in found:
            text += f" ({found[f'{measure}_low']:.4f} to {found[f'{measure}_high']:.4f})"
        return text

    rows = [
        (name, *(cell(found, measure) for measure in measures))
        for name, found in model.scores.items()
    ]
    told = _table(("model", *(_measure(name) for name in measures)), rows)
    told += "\n\nIn brackets: where 95 % of bootstrap samples of sessions lie."
    if gain := about.get("gain_mrr_20"):
        told += (
            f" Over {about.get('rival', 'its rival')}: MRR@20 {gain['value']:+.4f}"
            f" ({gain['low']:+.4f} to {gain['high']:+.4f})."
        )
    return told


def _promotions(history: Sequence[Recorded], version: str) -> str:
    lines = []
    for each in history:
        event = each.event
        if not isinstance(event, Model.Promoted | Model.RolledBack):
            continue
        if version not in {event.version, event.replaced}:
            continue
        if isinstance(event, Model.Promoted):
            did = "promoted" if event.version == version else f"replaced by {event.version}"
        else:
            did = "serves again" if event.version == version else "rolled back"
        why = f": {event.reason}" if event.reason else ""
        lines.append(f"- {_moment(each.occurred_at)}, by {each.actor}: {did}{why}")
    return "\n".join(lines) or "It never served."


def _artifact(model: ModelRow, header: Mapping[str, Any] | None) -> str:
    told = f"SHA-256 `{model.artifact}`; tensors in safetensors, read as data."
    if header is None:
        return told
    same = header.get("version") == model.version and header.get("until") == model.until
    agrees = "agrees" if same else "DOES NOT AGREE"
    return f"{told} What the file says of itself {agrees} with the log."


def _table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _measure(name: str) -> str:
    return name.upper().replace("_", "@")


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
