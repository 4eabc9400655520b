"""Plain logic: two people changed one boundary from the same version; whether both changes can stand together."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
from shapely import MultiPolygon

from grids.noding import Rings, Steps, from_steps, to_steps

Vertex = tuple[int, int]
Run = tuple[int, int, list[Vertex]]
"""Corners [first, last) of a ring as it was, and what stands in their place."""


def together(base: MultiPolygon, mine: MultiPolygon, theirs: MultiPolygon) -> MultiPolygon | None:
    """Both changes of `base` in one shape when no edge was changed by both, else None. Lon, lat on the grid.

    Rings are compared one by one, so that a hole or a part added by somebody is for people to look at.
    """
    before, one, two = to_steps(base), to_steps(mine), to_steps(theirs)
    if [len(part) for part in before] != [len(part) for part in one]:
        return None
    if [len(part) for part in before] != [len(part) for part in two]:
        return None
    merged: Rings = []
    for at, part in enumerate(before):
        merged.append([])
        for ring, was in enumerate(part):
            both = _ring(was, one[at][ring], two[at][ring])
            if both is None:
                return None
            merged[-1].append(both)
    result = from_steps(merged)
    return result if result.is_valid else None


def _ring(was: Steps, mine: Steps, theirs: Steps) -> Steps | None:
    """One ring with both changes."""
    base, one, two = (_vertices(ring) for ring in (was, mine, theirs))
    if one == base:
        return theirs
    if two == base:
        return mine
    kept = set(one) & set(two)
    anchor = next((vertex for vertex in base if vertex in kept), None)
    if anchor is None:
        return None
    base, one, two = (_from(ring, anchor) for ring in (base, one, two))
    mine_runs, their_runs = _runs(base, one), _runs(base, two)
    if not _apart(mine_runs, their_runs):
        return None
    for first, last, news in sorted(mine_runs + their_runs, key=lambda run: run[0], reverse=True):
        base[first:last] = news
    return np.array(base[:-1], np.int64).reshape(-1, 2) if len(base) > 3 else None


def _vertices(ring: Steps) -> list[Vertex]:
    """Corners as pairs that can be compared and looked up."""
    return [(x, y) for x, y in ring.tolist()]


def _from(ring: list[Vertex], anchor: Vertex) -> list[Vertex]:
    """The same ring beginning and ending at a corner, so that its last edge is one of the list."""
    at = ring.index(anchor)
    return [*ring[at:], *ring[:at], anchor]


def _runs(base: list[Vertex], changed: list[Vertex]) -> list[Run]:
    """What was replaced by what, from the first corner on."""
    codes = SequenceMatcher(None, base, changed, autojunk=False).get_opcodes()
    return [(first, last, changed[i:j]) for tag, first, last, i, j in codes if tag != "equal"]


def _apart(one: list[Run], two: list[Run]) -> bool:
    """Whether no edge of the ring as it was is touched by both: edge n leads from corner n to the next."""
    edges = [{edge for first, last, _news in runs for edge in range(first - 1, last)} for runs in (one, two)]
    return edges[0].isdisjoint(edges[1])
