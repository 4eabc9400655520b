"""Plain logic: whether a boundary may stand among its parent, siblings and children, and where it may not.

Geometries are lon, lat on the 1e-8 degree grid and noded (`grids.noding`), so the predicates are exact;
areas and distances are metres in the metric zone of the place.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from gis.shared.geometry import area_m2, epsg_of, to_metres
from grids.noding import node
from grids.snapping import SNAP_METRES, snap

Severity = Literal["error", "warning"]
SMALLEST_M2 = 1.0
"""An area smaller than a square metre is a slip of the hand."""
FAR_METRES = 5_000.0
"""Beyond this from its parent a shape is not "outside", it is somewhere else."""
MOST_CROSSINGS = 20
EDGES_AT_ONCE = 64
SIDES = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: what (code), with whom (other), where (place, lon/lat), how much (numbers)."""

    code: str
    severity: Severity = "error"
    place: shapely.Geometry | None = None
    area: UUID | None = None
    other: UUID | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    side: str = ""

    @property
    def id(self) -> str:
        """Stays the same while the same thing is wrong between the same areas."""
        return hashlib.sha256(f"{self.code}/{self.area}/{self.other}".encode()).hexdigest()[:12]

    @property
    def point(self) -> tuple[float, float] | None:
        """A (lon, lat) to go to: a point inside the largest part of the place."""
        if self.place is None or self.place.is_empty:
            return None
        largest = max(shapely.get_parts(self.place), key=lambda part: (part.area, part.length))
        inside = largest.representative_point()
        return inside.x, inside.y


@dataclass(frozen=True)
class Shape:
    """Somebody's boundary: whose, where, and whether it is already stored."""

    area: UUID
    geometry: MultiPolygon


@dataclass(frozen=True)
class Surroundings:
    """What a boundary has to get on with, at one moment.

    `others` are the stored boundaries of any tier that its edge may touch: they get and give nodes.
    """

    parent: Shape | None = None
    siblings: Sequence[Shape] = ()
    children: Sequence[Shape] = ()
    others: Sequence[Shape] = ()


@dataclass(frozen=True)
class Plan:
    """What saving would store: the candidate, the neighbours that gain nodes, and all that is wrong."""

    geometry: MultiPolygon
    noded: Mapping[UUID, MultiPolygon]
    findings: Sequence[Finding]

    @property
    def sound(self) -> bool:
        """Whether nothing forbids saving."""
        return not any(finding.severity == "error" for finding in self.findings)


def plan(
    candidate: MultiPolygon,
    around: Surroundings,
    *,
    area: UUID,
    before: MultiPolygon | None = None,
    snap_m: float = SNAP_METRES,
) -> Plan:
    """Snap, node and check one boundary; `before` is the version it replaces. Nothing is written."""
    broken = unsound(candidate, area=area) or misplaced(candidate, around.parent, area=area)
    if broken:
        return Plan(candidate, {}, broken)
    neighbours = {shape.area: shape for shape in (*around.others, *around.siblings, *around.children)}
    if around.parent is not None:
        neighbours[around.parent.area] = around.parent
    neighbours.pop(area, None)
    shapes = list(neighbours.values())
    drawn = snap(candidate, [shape.geometry for shape in shapes], tolerance_m=snap_m, before=before)
    fresh, *stored = node([drawn, *(s.geometry for s in shapes)], fresh=[True] + [False] * len(shapes))
    noded = {s.area: after for s, after in zip(shapes, stored, strict=True) if after is not s.geometry}

    def now(shape: Shape) -> Shape:
        return Shape(shape.area, noded.get(shape.area, shape.geometry))

    after = Surroundings(
        parent=now(around.parent) if around.parent else None,
        siblings=[now(shape) for shape in around.siblings],
        children=[now(shape) for shape in around.children],
    )
    findings = unsound(fresh, area=area) or list(conflicts(fresh, after, area=area))
    for neighbour, geometry in noded.items():
        findings += [Finding("spoils", place=f.place, area=area, other=neighbour) for f in unsound(geometry)]
    return Plan(fresh, noded, findings)


def unsound(shape: MultiPolygon, *, area: UUID | None = None) -> list[Finding]:
    """What is wrong with a shape by itself: rings that cross or touch themselves, too small, empty."""
    if shape.is_empty:
        return [Finding("empty", area=area)]
    if not shape.is_valid:
        points = crossings(shape)
        return [Finding("crossing", place=points, area=area, numbers={"count": len(points.geoms)})]
    size = area_m2(shape)
    if size < SMALLEST_M2:
        return [Finding("too_small", place=shape, area=area, numbers={"m2": size, "limit": SMALLEST_M2})]
    return []


def misplaced(shape: MultiPolygon, parent: Shape | None, *, area: UUID | None = None) -> list[Finding]:
    """A shape that lies nowhere near its parent: longitude and latitude swapped, or simply far away."""
    if parent is None or shape.intersects(parent.geometry):
        return []
    turned = shapely.transform(shape, lambda xy: xy[:, ::-1])
    if turned.intersects(shapely.box(*parent.geometry.bounds)):
        return [Finding("swapped", place=turned, area=area, other=parent.area)]
    metres = distance_m(shape, parent.geometry)
    if metres > FAR_METRES:
        return [Finding("far", place=shape, area=area, other=parent.area, numbers={"m": metres})]
    return []


def conflicts(shape: MultiPolygon, around: Surroundings, *, area: UUID) -> Iterator[Finding]:
    """Everything a sound, noded shape does to its parent, siblings and children that may not be."""
    if around.parent is not None and not around.parent.geometry.covers(shape):
        yield escape(shape, around.parent, area=area)
    shapely.prepare(shape)
    for sibling in around.siblings:
        if overlapping(shape, sibling.geometry):
            yield overlap(shape, sibling, area=area)
    for child in around.children:
        if not shape.covers(child.geometry):
            yield left_outside(shape, child, area=area)


def overlapping(one: MultiPolygon, two: MultiPolygon) -> bool:
    """Whether two areas share interior points; edges and corners in common are allowed."""
    return bool(shapely.relate_pattern(one, two, "T********"))


def overlap(shape: MultiPolygon, sibling: Shape, *, area: UUID) -> Finding:
    """The ground two siblings both claim."""
    place = _polygons(shape.intersection(sibling.geometry))
    return _finding("overlap", place, shape, area, sibling.area)


def escape(shape: MultiPolygon, parent: Shape, *, area: UUID) -> Finding:
    """The part of a shape that lies outside its parent."""
    return _finding("escape", _polygons(shape.difference(parent.geometry)), shape, area, parent.area)


def left_outside(shape: MultiPolygon, child: Shape, *, area: UUID) -> Finding:
    """The part of a child that a new boundary would leave outside."""
    place = _polygons(child.geometry.difference(shape))
    return _finding("child_outside", place, shape, area, child.area)


def crossings(shape: MultiPolygon) -> shapely.MultiPoint:
    """The points where the rings of an invalid shape cross or touch (at most MOST_CROSSINGS); never empty."""
    rings = [ring for part in shape.geoms for ring in (part.exterior, *part.interiors)]
    ends = {point for ring in rings for point in ring.coords}
    found = _proper_crossings(rings)
    for ring in rings:
        seen: set[tuple[float, ...]] = set()
        for point in list(ring.coords)[:-1]:
            (found if point in seen else seen).add(point)
    if not found:
        reason = shapely.is_valid_reason(shape)
        numbers = reason[reason.rfind("[") + 1 : reason.rfind("]")].split()
        found = {(float(numbers[0]), float(numbers[1]))} if len(numbers) == 2 else {next(iter(ends))}
    return shapely.MultiPoint(sorted(found)[:MOST_CROSSINGS])


def _proper_crossings(rings: Sequence[Any]) -> set[tuple[float, ...]]:
    """Points where edges cross inside, a batch of edges at a time until there are enough: a scribble has millions."""
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    edges = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)[ring[:-1] == ring[1:]])
    tree = shapely.STRtree(edges)
    found: set[tuple[float, ...]] = set()
    for first in range(0, len(edges), EDGES_AT_ONCE):
        one, other = tree.query(edges[first : first + EDGES_AT_ONCE], predicate="crosses")
        pairs = slice(0, 4 * MOST_CROSSINGS)  # each crossing comes twice, and some may coincide
        places = shapely.intersection(edges[first + one[pairs]], edges[other[pairs]])
        found |= set(map(tuple, shapely.get_coordinates(places).tolist()))
        if len(found) >= MOST_CROSSINGS:
            break
    return found


def distance_m(one: shapely.Geometry, two: shapely.Geometry) -> float:
    """Metres between two lon, lat geometries: exact in the zone when near, a great circle when far."""
    if shapely.distance(one, two) < 1:
        epsg = epsg_of(two)
        return float(to_metres(one, epsg).distance(to_metres(two, epsg)))
    (a, b), (c, d) = ((math.radians(v) for v in (g.centroid.x, g.centroid.y)) for g in (one, two))
    half = math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2
    return 2 * 6_371_000.0 * math.asin(min(1.0, math.sqrt(half)))


def _finding(code: str, place: MultiPolygon, shape: MultiPolygon, area: UUID, other: UUID) -> Finding:
    """A finding whose place has an area."""
    numbers = {"m2": area_m2(place)}
    return Finding(code, place=place, area=area, other=other, numbers=numbers, side=side_of(shape, place))


def side_of(shape: MultiPolygon, place: MultiPolygon) -> str:
    """On which of eight sides of the shape's centre the place lies ("" when it lies all round)."""
    if place.is_empty:
        return ""
    here, there = shape.centroid, place.centroid
    east = (there.x - here.x) * math.cos(math.radians(here.y))
    north = there.y - here.y
    west_m, south_m, east_m, north_m = shape.bounds
    if math.hypot(east, north) < 0.1 * max(east_m - west_m, north_m - south_m):
        return ""
    return SIDES[round(math.degrees(math.atan2(north, east)) / 45) % 8]


def _polygons(shape: Any) -> MultiPolygon:
    """Only the polygons of whatever an overlay gave."""
    return MultiPolygon([part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and not part.is_empty])
