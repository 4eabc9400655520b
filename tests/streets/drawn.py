"""Small OpenStreetMap files drawn by hand in metres, so that a test says in three lines what stands where."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from math import cos, radians
from pathlib import Path
from xml.sax.saxutils import quoteattr

LON, LAT = 111.78, 36.85
METRES_A_DEGREE = 111_195.0
Corner = tuple[float, float]


@dataclass
class Drawing:
    """Nodes, ways and relations; positions in metres east and north of (LON, LAT)."""

    rows: dict[str, list[str]] = field(default_factory=lambda: {"node": [], "way": [], "relation": []})
    nodes: dict[Corner, int] = field(default_factory=dict)
    bounds: tuple[Corner, Corner] | None = None

    def degrees(self, at: Corner) -> tuple[float, float]:
        """Lon, lat of a place in metres, on OSM's own grid."""
        return (
            round(LON + at[0] / (METRES_A_DEGREE * cos(radians(LAT))), 7),
            round(LAT + at[1] / METRES_A_DEGREE, 7),
        )

    def node(self, at: Corner, **tags: str) -> int:
        """A node; the same place is the same node unless it carries tags."""
        if at in self.nodes and not tags:
            return self.nodes[at]
        number = len(self.rows["node"]) + 1
        lon, lat = self.degrees(at)
        self.rows["node"].append(f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}">{_tags(tags)}</node>')
        self.nodes[at] = number
        return number

    def way(self, *corners: Corner, lost: int = 0, **tags: str) -> int:
        """A way through these places; `lost` adds as many nodes that the file does not hold."""
        refs = [self.node(corner) for corner in corners] + [900_000 + at for at in range(lost)]
        number = 1000 + len(self.rows["way"])
        nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self.rows["way"].append(f'<way id="{number}">{nodes}{_tags(tags)}</way>')
        return number

    def box(self, west: float, south: float, east: float, north: float, **tags: str) -> int:
        """A closed way round a rectangle."""
        return self.way((west, south), (east, south), (east, north), (west, north), (west, south), **tags)

    def relation(self, *members: tuple[int, str], **tags: str) -> int:
        """A multipolygon of ways with their roles."""
        number = 5000 + len(self.rows["relation"])
        rows = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        self.rows["relation"].append(
            f'<relation id="{number}">{rows}{_tags({"type": "multipolygon"} | tags)}</relation>'
        )
        return number

    def text(self) -> str:
        """The file's XML."""
        box = ""
        if self.bounds:
            (west, south), (east, north) = (self.degrees(corner) for corner in self.bounds)
            box = f'<bounds minlon="{west}" minlat="{south}" maxlon="{east}" maxlat="{north}"/>'
        body = "\n".join(row for kind in ("node", "way", "relation") for row in self.rows[kind])
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="drawn">{box}\n{body}\n</osm>\n'

    def save(self, folder: Path, name: str = "drawn.osm") -> Path:
        """Write the file, packed when its name says so."""
        path = folder / name
        data = self.text().encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path


def _tags(tags: dict[str, str]) -> str:
    """Tags as XML; two underscores in a key stand for a colon."""
    return "".join(f"<tag k={quoteattr(key.replace('__', ':'))} v={quoteattr(value)}/>" for key, value in tags.items())


def town() -> Drawing:
    """Two compounds on a street, one walled, with gates, buildings inside, across and outside, and a broken ring."""
    drawn = Drawing(bounds=((-200, -200), (500, 300)))
    drawn.way(
        (-200, -20), (100, -20), (300, -20), (500, -20), highway="residential", name="解放街", name__en="Jiefang Street"
    )
    drawn.box(0, 0, 200, 150, landuse="residential", name="阳光小区")
    drawn.box(200, 0, 400, 150, landuse="residential")
    drawn.way((0, 150), (0, 0), (200, 0), (200, 150), barrier="wall")
    drawn.way((100, -20), (100, 3), (100, 60), highway="service")
    drawn.node((100, 3), barrier="lift_gate", access="private")
    drawn.way((300, -20), (300, 60), (350, 60), highway="footway")
    drawn.box(20, 20, 60, 40, building="apartments", addr__housenumber="1")
    drawn.box(20, 60, 60, 80, building="apartments", name="二号楼")
    drawn.box(190, 100, 220, 120, building="yes")
    drawn.box(250, 20, 280, 40, building="yes")
    drawn.box(420, 20, 450, 40, building="yes")
    drawn.way((430, 100), (450, 100), (450, 120), building="yes", name="残楼")
    drawn.box(-150, 50, -50, 120, leisure="park", name="人民公园")
    drawn.way((-200, 200), (500, 200), waterway="river", name="汾河")
    drawn.node((10, 300), amenity="bench")
    return drawn
