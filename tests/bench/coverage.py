"""Nearest site for everybody in a city: one search from all sites, against scipy's on the same network.

`coverage/prepare` is what must have been done before (arcs, the grid of snapping, 89,000 homes on their streets);
`coverage/figures` what follows: residents, the old and grids in three rings and three levels for every area.
pgRouting has no search from many at once: from 1,000 sites it needs 1,000 searches (see `catchment`).
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from layers.coverage import covering
from tests.bench._lattice import inner, lattice
from tests.bench._places import land_of
from tests.bench.frame import Row, seconds

SITES = {"city": (10, 100, 1_000, 10_000), "town": (10, 100, 1_000)}
HOMES = {"city": 89_000, "town": 4_000}
GOAL = "≤ 100 ms"
LIMITS = (333.0, 667.0, 1000.0)


def rows(scale: str) -> Iterator[Row]:
    """One row for each number of sites; then preparation, and the figures of every area."""
    network = lattice(scale)
    homes_xy = inner(scale, HOMES[scale], seed=11)
    size = network.node_count

    def prepare() -> object:
        fresh = lattice(scale)
        _ = fresh.arcs
        return fresh.snap(homes_xy)

    prepared = seconds(prepare, repeat=1)
    homes = network.snap(homes_xy)
    for count in SITES[scale]:
        sites = network.snap(inner(scale, count, seed=count))
        ours = seconds(lambda: network.nearest(sites))  # noqa: B023
        peer = seconds(lambda: scipy_nearest(network, sites), repeat=1, warm=False) if count <= 1_000 else None  # noqa: B023
        yield Row(
            f"coverage/{count}", ours * 1000, peer and peer * 1000, "ms", count, size, "scipy min_only", goal=GOAL
        )
    check(network, sites)
    yield Row("coverage/prepare", prepared, None, "s", len(homes), size)
    land = land_of(homes_xy)
    walk, _site = network.nearest_to(network.nearest(sites), homes)
    figured = seconds(lambda: covering.figures(land, land.parts, walk, LIMITS, [(walk, 500.0)] * 3))
    yield Row("coverage/figures", figured * 1000, None, "ms", len(land.ids), size)


def scipy_nearest(network: object, sites: object) -> np.ndarray:
    """The same by scipy: nodes as sites, one search from all (`min_only`)."""
    first, heads, lengths = network.arcs  # type: ignore[attr-defined]
    graph = csr_array((lengths.astype(float), heads, first), shape=(network.node_count,) * 2)  # type: ignore[attr-defined]
    nodes = network.start[sites.edge[sites.edge >= 0]]  # type: ignore[attr-defined]
    return np.asarray(dijkstra(graph, directed=True, indices=np.unique(nodes), min_only=True))


def check(network: object, sites: object) -> None:
    """Ours from nodes equals scipy's."""
    from layers.streets.walking import Snaps

    edge = sites.edge[sites.edge >= 0]  # type: ignore[attr-defined]
    at_nodes = Snaps(edge, np.zeros(len(edge)), np.zeros(len(edge)))
    ours = network.nearest(at_nodes).node_mm  # type: ignore[attr-defined]
    theirs = scipy_nearest(network, sites)
    if not np.array_equal(np.where(np.isfinite(theirs), theirs, 2**31 - 1), ours):
        raise AssertionError("the nearest distances differ from scipy's")
