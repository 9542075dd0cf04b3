"""Shows simulated shoppers what the shop recommends; what suits them they click."""

from __future__ import annotations

from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog

from footfall.simulator import actions as act
from footfall.simulator.catalogue import CATEGORIES, category_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from footfall.simulator.catalogue import SimulatedProduct

logger = structlog.get_logger(__name__)

COUNT: Final = 6
PATIENCE_SECONDS: Final = 3.0
LOOKED_AT: Final = {"home": 0.8, "product": 0.35}
"""By placement: how often a page with a list is read so far down."""
ADDED: Final = 0.2
"""How often what was clicked goes into the basket."""
SURPRISE: Final = 0.02
"""How probable a click is on what suits somebody not at all."""
LIKING: Final = 0.3
"""How much more probable where it is of the kind that they like best."""
LOST_A_PLACE: Final = 0.8
"""How much of the attention for a place is left for the next one."""


class Advice:
    """Asks the shop's own API, as its pages do; while it is away nobody is shown anything."""

    def __init__(
        self, client: aiohttp.ClientSession, catalogue: Sequence[SimulatedProduct], seed: str
    ) -> None:
        self._client = client
        named = {category_id(name): name for name in CATEGORIES}
        self._kinds = {each.product_id: named[each.details.category] for each in catalogue}
        self._random = Random(f"advice {seed}")  # noqa: S311 - a simulation, no secret

    async def after(self, visit: act.Visit, action: act.Action) -> list[act.Action]:
        """Return what somebody does about the list on the page that they have come to."""
        match action:
            case act.ViewPage() if action is visit.actions[0]:
                placement, product_id = "home", ""
            case act.ViewProduct():
                placement, product_id = "product", action.product_id
            case _:
                return []
        if self._random.random() > LOOKED_AT[placement]:
            return []
        query = {"visitor": visit.person.visitor, "placement": placement, "count": str(COUNT)}
        if product_id:
            query["product_id"] = product_id
        found = await self._ask(query)
        return self._reactions(visit.person, action, placement, found) if found else []

    async def _ask(self, query: dict[str, str]) -> dict[str, Any] | None:
        try:
            async with self._client.get("/v1/recommendations", params=query) as answer:
                return await answer.json() if answer.ok else None
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.debug("nothing_recommended", reason=str(error))
            return None

    def _reactions(
        self, person: act.Person, seen: act.Action, placement: str, found: dict[str, Any]
    ) -> list[act.Action]:
        recommendation_id = found["recommendation_id"]
        products = tuple(item["product_id"] for item in found["items"])
        if not products:
            return []
        done: list[act.Action] = [
            act.SeeRecommendations(
                at=seen.at,
                recommendation_id=recommendation_id,
                placement=placement,
                product_ids=products,
            )
        ]
        best = max(person.affinity.values())
        attention = 1.0
        for rank, product_id in enumerate(products, 1):
            liking = person.affinity.get(self._kinds.get(product_id, ""), 0.0) / best
            if self._random.random() < attention * (SURPRISE + LIKING * liking):
                done.append(
                    act.ClickRecommendation(
                        at=seen.at,
                        recommendation_id=recommendation_id,
                        placement=placement,
                        product_id=product_id,
                        rank=rank,
                    )
                )
                done.append(act.ViewProduct(at=seen.at, product_id=product_id))
                if self._random.random() < ADDED:
                    done.append(act.AddItem(at=seen.at, product_id=product_id, quantity=1))
                break
            attention *= LOST_A_PLACE
        return done


@asynccontextmanager
async def advice_of(
    address: str, catalogue: Sequence[SimulatedProduct], seed: str
) -> AsyncIterator[Advice]:
    """Ask the API at an address."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(address, timeout=timeout) as client:
        yield Advice(client, catalogue, seed)
