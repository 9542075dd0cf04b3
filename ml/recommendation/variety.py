"""Variety: an order in which what is like an earlier product counts for less."""

from __future__ import annotations

from collections import Counter
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.recommendation.chance import Candidate

VARIETY = {"home": 0.1, "basket": 0.1, "email": 0.3}
"""By placement, what each earlier product of a category, or of a brand, takes off the weight of the
next one. By a tenth, a visitor whose first twenty are of one shelf stays on that shelf. What goes
with a product stays alike.
"""


def varied(candidates: Sequence[Candidate], strength: float, most: int) -> list[Candidate]:
    """Return the first ``most``, each time the one that has most left of its weight.

    Maximal marginal relevance where alike means of one category or one brand. What shares both
    loses alike, so only the first of each such group is compared.
    """
    groups: dict[tuple[str, str], list[tuple[int, Candidate]]] = {}
    order = sorted(range(len(candidates)), key=lambda place: -candidates[place].weight)
    for place in reversed(order):
        goods = candidates[place].goods
        groups.setdefault((goods.category, goods.brand), []).append((place, candidates[place]))
    heap = [(-group[-1][1].weight, group[-1][0], 0, key) for key, group in groups.items()]
    heapify(heap)
    categories: Counter[str] = Counter()
    brands: Counter[str] = Counter()
    taken: list[Candidate] = []
    while heap and len(taken) < most:
        _, _, repeats, (category, brand) = heap[0]
        group = groups[category, brand]
        if repeats == categories[category] + brands[brand]:  # else it has less left than it said
            taken.append(group.pop()[1])
            categories[category] += category != ""
            brands[brand] += brand != ""
            if not group:
                heappop(heap)
                continue
        place, head = group[-1]
        repeats = categories[category] + brands[brand]
        left = head.weight * (1 - strength) ** repeats
        heapreplace(heap, (-left, place, repeats, (category, brand)))
    return taken
