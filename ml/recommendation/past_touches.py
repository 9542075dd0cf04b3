"""Touches by the million as columns: the past that a training learns from, cut into sessions."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.recommendation.behaviour import PAUSE_SECONDS
from ml.recommendation.sessions import Sessions, Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.recommendation.behaviour import Touch
    from ml.recommendation.sessions import Floats, Ints

TIME_SPENT = -1
"""Stands where a touch has no kind: time spent on a product that was touched before."""


class _Columns(NamedTuple):
    """Touches, a visitor's after another's, each in the order of the log."""

    visitors: NDArray[np.int32]
    items: Ints
    kinds: NDArray[np.int8]
    times: NDArray[np.float64]
    seconds: NDArray[np.float64]


class PastTouches:
    """Takes touches in the order of the log, some 25 bytes each, whoever's they are."""

    def __init__(self) -> None:
        self._visitors: dict[str, int] = {}
        self._products: dict[str, int] = {}
        self._of = array("i")
        self._items = array("i")
        self._kinds = array("b")
        self._times = array("d")
        self._seconds = array("d")

    def __len__(self) -> int:
        return len(self._of)

    def add(self, touch: Touch) -> None:
        self._of.append(self._visitors.setdefault(touch.visitor, len(self._visitors)))
        self._items.append(self._products.setdefault(touch.product_id, len(self._products)))
        self._kinds.append(TIME_SPENT if touch.kind is None else touch.kind)
        self._times.append(touch.at)
        self._seconds.append(touch.dwell_seconds)

    def sessions(self) -> tuple[Sessions, Vocabulary]:
        """Cut by visitor and by pauses of 30 minutes; the session that ended first comes first.

        Time spent is added to the latest touch of its product in its session. The vocabulary has
        the products of the sessions in the order of their appearance.
        """
        whose = np.array(self._of, np.int32)
        order = np.argsort(whose, kind="stable")
        past = _Columns(
            whose[order],
            np.array(self._items, np.int64)[order],
            np.array(self._kinds, np.int8)[order],
            np.array(self._times, np.float64)[order],
            np.array(self._seconds, np.float64)[order],
        )
        real = np.flatnonzero(past.kinds != TIME_SPENT)
        if not len(real):
            return Sessions.of([]), Vocabulary([])
        times = past.times[real]
        begins = np.diff(past.visitors[real], prepend=-1) != 0
        begins |= np.diff(times, prepend=times[0]) >= PAUSE_SECONDS
        starts = np.flatnonzero(begins)
        offsets = np.append(starts, len(real))
        dwell = _dwell(past, real, np.cumsum(begins))
        cut = Sessions(past.items[real], offsets, past.kinds[real], dwell, times)
        lasts = offsets[1:] - 1
        by_end = np.lexsort((order[real[lasts]], times[lasts]))
        return self._numbered_anew(cut.take(by_end))

    def _numbered_anew(self, cut: Sessions) -> tuple[Sessions, Vocabulary]:
        found, first, inverse = np.unique(cut.items, return_index=True, return_inverse=True)
        appearance = np.argsort(first, kind="stable")
        numbers = np.empty(len(found), np.int64)
        numbers[appearance] = np.arange(len(found))
        names = list(self._products)
        vocabulary = Vocabulary(names[n] for n in found[appearance])
        renumbered = Sessions(
            numbers[inverse], cut.offsets, cut.kinds, cut.dwell_seconds, cut.times
        )
        return renumbered, vocabulary


def _dwell(past: _Columns, real: Ints, sessions: Ints) -> Floats:
    """Return (real touches,) the seconds spent on each product, NaN where nothing tells.

    ``real``: the places of touches with a kind. ``sessions``: the number of each one's session.
    """
    before = np.cumsum(past.kinds != TIME_SPENT) - 1  # the latest real touch of whatever product
    spent = np.flatnonzero((past.kinds == TIME_SPENT) & (before >= 0))
    latest = before[spent]
    goes_on = past.visitors[real[latest]] == past.visitors[spent]
    goes_on &= past.times[spent] - past.times[real[latest]] < PAUSE_SECONDS
    spent = spent[goes_on]

    # With a visitor's touches of a product side by side, the latest real one is carried on.
    alike = np.lexsort((past.items, past.visitors))
    is_real = past.kinds[alike] != TIME_SPENT
    carried = np.maximum.accumulate(np.where(is_real, np.arange(len(alike)), -1))
    owner = np.full(len(alike), -1)
    owner[alike] = np.where(carried >= 0, alike[carried], -1)
    owners = owner[spent]
    there = (owners >= 0) & (past.items[owners] == past.items[spent])
    there &= sessions[before[owners]] == sessions[before[spent]]

    chosen = before[owners[there]]
    totals = np.bincount(chosen, weights=past.seconds[spent[there]], minlength=len(real))
    is_known = np.bincount(chosen, minlength=len(real)) > 0
    return np.where(is_known, totals, np.nan).astype(np.float32)
