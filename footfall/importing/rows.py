"""Rows of a table in a file, whatever its format, a few thousand in memory at a time."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING, Any, TextIO

import click
import pyarrow.parquet
from python_calamine import CalamineWorkbook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMATS = (".parquet", ".csv", ".csv.gz", ".xlsx")


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield each row of a parquet, csv, csv.gz or xlsx file as a dict by column name.

    All sheets of a workbook follow one another. A value that is missing is None or ''.
    """
    name = path.name.lower()
    if name.endswith(".parquet"):
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(8_192):
            yield from batch.to_pylist()
    elif name.endswith(".xlsx"):
        yield from _rows_of_workbook(path)
    elif name.endswith((".csv", ".csv.gz")):
        with _open_text(path) as file:
            yield from csv.DictReader(file)
    else:
        raise click.UsageError(f"{path.name} is none of {', '.join(FORMATS)}")


def count_rows(path: Path) -> int | None:
    """Return how many rows a file has, where that is known without reading it."""
    if path.name.lower().endswith(".parquet"):
        count: int = pyarrow.parquet.ParquetFile(path).metadata.num_rows
        return count
    return None


def _rows_of_workbook(path: Path) -> Iterator[dict[str, Any]]:
    workbook = CalamineWorkbook.from_path(path)
    for sheet in workbook.sheet_names:
        rows = workbook.get_sheet_by_name(sheet).iter_rows()
        names = [str(name) for name in next(rows, ())]
        for row in rows:
            yield dict(zip(names, row, strict=False))


def _open_text(path: Path) -> TextIO:
    """Open a csv: UTF-8, or Latin-1 as the UCI repository has it."""
    encoding = "utf-8-sig"
    try:
        with _open(path, encoding) as probe:
            while probe.read(1_000_000):  # the first odd letter may stand anywhere
                pass
    except UnicodeDecodeError:
        encoding = "latin-1"
    return _open(path, encoding)


def _open(path: Path, encoding: str) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")
