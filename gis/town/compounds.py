"""Lay out residential compounds in the blocks of a town: outline, rows of houses, paths and gates.

Plain logic, in metres. A compound stands back from the streets round its block; its paths form one network that
leaves it only at its gates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Polygon, unary_union
from shapely.affinity import rotate
from shapely.ops import split

from gis.town.buildings import STYLES, House, Style, Uv, row_of_houses
from gis.town.gates import GatePlan, make_gates
from gis.town.lattice import Lattice, Xy

SETBACK_M = {
    "primary": 25.0,
    "secondary": 20.0,
    "tertiary": 15.0,
    "residential": 9.0,
    "footway": 7.0,
    "border": 12.0,
}


@dataclass(slots=True)
class CompoundPlan:
    """One compound as laid out (metres in the town's frame)."""

    block: int
    outline: Polygon
    style: Style
    walled: str
    houses: list[House] = field(default_factory=list)
    paths: list[tuple[tuple[Xy, ...], str]] = field(default_factory=list)
    gates: list[GatePlan] = field(default_factory=list)
    gardens: list[Polygon] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Frame:
    """A compound's own frame: turned by `angle_deg` about `origin` so that its rows run along u."""

    origin: Xy
    angle_deg: float

    def to_town(self, point: Uv) -> Xy:
        """A point of this frame in the town's metres, to the millimetre."""
        a = np.radians(self.angle_deg)
        x = self.origin[0] + point[0] * np.cos(a) - point[1] * np.sin(a)
        y = self.origin[1] + point[0] * np.sin(a) + point[1] * np.cos(a)
        return (round(float(x), 3), round(float(y), 3))

    def from_town(self, polygon: Polygon) -> Polygon:
        """A polygon of the town in this frame."""
        turned = rotate(polygon, -self.angle_deg, origin=self.origin)
        return Polygon([(x - self.origin[0], y - self.origin[1]) for x, y in turned.exterior.coords])


def ground_of(polygon: Polygon, lattice: Lattice) -> Polygon:
    """The part of a block behind its pavements (metres); the largest piece if streets cut it apart."""
    ring = [(float(x), float(y)) for x, y in polygon.exterior.coords]
    sides = list(zip(ring, ring[1:], strict=False))
    wide = [SETBACK_M.get(lattice.kind_between(a, b), 8.0) for a, b in sides]
    strips = shapely.buffer(shapely.linestrings(np.array(sides)), wide, cap_style="round", quad_segs=16)
    left = polygon.difference(unary_union(strips)).simplify(1.8)
    pieces = [piece for piece in getattr(left, "geoms", [left]) if piece.geom_type == "Polygon"]
    biggest = max(pieces, key=lambda piece: piece.area, default=Polygon())
    return Polygon([(round(x, 3), round(y, 3)) for x, y in biggest.exterior.coords])


def outlines_of(ground: Polygon, rng: np.random.Generator) -> list[Polygon]:
    """One compound, or two that share a wall, on the ground of a block."""
    if ground.area < 50_000 or rng.random() < 0.45:
        return [ground]
    corners = np.array(ground.minimum_rotated_rectangle.exterior.coords)
    one, two = corners[1] - corners[0], corners[2] - corners[1]
    longer, shorter = (one, two) if np.hypot(*one) >= np.hypot(*two) else (two, one)
    middle = np.array(ground.centroid.coords[0]) + longer * float(rng.uniform(-0.1, 0.1))
    wall = LineString([middle - shorter, middle + shorter])
    halves = [Polygon(np.round(np.array(half.exterior.coords), 3)) for half in split(ground, wall).geoms]
    if len(halves) != 2 or min(half.area for half in halves) < 15_000:
        return [ground]
    return halves


def lay_out(
    *,
    block: int,
    outline: Polygon,
    block_ring: list[Xy],
    lattice: Lattice,
    others: list[Polygon],
    style: str,
    rng: np.random.Generator,
) -> CompoundPlan | None:
    """Fill one outline with houses, paths and gates; None where no house or no gate fits."""
    roll = float(rng.random())
    walled = "no" if style == "village" or roll < 0.06 else "unknown" if roll < 0.11 else "yes"
    plan = CompoundPlan(block, outline, STYLES[style], walled)
    frame = _frame_of(outline, rng)
    inner = frame.from_town(outline)
    spines = _spines(inner)
    rows = _fill_rows(plan, frame, inner, spines, rng)
    if len(plan.houses) < plan.style.least_houses:
        return None
    ends = _paths(plan, frame, inner, spines, rows)
    plan.gates = make_gates(outline, plan.walled, ends, block_ring, lattice, others, rng)
    return plan if plan.gates else None


def _frame_of(outline: Polygon, rng: np.random.Generator) -> Frame:
    """Rows run along the compound's edge that lies nearest to west–east, turned a little towards the sun."""
    points = np.array(outline.minimum_rotated_rectangle.exterior.coords)
    sides = np.diff(points, axis=0)[:2]
    angles = np.degrees(np.arctan2(sides[:, 1], sides[:, 0]))
    angles = (angles + 90.0) % 180.0 - 90.0
    angle = float(angles[np.argmin(np.abs(angles))])
    if rng.random() < 0.25:
        angle *= 0.5
    centre = outline.centroid
    return Frame((round(centre.x, 3), round(centre.y, 3)), round(angle, 3))


def _extent(polygon: Polygon, *, u: float | None = None, v: float | None = None) -> tuple[float, float] | None:
    """The first and last place where a line of constant u (or v) lies inside a polygon; None if it misses."""
    west, south, east, north = polygon.bounds
    line = LineString([(u, south - 1), (u, north + 1)]) if u is not None else LineString([(west - 1, v), (east + 1, v)])
    part = polygon.intersection(line)
    if part.is_empty or part.length < 1.0:
        return None
    low_u, low_v, high_u, high_v = part.bounds
    return (low_v, high_v) if u is not None else (low_u, high_u)


def _spines(inner: Polygon) -> list[float]:
    """Places (u) of the drives that run across the rows."""
    west, _, east, _ = inner.bounds
    width = east - west
    count = max(1, round(width / 135.0))
    return [west + width * (k + 0.5) / count for k in range(count)] if count > 1 else [west + width * 0.5]


def _fill_rows(
    plan: CompoundPlan, frame: Frame, inner: Polygon, spines: list[float], rng: np.random.Generator
) -> list[float]:
    """Put rows of houses between the drives; gives the places (v) of the paths behind the rows."""
    style = plan.style
    safe = inner.buffer(-6.5)
    _, south, _, north = safe.bounds
    cuts = [-1e6, *spines, 1e6]
    garden_row = int(rng.integers(1, 4)) if rng.random() < 0.7 and style.code != "village" else -1
    at, paths, row = south + 2.0, [], 0
    while at + style.depth_m < north:
        for k in range(len(cuts) - 1):
            inside = [span for v in (at, at + style.depth_m) if (span := _extent(safe, v=v)) is not None]
            if len(inside) < 2:
                continue
            west = max(cuts[k] + 6.0, *(span[0] for span in inside))
            east = min(cuts[k + 1] - 6.0, *(span[1] for span in inside))
            if row == garden_row and k == min(1, len(cuts) - 2) and east - west > 40.0:
                end = min(east - 4, west + 70)
                plan.gardens.append(_rectangle(frame, west + 4, at - 4, end, at + style.depth_m - 1))
                continue
            leg = style.gap_m - 12.0 if row > 0 else 0.0
            houses = row_of_houses(style=style, west=west, east=east, south=at, leg_m=leg, rng=rng)
            for house in houses:
                if rng.random() < 0.93 and safe.contains(Polygon(house.ring)):
                    plan.houses.append(_in_town(house, frame, row))
        paths.append(at + style.depth_m + 5.2)
        at += style.depth_m + style.gap_m
        row += 1
    return paths


def _rectangle(frame: Frame, west: float, south: float, east: float, north: float) -> Polygon:
    """A rectangle of the frame, in the town's metres."""
    return Polygon([frame.to_town(p) for p in ((west, south), (east, south), (east, north), (west, north))])


def _in_town(house: House, frame: Frame, row: int) -> House:
    """The same house in the town's metres, with its row."""
    return House(
        tuple(frame.to_town(p) for p in house.ring),
        tuple(tuple(frame.to_town(p) for p in unit) for unit in house.units),
        house.floors,
        row,
    )


def _paths(
    plan: CompoundPlan, frame: Frame, inner: Polygon, spines: list[float], rows: list[float]
) -> list[tuple[Xy, Xy, str]]:
    """Draw drives and row paths; gives the ends a gate may grow from: (path end, direction point, way kind)."""
    safe = inner.buffer(-5.0)
    ends: list[tuple[Xy, Xy, str]] = []
    spine_spans = [_extent(safe, u=u) for u in spines]
    crossings: dict[int, list[float]] = {k: [] for k in range(len(spines))}
    for v in rows:
        span = _extent(safe, v=v)
        if span is None:
            continue
        met = [
            k for k, (u, reach) in enumerate(zip(spines, spine_spans, strict=True))
            if reach is not None and span[0] < u < span[1] and reach[0] <= v <= reach[1]
        ]
        if not met:
            continue
        for k in met:
            crossings[k].append(v)
        row = [(span[0], v), *[(spines[k], v) for k in met], (span[1], v)]
        plan.paths.append((tuple(frame.to_town(p) for p in row), "footway"))
        ends.append((frame.to_town(row[0]), frame.to_town((row[0][0] - 1.0, v)), "footway"))
        ends.append((frame.to_town(row[-1]), frame.to_town((row[-1][0] + 1.0, v)), "footway"))
    for k, u in enumerate(spines):
        reach = spine_spans[k]
        if reach is None or not crossings[k]:
            continue
        stops = sorted({reach[0], *crossings[k], reach[1]})
        plan.paths.append((tuple(frame.to_town((u, v)) for v in stops), "service"))
        ends.append((frame.to_town((u, stops[0])), frame.to_town((u, stops[0] - 1.0)), "service"))
        ends.append((frame.to_town((u, stops[-1])), frame.to_town((u, stops[-1] + 1.0)), "service"))
    return ends
