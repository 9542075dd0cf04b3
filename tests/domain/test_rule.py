"""The shop's rules for its recommendations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import InvalidFields
from domain.rule import Rule, RuleExists, RuleNotFound, Terms

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PIN = Terms(action="pin", product_id="lamp", place=1)
BOOST = Terms(action="boost", category="lamps", factor=2)


def a_rule(terms: Terms = PIN) -> Rule:
    return Rule.set("r1", None, terms, NOW)


def test_a_rule_says_what_the_shop_wants() -> None:
    rule = a_rule()
    assert (rule.key, rule.terms, rule.is_removed) == ("r1", PIN, False)


def test_an_id_is_taken_once() -> None:
    with pytest.raises(RuleExists):
        Rule.set("r1", a_rule(), BOOST, NOW)


def test_a_change_says_only_what_is_new() -> None:
    rule = a_rule()
    rule.change({"place": 3}, NOW)
    rule.change({"place": 3}, NOW)
    assert rule.terms == Terms(action="pin", product_id="lamp", place=3)
    assert len(rule.pending_events) == 2


def test_a_removed_rule_is_gone_until_it_is_set_again() -> None:
    rule = a_rule()
    rule.remove(NOW)
    with pytest.raises(RuleNotFound):
        rule.remove(NOW)
    with pytest.raises(RuleNotFound):
        rule.change({"place": 2}, NOW)
    assert Rule.set("r1", rule, BOOST, NOW) is rule
    assert (rule.terms, rule.is_removed) == (BOOST, False)


@pytest.mark.parametrize(
    "terms, field",
    [
        ({"action": "pin", "place": 1}, "product_id"),
        ({"action": "pin", "product_id": "lamp", "category": "lamps", "place": 1}, "product_id"),
        ({"action": "pin", "product_id": "lamp"}, "place"),
        ({"action": "pin", "product_id": "lamp", "place": 101}, "place"),
        ({"action": "boost", "factor": 2.0}, "product_id"),
        ({"action": "boost", "product_id": "lamp", "category": "lamps"}, "product_id"),
        ({"action": "boost", "product_id": "lamp"}, "factor"),
        ({"action": "boost", "product_id": "lamp", "factor": float("inf")}, "factor"),
        ({"action": "boost", "product_id": "lamp", "factor": float("nan")}, "factor"),
        ({"action": "bury", "product_id": "lamp"}, "factor"),
        ({"action": "bury", "product_id": "lamp", "factor": -0.5}, "factor"),
        ({"action": "diversify", "strength": 1.5}, "strength"),
        ({"action": "diversify", "starts_at": NOW, "ends_at": NOW}, "ends_at"),
        ({"action": "diversify", "note": "x" * 501}, "note"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        a_rule(Terms(**terms))
    assert field in [error.field for error in refused.value.errors]
    rule = a_rule()
    with pytest.raises(InvalidFields):
        rule.change({"place": 0}, NOW)


def test_a_rule_holds_in_its_placement_and_period() -> None:
    week = Terms(
        action="diversify", placement="home", starts_at=NOW, ends_at=NOW + timedelta(days=7)
    )
    assert week.holds("home", NOW)
    assert not week.holds("email", NOW)
    assert not week.holds("home", NOW - timedelta(seconds=1))
    assert not week.holds("home", NOW + timedelta(days=7))
    assert PIN.holds("email", NOW)
