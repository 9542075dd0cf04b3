"""Decision trees as plain arrays: one answer for a tree, a forest and boosted trees alike.

scikit-learn grows them; what is kept and served is this. So an artifact holds numbers and no code,
one row takes microseconds, and every score can be laid out by the splits that led to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.tree import DecisionTreeClassifier

Matrix = NDArray[np.float64]
Numbers = NDArray[np.int64]
LEAF = -1


@dataclass(frozen=True, slots=True, eq=False)
class TreeEnsemble:
    """Trees whose answers add up.

    ``feature``: (nodes,) which one a node asks for, LEAF at the end. ``threshold``: (nodes,) what
    goes left is not above it. ``left``, ``right``: (nodes,). ``missing_left``: (nodes,) where NaN
    goes. ``value``: (nodes,) what the rows of the training that came there answer on average.
    ``roots``: (trees,). ``start``: what every answer begins with.
    """

    feature: Numbers
    threshold: Matrix
    left: Numbers
    right: Numbers
    missing_left: NDArray[np.bool_]
    value: Matrix
    roots: Numbers
    start: float

    def predict(self, rows: Matrix) -> Matrix:
        """Return (rows,) the sum of the trees' answers to (rows, features)."""
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        while True:
            asked = self.feature[node]
            if (asked == LEAF).all():
                return self.start + self.value[node].sum(axis=1)  # type: ignore[no-any-return]
            node = self._next(rows, node, asked)

    def contributions(self, rows: Matrix) -> tuple[Matrix, float]:
        """Return (rows, features) and what every answer has in common; each row adds up to both.

        A feature's share is how far the splits on it moved the mean answer along the paths taken
        (Saabas, Interpreting random forests, 2014).
        """
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        found = np.zeros(rows.shape)
        numbers = np.broadcast_to(np.arange(len(rows))[:, None], node.shape)
        while True:
            asked = self.feature[node]
            moves = asked != LEAF
            if not moves.any():
                return found, self.start + float(self.value[self.roots].sum())
            following = self._next(rows, node, asked)
            change = self.value[following] - self.value[node]
            np.add.at(found, (numbers[moves], asked[moves]), change[moves])
            node = following

    def _next(self, rows: Matrix, node: Numbers, asked: Numbers) -> Numbers:
        answer = np.take_along_axis(rows, np.maximum(asked, 0), axis=1)
        goes_left = np.where(
            np.isnan(answer), self.missing_left[node], answer <= self.threshold[node]
        )
        return np.where(asked == LEAF, node, np.where(goes_left, self.left[node], self.right[node]))

    @classmethod
    def of_boosting(cls, model: HistGradientBoostingClassifier) -> TreeEnsemble:
        """Return boosted trees, whose answers are log odds."""
        # No public attribute holds the trees; a test compares every answer with the model's own.
        trees = [each[0].nodes for each in model._predictors]  # noqa: SLF001
        return _joined(
            [
                _Tree(
                    np.where(nodes["is_leaf"], LEAF, nodes["feature_idx"]).astype(np.int64),
                    nodes["num_threshold"].astype(np.float64),
                    nodes["left"].astype(np.int64),
                    nodes["right"].astype(np.int64),
                    nodes["missing_go_to_left"].astype(bool),
                    nodes["value"].astype(np.float64),
                    nodes["count"].astype(np.float64),
                )
                for nodes in trees
            ],
            start=float(model._baseline_prediction[0, 0]),  # noqa: SLF001
        )

    @classmethod
    def of_forest(cls, model: RandomForestClassifier | DecisionTreeClassifier) -> TreeEnsemble:
        """Return one tree, or a forest's mean: their answers are probabilities."""
        grown = getattr(model, "estimators_", [model])
        trees = []
        for each in grown:
            tree = each.tree_
            trees.append(
                _Tree(
                    np.where(tree.children_left == LEAF, LEAF, tree.feature).astype(np.int64),
                    tree.threshold.astype(np.float64),
                    tree.children_left.astype(np.int64),
                    tree.children_right.astype(np.int64),
                    tree.missing_go_to_left.astype(bool),
                    tree.value[:, 0, 1] / len(grown),
                    tree.weighted_n_node_samples.astype(np.float64),
                )
            )
        return _joined(trees, start=0.0)


@dataclass(frozen=True, slots=True)
class _Tree:
    feature: Numbers
    threshold: Matrix
    left: Numbers
    right: Numbers
    missing_left: NDArray[np.bool_]
    value: Matrix
    count: Matrix


def _joined(trees: Sequence[_Tree], *, start: float) -> TreeEnsemble:
    sizes = [len(tree.feature) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)

    def moved(name: str) -> Any:
        parts = (getattr(t, name) + root for t, root in zip(trees, roots, strict=True))
        return np.concatenate(list(parts))

    def plain(name: str) -> Any:
        return np.concatenate([getattr(tree, name) for tree in trees])

    return TreeEnsemble(
        plain("feature"),
        plain("threshold"),
        moved("left"),
        moved("right"),
        plain("missing_left"),
        np.concatenate([_means(tree) for tree in trees]),
        roots,
        start,
    )


def _means(tree: _Tree) -> Matrix:
    """Return (nodes,) values; an inner node's is the mean of its leaves by their rows."""
    means = tree.value.copy()
    for node in range(len(means) - 1, -1, -1):  # children come after their parents
        if tree.feature[node] != LEAF:
            left, right = tree.left[node], tree.right[node]
            total = tree.count[left] + tree.count[right]
            means[node] = (
                means[left] * tree.count[left] + means[right] * tree.count[right]
            ) / total
    return means
