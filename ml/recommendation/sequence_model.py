"""The neural sequence recommender: self-attention or a GRU over a shopper's latest events.

SASRec (Kang and McAuley, ICDM 2018) with what later papers found to matter: item vectors of unit
length tied with the output (NISER, Gupta et al. 2019; CORE, Hou et al., SIGIR 2022), positions
counted from the end, a pointer to what is like the products of the context, and copying, which
leads back to these products themselves (CopyNet, Gu et al., ACL 2016; RepeatNet, Ren et al. 2019).
"""

from __future__ import annotations

import math
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import msgspec
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - what everybody calls it
from torch import Tensor, nn

from ml.recommendation.scores import Named, Scores
from ml.recommendation.vector_table import Likeness, VectorTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ml.recommendation.sessions import Floats, Ints, Sessions
    from ml.tensor_files import Arrays


class SequenceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is learnt and how; an artifact carries it."""

    body: Literal["attention", "gru"] = "attention"
    dimensions: int = 128
    blocks: int = 2
    heads: int = 2
    context_events: int = 30
    dropout: float = 0.4
    item_dropout: float = 0.3
    content_dropout: float = 0.1  # how often a product must do with its content alone
    first_scale: float = 14.0  # of the cosine; learnt from there

    epochs: int = 4
    patience: int = 3  # epochs without a better score on the validation tail
    positions_a_batch: int = 2_500
    negatives: int = 2_048  # shared by the batch
    negative_power: float = 0.5  # of the popularity that negatives are drawn by
    label_smoothing: float = 0.1
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    seed: int = 1

    # Found on later sessions, as the training sessions make new products look too sure.
    new_scale: float = 1.0  # of the logits of products
    copy_offset: float = 0.0  # added to the logits of going back


KINDS = 16  # room for event kinds; 0 stands for unknown, as in the buckets below
FIRST_READINESS = 6.0  # of copying: about as likely as a new product, among 40,000
DISTANCE_PACE = 8.0  # lets a few hundred steps settle how far back shoppers go
NEVER = 1e-30
BUCKETS = 24  # of seconds, by powers of two: the last begins at three months


class Events(msgspec.Struct, frozen=True):
    """Events of a batch of contexts, padded at the end. All: (batch, length) of int64."""

    items: Tensor
    kinds: Tensor
    dwell: Tensor  # buckets of seconds on the page
    gaps: Tensor  # buckets of seconds since the event before


class SequenceNetwork(nn.Module):
    """Turns events into vectors; the score of a product is the product of two vectors."""

    def __init__(self, products: int, settings: SequenceSettings, content: Tensor | None) -> None:
        super().__init__()
        self.settings = settings
        width = settings.dimensions
        self.item = nn.Embedding(products, width)
        nn.init.normal_(self.item.weight, std=width**-0.5)
        self.content: Tensor | None
        self.register_buffer("content", content)
        self.content_tower = (
            None if content is None else nn.Linear(content.shape[1], width, bias=False)
        )
        self.kind, self.dwell, self.gap = (
            nn.Embedding(size, width, padding_idx=0) for size in (KINDS, BUCKETS, BUCKETS)
        )
        for embedding in (self.kind, self.dwell, self.gap):
            nn.init.zeros_(embedding.weight)
        self.body: nn.Module = (
            Attention(settings) if settings.body == "attention" else Recurrent(settings)
        )
        self.pointer = Pointer(settings)
        self.copying = Copying(settings)
        self.item_dropout = nn.Dropout(settings.item_dropout)
        self.log_scale = nn.Parameter(torch.tensor(math.log(settings.first_scale)))

    def items(self, numbers: Tensor) -> Tensor:
        """Return unit vectors (..., width) for product numbers (...)."""
        vectors: Tensor = self.item(numbers)
        if self.content is not None and self.content_tower is not None:
            if self.training:
                known = torch.rand(numbers.shape, device=vectors.device)
                vectors = vectors * (known >= self.settings.content_dropout)[..., None]
            vectors = vectors + self.content_tower(self.content[numbers])
        return F.normalize(vectors, dim=-1)

    def forward(self, events: Events, places: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return at every event what is expected next, and how much each event so far is.

        (batch, length, width), whose product with an item's vector is its logit, and logits
        (batch, length, length), -inf for the future. Chances add up: a product that the context
        holds twice has three. ``places``: (batch,) the one event of each at which it is asked;
        then there is one where else there are ``length``.
        """
        items = self.item_dropout(self.items(events.items))
        about = self.kind(events.kinds) + self.dwell(events.dwell) + self.gap(events.gaps)
        state = self.body(items * (self.settings.dimensions**0.5 / 2) + about)
        expected = self.pointer(state, items, places)
        return F.normalize(expected, dim=-1) * self.log_scale.exp(), self.copying(state, places)


class Attention(nn.Module):
    """Pre-norm causal blocks; what a position sees of another depends on how far back it lies."""

    def __init__(self, settings: SequenceSettings) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(AttentionBlock(settings) for _ in range(settings.blocks))
        self.norm = nn.LayerNorm(settings.dimensions)

    def forward(self, events: Tensor) -> Tensor:
        for block in self.blocks:
            events = block(events)
        return self.norm(events)  # type: ignore[no-any-return]


class AttentionBlock(nn.Module):
    def __init__(self, settings: SequenceSettings) -> None:
        super().__init__()
        width = settings.dimensions
        self.heads = settings.heads
        self.distance = nn.Parameter(torch.zeros(settings.heads, settings.context_events))
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.feed_norm = nn.LayerNorm(width)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, events: Tensor) -> Tensor:
        batch, length, width = events.shape
        mixed = self.query_key_value(self.attention_norm(events))
        query, key, value = mixed.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        logits = query @ key.transpose(-1, -2) * (width / self.heads) ** -0.5
        attended = (logits + causal(self.distance, length)).softmax(-1) @ value
        joined = attended.transpose(1, 2).reshape(batch, length, width)
        events = events + self.dropout(self.output(joined))
        return events + self.dropout(self.feed(self.feed_norm(events)))  # type: ignore[no-any-return]


class Recurrent(nn.Module):
    """A GRU, as in GRU4Rec (Hidasi and Karatzoglou, CIKM 2018)."""

    def __init__(self, settings: SequenceSettings) -> None:
        super().__init__()
        width = settings.dimensions
        self.gru = nn.GRU(width, width, num_layers=1, batch_first=True)
        self.dropout = nn.Dropout(settings.dropout)
        self.output = nn.Linear(width, width)

    def forward(self, events: Tensor) -> Tensor:
        states, _ = self.gru(self.dropout(events))
        return self.output(self.dropout(states))  # type: ignore[no-any-return]


class Pointer(nn.Module):
    """Adds a weighted mean of the context's own item vectors: shoppers stay with what is alike."""

    def __init__(self, settings: SequenceSettings) -> None:
        super().__init__()
        width = settings.dimensions
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.distance = nn.Parameter(torch.zeros(1, settings.context_events))
        self.gate = nn.Parameter(torch.tensor(0.5))

    def forward(self, state: Tensor, items: Tensor, places: Tensor | None) -> Tensor:
        here, bias = _asked(state, causal(self.distance, state.shape[1]), places)
        logits = self.query(here) @ self.key(state).transpose(-1, -2) * state.shape[-1] ** -0.5
        weights = (logits + bias).softmax(-1)
        pointed = F.normalize(weights @ items, dim=-1)
        return pointed + self.gate * F.normalize(here, dim=-1)


class Copying(nn.Module):
    """Logits of going back to the product of each event so far."""

    def __init__(self, settings: SequenceSettings) -> None:
        super().__init__()
        width = settings.dimensions
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.readiness = nn.Linear(width, 1)
        nn.init.constant_(self.readiness.bias, FIRST_READINESS)
        self.distance = nn.Parameter(torch.zeros(1, settings.context_events))

    def forward(self, state: Tensor, places: Tensor | None) -> Tensor:
        bias = causal(DISTANCE_PACE * self.distance, state.shape[1])
        here, bias = _asked(state, bias, places)
        logits = self.query(here) @ self.key(state).transpose(-1, -2) * state.shape[-1] ** -0.5
        return logits + self.readiness(here) + bias  # type: ignore[no-any-return]


def _asked(state: Tensor, bias: Tensor, places: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the states (batch, length or 1, width) that ask, and the bias of what they see."""
    if places is None:
        return state, bias
    return state[torch.arange(len(places), device=state.device), places, None], bias[places, None]


def causal(distance: Tensor, length: int) -> Tensor:
    """Return (heads, length, length): the bias of each distance back, -inf for the future."""
    places = torch.arange(length, device=distance.device)
    back = places[:, None] - places[None, :]
    bias: Tensor = distance[:, back.clamp(min=0)].masked_fill(back < 0, -torch.inf)
    return bias if len(bias) > 1 else bias[0]


class SequenceModel:
    """A trained network, answering for whole catalogues."""

    name: ClassVar[str] = "neural sequence model"
    log_scores: ClassVar[bool] = True

    def __init__(self, network: SequenceNetwork) -> None:
        self.network = network.eval()
        self.settings = network.settings
        with torch.inference_mode():
            products = network.item.num_embeddings
            device = network.item.weight.device
            self._table = VectorTable(network.items(torch.arange(products, device=device)))

    @torch.inference_mode()
    def scores(self, contexts: Sessions) -> Scores:
        """Return products of vectors, and in a layer what going back adds to the context's own."""
        vectors, most = self._table.vectors, self.settings.context_events
        shape = len(contexts), len(vectors)
        lengths = np.minimum(contexts.lengths, most)
        asked = torch.zeros(len(contexts), self.settings.dimensions, device=vectors.device)
        items = np.zeros((len(contexts), lengths.max(initial=0)), np.int64)
        gains = np.zeros(items.shape, np.float32)
        for some in same_lengths(contexts, most):
            rows = torch.from_numpy(some)
            events = padded(contexts, some, most, vectors.device)
            latest = torch.from_numpy(lengths[some] - 1).to(vectors.device)
            expected, copying = (part[:, 0] for part in self.network(events, latest))
            asked[rows] = expected * self.settings.new_scale
            own = (vectors[events.items] @ asked[rows, :, None])[:, :, 0]
            gained = _copied(own, events.items, copying + self.settings.copy_offset)
            those = some, slice(gained.shape[1])
            items[those], gains[those] = events.items.cpu(), gained.cpu()
        there = np.arange(items.shape[1]) < lengths[:, None]
        cells = np.nonzero(there)[0] * shape[1] + items[there]
        cells, first = np.unique(cells, return_index=True)
        owners, products = np.divmod(cells, shape[1])
        copies = Named.of_owned(gains[there][first], owners, products, len(contexts))
        likeness = Likeness(asked, self._table)
        return Scores(shape, np.zeros((1, 1), np.float32), (copies,), (likeness,))

    def predict(self, contexts: Sessions) -> Floats:
        return self.scores(contexts).whole()

    def calibrated(self, new_scale: float, copy_offset: float) -> Self:
        """Return the same network with another balance of new products and old ones."""
        model = copy(self)
        model.settings = msgspec.structs.replace(
            self.settings, new_scale=new_scale, copy_offset=copy_offset
        )
        return model

    def with_products(self, content: Floats) -> Self:
        """Return a model that knows these further products by their content alone.

        ``content``: (added, content dimensions), the rows for the numbers at the catalogue's end.
        """
        parts = self.arrays()
        if "content" not in parts:
            raise ValueError("this model was trained without content")
        unknown = np.zeros((len(content), self.settings.dimensions), np.float32)
        parts["item.weight"] = np.concatenate([parts["item.weight"], unknown])
        parts["content"] = np.concatenate([parts["content"], content])
        return self.from_parts(msgspec.json.encode(self.settings), parts)

    def arrays(self) -> Arrays:
        return {name: part.cpu().numpy() for name, part in self.network.state_dict().items()}

    @classmethod
    def from_parts(cls, settings: bytes, arrays: Arrays) -> Self:
        decoded = msgspec.json.decode(settings, type=SequenceSettings)
        parts = {name: torch.from_numpy(array) for name, array in arrays.items()}
        network = SequenceNetwork(len(arrays["item.weight"]), decoded, parts.get("content"))
        try:
            network.load_state_dict(parts)
        except RuntimeError as error:  # names or shapes differ
            raise ValueError(str(error)) from error
        return cls(network)


def _copied(own: Tensor, items: Tensor, copying: Tensor) -> Tensor:
    """Return (rows, events) what going back adds to the logits of the events' products.

    ``own``: their logits without it; ``copying``: of going back to each event. Chances of a
    product's events add up.
    """
    chances = copying.exp()
    alike = items[:, :, None] == items[:, None, :]
    copied = (alike * chances[:, None, :]).sum(-1).clamp(min=NEVER).log()
    return F.softplus(copied - own)


def padded(sessions: Sessions, rows: Ints, longest: int, device: torch.device) -> Events:
    """Return the latest events of these sessions, each beginning at the first column."""
    lengths = np.minimum(sessions.lengths[rows], longest)
    columns = np.arange(lengths.max(initial=0))
    there = columns < lengths[:, None]
    places = np.where(there, (sessions.offsets[rows + 1] - lengths)[:, None] + columns, 0)

    def tensor(values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.where(there, values, 0).astype(np.int64)).to(device)

    unknown = np.zeros(places.shape, np.int64)
    gaps = unknown
    if sessions.times is not None:
        times = sessions.times[places]
        gaps = np.where(columns > 0, buckets(np.diff(times, axis=1, prepend=times[:, :1])), 0)
    return Events(
        tensor(sessions.items[places]),
        tensor(unknown if sessions.kinds is None else sessions.kinds[places] + 1),
        tensor(
            unknown if sessions.dwell_seconds is None else buckets(sessions.dwell_seconds[places])
        ),
        tensor(gaps),
    )


def buckets(seconds: Floats) -> Ints:
    """Return the power of two of each duration, from 1; 0 where it is not known (NaN)."""
    powers = 1 + np.floor(np.log2(np.maximum(np.nan_to_num(seconds), 0) + 1))
    return np.where(np.isnan(seconds), 0, np.minimum(powers, BUCKETS - 1)).astype(np.int64)


def same_lengths(sessions: Sessions, longest: int, size: int = 32) -> Iterator[Ints]:
    """Yield the sessions that are not empty, up to ``size`` at a time, in order of their length."""
    lengths = np.minimum(sessions.lengths, longest)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    for start in range(0, len(order), size):
        yield order[start : start + size]
