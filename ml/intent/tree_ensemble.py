"""Decision trees as plain arrays: one answer for a tree, a forest and boosted trees alike.

scikit-learn grows them; what is kept and served is this. So an artifact holds numbers and no code,
one row takes microseconds, and every score can be laid out by the splits that led to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
class _Walk:
    """The same trees, laid out so that a step is a few look-ups for all rows and trees together.

    ``asked``: (nodes,) which answer a node asks for: the feature where NaN goes left, else beside
    all features once more. ``children``: (2 nodes,) right, then left; a leaf's are itself.
    """

    asked: Numbers
    children: Numbers
    features: int

    def answers(self, rows: Matrix) -> Matrix:
        """Return (rows, 2 features): NaN as what is below every threshold, then as it is.

        As it is it is never below one, not even below the infinite threshold by which a tree
        parts the known from the unknown.
        """
        known = rows[:, : self.features].astype(np.float64)
        return np.concatenate([np.where(np.isnan(known), -np.inf, known), known], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Paths:
    """The way to each node: (nodes, depth) which feature was asked, and how it moved the mean."""

    features: NDArray[np.int16]
    changes: Matrix


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
    _walk: _Walk = field(init=False, repr=False)
    _paths: _Paths = field(init=False, repr=False)

    def __post_init__(self) -> None:
        nodes = np.arange(len(self.feature))
        is_leaf = self.feature == LEAF
        left, right = (np.where(is_leaf, nodes, each) for each in (self.left, self.right))
        count = int(self.feature.max(initial=0)) + 1
        asked = np.maximum(self.feature, 0) + np.where(self.missing_left, 0, count)
        walk = _Walk(asked, np.stack([right, left], axis=1).ravel(), count)
        object.__setattr__(self, "_walk", walk)
        object.__setattr__(self, "_paths", _paths(self))

    def predict(self, rows: Matrix) -> Matrix:
        """Return (rows,) the sum of the trees' answers to (rows, features)."""
        return self._answers(self._leaves(rows))

    def explained(self, rows: Matrix) -> tuple[Matrix, Matrix, float]:
        """Return the answers, (rows, features) shares, and what every answer has in common.

        Shares and what is common add up to the answer. A feature's share is how far the splits on
        it moved the mean answer along the paths taken (Saabas, Interpreting random forests, 2014).
        """
        leaves = self._leaves(rows)
        cells = self._paths.features[leaves] + np.arange(len(rows))[:, None, None] * rows.shape[1]
        shares = np.bincount(cells.ravel(), self._paths.changes[leaves].ravel(), rows.size)
        common = self.start + float(self.value[self.roots].sum())
        return self._answers(leaves), shares.astype(np.float64).reshape(rows.shape), common

    def _answers(self, leaves: Numbers) -> Matrix:
        return self.start + self.value[leaves].sum(axis=1)  # type: ignore[no-any-return]

    def _leaves(self, rows: Matrix) -> Numbers:
        """Return (rows, trees) where each row ends in each tree."""
        walk = self._walk
        answers = walk.answers(rows)
        offsets = np.arange(0, answers.size, answers.shape[1])[:, None]
        answers = answers.ravel()
        node = np.tile(self.roots, (len(rows), 1))
        while True:
            goes_left = answers[offsets + walk.asked[node]] <= self.threshold[node]
            following = walk.children[2 * node + goes_left]
            if (following == node).all():
                return node
            node = following

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


def _paths(trees: TreeEnsemble) -> _Paths:
    levels = [trees.roots]
    while len(inner := levels[-1][trees.feature[levels[-1]] != LEAF]):
        levels.append(np.concatenate([trees.left[inner], trees.right[inner]]))
    features = np.zeros((len(trees.feature), len(levels) - 1), np.int16)
    changes = np.zeros(features.shape)
    for depth, level in enumerate(levels[:-1]):
        inner = level[trees.feature[level] != LEAF]
        for child in (trees.left[inner], trees.right[inner]):
            features[child], changes[child] = features[inner], changes[inner]
            features[child, depth] = trees.feature[inner]
            changes[child, depth] = trees.value[child] - trees.value[inner]
    return _Paths(features, changes)


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
