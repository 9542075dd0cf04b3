"""Visits as the read model keeps them, for who asks; ``visits`` says how they come about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.projection import Connection

PAUSE = timedelta(minutes=30)
"""That ends a visit."""


class VisitRow(msgspec.Struct):
    """One visit. ``visit_id`` is the position of the first of its events in the log."""

    visit_id: int
    visitor: str
    shopper_id: str
    source: str
    device: str
    bot: str
    started_at: datetime
    ended_at: datetime
    left_at: datetime | None = None
    entry_at: datetime | None = None
    entry_page: str = ""
    exit_at: datetime | None = None
    exit_page: str = ""
    page_views: int = 0
    product_views: int = 0
    clicks: int = 0
    searches: int = 0
    items_added: int = 0
    items_removed: int = 0
    checkouts: int = 0
    orders: int = 0
    last_order: str = ""
    dwell_ms: int = 0
    events: int = 0
    person: str = ""
    """``shopper:ID`` or ``visitor:ID``; found when the row is written."""
    position: int = 0

    @property
    def outcome(self) -> str:
        """How far it came: ordered, checkout, basket, product, browsed or bounced."""
        for name, came in (
            ("ordered", self.orders),
            ("checkout", self.checkouts),
            ("basket", self.items_added),
            ("product", self.product_views),
        ):
            if came:
                return name
        return "browsed" if self.page_views > 1 else "bounced"


COLUMNS = VisitRow.__struct_fields__


async def visits_of(
    connection: Connection, visitor: str, person: str = "", *, limit: int = 20
) -> list[VisitRow]:
    """Return the latest visits of a visitor, and of a person in any browser, the latest first."""
    rows = await connection.fetch(
        f"""SELECT {", ".join(COLUMNS)} FROM visits WHERE visitor = $1 OR person = $2
            ORDER BY ended_at DESC, visit_id DESC LIMIT $3""",  # noqa: S608 - constants
        visitor,
        person,
        limit,
    )
    return [VisitRow(*row) for row in rows]


async def visit_ids_of(
    connection: Connection, person: str, visitors: Sequence[str], *, limit: int
) -> list[int]:
    """Return the latest visits of a person and of visitors: positions of their first events."""
    rows = await connection.fetch(
        """SELECT visit_id FROM visits WHERE person = $1 OR visitor = ANY ($2::text[])
           ORDER BY ended_at DESC LIMIT $3""",
        person,
        visitors,
        limit,
    )
    return [row["visit_id"] for row in rows]
