"""The door to the shop's rules for its recommendations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.paging import Page, Paged, page_of
from api.resource_ids import ChosenId, new_id
from api.roles import ADMIN, ANALYST
from api.route import Reply, Route
from application.rules import RuleAnswer, change_rule, remove_rule, set_rule
from domain.rule import Action, Rule, RuleNotFound, Terms, Where
from projections.rules import RuleRow, find_rule, list_rules

if TYPE_CHECKING:
    from api.call import Call

Target = Annotated[str, Meta(max_length=300)]
Note = Annotated[str, Meta(max_length=1_000)]
Moment = Annotated[datetime, Meta(tz=True)]
Place = Annotated[int, Meta(ge=0, le=1_000_000, description="1 to 100")]


class NewRule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the shop wants.

    ``pin`` puts ``product_id`` at ``place``; ``boost`` and ``bury`` move a product, or a category,
    by ``factor``: 2 is twice as far up, 0.5 half as far, and 0 hides; ``diversify`` says with
    ``strength``, 0 to 1, how unlike a list is. Without ``placement`` everywhere, without a period
    always.
    """

    action: Action
    rule_id: ChosenId = ""
    product_id: Target = ""
    category: Target = ""
    place: Place = 0
    factor: float = 1.0
    strength: float = 0.0
    placement: Where = ""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    note: Note = ""


class RulePatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays, and a time that is null is none."""

    action: Action | UnsetType = UNSET
    product_id: Target | UnsetType = UNSET
    category: Target | UnsetType = UNSET
    place: Place | UnsetType = UNSET
    factor: float | UnsetType = UNSET
    strength: float | UnsetType = UNSET
    placement: Where | UnsetType = UNSET
    starts_at: Moment | UnsetType | None = UNSET
    ends_at: Moment | UnsetType | None = UNSET
    note: Note | UnsetType = UNSET


class RuleBody(msgspec.Struct, kw_only=True):
    """A rule."""

    rule_id: str
    action: Action
    product_id: str
    category: str
    place: int
    factor: float
    strength: float
    placement: Where
    starts_at: datetime | None
    ends_at: datetime | None
    note: str
    set_at: datetime | None = None
    changed_at: datetime | None = None


async def show_all(call: Call[None, Paged]) -> Reply:
    """Return the rules that stand, by id."""
    after = call.query.cursor(str, "")
    async with call.services.pool.acquire() as connection:
        rows = await list_rules(connection, after=after, limit=call.query.limit + 1)
    page = page_of(rows, call.query.limit, lambda row: row.rule_id)
    return Reply(Page([_of_row(row) for row in page.items], page.next_page_token))


async def show(call: Call[None, None]) -> Reply:
    """Return a rule."""
    async with call.services.pool.acquire() as connection:
        row = await find_rule(connection, call.key("rule_id"))
    if row is None:
        raise RuleNotFound
    return Reply(_of_row(row), version=row.version)


async def make(call: Call[NewRule, None]) -> Reply:
    """Make a rule."""
    said = msgspec.structs.asdict(call.body)
    rule_id = said.pop("rule_id") or new_id()
    outcome = await call.run(
        RuleAnswer,
        lambda journal, context: set_rule(journal, context, rule_id, Terms(**said)),
    )
    answer = outcome.answer
    reply = await call.reply(
        outcome, _body(answer.rule_id, answer.terms), stream_id=Rule.stream_id(answer.rule_id)
    )
    reply.headers["Location"] = f"/v1/admin/recommendation-rules/{answer.rule_id}"
    return reply


async def change(call: Call[RulePatch, None]) -> Reply:
    """Change a rule."""
    rule_id = call.key("rule_id")
    said = msgspec.structs.asdict(call.body).items()
    changes: dict[str, Any] = {name: value for name, value in said if value is not UNSET}
    outcome = await change_rule(
        call.journal, call.context(), rule_id, changes, if_match=call.if_match
    )
    return await call.reply(
        outcome, _body(rule_id, outcome.answer.terms), stream_id=Rule.stream_id(rule_id)
    )


async def remove(call: Call[None, None]) -> Reply:
    """Take a rule back: lists are again as without it."""
    rule_id = call.key("rule_id")
    outcome = await remove_rule(call.journal, call.context(), rule_id, if_match=call.if_match)
    return await call.reply(outcome, stream_id=Rule.stream_id(rule_id))


def _of_row(row: RuleRow) -> RuleBody:
    return _body(row.rule_id, row.terms, set_at=row.set_at, changed_at=row.changed_at)


def _body(
    rule_id: str,
    terms: Terms,
    *,
    set_at: datetime | None = None,
    changed_at: datetime | None = None,
) -> RuleBody:
    said = msgspec.structs.asdict(terms)
    return RuleBody(rule_id=rule_id, **said, set_at=set_at, changed_at=changed_at)


_ALL = "/v1/admin/recommendation-rules"
_ONE = f"{_ALL}/{{rule_id}}"

ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        handler=show_all,
        summary="What the shop wants of its recommendations",
        tag="Admin",
        query=Paged,
        answer=Page[RuleBody],
        roles=ADMIN | ANALYST,
        reads=("rules",),
    ),
    Route(
        method="POST",
        path=_ALL,
        handler=make,
        summary="Pin, boost, bury or diversify what is recommended",
        tag="Admin",
        body=NewRule,
        answer=RuleBody,
        status=201,
        roles=ADMIN,
        is_idempotent=True,
        is_versioned=True,
        is_command=True,
        refusals=(422,),
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=show,
        summary="A rule for recommendations",
        tag="Admin",
        answer=RuleBody,
        roles=ADMIN | ANALYST,
        reads=("rules",),
        is_versioned=True,
        refusals=(404,),
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=change,
        summary="Change a rule for recommendations",
        tag="Admin",
        body=RulePatch,
        answer=RuleBody,
        roles=ADMIN,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=remove,
        summary="Remove a rule for recommendations",
        tag="Admin",
        status=204,
        roles=ADMIN,
        is_versioned=True,
        is_command=True,
        refusals=(404, 409, 422),
    ),
)
