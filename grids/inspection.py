"""Plain logic: everything wrong in a whole ground, by the invariants; a city of 89,000 areas takes a few seconds.

The cheap questions come first. A tier that is a valid coverage has no overlap and is noded; only where it is not are
pairs looked at. Children without overlap tile their parent exactly when every edge of theirs and its stands there twice
(between two of them, or of one and the parent): then none leaves it and nothing is free. Only of other families is each
child asked whether it lies inside, and only where their areas do not add up is the place of the gap worked out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon

from gis.shared.geometry import area_m2
from grids.gaps import SMALLEST_M2 as SMALLEST_GAP_M2
from grids.gaps import uncovered
from grids.noding import GRID_STEPS
from grids.survey import METRES_A_DEGREE, Row, clearly_sound
from grids.topology import Finding, Shape, escape, misplaced, overlap, unsound

Objects = NDArray[np.object_]
MIX_X, MIX_Y = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
SUSPICIOUS = 1e-9
"""Share of a parent's area by which its children's may differ before somebody looks; rounding is far below it."""
MANY_CHILDREN = 12
"""From this many on, an index of the parent's edges pays for itself."""


def inspect(rows: Sequence[Row], *, tiling: Collection[str], root: UUID | None = None) -> Iterator[Finding]:
    """All that is wrong among the boundaries of one moment; areas of the `tiling` tiers have to cover their parents.

    Codes: those of `unsound`, then orphan, escape (far, swapped), overlap, unnoded and uncovered. `rows` are a whole
    tree, or the subtree of `root`, whose own parent is not asked for.
    """
    if not rows:
        return
    shapes = np.array([row.geometry for row in rows], dtype=object)
    sound = np.array(clearly_sound(shapes), bool)
    for at in np.flatnonzero(~sound).tolist():
        broken = unsound(rows[at].geometry, area=rows[at].area)
        yield from broken
        sound[at] = not broken
    place = {row.area.int: at for at, row in enumerate(rows)}  # hashing a number is quicker than hashing a UUID
    parent = np.array([-1 if row.parent is None else place.get(row.parent.int, -2) for row in rows])
    for at in np.flatnonzero(parent == -2).tolist():
        if rows[at].area != root:
            yield Finding("orphan", place=rows[at].geometry, area=rows[at].area, other=rows[at].parent)
    names = {tier: number for number, tier in enumerate(dict.fromkeys(row.tier for row in rows))}
    tiers = np.array([names[row.tier] for row in rows])
    overlaps: list[Finding] = []
    covering = sound & (parent >= 0)
    covering[covering] &= sound[parent[covering]]
    covering &= np.isin(tiers, [names[tier] for tier in tiling if tier in names])
    whole = np.zeros(len(rows), bool)
    for tier in names.values():
        found, coverage = _within_tier(rows, shapes, np.flatnonzero((tiers == tier) & sound))
        overlaps += found
        if coverage:
            children = np.flatnonzero(covering & (tiers == tier))
            whole[children] = _tiled(shapes, parent, children)
    yield from _escapes(rows, shapes, np.where(sound & ~whole, parent, -1), sound)
    yield from overlaps
    yield from _uncovered(rows, shapes, parent, tiers, covering & ~whole)


def _escapes(
    rows: Sequence[Row], shapes: Objects, parent: NDArray[np.int64], sound: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Areas that their parent does not cover, all children of a parent at a time."""
    children = np.flatnonzero(parent >= 0)
    children = children[sound[parent[children]]]
    children = children[np.argsort(parent[children], kind="stable")]
    above = parent[children]
    which, count = np.unique(above, return_counts=True)
    shapely.prepare(shapes[which[count >= MANY_CHILDREN]])
    for at in np.sort(children[~shapely.covers(shapes[above], shapes[children])]).tolist():
        over = Shape(rows[parent[at]].area, rows[parent[at]].geometry)
        elsewhere = misplaced(rows[at].geometry, over, area=rows[at].area)
        yield from elsewhere or [escape(rows[at].geometry, over, area=rows[at].area)]


def _tiled(shapes: Objects, parent: NDArray[np.int64], children: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which children, of a tier that is a coverage, belong to a family that tiles its parent exactly.

    Edges are compared by 64-bit keys, family and all: two different ones fall together once in 10^8 cities.
    """
    parents = np.unique(parent[children])
    members = np.concatenate([children, parents])
    family = np.concatenate([parent[children], parents])
    rings, owner = shapely.get_rings(shapely.get_parts(shapes[members]), return_index=True)
    part_owner = np.repeat(np.arange(len(members)), shapely.get_num_geometries(shapes[members]))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    steps = np.rint(xy * GRID_STEPS).astype(np.int64).astype(np.uint64)
    vertex = _mixed(steps[:, 0] * MIX_X + steps[:, 1] * MIX_Y)
    inside = ring[1:] == ring[:-1]
    of_family = family[part_owner[owner[ring[:-1][inside]]]]
    edge = vertex[:-1][inside] + vertex[1:][inside]
    _keys, index, count = np.unique(
        _mixed(edge + of_family.astype(np.uint64) * MIX_X), return_index=True, return_counts=True
    )
    broken = np.zeros(len(shapes), bool)
    broken[of_family[index[count != 2]]] = True
    return ~broken[parent[children]]


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Keys whose bits all depend on all bits (the finaliser of splitmix64)."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _within_tier(rows: Sequence[Row], shapes: Objects, mine: NDArray[np.int64]) -> tuple[list[Finding], bool]:
    """Pairs of one tier that claim the same ground, neighbours whose common edge is not the same; whether none is."""
    if len(mine) < 2 or shapely.coverage_is_valid(shapes[mine]):
        return [], True
    return list(_conflicts(rows, shapes, mine)), False


def _conflicts(rows: Sequence[Row], shapes: Objects, mine: NDArray[np.int64]) -> Iterator[Finding]:
    """What is wrong in a tier that is no valid coverage."""
    edges = shapely.coverage_invalid_edges(shapes[mine])
    faulty = np.flatnonzero(~shapely.is_empty(edges))
    one, two = shapely.STRtree(shapes[mine]).query(shapes[mine[faulty]], predicate="intersects")
    one = faulty[one]
    other_way = np.isin(two, faulty) & (one > two)  # both are faulty: told once
    pairs = (one != two) & ~other_way
    one, two = one[pairs], two[pairs]
    both = shapely.relate_pattern(shapes[mine[one]], shapes[mine[two]], "T********")
    for a, b in zip(mine[one[both]].tolist(), mine[two[both]].tolist(), strict=True):
        yield overlap(rows[a].geometry, Shape(rows[b].area, rows[b].geometry), area=rows[a].area)
    told = np.union1d(one[both], two[both])
    for at in np.setdiff1d(faulty, told).tolist():
        yield Finding("unnoded", "warning", place=edges[at], area=rows[mine[at]].area)


def _uncovered(
    rows: Sequence[Row],
    shapes: Objects,
    parent: NDArray[np.int64],
    tiers: NDArray[np.int64],
    covering: NDArray[np.bool_],
) -> Iterator[Finding]:
    """Parents whose children of a tiling tier leave something free, with the place of it."""
    areas = shapely.area(shapes)
    for tier in dict.fromkeys(tiers[covering].tolist()):
        children = np.flatnonzero(covering & (tiers == tier))
        sums = np.bincount(parent[children], weights=areas[children], minlength=len(rows))
        parents = np.unique(parent[children])
        missing = areas[parents] - sums[parents]
        least = SMALLEST_GAP_M2 / METRES_A_DEGREE**2 / 2
        for at in parents[missing > np.maximum(SUSPICIOUS * areas[parents], least)].tolist():
            inside = [rows[child].geometry for child in children[parent[children] == at].tolist()]
            rest = uncovered(rows[at].geometry, inside)
            if not rest.is_empty:
                yield _gap(rows[at].area, rest)


def _gap(area: UUID, rest: MultiPolygon) -> Finding:
    """The finding: in how many pieces, how large."""
    numbers = {"m2": area_m2(rest), "count": float(len(rest.geoms))}
    return Finding("uncovered", "warning", place=rest, area=area, numbers=numbers)
