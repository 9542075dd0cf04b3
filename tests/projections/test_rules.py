"""Rules: what the shop wants of its recommendations, as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.rule import Rule, Terms
from projections.choices import situation_of
from projections.goods import Seen
from projections.rules import find_rule, list_rules
from tests.projections.folding import at

if TYPE_CHECKING:
    from ml.recommendation.shaping import SetRule
    from projections.projection import Connection
    from tests.projections.folding import Log

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

PIN = Terms(action="pin", product_id="lamp", place=1)
BOOST = Terms(action="boost", category="lamps", factor=2, placement="home", ends_at=at(60))


async def test_a_rule_is_what_was_said_last(log: Log, reader: Connection) -> None:
    log.add(Rule.Set, "rule-a", terms=PIN)
    log.add(Rule.Set, "rule-b", 1, terms=BOOST)
    await log.fold()
    changed = log.add(Rule.Changed, "rule-a", 2, terms=Terms(action="diversify", strength=0.5))
    await log.fold()

    [first, second] = await _rules(reader)
    assert (first.terms, second.terms.strength) == (BOOST, 0.5)
    assert second.event_id == changed.event_id
    row = await find_rule(reader, "a")
    assert row is not None
    assert (row.set_at, row.changed_at, row.version) == (at(0), at(2), 2)


async def test_only_rules_that_hold_there_and_then_count(log: Log, reader: Connection) -> None:
    log.add(Rule.Set, "rule-b", terms=BOOST)
    await log.fold()
    [rule] = await _rules(reader)
    assert rule.terms.holds("home", at(5))
    assert not rule.terms.holds("email", at(5))
    assert not rule.terms.holds("home", at(60))


async def test_a_removed_rule_is_gone_until_it_is_set_again(log: Log, reader: Connection) -> None:
    log.add(Rule.Set, "rule-a", terms=PIN)
    log.add(Rule.Removed, "rule-a")
    await log.fold()
    assert await _rules(reader) == []
    assert await list_rules(reader, after="", limit=9) == []
    assert await find_rule(reader, "a") is None
    log.add(Rule.Changed, "rule-a", terms=PIN)
    await log.fold()
    assert [row.terms for row in await list_rules(reader, after="", limit=9)] == [PIN]
    assert await list_rules(reader, after="a", limit=9) == []


async def _rules(reader: Connection) -> list[SetRule]:
    return (await situation_of(reader, "v", [], Seen())).rules
