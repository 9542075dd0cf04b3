"""Where a training of the sequence model begins when an earlier one has learnt already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from ml.recommendation.sequence_model import SequenceNetwork

if TYPE_CHECKING:
    from ml.recommendation.sequence_model import SequenceModel, SequenceSettings
    from ml.recommendation.sessions import Floats, Vocabulary
    from ml.tensor_files import Arrays

_OF_THE_CATALOGUE = ("content", "content_tower.weight", "item.weight")


def carried_over(
    model: SequenceModel,
    known: Vocabulary,
    vocabulary: Vocabulary,
    settings: SequenceSettings,
    content: Floats | None,
) -> Arrays | None:
    """Return parameters for a network over ``vocabulary`` that knows what ``model`` knows.

    ``known``: the products of the model. ``content``: (products, dimensions) of the new catalogue.
    A product that both have keeps its vector, also where content has other directions by now: the
    tower is solved for them, and the product's own part takes the rest. A new product is what its
    content says, or the mean product. None where the network has another shape.
    """
    given = None if content is None else torch.from_numpy(content)
    own = SequenceNetwork(len(vocabulary), settings, given).state_dict()
    old = model.arrays()
    if own.keys() != old.keys():
        return None
    numbers = np.array([-1 if (n := known.number(p)) is None else n for p in vocabulary.products])
    is_known = numbers >= 0
    if not is_known.any():
        return None
    found: Arrays = {}
    for name, part in own.items():
        if name in _OF_THE_CATALOGUE:
            continue
        if tuple(part.shape) == old[name].shape:
            found[name] = old[name]
        elif part.shape[:1] == is_known.shape and part.shape[1:] == old[name].shape[1:]:
            found[name] = _rows(old[name], numbers)
        else:
            return None
    if own["item.weight"].shape[1] != old["item.weight"].shape[1]:
        return None
    vectors = _rows(old["item.weight"], numbers)
    if content is not None:
        said = old["content"] @ old["content_tower.weight"].T
        whole = (old["item.weight"] + said)[numbers[is_known]]
        tower, *_ = np.linalg.lstsq(content[is_known], said[numbers[is_known]], rcond=None)
        vectors = np.zeros_like(vectors)
        vectors[is_known] = whole - content[is_known] @ tower
        found["content_tower.weight"] = np.ascontiguousarray(tower.T.astype(np.float32))
        found["content"] = content
    found["item.weight"] = vectors.astype(np.float32)
    return found


def _rows(old: Floats, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Return the rows of these numbers; the mean row for those that were not there."""
    is_known = numbers >= 0
    rows = np.empty((len(numbers), *old.shape[1:]), old.dtype)
    rows[is_known] = old[numbers[is_known]]
    rows[~is_known] = rows[is_known].mean(axis=0)
    return rows
