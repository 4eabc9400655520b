"""Counting circles: who lives inside which ring, from exact distances. Plain numpy, no Django.

Demand points are where people live, snapped to the network on their own side of the walls: a leaf area's inner point,
or the places of its residents where a file said them.
A missing figure is NaN and stays out of every sum; it is never taken for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Demand:
    """n places where people live: walking distance and straight distance from the origin in metres, residents.

    `walk` is inf where nobody can get to within the search; `residents` is NaN where they are not known;
    `homes` are their households, NaN where nobody counted them;
    `parts` (n, 4) are the residents by `grids.discretion.PARTS`, `bands` (n, k) by age band where they may be told so;
    `area` (n) numbers the area that a place belongs to, `rank` (n) is that of its tier, `group` (n) what
    a gap is told by (the compound), `cut_off` marks places inside a wall without a known way out.
    """

    walk: Floats
    straight: Floats
    residents: Floats
    parts: Floats
    bands: Floats
    area: NDArray[np.int64]
    rank: NDArray[np.int64]
    group: NDArray[np.int64]
    cut_off: NDArray[np.bool_]
    homes: Floats


@dataclass(frozen=True, slots=True)
class Ring:
    """What lies within one limit: areas (`places`), how many of each rank, residents (None: none known), by part, by
    band, by compasses, and households (None: none known)."""

    places: int
    ranks: dict[int, int]
    residents: int | None
    parts: list[int]
    bands: list[int]
    straight: int | None
    homes: int | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Residents of one group outside the last ring: how many, in how many households (None: not of all of them
    known), the walk of half of them (inf: none), all of them?"""

    group: int
    residents: int
    homes: int | None
    metres: float
    whole: bool
    cut_off: bool


def rings(demand: Demand, limits: Sequence[float]) -> list[Ring]:
    """One Ring per limit (metres); each holds those before it."""
    known = np.isfinite(demand.residents)
    people = np.where(known, demand.residents, 0.0)
    housed = np.isfinite(demand.homes).any()
    found = []
    for limit in limits:
        near = demand.walk <= limit
        areas, first = np.unique(demand.area[near], return_index=True)
        ranks, count = np.unique(demand.rank[near][first], return_counts=True)
        found.append(
            Ring(
                places=len(areas),
                ranks=dict(zip(ranks.tolist(), count.tolist(), strict=True)),
                residents=int(people[near].sum()) if known.any() else None,
                parts=[int(n) for n in np.nansum(demand.parts[near], axis=0)],
                bands=[int(n) for n in np.nansum(demand.bands[near], axis=0)],
                straight=int(people[demand.straight <= limit].sum()) if known.any() else None,
                homes=int(np.nansum(demand.homes[near])) if housed else None,
            )
        )
    return found


def total(demand: Demand) -> int | None:
    """All residents that are known of; None when none is known of."""
    known = np.isfinite(demand.residents)
    return int(demand.residents[known].sum()) if known.any() else None


def households(demand: Demand) -> tuple[int | None, int]:
    """All households that were counted (None: none were), and in how many areas with residents nobody counted them."""
    counted = np.isfinite(demand.homes)
    missing = len(np.unique(demand.area[(demand.residents > 0) & ~counted]))
    return (int(demand.homes[counted].sum()), missing) if counted.any() else (None, 0)


def gaps(demand: Demand, limit: float) -> list[Gap]:
    """The groups with residents outside a limit, most residents first."""
    people = np.nan_to_num(demand.residents)
    out = (demand.walk > limit) & (people > 0)
    reached = set(np.unique(demand.group[~out & (people > 0)]).tolist())
    every = np.flatnonzero(out)
    every = every[np.argsort(demand.group[every], kind="stable")]
    found = []
    for missed in np.split(every, np.flatnonzero(np.diff(demand.group[every])) + 1) if len(every) else []:
        group = int(demand.group[missed[0]])
        found.append(
            Gap(
                group=group,
                residents=int(people[missed].sum()),
                homes=int(demand.homes[missed].sum()) if np.isfinite(demand.homes[missed]).all() else None,
                metres=_middle(demand.walk[missed], people[missed]),
                whole=group not in reached,
                cut_off=bool(demand.cut_off[missed].all()),
            )
        )
    return sorted(found, key=lambda gap: (-gap.residents, gap.group))


def _middle(walk: Floats, people: Floats) -> float:
    """The weighted median: half of the people walk at most so far."""
    order = np.argsort(walk, kind="stable")
    upto = np.cumsum(people[order])
    return float(walk[order][int(np.searchsorted(upto, upto[-1] / 2))])
