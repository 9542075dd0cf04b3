"""Trains the sequence model: sampled softmax at every position, from a checkpoint if there is one.

Negatives are shared by the batch, drawn by a power of popularity, and weigh what their draw left
out (logQ correction, Bengio and Senecal 2008), so that the loss estimates the whole softmax.
"""

from __future__ import annotations

import hashlib
import math
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch import Tensor

from ml.recommendation.first_vectors import first_vectors
from ml.recommendation.ranking_metrics import hit_rate, ranks, reciprocal_rank
from ml.recommendation.recommender import Progress, silent
from ml.recommendation.sequence_model import (
    Events,
    SequenceModel,
    SequenceNetwork,
    SequenceSettings,
    padded,
)
from ml.tensor_files import ArtifactRefused, read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays

WARM_UP_STEPS = 200  # or a twentieth of a short training
BATCHES_OF_LIKE_LENGTH = 50  # sorted by length together, so that little is padded
SCORED_CASES = 4_000


class History(msgspec.Struct):
    """How far a training got. ``scores`` holds one for each epoch, where there is a validation."""

    of: str  # digest of data and settings; another training's checkpoint is not ours
    epochs: int = 0
    scores: list[float] = []
    best_epoch: int = 0


def train(
    sessions: Sessions,
    products: int,
    settings: SequenceSettings,
    *,
    content: Floats | None = None,
    validation: tuple[Sessions, Ints] | None = None,
    checkpoint: Path | None = None,
    start: Arrays | None = None,
    tell: Callable[[Progress], None] = silent,
) -> tuple[SequenceModel, History]:
    """Return the model of the best epoch on the validation cases, or of the last without them.

    A checkpoint is written after each epoch; a training that finds one of the same data and
    settings goes on from there, to the same weights. Any other file there is written over.
    ``start``: parameters to begin with instead of ``first_vectors``, as ``warm_start`` makes them.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        known = None if content is None else torch.from_numpy(content.astype(np.float32))
        network = SequenceNetwork(products, settings, known).to(device)
    if start is None:
        first = first_vectors(sessions, products, settings.dimensions, settings.seed)
        with torch.no_grad():
            network.item.weight.copy_(torch.from_numpy(first))
    else:
        network.load_state_dict({name: torch.from_numpy(part) for name, part in start.items()})
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=settings.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=settings.weight_decay,
        fused=True,
    )
    history = History(_digest(sessions, products, settings, content, validation, start))
    best = _copy(network)
    if checkpoint is not None and checkpoint.exists():
        history, best = _resume(checkpoint, network, optimizer, history, best)
    negatives = Negatives(sessions, products, settings, device)
    started = time.monotonic()
    while history.epochs < settings.epochs:
        if validation and history.epochs - history.best_epoch >= settings.patience:
            break
        with torch.random.fork_rng():
            loss = _epoch(network, optimizer, sessions, negatives, history.epochs)
        history.epochs += 1
        score = None
        if validation is not None:
            score = _score(SequenceModel(network), *validation)
            network.train()
            history.scores.append(score)
        if score is None or score > max(history.scores[:-1], default=-1):
            history.best_epoch = history.epochs
            best = _copy(network)
        if checkpoint is not None:
            _save(checkpoint, network, optimizer, history, best)
        seconds = time.monotonic() - started
        tell(Progress(history.epochs, settings.epochs, seconds, loss, score))
    network.load_state_dict(best)
    return SequenceModel(network), history


def _epoch(
    network: SequenceNetwork,
    optimizer: torch.optim.Optimizer,
    sessions: Sessions,
    negatives: Negatives,
    epoch: int,
) -> float:
    """Go through all sessions once, in an order and with draws that seed and epoch settle."""
    settings = network.settings
    torch.manual_seed(settings.seed * 1_000_003 + epoch)
    order = batches(sessions, settings, np.random.default_rng([settings.seed, epoch]))
    steps_before, steps = epoch * len(order), settings.epochs * len(order)
    network.train()
    losses = []
    for step, rows in enumerate(order, start=steps_before):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _pace(step, steps)
        events = padded(sessions, rows, settings.context_events + 1, negatives.device)
        loss = negatives.loss(network, events, _followed(sessions, rows, settings))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())


class Negatives:
    """Products that did not follow, drawn for a whole batch at a time."""

    def __init__(
        self, sessions: Sessions, products: int, settings: SequenceSettings, device: torch.device
    ) -> None:
        counts = np.bincount(sessions.items, minlength=products)
        shares = (counts + 1.0) ** settings.negative_power
        shares /= shares.sum()
        self.settings = settings
        self.device = device
        self.steps = torch.from_numpy(np.cumsum(shares)).to(device)
        expected = np.log(shares * settings.negatives).astype(np.float32)
        self.log_expected = torch.from_numpy(expected).to(device)  # of each product in a draw

    def loss(self, network: SequenceNetwork, events: Events, followed: Tensor) -> Tensor:
        """Return the mean cross-entropy of what came next, over all positions with a next."""
        before = Events(*(part[:, :-1] for part in msgspec.structs.astuple(events)))
        expected, copying = (part[followed] for part in network(before))  # (positions, ...)
        targets = events.items[:, 1:][followed]
        own = (expected * network.items(targets)).sum(-1, keepdim=True)
        draws = torch.rand(self.settings.negatives, dtype=torch.float64, device=self.device)
        drawn = torch.searchsorted(self.steps, draws).clamp(max=len(self.steps) - 1)
        others = expected @ network.items(drawn).T  # (positions, negatives)
        corrected = others - self.log_expected[drawn]
        corrected = corrected.masked_fill(drawn == targets[:, None], -torch.inf)
        seen = before.items[:, None, :].expand(-1, followed.shape[1], -1)[followed]
        again = copying.masked_fill(seen != targets[:, None], -torch.inf)
        total = torch.cat([own, corrected, copying], dim=1).logsumexp(1)
        followed_logit = torch.cat([own, again], dim=1).logsumexp(1)
        smoothing = self.settings.label_smoothing
        loss: Tensor = (total - followed_logit).mean() + smoothing * (own.mean() - others.mean())
        return loss


def batches(
    sessions: Sessions, settings: SequenceSettings, random: np.random.Generator
) -> list[Ints]:
    """Return the sessions in batches of like length and about as many positions each."""
    lengths = np.minimum(sessions.lengths, settings.context_events + 1)
    order = random.permutation(len(sessions))
    order = order[lengths[order] > 1]
    made: list[Ints] = []
    together = int(BATCHES_OF_LIKE_LENGTH * settings.positions_a_batch / lengths[order].mean())
    for start in range(0, len(order), together):
        part = order[start : start + together]
        part = part[np.argsort(lengths[part], kind="stable")]
        batch = np.cumsum(lengths[part] - 1) // settings.positions_a_batch
        made += np.split(part, np.flatnonzero(np.diff(batch)) + 1)
    return [made[place] for place in random.permutation(len(made))]


def _followed(sessions: Sessions, rows: Ints, settings: SequenceSettings) -> Tensor:
    """Return (batch, length - 1): whether an event has one after it, not padding."""
    lengths = np.minimum(sessions.lengths[rows], settings.context_events + 1)
    return torch.from_numpy(np.arange(1, lengths.max()) < lengths[:, None])


def _pace(step: int, steps: int) -> float:
    """Return the share of the learning rate: a warm-up, then half a cosine down to nothing."""
    warm = min(1.0, (step + 1) / min(WARM_UP_STEPS, 1 + steps / 20))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def _score(model: SequenceModel, contexts: Sessions, targets: Ints) -> float:
    """Return the mean of P@20 and MRR@20 over some of the cases."""
    chosen = np.random.default_rng(0).permutation(len(contexts))[:SCORED_CASES]
    found = np.concatenate(
        [
            ranks(model.predict(contexts.take(part)), targets[part])
            for part in np.array_split(chosen, max(1, len(chosen) // 500))
        ]
    )
    return (hit_rate(found, 20) + reciprocal_rank(found, 20)) / 2


def _copy(network: SequenceNetwork) -> dict[str, Tensor]:
    return {name: part.detach().clone() for name, part in network.state_dict().items()}


def _save(
    checkpoint: Path,
    network: SequenceNetwork,
    optimizer: torch.optim.Optimizer,
    history: History,
    best: dict[str, Tensor],
) -> None:
    tensors = {f"now/{name}": part for name, part in network.state_dict().items()}
    tensors |= {f"best/{name}": part for name, part in best.items()}
    for place, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{place}/{name}": part for name, part in state.items()}
    arrays = {name: part.detach().cpu().numpy() for name, part in tensors.items()}
    write_tensors(checkpoint, arrays, {"history": msgspec.json.encode(history).decode()})


def _resume(
    checkpoint: Path,
    network: SequenceNetwork,
    optimizer: torch.optim.Optimizer,
    fresh: History,
    best: dict[str, Tensor],
) -> tuple[History, dict[str, Tensor]]:
    """Set network and optimizer to where the checkpoint left them, if it is of this training."""
    try:
        arrays, metadata = read_tensors(checkpoint)
        history = msgspec.json.decode(metadata["history"], type=History)
    except (ArtifactRefused, KeyError, msgspec.DecodeError):
        return fresh, best
    if history.of != fresh.of:
        return fresh, best
    parts: dict[str, dict[str, Tensor]] = {"now": {}, "best": {}, "optimizer": {}}
    for name, array in arrays.items():
        group, _, rest = name.partition("/")
        parts[group][rest] = torch.from_numpy(array)
    network.load_state_dict(parts["now"])
    state: dict[int, dict[str, Tensor]] = {}
    for name, part in parts["optimizer"].items():
        place, _, rest = name.partition("/")
        state.setdefault(int(place), {})[rest] = part
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    return history, parts["best"]


def _digest(
    sessions: Sessions,
    products: int,
    settings: SequenceSettings,
    content: Floats | None,
    validation: tuple[Sessions, Ints] | None,
    start: Arrays | None,
) -> str:
    digest = hashlib.sha256(msgspec.json.encode([products, settings]))
    everything = [sessions, *([validation[0]] if validation else [])]
    arrays = [getattr(each, name) for each in everything for name in each.__slots__]
    begun = [start[name] for name in sorted(start)] if start else []
    for array in (*arrays, content, validation[1] if validation else None, *begun):
        digest.update(b"-" if array is None else np.ascontiguousarray(array).data)
    return digest.hexdigest()
