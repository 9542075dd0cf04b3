"""The door to the user-item matrix, for machines."""

from __future__ import annotations

import asyncio
import tempfile
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from api.headers import CORRELATION, MAX_POSITION
from api.matrix_encoding import ArrowStream, ParquetFile
from api.paging import DEFAULT, MOST, Page, Paged, token
from api.problems import bad_field
from api.roles import MACHINES
from api.route import Reply, Route
from projections.interactions import InteractionRow, all_interactions, interactions_after

if TYPE_CHECKING:
    from api.call import Call

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
CHUNK_BYTES = 256 * 1024
IN_MEMORY_BYTES = 8 * 1024 * 1024


class MatrixQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Cells changed after a position: all of them as arrow or parquet, by pages as json."""

    format: Literal["arrow", "parquet", "json"] = "json"
    after: Annotated[int, Meta(ge=0, le=MAX_POSITION)] = 0
    page_size: Annotated[int, Meta(ge=1)] = DEFAULT
    page_token: str = ""


async def matrix(call: Call[None, MatrixQuery]) -> Reply | web.StreamResponse:
    """Return what each person did with each product."""
    match call.query.format:
        case "json":
            return await _page(call)
        case "arrow":
            return await _arrow(call)
        case "parquet":
            return await _parquet(call)


async def _page(call: Call[None, MatrixQuery]) -> Reply:
    query = call.query
    after = query.after
    if query.page_token:
        after = _position(query.page_token)
    limit = min(query.page_size, MOST)
    async with call.services.pool.acquire() as connection:
        rows = await interactions_after(connection, after, limit)
    more = token(rows[-1].position) if len(rows) >= limit else ""
    return Reply(Page(rows, more))


async def _arrow(call: Call[None, MatrixQuery]) -> web.StreamResponse:
    response = web.StreamResponse(headers=_headers(call, ARROW))
    await response.prepare(call.request)
    encoder = ArrowStream()
    async with call.services.pool.acquire() as connection:
        async for rows in all_interactions(connection, call.query.after):
            await response.write(await asyncio.to_thread(encoder.add, rows))
    await response.write(encoder.end())
    return response


async def _parquet(call: Call[None, MatrixQuery]) -> web.StreamResponse:
    """A parquet file ends with its index, so it is finished before its first byte is sent."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        encoder = ParquetFile(file)
        async with call.services.pool.acquire() as connection:
            async for rows in all_interactions(connection, call.query.after):
                await asyncio.to_thread(encoder.add, rows)
        encoder.end()
        response = web.StreamResponse(headers=_headers(call, PARQUET))
        response.content_length = file.tell()
        await response.prepare(call.request)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            await response.write(chunk)
    return response


def _headers(call: Call[Any, Any], content_type: str) -> dict[str, str]:
    return {
        "Content-Type": content_type,
        "Cache-Control": "no-store",
        CORRELATION: str(call.correlation_id),
    }


def _position(page_token: str) -> int:
    position = Paged(page_token=page_token).cursor(int, 0)
    if not 0 <= position <= MAX_POSITION:
        raise bad_field("page_token", "this is no token of a page here")
    return position


ROUTES = (
    Route(
        method="GET",
        path="/v1/interactions",
        handler=matrix,
        summary="The user-item matrix as json, arrow or parquet",
        tag="Machines",
        query=MatrixQuery,
        answer=Page[InteractionRow],
        roles=MACHINES,
        reads=("interactions",),
        media=(ARROW, PARQUET),
    ),
)
