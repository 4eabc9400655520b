"""The small map of a printed page: an area, its parts tinted by their share, streets, sites by number, scale.

One unit of the drawing is WIDE / (width of the ground in metres); x runs east, y south.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon

from gis.shared.functions import AsWKB
from gis.shared.geometry import SRID, Floats, metric_epsg, xy_to_degrees, xy_to_metres
from grids.models import Boundary
from layers.coverage.whens import When
from layers.sites.models import SiteThen, place_zone
from layers.streets.models import Feature, Way

WIDE, HIGHEST = 720, 560
"""Units; an area higher than that is drawn narrower."""
MARGIN = 0.04
STEPS = (0.5, 0.7, 0.85, 0.95)
"""Where one tint ends and the next begins, as on the map of the page (coverage.js)."""
ROADS = {
    "footway": (1.2, 1_500), "path": (1.2, 1_500), "steps": (1.2, 1_500), "service": (2, 2_500),
    "pedestrian": (3, 8_000), "residential": (3, 8_000), "tertiary": (4, 15_000), "secondary": (5, 40_000),
    "primary": (6, 90_000), "trunk": (7, 200_000), "motorway": (7, 200_000), "rail": (2, 40_000),
}  # fmt: skip
"""How wide a kind of street is drawn (units), and up to which width of ground (m) it is drawn at all."""
SCALES = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
MOST_WAYS, MOST_SITES = 6_000, 60


@dataclass(frozen=True)
class Frame:
    """Where the drawing lies: zone, its north-west corner in metres, units a metre, its size in units."""

    epsg: int
    corner: Floats
    scale: float
    wide: float
    high: float

    @staticmethod
    def of(shape: shapely.Geometry) -> "Frame":
        """The frame round a shape in degrees."""
        middle = shape.envelope.centroid
        epsg = metric_epsg(middle.x, middle.y)
        west, south, east, north = shapely.transform(shape, lambda xy: xy_to_metres(xy, epsg)).bounds
        pad = MARGIN * max(east - west, north - south, 1.0)
        across, up = east - west + 2 * pad, north - south + 2 * pad
        scale = min(WIDE / across, HIGHEST / up)
        # a narrow area stands in the middle of a wide sheet: what lies round it is drawn too
        west -= (WIDE / scale - across) / 2
        return Frame(epsg, np.array([west - pad, north + pad]), scale, WIDE, up * scale)

    @property
    def metres(self) -> float:
        """How wide the ground is."""
        return self.wide / self.scale

    @property
    def box(self) -> Polygon:
        """The ground in degrees."""
        ends = self.corner + np.array([(0.0, 0.0), (self.metres, -self.high / self.scale)])
        (west, north), (east, south) = xy_to_degrees(ends, self.epsg).tolist()
        box = Polygon.from_bbox((west, south, east, north))
        box.srid = SRID
        return box

    def units(self, xy: Floats) -> Floats:
        """(n, 2) degrees → units."""
        return np.asarray((xy_to_metres(xy, self.epsg) - self.corner) * (self.scale, -self.scale))

    def drawn(self, wkb: Any) -> Any:
        """A geometry in units, cut off a little beyond the frame."""
        shape = shapely.transform(shapely.from_wkb(bytes(wkb)), self.units)
        return shapely.clip_by_rect(shape, -9, -9, self.wide + 9, self.high + 9)


def drawing(area: uuid.UUID, tints: dict[str, int], *, when: When) -> dict[str, Any] | None:
    """The drawing as SVG paths, by the area's id and the tint of each part; None where the area was not there then."""
    at = when.moment
    own = Boundary.objects.at(at).filter(area_id=area).values_list(AsWKB("geometry"), flat=True).first()
    if own is None:
        return None
    frame = Frame.of(shapely.from_wkb(bytes(own)))
    rows = Boundary.objects.at(at).filter(area_id__in=tints).order_by("pk").values_list("area_id", AsWKB("geometry"))
    bar = max((metres for metres in SCALES if metres * frame.scale <= WIDE / 4), default=SCALES[0])
    return {
        "box": f"0 0 {frame.wide:.0f} {frame.high:.0f}",
        "wide": frame.wide,
        "high": frame.high,
        "outline": path(frame.drawn(own)),
        "parts": [{"path": path(frame.drawn(wkb)), "tint": tints[str(part)]} for part, wkb in rows],
        "ground": _ground(frame),
        "roads": _roads(frame),
        "sites": _sites(frame, when),
        "scale": {"metres": bar, "long": bar * frame.scale},
    }


def tint(share: float | None) -> int:
    """The step of the ramp, 1 to 5; 0 where nothing is known."""
    return 0 if share is None else 1 + sum(share >= least for least in STEPS)


def path(shape: Any) -> str:
    """The d of an SVG path."""
    told = []
    for part in shapely.get_parts(shape):
        if part.geom_type not in ("Polygon", "LineString") or part.is_empty:
            continue
        for line in shapely.get_rings(part) if part.geom_type == "Polygon" else [part]:
            xy = np.round(shapely.get_coordinates(line), 1)
            stay = np.concatenate(([True], (np.diff(xy, axis=0) != 0).any(axis=1)))
            corners = "L".join(f"{x:.1f} {y:.1f}" for x, y in xy[stay].tolist())
            told.append(f"M{corners}{'Z' if part.geom_type == 'Polygon' else ''}")
    return "".join(told)


def _ground(frame: Frame) -> list[dict[str, str]]:
    """Water and green, which people know their way by."""
    rows = Feature.objects.filter(kind__in=("water", "green"), geometry__bboverlaps=frame.box).order_by("pk")
    found = rows.values_list("kind", AsWKB("geometry"))[:MOST_WAYS]
    return [{"kind": kind, "path": told} for kind, wkb in found if (told := path(frame.drawn(wkb)))]


def _roads(frame: Frame) -> list[dict[str, Any]]:
    """Streets by kind, the narrowest first; the wider the ground, the fewer kinds."""
    kinds = {kind: wide for kind, (wide, upto) in ROADS.items() if frame.metres <= upto}
    rows = Way.objects.filter(kind__in=kinds, tunnel=False, geometry__bboverlaps=frame.box).order_by("pk")
    found: dict[str, list[str]] = defaultdict(list)
    for kind, wkb in rows.values_list("kind", AsWKB("geometry"))[:MOST_WAYS]:
        found[kind].append(path(frame.drawn(wkb)))
    style = {"footway": "path", "path": "path", "steps": "path", "rail": "rail"}
    return [
        {"kind": style.get(kind, "road"), "width": wide, "edge": wide + 1.2, "path": "".join(found[kind])}
        for kind, wide in kinds.items()
        if found[kind]
    ]


def _sites(frame: Frame, when: When) -> list[dict[str, Any]]:
    """The sites that count and lie in the frame, numbered from north to south, with what the list beside says."""
    zone = place_zone()
    rows = SiteThen.objects.at(when.moment).filter(geometry__bboverlaps=frame.box).select_related("kind")
    inside = [row for row in rows if when.open(row.hours, zone)]
    xy = frame.units(np.array([(row.geometry.x, row.geometry.y) for row in inside]).reshape(-1, 2))
    order = sorted(range(len(inside)), key=lambda at: (xy[at, 1], xy[at, 0]))[:MOST_SITES]
    return [
        {
            "number": number,
            "x": float(xy[at, 0]),
            "y": float(xy[at, 1]),
            "name": inside[at].name,
            "kind": inside[at].kind.name,
            "address": inside[at].address,
        }
        for number, at in enumerate(order, start=1)
    ]
