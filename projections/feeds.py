"""Feeds: the changes of a read model as a stream of rows, in the order of the log.

A row of the feed is the newest state of one key, under the position that made it so. Redis holds
the last of them for who follows closely; everything is in Postgres, so Redis may lose them all.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import msgspec
import structlog
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Sequence

    import asyncpg
    import redis.asyncio as aioredis

    from projections.projection import Connection, Fed

logger = structlog.get_logger(__name__)

KEPT = 10_000
"""About how many rows a stream in Redis keeps."""
PAGE = 1_000


# KEYS[1]: the stream. ARGV: about how many rows it keeps, then id, key and data of each row. One
# command costs this process a fifth of what one for each row does.
_ADD = """
for n = 2, #ARGV, 3 do
    local answer = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], ARGV[n],
                               'key', ARGV[n + 1], 'data', ARGV[n + 2])
    if answer.err and not string.find(answer.err, 'equal or smaller', 1, true) then
        return answer
    end
end
return redis.status_reply('OK')
"""


class FeedRow(msgspec.Struct, frozen=True):
    """The newest state of one key, as JSON bytes, and the position that made it so."""

    position: int
    key: str
    data: bytes


def stream_name(name: str) -> str:
    """Return the name of a feed's stream in Redis."""
    return f"feed:{name}"


async def read_feed(
    connection: Connection, projection: Fed, after: int, limit: int = PAGE
) -> list[FeedRow]:
    """Return about ``limit`` rows changed after a position, in order of position.

    Rows of one position stay together, so the last one's position is where to go on.
    """
    feed = projection.feed
    if feed is None:
        return []
    columns = ", ".join(feed.columns)
    key = " || ':' || ".join(f"{column}::text" for column in feed.key)
    rows = await connection.fetch(
        f"""SELECT position, {key} AS key, row_to_json(shown)::text AS data
            FROM (SELECT position, {columns} FROM {feed.table}
                  WHERE position > $1 AND position <=
                      (SELECT max(position) FROM (SELECT position FROM {feed.table}
                       WHERE position > $1 ORDER BY position LIMIT $2) AS page)) AS shown
            ORDER BY position""",  # noqa: S608 - names from the code
        after,
        limit,
    )
    return [FeedRow(row["position"], row["key"], row["data"].encode()) for row in rows]


async def read_row(connection: Connection, projection: Fed, key: str) -> FeedRow | None:
    """Return the row of one key, of a feed whose key is one column; None where there is none."""
    feed = projection.feed
    if feed is None:
        return None
    row = await connection.fetchrow(
        f"""SELECT position, row_to_json(shown)::text AS data
            FROM (SELECT position, {", ".join(feed.columns)} FROM {feed.table}
                  WHERE {feed.key[0]} = $1) AS shown""",  # noqa: S608 - names from the code
        key,
    )
    return FeedRow(row["position"], key, row["data"].encode()) if row else None


async def publish(
    client: aioredis.Redis, name: str, rows: Sequence[FeedRow], *, kept: int = KEPT
) -> None:
    """Add rows to the stream in Redis, under ids made of their positions.

    Rows that the stream holds already are left out by Redis itself: it takes no lower id.
    """
    arguments: list[str | bytes | int] = [kept]
    position = nth = 0
    for row in rows:
        nth = nth + 1 if row.position == position else 1
        position = row.position
        arguments += f"{position}-{nth}", row.key, row.data
    answer = client.eval(_ADD, 1, stream_name(name), *arguments)
    await cast("Awaitable[object]", answer)


async def follow_feed(
    pool: asyncpg.Pool[Any],
    client: aioredis.Redis,
    projection: Fed,
    after: int,
    *,
    poll_seconds: float = 1.0,
) -> AsyncGenerator[list[FeedRow], None]:
    """Yield the rows of a feed after a position for ever: at least once, in order.

    The past comes from Postgres; so does the present of a feed that is not published, which is
    asked for ten times as often. Where Redis is gone, flushed or already trimmed beyond the
    follower, so does the present, every ``poll_seconds``. Close it with ``aclosing``.
    """
    position = after
    while True:
        async with pool.acquire() as connection:
            rows = await read_feed(connection, projection, position)
        if rows:
            position = rows[-1].position
            yield rows
            continue
        if projection.feed is not None and not projection.feed.is_published:
            await asyncio.sleep(poll_seconds / 10)
            continue
        try:
            async for rows in _follow_redis(client, projection, position, poll_seconds):
                position = rows[-1].position
                yield rows
        except (RedisError, OSError) as error:
            logger.warning("feed_falls_back", projection=projection.name, reason=repr(error))
            await asyncio.sleep(poll_seconds)


async def _follow_redis(
    client: aioredis.Redis, projection: Fed, after: int, poll_seconds: float
) -> AsyncGenerator[list[FeedRow], None]:
    """Yield rows from Redis until nothing came for a while or some may have been trimmed away."""
    name = stream_name(projection.name)
    last: bytes | str = f"{after}-{2**63}"
    while True:
        answer = await client.xread({name: last}, count=PAGE, block=int(poll_seconds * 1_000))
        if not answer:
            return
        entries: list[tuple[bytes, dict[bytes, bytes]]] = _entries(answer)
        rows = [_row(entry_id, fields) for entry_id, fields in entries]
        if await _is_trimmed(client, name, after):
            return
        yield rows
        after = rows[-1].position
        last = entries[-1][0]


async def _is_trimmed(client: aioredis.Redis, name: str, after: int) -> bool:
    """Whether the stream may lack rows after a position: its oldest row is not older than that."""
    oldest: Any = await client.xrange(name, count=1)
    return not oldest or _position(oldest[0][0]) > after


def _row(entry_id: bytes, fields: dict[bytes, bytes]) -> FeedRow:
    return FeedRow(_position(entry_id), fields[b"key"].decode(), fields[b"data"])


def _entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Return the entries of the one stream asked for, in either shape of the protocol."""
    if isinstance(answer, dict):
        [batches] = answer.values()
        return [entry for batch in batches for entry in batch]
    [(_, entries)] = answer
    return list(entries)


def _position(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0])
