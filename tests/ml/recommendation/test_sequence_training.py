from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
import pytest
import torch

from ml.recommendation.calibration import calibrated
from ml.recommendation.first_vectors import first_vectors
from ml.recommendation.ranking_metrics import hit_rate, ranks, reciprocal_rank
from ml.recommendation.sequence_model import (
    Events,
    SequenceModel,
    SequenceNetwork,
    SequenceSettings,
    buckets,
    padded,
)
from ml.recommendation.sequence_training import Negatives, batches, train
from ml.recommendation.sessions import Sessions
from tests.ml.recommendation.shoppers import PRODUCTS, walks

if TYPE_CHECKING:
    from pathlib import Path

    from ml.recommendation.recommender import Progress
    from ml.recommendation.sessions import Ints
    from ml.tensor_files import Arrays

SETTINGS = SequenceSettings(dimensions=16, epochs=4, negatives=32, positions_a_batch=200)
EARLIER, LATER = walks(200), walks(40, seed=1)
CPU = torch.device("cpu")


class Killed(BaseException):
    pass


def same(one: Arrays, other: Arrays) -> bool:
    return one.keys() == other.keys() and all(
        one[name].tobytes() == other[name].tobytes() for name in one
    )


@pytest.mark.parametrize("body", ["attention", "gru"])
def test_a_killed_training_resumes_to_the_same_weights(body: str, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, body=body)
    checkpoint = tmp_path / "checkpoint"

    def kill_after_two(progress: Progress) -> None:
        if progress.done == 2:
            raise Killed

    undisturbed, history = train(EARLIER, PRODUCTS, settings, validation=LATER.cases())
    with pytest.raises(Killed):
        train(
            EARLIER,
            PRODUCTS,
            settings,
            validation=LATER.cases(),
            checkpoint=checkpoint,
            tell=kill_after_two,
        )
    told: list[int] = []
    resumed, again = train(
        EARLIER,
        PRODUCTS,
        settings,
        validation=LATER.cases(),
        checkpoint=checkpoint,
        tell=lambda progress: told.append(progress.done),
    )
    assert told == [3, 4]
    assert again == history
    assert same(resumed.arrays(), undisturbed.arrays())


@pytest.mark.parametrize("damage", ["other data", "garbage"])
def test_a_checkpoint_that_is_not_ours_starts_the_training_over(
    damage: str, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint"
    if damage == "garbage":
        checkpoint.write_bytes(b"\x00" * 100)
    else:
        train(walks(50, seed=9), PRODUCTS, SETTINGS, checkpoint=checkpoint)
    fresh, _ = train(EARLIER, PRODUCTS, SETTINGS)
    model, history = train(EARLIER, PRODUCTS, SETTINGS, checkpoint=checkpoint)
    assert history.epochs == SETTINGS.epochs
    assert same(model.arrays(), fresh.arrays())


def test_the_seed_settles_the_weights() -> None:
    one, two = (train(EARLIER, PRODUCTS, SETTINGS)[0] for _ in range(2))
    other, _ = train(EARLIER, PRODUCTS, msgspec.structs.replace(SETTINGS, seed=2))
    assert same(one.arrays(), two.arrays())
    assert not same(one.arrays(), other.arrays())


def test_training_leaves_the_random_numbers_of_others_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    train(EARLIER, PRODUCTS, msgspec.structs.replace(SETTINGS, epochs=1))
    assert torch.rand(1) == expected


def test_training_stops_when_the_validation_gains_nothing_more() -> None:
    settings = msgspec.structs.replace(SETTINGS, epochs=30, patience=2, learning_rate=0.0)
    _, history = train(EARLIER, PRODUCTS, settings, validation=LATER.cases())
    assert (history.epochs, history.best_epoch) == (3, 1)


def test_the_sampled_loss_estimates_the_whole_softmax() -> None:
    settings = msgspec.structs.replace(SETTINGS, negatives=200_000, label_smoothing=0.0)
    torch.manual_seed(1)
    network = SequenceNetwork(PRODUCTS, settings, None).eval()
    rows = np.arange(len(LATER))
    events = padded(LATER, rows, 31, CPU)
    followed = torch.from_numpy(np.arange(1, events.items.shape[1]) < LATER.lengths[:, None])
    with torch.inference_mode():
        sampled = Negatives(EARLIER, PRODUCTS, settings, CPU).loss(network, events, followed)
        before = Events(*(part[:, :-1] for part in msgspec.structs.astuple(events)))
        expected, copying = (part[followed] for part in network(before))
        logits = expected @ network.items(torch.arange(PRODUCTS)).T
        seen = before.items[:, None, :].expand(-1, followed.shape[1], -1)[followed]
        logits = logits.exp().scatter_add(1, seen, copying.exp()).log()
        whole = torch.nn.functional.cross_entropy(logits, events.items[:, 1:][followed])
    assert float(sampled) == pytest.approx(float(whole), abs=0.02)


def test_the_future_changes_nothing_in_the_past() -> None:
    network = SequenceNetwork(PRODUCTS, SETTINGS, None).eval()
    one, other = Sessions.of([[1, 2, 3, 4]]), Sessions.of([[1, 2, 9, 9]])
    with torch.inference_mode():
        first, second = (network(padded(each, np.array([0]), 30, CPU)) for each in (one, other))
    for one_part, other_part in zip(first, second, strict=True):
        torch.testing.assert_close(one_part[0, :2], other_part[0, :2])
        assert not torch.equal(one_part[0, 2:], other_part[0, 2:])


@pytest.mark.parametrize("body", ["attention", "gru"])
def test_asked_at_one_event_it_says_what_it_says_there_when_asked_at_all(
    body: Literal["attention", "gru"],
) -> None:
    torch.manual_seed(1)
    network = SequenceNetwork(PRODUCTS, msgspec.structs.replace(SETTINGS, body=body), None).eval()
    events = padded(LATER, np.arange(len(LATER)), 30, CPU)
    rows, latest = torch.arange(len(LATER)), torch.from_numpy(LATER.lengths - 1)
    with torch.inference_mode():
        for of_all, of_one in zip(network(events), network(events, latest), strict=True):
            torch.testing.assert_close(of_one[:, 0], of_all[rows, latest])


def test_products_seen_beside_each_other_begin_near_each_other() -> None:
    vectors = first_vectors(EARLIER, PRODUCTS + 1, 16, seed=1)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    near = [vectors[n] @ vectors[(n + 1) % PRODUCTS] for n in range(PRODUCTS)]
    far = [vectors[n] @ vectors[(n + 30) % PRODUCTS] for n in range(PRODUCTS)]
    assert np.mean(near) > np.mean(far) + 0.5
    assert np.isfinite(vectors[PRODUCTS]).all()


def test_a_calibrated_model_differs_in_its_balance_only_and_ranks_no_worse() -> None:
    model, _ = train(EARLIER, PRODUCTS, SETTINGS)
    contexts, followed = LATER.cases()
    better = calibrated(model, contexts, followed)
    assert reached(better, contexts, followed) >= reached(model, contexts, followed)
    loaded = SequenceModel.from_parts(msgspec.json.encode(better.settings), better.arrays())
    assert loaded.predict(contexts).tobytes() == better.predict(contexts).tobytes()
    back = model.calibrated(1.0, 50.0).predict(contexts)
    for context, scores in zip(contexts, back, strict=True):
        assert int(scores.argmax()) in context


def reached(model: SequenceModel, contexts: Sessions, followed: Ints) -> float:
    found = ranks(model.predict(contexts), followed)
    return hit_rate(found, 20) + reciprocal_rank(found, 20)


def test_kinds_dwell_and_gaps_reach_the_network_and_may_be_missing() -> None:
    sessions = Sessions(
        np.array([4, 5, 6]),
        np.array([0, 1, 3]),
        kinds=np.array([0, 2, 4], np.int8),
        dwell_seconds=np.array([np.nan, 0, 3], np.float32),
        times=np.array([100, 0, 60], np.float64),
    )
    events = padded(sessions, np.array([0, 1]), 30, CPU)
    assert events.items.tolist() == [[4, 0], [5, 6]]
    assert events.kinds.tolist() == [[1, 0], [3, 5]]
    assert events.dwell.tolist() == [[0, 0], [1, 3]]
    assert events.gaps.tolist() == [[0, 0], [0, 6]]


def test_durations_fall_into_powers_of_two() -> None:
    seconds = np.array([np.nan, 0, 1, 3, 1e9], np.float32)
    assert buckets(seconds).tolist() == [0, 1, 2, 3, 23]


def test_every_session_with_a_next_event_is_in_one_batch() -> None:
    sessions = Sessions.of([[1], [1, 2], *([[1, 2, 3]] * 50)])
    made = batches(sessions, SETTINGS, np.random.default_rng(0))
    assert sorted(np.concatenate(made).tolist()) == list(range(1, 52))
