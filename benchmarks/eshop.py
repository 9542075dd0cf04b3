"""The sessions benchmark on the clicks of a clothing shop.

    footfall bench eshop ZIP

ZIP is UCI's "clickstream data for online shopping" (e-shop clothing 2008). Its sessions become
files of the protocol in benchmarks/sessions.py: the latest tenth of the days is TEST, everything
before is TRAIN. A click on the model that is open already adds nothing.
"""

from __future__ import annotations

import csv
import io
import zipfile
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.report import Report

TEST_SHARE = 0.1  # of the days
PRODUCT, SESSION = "page 2 (clothing model)", "session ID"


class Session(NamedTuple):
    day: tuple[int, int, int]
    products: list[str]


def run(
    path: Path, *, minutes: float = sessions.MINUTES, sample: int | None = None, seeds: int = 1
) -> Report:
    """Convert, then tune, train and test everything that the sessions benchmark knows."""
    with TemporaryDirectory() as kept:
        train, test = Path(kept) / "train.txt", Path(kept) / "test.txt"
        write_protocol(path, train, test)
        report = sessions.run(train, test, minutes=minutes, sample=sample, seeds=seeds)
    report.name = "eshop"
    return report


def write_protocol(path: Path, train: Path, test: Path) -> None:
    """Write a session a line to TRAIN, and ``prefix > next product`` lines to TEST."""
    found = sorted(sessions_of(path), key=lambda session: session.day)
    days = sorted({session.day for session in found})
    first_test = days[-max(1, round(len(days) * TEST_SHARE))]
    with train.open("w", encoding="utf-8") as lines, test.open("w", encoding="utf-8") as cases:
        for day, products in found:
            if day < first_test:
                lines.write(" ".join(products) + "\n")
                continue
            for cut in range(len(products) - 1, 0, -1):
                cases.write(f"{' '.join(products[:cut])} > {products[cut]}\n")


def sessions_of(path: Path) -> Iterator[Session]:
    """Yield the sessions of two clicks or more, in the order of the file."""
    with zipfile.ZipFile(path) as archive:
        [name] = [each for each in archive.namelist() if each.lower().endswith(".csv")]
        with archive.open(name) as raw:
            rows = csv.DictReader(io.TextIOWrapper(raw, "utf-8-sig"), delimiter=";")
            for _, clicks in groupby(rows, key=lambda row: row[SESSION]):
                session = list(clicks)
                day = tuple(int(session[0][part]) for part in ("year", "month", "day"))
                products = [product for product, _ in groupby(each[PRODUCT] for each in session)]
                if len(products) > 1:
                    yield Session((day[0], day[1], day[2]), products)
