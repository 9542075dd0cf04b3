"""The projector: keeps every read model at the head of the log and publishes what changed."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog
from redis.exceptions import RedisError

from projections import generations
from projections.checkpoints import Fenced, live_generation
from projections.feeds import KEPT, publish, read_feed, stream_name
from projections.feeds import PAGE as FEED_PAGE
from projections.position_waiter import tell_progress
from projections.runner import TRANSIENT, Runner, heed_cancellation, patiently

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg
    import redis.asyncio as aioredis

    from application.journal import Journal
    from domain.events import Recorded
    from projections.feeds import FeedRow
    from projections.projection import Projection

logger = structlog.get_logger(__name__)

PAGE = 500
"""Events of one transaction while following."""
CATCH_UP_PAGE = 4_000
"""Events of one transaction far behind the head."""
SETTLE_SECONDS, MOST_SETTLE_SECONDS = 0.02, 0.2
"""Between two transactions of one read model: lets batches form under load."""
SETTLES, SETTLES_OF_MANY, MANY = 9, 40, 8
"""It rests so many times as long as a transaction took: what is slow is done less often, and more
so where many events come, whose cost is most of all that of the transactions."""
GATHER_SECONDS = 0.01
"""Between two readings of the log: less than read models rest anyway."""
AT_ONCE = max(1, (os.cpu_count() or 1) - 1)
"""Read models that fold at the same time at the head of the log: a core stays for who asks."""
TURN_SECONDS = 0.05
"""Who waited so long for its turn folds all the same: one that is slow holds up nobody."""
QUEUED_EVENTS = 10_000
"""Events that wait for a slow read model before it goes its own way."""
PERSIST_SECONDS = 1.0


async def run_projector(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    client: aioredis.Redis,
    projections: Sequence[Projection],
) -> None:
    """Follow the log with every read model until cancelled.

    Lost connections are waited out. One projector at a time owns a read model; another takes
    over when it stops.
    """
    async with asyncio.TaskGroup() as tasks:
        moved, turns = asyncio.Event(), asyncio.Semaphore(AT_ONCE)
        past = _SharedPages(journal, tasks)
        followers = [_Follower(pool, client, p, past, moved, turns) for p in projections]
        for follower in followers:
            tasks.create_task(follower.run(), name=f"projection-{follower.name}")
            tasks.create_task(follower.publish(), name=f"feed-{follower.name}")
        tasks.create_task(_share_the_log(journal, followers), name="log-reader")
        tasks.create_task(_tell(client, followers, moved), name="progress")


class _SharedPages:
    """Pages of the past, read and decoded once for all that catch up at about the same time.

    They begin at multiples of their size, so that followers meet on them wherever they start.
    While one is folded the next is read. Who is ahead by all the pages that are kept waits a
    little for the slowest: otherwise that one would have to read every page again.
    """

    KEPT = 12
    PATIENCE_SECONDS = 0.5

    def __init__(self, journal: Journal, tasks: asyncio.TaskGroup) -> None:
        self._journal = journal
        self._tasks = tasks
        self._pages: dict[int, asyncio.Task[list[Recorded] | Exception]] = {}
        self._readers: dict[str, int] = {}
        self._moved = asyncio.Event()

    def leave(self, reader: str) -> None:
        """Note that a reader has arrived, or failed: nobody waits for it."""
        self._readers.pop(reader, None)
        self._moved.set()

    async def after(self, reader: str, position: int) -> list[Recorded]:
        """Return events above ``position``, up to the end of its page."""
        start = position - position % CATCH_UP_PAGE
        self._readers[reader] = start
        self._moved.set()
        await self._wait_for_the_slowest(start)
        events = await asyncio.shield(self._page(start))
        if isinstance(events, Exception):
            self._pages.pop(start, None)
            raise events
        if len(events) < CATCH_UP_PAGE:
            self._pages.pop(start, None)  # the head: it grows
        else:
            self._page(start + CATCH_UP_PAGE)
        return [event for event in events if event.position > position]

    async def _wait_for_the_slowest(self, start: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.PATIENCE_SECONDS):
                while start - min(self._readers.values()) > (self.KEPT - 2) * CATCH_UP_PAGE:
                    self._moved.clear()
                    await self._moved.wait()

    def _page(self, start: int) -> asyncio.Task[list[Recorded] | Exception]:
        page = self._pages.get(start)
        if page is None:
            page = self._tasks.create_task(self._read(start), name=f"page-{start}")
            self._pages[start] = page
            while len(self._pages) > self.KEPT:
                self._pages.pop(next(iter(self._pages)))
        return page

    async def _read(self, start: int) -> list[Recorded] | Exception:
        """Read a page; what goes wrong is for who asks for it, not for the group of tasks."""
        try:
            return await self._journal.read(start, CATCH_UP_PAGE)
        except Exception as error:  # noqa: BLE001 - raised again in after()
            return error


class _Follower:
    """One read model on its way along the log.

    Close to the head it takes the pages that all read models share; far behind it reads for
    itself, in larger ones.
    """

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        client: aioredis.Redis,
        projection: Projection,
        past: _SharedPages,
        moved: asyncio.Event,
        turns: asyncio.Semaphore,
    ) -> None:
        self.name = projection.name
        self.position = 0
        self._folded_until = 0
        """The end of the latest page that had something for it."""
        self._past = past
        self._pool = pool
        self._client = client
        self._projection = projection
        self._shared: deque[list[Recorded]] = deque()
        self._offered = asyncio.Event()
        self._committed = asyncio.Event()
        self._moved = moved
        self._turns = turns
        self._is_close = False
        self._persisted_at = 0.0

    def offer(self, page: list[Recorded]) -> None:
        """Hand over a page that was read for all; dropped where this one is far behind."""
        if not self._is_close:
            return
        if sum(map(len, self._shared)) >= QUEUED_EVENTS:
            self._is_close = False
            self._shared.clear()
        else:
            self._shared.append(page)
        self._offered.set()

    async def run(self) -> None:
        """Follow the log for ever."""
        attempt = 0
        while True:
            heed_cancellation()
            try:
                await self._follow()
            except Fenced as lost:
                logger.info("projection_taken_over", projection=self.name, reason=str(lost))
                attempt = 0
            except TRANSIENT as error:
                logger.warning("projection_waits", projection=self.name, reason=repr(error))
            self._is_close = False
            self._shared.clear()
            self._past.leave(self.name)
            await patiently(attempt)
            attempt += 1

    async def _follow(self) -> None:
        async with self._pool.acquire() as owner:
            # Held as long as this connection lives: a second projector waits here.
            await owner.execute("SELECT pg_advisory_lock(hashtext('projector:' || $1))", self.name)
            try:
                await self._start(owner)
                while True:
                    heed_cancellation()
                    await self._take_next()
            finally:
                if not owner.is_closed():
                    await asyncio.shield(
                        owner.execute(
                            "SELECT pg_advisory_unlock(hashtext('projector:' || $1))", self.name
                        )
                    )

    async def _start(self, owner: asyncpg.pool.PoolConnectionProxy[Any]) -> None:
        generation = await generations.ensure_live(owner, self._projection)
        await self._ask_for_rebuild_of_old_code(owner, generation)
        self._runner = await Runner.start(self._pool, self._projection, generation)
        self.position = self._folded_until = self._runner.position
        self._persisted_at = asyncio.get_running_loop().time()

    async def _ask_for_rebuild_of_old_code(
        self, owner: asyncpg.pool.PoolConnectionProxy[Any], generation: int
    ) -> None:
        version = await owner.fetchval(
            "SELECT code_version FROM app.projection WHERE name = $1 AND generation = $2",
            self.name,
            generation,
        )
        if version < self._projection.version:
            try:
                await generations.request_rebuild(owner, self._projection)
            except generations.RebuildUnderWay:
                return

    async def _take_next(self) -> None:
        page = await self._next_page()
        clock = asyncio.get_running_loop().time
        began, folded = clock(), 0
        if page:
            async with self._turn():
                began = clock()
                folded = await self._runner.run(page)
            self.position = self._runner.position
            self._moved.set()
            if folded:
                self._folded_until = self.position
                self._committed.set()
        now = clock()
        settles = SETTLES_OF_MANY if folded >= MANY else SETTLES
        rest = min(max(SETTLE_SECONDS, settles * (now - began)), MOST_SETTLE_SECONDS)
        if now - self._persisted_at > PERSIST_SECONDS:
            await self._runner.persist()
            await self._check_generation()
            self._persisted_at = now
        if page and self._is_close:
            await asyncio.sleep(rest)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a turn, a moment at most; who catches up waits for nobody."""
        has_turn = False
        if self._is_close:
            with suppress(TimeoutError):
                async with asyncio.timeout(TURN_SECONDS):
                    has_turn = await self._turns.acquire()
        try:
            yield
        finally:
            if has_turn:
                self._turns.release()

    async def _next_page(self) -> list[Recorded]:
        if not self._is_close:
            page = await self._past.after(self.name, self._runner.position)
            if not page or page[-1].position % CATCH_UP_PAGE:  # the end of the log
                self._is_close = True  # from here on the pages offered reach on without a gap
                self._persisted_at = 0.0  # and who asks Postgres should know that we are here
                self._shared.clear()
                end = page[-1].position if page else self._runner.position
                page += await self._past.after(self.name, end)
                self._past.leave(self.name)
            return page
        if not self._shared:
            self._offered.clear()
            try:
                async with asyncio.timeout(PERSIST_SECONDS):
                    await self._offered.wait()
            except TimeoutError:
                return []
        page = []
        while self._shared and len(page) < CATCH_UP_PAGE:
            page += [e for e in self._shared.popleft() if e.position > self._runner.position]
        if page and page[0].position != self._runner.position + 1:
            self._is_close = False  # a page went by while we were not looking
            return []
        return page

    async def _check_generation(self) -> None:
        """Notice a swap that happened while there was nothing to fold."""
        async with self._pool.acquire() as connection:
            if await live_generation(connection, self.name) != self._runner.generation:
                raise Fenced(f"{self.name} has another live generation")
        await self._runner.reload_parked()

    async def publish(self) -> None:
        """Publish the rows that commits changed, from where it was left before a crash."""
        if self._projection.feed is None:
            return
        attempt = 0
        while True:
            heed_cancellation()
            try:
                await self._publish_what_changed()
            except (RedisError, *TRANSIENT) as error:
                logger.warning("feed_waits", projection=self.name, reason=repr(error))
                await patiently(attempt)
                attempt += 1
                continue
            attempt = 0

    async def _publish_what_changed(self) -> None:
        async with self._pool.acquire() as connection:
            published = await connection.fetchval(
                "SELECT published_position FROM app.projection WHERE name = $1 AND status = 'live'",
                self.name,
            )
        stored_at = asyncio.get_running_loop().time()
        while True:
            heed_cancellation()
            self._committed.clear()
            if published is not None and published < self.position:
                end = self.position
                if not self._is_close and end - published > KEPT:
                    # Far behind, most of it would be trimmed at once. Followers read Postgres
                    # where the stream does not reach back to them, so it must have no hole.
                    await self._client.delete(stream_name(self.name))
                    published = end
                    continue
                rows: list[FeedRow] = []
                if published < self._folded_until:
                    async with self._pool.acquire() as connection:
                        rows = await read_feed(connection, self._projection, published)
                if rows:
                    await publish(self._client, self.name, rows)
                    published = rows[-1].position
                if len(rows) >= FEED_PAGE:
                    continue
                published = max(published, end)
            now = asyncio.get_running_loop().time()
            if published is not None and now - stored_at > PERSIST_SECONDS:
                await self._store_published(published)
                stored_at = now
            try:
                async with asyncio.timeout(PERSIST_SECONDS):
                    await self._committed.wait()
            except TimeoutError:
                if published is None:
                    return

    async def _store_published(self, position: int) -> None:
        async with self._pool.acquire() as connection:
            await connection.execute(
                """UPDATE app.projection SET published_position = $2
                   WHERE name = $1 AND status = 'live' AND published_position < $2""",
                self.name,
                position,
            )


async def _share_the_log(journal: Journal, followers: Sequence[_Follower]) -> None:
    """Read each page once for all the followers that are close to the head."""
    async with aclosing(journal.follow(await journal.head(), page_size=PAGE)) as pages:
        async for page in pages:
            for follower in followers:
                follower.offer(page)
            await asyncio.sleep(GATHER_SECONDS)


async def _tell(
    client: aioredis.Redis, followers: Sequence[_Follower], moved: asyncio.Event
) -> None:
    """Tell the other processes how far the read models are, whenever one moved."""
    while True:
        heed_cancellation()
        await moved.wait()
        moved.clear()
        try:
            await tell_progress(client, {f.name: f.position for f in followers})
        except (RedisError, OSError) as error:
            logger.warning("progress_not_told", reason=repr(error))
        await asyncio.sleep(0.002)  # several that move together are told together
