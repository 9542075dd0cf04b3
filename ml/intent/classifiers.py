"""Classifiers of one shape: features in, log odds out, and what each feature did to them.

Trees by scikit-learn, a small network by torch, a logistic regression beside them as the baseline
anyone understands. What is kept of each is arrays: a saved classifier is data, and serving needs
neither of the two libraries.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np
import torch
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from ml.intent.tree_ensemble import TreeEnsemble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ml.intent.tree_ensemble import Matrix

LEAST_PROBABILITY = 1e-4
"""What a leaf without a positive stands for: a forest is never certain."""


class Classifier(Protocol):
    """Fitted and never changed."""

    def log_odds(self, rows: Matrix) -> Matrix:
        """Return (rows,) the log odds of (rows, features) float32, each row on its own."""
        ...

    def contributions(self, rows: Matrix) -> Matrix:
        """Return (rows, features): what each feature adds to the log odds, next to a mean row."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BoostedTrees:
    trees: TreeEnsemble

    def log_odds(self, rows: Matrix) -> Matrix:
        return self.trees.predict(rows)

    def contributions(self, rows: Matrix) -> Matrix:
        return self.trees.contributions(rows)[0]


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """One tree or many; their probabilities are averaged."""

    trees: TreeEnsemble

    def log_odds(self, rows: Matrix) -> Matrix:
        return _log_odds(self.trees.predict(rows))

    def contributions(self, rows: Matrix) -> Matrix:
        """Share the distance in log odds as the paths share the distance in probability."""
        shares, mean = self.trees.contributions(rows)
        apart = shares.sum(axis=1, keepdims=True)
        distance = _log_odds(mean + apart) - _log_odds(np.full((1, 1), mean))
        level = np.abs(apart) < 1e-12  # noqa: PLR2004 - rounding
        return np.where(level, 0.0, shares / np.where(level, 1, apart) * distance)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Logarithms of amounts, each with mean 0 and spread 1; an unknown amount is the mean."""

    mean: Matrix
    spread: Matrix

    @classmethod
    def of(cls, rows: Matrix) -> Scaling:
        logs = _signed_logs(rows)
        known = np.maximum(np.count_nonzero(~np.isnan(logs), axis=0), 1)
        mean = np.nansum(logs, axis=0) / known
        spread = np.sqrt(np.nansum((logs - mean) ** 2, axis=0) / known)
        return cls(mean, np.where(spread > 0, spread, 1.0))

    def __call__(self, rows: Matrix) -> Matrix:
        return np.nan_to_num((_signed_logs(rows) - self.mean) / self.spread)


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    scaling: Scaling
    weights: Matrix  # (features,)
    bias: float

    def log_odds(self, rows: Matrix) -> Matrix:
        return self.scaling(rows) @ self.weights + self.bias

    def contributions(self, rows: Matrix) -> Matrix:
        return self.scaling(rows) * self.weights


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Layers with rectifiers between; answered by numpy."""

    scaling: Scaling
    weights: tuple[Matrix, ...]  # (out, in) each
    biases: tuple[Matrix, ...]

    def log_odds(self, rows: Matrix) -> Matrix:
        return self._answer(self.scaling(rows))

    def contributions(self, rows: Matrix) -> Matrix:
        """Return how the log odds change when a feature alone goes to its mean."""
        scaled = self.scaling(rows)
        answer = self._answer(scaled)
        found = np.empty(scaled.shape)
        for feature in range(scaled.shape[1]):
            without = scaled.copy()
            without[:, feature] = 0
            found[:, feature] = answer - self._answer(without)
        return found

    def _answer(self, scaled: Matrix) -> Matrix:
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            scaled = np.maximum(scaled @ weight.T + bias, 0)
        return (scaled @ self.weights[-1].T + self.biases[-1])[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """A classifier whose log odds were laid on what happened later (Platt 1999)."""

    classifier: Classifier
    slope: float
    intercept: float

    def log_odds(self, rows: Matrix) -> Matrix:
        return self.slope * self.classifier.log_odds(rows) + self.intercept

    def contributions(self, rows: Matrix) -> Matrix:
        return self.slope * self.classifier.contributions(rows)


def probabilities(classifier: Classifier, rows: Matrix) -> Matrix:
    """Return (rows,) the probability of each row."""
    return expit(classifier.log_odds(rows))  # type: ignore[no-any-return]


def calibrate(classifier: Classifier, rows: Matrix, happened: Matrix) -> Classifier:
    """Return the classifier with its log odds laid on later cases; as it is where all are alike."""
    if happened.min() == happened.max():
        return classifier
    odds = classifier.log_odds(rows)[:, None]
    fitted = LogisticRegression(C=1e3).fit(odds, happened)
    return Calibrated(classifier, float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


def fit_tree(rows: Matrix, happened: Matrix, seed: int) -> Classifier:
    """Return one tree that a person can read."""
    tree = DecisionTreeClassifier(max_leaf_nodes=24, min_samples_leaf=40, random_state=seed)
    return Forest(TreeEnsemble.of_forest(tree.fit(rows, happened)))


def fit_forest(rows: Matrix, happened: Matrix, seed: int) -> Classifier:
    forest = RandomForestClassifier(200, min_samples_leaf=5, max_features=0.3, random_state=seed)
    return Forest(TreeEnsemble.of_forest(forest.fit(rows, happened)))


def fit_boosting(rows: Matrix, happened: Matrix, seed: int) -> Classifier:
    """Return many small trees, each learning slowly from what those before got wrong."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.04,
        max_iter=150,
        max_leaf_nodes=12,
        min_samples_leaf=30,
        l2_regularization=3.0,
        early_stopping=False,
        random_state=seed,
    )
    # The library cannot bin a column that is never known; as a constant it is never asked for.
    known = np.where(np.isnan(rows).all(axis=0), np.float32(0), rows)
    return BoostedTrees(TreeEnsemble.of_boosting(model.fit(known, happened)))


def fit_linear(rows: Matrix, happened: Matrix, seed: int) -> Classifier:
    scaling = Scaling.of(rows)
    model = LogisticRegression(C=0.1, max_iter=1_000, random_state=seed)
    model.fit(scaling(rows), happened)
    return Linear(scaling, model.coef_[0].astype(np.float64), float(model.intercept_[0]))


class NetworkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the network learns; the last tenth of the rows says when to stop."""

    widths: tuple[int, ...] = (64, 32)
    dropout: float = 0.3
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    batch: int = 256
    epochs: int = 60
    patience: int = 6


def fit_network(
    rows: Matrix, happened: Matrix, seed: int, settings: NetworkSettings | None = None
) -> Classifier:
    settings = settings or NetworkSettings()
    scaling = Scaling.of(rows)
    order = np.random.default_rng(seed).permutation(len(rows))
    inputs = torch.tensor(scaling(rows)[order], dtype=torch.float32)
    targets = torch.tensor(happened[order], dtype=torch.float32)
    cut = len(rows) - max(1, len(rows) // 10)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        best = _train(inputs, targets, cut, settings)
    layers = [each for each in best if isinstance(each, nn.Linear)]
    return Network(
        scaling,
        tuple(each.weight.detach().numpy().astype(np.float64) for each in layers),
        tuple(each.bias.detach().numpy().astype(np.float64) for each in layers),
    )


def _train(
    inputs: torch.Tensor, targets: torch.Tensor, cut: int, settings: NetworkSettings
) -> nn.Sequential:
    widths = (inputs.shape[1], *settings.widths)
    hidden = [
        part
        for narrow, wide in itertools.pairwise(widths)
        for part in (nn.Linear(narrow, wide), nn.ReLU(), nn.Dropout(settings.dropout))
    ]
    network = nn.Sequential(*hidden, nn.Linear(widths[-1], 1))
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    loss_of = nn.BCEWithLogitsLoss()
    least, kept, worse = np.inf, {}, 0
    for _ in range(settings.epochs):
        network.train()
        for some in torch.split(torch.randperm(cut), settings.batch):
            optimizer.zero_grad()
            loss_of(network(inputs[some])[:, 0], targets[some]).backward()
            optimizer.step()
        network.eval()
        with torch.inference_mode():
            loss = float(loss_of(network(inputs[cut:])[:, 0], targets[cut:]))
        if loss < least:
            least, worse = loss, 0
            kept = {name: part.clone() for name, part in network.state_dict().items()}
        elif (worse := worse + 1) == settings.patience:
            break
    network.load_state_dict(kept)
    return network.eval()


FITS: Mapping[str, Callable[[Matrix, Matrix, int], Classifier]] = {
    "logistic regression": fit_linear,
    "decision tree": fit_tree,
    "random forest": fit_forest,
    "gradient boosting": fit_boosting,
    "network": fit_network,
}


def _signed_logs(rows: Matrix) -> Matrix:
    return np.sign(rows) * np.log1p(np.abs(rows))


def _log_odds(probability: Matrix) -> Matrix:
    return logit(np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))  # type: ignore[no-any-return]
