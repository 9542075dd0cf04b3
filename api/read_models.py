"""Finds read models by the name in a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.problems import Problem
from projections.registry import BY_NAME

if TYPE_CHECKING:
    from projections.projection import Projection


def projection_named(name: str) -> Projection:
    """Return a read model, or raise 404."""
    found = BY_NAME.get(name)
    if found is None:
        raise Problem(404, "projection_not_found", f"There is no read model {name}.")
    return found
