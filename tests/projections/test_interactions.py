"""Interactions: what a visitor did becomes a shopper's, and can be given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.identity import Identity
from domain.visit import Visit
from projections.interactions import interactions_of

if TYPE_CHECKING:
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def views(log: Log, visitor: str, product_id: str, shopper_id: str = "", bot: str = "") -> None:
    log.add(
        Visit.ProductViewed,
        f"visit-{visitor}",
        visitor=visitor,
        product_id=product_id,
        shopper_id=shopper_id,
        bot=bot,
    )


def says(log: Log, kind: type[Identity.Event], visitor: str, shopper_id: str) -> None:
    log.add(kind, Identity.stream_id(visitor), visitor=visitor, shopper_id=shopper_id)


async def products_of(connection: Connection, person: str) -> set[str]:
    return {row.product_id for row in await interactions_of(connection, person)}


async def test_a_join_moves_the_past_and_the_future_of_a_visitor(
    log: Log, reader: Connection
) -> None:
    views(log, "v1", "lamp")
    await log.fold()
    assert await products_of(reader, "visitor:v1") == {"lamp"}
    says(log, Identity.Joined, "v1", "ann")
    await log.fold()
    views(log, "v1", "bulb")
    await log.fold()

    assert await products_of(reader, "shopper:ann") == {"lamp", "bulb"}
    assert await products_of(reader, "visitor:v1") == set()


async def test_two_shoppers_on_one_device_are_never_merged(log: Log, reader: Connection) -> None:
    views(log, "v1", "lamp")
    says(log, Identity.Joined, "v1", "ann")
    says(log, Identity.Joined, "v1", "bob")
    views(log, "v1", "bulb", shopper_id="bob")
    await log.fold()

    assert await products_of(reader, "shopper:ann") == {"lamp"}
    assert await products_of(reader, "shopper:bob") == {"bulb"}


async def test_a_wrong_join_is_undone_and_does_not_come_back(log: Log, reader: Connection) -> None:
    views(log, "v1", "lamp")
    says(log, Identity.Joined, "v1", "ann")
    await log.fold()
    says(log, Identity.Separated, "v1", "ann")
    says(log, Identity.Joined, "v1", "ann")
    await log.fold()
    assert await products_of(reader, "shopper:ann") == set()
    assert await products_of(reader, "visitor:v1") == {"lamp"}

    says(log, Identity.Joined, "v1", "bob")
    await log.fold()
    assert await products_of(reader, "shopper:bob") == {"lamp"}


async def test_what_a_bot_does_is_nobodys_taste(log: Log, reader: Connection) -> None:
    views(log, "v1", "lamp", bot="agent")
    await log.fold()

    assert await products_of(reader, "visitor:v1") == set()
