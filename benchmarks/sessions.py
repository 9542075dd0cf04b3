"""How often the next product is among the first 10 or 20, beside peers on the same files.

    footfall bench sessions TRAIN TEST

TRAIN holds a session a line, product ids in order, the oldest session first; TEST holds cases,
``prefix > next product``; either may be gzipped. Every product is ranked for every case, ties
against the model. All tuning is done on the latest sessions of TRAIN; TEST is read for the shape
of its cases (the shortest prefix) and, once everything is trained, for the table.
"""

from __future__ import annotations

import gzip
import resource
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch

from benchmarks import session_peers
from benchmarks.report import Report
from ml.blend import Blend
from ml.ease import CatalogueTooLarge, Ease, EaseSettings
from ml.item_neighbours import ItemNeighbours, ItemNeighboursSettings
from ml.popularity import Popularity, PopularitySettings
from ml.random_walk import RandomWalk, RandomWalkSettings
from ml.ranking_metrics import Interval, bootstrap, coverage, hit_rate, ranks, reciprocal_rank
from ml.recommender import best
from ml.revisits import Revisits, RevisitsSettings
from ml.sequence_model import SequenceSettings
from ml.sequence_training import train
from ml.sequential_rules import SequentialRules, SequentialRulesSettings
from ml.session_neighbourhood import NeighbourhoodSettings, SessionNeighbourhood
from ml.sessions import Ints, Sessions, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ml.recommender import Progress, Recommender
    from ml.sessions import Floats

TAIL = 0.05  # the latest sessions of the training file: all tuning is done on them
TAIL_CASES = 10_000
TUNED_CASES = 2_000  # of these, for each try
TRIES = 12  # for every model with something to tune, while its share of the time lasts
TUNING_SHARE = 0.03
NEURAL_SHARE = 0.55  # of the minutes, for two trainings: without the tail, and with it
BATCH = 256
MINUTES = 50.0
SEED = 1

Grid = dict[str, tuple[float, ...]]
GRIDS: tuple[tuple[type[Any], type[Any], Grid], ...] = (
    (Popularity, PopularitySettings, {"half_life": (0.002, 0.01, 0.05, 0.2, 1.0)}),
    (Revisits, RevisitsSettings, {}),
    (
        SequentialRules,
        SequentialRulesSettings,
        {
            "steps": (5, 10, 20),
            "distance_power": (0.7, 1.0, 1.5),
            "context_steps": (0.8, 1.5, 2.5),
            "half_life": (0.2, 0.5, 2.0),
            "backward": (0.0, 0.3, 0.6),
            "target_power": (0.0, 0.2, 0.4),
        },
    ),
    (
        ItemNeighbours,
        ItemNeighboursSettings,
        {
            "half_life": (0.2, 0.5, 2.0),
            "context_steps": (0.8, 1.5, 2.5, 4.0),
            "shrink": (0.0, 0.5, 2.0, 8.0),
        },
    ),
    (
        SessionNeighbourhood,
        NeighbourhoodSettings,
        {
            "sample": (500, 1_000, 2_500),
            "context_steps": (1.0, 1.5, 2.5),
            "half_life": (0.2, 0.5, 1.5),
            "after_steps": (1.5, 2.0, 3.0),
            "before_steps": (0.7, 1.0, 2.0),
            "rarity": (0.5, 1.0, 2.0),
            "length_power": (0.0, 0.3, 0.6),
            "target_rarity": (0.0, 0.3, 0.6),
        },
    ),
    (
        RandomWalk,
        RandomWalkSettings,
        {
            "target_power": (0.2, 0.4, 0.6),
            "hop_weight": (0.3, 0.8),
            "context_steps": (1.0, 1.5, 2.5),
            "backward": (0.3, 0.6, 1.0),
        },
    ),
    (Ease, EaseSettings, {"regularisation": (1.0, 10.0, 100.0), "context_steps": (0.8, 1.5, 3.0)}),
)


class Row(msgspec.Struct, kw_only=True):
    """One model on the test cases; percentages, with the bounds of 95 % of bootstrap samples."""

    model: str
    peer: bool = False
    p10: float
    mrr10: float
    p20: float
    p20_bounds: tuple[float, float]
    mrr20: float
    mrr20_bounds: tuple[float, float]
    coverage20: float
    train_seconds: float
    predictions_per_s: float
    seed: int | None = None
    tuned: dict[str, float] = {}
    note: str = ""

    def of_all(self, known: float) -> Row:
        """Return the row over all cases: products that the training file lacks cannot be hit."""
        scaled = {name: getattr(self, name) * known for name in ("p10", "mrr10", "p20", "mrr20")}
        low20, high20 = self.p20_bounds
        low, high = self.mrr20_bounds
        return msgspec.structs.replace(
            self,
            **scaled,
            p20_bounds=(low20 * known, high20 * known),
            mrr20_bounds=(low * known, high * known),
        )


class SessionsReport(Report, kw_only=True):
    """The table, and what of the run has to be known to read it."""

    rows: list[Row]
    facts: dict[str, float]
    missing: dict[str, str]  # peers that did not run, and why

    def as_table(self) -> str:
        """Return a line for each model, and what was missing."""
        title = f"{'':<31}{'P@10':>7}{'MRR@10':>8}{'P@20':>7}{'95 %':>14}{'MRR@20':>8}{'95 %':>14}"
        lines = [f"{title}{'cover':>7}{'train s':>9}{'pred/s':>9}{'seed':>6}"]
        for row in sorted(self.rows, key=lambda each: each.mrr20):
            p20 = "{:.1f}-{:.1f}".format(*row.p20_bounds)
            mrr20 = "{:.1f}-{:.1f}".format(*row.mrr20_bounds)
            lines.append(
                f"{row.model:<31}{row.p10:>7.2f}{row.mrr10:>8.2f}{row.p20:>7.2f}{p20:>14}"
                f"{row.mrr20:>8.2f}{mrr20:>14}{row.coverage20:>7.1f}{row.train_seconds:>9.1f}"
                f"{row.predictions_per_s:>9,.0f}{row.seed if row.seed is not None else '-':>6}"
            )
            lines += [f"    {row.note}"] if row.note else []
        lines += [f"{peer}: not run: {why}" for peer, why in self.missing.items()]
        lines += [f"{name}: {value:,.10g}" for name, value in self.facts.items()]
        return "\n".join([*lines, super().as_table()])


class Cases(msgspec.Struct, frozen=True):
    """Contexts, what followed each, and (cases,) the session that each was cut from."""

    contexts: Sessions
    followed: Ints
    owners: Ints

    def some(self, count: int, seed: int = SEED) -> Cases:
        """Return so many of the cases, drawn evenly."""
        drawn = np.random.default_rng(seed).permutation(len(self.followed))[:count]
        drawn.sort()
        return Cases(self.contexts.take(drawn), self.followed[drawn], self.owners[drawn])


def run(
    train_path: Path, test_path: Path, *, minutes: float = MINUTES, sample: int | None = None
) -> SessionsReport:
    """Tune, train and test everything; ``sample`` takes the latest so many sessions and cases."""
    started = time.monotonic()
    lines = read_sessions(train_path)
    lines = lines[-sample:] if sample else lines
    vocabulary = Vocabulary.of(lines)
    sessions = Sessions.of_products(lines, vocabulary)
    test, unknown = read_cases(test_path, vocabulary)
    known = len(test.followed) / (len(test.followed) + unknown)
    test = test.some(sample) if sample else test
    shortest = int(test.contexts.lengths.min())
    bench = Bench(sessions, len(vocabulary), shortest, minutes)

    rows = [bench.measured(model, test) for model in bench.models()]
    peers, missing = session_peers.all_of(bench, test)
    rows += peers
    rows = [row.of_all(known) for row in rows]
    by_name = {row.model: row for row in rows}
    blend, neural = by_name["blend"], by_name["neural sequence model"]
    rivals = [row for row in rows if row.peer]
    best_p20, best_mrr20 = max(r.p20 for r in rivals), max(r.mrr20 for r in rivals)
    return SessionsReport(
        name="sessions",
        metrics={
            "blend_p20": blend.p20,
            "blend_mrr20": blend.mrr20,
            "neural_p20": neural.p20,
            "neural_mrr20": neural.mrr20,
            "best_peer_p20": best_p20,
            "best_peer_mrr20": best_mrr20,
        },
        ratios={"blend_vs_best_peer_mrr20": blend.mrr20 / best_mrr20},
        rows=rows,
        missing=missing,
        facts={
            "training sessions": len(sessions),
            "products": len(vocabulary),
            "test cases": len(test.followed),
            "test cases of unknown products": unknown,
            "sampled": bool(sample),
            "minutes": (time.monotonic() - started) / 60,
            "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "threads": torch.get_num_threads(),
        },
    )


class Bench:
    """The training sessions, the latest of them cut off for tuning, and what tuning found."""

    def __init__(self, sessions: Sessions, products: int, shortest: int, minutes: float) -> None:
        self.sessions = sessions
        self.products = products
        self.minutes = minutes
        self.head, tail = sessions.without_tail(TAIL)
        contexts, followed = tail.cases(shortest_prefix=shortest)
        self.tail = Cases(contexts, followed, np.arange(len(followed))).some(TAIL_CASES)
        self.train_seconds: dict[str, float] = {}
        self.tuned: dict[str, dict[str, float]] = {}

    def models(self) -> list[Recommender]:
        """Return our models, trained on all sessions with what the tail taught."""
        early: list[Recommender] = []
        final: list[Recommender] = []
        for kind, settings_type, grid in GRIDS:
            try:
                settings, model = self.tune(kind, settings_type, grid)
            except CatalogueTooLarge as reason:
                say(f"{kind.name} left out: {reason}")
                continue
            early.append(model)
            fit = partial(kind.fit, self.sessions, self.products, settings)
            final.append(self._trained(kind.name, fit))
        neural = self.neural_settings()
        model, history = train(
            self.head,
            self.products,
            neural,
            validation=(self.tail.contexts, self.tail.followed),
            tell=say_progress,
        )
        early.append(model)
        stopped_early = history.epochs < neural.epochs
        epochs = history.best_epoch if stopped_early else neural.epochs
        again = msgspec.structs.replace(neural, epochs=epochs)
        final.append(
            self._trained(
                model.name,
                lambda: train(self.sessions, self.products, again, tell=say_progress)[0],
            )
        )
        blend = Blend.fit(early, self.tail.contexts, self.tail.followed)
        self.tuned[blend.name] = dict(
            zip(
                [*(each.name for each in early), "visits", "seen", "latest"],
                [*blend.weights, *blend.own_weights],
                strict=True,
            )
        )
        say(f"blend: {self.tuned[blend.name]}")
        self.train_seconds[blend.name] = sum(self.train_seconds.values())
        return [*final, blend.of(final)]

    def tune(
        self, kind: type[Any], settings_type: type[Any], grid: Grid
    ) -> tuple[msgspec.Struct, Recommender]:
        """Return the best of a few random settings, and the model it made of the earlier sessions.

        The settings' own defaults are the first try.
        """
        random = np.random.default_rng(SEED)
        cases = self.tail.some(TUNED_CASES)
        found: tuple[float, msgspec.Struct, Recommender] | None = None
        started = time.monotonic()
        for attempt in range(TRIES if grid else 1):
            if found and time.monotonic() - started > self.minutes * 60 * TUNING_SHARE:
                break
            chosen = {key: random.choice(values).item() for key, values in grid.items()}
            given = settings_type(**chosen) if attempt else settings_type()
            settings = msgspec.convert(msgspec.to_builtins(given), settings_type, strict=False)
            model = kind.fit(self.head, self.products, settings)
            places, _, _ = answered(model, cases)
            score = hit_rate(places, 20) + reciprocal_rank(places, 20)
            if found is None or score > found[0]:
                found = (score, settings, model)
                self.tuned[kind.name] = chosen if attempt else {}
        assert found is not None
        say(f"{kind.name}: {found[0] * 50:.2f} {found[1]}")
        return found[1], found[2]

    def neural_settings(self) -> SequenceSettings:
        """Return the settings with as many epochs the time for two trainings allows."""
        settings = SequenceSettings(seed=SEED)
        once = msgspec.structs.replace(settings, epochs=1)
        seconds = []
        for share in (0.01, 0.04):
            probe = self.sessions.between(0, max(2, round(share * len(self.sessions))))
            started = time.monotonic()
            train(probe, self.products, once)
            seconds.append(time.monotonic() - started)
        epoch_seconds = max(seconds[1] - seconds[0], 0.1) / 0.03  # without what goes before it
        epochs = int(self.minutes * 60 * NEURAL_SHARE / 2 / epoch_seconds)
        return msgspec.structs.replace(settings, epochs=max(2, min(settings.epochs, epochs)))

    def measured(self, model: Recommender, test: Cases) -> Row:
        """Return the model's row of the table."""
        places, lists, seconds = answered(model, test)
        return row_of(
            model.name,
            places,
            lists,
            test,
            products=self.products,
            train_seconds=self.train_seconds[model.name],
            predictions_per_s=len(places) / seconds,
            tuned=self.tuned.get(model.name, {}),
            seed=SEED if model.name in {"neural sequence model", "blend"} else None,
        )

    def _trained(self, name: str, fit: Callable[[], Recommender]) -> Recommender:
        started = time.monotonic()
        model = fit()
        self.train_seconds[name] = time.monotonic() - started
        return model


def answered(model: Recommender, cases: Cases) -> tuple[Ints, Ints, float]:
    """Return the rank of what followed, the first 20 products, and the seconds of predicting."""
    places, lists, seconds = [], [], 0.0
    for start in range(0, len(cases.followed), BATCH):
        started = time.monotonic()
        scores = model.predict(cases.contexts.between(start, start + BATCH))
        seconds += time.monotonic() - started
        places.append(ranks(scores, cases.followed[start : start + BATCH]))
        lists.append(best(scores, 20))
    return np.concatenate(places), np.concatenate(lists), seconds


def row_of(name: str, places: Ints, lists: Ints, test: Cases, *, products: int, **more: Any) -> Row:
    """Return a row of percentages for the ranks (cases,) and lists (cases, 20) of a model."""
    hits = (places <= 20).astype(np.float32)
    gains: Floats = np.where(places <= 20, 1 / places, 0).astype(np.float32)

    def bounds(values: Floats) -> tuple[float, float]:
        interval: Interval = bootstrap(values, test.owners)
        return interval.low * 100, interval.high * 100

    row = Row(
        model=name,
        p10=hit_rate(places, 10) * 100,
        mrr10=reciprocal_rank(places, 10) * 100,
        p20=hit_rate(places, 20) * 100,
        p20_bounds=bounds(hits),
        mrr20=reciprocal_rank(places, 20) * 100,
        mrr20_bounds=bounds(gains),
        coverage20=coverage(lists[lists >= 0], products) * 100,
        **more,
    )
    say(f"{name}: {row.p10:.2f} {row.mrr10:.2f} {row.p20:.2f} {row.mrr20:.2f}")
    return row


def read_sessions(path: Path) -> list[list[str]]:
    """Return the products of each line."""
    with opened(path) as file:
        return [line.split() for line in file]


def read_cases(path: Path, vocabulary: Vocabulary) -> tuple[Cases, int]:
    """Return the cases whose next product is known, and how many others there are.

    Prefixes of one session follow each other, the longest first: a case belongs to the session of
    the case before it if its events are the first ones of that case.
    """
    contexts, followed, owners, unknown, session = [], [], [], 0, 0
    before: list[str] = []
    with opened(path) as file:
        for line in file:
            prefix, _, target = line.partition(">")
            events = [*prefix.split(), target.strip()]
            if events != before[: len(events)]:
                session += 1
            before = events
            number = vocabulary.number(events[-1])
            if number is None:
                unknown += 1
                continue
            contexts.append(events[:-1])
            followed.append(number)
            owners.append(session)
    known = Sessions.of_products(contexts, vocabulary)
    return Cases(known, np.array(followed), np.array(owners)), unknown


def opened(path: Path) -> Any:
    """Open a text file, gzipped or not."""
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8")


def say(what: str) -> None:
    """Tell on stderr how far the run is; stdout is for the result."""
    print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)


def say_progress(progress: Progress) -> None:
    score = "" if progress.score is None else f", score {progress.score * 100:.2f}"
    say(
        f"epoch {progress.done} of {progress.of}, {progress.seconds:.0f} s,"
        f" loss {progress.loss:.3f}{score}"
    )
