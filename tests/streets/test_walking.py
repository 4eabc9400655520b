"""Distances are exact: equal to networkx's on random and on real networks, at every kind of place."""

import gzip

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.streets.noding import node
from layers.streets.records import WayRecord
from layers.streets.walking import UNREACHED, Snaps, WalkingNetwork
from tests.streets.lattices import EPSG, lattice

FOOT = {"primary", "secondary", "tertiary", "residential", "service", "pedestrian", "footway", "path", "steps"}


def graph_of(network: WalkingNetwork) -> nx.Graph:
    """The same edges, with the least length of parallel ones, in mm."""
    graph = nx.Graph()
    graph.add_nodes_from(range(network.node_count))
    for a, b, mm in zip(network.start.tolist(), network.end.tolist(), network.edge_mm.tolist(), strict=True):
        if not graph.has_edge(a, b) or graph[a][b]["mm"] > mm:
            graph.add_edge(a, b, mm=mm)
    return graph


def with_place(graph: nx.Graph, network: WalkingNetwork, places: Snaps) -> nx.Graph:
    """The graph with each place as a node on its edge; places of one edge are joined along it."""
    graph = graph.copy()
    on: dict[int, list[tuple[int, str]]] = {}
    for i in range(len(places)):
        edge = int(places.edge[i])
        if edge >= 0:
            on.setdefault(edge, []).append((round(places.offset[i] * 1000), f"place {i}"))
    for edge, here in on.items():
        a, b, mm = int(network.start[edge]), int(network.end[edge]), int(network.edge_mm[edge])
        for there, name in here:
            for end, far in ((a, there), (b, max(mm - there, 0))):
                if not graph.has_edge(name, end) or graph[name][end]["mm"] > far:
                    graph.add_edge(name, end, mm=far)
        for k, (there, name) in enumerate(here):
            for other, other_name in here[k + 1 :]:
                graph.add_edge(name, other_name, mm=abs(there - other))
    return graph


def assert_as_networkx(network: WalkingNetwork, xy: np.ndarray, limit: float) -> None:
    places = network.snap(xy)
    graph = with_place(graph_of(network), network, places)
    origin = places.at([0])
    reach = network.reach(origin, limit)
    found = network.distances(reach, places)
    if places.edge[0] < 0:
        assert not np.isfinite(found).any()
        return
    walks = np.rint(places.walk * 1000)
    expected = nx.single_source_dijkstra_path_length(graph, "place 0", weight="mm")
    for i in range(len(places)):
        away = expected.get(f"place {i}", np.inf) + walks[0] + walks[i] if places.edge[i] >= 0 else np.inf
        if abs(away - limit * 1000) <= 2:
            continue  # on the limit itself, a millimetre of rounding decides
        if away > limit * 1000:
            assert found[i] == np.inf
        else:
            assert found[i] * 1000 == pytest.approx(away, abs=2)


@settings(max_examples=40, deadline=None)
@given(side=st.integers(2, 9), seed=st.integers(0, 10**6), kept=st.floats(0.2, 1.0), limit=st.floats(1.0, 3000.0))
def test_distances_equal_networkx_on_any_lattice(side, seed, kept, limit):
    network = lattice(side, seed=seed, kept=kept)
    places = np.random.default_rng(seed).uniform(-120, side * 80 + 120, (30, 2))
    assert_as_networkx(network, places, limit)


def read_extract(path, epsg: int) -> WalkingNetwork:
    """The walking network of a real extract, read without our importer."""
    import osmium

    from gis.shared.geometry import xy_to_metres

    ways = []
    with gzip.open(path) as file:
        objects = osmium.FileProcessor(osmium.io.FileBuffer(file.read(), "osm")).with_locations()
        for thing in objects:
            if thing.is_way() and thing.tags.get("highway") in FOOT and len(thing.nodes) > 1:
                line = shapely.LineString([(n.lon, n.lat) for n in thing.nodes if n.location.valid()])
                ways.append(WayRecord("footway", line, walkable=True, steps=thing.tags["highway"] == "steps"))
    noded = node(ways, [], [], epsg=epsg)
    lines = [xy_to_metres(line, epsg) for line in noded.lines]
    return WalkingNetwork.from_lines(epsg, noded.node_count, np.array(noded.start), np.array(noded.end), lines)


@pytest.fixture(scope="module")
def moscow(shared_data) -> WalkingNetwork:
    """North-west Moscow."""
    return read_extract(shared_data / "osm" / "gh_moscow.osm.gz", 32637)


def test_a_thousand_sources_of_a_real_extract_reach_what_networkx_says(moscow):
    graph = graph_of(moscow)
    nodes = np.random.default_rng(7).integers(0, moscow.node_count, 1000)
    edge, offset = np.full(moscow.node_count, -1, np.int32), np.zeros(moscow.node_count)
    every = np.arange(moscow.edge_count, dtype=np.int32)
    edge[moscow.end], offset[moscow.end] = every, moscow.edge_mm / 1000
    edge[moscow.start], offset[moscow.start] = every, 0.0
    first, found, mm = moscow.catchments(Snaps(edge[nodes], offset[nodes], np.zeros(1000)), 1000)
    for o, source in enumerate(nodes.tolist()):
        here = slice(first[o], first[o + 1])
        ours = dict(zip(found[here].tolist(), mm[here].tolist(), strict=True))
        assert ours == nx.single_source_dijkstra_path_length(graph, source, cutoff=1_000_000, weight="mm")


def test_distances_equal_networkx_on_a_real_extract(moscow):
    assert moscow.edge_count > 500
    rng = np.random.default_rng(11)
    low, high = np.nanmin(moscow.node_xy, axis=0), np.nanmax(moscow.node_xy, axis=0)
    for limit in (333.3, 1000.0, 5000.0):
        assert_as_networkx(moscow, rng.uniform(low, high, (400, 2)), limit)


def test_every_node_of_a_real_extract_is_as_far_as_networkx_says(moscow):
    graph = graph_of(moscow)
    for start in (0, 100, 300):
        node_mm = moscow.reach(moscow.snap(moscow.node_xy[[start]]), 1e5).node_mm
        expected = nx.single_source_dijkstra_path_length(graph, start, weight="mm")
        ours = {int(n): int(node_mm[n]) for n in np.flatnonzero(node_mm < UNREACHED)}
        assert set(ours) == set(expected)
        assert max(abs(ours[n] - expected[n]) for n in ours) <= 1


@pytest.fixture
def street() -> WalkingNetwork:
    """One straight street of 100 m from west to east."""
    return WalkingNetwork.from_lines(EPSG, 2, np.array([0]), np.array([1]), [np.array([[0.0, 0], [100, 0]])])


def test_two_places_on_one_edge_walk_along_it(street):
    places = street.snap(np.array([[20.0, 5], [70, -3]]))
    assert places.offset.tolist() == [20, 70]
    assert street.distances(street.reach(places.at([0]), 200), places.at([1]))[0] == pytest.approx(50 + 5 + 3)


def test_the_walk_to_the_street_uses_up_the_limit(street):
    places = street.snap(np.array([[20.0, 30], [60, 0]]))
    assert street.distances(street.reach(places.at([0]), 69), places.at([1]))[0] == np.inf
    assert street.distances(street.reach(places.at([0]), 71), places.at([1]))[0] == pytest.approx(70)


@pytest.mark.parametrize("xy", [(np.nan, 0), (np.inf, 0), (1e7, 1e7), (50, 501)])
def test_a_place_far_from_every_street_is_off_the_network(street, xy):
    snaps = street.snap(np.array([xy], dtype=float))
    assert snaps.edge.tolist() == [-1]
    assert not np.isfinite(street.distances(street.reach(snaps, 1000), street.snap(np.array([[5.0, 0]])))).any()


def test_an_empty_network_reaches_nothing():
    empty = WalkingNetwork.from_lines(EPSG, 0, np.empty(0), np.empty(0), [])
    snaps = empty.snap(np.array([[0.0, 0.0]]))
    reach = empty.reach(snaps, 1000)
    assert (snaps.edge.tolist(), len(reach.touched), empty.distances(reach, snaps).tolist()) == ([-1], 0, [np.inf])
    assert empty.nearest(snaps).node_mm.tolist() == []


def test_parts_without_connection_stay_unreached():
    lines = [np.array([[0.0, 0], [100, 0]]), np.array([[0.0, 50], [100, 50]])]
    apart = WalkingNetwork.from_lines(EPSG, 4, np.array([0, 2]), np.array([1, 3]), lines)
    places = apart.snap(np.array([[50.0, 1], [50, 49]]))
    assert np.isfinite(apart.distances(apart.reach(places.at([0]), 1000), places)).tolist() == [True, False]


def test_stairs_are_left_out_for_wheels():
    lines = [np.array([[x, 0.0], [x + 50, 0]]) for x in (0, 50, 100)]
    stairs = WalkingNetwork.from_lines(
        EPSG, 4, np.array([0, 1, 2]), np.array([1, 2, 3]), lines, steps=np.array([False, True, False])
    )
    wheels = stairs.stepless
    places = stairs.snap(np.array([[10.0, 0], [140, 0]]))
    assert stairs.distances(stairs.reach(places.at([0]), 500), places).tolist() == [0, 130]
    assert wheels.distances(wheels.reach(places.at([0]), 500), places).tolist() == [0, np.inf]
    assert wheels.snap(np.array([[60.0, 0]])).offset.tolist() == [50]  # the landing, not the stairs
    assert wheels.stepless is wheels


@settings(max_examples=25, deadline=None)
@given(side=st.integers(2, 8), seed=st.integers(0, 10**6), sites=st.integers(1, 6))
def test_nearest_site_is_the_least_of_all_single_searches(side, seed, sites):
    network = lattice(side, seed=seed, kept=0.7)
    rng = np.random.default_rng(seed)
    at = network.snap(rng.uniform(0, side * 80, (sites, 2)))
    places = network.snap(rng.uniform(-50, side * 80 + 50, (40, 2)))
    each = np.array([network.distances(network.reach(at.at([s]), 1e6), places) for s in range(sites)])
    away, which = network.nearest_to(network.nearest(at), places)
    np.testing.assert_allclose(away, each.min(axis=0), atol=0.002)
    for i in np.flatnonzero(which >= 0):
        assert each[which[i], i] == pytest.approx(away[i], abs=0.002)


def test_catchments_list_what_single_searches_find():
    network = lattice(12, seed=3)
    origins = network.snap(np.random.default_rng(3).uniform(0, 900, (20, 2)))
    first, nodes, mm = network.catchments(origins, 400)
    for o in range(len(origins)):
        reach = network.reach(origins.at([o]), 400)
        listed = dict(zip(nodes[first[o] : first[o + 1]].tolist(), mm[first[o] : first[o + 1]].tolist(), strict=True))
        assert listed == {int(n): int(reach.node_mm[n]) for n in reach.touched}


def test_a_place_snaps_to_streets_on_its_own_side_of_a_wall():
    wall = shapely.box(0, 0, 100, 100)
    lines = [np.array([[-50.0, -2], [150, -2]]), np.array([[50.0, 60], [90, 60]])]
    network = WalkingNetwork.from_lines(
        EPSG, 4, np.array([0, 2]), np.array([1, 3]), lines, side=np.array([-1, 0]), walls=(wall,)
    )
    inside, outside = network.snap(np.array([[50.0, 5], [50, -10]])).edge.tolist()
    assert (inside, outside) == (1, 0)


def test_a_walled_yard_without_street_is_off_the_network():
    line = [np.array([[-50.0, -2], [150, -2]])]
    walls = (shapely.box(0, 0, 100, 100),)
    network = WalkingNetwork.from_lines(EPSG, 2, np.array([0]), np.array([1]), line, walls=walls)
    assert network.snap(np.array([[50.0, 5]])).edge.tolist() == [-1]


def test_an_edge_crossing_the_grid_of_cells_is_found_from_everywhere():
    rng = np.random.default_rng(8)
    lines = [np.cumsum(rng.normal(0, 90, (6, 2)), axis=0) for _ in range(30)]
    ends = np.arange(60, dtype=np.int32).reshape(30, 2)
    network = WalkingNetwork.from_lines(EPSG, 60, ends[:, 0], ends[:, 1], lines)
    shapes = shapely.linestrings(np.concatenate(lines), indices=np.repeat(np.arange(30), 6))
    places = rng.uniform(-900, 900, (300, 2))
    away = shapely.distance(shapely.points(places)[:, None], shapes[None, :]).min(axis=1)
    np.testing.assert_allclose(network.snap(places, limit=2000).walk, away, atol=1e-6)
