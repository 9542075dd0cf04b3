"""What the shop's segments go by: to note a new fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.segmentation import CUSTOMERS, Segmentation

if TYPE_CHECKING:
    from application.context import Context, Outcome
    from application.journal import Journal, Loaded
    from domain.segmentation import Fit


async def note_fit(journal: Journal, context: Context, fit: Fit) -> Outcome[None]:
    """Let everyone stand by a new fit, unless one is noted that knows more."""

    def decide(loaded: Loaded) -> tuple[None, list[Segmentation]]:
        segmentation = Segmentation.of(loaded.get(Segmentation, CUSTOMERS), context.now)
        if segmentation.fit is None or segmentation.fit.until <= fit.until:
            segmentation.note(fit, context.now)
        return None, [segmentation]

    return await journal.execute(context, decide, writes=[(Segmentation, CUSTOMERS)])
