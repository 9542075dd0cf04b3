from __future__ import annotations

import numpy as np
import pytest

from ml.recommendation.sessions import Sessions, Vocabulary


def lists(sessions: Sessions) -> list[list[int]]:
    return [session.tolist() for session in sessions]


def test_every_prefix_is_a_case_with_what_followed() -> None:
    contexts, followed = Sessions.of([[1, 2, 3], [4], [5, 6]]).cases()
    assert lists(contexts) == [[1], [1, 2], [5]]
    assert followed.tolist() == [2, 3, 6]


def test_prefixes_can_be_asked_to_be_longer() -> None:
    contexts, followed = Sessions.of([[1, 2, 3, 4], [5, 6]]).cases(shortest_prefix=2)
    assert lists(contexts) == [[1, 2], [1, 2, 3]]
    assert followed.tolist() == [3, 4]


def test_the_latest_events_are_kept_with_their_times() -> None:
    sessions = Sessions(np.arange(5), np.array([0, 3, 5]), times=np.array([0, 10, 20, 30, 40.0]))
    latest = sessions.latest(2)
    assert lists(latest) == [[1, 2], [3, 4]]
    assert latest.times is not None
    assert latest.times.tolist() == [10, 20, 30, 40]


def test_the_tail_holds_the_latest_sessions() -> None:
    head, tail = Sessions.of([[n] for n in range(10)]).without_tail(0.2)
    assert (lists(head)[-1], lists(tail)) == ([7], [[8], [9]])


def test_products_that_nobody_knows_are_left_out() -> None:
    vocabulary = Vocabulary.of([["a", "b"], ["b", "c"]])
    assert vocabulary.products == ("a", "b", "c")
    assert lists(Sessions.of_products([["c", "x", "a"], ["x"]], vocabulary)) == [[2, 0], []]


def test_a_vocabulary_names_a_product_once() -> None:
    with pytest.raises(ValueError, match="named twice"):
        Vocabulary(["a", "a"])
