"""What a training takes of memory and time: 300,000 made-up sessions over 50,000 products.

    footfall bench training [--sample SESSIONS]

Touches go into columns one by one, as the trainer reads them from the log; then everything that a
training does is done once: components and the neural model on the past and again on everything,
blend, scores, artifact. The neural model learns for one epoch each time; a training that nobody
cuts short takes some more of them. Memory is the peak of this process, torch and all.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import torch

from benchmarks.report import Report
from ml.recommendation import artifacts
from ml.recommendation.artifacts import Artifact
from ml.recommendation.behaviour import Touch
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.past_touches import PastTouches
from ml.recommendation.sequence_model import SequenceModel
from ml.recommendation.sessions import EventKind
from ml.recommendation.training import TrainingSettings, train_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml.recommendation.recommender import Progress

SESSIONS = 300_000
PRODUCTS = 50_000
MEAN_TOUCHES = 7
NEIGHBOURHOOD = 40  # products between which a session moves
EVERY_SECONDS = 25.0  # a session begins
SETTINGS = TrainingSettings(epochs=1)
LIMIT_MB = 6_000


def run(*, sample: int = SESSIONS) -> Report:
    """Make sessions, learn from them, and tell what it took."""
    started = time.monotonic()
    stages: dict[str, float] = {}
    epochs: list[float] = []

    def done(stage: str) -> None:
        stages[stage] = time.monotonic() - started - sum(stages.values())
        say(f"{stage}: {stages[stage]:.1f} s, peak {peak_mb():,.0f} MB")

    def tell(name: str, progress: Progress) -> None:
        say(f"{name} {progress.done} of {progress.of}, peak {peak_mb():,.0f} MB")
        if name == SequenceModel.name:
            epochs.append(progress.seconds)

    past = PastTouches()
    for touch in touches(sample):
        past.add(touch)
    done("touches into columns")
    sessions, vocabulary = past.sessions()
    done("sessions from columns")
    content = {
        product: ProductContent(text=f"kind {n // NEIGHBOURHOOD} word {n % 97}", price_minor=n + 1)
        for n, product in enumerate(vocabulary.products)
    }
    with TemporaryDirectory() as kept:
        checkpoints = Path(kept) / "training"
        checkpoints.mkdir()
        trained = train_on(
            sessions, vocabulary, content, SETTINGS, checkpoints=checkpoints, tell=tell
        )
        done("training")
        path = Path(kept) / "model.safetensors"
        artifacts.save(path, Artifact(trained.model, trained.vocabulary, {}))
        done("artifact")
        size = path.stat().st_size / 1e6
    return Report(
        name="training",
        metrics={
            "sessions": len(sessions),
            "touches": len(past),
            "products": len(vocabulary),
            **{f"{stage.replace(' ', '_')}_s": seconds for stage, seconds in stages.items()},
            "neural_epoch_s": max(epochs),
            "total_s": time.monotonic() - started,
            "artifact_mb": size,
            "peak_rss_mb": peak_mb(),
            "threads": torch.get_num_threads(),
            "blend_mrr20": trained.scores["blend"]["mrr_20"],
        },
        ratios={"peak_vs_limit": peak_mb() / LIMIT_MB},
    )


def touches(sessions: int) -> Iterator[Touch]:
    """Yield sessions that move within neighbourhoods, some of which many visit."""
    random = np.random.default_rng(1)
    nobody = UUID(int=0)
    for number in range(sessions):
        first = int(PRODUCTS * random.random() ** 2)
        steps = random.integers(NEIGHBOURHOOD, size=2 + random.poisson(MEAN_TOUCHES - 2))
        at = 1.7e9 + EVERY_SECONDS * number
        for step, distance in enumerate(steps.tolist()):
            product = f"p{(first + distance) % PRODUCTS}"
            kind = EventKind.ADDED if distance == 0 else EventKind.VIEWED
            yield Touch(f"v{number}", product, kind, at + 20 * step, nobody)


def peak_mb() -> float:
    """Return the most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def say(what: str) -> None:
    """Tell on stderr how far the run is; stdout is for the result."""
    print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)
