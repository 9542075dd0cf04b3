"""Files of other shops, turned into what the benchmarks read."""

from __future__ import annotations

import importlib
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TITLES = "year;month;day;order;session ID;page 2 (clothing model);price"


def test_clicks_of_the_clothing_shop_become_sessions_and_later_cases(tmp_path: Path) -> None:
    days = {1: ("A1", "A2", "A2"), 2: ("B1",), 3: ("A1", "B1", "A2")}
    rows = [
        f"2008;4;{day};{order};{day};{product};20"
        for day, products in days.items()
        for order, product in enumerate(products, start=1)
    ]
    with zipfile.ZipFile(tmp_path / "clicks.zip", "w") as archive:
        archive.writestr("e-shop clothing 2008.csv", "\n".join([TITLES, *rows]))
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"

    eshop = importlib.import_module("benchmarks.eshop")
    eshop.write_protocol(tmp_path / "clicks.zip", train, test)

    assert train.read_text() == "A1 A2\n"
    assert test.read_text() == "A1 B1 > A2\nA1 > B1\n"
