"""What trainers and people do with models: note one, let one serve, go back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from domain.model import Model, ModelNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.context import Context, Outcome
    from application.journal import Journal, Loaded


class ChampionAnswer(msgspec.Struct, frozen=True):
    """Which models of a kind serve and answer unseen after a command; empty where none does."""

    kind: str
    champion: str
    shadow: str = ""


async def note_trained(
    journal: Journal,
    context: Context,
    kind: str,
    version: str,
    *,
    artifact: str,
    until: int,
    settings: dict[str, Any],
    scores: dict[str, dict[str, float]],
    about: dict[str, Any] | None = None,
    wins_over: str | None = None,
    reason: str = "",
) -> Outcome[ChampionAnswer]:
    """Note that a model was trained; its artifact lies where the registry keeps files.

    ``wins_over``: the champion that it was found to be better than (empty: none served). It is
    promoted for this reason in the same append, unless another one serves by now.
    """

    def train(model: Model) -> None:
        model.train(
            version,
            artifact=artifact,
            until=until,
            settings=settings,
            scores=scores,
            now=context.now,
            about=about,
        )
        if wins_over is not None and wins_over == model.champion:
            model.promote(version, reason, context.now)

    return await _change(journal, context, kind, train, opens=True)


async def promote(
    journal: Journal, context: Context, kind: str, version: str, reason: str = ""
) -> Outcome[ChampionAnswer]:
    """Let a trained model serve."""
    return await _change(
        journal, context, kind, lambda model: model.promote(version, reason, context.now)
    )


async def roll_back(
    journal: Journal, context: Context, kind: str, reason: str = ""
) -> Outcome[ChampionAnswer]:
    """Let the model that served before serve again."""
    return await _change(journal, context, kind, lambda model: model.roll_back(reason, context.now))


async def shadow(
    journal: Journal, context: Context, kind: str, version: str, reason: str = ""
) -> Outcome[ChampionAnswer]:
    """Let a trained model answer beside the champion, unseen."""
    return await _change(
        journal, context, kind, lambda model: model.shadow_with(version, reason, context.now)
    )


async def end_shadow(
    journal: Journal, context: Context, kind: str, reason: str = ""
) -> Outcome[ChampionAnswer]:
    """Let nobody answer beside the champion."""
    return await _change(
        journal, context, kind, lambda model: model.end_shadow(reason, context.now)
    )


async def note_drift(
    journal: Journal,
    context: Context,
    kind: str,
    version: str,
    *,
    visits: int,
    features: dict[str, float],
    expected: float,
    observed: float,
    is_miscalibrated: bool,
) -> Outcome[ChampionAnswer]:
    """Note that a model meets something else than what it learnt from."""
    return await _change(
        journal,
        context,
        kind,
        lambda model: model.note_drift(
            version,
            visits=visits,
            features=features,
            expected=expected,
            observed=observed,
            is_miscalibrated=is_miscalibrated,
            now=context.now,
        ),
    )


async def _change(
    journal: Journal,
    context: Context,
    kind: str,
    change: Callable[[Model], None],
    *,
    opens: bool = False,
) -> Outcome[ChampionAnswer]:
    def decide(loaded: Loaded) -> tuple[ChampionAnswer, list[Model]]:
        model = loaded.get(Model, kind)
        if model is None and not opens:
            raise ModelNotFound
        model = Model.of(kind, model, context.now)
        change(model)
        return ChampionAnswer(kind, model.champion, model.shadow), [model]

    return await journal.execute(context, decide, writes=[(Model, kind)])
