"""How often the next product is among the first 10 or 20, beside peers on the same files.

    footfall bench sessions TRAIN TEST

TRAIN holds a session a line, product ids in order, the oldest session first; TEST holds cases,
``prefix > next product``; either may be gzipped. Every product is ranked for every case, ties
against the model. All tuning is done on the latest sessions of TRAIN; TEST is read for the shape
of its cases (the shortest prefix) and, once everything is trained, for the table.
"""

from __future__ import annotations

import resource
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch

from benchmarks import session_peers
from benchmarks.session_files import Cases, cases_of, read_cases, read_sessions
from benchmarks.session_progress import say, say_progress
from benchmarks.session_table import Row, SessionsReport, answered, row_of
from benchmarks.session_tuning import GRIDS, SEED, TUNED_CASES, tune
from ml.blend import Blend
from ml.calibration import calibrated
from ml.ease import CatalogueTooLarge
from ml.sequence_model import SequenceModel, SequenceSettings
from ml.sequence_training import train
from ml.sessions import Sessions, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ml.recommender import Recommender

TAIL = 0.05  # the latest sessions of the training file: all tuning is done on them
TAIL_CASES = 10_000
TUNING_SHARE = 0.02  # of the minutes, for each model with something to tune
NEURAL_SHARE = 0.45  # of the minutes, for all trainings of the neural model
MINUTES = 50.0


def run(
    train_path: Path,
    test_path: Path,
    *,
    minutes: float = MINUTES,
    sample: int | None = None,
    seeds: int = 1,
) -> SessionsReport:
    """Tune, train and test everything; ``sample`` takes the latest so many sessions and cases.

    ``seeds``: how often the neural model is trained anew; the metrics are means over them.
    """
    started = time.monotonic()
    lines = read_sessions(train_path)
    lines = lines[-sample:] if sample else lines
    vocabulary = Vocabulary.of(lines)
    sessions = Sessions.of_products(lines, vocabulary)
    read = read_cases(test_path, vocabulary)
    test = read.cases.some(sample, SEED) if sample else read.cases
    bench = Bench(sessions, len(vocabulary), read.shortest, minutes, seeds)

    rows = [bench.measured(model, seed, test) for model, seed in bench.models()]
    peers, missing = session_peers.all_of(bench, test)
    rows = [row.of_all(read.known_share) for row in [*rows, *peers]]
    metrics = metrics_of(rows)
    return SessionsReport(
        name="sessions",
        metrics=metrics,
        ratios={
            f"blend_vs_best_peer_{measure}": metrics[f"blend_{measure}"] / best
            for measure in ("p20", "mrr20")
            if (best := metrics.get(f"best_peer_{measure}"))
        },
        rows=rows,
        missing=missing,
        facts={
            "training sessions": len(sessions),
            "products": len(vocabulary),
            "test cases": len(test),
            "test cases of unknown products": read.unknown,
            "sampled": bool(sample),
            "minutes": (time.monotonic() - started) / 60,
            "peak MiB": _peak_mib(resource.RUSAGE_SELF),
            "peak MiB of a peer's own program": _peak_mib(resource.RUSAGE_CHILDREN),
            "threads": torch.get_num_threads(),
        },
    )


def metrics_of(rows: list[Row]) -> dict[str, float]:
    """Return the means over the seeds with their spread, and the best of the peers."""
    metrics = {}
    for short, name in (("blend", Blend.name), ("neural", SequenceModel.name)):
        ours = [row for row in rows if row.model == name]
        for measure in ("p20", "mrr20"):
            values = [getattr(row, measure) for row in ours]
            metrics[f"{short}_{measure}"] = float(np.mean(values))
            if len(values) > 1:
                metrics[f"{short}_{measure}_spread"] = float(np.std(values, ddof=1))
    for measure in ("p20", "mrr20"):
        theirs = [getattr(row, measure) for row in rows if row.peer]
        if theirs:
            metrics[f"best_peer_{measure}"] = max(theirs)
    return metrics


class Bench:
    """The training sessions, the latest of them cut off for tuning, and what tuning found."""

    def __init__(
        self, sessions: Sessions, products: int, shortest: int, minutes: float, seeds: int = 1
    ) -> None:
        self.sessions = sessions
        self.products = products
        self.minutes = minutes
        self.seeds = range(SEED, SEED + seeds)
        self.head, tail = sessions.without_tail(TAIL)
        cases = cases_of(tail, shortest)
        # As in a test file: what was never seen before cannot follow.
        seen = np.isin(cases.followed, self.head.items)
        self.tail = cases.where(np.flatnonzero(seen)).some(TAIL_CASES, SEED)
        self.train_seconds: dict[str, float] = {}
        self.tuned: dict[str, dict[str, float]] = {}

    def models(self) -> list[tuple[Recommender, int | None]]:
        """Return our models, trained on all sessions with what the tail taught, and their seeds."""
        early: list[Recommender] = []
        final: list[Recommender] = []
        for kind, settings_type, grid in GRIDS:
            try:
                tuned = tune(
                    kind,
                    settings_type,
                    grid,
                    learnt=self.head,
                    products=self.products,
                    cases=self.tail.some(TUNED_CASES, SEED),
                    seconds=self.minutes * 60 * TUNING_SHARE,
                    seed=SEED,
                )
            except CatalogueTooLarge as reason:
                say(f"{kind.name} left out: {reason}")
                continue
            say(f"{kind.name}: {tuned.score * 100:.2f} {tuned.settings}")
            self.tuned[kind.name] = tuned.changed
            early.append(tuned.model)
            fit = partial(kind.fit, self.sessions, self.products, tuned.settings)
            final.append(self._trained(kind.name, fit))

        neural, settings = self._early_neural()
        blend = Blend.fit([*early, neural], self.tail.contexts, self.tail.followed)
        names = [*(each.name for each in blend.components), "visits", "seen", "latest"]
        weights = [*blend.weights, *blend.own_weights]
        self.tuned[blend.name] = dict(zip(names, weights, strict=True))
        say(f"blend: {self.tuned[blend.name]}")

        models: list[tuple[Recommender, int | None]] = [(model, None) for model in final]
        for seed in self.seeds:
            chosen = msgspec.structs.replace(settings, seed=seed)
            again = self._trained(neural.name, partial(self._final_neural, chosen))
            models += [(again, seed), (blend.of([*final, again]), seed)]
        self.train_seconds[blend.name] = sum(self.train_seconds.values())
        return models

    def _early_neural(self) -> tuple[SequenceModel, SequenceSettings]:
        """Return the model of the earlier sessions, and the settings that the tail speaks for."""
        settings = self.neural_settings()
        model, _ = train(self.head, self.products, settings, tell=say_progress)
        some = self.tail.some(TUNED_CASES, SEED)
        model = calibrated(model, some.contexts, some.followed)
        found = model.settings
        self.tuned[model.name] = {
            "epochs": found.epochs,
            "new_scale": found.new_scale,
            "copy_offset": found.copy_offset,
        }
        say(f"{model.name}: {self.tuned[model.name]}")
        return model, found

    def _final_neural(self, settings: SequenceSettings) -> SequenceModel:
        return train(self.sessions, self.products, settings, tell=say_progress)[0]

    def neural_settings(self) -> SequenceSettings:
        """Return the settings with as many epochs as the time for all trainings allows."""
        settings = SequenceSettings(seed=SEED)
        once = msgspec.structs.replace(settings, epochs=1)
        seconds = []
        for share in (0.01, 0.04):
            probe = self.sessions.between(0, max(2, round(share * len(self.sessions))))
            started = time.monotonic()
            train(probe, self.products, once)
            seconds.append(time.monotonic() - started)
        epoch_seconds = max(seconds[1] - seconds[0], 0.1) / 0.03  # without what goes before it
        trainings = 1 + len(self.seeds)
        epochs = int(self.minutes * 60 * NEURAL_SHARE / trainings / epoch_seconds)
        return msgspec.structs.replace(settings, epochs=max(2, min(settings.epochs, epochs)))

    def measured(self, model: Recommender, seed: int | None, test: Cases) -> Row:
        """Return the model's row of the table."""
        places, lists, seconds = answered(model, test)
        row = row_of(
            model.name,
            places,
            lists,
            test,
            products=self.products,
            train_seconds=self.train_seconds[model.name],
            predictions_per_s=len(places) / seconds,
            tuned=self.tuned.get(model.name, {}),
            seed=seed,
        )
        say(row.brief())
        return row

    def _trained(self, name: str, fit: Callable[[], Any]) -> Any:
        started = time.monotonic()
        model = fit()
        self.train_seconds[name] = time.monotonic() - started
        return model


def _peak_mib(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / 1024
