"""Newcomers stand beside what they read like, and nowhere where nothing is like them."""

from __future__ import annotations

import numpy as np
import pytest

from ml.recommendation.content import ContentSimilarity
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.sessions import Vocabulary
from ml.recommendation.stand_ins import MOST_BESIDE, StandIns

KINDS = ("phone", "lamp", "chair")
VOCABULARY = Vocabulary(f"{kind}-{n}" for kind in KINDS for n in range(4))
CONTENT = ContentSimilarity.fit(
    [ProductContent(text=name, category=name[:-2]) for name in VOCABULARY.products]
)
A_PHONE = ProductContent(text="phone-9", category="phone")


def test_a_newcomer_is_listed_for_who_is_shown_its_like() -> None:
    known = StandIns(VOCABULARY, CONTENT)
    [placed] = known.describe({"phone-9": A_PHONE})
    assert {VOCABULARY.products[number] for number in placed.numbers} <= {
        f"phone-{n}" for n in range(4)
    }
    products, scores, because = known.beside(np.array([5, 0, 1]), [0.5, 0.3, 0.2], [2, 1, 0])
    assert [each for each in products if each != "phone-9"] == ["lamp-1", "phone-0", "phone-1"]
    assert scores == sorted(scores, reverse=True)
    place = products.index("phone-9")
    assert scores[place] == pytest.approx(0.3 * placed.likeness[0])
    assert because[place] == 1
    assert known.number("phone-9") == placed.numbers[0]


def test_what_is_like_nothing_stands_nowhere() -> None:
    known = StandIns(VOCABULARY, CONTENT)
    assert known.describe({"tea": ProductContent(text="tea", category="food")}) == []
    assert known.number("tea") is None
    assert known.beside(np.array([0]), [1.0], [0]) == (["phone-0"], [1.0], [0])


def test_who_is_described_anew_moves() -> None:
    known = StandIns(VOCABULARY, CONTENT)
    known.describe({"9": A_PHONE})
    known.describe({"9": ProductContent(text="lamp-9", category="lamp")})
    assert "9" not in known.beside(np.array([0]), [1.0], [0])[0]
    assert "9" in known.beside(np.array([4]), [1.0], [0])[0]
    known.describe({"9": ProductContent(text="tea", category="food")})
    assert known.number("9") is None


def test_what_is_known_does_not_move_and_newcomers_do_not_flood() -> None:
    known = StandIns(VOCABULARY, CONTENT)
    assert known.describe({"phone-1": ProductContent(text="lamp-1", category="lamp")}) == []
    known.describe({f"new-{n}": A_PHONE for n in range(10)})
    assert len(known.beside(np.array([0]), [1.0], [0])[0]) == 1 + MOST_BESIDE


def test_without_descriptions_nobody_is_placed() -> None:
    assert StandIns(VOCABULARY).describe({"phone-9": A_PHONE}) == []
