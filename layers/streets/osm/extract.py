"""Objects as read → streets, walls, gate nodes and polygons with names, and the account of every object."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from gis.shared.geometry import epsg_of, snap_to_grid, to_degrees, to_metres
from layers.streets.osm import rings
from layers.streets.osm import tags as meaning
from layers.streets.osm.mapped import Extract, GateNode, Ground
from layers.streets.osm.report import Listed
from layers.streets.osm.source import Objects, Tags
from layers.streets.records import BarrierRecord, WayRecord


def extract(objects: Objects) -> Extract:
    """Say what every object is; the report accounts for all of them."""
    found = Extract(objects.bounds)
    found.report.read = dict(objects.read)
    reader = _Reader(objects, found)
    for osm_id, relation in objects.relations.items():
        reader.take_relation(osm_id, relation.tags, relation.members)
    for osm_id, way in objects.ways.items():
        reader.take_way(osm_id, way.tags, way.nodes)
    reader.take_nodes()
    for kind, count in objects.unplaced.items():
        found.report.leave(kind, "deleted-or-older", count)
    found.report.leave("n", "nowhere", objects.nowhere)
    return found


class _Reader:
    """One pass over relations, then ways, then nodes; relations first, because they draw some ways' areas."""

    def __init__(self, objects: Objects, found: Extract) -> None:
        self.objects, self.found, self.report = objects, found, found.report
        self.holes: dict[int, tuple[int, BaseGeometry]] = {}
        self.drawn_by_relation: dict[int, meaning.GroundKind] = {}
        self.ring_of: set[int] = set()
        self.points: list[tuple[int, ...]] = []

    def take_relation(self, osm_id: int, tags: Tags, members: tuple[tuple[str, int, str], ...]) -> None:
        """A multipolygon becomes an area or lends its holes to its outer way; other relations mean nothing here."""
        if tags.get("type") != "multipolygon":
            self.report.leave("r", "not-an-area")
            return
        if meaning.not_there(tags):
            self.report.leave("r", "not-there")
            return
        ways = [(ref, role) for kind, ref, role in members if kind == "w"]
        held = [self.objects.ways[ref].nodes for ref, _ in ways if ref in self.objects.ways]
        kind, street = meaning.ground(tags), meaning.street(tags)
        outer = [ref for ref, role in ways if role != "inner" and ref in self.objects.ways]
        lender = None
        if kind is None and street is None and len(outer) == 1 and len(ways) > 1:
            # an old-style relation carries no tags: its outer way says what it is
            lender = outer[0]
            kind = meaning.ground(self.objects.ways[lender].tags)
        if kind is None and street is None:
            self.report.leave("r", "no-meaning-here")
            return
        area = rings.from_members(self.objects, held, absent=len(ways) - len(held))
        if isinstance(area, str):
            self._beyond_repair("r", osm_id, kind or "street", area, tags, [node for way in held for node in way])
            return
        self.ring_of.update(ref for ref, _ in ways)
        self.points.extend(held)
        if lender is not None:
            self.holes[lender] = (osm_id, area)
            self.report.use("r", osm_id, "holes")
        elif kind is not None:
            self._add_ground("r", osm_id, kind, area, tags)
            for ref in outer:
                self.drawn_by_relation[ref] = kind
        elif street is not None:
            for ring in shapely.get_rings(area):
                self._add_way(-osm_id, street, LineString(ring.coords), tags)
            self.report.use("r", osm_id, "street")

    def take_way(self, osm_id: int, tags: Tags, refs: tuple[int, ...]) -> None:
        """A way may be a street, a wall, a stream and an area at once."""
        used, fault = self._take_lines(osm_id, tags, refs)
        kind = meaning.ground(tags)
        if kind is not None and self.drawn_by_relation.get(osm_id) == kind:
            kind = None
        if kind is not None and (used and refs[0] != refs[-1] and kind != "building"):
            kind = None  # an open street or wall with a word of land use is no broken area
        if kind is not None:
            lent = self.holes.get(osm_id)
            area = lent[1] if lent is not None else rings.from_way(self.objects, refs)
            if isinstance(area, str):
                fault = area
                self._list("w", osm_id, kind, area, tags, refs)
            else:
                self._add_ground("w", osm_id, kind, area, tags)
                used = True
        if osm_id in self.ring_of:
            self.report.use("w", osm_id, "ring")
            used = True
        if used:
            self.points.append(refs)
        elif fault is not None:
            self.report.leave("w", f"beyond-repair:{fault}")
        elif not tags:
            self.report.leave("w", "no-tags")
        else:
            self.report.leave("w", "not-there" if meaning.not_there(tags) else "no-meaning-here")

    def _take_lines(self, osm_id: int, tags: Tags, refs: tuple[int, ...]) -> tuple[bool, str | None]:
        """Street, wall, stream or gate of a way: (whether it is one of them, why it cannot be drawn)."""
        if meaning.not_there(tags):
            return False, None
        street, wall, width = meaning.street(tags), meaning.wall(tags), meaning.stream_width_m(tags)
        gate = meaning.gate(tags) if street is None else None
        if street is None and wall is None and width is None and gate is None:
            return False, None
        xy, missing = self.objects.positions(refs)
        keep = np.ones(len(xy), bool)
        keep[1:] = (xy[1:] != xy[:-1]).any(axis=1)
        xy = xy[keep]
        what = "street" if street else "line"
        if len(xy) < 2:
            fault = "missing-parts" if missing else "too-few-points"
            self._list("w", osm_id, what, fault, tags, refs)
            return False, fault
        line = LineString(xy)
        if missing:
            self._list("w", osm_id, what, "cut-short", tags, refs)
        if street is not None:
            self._add_way(osm_id, street, line, tags)
            self.report.use("w", osm_id, street.kind)
        if wall is not None:
            self.found.barriers.append(BarrierRecord(line, wall, osm_id))
            self.report.use("w", osm_id, "wall")
        if gate is not None:
            middle = snap_to_grid(line.interpolate(0.5, normalized=True))
            self.found.gates.append(GateNode("w", osm_id, middle, gate, meaning.open_to(tags)))
            self.report.use("w", osm_id, "gate")
        if width is not None:
            self._add_ground("w", osm_id, "water", _widened(line, width), tags)
        return True, None

    def take_nodes(self) -> None:
        """Gate nodes become gates; the other nodes are points of something used, or are left."""
        gates: set[int] = set()
        for osm_id, tags in self.objects.node_tags.items():
            kind = meaning.gate(tags)
            if kind is None:
                continue
            xy, _ = self.objects.positions((osm_id,))
            self.found.gates.append(GateNode("n", osm_id, Point(xy[0]), kind, meaning.open_to(tags)))
            self.report.use("n", osm_id, "gate")
            gates.add(osm_id)
        on_used = np.unique(
            np.concatenate([np.asarray(refs, np.int64) for refs in self.points] or [np.empty(0, np.int64)])
        )
        held = on_used[np.isin(on_used, self.objects.node_ids)]
        self.report.uses["n", "point"] += len(held)
        self.report.used["n"].update(held.tolist())
        used = self.report.used["n"]
        tagged = sum(osm_id not in used for osm_id in self.objects.node_tags)
        self.report.leave("n", "no-meaning-here", tagged)
        self.report.leave("n", "loose-point", len(self.objects.node_ids) - len(used) - tagged)

    def _add_way(self, osm_id: int, street: meaning.Street, line: LineString, tags: Tags) -> None:
        name_zh, name_en = meaning.names(tags)
        if street.passage:
            self.found.passages.add(len(self.found.ways))
        self.found.ways.append(
            WayRecord(
                kind=street.kind,
                geometry=line,
                walkable=street.walkable,
                name_zh=name_zh,
                name_en=name_en,
                steps=street.steps,
                bridge=street.bridge,
                tunnel=street.tunnel,
                layer=street.layer,
                osm_id=osm_id,
            )
        )

    def _add_ground(self, osm_type: str, osm_id: int, kind: meaning.GroundKind, area: BaseGeometry, tags: Tags) -> None:
        name_zh, name_en = meaning.names(tags)
        self.found.grounds.append(
            Ground(
                osm_type,
                osm_id,
                kind,
                area,
                name_zh,
                name_en,
                address=meaning.address(tags),
                street=meaning.clean(tags.get("addr:street") or tags.get("addr:place", "")),
                walled=meaning.walled(tags),
            )
        )
        self.report.use(osm_type, osm_id, kind)

    def _beyond_repair(
        self, osm_type: str, osm_id: int, what: str, fault: str, tags: Tags, refs: tuple[int, ...] | list[int]
    ) -> None:
        self.report.leave(osm_type, f"beyond-repair:{fault}")
        self._list(osm_type, osm_id, what, fault, tags, refs)

    def _list(
        self, osm_type: str, osm_id: int, what: str, reason: str, tags: Tags, refs: tuple[int, ...] | list[int]
    ) -> None:
        """Put an object on the list, with a place to look at if any of its nodes is held."""
        xy, _ = self.objects.positions(tuple(refs))
        lon, lat = (round(float(v), 7) for v in xy.mean(axis=0)) if len(xy) else (None, None)
        self.report.listed.append(Listed(osm_type, osm_id, what, reason, meaning.names(tags)[0], lon, lat))


def _widened(line: LineString, width_m: float) -> BaseGeometry:
    """A stream line as a strip of this width in metres (lon, lat)."""
    epsg = epsg_of(line)
    return snap_to_grid(to_degrees(to_metres(line, epsg).buffer(width_m / 2, quad_segs=2, cap_style="flat"), epsg))
