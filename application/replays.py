"""Counterfactual replays that somebody asked for: one runs, a few wait, a worker takes them up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec

from application.uuid7 import uuid7
from domain.errors import NotFound, Rejected
from domain.model import Model

if TYPE_CHECKING:
    import asyncpg

    from application.journal import Journal

MOST_WAITING = 10
MOST_ATTEMPTS = 3
STALE_SECONDS = 30
POPULARITY, LOGGED = "popularity", "logged"
"""Policies that are always there: what is liked, and what served."""
KIND = "recommender"

Status = Literal["requested", "running", "done", "failed", "cancelled"]


class ReplayNotFound(NotFound):
    """There is no such replay."""

    code = "replay_not_found"


class ReplayOver(Rejected):
    """This replay is over already."""

    code = "replay_over"


class TooManyReplays(Rejected):
    """Too many replays wait already; try again when one is done."""

    code = "too_many_replays"


class UnknownPolicy(Rejected):
    """There is no such policy: it is a recommender's version, popularity or logged."""

    code = "unknown_policy"


class Hindsight(Rejected):
    """The model learnt from the time that it would be judged on: it would know the future."""

    code = "hindsight"


class NoSuchSpan(Rejected):
    """The time to replay ends before it begins."""

    code = "no_such_span"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be replayed: lists served from position ``start`` to before ``end``."""

    policy: str
    start: int
    end: int
    placement: str = "home"
    allows_hindsight: bool = False


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A replay and where it stands. ``result`` as JSON once it is done."""

    replay_id: UUID
    policy: str
    start: int
    end: int
    placement: str
    allows_hindsight: bool
    status: Status
    done: int
    total: int
    attempts: int
    error_code: str
    error: str
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    result: msgspec.Raw | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            policy=self.policy,
            start=self.start,
            end=self.end,
            placement=self.placement,
            allows_hindsight=self.allows_hindsight,
        )


async def learnt_until(journal: Journal, policy: str) -> int:
    """Return the position up to which a policy has learnt; 0 for one that learns as it goes."""
    if policy in {POPULARITY, LOGGED}:
        return 0
    after = 0
    stream_id = Model.stream_id(KIND)
    while page := await journal.read_stream(stream_id, after_version=after):
        for recorded in page:
            if isinstance(recorded.event, Model.Trained) and recorded.event.version == policy:
                return recorded.event.until
        after = page[-1].version
    raise UnknownPolicy(f"There is no policy {policy}: a recommender's version, popularity, logged")


async def position_at(pool: asyncpg.Pool[Any], moment: datetime) -> int:
    """Return the first position recorded at a moment or later; the one after the head if none."""
    position: int = await pool.fetchval(
        """SELECT coalesce(min(first_position), (SELECT position + 1 FROM log.head))
           FROM log.batches WHERE recorded_at >= $1""",
        moment,
    )
    return position


async def span(
    pool: asyncpg.Pool[Any],
    journal: Journal,
    policy: str,
    start: int | datetime | None,
    end: int | datetime | None,
    *,
    allows_hindsight: bool,
) -> tuple[int, int]:
    """Return the positions of a replay, from one to before the other.

    It begins after what the policy has learnt from, and ends at the head, where nothing is said.
    Raises UnknownPolicy, NoSuchSpan, Hindsight.
    """
    learnt = await learnt_until(journal, policy)
    first = await position_at(pool, start) if isinstance(start, datetime) else start or learnt + 1
    last = await position_at(pool, end) if isinstance(end, datetime) else end
    last = min(last or 2**62, await journal.head() + 1)
    if last < first:
        raise NoSuchSpan
    if first <= learnt and not allows_hindsight:
        raise Hindsight(
            f"{policy} learnt from the log up to position {learnt}; what was served from position"
            f" {first} on it knows the end of. Begin later, or allow hindsight"
        )
    return first, last


async def request(pool: asyncpg.Pool[Any], wanted: Wanted, requested_by: str) -> Replay:
    """Ask for a replay; a worker takes it up."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('replays'))")
        waiting = await connection.fetchval(
            "SELECT count(*) FROM app.replays WHERE status IN ('requested', 'running')"
        )
        if waiting >= MOST_WAITING:
            raise TooManyReplays
        row = await connection.fetchrow(
            f"""INSERT INTO app.replays (replay_id, policy, start_position, end_position, placement,
                                         allows_hindsight, requested_by)
                VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}""",  # noqa: S608
            uuid7(),
            wanted.policy,
            wanted.start,
            wanted.end,
            wanted.placement,
            wanted.allows_hindsight,
            requested_by,
        )
    return _replay(row)


async def find(pool: asyncpg.Pool[Any], replay_id: UUID) -> Replay:
    """Return a replay. Raises ReplayNotFound."""
    row = await pool.fetchrow(
        f"SELECT {_COLUMNS} FROM app.replays WHERE replay_id = $1",  # noqa: S608 - constants
        replay_id,
    )
    if row is None:
        raise ReplayNotFound
    return _replay(row)


async def latest(pool: asyncpg.Pool[Any], limit: int) -> list[Replay]:
    """Return the replays asked for last, the latest first."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM app.replays ORDER BY requested_at DESC LIMIT $1",  # noqa: S608
        limit,
    )
    return [_replay(row) for row in rows]


async def cancel(pool: asyncpg.Pool[Any], replay_id: UUID) -> Replay:
    """Give up a replay that waits or runs. Raises ReplayNotFound, ReplayOver."""
    row = await pool.fetchrow(
        f"""UPDATE app.replays SET status = 'cancelled', updated_at = now(), finished_at = now()
            WHERE replay_id = $1 AND status IN ('requested', 'running')
            RETURNING {_COLUMNS}""",  # noqa: S608 - constants
        replay_id,
    )
    if row is None:
        await find(pool, replay_id)
        raise ReplayOver
    return _replay(row)


async def take_up(pool: asyncpg.Pool[Any]) -> Replay | None:
    """Return the replay to run now: one that waits, or one that a crash left, from its start.

    None while another runs. One that was begun too often is given up.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('replays'))")
        await connection.execute(
            """UPDATE app.replays SET status = 'failed', error_code = 'crashed',
                   error = 'The worker ended in the middle of it, each time.', finished_at = now()
               WHERE status = 'running' AND attempts >= $1
                 AND updated_at < now() - make_interval(secs => $2)""",
            MOST_ATTEMPTS,
            STALE_SECONDS,
        )
        row = await connection.fetchrow(
            f"""UPDATE app.replays SET status = 'running', attempts = attempts + 1, done = 0,
                       updated_at = now()
                WHERE replay_id = (
                    SELECT replay_id FROM app.replays
                    WHERE status = 'requested' AND NOT EXISTS (
                              SELECT FROM app.replays WHERE status = 'running')
                       OR status = 'running' AND updated_at < now() - make_interval(secs => $1)
                    ORDER BY requested_at LIMIT 1)
                RETURNING {_COLUMNS}""",  # noqa: S608 - constants
            STALE_SECONDS,
        )
    return _replay(row) if row else None


async def tell_progress(pool: asyncpg.Pool[Any], replay: Replay, done: int, total: int) -> bool:
    """Note how far a replay is; False where it is no longer this worker's to run."""
    found = await pool.fetchval(
        """UPDATE app.replays SET done = $3, total = $4, updated_at = now()
           WHERE replay_id = $1 AND status = 'running' AND attempts = $2 RETURNING true""",
        replay.replay_id,
        replay.attempts,
        done,
        total,
    )
    return bool(found)


async def finish(pool: asyncpg.Pool[Any], replay: Replay, result: bytes) -> None:
    """Keep what a replay found."""
    await _end(pool, replay, "done", result=result.decode())


async def fail(pool: asyncpg.Pool[Any], replay: Replay, code: str, detail: str) -> None:
    """Note why a replay ended without a result."""
    await _end(pool, replay, "failed", code=code, detail=detail)


async def _end(
    pool: asyncpg.Pool[Any],
    replay: Replay,
    status: Status,
    *,
    result: str | None = None,
    code: str = "",
    detail: str = "",
) -> None:
    await pool.execute(
        """UPDATE app.replays SET status = $3, result = $4, error_code = $5, error = $6,
               updated_at = now(), finished_at = now()
           WHERE replay_id = $1 AND status = 'running' AND attempts = $2""",
        replay.replay_id,
        replay.attempts,
        status,
        result,
        code,
        detail[:2_000],
    )


_COLUMNS = """replay_id, policy, start_position, end_position, placement, allows_hindsight, status,
    done, total, attempts, error_code, error, requested_by, requested_at, finished_at, result"""


def _replay(row: Any) -> Replay:
    values = dict(zip(Replay.__struct_fields__, row, strict=True))
    if values["result"] is not None:
        values["result"] = msgspec.Raw(values["result"].encode())
    return Replay(**values)
