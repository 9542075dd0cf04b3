"""The state of a scorer as bytes, so that a worker need not fold the whole log at each start.

What is read back goes on as what was written would have, to the last bit: numbers are kept as they
are, orders of forgetting too, and a basket that two share is shared again.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

import msgspec

from ml.intent.features import VERSION as FEATURES_VERSION
from ml.intent.open_visits import OF_VISITS, RECENT, Goods, Line, OpenVisit, Past

if TYPE_CHECKING:
    from domain.events import Event
    from ml.intent.scoring import Scorer

VERSION = f"1 of features {FEATURES_VERSION}"
_KINDS: dict[str, type[Event]] = {kind.TOPIC: kind for kind in OF_VISITS}


class StateRefused(ValueError):
    """These bytes are no state that this version wrote."""


class _Visit(msgspec.Struct, array_like=True):
    """An open visit; ``basket`` is a place among the baskets."""

    number: int
    visitor: str
    person: str
    started_at: float
    last_at: float
    touched_at: float
    counts: dict[str, int]
    views: dict[str, int]
    categories: dict[str, int]
    dwell: dict[str, int]
    prices: list[float]
    recent: list[float]
    empty_searches: int
    source: str
    device: str
    first_added_at: float
    highest_basket_minor: float
    basket: int
    orders: int
    last_order: str
    past: Past


class _State(msgspec.Struct):
    version: str
    now: float
    visits: list[_Visit]
    waiting: list[_Visit]
    past: dict[str, Past]
    baskets: list[dict[str, Line]]
    basket_of: dict[str, int]
    goods: dict[str, Goods]
    held: list[int]
    shares: dict[str, tuple[int, int]]


def encode(scorer: Scorer) -> bytes:
    """Return the state of a scorer, without the models that serve and the digests."""
    fold = scorer.fold
    baskets: list[dict[str, Line]] = []
    places: dict[int, int] = {}

    def place(basket: dict[str, Line]) -> int:
        if id(basket) not in places:
            places[id(basket)] = len(baskets)
            baskets.append(basket)
        return places[id(basket)]

    def kept(visit: OpenVisit) -> _Visit:
        fields = {name: getattr(visit, name) for name in _Visit.__struct_fields__}
        fields["counts"] = {kind.TOPIC: count for kind, count in visit.counts.items()}
        for name in ("views", "categories", "dwell"):
            fields[name] = dict(fields[name])
        return _Visit(**fields | {"recent": list(visit.recent), "basket": place(visit.basket)})

    return msgspec.msgpack.encode(
        _State(
            version=VERSION,
            now=fold.now,
            visits=[kept(visit) for visit in fold.visits.as_dict().values()],
            waiting=[kept(visit) for visit in scorer.outcomes.waiting],
            past=fold.past.as_dict(),
            basket_of={owner: place(each) for owner, each in fold.baskets.as_dict().items()},
            baskets=baskets,
            goods=fold.goods,
            held=sorted(scorer.held_baskets),
            shares=scorer.shares.counts,
        )
    )


def restore(scorer: Scorer, encoded: bytes) -> None:
    """Bring a new scorer to this state. Raises StateRefused, and has then changed nothing."""
    try:
        state = msgspec.msgpack.decode(encoded, type=_State)
        if state.version != VERSION:
            raise StateRefused(f"this is version {state.version}, not {VERSION}")
        visits = [_visit(each, state.baskets) for each in state.visits]
        waiting = [_visit(each, state.baskets) for each in state.waiting]
        baskets = {owner: state.baskets[place] for owner, place in state.basket_of.items()}
    except (msgspec.DecodeError, KeyError, IndexError) as error:
        raise StateRefused(str(error)) from error
    fold = scorer.fold
    fold.now = state.now
    for visit in visits:
        fold.visits.put(visit.visitor, visit)
    for person, past in state.past.items():
        fold.past.put(person, past)
    for owner, basket in baskets.items():
        fold.baskets.put(owner, basket)
    fold.goods.update(state.goods)
    scorer.outcomes.waiting.extend(waiting)
    scorer.held_baskets.update(state.held)
    scorer.shares.counts.update(state.shares)


def _visit(kept: _Visit, baskets: list[dict[str, Line]]) -> OpenVisit:
    fields = msgspec.structs.asdict(kept)
    fields["counts"] = Counter({_KINDS[topic]: count for topic, count in kept.counts.items()})
    for name in ("views", "categories", "dwell"):
        fields[name] = Counter(fields[name])
    recent = deque(kept.recent, maxlen=RECENT)
    return OpenVisit(**fields | {"recent": recent, "basket": baskets[kept.basket]})
