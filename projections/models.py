"""Models: every one that was trained, with its scores, and which serves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain.model import Model
from projections.fold import write_rows
from projections.projection import Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Event, Recorded
    from projections.projection import Connection


class Drift(msgspec.Struct, frozen=True):
    """How the latest visits differ from what a model learnt from; see the event model.drifted."""

    at: datetime
    visits: int
    features: dict[str, float]
    expected: float
    observed: float
    is_miscalibrated: bool


class ModelRow(msgspec.Struct, frozen=True):
    """A trained model. ``until``: the log position up to which it has learnt. ``drift``: what was
    last told of it.
    """

    kind: str
    version: str
    artifact: str
    until: int
    settings: dict[str, Any]
    scores: dict[str, dict[str, float]]
    trained_at: datetime
    promoted_at: datetime | None
    is_champion: bool
    position: int
    is_shadow: bool = False
    drift: Drift | None = None


_COLUMNS = ModelRow.__struct_fields__


class Models:
    """The models of all kinds."""

    name = "models"
    version = 3
    tables = ("models",)
    events: tuple[type[Event], ...] = (
        Model.Trained,
        Model.Promoted,
        Model.RolledBack,
        Model.Shadowed,
        Model.Unshadowed,
        Model.Drifted,
    )
    feed = Feed(
        "models",
        ("kind", "version"),
        ("kind", "version", "is_champion", "is_shadow", "scores", "drift"),
    )

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold what was trained, and who took over from whom."""
        kinds = {event.stream_id.partition("-")[2] for event in batch}
        found = await connection.fetch("SELECT * FROM models WHERE kind = ANY ($1)", list(kinds))
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for row in found:
            rows[row["kind"], row["version"]] = {
                **row,
                "settings": msgspec.json.decode(row["settings"]),
                "scores": msgspec.json.decode(row["scores"]),
                "drift": _drift(row["drift"]),
            }
        for event in batch:
            _fold(rows, event)
        await write_rows(
            connection, _UPSERT, (tuple(row[c] for c in _COLUMNS) for row in rows.values())
        )


def models_of(history: Sequence[Recorded]) -> list[ModelRow]:
    """Return the models that a history of one kind tells of, the latest first.

    As ``list_models``, for who cannot wait for the read model.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for event in history:
        _fold(rows, event)
    return [ModelRow(**row) for row in reversed(rows.values())]


async def list_models(connection: Connection, kind: str = "") -> list[ModelRow]:
    """Return the models of a kind, or of all, the latest first."""
    rows = await connection.fetch(
        f"""SELECT {", ".join(_COLUMNS)} FROM models WHERE $1 = '' OR kind = $1
            ORDER BY kind, trained_at DESC, version""",  # noqa: S608 - constants
        kind,
    )
    return [_row(row) for row in rows]


async def find_champion(connection: Connection, kind: str) -> ModelRow | None:
    """Return the model of a kind that serves; None where none does."""
    row = await connection.fetchrow(
        f"SELECT {', '.join(_COLUMNS)} FROM models WHERE kind = $1 AND is_champion",  # noqa: S608
        kind,
    )
    return _row(row) if row else None


_UPSERT = """
    INSERT INTO models (kind, version, artifact, until, settings, scores, trained_at, promoted_at,
                        is_champion, position, is_shadow, drift)
    SELECT * FROM json_to_recordset($1) AS n (
        kind text, version text, artifact text, until bigint, settings jsonb, scores jsonb,
        trained_at timestamptz, promoted_at timestamptz, is_champion bool, position bigint,
        is_shadow bool, drift jsonb)
    ON CONFLICT (kind, version) DO UPDATE SET
        promoted_at = excluded.promoted_at, is_champion = excluded.is_champion,
        is_shadow = excluded.is_shadow, drift = excluded.drift, position = excluded.position"""


def _fold(  # noqa: C901 - a table
    rows: dict[tuple[str, str], dict[str, Any]], recorded: Recorded
) -> None:
    kind, event = recorded.stream_id.partition("-")[2], recorded.event
    match event:
        case Model.Trained():
            rows[kind, event.version] = {
                "kind": kind,
                "version": event.version,
                "artifact": event.artifact,
                "until": event.until,
                "settings": event.settings,
                "scores": event.scores,
                "trained_at": recorded.occurred_at,
                "promoted_at": None,
                "is_champion": False,
                "position": recorded.position,
                "is_shadow": False,
                "drift": None,
            }
        case Model.Promoted() | Model.RolledBack():
            if (before := rows.get((kind, event.replaced))) is not None:
                before.update(is_champion=False, position=recorded.position)
            if (now := rows.get((kind, event.version))) is not None:
                now.update(
                    is_champion=True,
                    is_shadow=False,
                    promoted_at=recorded.occurred_at,
                    position=recorded.position,
                )
        case Model.Shadowed():
            if (before := rows.get((kind, event.replaced))) is not None:
                before.update(is_shadow=False, position=recorded.position)
            if (now := rows.get((kind, event.version))) is not None:
                now.update(is_shadow=True, position=recorded.position)
        case Model.Unshadowed():
            if (before := rows.get((kind, event.version))) is not None:
                before.update(is_shadow=False, position=recorded.position)
        case Model.Drifted():
            if (found := rows.get((kind, event.version))) is not None:
                drift = Drift(
                    recorded.occurred_at,
                    event.visits,
                    event.features,
                    event.expected,
                    event.observed,
                    event.is_miscalibrated,
                )
                found.update(drift=drift, position=recorded.position)


def _drift(text: str | None) -> Drift | None:
    return None if text is None else msgspec.json.decode(text, type=Drift)


def _row(row: Any) -> ModelRow:
    values = list(row)
    values[4], values[5] = msgspec.json.decode(values[4]), msgspec.json.decode(values[5])
    values[-1] = _drift(values[-1])
    return ModelRow(*values)
