"""Keeps written what goes with each product, beside the ranking of visitors and never before it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from ml.recommendation.stand_ins import DECIMALS
from projections.fold import write_rows
from projections.runner import TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import asyncpg

    from ml.recommendation.neighbours import Neighbours
    from ml.recommendation.stand_ins import StandIn
    from workers.serving_model import ServingModel

logger = structlog.get_logger(__name__)

AT_ONCE = 64
RESTS = 4
"""It rests this many times as long as it worked, so that it takes a fifth of a core."""
RESTS_BESIDE_VISITORS = 19

Row = tuple[str, str, list[tuple[str, float]], list[tuple[str, float]]]


class ProductNeighbours:
    """Writes the rows of a model's products; those that changed come first."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self._model: ServingModel | None = None
        self._changed: dict[str, None] = {}
        self._wakes = asyncio.Event()
        self._is_beside_visitors = False

    def begin(self, model: ServingModel) -> None:
        """Write the rows of this model from now on, all that are not written yet."""
        self._model, self._changed = model, {}
        self._wakes.set()

    def renew(self, placed: Sequence[StandIn]) -> None:
        """Write anew the rows of newcomers, and of the products that they are most like."""
        if self._model is None:
            return
        names = self._model.known.vocabulary.products
        self._changed |= dict.fromkeys(each.product_id for each in placed)
        changed = dict.fromkeys(number for each in placed for number in each.numbers)
        self._changed |= dict.fromkeys(names[number] for number in changed)
        self._wakes.set()

    def step_back(self) -> None:
        """Leave more of the core to visitors, who are being ranked."""
        self._is_beside_visitors = True

    async def run(self) -> None:
        """Write what is due, until cancelled."""
        while True:
            await self._wakes.wait()
            self._wakes.clear()
            try:
                await self._write_all()
            except TRANSIENT as error:
                logger.warning("product_neighbours_wait", reason=repr(error))
                await asyncio.sleep(1)
                self._wakes.set()

    async def _write_all(self) -> None:
        model = self._model
        if model is None:
            return
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                "SELECT product_id FROM app.product_neighbours WHERE model = $1", model.version
            )
        written = {row["product_id"] for row in rows}
        rest = iter([each for each in model.known.vocabulary.products if each not in written])
        while self._model is model and (some := self._next(rest)):
            began = time.monotonic()
            found = await asyncio.to_thread(rows_of, model, some)
            async with self._pool.acquire() as connection:
                await write_rows(connection, _WRITE, found)
            rests = RESTS_BESIDE_VISITORS if self._is_beside_visitors else RESTS
            self._is_beside_visitors = False
            await asyncio.sleep(rests * (time.monotonic() - began))
        if self._model is model:
            async with self._pool.acquire() as connection:
                await connection.execute(
                    "DELETE FROM app.product_neighbours WHERE model <> $1", model.version
                )

    def _next(self, rest: Iterator[str]) -> list[str]:
        some = list(self._changed)[:AT_ONCE]
        for each in some:
            del self._changed[each]
        return some + [each for each, _ in zip(rest, range(AT_ONCE - len(some)), strict=False)]


def rows_of(model: ServingModel, products: Sequence[str]) -> list[Row]:
    """Return for each product what is like it and what is bought with it, newcomers among them."""
    known = {each: number for each in products if (number := model.known.number(each)) is not None}
    rows: list[Row] = []
    for product_id, number in known.items():
        alike = _listed(model, model.goes_with.alike, number)
        best = max((score for _, score in alike), default=1.0)
        beside = [(each, best * likeness) for each, likeness in model.known.next_to(number)]
        beside.append((model.known.vocabulary.products[number], best))
        complements = _listed(model, model.goes_with.complements, number)
        listed = sorted(dict([*alike, *beside]).items(), key=lambda pair: -pair[1])
        shown = [pair for pair in listed if pair[0] != product_id]
        rows.append((product_id, model.version, shown, complements))
    return rows


def _listed(model: ServingModel, neighbours: Neighbours, number: int) -> list[tuple[str, float]]:
    [products], [scores] = neighbours.of(np.array([number]))
    there = int((scores > 0).sum())  # the best come first
    shares = [round(score, DECIMALS) for score in scores[:there].tolist()]
    names, shares, _ = model.known.beside(products[:there], shares, [0] * there)
    return list(zip(names, shares, strict=True))


_WRITE = """
    INSERT INTO app.product_neighbours (product_id, model, alike, complements)
    SELECT * FROM json_to_recordset($1) AS n (
        product_id text, model text, alike json, complements json)
    ON CONFLICT (product_id) DO UPDATE SET
        model = excluded.model, alike = excluded.alike, complements = excluded.complements"""
