"""Whether a session ends in a purchase: probabilities on online_shoppers_intention.csv.

    footfall bench intent FILE

Sakar and Kastro's file at UCI, 12,330 sessions. Stratified 10-fold, every session answered by
models that have not seen it, nothing resampled. Then the same without PageValues, which earlier
purchases leak into, and by time: learnt on February to October, asked about November and December.
"""

from __future__ import annotations

import csv
import sys
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sklearn.model_selection import StratifiedKFold

from benchmarks.report import Report
from ml.intent.classifiers import probabilities
from ml.intent.fitting import FITS
from ml.intent.measures import Measures, measure
from ml.intent.tree_ensemble import Matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ml.intent.classifiers import Classifier

FOLDS = 10
SEED = 1
OURS = "gradient boosting"
"""What the keys of the report say, with the settings that ml/intent gives it."""
NAMES = ("Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend")
TARGET = "Revenue"
VALUES = "PageValues"
LATER = ("Nov", "Dec")


class IntentReport(Report, kw_only=True):
    """A table for each way of asking; ``metrics`` holds our row of each."""

    tables: dict[str, dict[str, Measures]]

    def as_table(self) -> str:
        lines = []
        for title, rows in self.tables.items():
            head = "".join(f"{name:>12}" for name in Measures.__struct_fields__)
            lines += ["", f"{title:<24}{head}"]
            for name, found in sorted(rows.items(), key=lambda pair: pair[1].ap):
                numbers = "".join(f"{value:>12.4f}" for value in msgspec.structs.astuple(found))
                lines.append(f"{name:<24}{numbers}")
        return "\n".join(lines)


class _Data(msgspec.Struct):
    names: list[str]
    rows: Matrix  # (sessions, features)
    ordered: Matrix  # (sessions,) 0 or 1
    months: list[str]

    def without(self, feature: str) -> _Data:
        kept = [n for n, name in enumerate(self.names) if name != feature]
        names = [self.names[n] for n in kept]
        return _Data(names, np.ascontiguousarray(self.rows[:, kept]), self.ordered, self.months)


def run(path: Path) -> IntentReport:
    """Measure all models in the three ways."""
    started = time.monotonic()
    data = read(path)
    later = np.isin(data.months, LATER)
    ways = {
        "": (data, list(_folds(data.ordered))),
        "_no_pagevalues": (data.without(VALUES), list(_folds(data.ordered))),
        "_temporal": (data, [(np.flatnonzero(~later), np.flatnonzero(later))]),
    }
    tables: dict[str, dict[str, Measures]] = {}
    for suffix, (given, splits) in ways.items():
        tables[suffix.strip("_") or "ten folds"] = _measure(
            given, splits, lambda line, suffix=suffix: _tell(f"{suffix.strip('_')} {line}")
        )
    ours = {
        f"{name}{suffix}": getattr(table[OURS], name)
        for suffix, table in zip(ways, tables.values(), strict=True)
        for name in ("ap", "auc", "accuracy", "brier", "ece")
    }
    first = tables["ten folds"]
    return IntentReport(
        name="intent",
        metrics={**ours, "seconds": time.monotonic() - started},
        ratios={
            "ap_vs_logistic": first[OURS].ap / first["logistic regression"].ap,
            "ap_vs_rule": first[OURS].ap / first["rule: PageValues > 0"].ap,
        },
        tables=tables,
    )


def read(path: Path) -> _Data:
    """Return the file; what is a name becomes a column for each of its values."""
    with path.open(newline="", encoding="utf-8") as file:
        first = file.readline()
        file.seek(0)
        table = list(csv.DictReader(file, delimiter=";" if ";" in first else ","))
    amounts = [name for name in table[0] if name not in {*NAMES, TARGET}]
    columns = {name: [float(row[name]) for row in table] for name in amounts}
    for name in NAMES:
        for value in sorted({row[name] for row in table}):
            columns[f"{name}={value}"] = [float(row[name] == value) for row in table]
    return _Data(
        list(columns),
        np.array(list(columns.values()), np.float32).T.copy(),
        np.array([row[TARGET].upper() == "TRUE" for row in table], np.float64),
        [row["Month"] for row in table],
    )


def _tell(line: str) -> None:
    print(line.strip(), file=sys.stderr, flush=True)


def _folds(ordered: Matrix) -> Iterator[tuple[Matrix, Matrix]]:
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    yield from folds.split(ordered[:, None], ordered)


def _measure(
    data: _Data, splits: list[tuple[Matrix, Matrix]], tell: Callable[[str], None]
) -> dict[str, Measures]:
    asked = np.concatenate([test for _, test in splits])
    happened = data.ordered[asked]
    found = {"always the share": measure(happened, _answers(data, splits, _share))}
    if VALUES in data.names:
        found["rule: PageValues > 0"] = measure(happened, _answers(data, splits, _rule))
    for name, fit in FITS.items():

        def answer(data: _Data, learn: Matrix, test: Matrix, fit: _Fit = fit) -> Matrix:
            return probabilities(fit(data.rows[learn], data.ordered[learn], SEED), data.rows[test])

        found[name] = measure(happened, _answers(data, splits, answer))
        tell(f"{name}: AP {found[name].ap:.4f}, AUC {found[name].auc:.4f}")
    return found


def _answers(
    data: _Data,
    splits: list[tuple[Matrix, Matrix]],
    answer: Callable[[_Data, Matrix, Matrix], Matrix],
) -> Matrix:
    return np.concatenate([answer(data, learn, test) for learn, test in splits])


def _share(data: _Data, learn: Matrix, test: Matrix) -> Matrix:
    return np.full(len(test), data.ordered[learn].mean())


def _rule(data: _Data, learn: Matrix, test: Matrix) -> Matrix:
    """Answer the shares of purchases with and without a page that was worth something before."""
    worth = data.rows[:, data.names.index(VALUES)] > 0
    with_it, without = (data.ordered[learn][worth[learn] == each].mean() for each in (True, False))
    return np.where(worth[test], with_it, without)


if TYPE_CHECKING:
    _Fit = Callable[[Matrix, Matrix, int], Classifier]
