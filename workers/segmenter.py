"""The segmenter: keeps who is in marketers' segments, and notes each coming and going once.

Whom a rule holds for is asked of the read models, of those who changed since, moments after; of
everybody when a segment is defined, and now and then where time alone may decide. What comes of it
are facts whose ids count each person's changes, so that one told again after a crash is skipped.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

from application.segments import Coming, note_comings
from domain.errors import InvalidFields
from domain.segment_rule import parse
from projections.position_waiter import PositionWaiter, StillBehind
from projections.runner import TRANSIENT, heed_cancellation, patiently
from projections.segment_conditions import Condition
from projections.segment_evaluation import changes_among, changes_among_all
from projections.segment_members import definitions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import redis.asyncio as aioredis

    from application.journal import Journal
    from domain.segment_rule import SegmentRule
    from projections.projection import Connection
    from projections.segment_evaluation import Change
    from projections.segment_members import Definition

logger = structlog.get_logger(__name__)

ACTOR = "segmenter"
PERSONS_AT_ONCE = 1_000
CHANGES_AT_ONCE = 20_000
APPENDED_AT_ONCE = 1_000
STATEMENT_SECONDS = 60
FAILED = timedelta(minutes=10)
"""After so long an evaluation that failed is tried again."""
PATIENCE_SECONDS = 1.0
_ALWAYS_READ = ("segments", "segment_members")
_LAST = "\U0010ffff"
"""Sorts after every person."""


async def run_segmenter(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    client: aioredis.Redis,
    *,
    recheck_seconds: float = 600.0,
    poll_seconds: float = 0.1,
) -> None:
    """Keep memberships until cancelled. One segmenter at a time does; another takes over."""
    attempt = 0
    async with PositionWaiter(pool, client) as waiter:
        while True:
            heed_cancellation()
            try:
                async with _the_only_one(pool):
                    segmenter = Segmenter(journal, pool, waiter, recheck_seconds)
                    await segmenter.open()
                    while True:
                        heed_cancellation()
                        has_more = await segmenter.step()
                        attempt = 0
                        if not has_more:
                            await asyncio.sleep(poll_seconds)
            except TRANSIENT as error:
                logger.warning("segmenter_waits", reason=repr(error))
            await patiently(attempt)
            attempt += 1


class Segmenter:
    """One step after the other; between two, the read models take in what was said."""

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool[Any],
        waiter: PositionWaiter,
        recheck_seconds: float,
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._waiter = waiter
        self._recheck = timedelta(seconds=recheck_seconds)
        self._said = 0
        """Position up to which the read models must be, to know what was said here."""
        self._reached = 0
        self._seen = (0, "")
        """Who changed up to this position, and person at it, was looked at."""
        self._rules: dict[tuple[str, int], SegmentRule | None] = {}
        self._awaited: set[tuple[str, int]] = set()
        """Definitions whose read models are as far as ``reached``; newer ones wait their turn."""
        self._failed: dict[str, tuple[int, datetime]] = {}

    async def open(self) -> None:
        """Begin where the last one stopped; what it may have said before it ended counts too."""
        self._said = await self._journal.head()
        async with self._pool.acquire() as connection:
            position = await connection.fetchval("SELECT position FROM app.segmenter")
        self._seen = (position, _LAST) if position else (0, "")

    async def step(self) -> bool:
        """Evaluate what is due, a bounded part of it; False where there was nothing to do."""
        if not await self._come_closer():
            return False
        now = datetime.now(UTC)
        seen: tuple[int, str] | None = None
        total, is_given_up = 0, False
        changes: list[tuple[Definition, Change]] = []
        async with self._pool.acquire() as connection, _one_moment(connection):
            found = [each for each in await definitions(connection) if _key(each) in self._awaited]
            if not self._awaited:
                self._seen = (self._reached, _LAST)  # who is defined later is asked of everybody
                return False
            due = next((each for each in found if self._is_due(each, now)), None)
            if due is None:
                changes, seen = await self._of_the_touched(connection, found, now)
            else:
                try:
                    some, total = await changes_among_all(
                        connection, due.segment_id, self._rule(due), now, limit=CHANGES_AT_ONCE
                    )
                except asyncpg.QueryCanceledError:
                    is_given_up = True
                else:
                    changes = [(due, change) for change in some]
        if due is not None and is_given_up:
            await self._give_up(due, now)
        else:
            await self._say(changes, now, due, total)
        if seen is not None:
            await self._keep(seen)
        return due is not None or seen is not None

    async def _come_closer(self) -> bool:
        """Wait a moment for the read models to know of all that changed, and of what was said."""
        async with self._pool.acquire() as connection:
            found = [each for each in await definitions(connection) if self._understands(each)]
            latest = await connection.fetchval("SELECT max(position) FROM segments") or 0
        reads = set(_ALWAYS_READ)
        for each in found:
            if (rule := self._rule(each)) is not None:
                reads |= Condition(rule, datetime.now(UTC), arguments=[]).reads
        wanted = max(self._said, latest)
        try:
            await self._waiter.wait_for(sorted(reads), wanted, PATIENCE_SECONDS)
        except StillBehind as behind:
            self._reached = max(self._reached, behind.position)
        else:
            self._reached = max(self._reached, wanted)
        self._awaited = {_key(each) for each in found}
        return self._reached >= self._said

    def _understands(self, each: Definition) -> bool:
        """Whether the rule is one of this version of the program; others are left alone."""
        if each.is_removed:
            return True
        try:
            self._rule(each)
        except InvalidFields:
            return False
        return True

    def _rule(self, each: Definition) -> SegmentRule | None:
        """Return the rule of a segment; None, under which nobody is in, for a removed one."""
        key = _key(each)
        if key not in self._rules:
            self._rules[key] = None if each.is_removed else parse(each.rule)
        return self._rules[key]

    def _is_due(self, each: Definition, now: datetime) -> bool:
        failed = self._failed.get(each.segment_id)
        if failed and failed[0] == each.version and now - failed[1] < FAILED:
            return False
        if each.evaluated_version != each.version or not each.is_evaluated:
            return True
        rule = self._rule(each)
        if rule is None or each.evaluated_at is None or now - each.evaluated_at < self._recheck:
            return False
        return Condition(rule, now, arguments=[]).moves_with_time

    async def _of_the_touched(
        self, connection: Connection, found: Sequence[Definition], now: datetime
    ) -> tuple[list[tuple[Definition, Change]], tuple[int, str] | None]:
        """Return who is to enter or leave among those who changed since."""
        persons, seen = await self._touched(connection)
        changes: list[tuple[Definition, Change]] = []
        for each in found if persons else ():
            rule = self._rule(each)
            some = await changes_among(connection, each.segment_id, rule, now, persons)
            changes += [(each, change) for change in some]
        return changes, seen

    async def _touched(self, connection: Connection) -> tuple[list[str], tuple[int, str] | None]:
        """Return who changed since, and up to where that is all; None where nobody did."""
        rows = await connection.fetch(
            """SELECT person, position FROM segments
               WHERE (position, person) > ($1, $2) AND position >= $1 AND position <= $3
               ORDER BY position, person LIMIT $4""",
            *self._seen,
            self._reached,
            PERSONS_AT_ONCE,
        )
        if not rows:
            return [], None
        is_whole = len(rows) < PERSONS_AT_ONCE
        last = (self._reached, _LAST) if is_whole else (rows[-1]["position"], rows[-1]["person"])
        return [row["person"] for row in rows], last

    async def _say(
        self,
        changes: Sequence[tuple[Definition, Change]],
        now: datetime,
        due: Definition | None,
        total: int,
    ) -> None:
        """Record comings and goings in parts, so that who writes beside us waits milliseconds."""
        done = 0
        comings = [
            Coming(each.segment_id, change.person, change.enters, change.change, each.version)
            for each, change in changes
        ]
        is_begun = due and due.evaluated_version == due.version and not due.is_evaluated
        before = due.done if due and is_begun else 0
        whole = before + total
        for start in range(0, len(comings), APPENDED_AT_ONCE):
            part = comings[start : start + APPENDED_AT_ONCE]
            self._said = max(self._said, await note_comings(self._journal, ACTOR, part, now))
            done += len(part)
            if due is not None:
                await self._tell(due, before + done, whole, is_done=done == total)
        if due is not None and not comings:
            await self._tell(due, whole, whole, is_done=True)

    async def _tell(
        self, due: Definition, done: int, total: int, *, is_done: bool, error: str = ""
    ) -> None:
        if not error:
            self._failed.pop(due.segment_id, None)
        await self._pool.execute(_TELL, due.segment_id, due.version, is_done, done, total, error)

    async def _give_up(self, due: Definition, now: datetime) -> None:
        logger.warning("segment_not_evaluated", segment=due.segment_id, seconds=STATEMENT_SECONDS)
        self._failed[due.segment_id] = (due.version, now)
        error = f"took longer than {STATEMENT_SECONDS} s over everybody"
        await self._tell(due, 0, 0, is_done=False, error=error)

    async def _keep(self, seen: tuple[int, str]) -> None:
        """Note how far we are. Who stands at a position that is not finished is seen again."""
        self._seen = seen
        position = seen[0] if seen[1] == _LAST else seen[0] - 1
        await self._pool.execute(
            """INSERT INTO app.segmenter (position) VALUES ($1)
               ON CONFLICT (only_row) DO UPDATE SET position = excluded.position,
                   updated_at = now()""",
            position,
        )


def _key(each: Definition) -> tuple[str, int]:
    return each.segment_id, each.version


@asynccontextmanager
async def _the_only_one(pool: asyncpg.Pool[Any]) -> AsyncIterator[None]:
    """Wait until no other segmenter is at work; keep others waiting meanwhile."""
    async with pool.acquire() as owner:
        await owner.execute("SELECT pg_advisory_lock(hashtext('segmenter'))")
        try:
            yield
        finally:
            if not owner.is_closed():
                await asyncio.shield(
                    owner.execute("SELECT pg_advisory_unlock(hashtext('segmenter'))")
                )


@asynccontextmanager
async def _one_moment(connection: Connection) -> AsyncIterator[None]:
    """See all read models as of one moment, and no statement for ever."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
        yield


_TELL = """
    INSERT INTO app.segment_evaluations (segment_id, version, is_done, done, total, error)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (segment_id) DO UPDATE SET
        version = excluded.version, is_done = excluded.is_done, done = excluded.done,
        total = excluded.total, error = excluded.error, evaluated_at = clock_timestamp()"""
