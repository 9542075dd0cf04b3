"""What a model is weighed and measured with: cases from sessions later than it learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.recommendation.sessions import Ints, Sessions
    from ml.recommendation.training import TrainingSettings

    Moments = NDArray[np.float64]


class Cases(NamedTuple):
    """Contexts, (cases,) what followed each, and (cases,) the session that each is of."""

    contexts: Sessions
    followed: Ints
    owners: Ints


class Slices(NamedTuple):
    """Sessions to learn from, and later ones to weigh and to measure with."""

    past: Sessions
    weighing: Cases
    measuring: Cases

    def is_enough(self, settings: TrainingSettings) -> bool:
        """Whether there is enough to weigh and to measure with."""
        fewest = min(len(self.weighing.followed), len(self.measuring.followed))
        return fewest >= settings.fewest_cases


def slices_of(
    sessions: Sessions, settings: TrainingSettings, champion_learnt_until: float | None
) -> Slices:
    """Cut off the latest sessions: half to weigh with, half to measure with.

    What measures must be new to the champion, the rival; a slice may turn out too short.
    """
    began, _ = begins_and_ends(sessions)
    cut = len(sessions) - round(len(sessions) * settings.tail_share)
    middle = (cut + len(sessions)) // 2
    late = np.arange(middle, len(sessions))
    if champion_learnt_until is not None:
        late = late[began[late] > champion_learnt_until]
    return Slices(
        sessions.between(0, cut),
        latest_cases(sessions.between(cut, middle), settings),
        latest_cases(sessions.take(late), settings),
    )


def slices_after(sessions: Sessions, settings: TrainingSettings, learnt_until: float) -> Slices:
    """Cut off sessions that are new to the champion, for a model that goes on from it.

    It must be weighed with what is new to both, or it would seem better than it is.
    """
    began, ended = begins_and_ends(sessions)
    first_new = int(np.searchsorted(ended, learnt_until, side="right"))
    cut = max(len(sessions) - round(len(sessions) * settings.tail_share), first_new)
    new = np.arange(cut, len(sessions))
    new = new[began[new] > learnt_until]
    weighing, measuring = (
        latest_cases(sessions.take(half), settings) for half in np.array_split(new, 2)
    )
    return Slices(sessions.between(0, cut), weighing, measuring)


def begins_and_ends(sessions: Sessions) -> tuple[Moments, Moments]:
    """Return (sessions,) Unix seconds of the first and of the last touch of each."""
    if sessions.times is None:
        raise ValueError("sessions without times cannot be told apart by age")
    return sessions.times[sessions.offsets[:-1]], sessions.times[sessions.offsets[1:] - 1]


def latest_cases(sessions: Sessions, settings: TrainingSettings) -> Cases:
    """Return the latest prefixes and what followed each, where that was new to it.

    Lists leave out what was seen already, so going back to it is not theirs to foresee.
    """
    contexts, followed = sessions.cases()
    owners = np.repeat(np.arange(len(sessions)), np.maximum(sessions.lengths - 1, 0))
    is_old = np.zeros(len(followed), bool)
    is_old[contexts.owners[contexts.items == followed[contexts.owners]]] = True
    chosen = np.flatnonzero(~is_old)[-settings.most_cases :]
    return Cases(contexts.take(chosen), followed[chosen], owners[chosen])
