"""Peers of the session benchmark: models of other people's packages, on the same cases.

implicit runs in this process; `make setup` installs it. RecTools needs older packages than ours, so
it runs as a program in an environment of its own, which this makes with pip, and exchanges files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from benchmarks import gru4rec
from benchmarks.session_progress import say
from benchmarks.session_table import answered, row_of
from benchmarks.session_tuning import SEED, TUNED_CASES
from ml.recommendation.event_weights import context_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.session_files import Cases
    from benchmarks.session_models import Bench
    from benchmarks.session_table import Row
    from ml.recommendation.sessions import Floats, Sessions

RECTOOLS = "rectools[torch]==0.19.0"
RECTOOLS_SHARE = 0.3  # of the minutes
GRU4REC_SHARE = 0.1
ENVIRONMENT = Path(tempfile.gettempdir()) / f"footfall-peers-{os.getuid()}"


class NotInstalled(Exception):
    """A peer's package is not there and could not be installed."""


def all_of(bench: Bench, test: Cases) -> tuple[list[Row], dict[str, str]]:
    """Return the rows of the peers that ran, and why others did not."""
    rows: list[Row] = []
    missing: dict[str, str] = {}
    peers: dict[str, Callable[[Bench, Cases], list[Row]]] = {
        "GRU4Rec-type": _gru4rec,
        "implicit": _implicit,
        "RecTools SASRec": _rectools,
    }
    for name, peer in peers.items():
        say(f"peer: {name}")
        try:
            rows += peer(bench, test)
        except subprocess.CalledProcessError as error:
            missing[name] = (error.stderr or str(error)).strip().splitlines()[-1]
        except Exception as error:  # noqa: BLE001 - other people's code must not cost us the table
            missing[name] = f"{type(error).__name__}: {error}"
    return rows, missing


def _gru4rec(bench: Bench, test: Cases) -> list[Row]:
    settings = gru4rec.Settings(seconds=bench.minutes * 60 * GRU4REC_SHARE)
    started = time.monotonic()
    model, epochs = gru4rec.train(bench.sessions, bench.products, settings)
    seconds = time.monotonic() - started
    return [_row(bench, test, model, seconds, settings.seed, f"{epochs} epochs")]


def _implicit(bench: Bench, test: Cases) -> list[Row]:
    try:
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 - may be missing
        from implicit.nearest_neighbours import (  # noqa: PLC0415
            BM25Recommender,
            CosineRecommender,
        )
    except ImportError as error:
        raise NotInstalled(f"{sys.executable} -m pip install implicit==0.7.3 adds it") from error
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    made: dict[str, Callable[[], Any]] = {
        "implicit item-kNN (cosine)": lambda: CosineRecommender(K=200, num_threads=0),
        "implicit item-kNN (BM25)": lambda: BM25Recommender(K=200, num_threads=0),
        "implicit ALS": lambda: AlternatingLeastSquares(
            factors=128, random_state=SEED, num_threads=0
        ),
    }
    rows = []
    for name, make in made.items():
        tuned: dict[float, float] = {}
        early = _fitted(make(), bench.head, bench.products)
        cases = bench.tail.some(TUNED_CASES, SEED)
        for steps in (0.8, 1.5, 3.0):
            model = ImplicitModel(name, early, bench.products, steps)
            places, _, _ = answered(model, cases)
            tuned[steps] = float(np.mean(places <= 20))
        steps = max(tuned, key=lambda each: tuned[each])
        started = time.monotonic()
        fitted = _fitted(make(), bench.sessions, bench.products)
        seconds = time.monotonic() - started
        model = ImplicitModel(name, fitted, bench.products, steps)
        rows.append(_row(bench, test, model, seconds, SEED if "ALS" in name else None, ""))
    return rows


class ImplicitModel:
    """A model of implicit, asked for users that are the contexts."""

    log_scores = False

    def __init__(self, name: str, model: Any, products: int, steps: float) -> None:
        self.name = name
        self._model = model
        self._products = products
        self._steps = steps

    def predict(self, contexts: Sessions) -> Floats:
        seen = context_matrix(contexts, self._products, self._steps)
        if hasattr(self._model, "similarity"):
            neighbours: Floats = (seen @ self._model.similarity.T).toarray().astype(np.float32)
            return neighbours
        users = np.stack([self._model.recalculate_user(0, row) for row in seen])
        scores: Floats = (users @ self._model.item_factors.T).astype(np.float32)
        return scores


def _fitted(model: Any, learnt: Sessions, products: int) -> Any:
    cells = (np.ones(len(learnt.items), np.float32), (learnt.owners, learnt.items))
    model.fit(sparse.csr_matrix(cells, shape=(len(learnt), products)), show_progress=False)
    return model


def _rectools(bench: Bench, test: Cases) -> list[Row]:
    python = _environment()
    with tempfile.TemporaryDirectory() as folder:
        train, contexts, out = (Path(folder) / name for name in ("train", "contexts", "out.npy"))
        for path, each in ((train, bench.sessions), (contexts, test.contexts)):
            lines = (" ".join(map(str, session)) for session in each)
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        program = Path(__file__).with_name("rectools_sasrec.py")
        budget = bench.minutes * 60 * RECTOOLS_SHARE
        started = time.monotonic()
        subprocess.run(  # noqa: S603 - our own program
            [python, program, train, contexts, out, str(budget), str(SEED)],
            check=True,
            capture_output=True,
            text=True,
            timeout=2 * budget + 300,
        )
        seconds = time.monotonic() - started
        lists = np.load(out)
    hits = lists == test.followed[:, None]
    places = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, bench.products)
    row = row_of(
        "RecTools SASRec",
        places,
        lists,
        test,
        products=bench.products,
        peer=True,
        train_seconds=seconds,
        predictions_per_s=float("nan"),
        seed=SEED,
        note=f"training stopped after {budget:.0f} s; its seconds include answering",
    )
    return [row]


def _environment() -> Path:
    """Return the Python of an environment with RecTools, made at the first run."""
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / "ready"
    if not ready.exists():
        say(f"installing {RECTOOLS} in {ENVIRONMENT}")
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", RECTOOLS]
        why = ""
        for torch in (
            "torch==2.13.0+cpu",
            "torch",
        ):  # the first spares gigabytes, where there is one
            done = subprocess.run(  # noqa: S603 - a fixed command
                [*install, torch], check=False, capture_output=True, text=True, timeout=900
            )
            if not done.returncode:
                break
            why = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        else:
            raise NotInstalled(why)
        ready.touch()
    return python


def _row(bench: Bench, test: Cases, model: Any, seconds: float, seed: int | None, note: str) -> Row:
    places, lists, predicting = answered(model, test)
    return row_of(
        model.name,
        places,
        lists,
        test,
        products=bench.products,
        peer=True,
        train_seconds=seconds,
        predictions_per_s=len(places) / predicting,
        seed=seed,
        note=note,
    )
