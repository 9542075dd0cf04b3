from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.session_files import cases_of, read_cases, read_sessions
from benchmarks.session_table import Row
from benchmarks.sessions import metrics_of
from ml.recommendation.sessions import Sessions, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = Vocabulary(["a", "b", "c"])


def test_sessions_are_read_plain_or_gzipped_and_empty_lines_are_none(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.txt", tmp_path / "packed.txt.gz"
    plain.write_text("a b\n\nc\n")
    with gzip.open(packed, "wt") as file:
        file.write("a b\n\nc\n")
    assert read_sessions(plain) == read_sessions(packed) == [["a", "b"], ["c"]]


def test_unknown_products_leave_prefixes_and_count_as_cases_that_none_can_hit(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cases.txt"
    path.write_text("a new b > c\na new > b\na > new\nnew > a\n")
    read = read_cases(path, KNOWN)
    assert [each.tolist() for each in read.cases.contexts] == [[0, 1], [0], []]
    assert read.cases.followed.tolist() == [2, 1, 0]
    assert (read.unknown, read.known_share, read.shortest) == (1, 0.75, 1)


def test_prefixes_of_one_session_have_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "cases.txt"
    path.write_text("a b > c\na > b\nb > c\n")
    owners = read_cases(path, KNOWN).cases.owners
    assert owners[0] == owners[1] != owners[2]


def test_a_file_without_any_known_case_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.txt"
    path.write_text("a > other\n")
    with pytest.raises(ValueError, match="no case"):
        read_cases(path, KNOWN)


def test_cases_of_sessions_are_all_their_prefixes() -> None:
    cases = cases_of(Sessions.of([[1, 2, 3], [4], [5, 6]]), 1)
    assert [each.tolist() for each in cases.contexts] == [[1], [1, 2], [5]]
    assert cases.followed.tolist() == [2, 3, 6]
    assert cases.owners.tolist() == [0, 0, 2]
    few = cases.where(np.array([2]))
    assert (len(few), few.followed.tolist()) == (1, [6])


def row(model: str, p20: float, *, peer: bool = False) -> Row:
    return Row(
        model=model,
        peer=peer,
        p10=0,
        mrr10=0,
        p20=p20,
        p20_bounds=(0, 0),
        mrr20=p20 / 2,
        mrr20_bounds=(0, 0),
        coverage20=0,
        train_seconds=0,
        predictions_per_s=0,
    )


def test_metrics_are_means_over_seeds_and_the_best_of_the_peers() -> None:
    rows = [row("blend", 60), row("blend", 62), row("neural sequence model", 55)]
    peers = [row("one", 50, peer=True), row("other", 57, peer=True)]
    found = metrics_of([*rows, *peers])
    assert (found["blend_p20"], found["neural_mrr20"], found["best_peer_p20"]) == (61, 27.5, 57)
    assert found["blend_p20_spread"] == pytest.approx(2**0.5)
    assert "best_peer_p20" not in metrics_of(rows)
