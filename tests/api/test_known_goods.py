"""Goods that the API remembers: what changed since is never shown as it was."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from api import known_goods
from api.known_goods import KnownGoods
from domain.product import Product
from footfall.database import open_pool
from projections import choices, generations
from projections.choices import situation_of
from projections.goods import goods_after, goods_of
from projections.registry import BY_NAME
from tests.projections.folding import Log, euros

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    import asyncpg

    from projections.goods import Known
    from projections.projection import Connection

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

ALL = ["lamp", "bulb", "vase"]


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    """Give a log whose shop sells a lamp and a bulb."""
    async with open_pool(database_url, size=3) as pool:
        log = Log(pool, "catalogue", "rules", "purchases")
        await log.open()
        for product_id in ("lamp", "bulb"):
            _sell(log, product_id)
        await log.fold()
        yield log


@pytest.fixture
async def reader(log: Log) -> AsyncIterator[Connection]:
    pool: asyncpg.Pool[Any] = log.pool
    async with pool.acquire() as connection:
        yield connection


async def test_what_is_remembered_is_not_asked_for_again(log: Log, reader: Connection) -> None:
    goods = KnownGoods()
    first = await _known(goods, reader)
    assert set(first) == {"lamp", "bulb"}
    await reader.execute("UPDATE catalogue_g1.catalogue SET name = 'unseen'")  # no event, no change
    assert await _known(goods, reader) == first


async def test_what_is_sold_out_is_known_at_once(log: Log, reader: Connection) -> None:
    goods = KnownGoods()
    await _known(goods, reader)
    log.add(Product.StockAdjusted, "product-lamp", stock=0, previous=None)
    await log.fold()
    assert not (await _known(goods, reader))["lamp"].goods.is_on_sale


async def test_a_product_that_was_unknown_is_known_once_it_is_added(
    log: Log, reader: Connection
) -> None:
    goods = KnownGoods()
    assert "vase" not in await _known(goods, reader)
    _sell(log, "vase")
    await log.fold()
    assert "vase" in await _known(goods, reader)


async def test_what_changes_while_it_is_asked_for_is_not_remembered_as_it_was(
    log: Log, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = KnownGoods()

    async def asked_in_between(connection: Connection, products: Collection[str]) -> Any:
        found = await goods_of(connection, products)
        log.add(Product.StockAdjusted, "product-lamp", stock=0, previous=None)
        await log.fold()
        goods.heed((await situation_of(connection, "v", [], goods.seen)).changes)
        return found

    with monkeypatch.context() as between:
        between.setattr(known_goods, "goods_of", asked_in_between)
        assert (await _known(goods, reader))["lamp"].goods.is_on_sale
    assert not (await goods.of(reader, ALL))["lamp"].goods.is_on_sale


async def test_what_changes_while_others_are_asked_for_is_still_answered(
    log: Log, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = KnownGoods()
    await _known(goods, reader)
    _sell(log, "vase")
    await log.fold()
    goods.heed((await situation_of(reader, "v", [], goods.seen)).changes)

    async def asked_in_between(connection: Connection, products: Collection[str]) -> Any:
        found = await goods_of(connection, products)
        log.add(Product.StockAdjusted, "product-lamp", stock=0, previous=None)
        await log.fold()
        goods.heed((await situation_of(connection, "v", [], goods.seen)).changes)
        return found

    monkeypatch.setattr(known_goods, "goods_of", asked_in_between)
    assert set(await goods.of(reader, ALL)) == {"lamp", "bulb", "vase"}


async def test_more_changes_than_are_worth_it_forget_everything(
    log: Log, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "MOST_CHANGES", 2)
    goods = KnownGoods()
    await _known(goods, reader)
    for product_id in ("lamp", "bulb"):
        log.add(Product.StockAdjusted, f"product-{product_id}", stock=0, previous=None)
    await log.fold()
    found = await _known(goods, reader)
    assert [found[each].goods.is_on_sale for each in ("lamp", "bulb")] == [False, False]


async def test_another_build_of_the_catalogue_is_read_anew(log: Log, reader: Connection) -> None:
    goods = KnownGoods()
    await _known(goods, reader)
    catalogue = BY_NAME["catalogue"]
    async with log.pool.acquire() as other:
        generation = await generations.request_rebuild(other, catalogue, is_mine=True)
        await generations.begin_build(other, catalogue, generation)
        await other.execute(
            f"INSERT INTO catalogue_g{generation}.catalogue"
            " (product_id, name, description, category, price_minor, currency, stock, attributes,"
            "  image_url, added_at, version, position)"
            " VALUES ('lamp', 'Built anew', '', '', 1, 'EUR', NULL, '{}', '', now(), 1, 1)"
        )

        async def is_there(_position: int) -> None:
            pass

        await generations.swap(other, catalogue, generation, is_there)
    assert [each.name for each in (await _known(goods, reader)).values()] == ["Built anew"]


async def test_all_that_is_sold_is_learnt_before_it_is_asked_for(
    log: Log, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_goods, "PAGE", 2)
    for number in range(4):
        _sell(log, f"chair-{number}")
    await log.fold()
    goods = KnownGoods()
    async with _learning(goods, log):
        await _tell(goods, reader)
        await _until_known(goods, 6)
        await reader.execute("UPDATE catalogue_g1.catalogue SET name = 'unseen'")
        known = await goods.of(reader, [*ALL, "chair-3"])
        assert {id_: each.name for id_, each in known.items()} == {
            "lamp": "lamp",
            "bulb": "bulb",
            "chair-3": "chair-3",
        }


async def test_what_changes_while_it_is_learnt_is_not_remembered_as_it_was(
    log: Log, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = KnownGoods()
    was_sold_out = False

    async def learnt_in_between(connection: Connection, product_id: str, limit: int) -> Any:
        nonlocal was_sold_out
        found = await goods_after(connection, product_id, limit)
        if not was_sold_out:
            was_sold_out = True
            log.add(Product.StockAdjusted, "product-lamp", stock=0, previous=None)
            await log.fold()
            await _tell(goods, reader)
        return found

    monkeypatch.setattr(known_goods, "goods_after", learnt_in_between)
    async with _learning(goods, log):
        await _tell(goods, reader)
        await _until_known(goods, 2)
        assert not (await goods.of(reader, ALL))["lamp"].goods.is_on_sale


async def test_learning_waits_out_a_database_that_does_not_answer(
    log: Log, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([ConnectionRefusedError(), TimeoutError()])

    async def refused_at_first(connection: Connection, product_id: str, limit: int) -> Any:
        if refusal := next(refusals, None):
            raise refusal
        return await goods_after(connection, product_id, limit)

    monkeypatch.setattr(known_goods, "goods_after", refused_at_first)
    goods = KnownGoods()
    async with _learning(goods, log):
        await _tell(goods, reader)
        await _until_known(goods, 2)


@asynccontextmanager
async def _learning(goods: KnownGoods, log: Log) -> AsyncIterator[None]:
    task = asyncio.create_task(goods.learn_ahead(log.pool))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _until_known(goods: KnownGoods, products: int) -> None:
    async with asyncio.timeout(10):
        while len(goods) < products:  # noqa: ASYNC110 - a task of its own learns
            await asyncio.sleep(0.01)


async def _tell(goods: KnownGoods, reader: Connection) -> None:
    goods.heed((await situation_of(reader, "v", [], goods.seen)).changes)


async def _known(goods: KnownGoods, reader: Connection) -> dict[str, Known]:
    await _tell(goods, reader)
    return await goods.of(reader, ALL)


def _sell(log: Log, product_id: str) -> None:
    log.add(
        Product.Added,
        Product.stream_id(product_id),
        name=product_id,
        description="",
        category="things",
        price=euros(100),
        stock=None,
        attributes={},
    )
