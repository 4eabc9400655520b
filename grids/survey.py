"""Plain logic: everything wrong among many boundaries at once, by the rules of `grids.topology`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon

from grids.topology import SMALLEST_M2, Finding, Shape, escape, misplaced, overlap, unsound

METRES_A_DEGREE = 111_000.0


@dataclass(frozen=True)
class Row:
    """One boundary of many: whose, of which tier, under whom; `fresh` when it is to be stored."""

    area: UUID
    tier: str
    parent: UUID | None
    geometry: MultiPolygon
    fresh: bool = True


def survey(rows: Sequence[Row]) -> Iterator[Finding]:
    """Unsound shapes, escapes from parents, overlaps in a tier; only where a fresh row takes part.

    Rows are lon/lat on the grid and noded against each other; an unsound row is told once and left out of the rest.
    """
    sound: list[Row] = []
    for row, clear in zip(rows, clearly_sound([row.geometry for row in rows]), strict=True):
        broken = unsound(row.geometry, area=row.area) if row.fresh and not clear else []
        yield from broken
        if not broken:
            sound.append(row)
    where = {row.area: row for row in sound}
    yield from _escapes(sound, where)
    tiers: dict[str, list[Row]] = {}
    for row in sound:
        tiers.setdefault(row.tier, []).append(row)
    for same_tier in tiers.values():
        yield from _overlaps(same_tier)


def clearly_sound(shapes: Sequence[MultiPolygon] | NDArray[np.object_]) -> list[bool]:
    """Which shapes `unsound` surely has nothing against: valid, and far from too small by a rough measure of all."""
    many = np.array(shapes, dtype=object)
    middle = np.radians(np.nan_to_num(shapely.bounds(many)[:, 1::2]).mean(axis=1)) if len(many) else np.empty(0)
    m2 = shapely.area(many) * METRES_A_DEGREE**2 * np.cos(middle)
    clear: list[bool] = (shapely.is_valid(many) & (m2 > 2 * SMALLEST_M2)).tolist()
    return clear


def _escapes(rows: Sequence[Row], where: Mapping[UUID, Row]) -> Iterator[Finding]:
    """Fresh rows that their parent does not cover, all children of a parent at a time."""
    families: dict[UUID, list[Row]] = {}
    for row in rows:
        if row.fresh and row.parent is not None and row.parent in where:
            families.setdefault(row.parent, []).append(row)
    for parent_id, children in families.items():
        parent = Shape(parent_id, where[parent_id].geometry)
        shapely.prepare(parent.geometry)
        inside = shapely.covers(parent.geometry, np.array([child.geometry for child in children], object))
        for child, fits in zip(children, inside.tolist(), strict=True):
            if not fits:
                elsewhere = misplaced(child.geometry, parent, area=child.area)
                yield from elsewhere or [escape(child.geometry, parent, area=child.area)]


def _overlaps(rows: Sequence[Row]) -> Iterator[Finding]:
    """Pairs of one tier that claim the same ground, each pair once, told of the fresh one."""
    geometries = np.array([row.geometry for row in rows], object)
    fresh = np.array([row.fresh for row in rows], bool)
    one, two = shapely.STRtree(geometries).query(geometries[fresh], predicate="intersects")
    one = np.flatnonzero(fresh)[one]
    pairs = (one < two) | ((one > two) & ~fresh[two])
    one, two = one[pairs], two[pairs]
    both = shapely.relate_pattern(geometries[one], geometries[two], "T********")
    for a, b in zip(one[both].tolist(), two[both].tolist(), strict=True):
        yield overlap(rows[a].geometry, Shape(rows[b].area, rows[b].geometry), area=rows[a].area)
