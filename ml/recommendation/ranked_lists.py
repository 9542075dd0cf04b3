"""Turns a model's scores into lists: the best products, each with the touches it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.recommendation.behaviour import contexts_of
from ml.recommendation.neighbours import shares as shares_of
from ml.recommendation.stand_ins import DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ml.recommendation.behaviour import Touch
    from ml.recommendation.neighbours import Neighbours
    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Floats, Ints
    from ml.recommendation.stand_ins import StandIns

LENGTH = 120
"""Products kept of a list: enough to leave out what is sold out, seen or unwanted."""
ALIKE = 1e-4
"""Logarithms nearer to each other than this, a hundredth of a percent, tell nothing apart."""
AT_ONCE = 64
"""Contexts of one prediction: whole rows of 50,000 products, where a model has them, are 13 MB."""


class RankedList(NamedTuple):
    """A visitor's list, the best first.

    ``scores``: shares, of all that is listed, that the model gives to each. ``because``: for each
    the place in ``touched`` of what it rests on. ``touched``: touches by product, the product
    that was touched first coming first.
    """

    products: list[str]
    scores: list[float]
    because: list[int]
    touched: list[list[Touch]]


def rank(
    model: Recommender,
    known: StandIns,
    neighbours: Neighbours,
    histories: Sequence[Sequence[Touch]],
) -> Iterator[RankedList]:
    """Yield a list for each history; an empty one where none of its products is known."""
    places = np.full(len(known.vocabulary), -1, np.int32)
    for start in range(0, len(histories), AT_ONCE):
        some = histories[start : start + AT_ONCE]
        contexts = contexts_of(some, known)
        found, scores = model.scores(contexts).best(LENGTH)
        if model.log_scores:
            found, scores = _settled(found, scores)
        shares = _rounded(shares_of(scores) if model.log_scores else scores)
        for row, history in enumerate(some):
            touched: dict[str, list[Touch]] = {}
            for touch in history:
                touched.setdefault(touch.product_id, []).append(touch)
            groups = list(touched.values())
            if contexts.lengths[row] == 0:
                yield RankedList([], [], [], groups)
                continue
            because = _reasons(
                found[row], [known.number(each) for each in touched], neighbours, places
            )
            listed = known.beside(found[row], shares[row], because.tolist())
            yield RankedList(*listed, groups)


def _settled(found: Ints, logs: Floats) -> tuple[Ints, Floats]:
    """Return rows, the best first, with what differs by next to nothing in the order of numbers.

    The last bits of a logarithm depend on who else was ranked at the same time, and two products
    that the shop's visitors never told apart differ in nothing else. What follows at less than
    ``ALIKE`` belongs to what it follows: steps of a fixed grid would part such a pair wherever
    one of them happens to stand between.
    """
    with np.errstate(invalid="ignore"):  # nothing is known of either: minus infinity both
        is_apart = logs[:, :-1] - logs[:, 1:] > ALIKE
    group = np.zeros(logs.shape, np.int64)
    np.cumsum(is_apart, axis=1, out=group[:, 1:])
    order = np.lexsort((found, group), axis=1)
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(logs, order, axis=1)


def _rounded(scores: Floats) -> list[list[float]]:
    found: list[list[float]] = np.round(scores.astype(np.float64), DECIMALS).tolist()
    return found


def _reasons(
    listed: Ints, touched: Sequence[int | None], neighbours: Neighbours, places: NDArray[np.int32]
) -> Ints:
    """Return for each listed product the place in ``touched`` of the product nearest to it.

    A touched product is nearest to itself; what is near to none rests on the latest that is known.
    ``places``: (products,) of -1, to work with.
    """
    known = [place for place, number in enumerate(touched) if number is not None]
    numbers = np.array([touched[place] for place in known])
    others, scores = neighbours.of(numbers)
    places[listed] = np.arange(len(listed))
    at, own = places[others.ravel()], places[numbers]
    places[listed] = -1
    near = np.flatnonzero(at >= 0)
    near = near[np.argsort(scores.ravel()[near], kind="stable")]  # the nearest is written last
    owners = np.array(known)
    because = np.full(len(listed), owners[-1])
    because[at[near]] = owners[near // others.shape[1]]
    because[own[own >= 0]] = owners[own >= 0]
    return because
