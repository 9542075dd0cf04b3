"""The fitter of segments: reads what is known of customers, fits, notes it, when it is due."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import structlog

from application.context import Context
from application.segmentation import note_fit
from domain.segmentation import Worth
from projections.checkpoints import live_positions
from projections.runner import TRANSIENT, heed_cancellation, patiently
from projections.segments import fit_state, known_shoppers, latest_fit, past_orders
from workers.model_files import artifact_path, digest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import asyncpg

    from application.journal import Journal
    from domain.segmentation import Fit
    from projections.projection import Connection

logger = structlog.get_logger(__name__)

ACTOR = "segmenter"
CLUSTERS = "customer-clusters"
GROWN = 1.2
"""By so many times as many customers the fit is done anew before its time."""
LEAST_PAUSE = timedelta(minutes=1)


class FitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When segments are fitted, and how value is counted."""

    after_seconds: int = 24 * 3600
    worth: Worth = Worth()


class Noted(NamedTuple):
    """A fit, and the log position that a reader must have reached to know of it."""

    fit: Fit
    position: int


async def run_fitter(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    directory: Path,
    settings: FitSettings,
    *,
    poll_seconds: float = 10.0,
) -> None:
    """Fit whenever it is due until cancelled; ``directory`` holds the artifacts of models."""
    attempt = noted = 0
    while True:
        heed_cancellation()
        try:
            async with pool.acquire() as connection:
                folded = (await live_positions(connection)).get("segments", 0)
                is_due = folded >= noted and await _is_due(connection, settings, datetime.now(UTC))
            if is_due:
                noted = (await fit_now(journal, pool, directory, settings.worth)).position
            attempt = 0
        except TRANSIENT as error:
            logger.warning("segments_wait", reason=repr(error))
            await patiently(attempt)
            attempt += 1
        await asyncio.sleep(poll_seconds)


async def fit_now(
    journal: Journal,
    pool: asyncpg.Pool[Any],
    directory: Path,
    worth: Worth,
    *,
    as_of: datetime | None = None,
) -> Noted:
    """Fit to what the read model knows, keep the clusters as a file, note it all as one event.

    Where nothing is said, as of the last thing that a customer did: a history that was imported is
    seen from its own end.
    """
    from ml.segments import clusters  # noqa: PLC0415 - most of the time there is nothing to fit
    from ml.segments.fitting import fit_segmentation  # noqa: PLC0415 - as above

    async with pool.acquire() as connection, _as_of_one_moment(connection):
        until = (await live_positions(connection)).get("segments", 0)
        known, orders = await known_shoppers(connection), await past_orders(connection)
        present = (await fit_state(connection)).present
    now = datetime.now(UTC)
    as_of = as_of or min(present or now, now)
    # The one door by which fitting leaves the loop: it takes seconds of a core.
    fit = await asyncio.to_thread(
        fit_segmentation, known, orders, until=until, as_of=as_of, worth=worth
    )
    if fit.clusters is not None:
        path = artifact_path(directory, CLUSTERS, now.strftime("%Y-%m-%d-%H%M%S"))
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(clusters.save, path, fit.clusters)
        named = msgspec.structs.replace(fit.clusters, artifact=digest(path))
        fit = msgspec.structs.replace(fit, clusters=named)
    outcome = await note_fit(journal, Context(actor=ACTOR, now=datetime.now(UTC)), fit)
    logger.info("segments_fitted", until=until, customers=fit.customers, absent=fit.absent)
    return Noted(fit, outcome.position)


async def _is_due(connection: Connection, settings: FitSettings, now: datetime) -> bool:
    state = await fit_state(connection)
    if state.fitted_at is None:
        return state.customers > 0
    age = now - state.fitted_at
    if age >= timedelta(seconds=settings.after_seconds):
        return state.is_news
    if age < LEAST_PAUSE:
        return False
    fit = await latest_fit(connection)
    return fit is not None and state.customers > fit.customers * GROWN


@asynccontextmanager
async def _as_of_one_moment(connection: Connection) -> AsyncIterator[None]:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield
