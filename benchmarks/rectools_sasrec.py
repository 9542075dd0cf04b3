"""RecTools' SASRec, run as a program in an environment of its own: files in, a file out.

    python rectools_sasrec.py TRAIN CONTEXTS OUT SECONDS SEED

TRAIN and CONTEXTS: one sequence of product numbers a line. OUT: (contexts, 20) the products that it
recommends, best first, as .npy. It imports nothing of Footfall.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Trainer, seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel


def main(train: Path, contexts: Path, out: Path, seconds: float, seed: int) -> None:
    """Train for so many seconds, then answer."""
    torch.set_num_threads(2)
    seed_everything(seed, verbose=False)
    model = SASRecModel(
        n_blocks=2,
        n_heads=2,
        n_factors=96,
        session_max_len=10,
        dropout_rate=0.3,
        loss="sampled_softmax",
        n_negatives=16,  # each position draws its own: more is out of a CPU's reach
        lr=3e-3,
        batch_size=256,  # a larger one costs a CPU as much, for fewer steps
        get_trainer_func=trainer,
        get_trainer_func_kwargs={"seconds": seconds},
    )
    model.fit(Dataset.construct(_interactions(train)))
    asked = _interactions(contexts)
    asked_users = len(contexts.read_text(encoding="utf-8").splitlines())
    found = model.recommend(
        users=asked[Columns.User].unique(),
        dataset=Dataset.construct(asked),
        k=20,
        filter_viewed=False,
        on_unsupported_targets="ignore",
    )
    lists = np.full((asked_users, 20), -1)
    lists[found[Columns.User], found[Columns.Rank] - 1] = found[Columns.Item]
    np.save(out, lists)


def trainer(seconds: float) -> Any:
    return Trainer(
        max_time=timedelta(seconds=seconds),
        max_epochs=30,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
    )


def _interactions(path: Path) -> pd.DataFrame:
    """Return one row an event; lines become users, and events of a line lie a minute apart."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    lengths = [len(line) for line in lines]
    return pd.DataFrame(
        {
            Columns.User: np.repeat(np.arange(len(lines)), lengths),
            Columns.Item: [int(item) for line in lines for item in line],
            Columns.Weight: 1.0,
            Columns.Datetime: pd.Timestamp("2020-01-01")
            + pd.to_timedelta(np.concatenate([np.arange(n) for n in lengths]), unit="min"),
        }
    )


if __name__ == "__main__":
    train_path, contexts_path, out_path, budget, seed_text = sys.argv[1:]
    main(Path(train_path), Path(contexts_path), Path(out_path), float(budget), int(seed_text))
