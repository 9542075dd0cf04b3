"""Our models for the session benchmark: tuned on the latest sessions, then trained on all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from benchmarks.session_files import cases_of
from benchmarks.session_progress import say, say_progress
from benchmarks.session_table import answered, row_of
from benchmarks.session_tuning import GRIDS, SEED, TUNED_CASES, tune
from ml.recommendation.blend import Blend
from ml.recommendation.calibration import calibrated
from ml.recommendation.ease import CatalogueTooLarge
from ml.recommendation.sequence_model import SequenceModel, SequenceSettings
from ml.recommendation.sequence_training import train

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.session_files import Cases
    from benchmarks.session_table import Row
    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Sessions

TAIL = 0.05  # the latest sessions of the training file: all tuning is done on them
TAIL_CASES = 10_000
TUNING_SHARE = 0.02  # of the minutes, for each model with something to tune
NEURAL_SHARE = 0.45  # of the minutes, for all trainings of the networks

# Networks that err apart: their first vectors are other projections, their bodies other functions.
NETWORKS = {
    SequenceModel.name: SequenceSettings(body="attention", seed=SEED),
    "neural, GRU instead": SequenceSettings(body="gru", seed=SEED + 1_000),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A model as the table calls it; ``seed``: of what chance had a part in."""

    name: str
    model: Recommender
    seed: int | None = None


class Bench:
    """The training sessions, the latest of them cut off for tuning, and what tuning found."""

    def __init__(
        self, sessions: Sessions, products: int, shortest: int, minutes: float, seeds: int = 1
    ) -> None:
        self.sessions = sessions
        self.products = products
        self.minutes = minutes
        self.seeds = range(seeds)
        self.head, tail = sessions.without_tail(TAIL)
        cases = cases_of(tail, shortest)
        # As in a test file: what was never seen before cannot follow.
        seen = np.isin(cases.followed, self.head.items)
        self.tail = cases.where(np.flatnonzero(seen)).some(TAIL_CASES, SEED)
        if not len(self.tail):
            raise ValueError("the latest training sessions hold no case to tune on")
        self.train_seconds: dict[str, float] = {}
        self.tuned: dict[str, dict[str, float]] = {}

    def models(self) -> list[Named]:
        """Return our models, trained on all sessions with what the tail taught."""
        early, final = self._tuned_models()
        networks: dict[str, SequenceSettings] = {}
        for name, settings in NETWORKS.items():
            model = self._early_network(name, settings)
            early.append(model)
            networks[name] = model.settings

        blend = Blend.fit(early, self.tail.contexts, self.tail.followed)
        names = [*(each.name for each in final), *NETWORKS, "visits", "seen", "latest"]
        weights = [*blend.weights, *blend.own_weights]
        self.tuned[blend.name] = dict(zip(names, weights, strict=True))
        say(f"blend: {self.tuned[blend.name]}")

        models = list(final)
        for further in self.seeds:
            again = [self._final_network(*each, further) for each in networks.items()]
            together = blend.of([each.model for each in [*final, *again]])
            models += [*again, Named(blend.name, together, SEED + further)]
        self.train_seconds[blend.name] = sum(self.train_seconds.values())
        return models

    def _tuned_models(self) -> tuple[list[Recommender], list[Named]]:
        """Return the models without epochs: those of the earlier sessions, and those of all."""
        early: list[Recommender] = []
        final: list[Named] = []
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
            final.append(Named(kind.name, self._trained(kind.name, fit)))
        return early, final

    def _early_network(self, name: str, settings: SequenceSettings) -> SequenceModel:
        """Return the network of the earlier sessions, calibrated on the tail."""
        settings = self._in_time(settings)
        model, _ = train(self.head, self.products, settings, tell=say_progress)
        some = self.tail.some(TUNED_CASES, SEED)
        model = calibrated(model, some.contexts, some.followed)
        found = model.settings
        self.tuned[name] = {
            "epochs": found.epochs,
            "new_scale": found.new_scale,
            "copy_offset": found.copy_offset,
        }
        say(f"{name}: {self.tuned[name]}")
        return model

    def _final_network(self, name: str, settings: SequenceSettings, further: int) -> Named:
        chosen = msgspec.structs.replace(settings, seed=settings.seed + further)
        fit = partial(train, self.sessions, self.products, chosen, tell=say_progress)
        model, _ = self._trained(name, fit)
        return Named(name, model, chosen.seed)

    def _in_time(self, settings: SequenceSettings) -> SequenceSettings:
        """Return the settings with as many epochs as the time for all trainings allows."""
        once = msgspec.structs.replace(settings, epochs=1)
        seconds = []
        for share in (0.01, 0.04):
            probe = self.sessions.between(0, max(2, round(share * len(self.sessions))))
            started = time.monotonic()
            train(probe, self.products, once)
            seconds.append(time.monotonic() - started)
        epoch_seconds = max(seconds[1] - seconds[0], 0.1) / 0.03  # without what goes before it
        trainings = len(NETWORKS) * (1 + len(self.seeds))
        epochs = int(self.minutes * 60 * NEURAL_SHARE / trainings / epoch_seconds)
        return msgspec.structs.replace(settings, epochs=max(1, min(settings.epochs, epochs)))

    def measured(self, named: Named, test: Cases) -> Row:
        """Return the model's row of the table."""
        places, lists, seconds = answered(named.model, test)
        row = row_of(
            named.name,
            places,
            lists,
            test,
            products=self.products,
            train_seconds=self.train_seconds[named.name],
            predictions_per_s=len(places) / seconds,
            tuned=self.tuned.get(named.name, {}),
            seed=named.seed,
        )
        say(row.brief())
        return row

    def _trained(self, name: str, fit: Callable[[], Any]) -> Any:
        started = time.monotonic()
        model = fit()
        self.train_seconds[name] = time.monotonic() - started
        return model
