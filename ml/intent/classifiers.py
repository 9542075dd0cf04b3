"""Classifiers of one shape: features in, log odds out, and what each feature did to them.

What is kept of each is arrays: a saved classifier is data, and serving needs none of the libraries
that grew it. A row is answered alike to the last bit, alone and among others: so a replay finds the
scores of the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    from ml.intent.tree_ensemble import Matrix, TreeEnsemble

LEAST_PROBABILITY = 1e-4
"""What a leaf without a positive stands for: nobody is certain."""


class Explained(NamedTuple):
    """(rows,) log odds, and (rows, features): what each feature adds, next to a mean row."""

    log_odds: Matrix
    contributions: Matrix


class Classifier(Protocol):
    """Fitted and never changed."""

    def log_odds(self, rows: Matrix) -> Matrix:
        """Return (rows,) the log odds of (rows, features) float32, each row on its own."""
        ...

    def explained(self, rows: Matrix) -> Explained:
        """Return the same log odds, and what each feature adds to them."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BoostedTrees:
    trees: TreeEnsemble

    def log_odds(self, rows: Matrix) -> Matrix:
        return self.trees.predict(rows)

    def explained(self, rows: Matrix) -> Explained:
        log_odds, shares, _ = self.trees.explained(rows)
        return Explained(log_odds, shares)


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """One tree or many; their probabilities are averaged."""

    trees: TreeEnsemble

    def log_odds(self, rows: Matrix) -> Matrix:
        return _log_odds(self.trees.predict(rows))

    def explained(self, rows: Matrix) -> Explained:
        """Share the distance in log odds as the paths share the distance in probability."""
        answers, shares, mean = self.trees.explained(rows)
        apart = shares.sum(axis=1, keepdims=True)
        distance = _log_odds(mean + apart) - _log_odds(np.full((1, 1), mean))
        level = np.abs(apart) < 1e-12  # noqa: PLR2004 - rounding
        contributions = np.where(level, 0.0, shares / np.where(level, 1, apart) * distance)
        return Explained(_log_odds(answers), contributions)


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
        return self.explained(rows).log_odds

    def explained(self, rows: Matrix) -> Explained:
        added = self.scaling(rows) * self.weights
        return Explained(added.sum(axis=1) + self.bias, added)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Layers with rectifiers between; answered by numpy."""

    scaling: Scaling
    weights: tuple[Matrix, ...]  # (out, in) each
    biases: tuple[Matrix, ...]

    def log_odds(self, rows: Matrix) -> Matrix:
        return self._answer(self.scaling(rows))

    def explained(self, rows: Matrix) -> Explained:
        """Tell how the log odds change when a feature alone goes to its mean."""
        scaled = self.scaling(rows)
        log_odds = self._answer(scaled)
        first = scaled @ self.weights[0].T + self.biases[0]
        # (rows, features, out): the first layer less what each feature gives to it.
        layer = first[:, None, :] - scaled[:, :, None] * self.weights[0].T
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            layer = np.maximum(layer, 0) @ weight.T + bias
        return Explained(log_odds, log_odds[:, None] - layer[:, :, 0])

    def _answer(self, scaled: Matrix) -> Matrix:
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            scaled = np.maximum(_products(scaled, weight) + bias, 0)
        return (_products(scaled, self.weights[-1]) + self.biases[-1])[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """A classifier whose log odds were laid on what happened later (Platt 1999)."""

    classifier: Classifier
    slope: float
    intercept: float

    def log_odds(self, rows: Matrix) -> Matrix:
        return self.slope * self.classifier.log_odds(rows) + self.intercept

    def explained(self, rows: Matrix) -> Explained:
        log_odds, contributions = self.classifier.explained(rows)
        return Explained(self.slope * log_odds + self.intercept, self.slope * contributions)


def probabilities(classifier: Classifier, rows: Matrix) -> Matrix:
    """Return (rows,) the probability of each row."""
    return expit(classifier.log_odds(rows))  # type: ignore[no-any-return]


def _products(rows: Matrix, weights: Matrix) -> Matrix:
    """Return (rows, out) for (rows, in) and (out, in), each row added up in the same order.

    The usual product of matrices adds up in an order that depends on how many rows there are; so
    would this, were the weights not laid out row by row. Few rows are taken at once, of many one
    column after the other, which needs no room.
    """
    if len(rows) < len(weights):
        return (rows[:, None, :] * weights).sum(axis=2)  # type: ignore[no-any-return]
    return np.stack([(rows * each).sum(axis=1) for each in weights], axis=1)


def _signed_logs(rows: Matrix) -> Matrix:
    return np.sign(rows) * np.log1p(np.abs(rows))


def _log_odds(probability: Matrix) -> Matrix:
    return logit(np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))  # type: ignore[no-any-return]
