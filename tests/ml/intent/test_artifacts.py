"""Saved models of intent: read as they were, or refused with the reason."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from ml.intent.artifacts import FORMAT, Artifact, load, save
from ml.intent.drift import Histograms
from ml.intent.features import FEATURES, VERSION
from ml.intent.fitting import FITS, calibrate
from ml.intent.intent_model import IntentModel
from ml.intent.offers import Offer
from ml.saved_models import read_model, write_model
from ml.tensor_files import ArtifactRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ml.saved_models import SavedModel

OFFER = Offer(threshold=0.4, break_even=0.5, usual_basket_minor=3_000, made_to=0.1, gain_minor=12.5)


def cases() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    rows = random.exponential(3, (500, len(FEATURES))).astype(np.float32)
    rows[::7, 1] = np.nan
    return rows, (rows[:, 0] > rows[:, 2]).astype(np.float64)


def model(name: str) -> IntentModel:
    rows, happened = cases()
    classifier = calibrate(FITS[name](rows, happened, 1), rows[:200], happened[:200])
    return IntentModel("intent", name, classifier, OFFER, Histograms.of(rows))


@pytest.mark.parametrize("name", FITS)
def test_a_saved_model_answers_and_explains_as_before_to_the_last_bit(
    name: str, tmp_path: Path
) -> None:
    rows, _ = cases()
    own = model(name)
    save(tmp_path / "model", Artifact(own, {"version": "7"}))
    found = load(tmp_path / "model")
    assert found.about == {"version": "7"}
    assert (found.model.target, found.model.name, found.model.offer) == ("intent", name, OFFER)
    assert found.model.probabilities(rows).tobytes() == own.probabilities(rows).tobytes()
    for mine, theirs in zip(own.explained(rows), found.model.explained(rows), strict=True):
        assert np.array_equal(mine, theirs)
    assert np.array_equal(found.model.histograms.shares, own.histograms.shares)


def rewritten(path: Path, change: Callable[[SavedModel], SavedModel]) -> None:
    write_model(path, FORMAT, change(read_model(path, FORMAT)))


def with_setting(name: str, value: object) -> Callable[[SavedModel], SavedModel]:
    def change(saved: SavedModel) -> SavedModel:
        settings = msgspec.json.decode(saved.settings) | {name: value}
        return type(saved)(
            saved.kind, msgspec.json.encode(settings), saved.columns, saved.arrays, saved.about
        )

    return change


def with_array(name: str, value: np.ndarray) -> Callable[[SavedModel], SavedModel]:
    def change(saved: SavedModel) -> SavedModel:
        arrays = saved.arrays | {name: value}
        return type(saved)(saved.kind, saved.settings, saved.columns, arrays, saved.about)

    return change


def test_what_was_made_for_other_features_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(path, Artifact(model("decision tree"), {}))
    rewritten(path, with_setting("feature_version", VERSION - 1))
    with pytest.raises(ArtifactRefused, match="version 1 of the features; this is version 2"):
        load(path)


@pytest.mark.parametrize(
    "array, value",
    [
        ("left", np.zeros(3, np.int64)),
        ("roots", np.array([10**6])),
        ("histograms.edges", np.zeros((2, 2), np.float32)),
    ],
)
def test_parts_that_do_not_fit_are_refused(array: str, value: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(path, Artifact(model("decision tree"), {}))
    rewritten(path, with_array(array, value))
    with pytest.raises(ArtifactRefused, match="cannot be right"):
        load(path)


def test_a_path_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(path, Artifact(model("decision tree"), {}))
    nodes = len(read_model(path, FORMAT).arrays["left"])
    rewritten(path, with_array("left", np.zeros(nodes, np.int64)))
    with pytest.raises(ArtifactRefused, match="children of nodes"):
        load(path)


def test_a_file_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(path, Artifact(model("gradient boosting"), {}))
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactRefused):
        load(path)


def test_what_is_no_saved_model_is_refused_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps({"kind": "forest"}))
    with pytest.raises(ArtifactRefused):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")
