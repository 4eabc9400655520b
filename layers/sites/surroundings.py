"""What lies round a site, as a small drawing for its page: ground, streets with their names, compounds and buildings.

One unit of the drawing is one metre on the ground; x runs east, y south, the site stands in the middle.
"""

from collections import defaultdict
from datetime import datetime
from math import atan2, degrees
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon

from gis.shared.functions import AsWKB
from gis.shared.geometry import metric_epsg, xy_to_degrees, xy_to_metres
from grids.models import Boundary
from layers.streets.models import Feature, Way

WIDE, HIGH = 720, 420
ROADS = {
    "footway": 2, "path": 2, "steps": 2, "cycleway": 2, "track": 2, "rail": 3, "service": 5, "pedestrian": 8,
    "residential": 8, "tertiary": 11, "secondary": 13, "primary": 16, "trunk": 18, "motorway": 18,
}  # fmt: skip
"""How wide a kind of street is drawn (m), the least first."""
PATHS = frozenset({"footway", "path", "steps", "cycleway", "track"})
LETTER = 12
"""About how long one letter of a name is drawn (m)."""
MOST = 4_000


def surroundings(lon: float, lat: float, *, at: datetime) -> dict[str, Any]:
    """Paths of the ground (`shapes`), of streets (`roads`) and names (`names`) round a place in degrees."""
    epsg = metric_epsg(lon, lat)
    ((x, y),) = xy_to_metres(np.array([[lon, lat]]), epsg).tolist()
    corner = np.array([x - WIDE / 2, y + HIGH / 2])
    ends = np.stack([corner, corner + np.array([WIDE, -HIGH])])
    (west, north), (east, south) = xy_to_degrees(ends, epsg).tolist()
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = 4326

    def drawn(wkb: Any) -> Any:
        shape = shapely.transform(
            shapely.from_wkb(bytes(wkb)), lambda xy: (xy_to_metres(xy, epsg) - corner) * (1.0, -1.0)
        )
        return shapely.clip_by_rect(shape, -20, -20, WIDE + 20, HIGH + 20)

    meets = {"geometry__bboverlaps": box}
    shapes = []
    ground = Feature.objects.filter(kind__in=("green", "water", "building"), **meets).order_by("pk")
    for kind, wkb in ground.values_list("kind", AsWKB("geometry"))[:MOST]:
        shapes.append((("green", "water", "compound", "building").index(kind), kind, drawn(wkb), None))
    areas = Boundary.objects.at(at).filter(tier__code__in=("compound", "building"), **meets).order_by("pk")
    for row in areas.select_related("tier").annotate(wkb=AsWKB("geometry"))[:MOST]:
        kind = row.tier.code
        shapes.append((("green", "water", "compound", "building").index(kind), kind, drawn(row.wkb), row.name))
    roads: dict[str, list[Any]] = defaultdict(list)
    called: dict[str, list[Any]] = defaultdict(list)
    ways = Way.objects.filter(kind__in=ROADS, tunnel=False, **meets).order_by("pk")
    for way in ways.annotate(wkb=AsWKB("geometry"))[:MOST]:
        line = drawn(way.wkb)
        if not line.is_empty:
            roads[way.kind].append(line)
            if way.name and way.kind not in PATHS:
                called[way.name] += [part for part in shapely.get_parts(line) if part.geom_type == "LineString"]
    shapes.sort(key=lambda one: one[0])
    streets = [_street_name(name, parts) for name, parts in called.items()]
    return {
        "box": f"0 0 {WIDE} {HIGH}",
        "middle": (WIDE / 2, HIGH / 2),
        "shapes": [
            {"kind": kind, "path": _path(shape)} for _order, kind, shape, _name in shapes if not shape.is_empty
        ],
        "roads": [
            {"kind": "path" if kind in PATHS else "rail" if kind == "rail" else "road", "width": width,
             "path": "".join(_path(line) for line in roads[kind])}
            for kind, width in ROADS.items() if roads[kind]
        ],
        "names": [*_compound_names(shapes), *filter(None, streets)],
    }  # fmt: skip


def _path(shape: Any) -> str:
    """The d of an SVG path."""
    told = []
    for part in shapely.get_parts(shape):
        closed = part.geom_type == "Polygon"
        if not closed and part.geom_type != "LineString":
            continue
        for line in shapely.get_rings(part) if closed else [part]:
            corners = "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(line).tolist())
            told.append(f"M{corners}{'Z' if closed else ''}")
    return "".join(told)


def _compound_names(shapes: list[Any]) -> list[dict[str, Any]]:
    """The names of compounds that can be seen well enough to carry one."""
    named = []
    for _order, kind, shape, name in shapes:
        seen = shapely.clip_by_rect(shape, 30, 20, WIDE - 30, HIGH - 20)
        if kind == "compound" and name and seen.area > 60 * LETTER * len(name):
            x, y = seen.representative_point().coords[0]
            named.append(_written("area", x, y, 0.0, name))
    return named


def _street_name(name: str, parts: list[Any]) -> dict[str, Any] | None:
    """A street's name along its longest stretch, upright; None where it is too short."""
    inside = [shapely.clip_by_rect(part, 10, 10, WIDE - 10, HIGH - 10) for part in parts]
    lines = [line for one in inside for line in shapely.get_parts(one) if line.geom_type == "LineString"]
    line = max(lines, key=lambda one: one.length, default=None)
    half = LETTER * len(name) * (1.0 if name.isascii() is False else 0.55) / 2
    if line is None or line.length < 2 * half + 10:
        return None
    (x, y), (x0, y0), (x1, y1) = (
        line.interpolate(line.length / 2 + step).coords[0] for step in (0.0, -half, half)
    )  # fmt: skip
    turn = degrees(atan2(y1 - y0, x1 - x0))
    turn = turn - 180 if turn > 90 else turn + 180 if turn <= -90 else turn
    return _written("street", x, y, turn, name)


def _written(kind: str, x: float, y: float, turn: float, text: str) -> dict[str, Any]:
    """A name, its middle and slope (degrees), and both as SVG's transform."""
    at = f"translate({x:.1f} {y:.1f}) rotate({turn:.1f})"
    return {"kind": kind, "x": x, "y": y, "turn": turn, "at": at, "text": text}
