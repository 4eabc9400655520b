"""Gates of a compound: where one of its paths, led on, leaves it and reaches a street. Plain logic, in metres."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from shapely import LineString, Point, Polygon

from gis.town.lattice import Lattice, Xy

GATE_REACH_M = 62.0


@dataclass(frozen=True, slots=True)
class GatePlan:
    """One gate: its point on the compound's edge, and where the path from it meets the street."""

    point: Xy
    inside: Xy
    street: Xy
    street_edge: tuple[Xy, Xy]
    open_to: str
    kind: str


def make_gates(
    outline: Polygon,
    walled: str,
    ends: list[tuple[Xy, Xy, str]],
    block_ring: list[Xy],
    lattice: Lattice,
    others: list[Polygon],
    rng: np.random.Generator,
) -> list[GatePlan]:
    """One to four gates at path ends from which a street can be reached, on different sides if possible."""
    found: list[tuple[float, GatePlan]] = []
    kernel = outline.buffer(-0.5)
    for end, beyond, kind in ends:
        way = (beyond[0] - end[0], beyond[1] - end[1])
        gate = _gate_at(outline, kernel, end, way, block_ring, lattice, others, kind)
        if gate is not None:
            found.append(((0.0 if kind == "service" else 1.0) + float(rng.random()), gate))
    found.sort(key=lambda item: item[0])
    wanted = 4 if walled != "yes" else int(rng.choice([1, 2, 2, 3]))
    chosen: list[GatePlan] = []
    for _, gate in found:
        if len(chosen) == wanted:
            break
        if all(np.hypot(gate.point[0] - g.point[0], gate.point[1] - g.point[1]) > 70.0 for g in chosen):
            open_to = "all" if not chosen or walled != "yes" or rng.random() < 0.35 else "residents"
            kind = "lift_gate" if gate.kind == "service" else "gate"
            chosen.append(replace(gate, open_to=open_to, kind=kind))
    return chosen


def _gate_at(
    outline: Polygon,
    kernel: Polygon,
    end: Xy,
    way: Xy,
    block_ring: list[Xy],
    lattice: Lattice,
    others: list[Polygon],
    kind: str,
) -> GatePlan | None:
    """The gate where a path's end, led straight on, leaves the compound and meets a street within 62 m."""
    length = float(np.hypot(*way))
    far = (end[0] + way[0] / length * GATE_REACH_M, end[1] + way[1] / length * GATE_REACH_M)
    ray = LineString([end, far])
    reach = (min(end[0], far[0]), min(end[1], far[1]), max(end[0], far[0]), max(end[1], far[1]))
    leaves = ray.intersection(outline.exterior)
    if leaves.geom_type != "Point":
        return None
    best: tuple[float, Xy, tuple[Xy, Xy]] | None = None
    for a, b in zip(block_ring, block_ring[1:], strict=False):
        if max(a[0], b[0]) < reach[0] or min(a[0], b[0]) > reach[2]:
            continue
        if max(a[1], b[1]) < reach[1] or min(a[1], b[1]) > reach[3]:
            continue
        if lattice.kind_between(a, b) in ("", "border", "river"):
            continue
        hit = ray.intersection(LineString([a, b]))
        if hit.geom_type != "Point" or min(hit.distance(Point(a)), hit.distance(Point(b))) < 3.0:
            continue
        away = hit.distance(Point(end))
        if best is None or away < best[0]:
            best = (away, (round(hit.x, 3), round(hit.y, 3)), (a, b))
    if best is None:
        return None
    outside = LineString([(leaves.x, leaves.y), best[1]])
    if any(outside.intersects(other) for other in others) or kernel.intersects(outside):
        return None
    point = (round(leaves.x, 3), round(leaves.y, 3))
    return GatePlan(point, end, best[1], best[2], "unknown", kind)
