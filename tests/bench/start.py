"""A server that was just started: its first circle and its first coverage, and how much memory a worker then holds.

Served by gunicorn as `make run` serves it. `start/listens` is the time from the command to an open port; the others
count from there, each on a server of its own, asked the moment the port opens: nothing is warmed up first. Memory is
read when both workers have answered both questions of a planner (`VmRSS`, and with shared pages split, `Pss`).
"""

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.bench._served import planner, served
from tests.bench.frame import Row, open_place

GOAL, MEMORY_GOAL = "< 2 s", "< 1000 MB"
ASKED = 12
"""So often is everything asked before memory is read: both workers have had their turn."""


def rows(scale: str) -> Iterator[Row]:
    """Opening, first circle, first coverage, first what-if, memory of the larger worker."""
    open_place(scale)
    cookie, size = planner(), _size()
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


def _doors() -> dict[str, str]:
    """What is asked: a circle of the first site, coverage of the whole place, a further site beside the first."""
    from django.utils import timezone

    from layers.sites.models import Site

    site = Site.objects.at(timezone.now()).order_by("pk").first()
    assert site is not None
    lon, lat = site.geometry.coords
    return {
        "circle": f"/api/circles?site={site.pk}",
        "coverage": "/api/coverage",
        "what-if": f"/api/coverage/what-if?lon={lon:.6f}&lat={lat:.6f}&shapes=true",
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
