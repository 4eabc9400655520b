"""Coverage of a whole place: who lives within which walk of the nearest site, for every area at once. Plain numpy.

A place where people live belongs to the deepest area that figures are told of (a compound, or else the area above it);
sums go up the tree of areas from the deepest level. A place without a known figure is left out of every sum of
residents and counted as unknown.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
UNKNOWN = -1
"""Households that nobody counted."""
DEEPEST = 99
"""Below every tier's rank: of a place that lies in whatever it lies in."""
NOWHERE = -1
"""Above every tier's rank: nobody knows what its residents were counted for."""


@dataclass(frozen=True)
class Land:
    """a areas that figures are told of, and n places where people live.

    `parent` (a) numbers the area above (-1: none), `rank` (a) is its tier's; `box` (a, 4) is west, south, east, north
    and `middle` (a, 2) a point inside, in degrees. `points` (n, 2) are lon, lat; `of` (n) is the area of a place,
    `leaf` (n) the grid it stands for (a grid may have several places). `parts` (n, 4) are residents: the old, the
    others, those of unknown age, the young; `discreet` (n, 4) the same, small figures replaced (docs/decisions/0021);
    `known` (n) whether they are known at all; `homes`, `homes_discreet` (n) their households, UNKNOWN where nobody
    counted them; `leaf_rank` (n) is the rank of the tier of a place's grid, DEEPEST where a file said the place itself,
    NOWHERE where that is not known. `leaf_ids` (g, 16) are the grids that `leaf` numbers, none where not known.
    """

    ids: list[uuid.UUID]
    tiers: list[str]
    codes: list[str]
    names: list[tuple[str, str]]
    parent: Ints
    rank: Ints
    box: Floats
    middle: Floats
    points: Floats
    of: Ints
    leaf: Ints
    parts: Ints
    discreet: Ints
    known: Flags
    homes: Ints
    homes_discreet: Ints
    leaf_rank: Ints
    leaf_ids: Bytes

    def __len__(self) -> int:
        """How many places."""
        return len(self.of)

    @cached_property
    def number_of(self) -> dict[uuid.UUID, int]:
        """The number of each area."""
        return {area: number for number, area in enumerate(self.ids)}

    @cached_property
    def leaf_of(self) -> dict[bytes, int]:
        """The number of each grid that places stand for."""
        return {area.tobytes(): number for number, area in enumerate(self.leaf_ids)}

    @cached_property
    def depth(self) -> Ints:
        """How many areas lie above each."""
        deep = np.zeros(len(self.ids), dtype=np.int64)
        above = self.parent.copy()
        while (above >= 0).any():
            deep += above >= 0
            above = np.where(above >= 0, self.parent[above], -1)
        return deep

    @cached_property
    def grids(self) -> Ints:
        """(n) the numbers of the grids as they come, without holes."""
        return np.unique(self.leaf, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def _grid_of(self) -> Ints:
        """The area of each grid."""
        area = np.zeros(int(self.grids.max(initial=-1)) + 1, dtype=np.int64)
        area[self.grids] = self.of
        return area

    @cached_property
    def crowded(self) -> Flags:
        """(n) places of areas with many of their own."""
        return np.asarray(np.bincount(self.of, minlength=len(self.ids))[self.of] > MANY_PLACES) & self._scattered

    @cached_property
    def _scattered(self) -> Flags:
        """(n) places of grids with several: only where a file said where people live."""
        return np.asarray(np.bincount(self.grids)[self.grids] > 1) if len(self) else np.zeros(0, dtype=bool)

    @cached_property
    def gap_groups(self) -> Ints:
        """(n) what a gap is told by: the area, or a cell of it where the area has many places of its own."""
        cells = np.where(self.crowded[:, None], np.floor(self.points / CELL_DEGREES), 0).astype(np.int64)
        keys = (self.of * 100_000 + cells[:, 0] + 50_000) * 100_000 + cells[:, 1] + 50_000
        return np.asarray(np.unique(keys, return_inverse=True)[1], dtype=np.int64)

    def rolled(self, own: Ints) -> Ints:
        """What areas have of their own (a, k), with what lies below them added."""
        total = own.copy()
        for level in range(int(self.depth.max(initial=0)), 0, -1):
            here = np.flatnonzero(self.depth == level)
            np.add.at(total, self.parent[here], total[here])
        return total

    def summed(self, places: Ints) -> Ints:
        """What places have (n, k) as sums for every area (a, k)."""
        own = np.zeros((len(self.ids), places.shape[1]), dtype=np.int64)
        for column in range(places.shape[1]):
            own[:, column] = np.bincount(self.of, places[:, column], minlength=len(self.ids)).astype(np.int64)
        return self.rolled(own)

    def counted(self, near: Flags) -> Ints:
        """In how many grids of every area (a) some place is marked (n)."""
        met = np.zeros(len(self._grid_of), dtype=bool)
        met[self.grids[near]] = True
        own = np.bincount(self._grid_of[met], minlength=len(self.ids))
        return self.rolled(own.astype(np.int64)[:, None])[:, 0]

    def below(self, tops: Sequence[int]) -> Flags:
        """Which areas (a) are or lie below some of them."""
        found = np.zeros(len(self.ids), dtype=bool)
        found[list(tops)] = True
        for level in range(1, int(self.depth.max(initial=0)) + 1):
            here = np.flatnonzero(self.depth == level)
            found[here] |= found[self.parent[here]]
        return found


@dataclass(frozen=True)
class Figures:
    """Figures of a areas for limits m (the rings) and levels k (each with a limit and sites of its own).

    `residents`, `old`, `ageless` (of unknown age), `grids`, `unknown` (a): all; `within`, `old_within`,
    `grids_within` (a, m) inside each limit; `levels`, `grids_levels` (a, k) inside each level's; `known` (a): whether
    anything is known of residents there. `homes` (a) are households, `homes_within` (a, m) inside each limit,
    `homes_known` (a) whether any were counted, `unhoused` (a) grids with residents that lack them.
    """

    residents: Ints
    old: Ints
    ageless: Ints
    grids: Ints
    unknown: Ints
    known: Flags
    within: Ints
    old_within: Ints
    grids_within: Ints
    levels: Ints
    grids_levels: Ints
    homes: Ints
    homes_within: Ints
    homes_known: Flags
    unhoused: Ints


def figures(
    land: Land,
    parts: Ints,
    walk: Floats,
    limits: Sequence[float],
    levels: Sequence[tuple[Floats, float]],
    homes: Ints | None = None,
) -> Figures:
    """All figures of all areas; `parts` is the land's exact or discreet residents, `walk` (n) metres to the nearest
    site (inf: none), `levels` the walks and the limit of each level, `homes` the exact or discreet households (None:
    not asked for)."""
    people = np.where(land.known, parts.sum(axis=1), 0)
    old = np.where(land.known, parts[:, 0], 0)
    near = [walk <= limit for limit in limits]
    level_near = [own <= limit for own, limit in levels]
    columns = [people, old, np.where(land.known, parts[:, 2], 0), land.known.astype(np.int64)]
    columns += [np.where(met, people, 0) for met in near] + [np.where(met, old, 0) for met in near]
    columns += [np.where(met, people, 0) for met in level_near]
    sums = land.summed(np.column_stack(columns))
    rings = len(limits)
    homes_sums, unhoused = _housed(land, homes, near)
    every = land.counted(np.ones(len(land), dtype=bool))
    return Figures(
        residents=sums[:, 0],
        old=sums[:, 1],
        ageless=sums[:, 2],
        grids=every,
        unknown=every - land.counted(land.known),
        known=sums[:, 3] > 0,
        within=sums[:, 4 : 4 + rings],
        old_within=sums[:, 4 + rings : 4 + 2 * rings],
        grids_within=_columns([land.counted(met) for met in near], len(land.ids)),
        levels=sums[:, 4 + 2 * rings :],
        grids_levels=_columns([land.counted(met) for met in level_near], len(land.ids)),
        homes=homes_sums[:, 0],
        homes_within=homes_sums[:, 2:],
        homes_known=homes_sums[:, 1] > 0,
        unhoused=unhoused,
    )


def _housed(land: Land, homes: Ints | None, near: Sequence[Flags]) -> tuple[Ints, Ints]:
    """Households of all areas: all, how many places have a number of them, those inside each limit (a, 2 + m); and the
    grids with residents that have none. Nothing is summed where nobody counted any."""
    housed = np.zeros(len(land), dtype=bool) if homes is None else homes >= 0
    if homes is None or not housed.any():
        return np.zeros((len(land.ids), 2 + len(near)), dtype=np.int64), np.zeros(len(land.ids), dtype=np.int64)
    households = np.where(housed, homes, 0)
    columns = [households, housed.astype(np.int64), *(np.where(met, households, 0) for met in near)]
    return land.summed(np.column_stack(columns)), land.counted(land.known & ~housed & (land.parts.sum(axis=1) > 0))


@dataclass(frozen=True, slots=True)
class Missed:
    """What of one area's own residents lies outside a limit: how many, the walk of half of them (inf: none), all?

    Of an area with many places it is what of one cell of them; `places` are the numbers of the places missed.
    """

    area: int
    residents: int
    metres: float
    whole: bool
    places: Ints


MANY_PLACES = 30
"""An area with more places of its own is told of in cells: a city that is one area has no gap to look at otherwise."""
CELL_DEGREES = 0.01
"""About a kilometre."""


def missed(land: Land, parts: Ints, walk: Floats, limit: float, inside: Flags, most: int) -> tuple[list[Missed], int]:
    """Where own residents of the areas marked `inside` (a) live outside a limit, most first, and how many such there
    are in all."""
    people = np.where(land.known, parts.sum(axis=1), 0)
    out = (walk > limit) & (people > 0) & inside[land.of]
    group = land.gap_groups
    count = np.bincount(group, np.where(out, people, 0)).astype(np.int64)
    every = np.bincount(group, people).astype(np.int64)
    found = np.flatnonzero(count)
    order = found[np.lexsort((found, -count[found]))]
    outside = np.flatnonzero(out)
    outside = outside[np.argsort(group[outside], kind="stable")]
    first, last = (np.searchsorted(group[outside], order[:most], side=side) for side in ("left", "right"))
    told = []
    for number, begin, end in zip(order[:most].tolist(), first, last, strict=True):
        here = outside[begin:end]
        nearest = here[np.argsort(walk[here], kind="stable")]
        upto = np.cumsum(people[nearest])
        half = float(walk[nearest][int(np.searchsorted(upto, upto[-1] / 2))])
        area = int(land.of[here[0]])
        told.append(Missed(area, int(count[number]), half, bool(count[number] == every[number]), here))
    return told, len(found)


def gained(land: Land, parts: Ints, before: Floats, after: Floats, chosen: Ints, limits: Sequence[float]) -> Ints:
    """By how many residents each area's figure changes (a, m) when the walks of the `chosen` places change."""
    people = np.where(land.known[chosen], parts[chosen].sum(axis=1), 0)
    own = np.zeros((len(land.ids), len(limits)), dtype=np.int64)
    for column, limit in enumerate(limits):
        change = people * ((after <= limit).astype(np.int64) - (before[chosen] <= limit))
        own[:, column] = np.bincount(land.of[chosen], change, minlength=len(land.ids)).astype(np.int64)
    return land.rolled(own)


def _columns(columns: Sequence[Ints], rows: int) -> Ints:
    """Columns side by side, also when there are none."""
    return np.column_stack(columns) if columns else np.zeros((rows, 0), dtype=np.int64)
