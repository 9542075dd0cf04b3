"""Models: one serves at a time, only what was trained, and the one before can come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.model import (
    AlreadyChampion,
    AlreadyShadow,
    DriftNotedLately,
    Model,
    ModelExists,
    ModelNotFound,
    NeverShadowed,
    NoFormerChampion,
    NoShadow,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEARNT: dict[str, Any] = {"artifact": "9f", "until": 1, "settings": {}, "scores": {}, "now": NOW}


def a_line(*versions: str) -> Model:
    line = Model.of("recommender", None, NOW)
    for version in versions:
        line.train(version, **LEARNT)
    return line


def test_nothing_serves_until_it_is_promoted() -> None:
    line = a_line("1", "2")
    assert line.champion == ""
    line.promote("2", "", NOW)
    assert line.champion == "2"


def test_only_what_was_trained_can_serve() -> None:
    line = a_line("1")
    with pytest.raises(ModelNotFound):
        line.promote("2", "", NOW)
    assert line.champion == ""


def test_a_version_is_trained_once() -> None:
    line = a_line("1")
    with pytest.raises(ModelExists):
        line.train("1", **LEARNT)


def test_a_champion_is_not_promoted_again() -> None:
    line = a_line("1")
    line.promote("1", "", NOW)
    with pytest.raises(AlreadyChampion):
        line.promote("1", "", NOW)


def test_each_roll_back_goes_one_champion_further_back() -> None:
    line = a_line("1", "2", "3")
    for version in ("1", "2", "3"):
        line.promote(version, "", NOW)
    line.roll_back("fewer orders", NOW)
    assert line.champion == "2"
    line.roll_back("", NOW)
    assert line.champion == "1"
    with pytest.raises(NoFormerChampion):
        line.roll_back("", NOW)
    assert line.champion == "1"


def test_a_model_rolled_back_may_be_promoted_again() -> None:
    line = a_line("1", "2")
    line.promote("1", "", NOW)
    line.promote("2", "", NOW)
    line.roll_back("", NOW)
    line.promote("2", "", NOW)
    assert line.champions == ["1", "2"]


def test_a_challenger_answers_unseen_until_it_is_told_to_stop() -> None:
    line = a_line("1", "2", "3")
    line.promote("1", "", NOW)
    line.shadow_with("2", "", NOW)
    line.shadow_with("3", "", NOW)
    assert (line.champion, line.shadow) == ("1", "3")
    with pytest.raises(AlreadyShadow):
        line.shadow_with("3", "", NOW)
    line.end_shadow("", NOW)
    with pytest.raises(NoShadow):
        line.end_shadow("", NOW)


def test_a_champion_has_no_shadow_of_itself() -> None:
    line = a_line("1", "2")
    line.promote("1", "", NOW)
    with pytest.raises(AlreadyChampion):
        line.shadow_with("1", "", NOW)
    with pytest.raises(ModelNotFound):
        line.shadow_with("9", "", NOW)
    line.shadow_with("2", "", NOW)
    line.promote("2", "", NOW)
    assert line.shadow == ""


def test_drift_is_noted_once_a_day_for_each_model() -> None:
    found: dict[str, Any] = {
        "visits": 500,
        "features": {"seconds": 0.4},
        "expected": 10.0,
        "observed": 20.0,
        "is_miscalibrated": True,
    }
    line = a_line("1", "2")
    line.note_drift("1", **found, now=NOW)
    line.note_drift("2", **found, now=NOW)
    with pytest.raises(DriftNotedLately):
        line.note_drift("1", **found, now=NOW + timedelta(hours=23))
    line.note_drift("1", **found, now=NOW + timedelta(hours=24))
    with pytest.raises(ModelNotFound):
        line.note_drift("3", **found, now=NOW)


def test_only_kinds_whose_worker_asks_a_challenger_have_a_shadow() -> None:
    line = Model.of("intent", None, NOW)
    line.train("1", **LEARNT)
    with pytest.raises(NeverShadowed):
        line.shadow_with("1", "", NOW)
