"""Open an extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) and keep its objects; a bad file gives one clear error."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray

from layers.streets.osm.kinds import UnreadableFile, examine

OSM_UNITS = 10_000_000
"""OSM's coordinates are whole ten-millionths of a degree."""
WIDEST_DEGREES = 6.0
"""An extract may span so many degrees: a prefecture, and railways that lead out of it."""
FAULTS = (RuntimeError, ValueError, OSError, osmium.InvalidLocationError)
"""What osmium raises for a file that it cannot read."""
MOST_OBJECTS = 30_000_000
"""Nodes, ways and relations: several prefectures; a few kilobytes of PBF can promise ten times as many."""
TELL_EVERY = 100_000
Tell = Callable[[int], None]
Tags = dict[str, str]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


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


def read(path: Path, *, tell: Tell | None = None, most: int = MOST_OBJECTS) -> Objects:
    """All objects of an extract; UnreadableFile when it is no readable extract or holds no way.

    `tell` is called with the number of objects read so far; `most` of them are taken.
    """
    examine(path)
    keeper = _Keeper(path)
    objects = keeper.objects
    number = 0
    try:
        processor = osmium.FileProcessor(str(path))
        box = processor.header.box()
        if box.valid():
            low, high = box.bottom_left, box.top_right
            objects.bounds = (low.lon, low.lat, high.lon, high.lat)
        for number, item in enumerate(processor, 1):
            keeper.take(item)
            if number % TELL_EVERY == 0 and tell is not None:
                tell(number)
            if number > most:
                raise UnreadableFile("too-many", path, found=f"{most:,}", objects=number)
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
        self.ids, self.lons, self.lats = array("q"), array("i"), array("i")
        self.words: dict[str, str] = {}
        """Each key and value once, however many objects carry it."""

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
                objects.node_tags[item.id] = self.tags_of(item)
        elif isinstance(item, osmium.osm.Way):
            objects.read["w"] += 1
            objects.unplaced["w"] += item.deleted or item.id in objects.ways
            if not item.deleted:
                refs = tuple(node.ref for node in item.nodes)
                objects.ways[item.id] = Way(self.tags_of(item), refs)
        elif isinstance(item, osmium.osm.Relation):
            objects.read["r"] += 1
            objects.unplaced["r"] += item.deleted or item.id in objects.relations
            if not item.deleted:
                members = tuple((member.type, member.ref, member.role) for member in item.members)
                objects.relations[item.id] = Relation(self.tags_of(item), members)

    def tags_of(self, item: Any) -> Tags:
        """An object's tags; texts that repeat are kept once."""
        once = self.words.setdefault
        return {once(tag.k, tag.k): once(tag.v, tag.v) for tag in item.tags}

    def place_nodes(self) -> None:
        """Sort the nodes by id, for binary search."""
        objects = self.objects
        found = np.frombuffer(self.ids, np.int64) if self.ids else np.empty(0, np.int64)
        last = len(found) - 1 - np.unique(found[::-1], return_index=True)[1]
        objects.node_ids = found[last]
        objects.node_xy = np.empty((len(last), 2))
        for axis, degrees in enumerate((self.lons, self.lats)):
            if degrees:
                objects.node_xy[:, axis] = np.frombuffer(degrees, np.int32)[last] / OSM_UNITS
        objects.unplaced["n"] += len(found) - len(last)
