"""Session files: a session a line, and cases, ``prefix > next product``, a line each."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ml.recommendation.sessions import Ints, Sessions

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommendation.sessions import Vocabulary


class Cases(msgspec.Struct, frozen=True):
    """Contexts, what followed each, and (cases,) the session that each was cut from."""

    contexts: Sessions
    followed: Ints
    owners: Ints

    def __len__(self) -> int:
        return len(self.followed)

    def some(self, count: int, seed: int) -> Cases:
        """Return so many of the cases, drawn evenly."""
        drawn = np.random.default_rng(seed).permutation(len(self))[:count]
        drawn.sort()
        return self.where(drawn)

    def where(self, chosen: Ints) -> Cases:
        """Return these cases."""
        return Cases(self.contexts.take(chosen), self.followed[chosen], self.owners[chosen])


def cases_of(sessions: Sessions, shortest_prefix: int) -> Cases:
    """Return every prefix of the sessions with what followed it."""
    contexts, followed = sessions.cases(shortest_prefix=shortest_prefix)
    counts = np.maximum(sessions.lengths - shortest_prefix, 0)
    return Cases(contexts, followed, np.repeat(np.arange(len(sessions)), counts))


def read_sessions(path: Path) -> list[list[str]]:
    """Return the products of each line that has any."""
    with opened(path) as file:
        return [products for line in file if (products := line.split())]


class CaseFile(msgspec.Struct, frozen=True):
    """The cases whose next product is known, how many others there are, the shortest prefix."""

    cases: Cases
    unknown: int
    shortest: int

    @property
    def known_share(self) -> float:
        return len(self.cases) / (len(self.cases) + self.unknown)


def read_cases(path: Path, vocabulary: Vocabulary) -> CaseFile:
    """Return the cases of a file; products that the vocabulary lacks are left out of prefixes.

    Prefixes of one session follow each other, the longest first: a case belongs to the session of
    the case before it if its events are the first ones of that case.
    """
    contexts, followed, owners, unknown, session = [], [], [], 0, 0
    before: list[str] = []
    lengths: set[int] = set()
    with opened(path) as file:
        for line in file:
            prefix, _, target = line.partition(">")
            events = [*prefix.split(), target.strip()]
            if not events[-1]:
                continue
            if events != before[: len(events)]:
                session += 1
            before = events
            lengths.add(len(events) - 1)
            number = vocabulary.number(events[-1])
            if number is None:
                unknown += 1
                continue
            contexts.append(events[:-1])
            followed.append(number)
            owners.append(session)
    if not followed:
        raise ValueError(f"no case of {path} is followed by a product of the training file")
    known = Sessions.of_products(contexts, vocabulary)
    cases = Cases(known, np.array(followed, np.int64), np.array(owners, np.int64))
    return CaseFile(cases, unknown, min(lengths))


def opened(path: Path) -> Any:
    """Open a text file, gzipped or not."""
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8")
