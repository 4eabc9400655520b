"""Neighbours by the walk between their middles, along the streets and through the gates as they are."""

import numpy as np
from django.utils.translation import gettext as _
from scipy.spatial import cKDTree

from gis.shared.errors import Conflict, Invalid
from layers.hotspots.neighbours import MOST_PAIRS, from_pairs
from layers.hotspots.statistics import Floats, Neighbourhoods
from layers.streets import network

MOST_WALKS = 5_000
"""Each cell is a search of its own; more would keep a person waiting."""


def on_foot(lonlat: Floats, distance_m: float) -> Neighbourhoods:
    """Points (n, 2) lon, lat from one of which the other is reached in `distance_m` metres on foot.

    Who is farther than 500 m from every street has no neighbour. Raises Conflict without streets, Invalid if too many.
    """
    walkable = network.current()
    if walkable is None or not walkable.walking.edge_count:
        raise Conflict(
            _("There are no streets to walk on in this place yet. Choose neighbours that touch, or a distance."),
            code="no-network",
        )
    walking, xy = walkable.walking, walkable.metres(lonlat)
    tree = cKDTree(xy)
    if len(xy) > MOST_WALKS or tree.count_neighbors(tree, distance_m) > MOST_PAIRS:
        raise Invalid(
            _("Walks between so many cells would take too long: up to %(most)d can be compared so.")
            % {"most": MOST_WALKS},
            code="too-many-neighbours",
            fields={"neighbours": _("Choose larger cells, or neighbours that touch")},
        )
    places = walking.snap(xy)
    one: list[np.ndarray] = []
    other: list[np.ndarray] = []
    for cell, near in enumerate(tree.query_ball_point(xy, distance_m)):  # no walk is shorter than the straight line
        if places.edge[cell] < 0 or len(near) < 2:
            continue
        around = np.array(near)
        walk = walking.distances(walking.reach(places.at(slice(cell, cell + 1)), distance_m), places.at(around))
        reached = around[walk <= distance_m]
        one.append(np.full(len(reached), cell))
        other.append(reached)
    first = np.concatenate([np.empty(0, dtype=np.int64), *one])
    second = np.concatenate([np.empty(0, dtype=np.int64), *other])
    # a gate for residents lets people in and not through: a walk in one direction makes both neighbours
    return from_pairs(np.concatenate([first, second]), np.concatenate([second, first]), len(xy))
