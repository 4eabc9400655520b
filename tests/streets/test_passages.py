"""Gates in the search: who is let through, equal to networkx on a graph of two storeys; opening one never lengthens."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.streets.walking import HOMES, OPEN, OUTSIDE, SHUT, Passages, Snaps, WalkingNetwork
from tests.streets.lattices import lattice

ANY = st.tuples(st.integers(4, 9), st.integers(0, 10**6), st.floats(0.6, 1.0))


def walled(side: int, seed: int, kept: float) -> WalkingNetwork:
    """A shaken lattice with two walled compounds, next to each other; each street over an edge has a gate there."""
    streets = lattice(side, seed=seed, kept=kept)
    rng = np.random.default_rng(seed)
    low, high = sorted(rng.choice(side + 1, 2, replace=False))
    number = np.arange(side * side)
    row, column = number // side, number % side
    within = (row >= low) & (row < high) & (column >= 1)
    compound = np.where(within, np.where(column < (side + 1) // 2, 0, 1), OUTSIDE)
    start, end, lines, sides = [], [], [], []
    outside, inside = [], []
    nodes = side * side
    xy = streets.vertices.reshape(-1, 2, 2)
    for e in range(streets.edge_count):
        a, b = int(streets.start[e]), int(streets.end[e])
        if compound[a] == compound[b]:
            start, end = [*start, a], [*end, b]
            lines.append(xy[e])
            sides.append(compound[a])
            continue
        middle = xy[e].mean(axis=0)
        # between two compounds lies a place of neither, as wide as nothing
        stops = [c for c in (compound[a], compound[b]) if c != OUTSIDE]
        at = {c: nodes + k for k, c in enumerate((*stops, OUTSIDE))}
        nodes += len(at)
        for c in stops:
            outside, inside = [*outside, at[OUTSIDE]], [*inside, at[c]]
        start, end = [*start, a, at[compound[b]]], [*end, at[compound[a]], b]
        lines += [np.array([xy[e][0], middle]), np.array([middle, xy[e][1]])]
        sides += [compound[a], compound[b]]
    who = rng.integers(0, 3, len(outside))
    through = Passages(
        np.array(outside, np.int32), np.array(inside, np.int32), np.arange(len(outside), dtype=np.int32),
        who.astype(np.int8),
    )  # fmt: skip
    return WalkingNetwork.from_lines(
        4546, nodes, np.array(start), np.array(end), lines, side=np.array(sides), passages=through
    )


def anywhere(network: WalkingNetwork, count: int, seed: int) -> Snaps:
    """Places on random edges, one after another 0 to 40 m off the street."""
    rng = np.random.default_rng(seed)
    edge = rng.integers(0, network.edge_count, count).astype(np.int32)
    return Snaps(edge, rng.random(count) * network.edge_mm[edge] / 1000, rng.random(count) * 40)


def storeys(network: WalkingNetwork) -> nx.DiGraph:
    """Nodes as everybody walks ("out", n), and as those walk who have come home by a residents' gate ("in", n)."""
    graph = nx.DiGraph()
    graph.add_nodes_from((storey, n) for storey in ("out", "in") for n in range(network.node_count))

    def arc(a, b, mm):
        if not graph.has_edge(a, b) or graph[a][b]["mm"] > mm:
            graph.add_edge(a, b, mm=mm)

    for a, b, mm in zip(network.start.tolist(), network.end.tolist(), network.edge_mm.tolist(), strict=True):
        for storey in ("out", "in"):
            arc((storey, a), (storey, b), mm)
            arc((storey, b), (storey, a), mm)
    through = network.passages
    for a, b, who in zip(through.outside.tolist(), through.inside.tolist(), through.who.tolist(), strict=True):
        if who == OPEN:
            arc(("out", a), ("out", b), 0)
            arc(("out", b), ("out", a), 0)
        elif who == HOMES:
            arc(("out", a), ("in", b), 0)
    return graph


def expected(network: WalkingNetwork, places: Snaps) -> np.ndarray:
    """Metres from the first place to every other, by networkx."""
    graph = storeys(network)
    there = np.rint(places.offset * 1000).astype(int)
    walk = np.rint(places.walk * 1000).astype(int)
    first = int(places.edge[0])
    graph.add_node("origin")
    for end, mm in (
        (int(network.start[first]), there[0]),
        (int(network.end[first]), max(network.edge_mm[first] - there[0], 0)),
    ):
        mm = min(mm, graph["origin"].get(("out", end), {"mm": mm})["mm"])
        graph.add_edge("origin", ("out", end), mm=mm)
    away = nx.single_source_dijkstra_path_length(graph, "origin", weight="mm")
    found = []
    for i, edge in enumerate(places.edge.tolist()):
        ends = (
            (int(network.start[edge]), there[i]),
            (int(network.end[edge]), max(network.edge_mm[edge] - there[i], 0)),
        )
        ways = [away[storey, end] + mm for storey in ("out", "in") for end, mm in ends if (storey, end) in away]
        if edge == first:
            ways.append(abs(there[i] - there[0]))
        found.append((min(ways) + walk[0] + walk[i]) / 1000 if ways else np.inf)
    return np.array(found)


@settings(max_examples=60, deadline=None)
@given(shape=ANY)
def test_distances_through_gates_equal_networkx(shape):
    network = walled(*shape)
    if not network.edge_count:
        return
    places = anywhere(network, 30, shape[1])
    found = network.distances(network.reach(places.at([0]), 10_000), places)
    np.testing.assert_allclose(found, expected(network, places), atol=0.002)


@settings(max_examples=30, deadline=None)
@given(shape=ANY, sites=st.integers(1, 5))
def test_many_sites_and_node_lists_agree_with_single_searches_through_gates(shape, sites):
    network = walled(*shape)
    if not network.edge_count:
        return
    places, at = anywhere(network, 30, shape[1]), anywhere(network, sites, shape[1] + 1)
    each = [network.reach(at.at([s]), 10_000) for s in range(sites)]
    away, which = network.nearest_to(network.nearest(at), places)
    single = np.array([network.distances(reach, places) for reach in each])
    np.testing.assert_allclose(away, single.min(axis=0), atol=0.002)
    for i in np.flatnonzero(which >= 0):
        assert abs(single[which[i], i] - away[i]) <= 0.002
    first, nodes, mm = network.catchments(at, 300)
    for s in range(sites):
        reach = network.reach(at.at([s]), 300)
        listed = slice(first[s], first[s + 1])
        assert dict(zip(nodes[listed].tolist(), mm[listed].tolist(), strict=True)) == {
            int(n): int(reach.node_mm[n]) for n in reach.touched
        }


@settings(max_examples=40, deadline=None)
@given(shape=ANY, data=st.data())
def test_opening_a_gate_never_lengthens_a_walk(shape, data):
    network = walled(*shape)
    if not len(network.passages.gate):
        return
    places = anywhere(network, 30, shape[1])
    before = network.distances(network.reach(places.at([0]), 10_000), places)
    who = network.passages.who.copy()
    for gate in data.draw(st.lists(st.integers(0, len(who) - 1), min_size=1, max_size=4)):
        who[gate] = {SHUT: HOMES, HOMES: OPEN, OPEN: OPEN}[int(who[gate])]
    opened = network.variant(who=who)
    assert (opened.distances(opened.reach(places.at([0]), 10_000), places) <= before).all()
    everything = network.variant(who=np.full(len(who), OPEN))
    assert (everything.distances(everything.reach(places.at([0]), 10_000), places) <= before).all()


def yard() -> WalkingNetwork:
    """A street of 100 m before a yard with a path of 50 m through it, a gate at either end of the path."""
    lines = [np.array(line, dtype=float) for line in ([(0, 0), (100, 0)], [(0, 0), (0, 10)], [(0, 10), (100, 10)])]
    lines.append(np.array([(100.0, 10.0), (100.0, 0.0)]))
    # nodes 0 and 1 end the street, 2 and 3 lie before the gates, 4 and 5 behind them
    ends = [np.array(pair, np.int32) for pair in ([2, 3], [4, 5], [0, 1])]
    through = Passages(*ends, np.array([HOMES, HOMES], np.int8))
    long = [np.array([(0.0, 0.0), (0.0, -900.0), (100.0, -900.0), (100.0, 0.0)]), *lines[1:]]
    return WalkingNetwork.from_lines(
        4546, 6, np.array([0, 0, 4, 3]), np.array([1, 2, 5, 1]), long,
        side=np.array([OUTSIDE, OUTSIDE, 0, OUTSIDE]), passages=through,
    )  # fmt: skip


def test_a_residents_gate_leads_home_and_nowhere_else():
    network = yard()
    places = Snaps(np.array([1, 2, 3], np.int32), np.array([0.0, 50.0, 10.0]), np.zeros(3))
    home, across = network.distances(network.reach(places.at([0]), 5000), places)[1:]
    assert home == 60  # ten metres to the gate, fifty to the door
    assert across == 1900  # who lives elsewhere goes round
    for_all = network.variant(who=np.array([OPEN, OPEN]))
    assert for_all.distances(for_all.reach(places.at([0]), 5000), places).tolist() == [0, 60, 120]
    nobody = network.variant(who=np.array([SHUT, SHUT]))
    assert nobody.distances(nobody.reach(places.at([0]), 5000), places).tolist() == [0, np.inf, 1900]


def test_stairs_and_gates_are_left_out_together():
    network = yard()
    steep = WalkingNetwork.from_lines(
        4546, 6, network.start, network.end,
        [network.vertices[a:b] for a, b in zip(network.line_at[:-1], network.line_at[1:], strict=True)],
        steps=np.array([True, False, False, False]), side=network.side, passages=network.passages,
    )  # fmt: skip
    places = Snaps(np.array([1, 2, 3], np.int32), np.array([0.0, 50.0, 10.0]), np.zeros(3))
    wheels = steep.stepless
    assert wheels.distances(wheels.reach(places.at([0]), 5000), places).tolist() == [0, 60, np.inf]
    assert wheels.snap(np.array([[50.0, -890.0]])).edge.tolist() == [-1]
    assert steep.snap(np.array([[50.0, -890.0]])).edge.tolist() == [0]


def test_an_island_is_told_by_its_metres_of_street():
    lines = [np.array([[0.0, 0], [900, 0]]), np.array([[0.0, 300], [40, 300]])]
    apart = WalkingNetwork.from_lines(4546, 4, np.array([0, 2]), np.array([1, 3]), lines)
    assert apart.island(apart.snap(np.array([[50.0, 1], [20, 299], [9e5, 0]]))).tolist() == [900, 40, 0]
    one = WalkingNetwork.from_lines(4546, 1, np.array([0]), np.array([0]), [np.array([[0.0, 0], [9, 0], [0, 0]])])
    assert one.island(one.snap(np.array([[4.0, 1.0]]))).tolist() == [18]
