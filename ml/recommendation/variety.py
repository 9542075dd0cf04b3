"""Variety: an order in which what is like an earlier product counts for less."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from heapq import heappop, heappush, heapreplace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ml.recommendation.chance import Candidate

VARIETY = {"home": 0.1, "basket": 0.1, "email": 0.3}
"""By placement, what each earlier product of a category, or of a brand, takes off the weight of the
next one. By a tenth, a visitor whose first twenty are of one shelf stays on that shelf. What goes
with a product stays alike.
"""


def varied(candidates: Iterable[Candidate], strength: float, most: int) -> list[Candidate]:
    """Return the first ``most``, each time the one that has most left of its weight.

    ``candidates``: the greatest weight first; no more of them are asked for than may be taken.
    Maximal marginal relevance where alike means of one category or one brand. What shares both
    loses alike, so only the first of each such group is compared.
    """
    coming = enumerate(candidates)
    ahead = next(coming, None)
    groups: defaultdict[tuple[str, str], deque[tuple[int, Candidate]]] = defaultdict(deque)
    heap: list[tuple[float, int, int, tuple[str, str]]] = []
    categories: Counter[str] = Counter()
    brands: Counter[str] = Counter()
    taken: list[Candidate] = []

    def enter(key: tuple[str, str]) -> tuple[float, int, int, tuple[str, str]]:
        place, head = groups[key][0]
        repeats = categories[key[0]] + brands[key[1]]
        return -head.weight * (1 - strength) ** repeats, place, repeats, key

    while len(taken) < most:
        while ahead is not None and (not heap or ahead[1].weight >= -heap[0][0]):
            goods = ahead[1].goods
            key = goods.category, goods.brand
            groups[key].append(ahead)
            if len(groups[key]) == 1:
                heappush(heap, enter(key))
            ahead = next(coming, None)
        if not heap:
            break
        _, _, repeats, key = heap[0]
        category, brand = key
        if repeats == categories[category] + brands[brand]:  # else it has less left than it said
            taken.append(groups[key].popleft()[1])
            categories[category] += category != ""
            brands[brand] += brand != ""
            if not groups[key]:
                heappop(heap)
                continue
        heapreplace(heap, enter(key))
    return taken
