"""A server that was just started: its first circles, coverage and hot spots, and how much memory a worker then holds.

Served by gunicorn as `make run` serves it. `start/listens` is the time from the command to an open port; the others
count from there, each on a server of its own, asked the moment the port opens: nothing is warmed up first. Memory is
read when both workers have answered both questions of a planner (`VmRSS`, and with shared pages split, `Pss`).
"""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.bench._served import planner, served
from tests.bench.frame import Row, open_place

GOAL, MEMORY_GOAL = "< 2 s", "< 1000 MB"
HEXAGON_M = 63
"""About 89,000 hexagons over the prefecture."""
ASKED = 12
"""So often is everything asked before memory is read: both workers have had their turn."""


def rows(scale: str) -> Iterator[Row]:
    """Opening, the first answer of every door, memory of the larger worker."""
    open_place(scale)
    cookie, size = planner(), _size()
    _kept_up()
    doors = _doors()
    for name, door in doors.items():
        with served() as (address, _opened, _pid):
            begun = time.perf_counter()
            _ask(address + door, cookie)
            yield Row(f"start/{name}", time.perf_counter() - begun, None, "s", 1, size, goal=GOAL)
    with served() as (address, opened, pid):
        yield Row("start/listens", opened, None, "s", 1, size)
        for _turn in range(ASKED):
            for door in doors.values():
                _ask(address + door, cookie)
        held = [_memory(worker) for worker in _children(pid)]
    for at, kind in enumerate(("rss", "pss")):
        most = max(one[at] for one in held)
        yield Row(f"start/worker-{kind}", most, None, "MB", len(held), size, goal=MEMORY_GOAL)


def _kept_up() -> None:
    """What the worker does by itself: leave files of where everybody lives and of the tickets for who starts."""
    from django.utils import timezone

    from layers.coverage.reading import age_bands, reading
    from layers.hotspots import held, warming

    reading(timezone.now(), age_bands())
    held.keep_shared()
    warming.read_residents()


def _doors() -> dict[str, str]:
    """What is asked: circles of a place, of its community and of its county; coverage of the whole place, now and as
    it was; a further site there; where tickets concentrate, by many hexagons and by every building."""
    from django.utils import timezone

    from grids.models import Boundary
    from grids.permissions import chain_ids
    from layers.sites.models import Site

    now = timezone.now()
    site = Site.objects.at(now).order_by("pk").first()
    assert site is not None
    lon, lat = site.geometry.coords
    above = Boundary.objects.at(now).of_tier("county").filter(area_id__in=chain_ids(site.area_id, now=now))
    county = above.values_list("area_id", flat=True)[0]
    past = urllib.parse.quote((now - timedelta(days=1)).isoformat())
    spot = f"lon={lon:.6f}&lat={lat:.6f}"
    return {
        "circle": f"/api/circles?{spot}",
        "circle-county": f"/api/circles?{spot}&of={county}",
        "coverage": "/api/coverage",
        "coverage-then": f"/api/coverage?moment={past}",
        "what-if": f"/api/coverage/what-if?{spot}&shapes=true",
        "hotspots": f"/api/hotspots?cells=hexagon&width={HEXAGON_M}",
        "hotspots-buildings": "/api/hotspots?cells=building",
    }


def _size() -> int:
    """How many stretches of street there are."""
    from layers.streets.models import Network

    newest = Network.objects.order_by("-id").first()
    return newest.edges if newest else 0


def _ask(address: str, cookie: str) -> None:
    """One question, answered."""
    request = urllib.request.Request(address, headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=120) as answer:
        json.load(answer)


def _children(pid: int) -> list[int]:
    """The workers of a server."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def _memory(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of a process in megabytes."""
    told = dict(
        line.split(":", maxsplit=1)
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    )
    resident, share = (int(told[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
    return resident, share
