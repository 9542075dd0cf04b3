"""A plain GRU4Rec as a peer: Hidasi and Karatzoglou, CIKM 2018, written anew in torch.

Tied embeddings, one GRU layer, BPR-max over shared negatives drawn by popularity ** 0.4, Adagrad;
the shape that its authors' published parameters for this kind of data have. Not their code: rows in
tables call it GRU4Rec-type.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from ml.recommendation.sequence_model import SequenceSettings, padded, same_lengths
from ml.recommendation.sequence_training import batches

if TYPE_CHECKING:
    from ml.recommendation.sessions import Floats, Sessions

CPU = torch.device("cpu")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    width: int = 224
    events: int = 30
    negatives: int = 2_048
    sample_alpha: float = 0.4
    positions_a_batch: int = 240
    learning_rate: float = 0.05
    embedding_dropout: float = 0.5
    penalty: float = 1.95  # of high scores of negatives (bpreg)
    epochs: int = 10
    seconds: float = 600.0  # stops after the epoch that passes them
    seed: int = 1


class Network(nn.Module):
    def __init__(self, products: int, settings: Settings) -> None:
        super().__init__()
        width = settings.width
        self.item = nn.Embedding(products, width, sparse=True)
        self.bias = nn.Embedding(products, 1, sparse=True)
        bound = (6 / (products + width)) ** 0.5 * 10
        nn.init.uniform_(self.item.weight, -bound, bound)
        nn.init.zeros_(self.bias.weight)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.dropout = nn.Dropout(settings.embedding_dropout)

    def forward(self, items: Tensor) -> Tensor:  # (batch, length) -> (batch, length, width)
        states, _ = self.gru(self.dropout(self.item(items)))
        return states  # type: ignore[no-any-return]


class Gru4Rec:
    name = "GRU4Rec-type (ours, plain)"

    def __init__(self, network: Network, settings: Settings) -> None:
        self.network = network.eval()
        self.settings = settings

    @torch.inference_mode()
    def predict(self, contexts: Sessions) -> Floats:
        network = self.network
        scores = torch.zeros(len(contexts), network.item.num_embeddings)
        for rows in same_lengths(contexts, self.settings.events):
            events = padded(contexts, rows, self.settings.events, CPU)
            last = np.minimum(contexts.lengths[rows], self.settings.events) - 1
            states = network(events.items)[torch.arange(len(rows)), torch.from_numpy(last)]
            scores[torch.from_numpy(rows)] = (
                states @ network.item.weight.T + network.bias.weight[:, 0]
            )
        return scores.numpy()


def train(sessions: Sessions, products: int, settings: Settings) -> tuple[Gru4Rec, int]:
    """Return the model, and after how many epochs time was up."""
    torch.manual_seed(settings.seed)
    network = Network(products, settings)
    optimizer = torch.optim.Adagrad(network.parameters(), lr=settings.learning_rate)
    shares = np.bincount(sessions.items, minlength=products).astype(float) ** settings.sample_alpha
    steps = torch.from_numpy(np.cumsum(shares / shares.sum()))
    shape = SequenceSettings(
        context_events=settings.events, positions_a_batch=settings.positions_a_batch
    )
    started, epoch = time.monotonic(), 0
    while epoch < settings.epochs and time.monotonic() - started < settings.seconds:
        network.train()
        for rows in batches(sessions, shape, np.random.default_rng([settings.seed, epoch])):
            items = padded(sessions, rows, settings.events + 1, CPU).items
            lengths = np.minimum(sessions.lengths[rows], settings.events + 1)
            followed = torch.from_numpy(np.arange(1, lengths.max()) < lengths[:, None])
            draws = torch.rand(settings.negatives, dtype=torch.float64)
            drawn = torch.searchsorted(steps, draws).clamp(max=products - 1)
            loss = bpr_max(network, items, followed, drawn, settings.penalty)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        epoch += 1
    return Gru4Rec(network, settings), epoch


def bpr_max(
    network: Network, items: Tensor, followed: Tensor, drawn: Tensor, penalty: float
) -> Tensor:
    """Return the loss: the target must beat the negatives that score highest."""
    states = network(items[:, :-1])[followed]  # (positions, width)
    targets = items[:, 1:][followed]
    own = (states * network.item(targets)).sum(-1, keepdim=True) + network.bias(targets)
    others = states @ network.item(drawn).T + network.bias(drawn).T
    strength = others.masked_fill(drawn == targets[:, None], -1e9).softmax(1)
    won = (strength * torch.sigmoid(own - others)).sum(1)
    loss: Tensor = (-torch.log(won + 1e-24) + penalty * (strength * others**2).sum(1)).mean()
    return loss
