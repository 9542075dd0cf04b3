"""A model's card says what the events say, and nothing by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.events import Recorded
from domain.model import Model
from projections.model_cards import card_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def recorded(line: Model) -> list[Recorded]:
    """Return what a line of models has to record, as the log would give it back."""
    return [
        Recorded(
            position=number,
            event_id=UUID(int=number),
            stream_id=event.originator_id,
            version=number,
            topic=type(event).TOPIC,  # type: ignore[attr-defined]
            schema_version=1,
            occurred_at=NOON,
            recorded_at=NOON,
            actor="trainer",
            visit_id="",
            correlation_id=None,
            causation_id=None,
            event=event,  # type: ignore[arg-type]
        )
        for number, event in enumerate(line.collect_events(), start=1)
    ]


def a_line() -> list[Recorded]:
    """Return the history of two models: the first served until the second won."""
    line = Model.of("recommender", None, NOON)
    scores = {
        "blend": {"mrr_20": 0.31, "mrr_20_low": 0.29, "mrr_20_high": 0.33},
        "popularity by recency": {"mrr_20": 0.05, "mrr_20_low": 0.04, "mrr_20_high": 0.06},
        "champion": {"mrr_20": 0.3},
    }
    about: dict[str, Any] = {
        "facts": {"sessions": 41_000, "first_at": NOON.timestamp(), "last_at": NOON.timestamp()},
        "rival": "champion",
        "gain_mrr_20": {"value": 0.012, "low": 0.004, "high": 0.021},
    }
    settings = {"name": "blend", "seed": 7, "warm_started_from": "1"}
    learnt: dict[str, Any] = {"artifact": "9f", "scores": scores, "now": NOON}
    line.train("1", until=500, settings={"name": "blend"}, **learnt)
    line.promote("1", "the first", NOON)
    line.train("2", until=900, settings=settings, about=about, **learnt)
    line.promote("2", "MRR@20 above | champion", NOON)
    return recorded(line)


def test_a_card_has_data_settings_scores_with_bounds_and_why_it_serves() -> None:
    card = card_of(a_line(), "2")
    assert card is not None
    for told in (
        "It serves. Its neural part went on from 1. It was measured beside champion.",
        "| log positions | 1 to 900 |",
        "| sessions | 41,000 |",
        "| period | 2026-03-01 12:00 UTC to 2026-03-01 12:00 UTC |",
        "| seed | 7 |",
        "| blend | 0.3100 (0.2900 to 0.3300) |",
        "| champion | 0.3000 |",
        "Over champion: MRR@20 +0.0120 (+0.0040 to +0.0210).",
        "- 2026-03-01 12:00 UTC, by trainer: promoted: MRR@20 above | champion",
        "## Intended use",
        "## Limits",
        "## Privacy",
    ):
        assert told in card


def test_a_card_of_a_model_that_gave_way_says_to_whom() -> None:
    card = card_of(a_line(), "1")
    assert card is not None
    assert "It does not serve." in card
    assert "by trainer: replaced by 2" in card


def test_what_the_file_says_is_held_against_the_log() -> None:
    history = a_line()
    same, other = ({"version": "2", "until": until} for until in (900, 800))
    assert "agrees with the log" in str(card_of(history, "2", same))
    assert "DOES NOT AGREE with the log" in str(card_of(history, "2", other))


def test_a_model_that_was_never_trained_has_no_card() -> None:
    assert card_of(a_line(), "3") is None


def test_a_card_of_what_foresees_tells_of_offers_of_early_scores_and_of_drift() -> None:
    line = Model.of("intent", None, NOON)
    about: dict[str, Any] = {
        "facts": {"visits": 9_000},
        "rival": "basket rule",
        "gain_measure": "log-likelihood a moment",
        "gains": {"basket rule": {"value": 0.02, "low": 0.01, "high": 0.03}},
        "offer": {
            "threshold": 0.61,
            "break_even": 0.625,
            "usual_basket_minor": 4_000.0,
            "made_to": 0.05,
            "gain_minor": 3.2,
        },
        "early": {"1": {"ap": 0.2, "auc": 0.6}, "first basket add": {"ap": 0.5}},
    }
    scores = {"gradient boosting": {"ap": 0.6}, "basket rule": {"ap": 0.4}}
    line.train("1", until=9, artifact="9f", settings={}, scores=scores, about=about, now=NOON)
    line.note_drift(
        "1",
        visits=500,
        features={"seconds": 0.4},
        expected=100.0,
        observed=40.0,
        is_miscalibrated=True,
        now=NOON,
    )
    card = card_of(recorded(line), "1")
    assert card is not None
    for told in (
        "how probable it is that a visit to this shop orders",
        "## Scores on the latest visits",
        "Over basket rule: log-likelihood a moment +0.0200 (+0.0100 to +0.0300).",
        "| 1 event | 0.2000 | 0.6000 |",
        "| first basket add | 0.5000 | - |",
        "An offer pays from a score of 0.610 on. With exact scores it would pay from 0.625 on.",
        "made to 5.0% of them",
        "over 500 visits: features that moved, by population stability index: seconds 0.40;",
        "; foreseen at 100 moments, came at 40",
    ):
        assert told in card
