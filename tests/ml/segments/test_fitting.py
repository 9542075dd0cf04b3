"""Fitting: whatever the shop's history, a fit that places everyone, and says what is absent."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from domain.segmentation import NAMES, Buying, Fit, Worth
from ml.segments.assignment import Place, place, segment_of_visitor
from ml.segments.fitting import fit_segmentation
from ml.segments.moves import PastOrder, month_ends, moves
from ml.segments.shopper_numbers import ShopperNumbers
from tests.ml.segments.customers import AS_OF, a_shop, an_order, numbers


def fit(shop: dict[str, list[PastOrder]], worth: Worth | None = None) -> Fit:
    return fit_segmentation(
        [numbers(person, orders) for person, orders in shop.items()],
        [order for orders in shop.values() for order in orders],
        until=7,
        as_of=AS_OF,
        worth=worth or Worth(),
    )


ONE = {"shopper:1": [an_order("shopper:1", 5)]}
CONSTANT = {f"shopper:{n}": [an_order(f"shopper:{n}", 5)] for n in range(200)}
RETURNED = {
    f"shopper:{n}": [an_order(f"shopper:{n}", 5, is_kept=False, net_minor=0)] for n in range(200)
}
SAME_AGAIN = {
    f"shopper:{n}": [an_order(f"shopper:{n}", day + n % 7) for day in (300, 200, 100)]
    for n in range(200)
}


@pytest.mark.parametrize(
    "shop, absent",
    [
        ({}, {"value", "clusters"}),
        (ONE, {"value", "clusters"}),
        (CONSTANT, {"value", "clusters"}),
        (RETURNED, {"value", "clusters"}),
        (SAME_AGAIN, {"clusters"}),
    ],
)
def test_any_history_is_fitted_or_says_what_there_is_too_little_of(
    shop: dict[str, list[PastOrder]], absent: set[str]
) -> None:
    found = fit(shop)
    assert set(found.absent) == absent
    for person, orders in shop.items():
        stands = place(found, numbers(person, orders))
        assert stands.segment in NAMES
        assert (stands.value_minor is None) == ("value" in absent)
        if stands.value_minor is not None:
            assert stands.value_minor >= 0


def test_one_customer_is_in_the_middle_of_everything_and_new() -> None:
    stands = place(fit(ONE), numbers("shopper:1", ONE["shopper:1"]))
    assert (stands.recency, stands.frequency, stands.monetary) == (3, 3, 3)
    assert stands.segment == "new"


def test_who_sent_everything_back_has_no_scores() -> None:
    stands = place(fit(RETURNED), numbers("shopper:1", RETURNED["shopper:1"]))
    assert (stands.recency, stands.segment) == (0, "all returned")


@pytest.mark.slow
def test_a_shop_with_customers_of_all_kinds_has_all_parts() -> None:
    shop = a_shop(400)
    found = fit(shop)
    assert found.absent == {}
    assert found.customers == 400
    again = fit(dict(reversed(shop.items())))
    assert again.borders == found.borders
    places = {person: place(found, numbers(person, orders)) for person, orders in shop.items()}
    scores = [stands.recency for stands in places.values()]
    assert {scores.count(score) for score in range(1, 6)} == {80}
    worth = {n: stands.value_minor or 0 for n, stands in places.items()}
    often = [worth[person] for person, orders in shop.items() if len(orders) == 8]
    once = [worth[person] for person, orders in shop.items() if len(orders) == 1]
    assert sum(often) / len(often) > 2 * sum(once) / len(once)
    half = place(fit(shop, Worth(margin=0.5)), numbers("shopper:0", shop["shopper:0"]))
    assert half.value_minor == pytest.approx(worth["shopper:0"] / 2, abs=1)


def test_a_customer_who_stays_away_is_expected_to_return_less() -> None:
    found = msgspec.structs.replace(fit(ONE), buying=Buying(0.5, 20.0, 0.7, 2.5), absent={})
    keen = numbers("shopper:keen", [an_order("shopper:keen", day) for day in (90, 60, 30, 2)])
    later = msgspec.structs.replace(found, as_of=AS_OF + timedelta(days=200))
    now, then = place(found, keen), place(later, keen)
    assert (now.alive_thousandths or 0) > 800
    assert (then.alive_thousandths or 0) < 200
    assert (now.value_minor or 0) > 10 * (then.value_minor or 0)


def test_a_short_past_is_asked_of_a_short_future() -> None:
    assert fit(ONE).worth.horizon_days == 20
    assert fit(SAME_AGAIN).worth == Worth()
    assert fit({}).worth.horizon_days == 1


def test_before_the_first_fit_everyone_has_a_segment_all_the_same() -> None:
    shopper = numbers("shopper:1", ONE["shopper:1"])
    stands = place(None, shopper)
    assert (stands.segment, stands.recency, stands.value_minor) == ("occasional", 3, None)
    assert (
        place(
            None,
            ShopperNumbers(
                person="visitor:v", is_known=False, first_at=AS_OF, last_at=AS_OF, views=7
            ),
        ).segment
        == "window shopper"
    )


def test_money_is_not_added_across_currencies() -> None:
    yen = [an_order("shopper:1", 5, 90_000, currency="JPY")]
    found = fit({"shopper:1": yen, "shopper:2": [an_order("shopper:2", 5)]})
    assert set(found.borders.monetary) == set(found.spending) == {"JPY", "EUR"}
    assert place(found, numbers("shopper:1", yen)).monetary == 3


def test_moves_tell_who_came_and_who_went() -> None:
    orders = [
        an_order("shopper:new", 3),  # 12 March
        an_order("shopper:old", 80),  # December
        an_order("shopper:keen", 80),
        an_order("shopper:keen", 30),  # 13 February
        an_order("shopper:keen", 2),
    ]
    found = {(m.month, m.before, m.after): m.customers for m in moves(orders, AS_OF)}
    assert found["2025-12", "", "new"] == 2
    assert found["2026-03", "", "new"] == 1
    assert {month for month, _, _ in found} == {"2025-12", "2026-01", "2026-02", "2026-03"}
    for month in ("2026-01", "2026-02"):
        assert sum(n for (m, _, _), n in found.items() if m == month) == 2
    assert moves([], AS_OF) == ()
    [now] = moves([an_order("shopper:1", 0)], AS_OF)  # at the very moment
    assert (now.month, now.after, now.customers) == ("2026-03", "new", 1)


def test_months_end_where_the_next_begins_and_at_present() -> None:
    ends = month_ends(AS_OF, AS_OF - timedelta(days=2_000))
    assert len(ends) == 13
    assert ends[-1] == AS_OF
    assert [end.day for end in ends[:-1]] == [1] * 12


@pytest.mark.parametrize("views", [0, 1, 4, 5, 11])
@pytest.mark.parametrize("basket_adds", [0, 1, 7])
def test_who_only_looks_belongs_where_they_would_among_all(views: int, basket_adds: int) -> None:
    looker = ShopperNumbers(
        person="visitor:1",
        is_known=False,
        first_at=AS_OF,
        last_at=AS_OF,
        views=views,
        basket_adds=basket_adds,
    )
    segment = segment_of_visitor(views, basket_adds)
    assert place(fit(ONE), looker) == place(None, looker) == Place(segment=segment)
