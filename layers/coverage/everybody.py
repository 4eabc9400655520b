"""All areas of a place and who lives in them, by column; and the leaf areas of one question, cut from them by masks.

Plain numpy. A county of a prefecture has 40,000 leaf areas: as rows of Python they cost seconds, as columns
milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Everybody:
    """a areas of one moment in the order of their codes, and residents by k age bands and by 4 `discretion.PARTS`.

    `ids`, `rows` (a, 16) are the areas and their boundaries; `parent` (a) numbers the area above (-1: none), `rank` (a)
    is its tier's; `grid`, `compound`, `named` (a) say whether that is one of grids, of compounds, one that figures are
    told of; `inner` (a, 2) is a point inside, in degrees.
    `known` (a): some figure is known; `own` (a): figures of which no file said where these people live, and those are
    `figures` (a, k), `parts` (a, 4) and `homes` (a; -1: nobody counted households), and `stands` (a, 4) and
    `home_stands` (a) with small ones replaced. The same of the m places that a file said: their area, `spots` (m, 2) in
    degrees, figures, parts, households and what stands for them.
    """

    ids: Bytes
    rows: Bytes
    parent: Numbers
    rank: Numbers
    grid: Flags
    compound: Flags
    named: Flags
    inner: Floats
    known: Flags
    own: Flags
    figures: Numbers
    parts: Numbers
    homes: Numbers
    stands: Numbers
    home_stands: Numbers
    spot_of: Numbers
    spots: Floats
    spot_figures: Numbers
    spot_parts: Numbers
    spot_homes: Numbers
    spot_stands: Numbers
    spot_home_stands: Numbers

    def __len__(self) -> int:
        """How many areas."""
        return len(self.parent)

    @cached_property
    def number_of(self) -> dict[bytes, int]:
        """The number of each area."""
        return {area.tobytes(): number for number, area in enumerate(self.ids)}

    @cached_property
    def levels(self) -> list[NDArray[np.intp]]:
        """The areas by how many lie above them, from the top."""
        deep = np.zeros(len(self), dtype=np.int64)
        above = self.parent.copy()
        while (above >= 0).any():
            deep += above >= 0
            above = np.where(above >= 0, self.parent[above], -1)
        return [np.flatnonzero(deep == level) for level in range(int(deep.max(initial=0)) + 1)]

    def under(self, marked: Flags) -> Flags:
        """Which areas (a) lie below some that are marked (a); a marked one only if another lies above it."""
        found = np.zeros(len(self), dtype=bool)
        for here in self.levels[1:]:
            above = self.parent[here]
            found[here] = found[above] | marked[above]
        return found

    def at_and_under(self, areas: Sequence[bytes]) -> Flags:
        """Which areas (a) are some or lie below them; areas that are not there are passed over."""
        marked = np.zeros(len(self), dtype=bool)
        marked[[self.number_of[area] for area in areas if area in self.number_of]] = True
        return marked | self.under(marked)

    def above(self, area: bytes) -> Flags:
        """Which areas (a) lie above one."""
        found = np.zeros(len(self), dtype=bool)
        number = self.number_of.get(area, -1)
        while number >= 0 and self.parent[number] >= 0:
            number = int(self.parent[number])
            found[number] = True
        return found

    def nearest(self, marked: Flags) -> NDArray[np.int64]:
        """The number of the first marked area at or above each (a); -1 where there is none."""
        found = np.where(marked, np.arange(len(self)), -1)
        for here in self.levels[1:]:
            found[here] = np.where(found[here] >= 0, found[here], found[self.parent[here]])
        return found

    @cached_property
    def compound_of(self) -> NDArray[np.int64]:
        """The compound that each area is or lies in (a); the area itself where there is none."""
        found = self.nearest(self.compound)
        return np.where(found >= 0, found, np.arange(len(self)))


@dataclass(frozen=True)
class Cut:
    """The n places of one question: the number of the leaf area, its area, whether it lies in the basis, where, who.

    `placed` (n): a file said that very place.
    `figures` (n, k), `parts` (n, 4), `homes` (n) and the last two with small ones replaced (`stands`, `home_stands`)
    are as in Everybody, and of no meaning where a place is not `known` (n).
    """

    leaf: NDArray[np.int64]
    area: NDArray[np.intp]
    in_basis: Flags
    points: Floats
    placed: Flags
    known: Flags
    figures: Numbers
    parts: Numbers
    homes: Numbers
    stands: Numbers
    home_stands: Numbers


def cut(everybody: Everybody, basis: bytes | None = None, readable: Sequence[bytes] | None = None) -> Cut:
    """The leaf areas at and below a basis area (None: everywhere), and those above it that have residents.

    A leaf is an area with a figure, and in the basis also one of which none is known: a grid without any area below it,
    and without residents counted above it. Figures are known below the `readable` areas only (None: everywhere).
    """
    every = np.ones(len(everybody), dtype=bool)
    inside = every if basis is None else everybody.at_and_under([basis])
    may = every if readable is None else everybody.at_and_under(readable)
    may = may if basis is None else may & (inside | everybody.above(basis))
    known, own = everybody.known & may, everybody.own & may
    placed = np.zeros(len(everybody), dtype=bool)
    placed[everybody.spot_of] = True
    placed &= known
    some = own & everybody.figures.any(axis=1)
    # a county may hold those who live outside every area: they say nothing of the grids in it
    whole = (own & (~placed | some)) | (placed & (everybody.rank > 1))
    parents = np.zeros(len(everybody), dtype=bool)
    parents[everybody.parent[everybody.parent >= 0]] = True
    chosen = known | (inside & ~parents & everybody.grid & ~everybody.under(whole))
    # one place inside each, unless its residents have places of their own, and then those
    ours = np.flatnonzero(chosen & (~placed | some))
    theirs = np.flatnonzero(placed[everybody.spot_of])
    area = np.concatenate([ours, everybody.spot_of[theirs]])
    order = np.argsort(area, kind="stable")

    def both(inner: NDArray[Any], spots: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([inner[ours], spots[theirs]])[order]

    area = area[order]
    return Cut(
        leaf=np.unique(area, return_inverse=True)[1].astype(np.int64),
        area=area,
        in_basis=inside[area],
        points=both(everybody.inner, everybody.spots),
        placed=both(np.zeros(len(everybody), dtype=bool), np.ones(len(everybody.spot_of), dtype=bool)),
        known=both(own, np.ones(len(everybody.spot_of), dtype=bool)),
        figures=both(everybody.figures, everybody.spot_figures),
        parts=both(everybody.parts, everybody.spot_parts),
        homes=both(everybody.homes, everybody.spot_homes),
        stands=both(everybody.stands, everybody.spot_stands),
        home_stands=both(everybody.home_stands, everybody.spot_home_stands),
    )
