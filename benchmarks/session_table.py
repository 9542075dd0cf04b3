"""The table of the session benchmark: one row a model, all on the same cases."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np

from benchmarks.report import Report
from ml.recommendation.ranking_metrics import (
    Interval,
    bootstrap,
    coverage,
    hit_rate,
    ranks,
    reciprocal_rank,
)
from ml.recommendation.recommender import best

if TYPE_CHECKING:
    from benchmarks.session_files import Cases
    from ml.recommendation.sessions import Floats, Ints, Sessions

BATCH = 256
SHOWN = 20


class Ranks(Protocol):
    """A model of ours or of somebody else: (contexts, products), higher better."""

    def predict(self, contexts: Sessions) -> Floats: ...


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

    def brief(self) -> str:
        """Return the row for who waits."""
        return f"{self.model}: {self.p10:.2f} {self.mrr10:.2f} {self.p20:.2f} {self.mrr20:.2f}"

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


def answered(model: Ranks, cases: Cases) -> tuple[Ints, Ints, float]:
    """Return the rank of what followed, the first 20 products, and the seconds of predicting."""
    places, lists, seconds = [], [], 0.0
    for start in range(0, len(cases), BATCH):
        started = time.monotonic()
        scores = model.predict(cases.contexts.between(start, start + BATCH))
        seconds += time.monotonic() - started
        places.append(ranks(scores, cases.followed[start : start + BATCH]))
        lists.append(best(scores, SHOWN))
    return np.concatenate(places), np.concatenate(lists), seconds


def row_of(name: str, places: Ints, lists: Ints, test: Cases, *, products: int, **more: Any) -> Row:
    """Return a row of percentages for the ranks (cases,) and lists (cases, 20) of a model."""
    hits = (places <= SHOWN).astype(np.float32)
    gains: Floats = np.where(places <= SHOWN, 1 / places, 0).astype(np.float32)

    def bounds(values: Floats) -> tuple[float, float]:
        interval: Interval = bootstrap(values, test.owners)
        return interval.low * 100, interval.high * 100

    return Row(
        model=name,
        p10=hit_rate(places, 10) * 100,
        mrr10=reciprocal_rank(places, 10) * 100,
        p20=hit_rate(places, SHOWN) * 100,
        p20_bounds=bounds(hits),
        mrr20=reciprocal_rank(places, SHOWN) * 100,
        mrr20_bounds=bounds(gains),
        coverage20=coverage(lists[lists >= 0], products) * 100,
        **more,
    )
