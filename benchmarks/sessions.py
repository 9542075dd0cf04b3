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
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks import session_peers
from benchmarks.session_files import read_cases, read_sessions
from benchmarks.session_models import Bench
from benchmarks.session_table import Row, SessionsReport
from benchmarks.session_tuning import SEED
from ml.recommendation.blend import Blend
from ml.recommendation.sequence_model import SequenceModel
from ml.recommendation.sessions import Sessions, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

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

    rows = [bench.measured(model, test) for model in bench.models()]
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


def _peak_mib(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / 1024
