"""Saved models of intent: arrays, the features they were made for, and when an offer pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ml.intent.classifiers import BoostedTrees, Calibrated, Forest, Linear, Network, Scaling
from ml.intent.drift import BINS, Histograms
from ml.intent.features import FEATURES, VERSION
from ml.intent.intent_model import IntentModel
from ml.intent.offers import Offer
from ml.intent.tree_ensemble import LEAF, TreeEnsemble
from ml.saved_models import SavedModel, read_model, write_model
from ml.tensor_files import ArtifactRefused

if TYPE_CHECKING:
    from pathlib import Path

    from ml.intent.classifiers import Classifier
    from ml.tensor_files import Arrays

FORMAT = "footfall-intent-1"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model, and what made it: whatever the trainer knows."""

    model: IntentModel
    about: dict[str, Any]


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What of a model is no array. ``slope``, ``intercept``: of its calibration."""

    target: str
    name: str
    feature_version: int
    slope: float
    intercept: float
    start: float = 0.0  # of trees; of a linear model its bias
    layers: int = 0
    offer: Offer


def save(path: Path, artifact: Artifact) -> None:
    """Write the file, whole or not at all."""
    model = artifact.model
    calibrated = model.classifier
    if not isinstance(calibrated, Calibrated):
        calibrated = Calibrated(calibrated, 1.0, 0.0)
    kind, arrays, own = _parts_of(calibrated.classifier)
    settings = _Settings(
        target=model.target,
        name=model.name,
        feature_version=VERSION,
        slope=calibrated.slope,
        intercept=calibrated.intercept,
        offer=model.offer,
        **own,
    )
    arrays |= {
        "histograms.edges": model.histograms.edges,
        "histograms.shares": model.histograms.shares,
    }
    saved = SavedModel(kind, msgspec.json.encode(settings), FEATURES, arrays, artifact.about)
    write_model(path, FORMAT, saved)


def load(path: Path) -> Artifact:
    """Read a saved model; anything else raises ArtifactRefused, a missing file OSError.

    One that was made for other features is refused: it would answer to what it never saw.
    """
    saved = read_model(path, FORMAT)
    try:
        settings = msgspec.json.decode(saved.settings, type=_Settings)
        _check_features(path, saved, settings)
        classifier = Calibrated(
            _classifier(saved.kind, saved.arrays, settings), settings.slope, settings.intercept
        )
        edges, shares = (saved.arrays[f"histograms.{name}"] for name in ("edges", "shares"))
        _check(edges.shape == (len(FEATURES), BINS + 1), "edges of histograms")
        _check(shares.shape == (len(FEATURES), BINS + 3), "shares of histograms")
    except ArtifactRefused:
        raise
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ArtifactRefused(f"{path}: not the parts of a {saved.kind}: {error}") from error
    histograms = Histograms(edges, shares)
    model = IntentModel(settings.target, settings.name, classifier, settings.offer, histograms)
    return Artifact(model, saved.about)


_TREES = ("feature", "threshold", "left", "right", "missing_left", "value", "roots")


def _parts_of(classifier: Classifier) -> tuple[str, Arrays, dict[str, Any]]:
    """Return (kind, arrays, settings of its own)."""
    match classifier:
        case BoostedTrees() | Forest():
            trees = classifier.trees
            arrays = {name: getattr(trees, name) for name in _TREES}
            kind = "boosted trees" if isinstance(classifier, BoostedTrees) else "forest"
            return kind, arrays, {"start": trees.start}
        case Linear():
            arrays = {**_scaling_parts(classifier.scaling), "weights": classifier.weights}
            return "linear", arrays, {"start": classifier.bias}
        case Network():
            arrays = _scaling_parts(classifier.scaling)
            for n, (weight, bias) in enumerate(
                zip(classifier.weights, classifier.biases, strict=True)
            ):
                arrays |= {f"weight.{n}": weight, f"bias.{n}": bias}
            return "network", arrays, {"layers": len(classifier.weights)}
        case _:
            raise TypeError(f"{type(classifier).__name__} cannot be saved")


def _classifier(kind: str, arrays: Arrays, settings: _Settings) -> Classifier:
    if kind in {"boosted trees", "forest"}:
        parts = {name: arrays[name] for name in _TREES}
        _check_trees(parts)
        trees = TreeEnsemble(**parts, start=settings.start)
        return BoostedTrees(trees) if kind == "boosted trees" else Forest(trees)
    if kind == "linear":
        _check(arrays["weights"].shape == (len(FEATURES),), "weights")
        return Linear(_scaling(arrays), arrays["weights"], settings.start)
    if kind == "network":
        weights = tuple(arrays[f"weight.{n}"] for n in range(settings.layers))
        biases = tuple(arrays[f"bias.{n}"] for n in range(settings.layers))
        widths = [len(FEATURES), *(len(bias) for bias in biases)]
        _check(bool(weights) and widths[-1] == 1, "a last layer of one number")
        for n, weight in enumerate(weights):
            _check(weight.shape == (widths[n + 1], widths[n]), f"weight {n}")
        return Network(_scaling(arrays), weights, biases)
    raise ArtifactRefused(f"a {kind} is unknown to this version")


def _scaling_parts(scaling: Scaling) -> Arrays:
    return {"scaling.mean": scaling.mean, "scaling.spread": scaling.spread}


def _scaling(arrays: Arrays) -> Scaling:
    mean, spread = arrays["scaling.mean"], arrays["scaling.spread"]
    _check(mean.shape == spread.shape == (len(FEATURES),), "scaling")
    return Scaling(mean, spread)


def _check_features(path: Path, saved: SavedModel, settings: _Settings) -> None:
    if settings.feature_version != VERSION or saved.columns != FEATURES:
        raise ArtifactRefused(
            f"{path} was made for version {settings.feature_version} of the features;"
            f" this is version {VERSION}: train anew"
        )


def _check_trees(parts: Arrays) -> None:
    """Refuse trees that ask for what is not there, or in which a path never ends."""
    feature, roots = parts["feature"], parts["roots"]
    nodes = np.arange(len(feature))
    _check(
        all(parts[name].shape == nodes.shape for name in _TREES if name != "roots"),
        "as many of each part of a node",
    )
    _check(((feature >= LEAF) & (feature < len(FEATURES))).all(), "features of nodes")
    for name in ("left", "right"):
        is_after = (parts[name] > nodes) & (parts[name] < len(nodes))
        _check(is_after[feature != LEAF].all(), "children of nodes")
    _check(((roots >= 0) & (roots < len(nodes))).all(), "roots")


def _check(holds: object, wanted: str) -> None:
    if not holds:
        raise ValueError(f"its {wanted} cannot be right")
