"""The next basket of customers who bought before, foreseen from their baskets so far.

    footfall bench baskets FILE

FILE is UCI's Online Retail. The last four weeks are the test, the four before them weigh the
blend; models learn from baskets before, each after the customer's latest products until then.
Every product is ranked, those bought before included. ``top personal`` is what repeat buyers are
hard to beat with: the customer's own products by how often, then how lately they were bought.
"""

from __future__ import annotations

import sys
import time
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import msgspec
import numpy as np

from benchmarks.online_retail import touches_of
from benchmarks.report import Report
from ml.recommendation.blend import Blend
from ml.recommendation.content import ContentSimilarity
from ml.recommendation.descriptions import ProductContent
from ml.recommendation.item_neighbours import ItemNeighbours
from ml.recommendation.popularity import Popularity
from ml.recommendation.ranking_metrics import bootstrap
from ml.recommendation.revisits import Revisits
from ml.recommendation.sequence_model import SequenceModel
from ml.recommendation.sessions import EventKind, Sessions, Vocabulary
from ml.recommendation.training import Task, TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ml.recommendation.recommender import Recommender
    from ml.recommendation.sessions import Floats, Ints

DAYS = 28
LONGEST_CONTEXT = 200  # products
BEFORE_A_BASKET = 15  # products before one that is learnt from
WEIGHED_CASES = 2_500
TEST_BASKETS = 1_200
BATCH = 128
SETTINGS = TrainingSettings(seed=1, epochs=3)
MEASURES = ("p10", "recall10", "recall20", "mrr", "ndcg20")


class Basket(NamedTuple):
    """``before``: the customer's products until then, the latest last, once for each basket."""

    customer: str
    at: float
    products: list[str]
    before: list[str]


class Personal:
    """Ranks a customer's own products, then the popular ones."""

    name: ClassVar[str] = "top personal"

    def __init__(self, popular: Floats) -> None:
        self._fallback = popular / (popular.sum() + 1) * 1e-3

    def predict(self, contexts: Sessions) -> Floats:
        scores = np.tile(self._fallback, (len(contexts), 1)).astype(np.float64)
        lately = 0.5 * 0.999**contexts.steps_to_end
        latest = np.zeros_like(scores)
        np.maximum.at(latest, (contexts.owners, contexts.items), lately)
        np.add.at(scores, (contexts.owners, contexts.items), 1.0)
        return (scores + latest).astype(np.float32)


class Row(msgspec.Struct):
    """One model on the test baskets, in percent; bounds of 95 % of bootstrapped customers."""

    model: str
    values: dict[str, float]
    bounds: dict[str, tuple[float, float]]


class BasketsReport(Report, kw_only=True):
    rows: list[Row]

    def as_table(self) -> str:
        """Return a line for each model."""
        lines = [f"{'':<24}" + "".join(f"{measure:>24}" for measure in MEASURES)]
        for row in sorted(self.rows, key=lambda each: each.values["recall20"]):
            cells = (
                f"{row.values[m]:.2f} ({row.bounds[m][0]:.2f}-{row.bounds[m][1]:.2f})"
                for m in MEASURES
            )
            lines.append(f"{row.model:<24}" + "".join(f"{cell:>24}" for cell in cells))
        return "\n".join([*lines, super().as_table()])


def run(path: Path) -> BasketsReport:
    """Train on what came first, weigh, train again on all before the test, and measure."""
    started = time.monotonic()
    names: dict[str, str] = {}
    baskets = baskets_of(path, names)
    end = baskets[-1].at + 1
    weighed_from, tested_from = end - 2 * DAYS * 86_400, end - DAYS * 86_400
    early = [each for each in baskets if each.at < weighed_from]
    known = [each for each in baskets if each.at < tested_from]
    later = [each for each in known[len(early) :] if each.before]
    test = [each for each in baskets[len(known) :] if each.before]
    if len(test) > TEST_BASKETS:
        drawn = np.random.default_rng(1).permutation(len(test))[:TEST_BASKETS]
        test = [test[n] for n in sorted(drawn.tolist())]

    models, vocabulary = learnt_from(early, names)
    blend = Blend.fit(models, *_weighing(later, vocabulary))
    say(f"blend: {dict(zip([each.name for each in models], blend.weights, strict=True))}")
    models, vocabulary = learnt_from(known, names)
    bought = np.bincount(
        [vocabulary.number(p) or 0 for each in known for p in each.products],
        minlength=len(vocabulary),
    )
    shown = [
        each for each in models if isinstance(each, Popularity | ItemNeighbours | SequenceModel)
    ]
    rows = [
        measured(model, test, vocabulary)
        for model in (*shown, Personal(bought.astype(np.float32)), blend.of(models))
    ]
    of = {row.model: row.values for row in rows}
    keys = {
        "blend": Blend.name,
        "popularity": Popularity.name,
        "personal": Personal.name,
        "neighbours": ItemNeighbours.name,
        "neural": SequenceModel.name,
    }
    baseline = max(of[Popularity.name]["recall20"], of[Personal.name]["recall20"])
    return BasketsReport(
        name="baskets",
        metrics={
            **{f"{key}_{m}": of[name][m] for key, name in keys.items() for m in MEASURES},
            "test_baskets": len(test),
            "training_baskets": len(known),
            "products": len(vocabulary),
            "minutes": (time.monotonic() - started) / 60,
        },
        ratios={
            "blend_vs_best_baseline_recall20": of[Blend.name]["recall20"] / baseline,
            "blend_vs_personal_ndcg20": of[Blend.name]["ndcg20"] / of[Personal.name]["ndcg20"],
        },
        rows=rows,
    )


def baskets_of(path: Path, names: dict[str, str]) -> list[Basket]:
    """Return the baskets of known customers, the earliest first."""
    history: dict[str, list[str]] = {}
    found = []
    touches = sorted(touches_of(path, names), key=lambda touch: (touch.at, touch.visitor))
    for (at, customer), bought in groupby(touches, key=lambda touch: (touch.at, touch.visitor)):
        products = list(dict.fromkeys(touch.product_id for touch in bought))
        before = history.setdefault(customer, [])
        found.append(Basket(customer, at, products, before[-LONGEST_CONTEXT:]))
        before += products
    return found


def learnt_from(
    baskets: Sequence[Basket], names: dict[str, str]
) -> tuple[list[Recommender], Vocabulary]:
    """Return components that learnt from each basket behind what came before it."""
    vocabulary = Vocabulary.of(each.products for each in baskets)
    windows = _contexts(
        (each.before[-BEFORE_A_BASKET:] + each.products for each in baskets), vocabulary
    )
    content = ContentSimilarity.fit([ProductContent(text=names[p]) for p in vocabulary.products])
    task = Task(content, SETTINGS, lambda name, told: say(f"{name} {told.done} of {told.of}"))
    components, _ = task.components(windows)
    return [*components, Revisits.fit(windows, len(vocabulary))], vocabulary


def measured(model: Recommender | Personal, test: Sequence[Basket], vocabulary: Vocabulary) -> Row:
    """Return how well a model ranks what is in each basket; an unknown product is a miss."""
    cells: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    for start in range(0, len(test), BATCH):
        some = test[start : start + BATCH]
        scores = model.predict(_contexts((each.before for each in some), vocabulary))
        for row, basket in zip(scores, some, strict=True):
            targets = [n for p in basket.products if (n := vocabulary.number(p)) is not None]
            places = np.sort([np.count_nonzero(row >= row[target]) for target in targets])
            for measure, value in _measures(places, len(basket.products)).items():
                cells[measure].append(value)
    whose = np.unique([each.customer for each in test], return_inverse=True)[1]
    found = {m: bootstrap(np.array(cells[m], np.float32), whose) for m in MEASURES}
    say(f"{model.name}: { ({m: round(found[m].value * 100, 2) for m in MEASURES}) }")
    return Row(
        model.name,
        {m: found[m].value * 100 for m in MEASURES},
        {m: (found[m].low * 100, found[m].high * 100) for m in MEASURES},
    )


def _measures(places: Ints, size: int) -> dict[str, float]:
    def hits(k: int) -> int:
        return int(np.count_nonzero(places <= k))

    in_list = places[places <= 20]
    ideal = float((1 / np.log2(np.arange(min(size, 20)) + 2)).sum())
    return {
        "p10": hits(10) / 10,
        "recall10": hits(10) / size,
        "recall20": hits(20) / size,
        "mrr": 1 / float(places[0]) if len(places) else 0.0,
        "ndcg20": float((1 / np.log2(in_list + 1)).sum()) / ideal,
    }


def _weighing(baskets: Sequence[Basket], vocabulary: Vocabulary) -> tuple[Sessions, Ints]:
    """Return contexts, and a product of the basket that followed each."""
    random = np.random.default_rng(1)
    pairs = [
        (each.before, number)
        for each in baskets
        for product in random.permutation(each.products)[:3].tolist()
        if (number := vocabulary.number(product)) is not None
    ]
    chosen = [pairs[n] for n in sorted(random.permutation(len(pairs))[:WEIGHED_CASES].tolist())]
    contexts = _contexts((before for before, _ in chosen), vocabulary)
    return contexts, np.array([number for _, number in chosen])


def _contexts(sequences: Iterable[list[str]], vocabulary: Vocabulary) -> Sessions:
    contexts = Sessions.of_products(sequences, vocabulary)
    kinds = np.full(len(contexts.items), EventKind.PURCHASED, np.int8)
    return Sessions(contexts.items, contexts.offsets, kinds)


def say(what: str) -> None:
    """Tell on stderr how far the run is; stdout is for the result."""
    print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)
