"""Drawn circles of 1,000 m a second, and how far they agree with exact distance on addresses, against drawn peers.

The peers are what others draw from the same reach: a buffer of 25 m round the reached streets, and a concave hull
of the reached nodes. Precision, recall and over-count are rows of their own: ours against the buffer's (which
misses, by its nature, addresses farther than 25 m from their street). The best over-count is 0.
"""

from collections.abc import Callable, Iterator

import numpy as np
import shapely
import shapely.ops

from layers.streets.rings import RingMaker
from layers.streets.walking import UNREACHED, Reach, Snaps, WalkingNetwork
from tests.bench._extract import near_streets, porto_alegre
from tests.bench._lattice import inner, lattice
from tests.bench.frame import Row, seconds

LIMIT_M = 1000.0
ADDRESS_M = 40.0
"""Addresses stand no farther than this from their street."""
ADDRESSES = 20_000
Draw = Callable[[Snaps], shapely.Geometry]


def reached_lines(network: WalkingNetwork, reach: Reach) -> list[shapely.LineString]:
    """The stretches of street within the limit (each edge walked from its ends)."""
    lines = []
    met = np.flatnonzero((reach.node_mm[network.start] < UNREACHED) | (reach.node_mm[network.end] < UNREACHED))
    for edge in met:
        line = shapely.LineString(network.vertices[network.line_at[edge] : network.line_at[edge + 1]])
        left = [max(0.0, LIMIT_M - reach.node_mm[n] / 1000) for n in (network.start[edge], network.end[edge])]
        if sum(left) >= line.length:
            lines.append(line)
            continue
        for metres, way in ((left[0], line), (left[1], line.reverse())):
            if metres > 0:
                lines.append(shapely.ops.substring(way, 0, metres))
    return lines


def agreement(network: WalkingNetwork, draw: Draw, origins: Snaps) -> tuple[float, float, float]:
    """Precision, recall and over-count of drawn shapes on addresses by seed."""
    rng = np.random.default_rng(3)
    both = drawn = exact = 0
    for o in range(len(origins)):
        origin = origins.at([o])
        addresses = network.foot(origin)[0] + rng.uniform(-1300, 1300, (3000, 2))
        places = network.snap(addresses)
        near = places.walk <= ADDRESS_M
        true = network.distances(network.reach(origin, LIMIT_M), places.at(near)) <= LIMIT_M
        said = shapely.contains_xy(draw(origin), *addresses[near].T)
        both, drawn, exact = both + (true & said).sum(), drawn + said.sum(), exact + true.sum()
    return both / drawn, both / exact, drawn / exact - 1


def rows(scale: str) -> Iterator[Row]:
    """Circles a second; then precision, recall and over-count (as a share)."""
    network = lattice(scale)
    maker = RingMaker(network)
    count = {"city": 400, "town": 100}[scale]
    origins = network.snap(inner(scale, count))

    def ours(origin: Snaps) -> shapely.Geometry:
        return maker.rings(origin, [LIMIT_M])[0]

    def buffer(origin: Snaps) -> shapely.Geometry:
        lines = reached_lines(network, network.reach(origin, LIMIT_M))
        return shapely.union_all(shapely.buffer(lines, 25.0, quad_segs=2))

    def hull(origin: Snaps) -> shapely.Geometry:
        points = shapely.multipoints(network.node_xy[network.reach(origin, LIMIT_M).touched])
        return shapely.concave_hull(points, ratio=0.1)

    def rate(draw: Draw, some: int) -> float:
        return some / seconds(lambda: [draw(origins.at([o])) for o in range(some)])

    fast = rate(ours, count)
    size = network.node_count
    yield Row("circle/hull", fast, rate(hull, count // 4), "/s", count, size, peer_name="concave hull")
    yield Row("circle", fast, rate(buffer, count // 10), "/s", count, size, peer_name="buffer of 25 m", goal="≥ 500 /s")
    told = agreement(network, ours, origins.at(slice(0, 60)))
    peer = agreement(network, buffer, origins.at(slice(0, 60)))
    for name, mine, other in zip(("precision", "recall"), told, peer, strict=False):
        yield Row(f"circle/{name}", mine, other, "share", 60, size, peer_name="buffer of 25 m", goal="≥ 0.985")
    yield Row("circle/over-count", told[2], None, "share", 60, size, goal="≤ 0.01")
    yield from real()


def real() -> Iterator[Row]:
    """The same on Porto Alegre's streets, 20,000 addresses within 50 m of them, beside what others draw."""
    network = porto_alegre()
    if network is None:
        return
    maker = RingMaker(network)
    homes_xy = near_streets(network, ADDRESSES, 50.0)
    homes = network.snap(homes_xy)
    origins = homes.at(np.random.default_rng(8).integers(0, ADDRESSES, 60))
    drawn: dict[str, Draw] = {
        "ours": lambda origin: maker.rings(origin, [LIMIT_M])[0],
        "straight circle": lambda origin: shapely.buffer(shapely.Point(network.foot(origin)[0]), LIMIT_M),
        "concave hull": lambda origin: shapely.concave_hull(
            shapely.multipoints(network.node_xy[network.reach(origin, LIMIT_M).touched]), ratio=0.1
        ),
        "buffer of 25 m": lambda origin: shapely.union_all(
            shapely.buffer(reached_lines(network, network.reach(origin, LIMIT_M)), 25.0, quad_segs=2)
        ),
    }
    told = {name: on_homes(network, draw, origins, homes_xy, homes) for name, draw in drawn.items()}
    size = network.node_count
    for at, (what, goal) in enumerate((("precision", "≥ 0.985"), ("recall", "≥ 0.985"), ("over-count", "≤ 0.01"))):
        for peer in list(drawn)[1:]:
            name = f"circle/porto-alegre/{what}/{peer.replace(' ', '-')}"
            yield Row(name, told["ours"][at], told[peer][at], "share", ADDRESSES, size, peer_name=peer, goal=goal)


def on_homes(
    network: WalkingNetwork, draw: Draw, origins: Snaps, homes_xy: np.ndarray, homes: Snaps
) -> tuple[float, float, float]:
    """Precision, recall and over-count of drawn shapes on the same addresses for every origin."""
    both = drawn = exact = 0
    for o in range(len(origins)):
        origin = origins.at([o])
        true = network.distances(network.reach(origin, LIMIT_M), homes) <= LIMIT_M
        said = shapely.contains_xy(draw(origin), *homes_xy.T)
        both, drawn, exact = both + (true & said).sum(), drawn + said.sum(), exact + true.sum()
    return both / drawn, both / exact, drawn / exact - 1
