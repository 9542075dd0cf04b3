"""A model's card: what it is, what it learnt from, how it did and why it serves, as Markdown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from domain.model import Model
from projections.model_card_texts import NONE, TEXTS
from projections.models import models_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.events import Recorded
    from projections.models import ModelRow


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
    texts = TEXTS.get(model.kind, NONE)
    parts = [
        f"# {model.kind} {version}",
        _what(model, about),
        "## Data",
        _data(model, about.get("facts", {})),
        "## Settings",
        _table(("setting", "value"), sorted(model.settings.items())),
        f"## Scores on the latest {texts.latest}",
        _scores(model, about, texts.latest),
        *_early(about, texts.latest),
        *_offer(about),
        "## How it came to serve",
        _promotions(history, version),
        *_drift(history, version),
        "## Intended use",
        texts.use,
        "## Limits",
        texts.limits,
        "## Privacy",
        texts.privacy,
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


def _scores(model: ModelRow, about: Mapping[str, Any], latest: str) -> str:
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
    told += f"\n\nIn brackets: where 95 % of bootstrap samples of {latest} lie."
    if gain := about.get("gain_mrr_20"):
        told += (
            f" Over {about.get('rival', 'its rival')}: MRR@20 {gain['value']:+.4f}"
            f" ({gain['low']:+.4f} to {gain['high']:+.4f})."
        )
    for rival, gain in about.get("gains", {}).items():
        told += (
            f" Over {rival}: {about['gain_measure']} {gain['value']:+.4f}"
            f" ({gain['low']:+.4f} to {gain['high']:+.4f})."
        )
    return told


def _early(about: Mapping[str, Any], latest: str) -> list[str]:
    """Return how it did after few events, where that was measured."""
    found: Mapping[str, Mapping[str, float]] = about.get("early", {})
    if not found:
        return []
    measures = list(dict.fromkeys(name for row in found.values() for name in row))
    rows = [
        (
            f"{moment} event{'s' * (moment != '1')}" if moment.isdigit() else moment,
            *(f"{row[name]:.4f}" if name in row else "-" for name in measures),
        )
        for moment, row in found.items()
    ]
    table = _table(("after", *map(_measure, measures)), rows)
    return [f"## Scores early in the latest {latest}", table]


def _offer(about: Mapping[str, Any]) -> list[str]:
    """Return from which score on an offer pays, where that was asked."""
    offer = about.get("offer")
    if offer is None:
        return []
    formula = f"With exact scores it would pay from {offer['break_even']:.3f} on."
    if offer["threshold"] is None:
        return ["## Offers", f"An offer pays at no score. {formula}"]
    told = (
        f"An offer pays from a score of {offer['threshold']:.3f} on. {formula} On the latest visits"
        f" it would have been made to {offer['made_to']:.1%} of them and have gained"
        f" {offer['gain_minor']:.2f} minor units a visit, if the assumed uplift holds."
    )
    return ["## Offers", told]


def _drift(history: Sequence[Recorded], version: str) -> list[str]:
    """Return the alerts that it no longer meets what it learnt from, if there were any."""
    lines = []
    for each in history:
        event = each.event
        if not isinstance(event, Model.Drifted) or event.version != version:
            continue
        moved = ", ".join(f"{name} {index:.2f}" for name, index in event.features.items())
        told = f"features that moved, by population stability index: {moved}" if moved else ""
        if event.is_miscalibrated:
            told += "; " * bool(told)
            told += f"foreseen at {event.expected:.0f} moments, came at {event.observed:.0f}"
        lines.append(f"- {_moment(each.occurred_at)}, over {event.visits} visits: {told}")
    return ["## Drift", "\n".join(lines)] if lines else []


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
