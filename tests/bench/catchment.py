"""Node lists of 1,000 m catchments a second and core: the walking kernel against pandana's range queries.

Both answer the same question on the same network: which nodes lie within 1,000 m of a node, and how far away.
One thread each; the share of equal lists is checked before anything is timed.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before pandana is loaded: a core against a core

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from layers.streets.walking import Snaps, WalkingNetwork
from tests.bench._lattice import inner, lattice
from tests.bench.frame import Row, seconds

LIMIT_M = 1000.0
GOAL = "≥ 10 × pandana"


def at_nodes(network: WalkingNetwork, nodes: np.ndarray) -> Snaps:
    """Origins exactly on nodes, which is all that pandana knows: on some edge of the node, at its end."""
    edge = np.full(network.node_count, -1, np.int32)
    offset = np.zeros(network.node_count)
    every = np.arange(network.edge_count, dtype=np.int32)
    edge[network.end], offset[network.end] = every, network.edge_mm / 1000
    edge[network.start], offset[network.start] = every, 0.0
    return Snaps(edge[nodes], offset[nodes], np.zeros(len(nodes)))


@contextmanager
def silence() -> Iterator[None]:
    """pandana's C++ writes its progress to standard output, where the rows go: send it nowhere meanwhile."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def rows(scale: str) -> Iterator[Row]:
    """Catchments a second, beside pandana and scipy; and what each needed before."""
    import pandana
    import pandas as pd

    network = lattice(scale)
    count, fewer = {"city": (20_000, 2_000), "town": (4_000, 1_000)}[scale]
    picked = network.snap(inner(scale, count))
    nodes = network.start[picked.edge]
    origins = at_nodes(network, nodes)
    ours = count / seconds(lambda: network.catchments(origins, LIMIT_M))

    xy = np.nan_to_num(network.node_xy)
    number = pd.RangeIndex(network.node_count)
    begun = time.perf_counter()
    fresh = lattice(scale)
    _ = fresh.arcs
    ready = time.perf_counter() - begun
    begun = time.perf_counter()
    with silence():
        peer = pandana.Network(
            pd.Series(xy[:, 0], index=number),
            pd.Series(xy[:, 1], index=number),
            pd.Series(network.start),
            pd.Series(network.end),
            pd.DataFrame({"metres": network.edge_mm / 1000}),
        )
        peer.precompute(LIMIT_M)
    theirs_ready = time.perf_counter() - begun
    theirs = fewer / seconds(lambda: peer.nodes_in_range(nodes[:fewer].tolist(), LIMIT_M), repeat=2)
    check(network, peer, nodes[:50])
    yield Row(
        name="catchment",
        ours=ours,
        peer=theirs,
        unit="/s",
        n=count,
        rows=network.node_count,
        peer_name="pandana",
        goal=GOAL,
    )
    yield Row("catchment/prepare", ready, theirs_ready, "s", network.edge_count, network.node_count, "pandana")
    few = nodes[: fewer // 10]
    bounded = len(few) / seconds(lambda: by_scipy(network, few), repeat=1, warm=False)
    yield Row("catchment/scipy", ours, bounded, "/s", len(few), network.node_count, "scipy dijkstra with limit")


def by_scipy(network: WalkingNetwork, nodes: np.ndarray) -> list[np.ndarray]:
    """The same lists by scipy's bounded search, one origin at a time (all at once would fill the memory)."""
    first, heads, lengths = network.arcs
    graph = csr_array((lengths.astype(float), heads, first), shape=(network.node_count,) * 2)
    found = []
    for node in nodes.tolist():
        mm = dijkstra(graph, directed=True, indices=node, limit=LIMIT_M * 1000)
        found.append(np.flatnonzero(np.isfinite(mm)))
    return found


def check(network: WalkingNetwork, peer: object, nodes: np.ndarray) -> None:
    """The same nodes in the same lists, but for those within a metre of the limit (pandana rounds lengths)."""
    first, found, mm = network.catchments(at_nodes(network, nodes), LIMIT_M)
    told = peer.nodes_in_range(nodes.tolist(), LIMIT_M)  # type: ignore[attr-defined]
    for o, node in enumerate(nodes.tolist()):
        theirs = set(told[told["source"] == node]["destination"].tolist())
        ours = found[first[o] : first[o + 1]]
        clear = set(ours[mm[first[o] : first[o + 1]] < (LIMIT_M - 1) * 1000].tolist())
        if not clear <= theirs <= set(ours.tolist()) | {node}:
            raise AssertionError(f"lists of node {node} differ: {sorted(clear ^ theirs)[:9]}")
