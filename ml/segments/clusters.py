"""Behaviour clusters: k-means on scaled features, as many groups as come back on resampling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from domain.segmentation import Clusters
from ml.saved_models import SavedModel, read_model, write_model
from ml.segments.cannot_fit import CannotFit
from ml.segments.features import PLAIN, features, in_words, main_categories
from ml.tensor_files import ArtifactRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from ml.segments.shopper_numbers import ShopperNumbers

    Matrix = NDArray[np.float64]

FORMAT = "footfall-customer-clusters-1"
FEWEST = 100
MOST_LEARNT = 20_000
MOST_CLUSTERS = 8
RESAMPLES = 10
STABLE = 0.8
"""From this adjusted Rand index on, groupings of resampled customers count as the same."""
COMPARED = 2_000
CUT = 1.0  # percent at either end
CLEAR = 0.5
"""A centroid so many standard deviations from the usual is worth a word."""
MOST_WORDS = 3


class Stability(msgspec.Struct, frozen=True):
    """How well so many clusters did: the adjusted Rand index over resamples, and silhouette."""

    clusters: int
    rand_index: float
    silhouette: float


def fit_clusters(
    shoppers: Sequence[ShopperNumbers], as_of: datetime, *, seed: int = 1
) -> tuple[Clusters, list[Stability]]:
    """Group customers; return the groups, and how each number of them did.

    Of the numbers that are stable, the one with the best silhouette; where none is, the most
    stable. Raises CannotFit.
    """
    if len(shoppers) < FEWEST:
        raise CannotFit(f"{len(shoppers)} customers; {FEWEST} are needed")
    chance = np.random.default_rng(seed)
    if len(shoppers) > MOST_LEARNT:
        taken = np.sort(chance.choice(len(shoppers), MOST_LEARNT, replace=False))
        shoppers = [shoppers[n] for n in taken]
    categories = main_categories(shoppers)
    raw = np.array([features(each, as_of, categories) for each in shoppers])
    lowest, highest = np.percentile(raw, [CUT, 100 - CUT], axis=0)
    cut = np.clip(raw, lowest, highest)
    centre, spread = cut.mean(axis=0), cut.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)  # noqa: PLR2004 - what never varies tells nothing
    points = (cut - centre) / scale
    if len(np.unique(points, axis=0)) < MOST_CLUSTERS:
        raise CannotFit("the customers are too much alike")
    tried = [_try(points, k, chance, seed) for k in range(2, MOST_CLUSTERS + 1)]
    stable = [each for each in tried if each.rand_index >= STABLE]
    best = (
        max(stable, key=lambda each: each.silhouette)
        if stable
        else max(tried, key=lambda each: each.rand_index)
    )
    centroids, labels = _k_means(points, best.clusters, seed)
    order = np.argsort(-np.bincount(labels, minlength=best.clusters), kind="stable")
    names = (*PLAIN, *(f"category:{name}" for name in categories))
    found = Clusters(
        features=names,
        categories=categories,
        lowest=tuple(lowest.tolist()),
        highest=tuple(highest.tolist()),
        centre=tuple(centre.tolist()),
        scale=tuple(scale.tolist()),
        centroids=tuple(tuple(each) for each in centroids[order].tolist()),
        words=tuple(_words(names, centroid) for centroid in centroids[order]),
        stability=best.rand_index,
        silhouette=best.silhouette,
    )
    return found, tried


def nearest(clusters: Clusters, row: Sequence[float]) -> int:
    """Return the cluster, from 0, whose centroid is nearest to these features.

    In plain floats, one after the other: the same for one customer as for many.
    """
    place = [
        (min(max(value, low), high) - centre) / scale
        for value, low, high, centre, scale in zip(
            row,
            clusters.lowest,
            clusters.highest,
            clusters.centre,
            clusters.scale,
            strict=True,
        )
    ]
    distances = [
        sum((value - at) ** 2 for value, at in zip(place, centroid, strict=True))
        for centroid in clusters.centroids
    ]
    return distances.index(min(distances))


_PARTS = ("lowest", "highest", "centre", "scale", "centroids")


def save(path: Path, clusters: Clusters) -> None:
    """Write the clusters as a model's file."""
    arrays = {name: np.array(getattr(clusters, name), np.float64) for name in _PARTS}
    said = {
        name: getattr(clusters, name) for name in ("categories", "words", "stability", "silhouette")
    }
    write_model(path, FORMAT, SavedModel("k-means", b"{}", clusters.features, arrays, said))


def load(path: Path) -> Clusters:
    """Read clusters; anything else raises ArtifactRefused, a missing file OSError."""
    saved = read_model(path, FORMAT)
    parts = {name: array.tolist() for name, array in saved.arrays.items()}
    try:
        return msgspec.convert({"features": saved.columns, **parts, **saved.about}, Clusters)
    except msgspec.ValidationError as error:
        raise ArtifactRefused(f"{path}: not the parts of clusters: {error}") from error


def _try(points: Matrix, k: int, chance: np.random.Generator, seed: int) -> Stability:
    from sklearn.metrics import adjusted_rand_score, silhouette_score  # noqa: PLC0415 - as below

    _, labels = _k_means(points, k, seed)
    agreed = []
    for n in range(RESAMPLES):
        drawn = points[chance.integers(0, len(points), len(points))]
        centroids, _ = _k_means(drawn, k, seed + n)
        agreed.append(adjusted_rand_score(labels, _assigned(points, centroids)))
    shown = chance.permutation(len(points))[:COMPARED]
    are_apart = len(np.unique(labels[shown])) > 1
    silhouette = float(silhouette_score(points[shown], labels[shown])) if are_apart else 0.0
    return Stability(k, float(np.mean(agreed)), silhouette)


def _k_means(points: Matrix, k: int, seed: int) -> tuple[Matrix, NDArray[np.int64]]:
    from sklearn.cluster import KMeans  # noqa: PLC0415 - a second that who only assigns can spare
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - as above

    with threadpool_limits(1):  # on so few points, threads that wait for each other cost most
        found = KMeans(k, n_init=3, random_state=seed).fit(points)
    return np.asarray(found.cluster_centers_), np.asarray(found.labels_, np.int64)


def _assigned(points: Matrix, centroids: Matrix) -> NDArray[np.int64]:
    return np.asarray(((points[:, None, :] - centroids) ** 2).sum(axis=2).argmin(axis=1))


def _words(names: Sequence[str], centroid: Matrix) -> str:
    order = sorted(range(len(names)), key=lambda n: -abs(centroid[n]))
    told = [in_words(names[n], float(centroid[n])) for n in order if abs(centroid[n]) >= CLEAR]
    return ", ".join(told[:MOST_WORDS]) or "close to the usual customer"
