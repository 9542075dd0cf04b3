"""Segment rules: what can be asked of a shopper, and which part of a bad rule is named."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidFields
from domain.segment_rule import All, Any_, Consents, Did, Named, Not, Number, parse

if TYPE_CHECKING:
    from domain.errors import FieldError

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "all",
                    "any",
                    "not",
                    "number",
                    "did",
                    "segment",
                    "at_least",
                    "at_most",
                    "known",
                    "x",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def test_a_rule_is_read_as_it_was_said() -> None:
    said = {
        "all": [
            {"number": "orders", "at_least": 2},
            {"any": [{"segment": "loyal"}, {"consent": "marketing"}]},
            {"not": {"did": "viewed", "category": "lamps", "within_days": 7, "at_least": 3}},
        ]
    }
    assert parse(said) == All(
        (
            Number("orders", 2, None),
            Any_((Named("loyal"), Consents("marketing"))),
            Not(Did("viewed", "", "lamps", 7, 3)),
        )
    )


@pytest.mark.parametrize(
    "said, field, code",
    [
        (None, "rule", "not_an_object"),
        ({}, "rule", "unknown_kind"),
        ({"number": "orders", "segment": "loyal"}, "rule", "unknown_kind"),
        ({"number": "shoe_size", "at_least": 1}, "rule.number", "unknown_number"),
        ({"number": "orders"}, "rule", "no_bound"),
        ({"number": "orders", "at_least": "2"}, "rule.at_least", "not_a_number"),
        ({"number": "orders", "at_least": True}, "rule.at_least", "not_a_number"),
        ({"number": "orders", "at_least": float("nan")}, "rule.at_least", "not_a_number"),
        ({"number": "orders", "at_least": 3, "at_most": 2}, "rule.at_most", "below_at_least"),
        ({"number": "orders", "at_least": 3, "currency": 2}, "rule.currency", "unknown_field"),
        ({"all": []}, "rule.all", "not_a_list"),
        ({"all": [{"not": {"did": "ate"}}]}, "rule.all[0].not.did", "unknown_deed"),
        ({"did": "viewed", "within_days": 0}, "rule.within_days", "out_of_range"),
        ({"did": "bought", "at_least": 2}, "rule.at_least", "out_of_range"),
        ({"did": "viewed", "product_id": "a", "category": "b"}, "rule.category", "target"),
        ({"consent": ""}, "rule.consent", "not_a_text"),
        ({"segment": "lame"}, "rule.segment", "unknown_segment"),
        ({"consent": "a\x00"}, "rule.consent", "not_a_text"),
        ({"known": 1}, "rule.known", "not_a_boolean"),
        ({"any": [{"segment": "lost"}] * 51}, "rule.any[49]", "too_many"),
    ],
)
def test_the_faulty_part_is_named(said: object, field: str, code: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        parse(said)
    assert (field, code) in [(each.field, each.code) for each in refused.value.errors]


def test_a_rule_that_nests_too_deep_is_refused_however_deep_it_is() -> None:
    said: dict[str, Any] = {"segment": "loyal"}
    for _ in range(300):
        said = {"not": said}
    with pytest.raises(InvalidFields, match="nest"):
        parse(said)


@given(anything)
def test_anything_is_a_rule_or_refused_with_the_part(said: object) -> None:
    wrong: tuple[FieldError, ...] = ()
    with suppress(InvalidFields):
        try:
            parse(said)
        except InvalidFields as refused:
            wrong = refused.errors
            raise
    assert all(each.field.startswith("rule") for each in wrong)
