"""Closed ways and multipolygon relations → polygons; what cannot be built says why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from typing import Literal

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from layers.streets.osm.source import Objects

AREA_KEPT = 0.01
"""A repair may change a ring's area by this share at most: it closes a spike, it never guesses a shape."""
Fault = Literal["open", "missing-parts", "too-few-points", "no-area", "crossing"]
Refs = tuple[int, ...]


def from_way(objects: Objects, refs: Refs) -> BaseGeometry | Fault:
    """The polygon of one closed way (lon, lat), or what is wrong with it."""
    xy, missing = objects.positions(refs)
    if missing:
        return "missing-parts"
    if len(refs) > 1 and refs[0] != refs[-1]:
        return "open"
    if len(refs) < 4:
        return "too-few-points"
    return sound(Polygon(xy))


def sound(shape: BaseGeometry) -> BaseGeometry | Fault:
    """The shape when valid, else its repair if that keeps one piece a part and the area, else the fault."""
    if shape.is_valid:
        return shape if shape.area > 0 else "no-area"
    pieces = [piece for piece in shapely.get_parts(shapely.make_valid(shape)) if piece.geom_type == "Polygon"]
    whole = sum(piece.area for piece in pieces)
    pieces = [piece for piece in pieces if piece.area > AREA_KEPT * whole]
    if not pieces:
        return "no-area"
    # shapely's area of a crossing ring is the signed one: loops drawn the other way round count against it
    if len(pieces) != len(shapely.get_parts(shape)) or abs(whole - shape.area) > AREA_KEPT * whole:
        return "crossing"
    return pieces[0] if len(pieces) == 1 else shapely.MultiPolygon(pieces)


def from_members(objects: Objects, members: Sequence[Refs], *, absent: int) -> BaseGeometry | Fault:
    """The area of a relation's ways by the even-odd rule, whatever their roles say.

    `absent`: members that the file does not hold. Ways are joined end to end by node id; a relation with
    one ring open is not built at all, because half of an area is a wrong area.
    """
    if absent or not members:
        return "missing-parts"
    rings = join(members)
    if rings is None:
        return "open"
    polygons: list[BaseGeometry] = []
    for refs in rings:
        ring = from_way(objects, refs)
        if isinstance(ring, str):
            return ring
        polygons.append(ring)
    polygons.sort(key=lambda polygon: -polygon.area)
    area = reduce(shapely.symmetric_difference, polygons)
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        return "no-area"
    return sound(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))


def join(members: Sequence[Refs]) -> list[Refs] | None:
    """Rings of node ids out of ways laid end to end in either direction; None when an end stays loose."""
    rings: list[Refs] = [way for way in members if len(way) > 1 and way[0] == way[-1]]
    pieces = {at: way for at, way in enumerate(members) if len(way) > 1 and way[0] != way[-1]}
    at_end: dict[int, list[int]] = defaultdict(list)
    for at, way in pieces.items():
        at_end[way[0]].append(at)
        at_end[way[-1]].append(at)
    while pieces:
        first = next(iter(pieces))
        chain = list(pieces.pop(first))
        while chain[0] != chain[-1]:
            following = next((at for at in at_end[chain[-1]] if at in pieces), None)
            if following is None:
                return None
            way = pieces.pop(following)
            chain.extend(way[1:] if way[0] == chain[-1] else way[-2::-1])
            seen = chain.index(chain[-1])
            if 0 < seen < len(chain) - 1:  # rings that touch at a node: cut the loop off, go on with the rest
                rings.append(tuple(chain[seen:]))
                del chain[seen + 1 :]
        if len(chain) > 1:
            rings.append(tuple(chain))
    return rings
