"""Grows classifiers: trees by scikit-learn, a small network by torch, and beside them a logistic
regression as the baseline anyone understands.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from ml.intent.classifiers import BoostedTrees, Calibrated, Forest, Linear, Network, Scaling
from ml.intent.tree_ensemble import TreeEnsemble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ml.intent.classifiers import Classifier
    from ml.intent.tree_ensemble import Matrix


def calibrate(classifier: Classifier, rows: Matrix, happened: Matrix) -> Classifier:
    """Return the classifier with its log odds laid on later cases; as it is where all are alike."""
    if happened.min() == happened.max():
        return classifier
    odds = classifier.log_odds(rows)[:, None]
    fitted = LogisticRegression(C=1e3).fit(odds, happened)
    return Calibrated(classifier, float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


TREES = 100
LEAVES = 2_000
DEPTH = 12
"""A forest has so many trees; a tree has about so many leaves at most, and so many questions on the
way to one: it has to be loaded, and to answer in time.
"""


def fit_tree(rows: Matrix, happened: Matrix, seed: int) -> Classifier:
    """Return one tree that a person can read."""
    tree = DecisionTreeClassifier(max_leaf_nodes=24, min_samples_leaf=40, random_state=seed)
    return Forest(TreeEnsemble.of_forest(tree.fit(rows, happened)))


def fit_forest(rows: Matrix, happened: Matrix, seed: int) -> Classifier:
    least = max(5, len(rows) // LEAVES)
    forest = RandomForestClassifier(
        TREES, max_depth=DEPTH, min_samples_leaf=least, max_features=0.3, random_state=seed
    )
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
