"""What fresh data are worth: models trained to day d, tested on each of the 14 days after it.

    footfall bench freshness FILE

FILE is UCI's Online Retail. A session is a customer's order; a case is what goes into it next. A
day is one with orders. ``stale`` learnt until day d. ``fresh`` is trained from scratch, and
``warm`` goes on from the warm one before, every seven days; both with the same days behind them.
The weights of the blend are settled once, on days before the first d.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.online_retail import orders_of
from benchmarks.report import Report
from ml.recommendation.blend import Blend
from ml.recommendation.content import ContentSimilarity
from ml.recommendation.popularity import Popularity
from ml.recommendation.ranking_metrics import bootstrap
from ml.recommendation.sequence_model import SequenceModel
from ml.recommendation.sessions import Vocabulary
from ml.recommendation.training import Champion, Task, TrainingSettings
from ml.recommendation.training_scores import ranks_by_another
from ml.recommendation.training_slices import latest_cases

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.online_retail import Orders
    from ml.recommendation.ranking_metrics import Interval
    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Floats, Ints, Sessions

HORIZON = 14  # days with orders after day d
RETRAINED_EVERY = 7  # days
ORIGINS = 3  # as far apart as the file allows, in the last 40 % of its days
WEIGHED_DAYS = 7
CASES_A_DAY = 250
MINUTES = 10.0
SETTINGS = TrainingSettings(seed=1, epochs=3, warm_epochs=1, most_cases=2_000)
DAY_SECONDS = 86_400


class Line(Report, kw_only=True):
    """The table by days after d, and differences with the bounds of 95 % of bootstrap samples."""

    days: dict[str, list[float]]
    differences: dict[str, tuple[float, float, float]]

    def as_table(self) -> str:
        """Return a line for each day, then the differences."""
        names = list(self.days)
        lines = [
            "P@20 by days after the training, in percent",
            "day" + "".join(f"{n:>18}" for n in names),
        ]
        lines += [
            f"{day + 1:>3}" + "".join(f"{self.days[name][day]:>18.2f}" for name in names)
            for day in range(HORIZON)
        ]
        lines += [
            f"{name}: {value:+.2f} points (95 %: {low:+.2f} to {high:+.2f})"
            for name, (value, low, high) in self.differences.items()
        ]
        return "\n".join([*lines, super().as_table()])


class Learnt(NamedTuple):
    """Components trained on the orders before a moment, and how long the neural one took."""

    components: list[Recommender]
    vocabulary: Vocabulary
    seconds: float
    until: float

    @property
    def neural(self) -> SequenceModel:
        [found] = [each for each in self.components if isinstance(each, SequenceModel)]
        return found


class Bench:
    """The orders of a file, day by day."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        assert orders.sessions.times is not None
        self.began = orders.sessions.times[orders.sessions.offsets[:-1]]
        days = np.floor(self.began / DAY_SECONDS).astype(np.int64)
        self.days = np.unique(days)
        self.firsts = np.append(np.searchsorted(days, self.days), len(days))  # session of each day

    def between(self, start: int, stop: int) -> Sessions:
        """Return the orders of the days from ``start`` up to but without ``stop``."""
        return self.orders.sessions.between(int(self.firsts[start]), int(self.firsts[stop]))

    def learn(self, day: int, before: Learnt | None = None, blend: Blend | None = None) -> Learnt:
        """Train on all days before ``day``; go on from the neural model of ``before``."""
        sessions = self.between(0, day)
        products = int(sessions.items.max()) + 1  # numbered by first appearance
        vocabulary = Vocabulary(self.orders.vocabulary.products[:products])
        seconds = [0.0]

        def tell(name: str, progress: Any) -> None:
            if name == SequenceModel.name:
                seconds[0] = progress.seconds

        task = Task(ContentSimilarity.fit(self.orders.described[:products]), SETTINGS, tell)
        start = None
        if before is not None and blend is not None:
            champion = Champion(blend.of(before.components), before.vocabulary, before.until)
            start = task.start_from(champion, vocabulary)
            assert start is not None
        components, _ = task.components(sessions, start=start)
        say(f"day {day}: {'warm' if before else 'cold'}, {seconds[0]:.1f} s")
        return Learnt(components, vocabulary, seconds[0], float(self.began[self.firsts[day] - 1]))

    def ranks(self, model: Recommender, vocabulary: Vocabulary, day: int) -> tuple[Ints, Ints]:
        """Return the ranks on the cases of a day, and the order that each case is of."""
        cases = latest_cases(self.between(day, day + 1), SETTINGS)
        some = np.random.default_rng(day).permutation(len(cases.followed))[:CASES_A_DAY]
        some.sort()
        chosen = type(cases)(cases.contexts.take(some), cases.followed[some], cases.owners[some])
        return ranks_by_another(model, vocabulary, self.orders.vocabulary, chosen), chosen.owners


def run(path: Path, *, minutes: float = MINUTES) -> Line:
    """Train and test at each origin; none is begun that the minutes would not suffice for."""
    started = time.monotonic()
    bench = Bench(orders_of(path))
    last = len(bench.days) - HORIZON
    origins = np.linspace(round(0.6 * len(bench.days)), last, ORIGINS).astype(int).tolist()
    weighed = origins[0] - WEIGHED_DAYS
    early = bench.learn(weighed)
    cases = latest_cases(bench.between(weighed, origins[0]), SETTINGS)
    within = _known(cases, len(early.vocabulary))
    blend = Blend.fit(early.components, cases.contexts.take(within), cases.followed[within])
    say(f"blend: {dict(zip([each.name for each in early.components], blend.weights, strict=True))}")

    hits: dict[tuple[str, int], list[Floats]] = defaultdict(list)
    owners: dict[int, list[Ints]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    groups, longest = 0, 0.0
    for done, origin in enumerate(origins):
        began = time.monotonic()
        if done and began + longest - started > minutes * 60:
            say(f"{minutes:g} minutes are up after {done} of {len(origins)} origins")
            break
        stale = bench.learn(origin)
        now = {"stale": stale, "fresh": stale, "warm": stale}
        for day in range(HORIZON):
            if day and day % RETRAINED_EVERY == 0:
                now["fresh"] = bench.learn(origin + day)
                now["warm"] = bench.learn(origin + day, now["warm"], blend)
                for name in ("fresh", "warm"):
                    seconds[name].append(now[name].seconds)
            found: dict[tuple[int, str], Any] = {}  # a model that two names stand for answers once
            for name, learnt in now.items():
                for kind, model in (
                    ("", blend.of(learnt.components)),
                    (" neural", learnt.neural),
                    (" popularity", learnt.components[0]),
                ):
                    key = (id(learnt), kind)
                    if key not in found:
                        found[key] = bench.ranks(model, learnt.vocabulary, origin + day)
                    places, whose = found[key]
                    hits[name + kind, day].append((places <= 20).astype(np.float32))
            owners[day].append(whose + groups)
            groups += int(whose.max()) + 1
            say(f"tested day {day + 1} after {origin}")
        longest = max(longest, time.monotonic() - began)
        say(str(_report(hits, owners, seconds, time.monotonic() - started).ratios))
    assert Popularity.name == stale.components[0].name
    return _report(hits, owners, seconds, time.monotonic() - started)


def _known(cases: Any, products: int) -> Ints:
    """Return the cases that hold no product which appeared later."""
    highest = np.maximum.reduceat(cases.contexts.items, cases.contexts.offsets[:-1])
    return np.flatnonzero((highest < products) & (cases.followed < products))


def _report(
    hits: dict[tuple[str, int], list[Floats]],
    owners: dict[int, list[Ints]],
    seconds: dict[str, list[float]],
    took: float,
) -> Line:
    later = range(RETRAINED_EVERY, HORIZON)  # when retraining has begun to show

    def over(name: str, days: range) -> Floats:
        return np.concatenate([part for day in days for part in hits[name, day]])

    def mean(name: str, days: range = later) -> float:
        return float(over(name, days).mean()) * 100

    whose = np.concatenate([part for day in later for part in owners[day]])

    def difference(one: str, other: str) -> tuple[float, float, float]:
        found: Interval = bootstrap(over(one, later) - over(other, later), whose)
        return found.value * 100, found.low * 100, found.high * 100

    shown = (
        "stale",
        "fresh",
        "warm",
        "stale neural",
        "fresh neural",
        "warm neural",
        "fresh popularity",
    )
    days = {name: [mean(name, range(day, day + 1)) for day in range(HORIZON)] for name in shown}
    pairs = [(f"fresh{k}", f"stale{k}") for k in ("", " neural")]
    pairs += [(f"warm{k}", f"stale{k}") for k in ("", " neural")]
    pairs += [(f"warm{k}", f"fresh{k}") for k in ("", " neural")]
    cold, warm = (sum(seconds[name]) / len(seconds[name]) for name in ("fresh", "warm"))
    metrics = {
        "day1_p20": days["stale"][0],
        "day14_p20": days["stale"][-1],
        "fresh_day14_p20": days["fresh"][-1],
        **{f"{name.replace(' ', '_')}_p20": mean(name) for name in shown},
        "cold_seconds": cold,
        "warm_seconds": warm,
        "cases": float(len(whose)),
        "retrained": float(len(seconds["fresh"])),
        "minutes": took / 60,
    }
    return Line(
        name="freshness",
        metrics=metrics,
        ratios={
            "fresh_vs_stale_p20": mean("fresh") / mean("stale"),
            "warm_regained_share": _regained(mean("warm"), mean("fresh"), mean("stale")),
            "neural_warm_regained_share": _regained(
                mean("warm neural"), mean("fresh neural"), mean("stale neural")
            ),
            "warm_vs_cold_seconds": warm / cold,
        },
        days=days,
        differences={
            f"{one} less {other}, days {later.start + 1} to {HORIZON}": difference(one, other)
            for one, other in pairs
        },
    )


def _regained(warm: float, fresh: float, stale: float) -> float:
    return (warm - stale) / (fresh - stale) if fresh != stale else float("nan")


def say(what: str) -> None:
    """Tell on stderr how far the run is; stdout is for the result."""
    print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)
