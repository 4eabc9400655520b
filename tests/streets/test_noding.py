"""Ways join where they meet, end at walls and pass at gates."""

import uuid

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.streets.noding import OUTSIDE, Compound, node
from layers.streets.records import GateRecord, WayRecord

EPSG = 4546
LON, LAT = 110.0, 35.0
STEP = 0.001  # about 91 m east, 111 m north


def at(x: float, y: float) -> tuple[float, float]:
    return round(LON + x * STEP, 8), round(LAT + y * STEP, 8)


def way(*points: tuple[float, float], **extra) -> WayRecord:
    return WayRecord("footway", shapely.LineString([at(*p) for p in points]), walkable=True, **extra)


def compound(west: float, south: float, east: float, north: float, *, walled: bool = True) -> Compound:
    corners = [at(west, south), at(east, south), at(east, north), at(west, north)]
    return Compound(uuid.uuid4(), shapely.MultiPolygon([shapely.Polygon(corners)]), walled)


def gate(of: Compound, x: float, y: float, status: str = "mapped") -> GateRecord:
    return GateRecord(shapely.Point(at(x, y)), of.area_id, status)


def graph(noded) -> nx.MultiGraph:
    made = nx.MultiGraph()
    made.add_nodes_from(range(noded.node_count))
    made.add_edges_from(zip(noded.start, noded.end, strict=True))
    made.add_edges_from((outside, inside) for outside, inside, _gate, _compound in noded.passages)
    return made


def pieces(noded) -> int:
    """How many parts do not hang together, were every gate open."""
    return nx.number_connected_components(graph(noded))


def test_ways_that_share_a_vertex_join_there():
    noded = node([way((0, 0), (1, 0), (2, 0)), way((1, 0), (1, 1))], [], [], epsg=EPSG)
    assert (noded.node_count, len(noded.lines), pieces(noded)) == (4, 3, 1)


def test_ways_that_cross_at_one_level_join_without_a_shared_vertex():
    noded = node([way((0, 0), (2, 0)), way((1, -1), (1, 1))], [], [], epsg=EPSG)
    assert (noded.node_count, len(noded.lines), pieces(noded)) == (5, 4, 1)


@pytest.mark.parametrize("apart", [{"bridge": True}, {"tunnel": True}, {"layer": 2}])
def test_a_bridge_a_tunnel_or_another_level_keeps_ways_apart(apart):
    noded = node([way((0, 0), (2, 0)), way((1, -1), (1, 1), **apart)], [], [], epsg=EPSG)
    assert (noded.node_count, pieces(noded)) == (4, 2)


def test_a_bridge_joins_its_ramps_at_shared_ends():
    ways = [
        way((0, 0), (1, 0)),
        way((1, 0), (2, 0), bridge=True, layer=1),
        way((2, 0), (3, 0)),
        way((1.5, -1), (1.5, 1)),
    ]
    noded = node(ways, [], [], epsg=EPSG)
    assert pieces(noded) == 2


def test_a_way_that_crosses_itself_joins_itself():
    noded = node([way((0, 0), (2, 0), (2, 1), (1, 1), (1, -1))], [], [], epsg=EPSG)
    assert (noded.node_count, len(noded.lines)) == (3, 3)


def test_a_closed_way_becomes_a_loop():
    noded = node([way((0, 0), (1, 0), (1, 1), (0, 0))], [], [], epsg=EPSG)
    assert (noded.node_count, len(noded.lines)) == (1, 1)


def test_what_is_not_walkable_is_left_out():
    rail = WayRecord("rail", shapely.LineString([at(0, 0), at(1, 0)]), walkable=False)
    noded = node([rail], [], [], epsg=EPSG)
    assert (noded.node_count, noded.lines) == (0, [])


def test_a_wall_without_gate_is_an_end_on_both_sides():
    yard = compound(1, -1, 3, 1)
    noded = node([way((0, 0), (4, 0))], [yard], [], epsg=EPSG)
    assert (noded.node_count, pieces(noded)) == (6, 3)
    assert sorted(noded.side) == [OUTSIDE, OUTSIDE, 0]


@pytest.mark.parametrize("status", ["mapped", "inferred", "confirmed", "closed"])
def test_only_a_gate_lets_through_whatever_its_state(status):
    yard = compound(1, -1, 3, 1)
    noded = node([way((0, 0), (4, 0))], [yard], [gate(yard, 1, 0, status)], epsg=EPSG)
    assert pieces(noded) == 2  # who may pass is asked when somebody walks
    [(outside, inside, number, of)] = noded.passages
    assert (number, of) == (0, 0)
    assert noded.gate_node[0] in {outside, inside}
    ends = {noded.side[e]: {noded.start[e], noded.end[e]} for e in (0, 1)}
    assert outside in ends[OUTSIDE]
    assert inside in ends[0]


def test_a_gate_has_two_sides_even_where_there_is_no_wall():
    yard = compound(1, -1, 3, 1, walled=False)
    noded = node([way((0, 0), (4, 0))], [yard], [gate(yard, 1, 0)], epsg=EPSG)
    shut = nx.MultiGraph(zip(noded.start, noded.end, strict=True))
    assert (pieces(noded), nx.number_connected_components(shut)) == (1, 2)


def test_a_compound_not_known_to_be_walled_stops_nobody():
    yard = compound(1, -1, 3, 1, walled=False)
    noded = node([way((0, 0), (4, 0))], [yard], [], epsg=EPSG)
    assert pieces(noded) == 1
    assert set(noded.side) == {OUTSIDE}


def test_a_street_along_the_wall_is_outside_and_side_streets_need_a_gate():
    yard = compound(1, 0, 3, 2)
    streets = [way((0, 0), (1, 0), (2, 0), (3, 0)), way((2, 0), (2, 1))]
    assert pieces(node(streets, [yard], [], epsg=EPSG)) == 2
    assert pieces(node(streets, [yard], [gate(yard, 2, 0)], epsg=EPSG)) == 1


def test_neighbours_with_a_common_wall_need_a_gate_each():
    left, right = compound(0, 0, 2, 2), compound(2, 0, 4, 2)
    path = [way((1, 1), (3, 1))]
    assert pieces(node(path, [left, right], [gate(left, 2, 1)], epsg=EPSG)) == 2
    assert pieces(node(path, [left, right], [gate(left, 2, 1), gate(right, 2, 1)], epsg=EPSG)) == 1


def test_a_gate_no_path_passes_is_linked_to_both_sides():
    yard = compound(1, 0, 3, 2)
    streets = [way((0, -0.2), (4, -0.2)), way((1.2, 0.3), (2.8, 0.3))]
    assert pieces(node(streets, [yard], [], epsg=EPSG)) == 2
    noded = node(streets, [yard], [gate(yard, 2.1, 0)], epsg=EPSG)
    assert pieces(noded) == 1
    assert noded.gate_node[0] >= 0
    assert noded.way.count(-1) == 2


def test_edges_keep_every_metre_of_their_ways():
    rng = np.random.default_rng(5)
    ways = [way(*rng.uniform(0, 4, (5, 2)).round(6).tolist()) for _ in range(12)]
    yard = compound(1, 1, 3, 3)
    noded = node(ways, [yard], [], epsg=EPSG)
    before = sum(w.geometry.length for w in ways)
    assert sum(shapely.LineString(line).length for line in noded.lines) == pytest.approx(before, rel=1e-6)


SPOTS = st.tuples(st.integers(0, 80), st.integers(0, 80)).map(lambda spot: (spot[0] / 20, spot[1] / 20))
WAYS = st.lists(st.lists(SPOTS, min_size=2, max_size=4, unique=True), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(WAYS, st.lists(SPOTS, max_size=2))
def test_nobody_crosses_a_wall_but_at_a_gate(lines, openings):
    yard = compound(1, 1, 3, 3)
    wall = shapely.boundary(yard.geometry)
    doors = [
        GateRecord(shapely.line_interpolate_point(wall, wall.project(shapely.Point(at(*o)))), yard.area_id, "mapped")
        for o in openings
    ]
    noded = node([way(*line) for line in lines], [yard], doors, epsg=EPSG)
    sides: dict[int, set[int]] = {}
    for start, end, side in zip(noded.start, noded.end, noded.side, strict=True):
        for number in (start, end):
            sides.setdefault(number, set()).add(side)
    assert all(len(found) == 1 for found in sides.values())
    both = {inside for _outside, inside, _gate, _compound in noded.passages}
    assert len(both) == 0 or openings
    assert all(sides.get(outside, {OUTSIDE}) == {OUTSIDE} for outside, *_rest in noded.passages)
    where = {
        n: shapely.Point(line[i])
        for line, s, e in zip(noded.lines, noded.start, noded.end, strict=True)
        for n, i in ((s, 0), (e, -1))
    }
    for number in both:
        # 15 m are at most 17 hundred-thousandths of a degree here
        assert min(where[number].distance(door.point) for door in doors) <= 17e-5
    for line, side in zip(noded.lines, noded.side, strict=True):
        shape = shapely.LineString(line)
        inside = shapely.intersection(shape, yard.geometry.buffer(-2e-8)).length
        assert inside == pytest.approx(shape.length if side == 0 else 0, abs=2e-6)
