"""A further site in a city of 89,000 homes and 1,000 sites: from its position to the changed figures of every area.

`whatif` is the reckoning in process (search, recount, gains by area); `whatif/asked` is the door itself with a database
(the place of this size, whose walking network is not the lattice's); `whatif/dragged` is what a planner waits for who
drags the pin in Chromium: from the pointer's move to the figures of the new spot. All one at a time.
"""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from layers.coverage import covering
from tests.bench._lattice import inner, lattice
from tests.bench._places import land_of
from tests.bench._served import planner, served
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
    yield from dragged()


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


DRAGS = 60
# Each drag is one move of the pointer; figures are there when the panel's part about the further site has changed.
WATCH = """() => {
    const told = globalThis.benchTimes = { moved: 0, times: [] };
    addEventListener("mousemove", () => { told.moved = performance.now(); }, { capture: true });
    new MutationObserver(() => { told.times.push(performance.now() - told.moved); })
        .observe(document.getElementById("what-if"), { childList: true });
}"""


def dragged() -> Iterator[Row]:
    """A pin dragged in a browser, from the pointer's move to the figures."""
    from playwright.sync_api import sync_playwright

    from gis.setup import server
    from layers.coverage import settling
    from layers.streets import network

    now = datetime.now(tz=UTC)
    if network.current() is None:
        return
    cookie = planner()
    settled = settling.current(now=now)
    assert settled is not None
    lon, lat = np.median(settled.land.points, axis=0).tolist()
    name, value = cookie.split("=", maxsplit=1)
    server.prepare(os.environ["PLACE"])
    with served() as (address, _opened, _pid), sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        context.add_cookies([{"name": name, "value": value, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/?room=services&from={lon:.6f},{lat:.6f}")
        page.wait_for_selector("#what-if *", timeout=120_000)
        page.wait_for_selector("html[data-ready=true] #map[data-still=true]", timeout=120_000)
        box = page.locator(".pin-box").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(WATCH)
        for turn in range(DRAGS + 1):
            page.mouse.move(x + 10 + 3 * turn, y + 10 + 2 * turn)
            page.wait_for_function("turn => benchTimes.times.length > turn", arg=turn, polling=5, timeout=60_000)
        times = page.evaluate("benchTimes.times")[1:]
        page.mouse.up()
        browser.close()
    p50, p95 = percentiles([time_ms / 1000 for time_ms in times])
    size = len(settled.land)
    yield Row("whatif/dragged", p50, None, "ms", len(times), size, p50_ms=p50, p95_ms=p95, goal="p95 ≤ 150 ms")
