"""The door from a number to the events that make it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.moments import moment
from api.paging import Paged, token
from api.problems import bad_field
from api.roles import ANALYST, AUDITOR
from api.route import Reply, Route
from projections.kpi_explanation import EXPLAINS, Explanation, Part, explain, made_by
from projections.product_explanation import EXPLAINS as OF_PRODUCTS
from projections.product_explanation import explain_product, made_by_product

if TYPE_CHECKING:
    from api.call import Call
    from projections.projection import Connection

SCAN = 2_000


class ExplainQuery(Paged, forbid_unknown_fields=True, kw_only=True):
    """A number of the bucket in which ``at`` lies; of the present one where it is left out.

    ``product_id``: of this product alone, which has its numbers by day.
    """

    metric: Annotated[str, Meta(max_length=50)] = "orders"
    product_id: Annotated[str, Meta(max_length=200)] = ""
    bucket: Literal["minute", "hour", "day"] = "hour"
    at: str = ""


class PartBody(msgspec.Struct, frozen=True):
    """An event and what it adds to the number: minor units of ``currency`` where it has one."""

    position: int
    stream_id: str
    topic: str
    occurred_at: datetime
    adds: int
    currency: str


class ExplainBody(msgspec.Struct, kw_only=True):
    """The events that make a number, in the order of the log; together they add up to it."""

    metric: str
    start: datetime = msgspec.field(name="from")
    end: datetime = msgspec.field(name="to")
    items: list[PartBody]
    next_page_token: str = ""


async def explain_number(call: Call[None, ExplainQuery]) -> Reply:
    """Return the events behind a number."""
    query = call.query
    known = OF_PRODUCTS if query.product_id else EXPLAINS
    if query.metric not in known:
        raise bad_field("metric", f"a metric is one of {', '.join(known)}")
    if query.product_id and query.bucket != "day":
        raise bad_field("bucket", "a product has its numbers by day")
    at = moment(query.at, "at") or datetime.now(UTC)
    after = query.cursor(int, 0)
    async with call.services.pool.acquire() as connection:
        where = await _where(connection, query, at)
    parts = await _parts(call, where, after, query.limit + 1)
    shown = parts[: query.limit]
    return Reply(
        ExplainBody(
            metric=query.metric,
            start=where.start,
            end=where.end,
            items=[_body(part) for part in shown],
            next_page_token=token(shown[-1].recorded.position) if len(parts) > len(shown) else "",
        )
    )


async def _where(connection: Connection, query: ExplainQuery, at: datetime) -> Explanation:
    if query.product_id:
        day = at.astimezone(UTC).date()
        return await explain_product(connection, query.metric, product_id=query.product_id, day=day)
    return await explain(connection, query.metric, bucket=query.bucket, start=at)


async def _parts(
    call: Call[None, ExplainQuery], where: Explanation, after: int, wanted: int
) -> list[Part]:
    """Return up to ``wanted`` parts above a position, read from the log a page at a time."""
    found: list[Part] = []
    seen: set[str] = set()
    # A visitor counts by their first event, so those before the page matter too.
    position = where.first_position - 1 if where.metric == "visitors" else after
    position = max(position, where.first_position - 1)
    while len(found) < wanted and position < where.last_position:
        page = await call.journal.read(
            position, SCAN, topics=where.topics, until=where.last_position
        )
        if not page:
            break
        position = page[-1].position
        if product_id := call.query.product_id:
            parts = made_by_product(where, product_id, page)
        else:
            async with call.services.pool.acquire() as connection:
                parts = await made_by(connection, where, page)
        for part in parts:
            if where.metric == "visitors":
                visitor: str = getattr(part.recorded.event, "visitor", "")
                if visitor in seen:
                    continue
                seen.add(visitor)
            if part.recorded.position > after:
                found.append(part)
    return found[:wanted]


def _body(part: Part) -> PartBody:
    recorded = part.recorded
    return PartBody(
        position=recorded.position,
        stream_id=recorded.stream_id,
        topic=recorded.topic,
        occurred_at=recorded.occurred_at,
        adds=part.adds,
        currency=part.currency,
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/insights/explain",
        handler=explain_number,
        summary="The events that make a number",
        tag="Insight",
        query=ExplainQuery,
        answer=ExplainBody,
        roles=ANALYST | AUDITOR,
        reads=("live_kpis", "product_sales"),
    ),
)
