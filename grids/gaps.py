"""Plain logic: strips of nobody's ground between a boundary and what it nearly touches. Lon, lat in, metres inside."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import shapely
from shapely import MultiPolygon, Polygon

from gis.shared.geometry import area_m2, epsg_of, to_degrees, to_metres
from grids.noding import on_grid
from grids.topology import Finding, Shape, side_of

FINEST_METRES = 0.01
"""Narrower than a centimetre is no strip: it is how a slanted line lies on the grid."""
LEAST_CONTACT_METRES = 0.5
SMALLEST_M2 = 0.05
MITRE = {"join_style": "mitre", "mitre_limit": 4.0}


def gaps(
    shape: MultiPolygon, beside: Sequence[Shape], parent: Shape | None, *, width_m: float, area: UUID
) -> list[Finding]:
    """Strips narrower than `width_m` between a sound shape and its siblings or its parent's edge: warnings.

    Found by closing: widen everything solid by half the width and narrow it again; what stays filled was a strip.
    """
    if width_m <= 0:
        return []
    epsg = epsg_of(shape)
    own = to_metres(shape, epsg)
    window = shapely.box(*own.buffer(4 * width_m).bounds)
    solids: dict[UUID, shapely.Geometry] = {}
    for other in beside:
        near = to_metres(other.geometry, epsg)
        if near.dwithin(own, width_m):
            solids[other.area] = near.intersection(window)
    if parent is not None:
        solids[parent.area] = window.difference(to_metres(parent.geometry, epsg))
    solids = {other: solid for other, solid in solids.items() if not solid.is_empty}
    if not solids:
        return []
    filled = shapely.union_all([own, *solids.values()])
    closed = filled.buffer(width_m / 2, **MITRE).buffer(-width_m / 2, **MITRE)
    found = []
    for part in shapely.get_parts(closed.difference(filled)):
        if not isinstance(part, Polygon) or part.area < SMALLEST_M2 or part.buffer(-FINEST_METRES / 2).is_empty:
            continue
        contact = {other: _contact(part, solid) for other, solid in solids.items()}
        nearest = max(contact, key=contact.__getitem__)
        if min(_contact(part, own), contact[nearest]) >= LEAST_CONTACT_METRES:
            place = on_grid(MultiPolygon([to_degrees(part, epsg)]))
            found.append(_gap(shape, place, area, nearest))
    return found


def uncovered(parent: MultiPolygon, children: Sequence[MultiPolygon]) -> MultiPolygon:
    """What of a parent no child covers, without slivers of the grid's own making."""
    rest = shapely.difference(parent, shapely.union_all(list(children)))
    parts = [part for part in shapely.get_parts(rest) if isinstance(part, Polygon) and area_m2(part) >= SMALLEST_M2]
    return MultiPolygon(parts)


def _contact(part: Polygon, solid: shapely.Geometry) -> float:
    """Metres of a part's edge that lie along something."""
    return float(part.exterior.intersection(solid.buffer(FINEST_METRES)).length)


def _gap(shape: MultiPolygon, place: MultiPolygon, area: UUID, other: UUID) -> Finding:
    """The finding, with its size and side."""
    numbers = {"m2": area_m2(place)}
    return Finding("gap", "warning", place, area, other, numbers=numbers, side=side_of(shape, place))
