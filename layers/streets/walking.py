"""The walking kernel: a noded street network as flat arrays, and exact distances on it.

Everything is in metres of one projected zone (`epsg`), coordinates are (x, y). Lengths are kept as whole
millimetres, so that a distance is an integer sum: the same on every machine, whatever the order of the
search, and equal to any other correct algorithm's on the same edges.

A place is *snapped* to the nearest edge with an offset on that edge (not to a node: that misplaces one address
in eight at 300 m). The straight walk from the place to the street counts as walked. A place inside a walled
compound snaps only to edges inside it, a place outside only to edges outside: no snap goes through a wall.
Search: Dijkstra (1959), stopped at a limit, with a binary heap and lazy deletion.

A gate is a *passage* of no length between a node outside and a node inside; who may pass is a weight, so that opening
a gate or closing one changes nothing but lengths. A distance is from a place where everybody may go to somebody's home:
a residents' gate is passed inwards only, as the last one, and never as a thoroughfare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.streets import kernels, snapping, spreading

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]

SNAP_LIMIT_M = 500.0
"""A place farther than this from every street it may use is off the network."""
FAR_SNAP_M = 100.0
"""A snap longer than this is told to the reader."""
OUTSIDE = -1
"""The side of whatever lies in no walled compound."""
UNREACHED = np.iinfo(np.int32).max
SHUT, OPEN, HOMES = 0, 1, 2
"""Who may pass: nobody; everybody, both ways; those who live inside, on the way home."""
NOWHERE = -2
"""The side of a stretch that nobody is to be snapped to."""


@dataclass(frozen=True, slots=True)
class Snaps:
    """Where places meet the network: n edges (-1: off the network), offsets and walks to the edge in metres."""

    edge: Ints
    offset: Floats
    walk: Floats

    def __len__(self) -> int:
        """How many places there are."""
        return len(self.edge)

    def at(self, chosen: Any) -> Snaps:
        """The snaps of some of the places, by index array, mask or slice."""
        return Snaps(self.edge[chosen], self.offset[chosen], self.walk[chosen])


@dataclass(frozen=True, slots=True)
class Reach:
    """All nodes within `limit` metres of an origin: distance per node in mm (UNREACHED beyond), nodes touched."""

    origin: Snaps
    limit: float
    node_mm: Ints
    touched: Ints


@dataclass(frozen=True, slots=True)
class Nearest:
    """For every node its nearest site: distance in mm (UNREACHED when none) and index of the site (-1)."""

    sites: Snaps
    node_mm: Ints
    node_site: Ints


@dataclass(frozen=True, slots=True)
class Passages:
    """p ways through gates: a node outside and one inside of each, the number of the gate, who may pass (SHUT …)."""

    outside: Ints
    inside: Ints
    gate: Ints
    who: NDArray[np.int8]

    @staticmethod
    def none() -> Passages:
        """No gates."""
        empty = np.empty(0, np.int32)
        return Passages(empty, empty, empty, np.empty(0, np.int8))


@dataclass(frozen=True)
class WalkingNetwork:
    """A noded network: n nodes, m edges with their lines, in metres of zone `epsg`.

    `start`, `end` (m) are node numbers; `vertices` (v, 2) holds the edges' lines one after the other, the line
    of edge e at `line_at[e]:line_at[e + 1]`, running from start to end; `steps` (m) marks stairs; `side` (m) is
    the number of the walled compound the edge lies in, or OUTSIDE; `walls` are those compounds' polygons.
    `takes_steps` False: nobody walks on stairs or is snapped to them.
    """

    epsg: int
    node_count: int
    start: Ints
    end: Ints
    vertices: Floats
    line_at: NDArray[np.int64]
    steps: Flags
    side: Ints
    walls: tuple[shapely.Geometry, ...] = ()
    passages: Passages = field(default_factory=Passages.none)
    takes_steps: bool = True

    @staticmethod
    def from_lines(
        epsg: int,
        node_count: int,
        start: Ints,
        end: Ints,
        lines: Sequence[Floats],
        *,
        steps: Flags | None = None,
        side: Ints | None = None,
        walls: tuple[shapely.Geometry, ...] = (),
        passages: Passages | None = None,
    ) -> WalkingNetwork:
        """A network from one (k, 2) array of metres per edge."""
        counts = np.array([len(line) for line in lines], dtype=np.int64)
        return WalkingNetwork(
            epsg=epsg,
            node_count=node_count,
            start=np.asarray(start, dtype=np.int32),
            end=np.asarray(end, dtype=np.int32),
            vertices=np.concatenate(lines) if lines else np.empty((0, 2)),
            line_at=np.concatenate(([0], np.cumsum(counts))),
            steps=np.zeros(len(lines), dtype=bool) if steps is None else np.asarray(steps, dtype=bool),
            side=np.full(len(lines), OUTSIDE, np.int32) if side is None else np.asarray(side, dtype=np.int32),
            walls=walls,
            passages=passages or Passages.none(),
        )

    def variant(self, *, who: NDArray[np.int8] | None = None, takes_steps: bool | None = None) -> WalkingNetwork:
        """The same streets with other people let through the gates, or without stairs; shares all that is the same."""
        passages = self.passages if who is None else replace(self.passages, who=np.asarray(who, dtype=np.int8))
        steps = self.takes_steps if takes_steps is None else takes_steps
        other = replace(self, passages=passages, takes_steps=steps)
        shared = {*_SHARED, "pieces"} if steps == self.takes_steps else _SHARED
        other.__dict__.update({name: self.__dict__[name] for name in shared if name in self.__dict__})
        return other

    @property
    def edge_count(self) -> int:
        """How many edges there are."""
        return len(self.start)

    @cached_property
    def every_piece(self) -> snapping.Pieces:
        """The edges' straight pieces, at most 64 m long each, in a grid of cells; stairs too."""
        return snapping.cut_into_pieces(self.vertices, self.line_at, self.side)

    @cached_property
    def pieces(self) -> snapping.Pieces:
        """The pieces that people are snapped to."""
        every = self.every_piece
        if self.takes_steps or not len(every.edge):
            return every
        return every._replace(side=np.where(self.steps[every.edge], np.int32(NOWHERE), every.side))

    @cached_property
    def edge_mm(self) -> Ints:
        """Length of each edge in whole millimetres."""
        return np.rint(self.edge_length * 1000).astype(np.int32)

    @cached_property
    def edge_length(self) -> Floats:
        """Length of each edge in metres, along its line."""
        if not self.edge_count:
            return np.empty(0)
        steps = np.hypot(*np.diff(self.vertices, axis=0).T)
        upto = np.concatenate(([0.0], np.cumsum(steps)))
        return np.asarray(upto[self.line_at[1:] - 1] - upto[self.line_at[:-1]])

    @cached_property
    def rows(self) -> tuple[NDArray[np.int64], Ints, Ints, Ints]:
        """Compressed rows: arcs of node n at first[n]:first[n + 1]; heads, lengths in mm, and what they come from.

        An arc comes from edge e (e) or from passage p (-1 - p), whose length is nothing.
        """
        through = self.passages
        tails = np.concatenate((self.start, self.end, through.outside, through.inside))
        heads = np.concatenate((self.end, self.start, through.inside, through.outside))
        edge = np.arange(self.edge_count, dtype=np.int32)
        passage = -1 - np.arange(len(through.gate), dtype=np.int32)
        order = np.argsort(tails, kind="stable")
        first = np.concatenate(([0], np.cumsum(np.bincount(tails, minlength=self.node_count))))
        lengths = np.concatenate((self.edge_mm, self.edge_mm, np.zeros(2 * len(through.gate), np.int32)))
        source = np.concatenate((edge, edge, passage, passage))
        return first.astype(np.int64), heads.astype(np.int32)[order], lengths[order], source[order]

    @cached_property
    def arcs(self) -> tuple[NDArray[np.int64], Ints, Ints]:
        """Compressed rows as people may walk them: where nobody goes, or only those who live there, is endless."""
        first, heads, lengths, source = self.rows
        closed = np.zeros(len(source), bool)
        through = source < 0
        closed[through] = (self.passages.who != OPEN)[-1 - source[through]]
        if not self.takes_steps and self.edge_count:
            closed[~through] = self.steps[source[~through]]
        return first, heads, np.where(closed, np.int32(UNREACHED), lengths) if closed.any() else lengths

    @cached_property
    def homes(self) -> tuple[Ints, NDArray[np.int64], Ints]:
        """Residents' gates: the arcs' lengths inside the walls, and each node's ways in, as compressed rows."""
        through = self.passages
        let_in = np.flatnonzero(through.who == HOMES)
        tails = through.outside[let_in]
        order = np.argsort(tails, kind="stable")
        first = np.concatenate(([0], np.cumsum(np.bincount(tails, minlength=self.node_count)))).astype(np.int64)
        _first, _heads, lengths = self.arcs
        inner = np.where(self.rows[3] < 0, np.int32(UNREACHED), lengths) if len(let_in) else lengths
        return inner, first, through.inside[let_in][order].astype(np.int32)

    @cached_property
    def stepless(self) -> WalkingNetwork:
        """The same network without its stairs."""
        return self.variant(takes_steps=False) if self.takes_steps and self.steps.any() else self

    @cached_property
    def node_xy(self) -> Floats:
        """Where each node is, (n, 2) metres; NaN for a node without edge or gate."""
        where = np.full((self.node_count, 2), np.nan)
        if self.edge_count:
            where[self.start] = self.vertices[self.line_at[:-1]]
            where[self.end] = self.vertices[self.line_at[1:] - 1]
        through = self.passages
        for _turn in range(2):  # a node between two walls that touch has no edge, and two gates between it and one
            for here, there in ((through.inside, through.outside), (through.outside, through.inside)):
                lost = np.isnan(where[here, 0])
                where[here[lost]] = where[there[lost]]
        return where

    @cached_property
    def islands(self) -> tuple[Ints, Floats]:
        """The connected part of each node were every gate open, and how many metres of street each part has."""
        first, heads, _lengths, _source = self.rows
        part = kernels.islands(first, heads)
        count = int(part.max(initial=-1)) + 1
        metres: Floats = np.bincount(part[self.start], weights=self.edge_mm / 1000, minlength=count).astype(np.float64)
        return part, metres

    def island(self, snaps: Snaps) -> Floats:
        """How many metres of street hang together with each place's (n); 0 off the network. Little: an island."""
        part, metres = self.islands
        on = snaps.edge >= 0
        found = np.zeros(len(snaps))
        found[on] = metres[part[self.start[snaps.edge[on]]]]
        return found

    @cached_property
    def _wall_tree(self) -> shapely.STRtree:
        return shapely.STRtree(list(self.walls))

    def sides_of(self, xy: Floats) -> Ints:
        """In which walled compound each of n places (n, 2) lies, or OUTSIDE."""
        sides = np.full(len(xy), OUTSIDE, dtype=np.int32)
        if self.walls and len(xy):
            places, walls = self._wall_tree.query(shapely.points(xy), predicate="intersects")
            sides[places] = walls
        return sides

    def snap(self, xy: Floats, *, sides: Ints | None = None, limit: float = SNAP_LIMIT_M) -> Snaps:
        """Snap n places (n, 2) to the nearest edge on their own side of every wall.

        `sides` says which side is meant where it is not the place's own (a raster drawn past a wall).
        """
        xy = np.ascontiguousarray(xy, dtype=np.float64).reshape(-1, 2)
        sides = self.sides_of(xy) if sides is None else np.asarray(sides, dtype=np.int32)
        return Snaps(*snapping.snap(xy, sides, limit, *self.pieces))

    def foot(self, snaps: Snaps) -> Floats:
        """The points on the street where places were snapped, (n, 2) metres; NaN off the network."""
        feet = np.full((len(snaps), 2), np.nan)
        for i in np.flatnonzero(snaps.edge >= 0):
            edge = snaps.edge[i]
            line = shapely.linestrings(self.vertices[self.line_at[edge] : self.line_at[edge + 1]])
            feet[i] = shapely.get_coordinates(shapely.line_interpolate_point(line, snaps.offset[i]))[0]
        return feet

    def reach(self, origin: Snaps, limit: float) -> Reach:
        """Every node within `limit` metres of one origin (snapped), the walk to its street included."""
        if len(origin) != 1:
            raise ValueError("reach() takes one origin")
        seeds, costs = self._seeds(origin)
        node_mm, touched = kernels.search(*self.arcs, *self.homes, seeds, costs, _mm(limit))
        return Reach(origin, limit, node_mm, touched)

    def distances(self, reach: Reach, places: Snaps) -> Floats:
        """Exact walking distance in metres from a reach's origin to n places; inf beyond the limit."""
        mm = kernels.distances(
            self.start,
            self.end,
            self.edge_mm,
            reach.node_mm,
            int(reach.origin.edge[0]),
            float(reach.origin.offset[0]),
            float(reach.origin.walk[0]),
            places.edge,
            places.offset,
            places.walk,
        )
        metres: Floats = np.where(mm <= _mm(reach.limit), mm / 1000, np.inf)
        return metres

    def catchments(self, origins: Snaps, limit: float) -> tuple[NDArray[np.int64], Ints, Ints]:
        """Node lists of many origins, origin i's at first[i]:first[i + 1] of (nodes, distances in mm)."""
        lists: tuple[NDArray[np.int64], Ints, Ints] = kernels.catchments(
            *self.arcs,
            *self.homes,
            self.start,
            self.end,
            self.edge_mm,
            origins.edge,
            np.rint(origins.offset * 1000).astype(np.int64),
            np.rint(origins.walk * 1000).astype(np.int64),
            _mm(limit),
        )
        return lists

    def nearest(self, sites: Snaps, limit: float = np.inf) -> Nearest:
        """The nearest of n sites for every node, by one search from all of them."""
        on = np.flatnonzero(sites.edge >= 0)
        seeds, costs = self._seeds(sites.at(on))
        node_mm, node_site = spreading.search_nearest(
            *self.arcs, *self.homes, seeds, costs, np.repeat(on, 2).astype(np.int32), _mm(limit)
        )
        return Nearest(sites, node_mm, node_site)

    def nearest_to(self, nearest: Nearest, places: Snaps) -> tuple[Floats, Ints]:
        """Distance in metres (inf: none) and index of the nearest site for n places."""
        mm, site = kernels.nearest_to(
            self.start,
            self.end,
            self.edge_mm,
            nearest.node_mm,
            nearest.node_site,
            *_by_edge(nearest.sites),
            places.edge,
            places.offset,
            places.walk,
        )
        return np.where(mm < UNREACHED, mm / 1000, np.inf), site

    def _seeds(self, places: Snaps) -> tuple[Ints, NDArray[np.int64]]:
        """Both ends of each place's edge and what it costs in mm to get there."""
        on = places.edge >= 0
        edge = places.edge[on]
        there = np.rint(places.offset[on] * 1000).astype(np.int64)
        walk = np.rint(places.walk[on] * 1000).astype(np.int64)
        seeds = np.column_stack((self.start[edge], self.end[edge])).ravel()
        costs = np.column_stack((walk + there, walk + np.maximum(self.edge_mm[edge] - there, 0))).ravel()
        return seeds.astype(np.int32), costs


_SHARED = frozenset({"every_piece", "edge_mm", "edge_length", "rows", "node_xy", "islands", "_wall_tree"})
"""What does not depend on who may pass and who takes stairs."""


def _mm(metres: float) -> int:
    return int(min(np.floor(metres * 1000), UNREACHED - 1))


def _by_edge(sites: Snaps) -> tuple[Ints, Ints, Floats, Floats]:
    """The sites sorted by edge: edges, site numbers, offsets, walks."""
    order = np.argsort(sites.edge, kind="stable").astype(np.int32)
    return sites.edge[order], order, sites.offset[order], sites.walk[order]
