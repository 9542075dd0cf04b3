"""Touches as columns: the same sessions that a loop over them would find."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ml.recommendation.behaviour import PAUSE_SECONDS, Histories, Touch
from ml.recommendation.past_touches import PastTouches
from ml.recommendation.sessions import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

Told = tuple[str, str, EventKind | None, int]

touches = st.lists(
    st.tuples(
        st.sampled_from(["v1", "v2", "v3"]),
        st.sampled_from(["lamp", "bulb", "desk"]),
        st.sampled_from([EventKind.VIEWED, EventKind.ADDED, None]),
        st.sampled_from([0, 10, PAUSE_SECONDS - 1, PAUSE_SECONDS]),
    ),
    max_size=40,
)


def made(told: Sequence[Told]) -> list[Touch]:
    """Return touches, each so many seconds after the one before."""
    found, now = [], 1e9
    for visitor, product, kind, pause in told:
        now += pause
        seconds = 1.5 if kind is None else math.nan
        found.append(Touch(visitor, product, kind, now, UUID(int=1), seconds))
    return found


def by_a_loop(history: Sequence[Touch]) -> list[list[tuple[str, EventKind, float, float | None]]]:
    """Cut one visitor's touches after the other; time spent goes where serving puts it."""
    sessions: list[list[Touch]] = []
    for visitor in dict.fromkeys(touch.visitor for touch in history):
        open_session = Histories()
        last = math.inf
        for touch in (each for each in history if each.visitor == visitor):
            if touch.at - last >= PAUSE_SECONDS:
                sessions.append(open_session.of(visitor))
                open_session, last = Histories(), math.inf
            open_session.add(touch)
            if touch.kind is not None:
                last = touch.at
        sessions.append(open_session.of(visitor))
    return sorted(
        [
            [
                (
                    t.product_id,
                    t.kind,
                    t.at,
                    None if math.isnan(t.dwell_seconds) else t.dwell_seconds,
                )
                for t in session
                if t.kind is not None
            ]
            for session in sessions
            if session
        ],
        key=lambda session: (session[-1][2], str(session)),
    )


@given(touches)
def test_columns_hold_the_sessions_that_a_loop_finds(told: Sequence[Told]) -> None:
    past = PastTouches()
    for touch in made(told):
        past.add(touch)
    sessions, vocabulary = past.sessions()
    assert sessions.kinds is None or len(sessions.kinds) == len(sessions.items)
    found = []
    for start, stop in zip(sessions.offsets[:-1], sessions.offsets[1:], strict=True):
        assert sessions.kinds is not None
        assert sessions.times is not None
        assert sessions.dwell_seconds is not None
        found.append(
            [
                (
                    vocabulary.products[sessions.items[n]],
                    EventKind(sessions.kinds[n]),
                    float(sessions.times[n]),
                    None if np.isnan(d := sessions.dwell_seconds[n]) else float(d),
                )
                for n in range(start, stop)
            ]
        )
    ends = [session[-1][2] for session in found]
    assert ends == sorted(ends)
    assert sorted(found, key=lambda s: (s[-1][2], str(s))) == by_a_loop(made(told))
    assert vocabulary.products == tuple(
        dict.fromkeys(product for session in found for product, *_ in session)
    )


def test_a_touch_takes_no_more_than_a_few_bytes() -> None:
    past = PastTouches()
    for touch in made([("v1", "lamp", EventKind.VIEWED, 1)] * 1_000):
        past.add(touch)
    kept = (past._of, past._items, past._kinds, past._times, past._seconds)
    assert sum(column.itemsize for column in kept) == 25
    assert len(past) == 1_000
