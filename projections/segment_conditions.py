"""Segment conditions: a marketer's rule as SQL over the read models, for one person or for all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, assert_never

from domain.segment_rule import Account, All, Any_, Consents, Did, Named, Not, Number

if TYPE_CHECKING:
    from domain.segment_rule import SegmentRule

_DAYS = "extract(epoch FROM {now} - s.{column})::float8 / 86400"
_NUMBERS = {
    "orders": "s.orders",
    "revenue_minor": "CASE WHEN s.currency <> '' THEN s.revenue_minor END",
    "mean_order_minor": "s.revenue_minor::float8 / nullif(s.orders, 0)",
    "discount_share": "s.discount_minor::float8 / nullif(s.goods_minor, 0)",
    "product_views": "s.views",
    "basket_adds": "s.basket_adds",
    "days_since_order": _DAYS.replace("{column}", "last_order_at"),
    "days_since_seen": _DAYS.replace("{column}", "last_at"),
    "days_known": _DAYS.replace("{column}", "first_at"),
    "mean_rating": """(SELECT avg(i.rating)::float8 FROM interactions i
                       WHERE i.person = s.person AND i.rating > 0)""",
    "recency_score": "nullif(s.recency, 0)",
    "frequency_score": "nullif(s.frequency, 0)",
    "monetary_score": "nullif(s.monetary, 0)",
    "cluster": "s.cluster",
    "value_minor": "s.value_minor",
    "chance_alive": "s.alive_thousandths / 1000.0",
    "expected_orders": "s.expected_thousandths / 1000.0",
}
_BY_TIME = {"days_since_order", "days_since_seen", "days_known"}


class Condition:
    """A rule as SQL over a row ``s`` of ``segments``, with the values of its parameters.

    ``persons``: the parameter with whom it is asked about, so that only what these did is looked
    at; None where it is asked about everybody. ``reads``: the read models that it looks at.
    ``moves_with_time``: whether it may hold or not tomorrow although nobody did anything.
    """

    def __init__(
        self,
        rule: SegmentRule,
        now: datetime,
        *,
        arguments: list[Any],
        persons: str | None = None,
    ) -> None:
        self.arguments = arguments
        self.reads = {"segments", "segment_members"}
        self.moves_with_time = False
        self._now = now
        self._persons = persons
        self.sql = self._of(rule)

    def _of(self, rule: SegmentRule) -> str:  # noqa: PLR0911 - a kind each
        match rule:
            case All():
                return f"({' AND '.join(map(self._of, rule.rules))})"
            case Any_():
                return f"({' OR '.join(map(self._of, rule.rules))})"
            case Not():
                return f"(NOT {self._of(rule.rule)})"
            case Number():
                return self._number(rule)
            case Did():
                return self._did(rule)
            case Named():
                return f"(s.segment = {self._value(rule.segment)}::text)"
            case Consents():
                return f"(coalesce(s.consent ->> {self._value(rule.purpose)}::text, '') = 'true')"
            case Account():
                return f"(s.is_known = {self._value(rule.is_known)}::boolean)"
            case _:
                assert_never(rule)

    def _number(self, rule: Number) -> str:
        self.moves_with_time |= rule.name in _BY_TIME
        if rule.name == "mean_rating":
            self.reads.add("interactions")
        number = _NUMBERS[rule.name]
        if "{now}" in number:
            number = number.replace("{now}", f"{self._value(self._now)}::timestamptz")
        bounds = [
            f"{number} {sign} {self._value(bound)}::float8"
            for sign, bound in ((">=", rule.at_least), ("<=", rule.at_most))
            if bound is not None
        ]
        # What is not known is not true; without coalesce its opposite would not be true either.
        return f"coalesce({' AND '.join(bounds)}, false)"

    def _did(self, rule: Did) -> str:
        self.moves_with_time |= rule.within_days is not None
        return self._bought(rule) if rule.deed == "bought" else self._looked(rule)

    def _bought(self, rule: Did) -> str:
        self.reads |= {"purchases", "catalogue"}
        where = self._where("p", "p.last_at", rule, "c.category")
        return f"""(s.person IN (
            SELECT p.person FROM purchases p LEFT JOIN catalogue c ON c.product_id = p.product_id
            WHERE {where}))"""  # noqa: S608 - values are parameters

    def _looked(self, rule: Did) -> str:
        self.reads |= {"visits", "catalogue"}
        counted = {"viewed": "t.views", "added": "t.items_added"}[rule.deed]
        category = "coalesce(nullif(t.category, ''), c.category)"
        where = self._where("v", "v.ended_at", rule, category)
        return f"""(s.person IN (
            SELECT v.person FROM visits v JOIN visit_products t ON t.visit_id = v.visit_id
            LEFT JOIN catalogue c ON c.product_id = t.product_id
            WHERE v.bot = '' AND {where}
            GROUP BY v.person
            HAVING sum({counted}) >= {self._value(rule.at_least)}::int))"""  # noqa: S608 - as above

    def _where(self, table: str, moment: str, rule: Did, category: str) -> str:
        product = "t.product_id" if table == "v" else "p.product_id"
        terms = ["true"]
        if self._persons is not None:
            terms.append(f"{table}.person = ANY ({self._persons}::text[])")
        if rule.within_days is not None:
            since = self._value(self._now - timedelta(days=rule.within_days))
            terms.append(f"{moment} >= {since}::timestamptz")
        if rule.product_id:
            terms.append(f"{product} = {self._value(rule.product_id)}::text")
        if rule.category:
            terms.append(f"{category} = {self._value(rule.category)}::text")
        return " AND ".join(terms)

    def _value(self, value: object) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}"
