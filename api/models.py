"""The door to models: what was trained, how it scored, which serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from api.paging import Page
from api.roles import ADMIN, MACHINES, ML
from api.route import Reply, Route
from application.models import ChampionAnswer, end_shadow, promote, roll_back, shadow
from domain.model import Model, ModelNotFound
from projections.model_cards import card_of
from projections.models import ModelRow, list_models

if TYPE_CHECKING:
    from api.call import Call


class ModelsQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Models of one kind, or of all."""

    kind: str = ""


class Reason(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why, for those who look at the history."""

    reason: Annotated[str, Meta(max_length=500)] = ""


async def show_models(call: Call[None, ModelsQuery]) -> Reply:
    """Return the models, the latest of each kind first."""
    async with call.services.pool.acquire() as connection:
        return Reply(Page(await list_models(connection, call.query.kind)))


async def show_card(call: Call[None, None]) -> web.Response:
    """Return a model's card, as the log tells it."""
    kind, version = call.key("kind"), call.key("version")
    told = card_of(await call.journal.whole_stream(Model.stream_id(kind)), version)
    if told is None:
        raise ModelNotFound
    return web.Response(text=told, content_type=MARKDOWN)


async def promote_one(call: Call[Reason | None, None]) -> Reply:
    """Let a trained model serve."""
    kind, version = call.key("kind"), call.key("version")
    reason = call.body.reason if call.body else ""
    outcome = await promote(call.journal, call.context(), kind, version, reason)
    return await call.reply(outcome, outcome.answer)


async def roll_back_one(call: Call[Reason | None, None]) -> Reply:
    """Let the model that served before serve again."""
    reason = call.body.reason if call.body else ""
    outcome = await roll_back(call.journal, call.context(), call.key("kind"), reason)
    return await call.reply(outcome, outcome.answer)


async def shadow_one(call: Call[Reason | None, None]) -> Reply:
    """Let a trained model answer beside the champion, unseen."""
    kind, version = call.key("kind"), call.key("version")
    reason = call.body.reason if call.body else ""
    outcome = await shadow(call.journal, call.context(), kind, version, reason)
    return await call.reply(outcome, outcome.answer)


async def end_shadow_one(call: Call[Reason | None, None]) -> Reply:
    """Let nobody answer beside the champion."""
    reason = call.body.reason if call.body else ""
    outcome = await end_shadow(call.journal, call.context(), call.key("kind"), reason)
    return await call.reply(outcome, outcome.answer)


MARKDOWN = "text/markdown"
_KIND = "/v1/admin/models/{kind}"

ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/models",
        handler=show_models,
        summary="Models, with their scores beside those of the baselines",
        tag="Insight",
        query=ModelsQuery,
        answer=Page[ModelRow],
        roles=MACHINES,
        reads=("models",),
    ),
    Route(
        method="GET",
        path="/v1/insights/models/{kind}/{version}/card",
        handler=show_card,
        summary="A model's card: data, scores, promotions, limits",
        tag="Insight",
        roles=MACHINES,
        media=(MARKDOWN,),
        refusals=(404,),
    ),
    *(
        Route(
            method="POST",
            path=path,
            handler=handler,
            summary=summary,
            tag="Admin",
            body=Reason,
            is_body_optional=True,
            answer=ChampionAnswer,
            roles=ADMIN | ML,
            is_command=True,
            refusals=(404, 422),
        )
        for path, handler, summary in (
            (f"{_KIND}/{{version}}/promote", promote_one, "Let a trained model serve"),
            (f"{_KIND}/{{version}}/shadow", shadow_one, "Let a trained model answer unseen"),
            (f"{_KIND}/unshadow", end_shadow_one, "Let nobody answer beside the champion"),
            (f"{_KIND}/rollback", roll_back_one, "Let the model before serve again"),
        )
    ),
)
