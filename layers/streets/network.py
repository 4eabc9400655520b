"""The walking network of this database as arrays, kept by each process until a new one is made."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import shapely
from django.db import DatabaseError, connection

from gis.shared.functions import AsWKB
from gis.shared.geometry import to_degrees, to_metres, xy_to_metres
from layers.streets.actions import compounds_at
from layers.streets.models import Edge, Network
from layers.streets.rings import RingMaker
from layers.streets.walking import OUTSIDE, Floats, WalkingNetwork

_KEPT = 2
_loaded: OrderedDict[tuple[str, int, datetime], "Walkable"] = OrderedDict()


@dataclass(frozen=True)
class Walkable:
    """A loaded network: its version, when it was made, its arrays in metres, the walled compounds by number."""

    version: int
    made_at: datetime
    walking: WalkingNetwork
    walled: list[uuid.UUID]

    @cached_property
    def rings(self) -> RingMaker:
        """Draws circles, stairs included."""
        return RingMaker(self.walking)

    @cached_property
    def stepless_rings(self) -> RingMaker:
        """Draws circles without stairs."""
        return RingMaker(self.walking.stepless)

    def maker(self, *, steps_allowed: bool) -> RingMaker:
        """The circle maker, and with it the network, for people who take stairs or do not."""
        return self.rings if steps_allowed else self.stepless_rings

    def metres(self, xy: Floats) -> Floats:
        """(n, 2) lon, lat in degrees → metres of the network's zone."""
        return xy_to_metres(xy, self.walking.epsg)

    def degrees(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """A geometry in the zone's metres → lon, lat."""
        return to_degrees(geometry, self.walking.epsg)


def current() -> Walkable | None:
    """The newest network, from this process's memory where it is there; None when none was ever made."""
    network = Network.objects.order_by("-id").first()
    if network is None:
        return None
    # With the moment of its making: a place that was dropped and made anew counts its networks from one again.
    key = (str(connection.settings_dict["NAME"]), network.pk, network.made_at)
    if key not in _loaded:
        _loaded[key] = _load(network)
        while len(_loaded) > _KEPT:
            _loaded.popitem(last=False)
    return _loaded[key]


def _load(network: Network) -> Walkable:
    """Read the edges in one pass; the walls are those the network was made with."""
    walls = [compound for compound in compounds_at(network.made_at) if compound.walled]
    number_of = {compound.area_id: number for number, compound in enumerate(walls)}
    rows = Edge.objects.order_by("id").values_list("start_node", "end_node", "steps", "inside_id", AsWKB("geometry"))
    found = list(rows.iterator(chunk_size=20_000))
    lines = shapely.from_wkb(np.array([bytes(row[4]) for row in found], dtype=object))
    vertices, edge_of = shapely.get_coordinates(lines, return_index=True)
    walking = WalkingNetwork(
        epsg=network.epsg,
        node_count=network.nodes,
        start=np.array([row[0] for row in found], dtype=np.int32),
        end=np.array([row[1] for row in found], dtype=np.int32),
        vertices=xy_to_metres(vertices, network.epsg),
        line_at=np.concatenate(([0], np.cumsum(np.bincount(edge_of, minlength=len(found))))).astype(np.int64),
        steps=np.array([row[2] for row in found], dtype=bool),
        side=np.array([OUTSIDE if row[3] is None else number_of[row[3]] for row in found], dtype=np.int32),
        walls=tuple(to_metres(compound.geometry, network.epsg) for compound in walls),
    )
    return Walkable(network.pk, network.made_at, walking, [compound.area_id for compound in walls])


def warm_up() -> None:
    """Read the network and load the compiled kernels, so that a server's first circle is not slower than the next.

    Without a database or a network there is nothing to do, and the first request will say so itself.
    """
    try:
        walkable = current()
        if walkable is not None and walkable.walking.edge_count:
            start = walkable.walking.vertices[:1]
            walkable.rings.rings(walkable.walking.snap(start), [100.0])
    except DatabaseError:
        return
    finally:
        connection.close()
