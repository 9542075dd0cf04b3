"""What admins want of recommendations: to set, change and remove the shop's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from domain.rule import Rule, RuleNotFound, Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.context import Context, Outcome
    from application.journal import Journal, Loaded


class RuleAnswer(msgspec.Struct, frozen=True):
    """A rule as it is after a command; when removed, as it was."""

    rule_id: str
    terms: Terms


async def set_rule(
    journal: Journal, context: Context, rule_id: str, terms: Terms
) -> Outcome[RuleAnswer]:
    """Make a rule; one that was removed may be set again."""

    def decide(loaded: Loaded) -> tuple[RuleAnswer, list[Rule]]:
        rule = Rule.set(rule_id, loaded.get(Rule, rule_id), terms, context.now)
        return RuleAnswer(rule_id, rule.terms), [rule]

    return await journal.execute(context, decide, writes=[(Rule, rule_id)])


async def change_rule(
    journal: Journal,
    context: Context,
    rule_id: str,
    changes: dict[str, Any],
    *,
    if_match: int | None = None,
) -> Outcome[RuleAnswer]:
    """Let a rule say something else; ``changes`` by the name of a term."""
    return await _change(
        journal, context, rule_id, lambda rule: rule.change(changes, context.now), if_match
    )


async def remove_rule(
    journal: Journal, context: Context, rule_id: str, *, if_match: int | None = None
) -> Outcome[RuleAnswer]:
    """Take a rule back."""
    return await _change(journal, context, rule_id, lambda rule: rule.remove(context.now), if_match)


async def _change(
    journal: Journal,
    context: Context,
    rule_id: str,
    change: Callable[[Rule], None],
    if_match: int | None,
) -> Outcome[RuleAnswer]:
    def decide(loaded: Loaded) -> tuple[RuleAnswer, list[Rule]]:
        rule = loaded.get(Rule, rule_id)
        if rule is None:
            raise RuleNotFound
        change(rule)
        return RuleAnswer(rule_id, rule.terms), [rule]

    return await journal.execute(
        context,
        decide,
        writes=[(Rule, rule_id)],
        if_match={(Rule, rule_id): if_match} if if_match is not None else None,
    )
