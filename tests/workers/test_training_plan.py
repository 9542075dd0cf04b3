"""A training's plan outlives a kill, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml.intent.training import IntentSettings
from ml.recommendation.training import TrainingSettings
from workers.model_files import NEIGHBOURS, RECOMMENDER, artifact_path
from workers.training_plan import Plan, TrainingUnderWay, desk

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = TrainingSettings(seed=3)


def planned(
    models: Path,
    *,
    head: int = 7,
    champion: str = "",
    noted: tuple[str, ...] = (),
    settings: TrainingSettings = SETTINGS,
) -> Plan:
    with desk(models) as own:
        return own.plan(head=head, champion=champion, noted=list(noted), settings=settings)


def files_in(models: Path) -> set[str]:
    return {str(path.relative_to(models)) for path in models.rglob("*") if path.is_file()}


def test_who_goes_on_reads_no_further_than_the_one_that_was_killed(tmp_path: Path) -> None:
    first = planned(tmp_path, head=7)
    assert planned(tmp_path, head=900) == first
    assert first.until == 7


@pytest.mark.parametrize("change", ["champion", "settings", "garbage"])
def test_a_plan_that_no_longer_holds_is_forgotten_with_what_it_led_to(
    change: str, tmp_path: Path
) -> None:
    first = planned(tmp_path)
    (tmp_path / "training" / "measured").write_bytes(b"half way")
    for kind in (RECOMMENDER, NEIGHBOURS):
        path = artifact_path(tmp_path, kind, first.version)
        path.parent.mkdir()
        path.write_bytes(b"not noted")
    if change == "garbage":
        (tmp_path / "training" / "plan.json").write_bytes(b"\x80\x04N.")
        for kind in (RECOMMENDER, NEIGHBOURS):
            artifact_path(tmp_path, kind, first.version).unlink()
    other = TrainingSettings(seed=4) if change == "settings" else SETTINGS
    again = planned(
        tmp_path, head=900, champion="9" if change == "champion" else "", settings=other
    )
    assert again.until == 900
    assert files_in(tmp_path) == {"training/lock", "training/plan.json"}


def test_what_was_noted_before_the_kill_is_kept_and_not_done_again(tmp_path: Path) -> None:
    first = planned(tmp_path)
    path = artifact_path(tmp_path, RECOMMENDER, first.version)
    path.parent.mkdir()
    path.write_bytes(b"noted")
    again = planned(tmp_path, head=900, noted=(first.version,))
    assert again.until == 900
    assert path.exists()


def test_files_that_were_being_written_are_swept(tmp_path: Path) -> None:
    planned(tmp_path)
    (tmp_path / "training" / "final.77.partial").write_bytes(b"half")
    with desk(tmp_path) as own:
        own.clear()
    assert files_in(tmp_path) == {"training/lock"}


def test_two_trainings_do_not_get_into_each_others_way(tmp_path: Path) -> None:
    with desk(tmp_path), pytest.raises(TrainingUnderWay), desk(tmp_path):
        pass
    with desk(tmp_path):
        pass


def test_two_trainings_of_one_second_have_versions_of_their_own(tmp_path: Path) -> None:
    noted: tuple[str, ...] = ()
    for _ in range(3):
        noted = (*noted, planned(tmp_path, noted=noted).version)
    assert len(set(noted)) == 3


def test_a_recommender_that_was_killed_waits_while_another_kind_is_trained(tmp_path: Path) -> None:
    first = planned(tmp_path)
    (tmp_path / "training" / "measured").write_bytes(b"half way")
    with desk(tmp_path, "intent") as own:
        own.plan(head=9, champion="", noted=[], settings=IntentSettings())
        own.clear()
    assert planned(tmp_path, head=900) == first
    assert (tmp_path / "training" / "measured").exists()
