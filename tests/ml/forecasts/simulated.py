"""Shops with a known demand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasts.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.forecasts.panel import Floats

MONDAY = date(2025, 1, 6)


def panel_of(
    sold: Floats,
    categories: Sequence[str] | None = None,
    *,
    open_share: Floats | None = None,
    days: int = 7,
) -> Panel:
    return Panel(
        [f"p{number}" for number in range(len(sold))],
        categories or [f"c{number % 3}" for number in range(len(sold))],
        sold.astype(float),
        np.ones(sold.shape) if open_share is None else open_share,
        MONDAY,
        days,
    )


def poisson_shop(products: int, periods: int, seed: int = 1) -> tuple[Floats, Floats]:
    """Return (products, periods) pieces, and (products,) the pace each is drawn with."""
    random = np.random.default_rng(seed)
    pace = random.gamma(2.0, 6.0, products) + 1.0
    return random.poisson(pace[:, None], (products, periods)).astype(float), pace
