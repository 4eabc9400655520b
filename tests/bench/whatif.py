"""A further site in a city of 89,000 homes and 1,000 sites: from its position to the changed figures of every area.

`whatif` is the reckoning in process (search, recount, gains by area); `whatif/asked` is the door itself with a database
(town scale's own place, because the city's walking network is not the lattice's). Both one at a time.
"""

import time
from collections.abc import Iterator

import numpy as np

from layers.coverage import covering
from tests.bench._lattice import inner, lattice
from tests.bench._places import land_of
from tests.bench.frame import Row, open_place, percentiles

HOMES = {"city": 89_000, "town": 4_000}
SITES = {"city": 1_000, "town": 50}
LIMITS = (333.0, 667.0, 1000.0)
TIMES = 300


def rows(scale: str) -> Iterator[Row]:
    """In process, then through the door."""
    network = lattice(scale)
    xy = inner(scale, HOMES[scale], seed=11)
    land, homes = land_of(xy), network.snap(xy)
    before, _site = network.nearest_to(network.nearest(network.snap(inner(scale, SITES[scale], seed=3))), homes)
    spots = inner(scale, TIMES, seed=21)

    def once(spot: np.ndarray) -> np.ndarray:
        origin = network.snap(spot)
        close = np.flatnonzero((np.abs(xy - spot) <= LIMITS[-1]).all(axis=1))
        walk = network.distances(network.reach(origin, LIMITS[-1]), homes.at(close))
        after = before.copy()
        after[close] = np.minimum(before[close], walk)
        changed = np.flatnonzero(after != before)
        return covering.gained(land, land.parts, before, after[changed], changed, LIMITS)

    once(spots[:1])
    p50, p95 = percentiles(timed(lambda at: once(spots[at : at + 1])))
    size = network.node_count
    yield Row("whatif", p50, None, "ms", TIMES, size, p50_ms=p50, p95_ms=p95, goal="p95 ≤ 50 ms")
    open_place(scale)
    yield from asked()


def timed(work: object) -> list[float]:
    """The seconds of each of TIMES calls."""
    found = []
    for at in range(TIMES):
        begun = time.perf_counter()
        work(at)  # type: ignore[operator]
        found.append(time.perf_counter() - begun)
    return found


def asked() -> Iterator[Row]:
    """The door as a planner asks it, drawn rings included: what a dragged pin waits for on the server."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from grids.models import Appointment
    from layers.coverage import actions, overview, queries, settling
    from layers.coverage.overview import Asked
    from layers.coverage.whatif import what_if
    from layers.streets import network

    now = timezone.now()
    walkable = network.current()
    if walkable is None:
        return
    actions.keep_settled(now=now) if settling.current(now=now) else actions.settle(now=now, actor="bench")
    profile = queries.profile_of("", now=now)
    post = Appointment.objects.at(now).filter(role="planner").select_related("person__account").first()
    planner = post.person.account if post and post.person and post.person.account else get_user_model()()
    settled = settling.current(now=now)
    assert settled is not None
    points = settled.land.points
    picked = points[np.random.default_rng(4).integers(0, len(points), TIMES)]
    overview.overview(Asked(profile), asker=planner, now=now)

    def once(at: int) -> object:
        lon, lat = picked[at].tolist()
        return what_if(lon, lat, Asked(profile), instead=None, shapes=True, asker=planner, now=now)

    once(0)
    p50, p95 = percentiles(timed(once))
    yield Row("whatif/asked", p50, None, "ms", TIMES, len(points), p50_ms=p50, p95_ms=p95, goal="p95 ≤ 150 ms")
