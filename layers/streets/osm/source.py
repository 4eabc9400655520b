"""Open an extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) and keep its objects; a bad file gives one clear error."""

from __future__ import annotations

import bz2
import gzip
import zlib
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import osmium
from numpy.typing import NDArray

OSM_UNITS = 10_000_000
"""OSM's coordinates are whole ten-millionths of a degree."""
WIDEST_DEGREES = 6.0
"""An extract may span so many degrees: a prefecture, and railways that lead out of it."""
ENDINGS = {
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
    ".osm.gz": "gz",
    ".xml.gz": "gz",
    ".osm.bz2": "bz2",
    ".osm": "xml",
    ".xml": "xml",
}
"""How a name ends → what the file must be."""
FAULTS = (RuntimeError, ValueError, OSError, osmium.InvalidLocationError)
"""What osmium raises for a file that it cannot read."""
Kind = Literal["pbf", "xml", "gz", "bz2", "empty", "other"]
Why = Literal["missing", "empty", "unknown-ending", "other-content", "broken", "no-streets", "too-wide"]
Tags = dict[str, str]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class UnreadableFile(Exception):
    """One file that cannot be taken in: `why`, the `path`, and where known what was `found` after how many objects."""

    def __init__(self, why: Why, path: Path, *, found: str = "", objects: int = 0) -> None:
        """`found`: the content's kind, or the reader's own words; `objects`: read before it broke."""
        super().__init__(f"{path}: {why} {found}".strip())
        self.why, self.path, self.found, self.objects = why, path, found, objects


@dataclass(frozen=True, slots=True)
class Way:
    """A way as read: its tags and the ids of its nodes in order."""

    tags: Tags
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation as read: its tags and its members as (type n|w|r, id, role)."""

    tags: Tags
    members: tuple[tuple[str, int, str], ...]


@dataclass
class Objects:
    """Everything a file holds. `bounds` is what the file says it covers: west, south, east, north in degrees."""

    path: Path
    bounds: tuple[float, float, float, float] | None = None
    node_ids: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    node_xy: Floats = field(default_factory=lambda: np.empty((0, 2)))
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: dict[int, Way] = field(default_factory=dict)
    relations: dict[int, Relation] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=lambda: {"n": 0, "w": 0, "r": 0})
    unplaced: dict[str, int] = field(default_factory=lambda: {"n": 0, "w": 0, "r": 0})
    """Deleted objects and older versions of one object."""
    nowhere: int = 0
    """Nodes without a position on the globe."""

    def positions(self, refs: tuple[int, ...]) -> tuple[Floats, int]:
        """((n, 2) lon, lat of those nodes that the file holds, how many it does not hold)."""
        wanted = np.asarray(refs, np.int64)
        if not len(self.node_ids) or not len(wanted):
            return np.empty((0, 2)), len(wanted)
        at = np.minimum(np.searchsorted(self.node_ids, wanted), len(self.node_ids) - 1)
        held = self.node_ids[at] == wanted
        return self.node_xy[at[held]], int((~held).sum())


def read(path: Path) -> Objects:
    """All objects of an extract; UnreadableFile when it is no readable extract or holds no way."""
    _examine(path)
    keeper = _Keeper(path)
    objects = keeper.objects
    try:
        processor = osmium.FileProcessor(str(path))
        box = processor.header.box()
        if box.valid():
            low, high = box.bottom_left, box.top_right
            objects.bounds = (low.lon, low.lat, high.lon, high.lat)
        for item in processor:
            keeper.take(item)
    except FAULTS as error:
        raise UnreadableFile("broken", path, found=str(error), objects=sum(objects.read.values())) from error
    keeper.place_nodes()
    if not any("highway" in way.tags for way in objects.ways.values()):
        raise UnreadableFile("no-streets", path, objects=sum(objects.read.values()))
    _demand_one_place(objects)
    return objects


def _demand_one_place(objects: Objects) -> None:
    """Refuse a country, and a town with a point in another one: neither fits one metric zone."""
    spans = np.ptp(objects.node_xy, axis=0) if len(objects.node_xy) else np.zeros(2)
    if spans.max() > WIDEST_DEGREES:
        (west, south), (east, north) = objects.node_xy.min(axis=0), objects.node_xy.max(axis=0)
        told = f"{west:.4f} {south:.4f} – {east:.4f} {north:.4f}"
        raise UnreadableFile("too-wide", objects.path, found=told, objects=sum(objects.read.values()))


class _Keeper:
    """Copies one object after the other out of osmium's buffers; of several versions the last one stays."""

    def __init__(self, path: Path) -> None:
        self.objects = Objects(path)
        self.ids, self.lons, self.lats = array("q"), array("q"), array("q")

    def take(self, item: object) -> None:
        """Keep a node, way or relation; changesets are no objects of the map."""
        objects = self.objects
        if isinstance(item, osmium.osm.Node):
            objects.read["n"] += 1
            if item.deleted or not item.location.valid():
                objects.unplaced["n"] += item.deleted
                objects.nowhere += not item.deleted
                return
            self.ids.append(item.id)
            self.lons.append(item.location.x)
            self.lats.append(item.location.y)
            if len(item.tags):
                objects.node_tags[item.id] = {tag.k: tag.v for tag in item.tags}
        elif isinstance(item, osmium.osm.Way):
            objects.read["w"] += 1
            objects.unplaced["w"] += item.deleted or item.id in objects.ways
            if not item.deleted:
                refs = tuple(node.ref for node in item.nodes)
                objects.ways[item.id] = Way({tag.k: tag.v for tag in item.tags}, refs)
        elif isinstance(item, osmium.osm.Relation):
            objects.read["r"] += 1
            objects.unplaced["r"] += item.deleted or item.id in objects.relations
            if not item.deleted:
                members = tuple((member.type, member.ref, member.role) for member in item.members)
                objects.relations[item.id] = Relation({tag.k: tag.v for tag in item.tags}, members)

    def place_nodes(self) -> None:
        """Sort the nodes by id, for binary search."""
        objects = self.objects
        found = np.array(self.ids, np.int64)
        xy = np.column_stack([np.array(self.lons, np.int64), np.array(self.lats, np.int64)]) / OSM_UNITS
        last = len(found) - 1 - np.unique(found[::-1], return_index=True)[1]
        objects.node_ids, objects.node_xy = found[last], xy[last]
        objects.unplaced["n"] += len(found) - len(last)


def _examine(path: Path) -> None:
    """Refuse a file that is missing or empty, or whose content is not what its name promises."""
    promised = next((kind for ending, kind in ENDINGS.items() if path.name.lower().endswith(ending)), None)
    if not path.is_file():
        raise UnreadableFile("missing", path)
    found = content_kind(path)
    if found == "empty":
        raise UnreadableFile("empty", path)
    if promised is None:
        raise UnreadableFile("unknown-ending", path, found=found)
    if found != promised:
        raise UnreadableFile("other-content", path, found=found)


def content_kind(path: Path) -> Kind:
    """What a file's first bytes say it is; a packed file is what it is only if XML is packed in it."""
    with path.open("rb") as stream:
        head = stream.read(64)
    if not head.strip():
        return "empty"
    if head[4:].startswith(b"\x0a\x09OSMHeader"):
        return "pbf"
    if _looks_like_xml(head):
        return "xml"
    for magic, kind, opened in ((b"\x1f\x8b", "gz", gzip.open), (b"BZh", "bz2", bz2.open)):
        if head.startswith(magic):
            try:
                with opened(path, "rb") as packed:
                    inner = packed.read(64)
            except (OSError, EOFError, zlib.error) as error:
                raise UnreadableFile("broken", path, found=str(error)) from error
            if not inner.strip():
                return "empty"
            return kind if _looks_like_xml(inner) else "other"  # type: ignore[return-value]
    return "other"


def _looks_like_xml(head: bytes) -> bool:
    """Whether text begins with a tag, after a byte order mark and blanks at most."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
