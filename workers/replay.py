"""Counterfactual replay: what a policy would have shown at each past moment, and what that tells.

Nothing later than the moment is used for a list, and nothing at or after the end of the replay for
anything: events after it change no number.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from application.replays import LOGGED, learnt_until
from domain.recommendation import Recommendation
from domain.visit import Visit
from ml.recommendation.behaviour import EVENTS as TOUCHING
from ml.recommendation.behaviour import Histories, touches
from ml.recommendation.descriptions import DESCRIBING, describe
from ml.recommendation.off_policy import NOTHING, Policy, ServedPlaces, judge
from ml.recommendation.replay_report import ReplayReport
from ml.recommendation.shaping import Asked, shape
from workers.known_then import EVENTS as KNOWING
from workers.known_then import KnownThen
from workers.replay_hits import Following
from workers.replay_policies import open_policy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from application.journal import Journal
    from application.replays import Wanted
    from domain.events import Recorded
    from ml.recommendation.behaviour import Touch
    from ml.recommendation.descriptions import ProductContent
    from ml.recommendation.sessions import Ints
    from workers.replay_policies import Ranked, RankingPolicy

    Tell = Callable[[int, int], Awaitable[None]]

PAGE = 5_000
AT_ONCE = 512
"""Histories ranked, or events taken, between two words on the progress."""
MOST_LISTS = 500_000
WAITS = timedelta(seconds=10)
"""A list is recorded after its answer, within less; one that says otherwise has another clock."""
TOPICS = sorted(
    {event.TOPIC for event in (*TOUCHING, *KNOWING, *DESCRIBING)} | {Recommendation.Served.TOPIC}
)


class TooMuch(Exception):
    """More lists were served in this time than one replay takes."""


@dataclass(slots=True, eq=False)
class Case:
    """A served list, and what becomes known of it in the course of the replay."""

    served: Recommendation.Served
    position: int
    at: datetime
    moment: datetime
    """When the shop was asked: what was recorded later was not known."""
    is_chosen: bool = False
    strongest: dict[str, int] = field(default_factory=dict)
    ranked: Ranked = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    clicked: set[str] = field(default_factory=set)

    @property
    def products(self) -> list[str]:
        return [item.product_id for item in self.served.items]


class Step(NamedTuple):
    """What was said of products, and the cases to rank after it."""

    described: Mapping[str, ProductContent]
    due: Sequence[tuple[Case, list[Touch]]]


async def _silent(_done: int, _total: int) -> None:
    pass


async def replay(
    journal: Journal, directory: Path, wanted: Wanted, *, tell: Tell = _silent
) -> ReplayReport:
    """Ask the policy at each list that was served, and judge it by what followed.

    ``tell`` hears of the position reached and of the last one; what it raises ends the replay.
    Raises TooMuch; ArtifactRefused or OSError for a model whose file is damaged or gone.
    """
    learnt = await learnt_until(journal, wanted.policy)
    policy = await asyncio.to_thread(open_policy, directory, wanted.policy)
    cases = await _cases(journal, wanted)
    past = _Past(cases, policy)
    after, last = 0, wanted.end - 1
    while page := await journal.read(after, PAGE, topics=TOPICS, until=last):
        after = page[-1].position
        await tell(after, last)
        for step in past.remember(page):
            await asyncio.to_thread(past.rank, step)
            await tell(after, last)
        for start in range(0, len(page), AT_ONCE):
            await asyncio.to_thread(past.take, page[start : start + AT_ONCE])
            await tell(after, last)
    await tell(last, last)
    return await asyncio.to_thread(_report, wanted, past, has_hindsight=wanted.start <= learnt)


async def _cases(journal: Journal, wanted: Wanted) -> list[Case]:
    """Return the lists served in the time, in the order in which their visitors were known."""
    found: list[Case] = []
    after = wanted.start - 1
    topics = [Recommendation.Served.TOPIC]
    while page := await journal.read(after, PAGE, topics=topics, until=wanted.end - 1):
        after = page[-1].position
        for recorded in page:
            served = recorded.event
            if not isinstance(served, Recommendation.Served) or not served.items:
                continue
            if served.placement == wanted.placement:
                at, recorded_at = recorded.occurred_at, recorded.recorded_at
                moment = at if recorded_at - at < WAITS else recorded_at
                found.append(Case(served, recorded.position, at, moment))
        if len(found) > MOST_LISTS:
            raise TooMuch(f"more than {MOST_LISTS} lists were served in this time; ask for less")
    return sorted(found, key=lambda case: case.served.as_of)


class _Past:
    """The shop and its visitors, as they move along the log."""

    def __init__(self, cases: Sequence[Case], policy: RankingPolicy | None) -> None:
        self.cases = sorted(cases, key=lambda case: case.position)
        self.following = Following()
        self._policy = policy
        self._waiting = list(reversed(cases))
        self._to_choose = sorted(cases, key=lambda case: case.moment, reverse=True)
        self._of_list = {case.served.recommendation_id: case for case in cases}
        self._at = {case.position: case for case in cases}
        self._histories = Histories()
        self._known = KnownThen()
        self._content: dict[str, ProductContent] = {}

    def remember(self, page: Sequence[Recorded]) -> list[Step]:
        """Take what visitors did; return each case whose moment came, with its history then.

        In portions to rank at once, each with what was said of products before it.
        """
        steps: list[Step] = []
        due: list[tuple[Case, list[Touch]]] = []
        described: dict[str, ProductContent] = {}
        for recorded in page:
            self._remember_until(recorded.position, due)
            product_id = describe(self._content, recorded)
            if product_id and self._policy and recorded.position > self._policy.until:
                if due:
                    steps += _portions(described, due)
                    described, due = {}, []
                described[product_id] = self._content[product_id]
            for touch in touches(recorded):
                self._histories.add(touch)
        self._remember_until(page[-1].position + 1, due)
        return steps + _portions(described, due)

    def _remember_until(self, position: int, due: list[tuple[Case, list[Touch]]]) -> None:
        while self._waiting and self._waiting[-1].served.as_of < position:
            case = self._waiting.pop()
            history = self._histories.of(case.served.visitor) if case.served.visitor else []
            for touch in history:
                kind = int(touch.kind or 0)
                known = case.strongest.get(touch.product_id, 0)
                case.strongest[touch.product_id] = max(kind, known)
            # Time spent is added to a touch later on, so this is a copy.
            due.append((case, [msgspec.structs.replace(touch) for touch in history]))

    def rank(self, step: Step) -> None:
        """Ask the policy."""
        if self._policy is not None:
            self._policy.describe(step.described)
            ranked = self._policy.rank([history for _, history in step.due])
            for (case, _), found in zip(step.due, ranked, strict=True):
                case.ranked = found

    def take(self, page: Sequence[Recorded]) -> None:
        """Move the shop along; choose each list when that was asked for, then see what follows."""
        for recorded in page:
            while self._to_choose and self._to_choose[-1].moment < recorded.recorded_at:
                case = self._to_choose.pop()
                if case.served.as_of < recorded.position:  # else by its place in the log, below
                    self._choose(case)
            self._known.take(recorded)
            if (case_ := self._at.get(recorded.position)) is not None:
                self._choose(case_)
                self.following.begin(case_)
            elif isinstance(recorded.event, Visit.RecommendationClicked) and not recorded.event.bot:
                clicked = self._of_list.get(recorded.event.recommendation_id)
                if clicked is not None:
                    clicked.clicked.add(recorded.event.product_id)
            for touch in touches(recorded):
                self.following.take(touch)

    def _choose(self, case: Case) -> None:
        """Choose a case's list from what is known now, the first time that this is asked."""
        if not case.is_chosen:
            case.is_chosen = True
            case.chosen = self._shaped(case) if self._policy is not None else case.products

    def _shaped(self, case: Case) -> list[str]:
        """Return the list that would have been shown, but for chance, as api/ chooses it."""
        served, now, known = case.served, case.at, self._known
        count = max(served.count, len(served.items))
        asked = Asked(
            served.placement,
            count,
            served.category,
            frozenset({*served.exclude, served.product_id}),
            shows_seen=served.shows_seen,
        )
        done, rules = known.done(served.visitor, case.strongest, now), known.rules()
        named = [rule.terms.product_id for rule in rules]

        def chosen(ranked: Ranked) -> list[str]:
            goods = known.goods_of([*(product_id for product_id, _ in ranked), *named])
            best = shape(ranked, goods, done, rules, asked, now).best()
            return [placed.product_id for placed in best]

        found = chosen(case.ranked) if case.ranked else []
        if len(found) < count:
            ranked = dict(case.ranked)
            for product_id, score in known.baseline(now):
                ranked.setdefault(product_id, score)
            found = chosen(list(ranked.items()))
        return found


def _portions(
    described: Mapping[str, ProductContent], due: Sequence[tuple[Case, list[Touch]]]
) -> list[Step]:
    if not due and not described:
        return []
    starts = range(0, max(len(due), 1), AT_ONCE)
    return [Step({} if at else described, due[at : at + AT_ONCE]) for at in starts]


def _report(wanted: Wanted, past: _Past, *, has_hindsight: bool) -> ReplayReport:
    served, choices = _places(past.cases)
    if wanted.policy == LOGGED:
        judgement = judge(served, Policy.as_served(served))
    else:
        policy = Policy.choosing(served, choices)
        judgement = judge(served, policy, against=Policy.without_chance(served))
    return ReplayReport(
        policy=wanted.policy,
        placement=wanted.placement,
        start=wanted.start,
        end=wanted.end,
        agreement=float(np.mean(choices == served.products)) if len(choices) else 0.0,
        has_hindsight=has_hindsight,
        clicks=judgement,
        hits=past.following.hits(),
    )


def _places(cases: Sequence[Case]) -> tuple[ServedPlaces, Ints]:
    """Return what was served, place by place, and (places,) what the policy puts there."""
    products: dict[str, int] = {}
    visitors: dict[str, int] = {}
    rows: list[tuple[int, int, int, float, float]] = []
    choices: list[int] = []
    owners: list[int] = []
    for number, case in enumerate(cases):
        # Lists of nobody in particular have nothing in common.
        visitor = case.served.visitor or case.served.recommendation_id
        owners.append(visitors.setdefault(visitor, len(visitors)))
        for rank, item in enumerate(case.served.items):
            shown = products.setdefault(item.product_id, len(products))
            is_clicked = float(item.product_id in case.clicked)
            rows.append((number, rank, shown, item.propensity, is_clicked))
            chosen = case.chosen[rank] if rank < len(case.chosen) else None
            choices.append(
                NOTHING if chosen is None else products.setdefault(chosen, len(products))
            )
    lists, ranks, shown_, propensities, clicks = (
        np.array(rows, np.float64).reshape(-1, 5).T if rows else np.zeros((5, 0))
    )
    served = ServedPlaces(
        lists=lists.astype(np.int64),
        ranks=ranks.astype(np.int64),
        products=shown_.astype(np.int64),
        propensities=propensities,
        clicks=clicks,
        visitors=np.array(owners, np.int64),
    )
    return served, np.array(choices, np.int64)
