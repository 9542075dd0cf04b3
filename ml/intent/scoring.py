"""Scores: what models say of each open visit after each of its events. For serving and replays.

As the fold that it rests on, it sees the log in its order and nothing else.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.intent.drift import Drift, DriftWatch
from ml.intent.examples import is_asked
from ml.intent.factors import Factor, factors_of
from ml.intent.features import row_of
from ml.intent.open_visits import OpenVisits, basket_value
from ml.intent.outcomes import ABANDONMENT, INTENT, TARGETS, Outcome, Outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import Recorded
    from ml.intent.drift import Row
    from ml.intent.intent_model import IntentModel
    from ml.intent.open_visits import OpenVisit
    from ml.intent.tree_ensemble import Matrix

USUAL = {"order": (1, 50), "order with a basket": (15, 50), "abandoned": (35, 50)}
"""Where nothing is known of the shop: it happened in so many of so many visits. A shop of its own
counts outweigh them soon."""


@dataclass(slots=True, eq=False)
class Asked:
    """A visit as it stood after an event, and what is said of it.

    ``model`` by target is a version, or "" where a baseline answers; None where nothing is asked.
    """

    position: int
    visit: OpenVisit
    row: Row
    events: int
    is_moment: bool
    has_basket: bool
    basket_minor: float
    has_ordered: bool
    at: float
    usual: dict[str, float]
    """What a baseline answers, where no model serves."""
    models: dict[str, str] = field(default_factory=dict)
    probabilities: dict[str, float] = field(default_factory=dict)
    pays: dict[str, bool] = field(default_factory=dict)
    factors: dict[str, tuple[Factor, ...]] = field(default_factory=dict)
    digest: bytes = b""


class Over(NamedTuple):
    """A visit that is over, and the position of the event that showed it."""

    position: int
    outcome: Outcome


@dataclass(slots=True)
class Page:
    """What came of a page of the log.

    ``asked``: after each event of a visit. ``over``: what ended. ``drifts``: by target, the latest.
    """

    asked: list[Asked]
    over: list[Over]
    drifts: dict[str, tuple[str, Drift]]


@dataclass(frozen=True, slots=True)
class Serving:
    """A model that answers, and its version."""

    version: str
    model: IntentModel
    watch: DriftWatch


class Scorer:
    """Folds the log and answers for every open visit; a baseline answers where no model serves.

    ``digests`` holds, for each open visit, a hash over the features and scores of all its events so
    far: two runs that agree on it agree on each of them, to the last bit.
    """

    def __init__(self, abandon_after_seconds: float) -> None:
        self.fold = OpenVisits()
        self.digests: dict[int, bytes] = {}
        self.serving: dict[str, Serving] = {}
        self.outcomes = Outcomes(abandon_after_seconds)
        self.shares = Shares()
        self.held_baskets: set[int] = set()
        """Open visits that held something at any moment."""

    def serve(self, target: str, version: str, model: IntentModel | None) -> None:
        """Let a model answer from now on; None: the baseline."""
        if model is None:
            self.serving.pop(target, None)
        else:
            self.serving[target] = Serving(version, model, DriftWatch(model.histograms))

    def warm(self, recorded: Recorded) -> None:
        """Take an event of the past without answering."""
        visit = self.fold.add(recorded)
        for outcome in self.outcomes.settle(self.fold):
            self._count(outcome)
        if visit is not None and not visit.orders:
            self._note_basket(visit)

    def take(self, page: Sequence[Recorded]) -> Page:
        """Take events and answer after each of them."""
        found = Page([], [], {})
        for recorded in page:
            visit = self.fold.add(recorded)
            for outcome in self.outcomes.settle(self.fold):
                found.over.append(Over(recorded.position, outcome))
                self._count(outcome)  # here, or it would matter how the log is cut into pages
            if visit is not None:
                found.asked.append(self._ask(recorded, visit))
        for target in TARGETS:
            self._answer(target, found.asked)
        for asked in found.asked:
            self._sign(asked)
            self._watch(asked)
        for over in found.over:
            self._end(over.outcome, found)
        return found

    def _ask(self, recorded: Recorded, visit: OpenVisit) -> Asked:
        had_basket = visit.number in self.held_baskets
        if not visit.orders:
            self._note_basket(visit)
        has_basket, events = bool(visit.basket), visit.counts.total()
        return Asked(
            recorded.position,
            visit,
            row_of(visit),
            events,
            is_asked(events, is_first_add=has_basket and not had_basket),
            has_basket,
            basket_value(visit.basket),
            visit.orders > 0,
            visit.last_at,
            {
                target: self.shares.of(target, has_basket=has_basket)
                for target in TARGETS
                if target not in self.serving
            },
        )

    def _answer(self, target: str, asked: Sequence[Asked]) -> None:
        open_ones = [each for each in asked if not each.has_ordered]
        if target == INTENT:
            for each in asked:
                if each.has_ordered:
                    each.models[target], each.probabilities[target] = "", 1.0
                    each.pays[target] = False
        else:
            open_ones = [each for each in open_ones if each.has_basket]
        if not open_ones:
            return
        serving = self.serving.get(target)
        if serving is None:
            for each in open_ones:
                each.models[target] = ""
                each.probabilities[target] = each.usual[target]
                each.pays[target] = False
            return
        rows: Matrix = np.stack([each.row for each in open_ones])
        probabilities, contributions = serving.model.explained(rows)
        for each, probability in zip(open_ones, probabilities.tolist(), strict=True):
            each.models[target] = serving.version
            each.probabilities[target] = probability
            each.pays[target] = serving.model.pays(probability)
        latest = list({each.visit.number: n for n, each in enumerate(open_ones)}.values())
        factors = factors_of(rows[latest], contributions[latest])  # of what a row will show
        for n, moved in zip(latest, factors, strict=True):
            open_ones[n].factors[target] = moved

    def _sign(self, asked: Asked) -> None:
        said = (asked.probabilities.get(target, np.nan) for target in TARGETS)
        number = asked.visit.number
        signed = hashlib.blake2b(self.digests.get(number, b""), digest_size=16)
        signed.update(struct.pack("<q", asked.position))
        signed.update(asked.row.tobytes())
        signed.update(struct.pack(f"<{len(TARGETS)}d", *said))
        asked.digest = self.digests[number] = signed.digest()

    def _watch(self, asked: Asked) -> None:
        for target, serving in self.serving.items():
            if asked.is_moment and asked.models.get(target) == serving.version:
                serving.watch.saw(asked.visit.number, asked.row, asked.probabilities[target])

    def _end(self, outcome: Outcome, found: Page) -> None:
        number = outcome.visit.number
        self.digests.pop(number, None)
        came = {INTENT: outcome.ordered, ABANDONMENT: outcome.abandoned}
        for target, serving in self.serving.items():
            drift = serving.watch.ended(number, happened=came[target])
            if drift is not None:
                found.drifts[target] = (serving.version, drift)

    def _count(self, outcome: Outcome) -> None:
        has_held = outcome.visit.number in self.held_baskets
        self.held_baskets.discard(outcome.visit.number)
        self.shares.count(outcome, has_held=has_held)

    def _note_basket(self, visit: OpenVisit) -> None:
        if visit.basket:
            self.held_baskets.add(visit.number)


class Shares:
    """How often visits end in each way, with something in the basket and without."""

    def __init__(self) -> None:
        self.counts = dict(USUAL)

    def of(self, target: str, *, has_basket: bool) -> float:
        name = "order with a basket" if has_basket else "order"
        happened, visits = self.counts[name if target == INTENT else "abandoned"]
        return happened / visits

    def count(self, outcome: Outcome, *, has_held: bool) -> None:
        self._add("order", happened=outcome.ordered)
        if has_held:
            self._add("order with a basket", happened=outcome.ordered)
            self._add("abandoned", happened=outcome.abandoned)

    def _add(self, name: str, *, happened: bool) -> None:
        came, visits = self.counts[name]
        self.counts[name] = (came + happened, visits + 1)
