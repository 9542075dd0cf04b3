"""Behaviour clusters: groups that are there are found, described and kept."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ml.segments.cannot_fit import CannotFit
from ml.segments.clusters import FEWEST, fit_clusters, load, nearest, save
from ml.segments.features import features
from ml.segments.shopper_numbers import ShopperNumbers
from ml.tensor_files import ArtifactRefused

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def a_shopper(chance: random.Random, *, is_keen: bool) -> ShopperNumbers:
    orders = chance.randrange(12, 30) if is_keen else chance.randrange(1, 3)
    days = chance.randrange(1, 20) if is_keen else chance.randrange(150, 300)
    last = AS_OF - timedelta(days=days)
    return ShopperNumbers(
        person="shopper:1",
        is_known=True,
        first_at=AS_OF - timedelta(days=360),
        last_at=last,
        views=orders * 10,
        basket_adds=orders * 3,
        orders=orders,
        order_days=orders,
        currency="EUR",
        revenue_minor=orders * chance.randrange(4_000, 6_000),
        first_order_at=AS_OF - timedelta(days=360),
        last_order_at=last,
        tastes={"lamps": orders} if is_keen else {"lamps": 1, "vases": 2},
    )


def two_kinds(count: int) -> list[ShopperNumbers]:
    chance = random.Random(1)
    return [a_shopper(chance, is_keen=n % 4 == 0) for n in range(count)]


@pytest.mark.slow
def test_two_kinds_of_customers_are_told_apart_and_described(tmp_path: Path) -> None:
    shoppers = two_kinds(400)
    found, tried = fit_clusters(shoppers, AS_OF)
    assert len(found.centroids) == 2
    assert found.stability > 0.95
    assert [each.clusters for each in tried] == [2, 3, 4, 5, 6, 7, 8]
    groups = [nearest(found, features(each, AS_OF, found.categories)) for each in shoppers]
    assert groups == [1 if n % 4 == 0 else 0 for n in range(400)]  # the larger one comes first
    assert "order often" in found.words[1] or "ordered lately" in found.words[1]
    path = tmp_path / "clusters.safetensors"
    save(path, found)
    assert load(path) == found
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ArtifactRefused):
        load(path)


def test_few_customers_and_customers_all_alike_have_no_clusters() -> None:
    with pytest.raises(CannotFit, match="are needed"):
        fit_clusters(two_kinds(FEWEST - 1), AS_OF)
    with pytest.raises(CannotFit, match="alike"):
        fit_clusters([two_kinds(1)[0]] * FEWEST, AS_OF)
