"""Group blocks into communities and communities into streets, along roads and the river. Plain logic, in metres."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from gis.town.blocks import Block, middle_of
from gis.town.lattice import Lattice, Xy
from gis.town.names import Name

CENTRES: tuple[tuple[str, Xy, Name], ...] = (
    ("west", (-1050.0, 1150.0), ("书院社区", "Shuyuan Community")),
    ("west", (-300.0, 1050.0), ("北关社区", "Beiguan Community")),
    ("west", (-900.0, 330.0), ("钟楼社区", "Zhonglou Community")),
    ("east", (550.0, 1250.0), ("古塔社区", "Guta Community")),
    ("east", (480.0, 520.0), ("文昌社区", "Wenchang Community")),
    ("east", (1350.0, 800.0), ("东升社区", "Dongsheng Community")),
    ("south", (-1150.0, -750.0), ("油厂社区", "Youchang Community")),
    ("south", (-250.0, -500.0), ("南关社区", "Nanguan Community")),
    ("south", (120.0, -1350.0), ("枣园社区", "Zaoyuan Community")),
    ("south", (1100.0, -700.0), ("东岗社区", "Donggang Community")),
)
CROSSING_COST_M = {"primary": 500.0, "secondary": 350.0, "tertiary": 120.0, "residential": 0.0, "footway": 0.0}


def group_blocks(blocks: list[Block], lattice: Lattice, centres: Sequence[Xy] | None = None) -> list[int]:
    """For each block the number of its community: connected groups round the centres that do not cross the river.

    The centres are the town's own (CENTRES), if none are given.
    """
    centres = [place for _, place, _ in CENTRES] if centres is None else centres
    middles = np.array([middle_of(block.polygon).coords[0] for block in blocks])
    beside = _neighbours(blocks, lattice)
    owner = [-1] * len(blocks)
    waiting: list[tuple[float, int, int]] = []
    for community, place in enumerate(centres):
        away = np.hypot(*(middles - np.array(place)).T)
        heapq.heappush(waiting, (0.0, community, int(np.argmin(away))))
    while waiting:
        cost, community, here = heapq.heappop(waiting)
        if owner[here] >= 0:
            continue
        owner[here] = community
        for other, kind in beside[here]:
            if owner[other] < 0:
                step = float(np.hypot(*(middles[here] - middles[other])))
                heapq.heappush(waiting, (cost + step + CROSSING_COST_M.get(kind, 0.0), community, other))
    return owner


def reading_order(points: Iterable[Xy], band_m: float) -> list[int]:
    """Positions of the points in the order codes are given: bands from north to south, west to east in each."""
    found = list(points)
    return sorted(range(len(found)), key=lambda i: (-round(found[i][1] / band_m), found[i][0]))


def _neighbours(blocks: list[Block], lattice: Lattice) -> list[list[tuple[int, str]]]:
    """For each block the blocks it shares a line with, and that line's kind; the river parts them."""
    sides: dict[tuple[Xy, Xy], list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        ring = [(float(x), float(y)) for x, y in block.polygon.exterior.coords]
        for a, b in zip(ring, ring[1:], strict=False):
            sides[(a, b) if a <= b else (b, a)].append(index)
    beside: list[dict[int, str]] = [{} for _ in blocks]
    for (a, b), owners in sides.items():
        if len(owners) == 2 and lattice.kind_between(a, b) != "river":
            one, two = owners
            beside[one][two] = beside[two][one] = lattice.kind_between(a, b)
    return [sorted(found.items()) for found in beside]
