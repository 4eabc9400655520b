"""The first usable map in a real Chromium, from asking for the page to areas drawn with their names, and the list of
tickets, as a planner of the whole place opens it by its address.

The peer is the same page over the sample town: how the time grows with the place. Both are served by gunicorn as
`make run` serves them, with files under hashed names; the browser's cache is empty each time. `requests` of the first
look are counted in the row's n.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench._served import served
from tests.bench.frame import Row, open_place, percentiles

ROUNDS = 7
GOAL = "growth ≤ 1.5 ×"
ROOT = Path(__file__).resolve().parents[2]
DRAWN = """() => document.documentElement.dataset.ready === "true"
    && globalThis.wangge.layers.features(globalThis.wangge.map.middle())
        .some(({ layer }) => ["county", "street", "community"].includes(layer))"""


LISTED = """() => document.querySelectorAll("#ticket-list > li").length > 5"""
PAGES = {"page": ("/", DRAWN), "page/desk": ("/?room=tickets", LISTED)}


def rows(scale: str) -> Iterator[Row]:
    """A row for each page: milliseconds at this size, and at the town's."""
    open_place(scale)
    from tests.bench._served import planner

    towns = {} if scale == "town" else _in_a_town()
    for name, (path, ready) in PAGES.items():
        ours, requests = _times(path, ready, "" if name == "page" else planner())
        p50, p95 = percentiles([time_ms / 1000 for time_ms in ours])
        town = towns.get(name, statistics.median(ours))
        found = {"peer": town, "peer_name": "the same at town size", "unit": "ms", "p50_ms": p50, "p95_ms": p95}
        yield Row(name=name, ours=statistics.median(ours), n=requests, rows=_areas(), goal=GOAL, **found)


def _in_a_town() -> dict[str, float]:
    """The medians at town size, measured in another process, because a process knows one database."""
    command = [sys.executable, "-m", "tests.bench", "--one", "page", "town"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return {row["name"]: float(row["ours"]) for row in found}


def _areas() -> int:
    """How many areas the place has."""
    from grids.models import Boundary

    return Boundary.objects.still().count()


def _times(path: str, ready: str, cookie: str) -> tuple[list[float], int]:
    """Milliseconds of each round, each in a browser that knows nothing yet; and the requests of one look. With a cookie
    somebody is signed in."""
    from playwright.sync_api import sync_playwright

    from gis.setup import server

    times: list[float] = []
    asked: list[str] = []
    server.prepare(os.environ["PLACE"])
    with served() as (address, _opened, _pid), sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for number in range(ROUNDS + 1):
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
            if cookie:
                name, _, value = cookie.partition("=")
                context.add_cookies([{"name": name, "value": value, "url": address}])
            page = context.new_page()
            asked.clear()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(address + path, wait_until="commit")
            page.wait_for_function(ready, polling=20, timeout=120_000)
            if number:  # the first look fills the caches of the server
                times.append(float(page.evaluate("performance.now()")))
            context.close()
        browser.close()
    return times, len(asked)
