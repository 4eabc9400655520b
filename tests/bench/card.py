"""The card of an area, as who presses it on the map gets it: a planner, through our whole stack, without a network.

There is no peer that sums residents with small figures replaced; cards of communities and compounds are measured at
the size of a town, too, because a larger place must not make them slower. Those of counties and of the whole place sum
tens of thousands of grids.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.bench.frame import Row, open_place, percentiles

EACH = 40
LEAST = 10
SMALL = ("community", "compound")
LARGE = ("street", "county")
GOAL, GROWTH_GOAL = "p95 < 300 ms", "growth ≤ 1.5 ×"


def rows(scale: str) -> Iterator[Row]:
    """Cards of small and of large areas, and the growth from a town."""
    open_place(scale)
    small = _times(SMALL)
    p50, p95 = percentiles(small)
    yield Row("card", p95, None, "ms", len(small), len(small), p50_ms=p50, p95_ms=p95, goal=GOAL)
    if scale == "city":
        yield Row("card/growth", p95, _in_a_town(), "ms", len(small), len(small), peer_name="town", goal=GROWTH_GOAL)
    for tier in LARGE:
        times = _times((tier,))
        p50, p95 = percentiles(times)
        yield Row(f"card/{tier}", p95, None, "ms", len(times), len(times), p50_ms=p50, p95_ms=p95)


def _times(tiers: tuple[str, ...]) -> list[float]:
    """Seconds of each card; one before them loads the code."""
    from django.conf import settings
    from django.http.cookie import SimpleCookie
    from django.test import Client
    from django.utils import timezone

    from grids.models import Boundary
    from tests.bench._served import planner

    settings.ALLOWED_HOSTS = ["*"]
    client, now = Client(), timezone.now()
    client.cookies = SimpleCookie(planner())
    areas = []
    for tier in tiers:
        found = list(Boundary.objects.at(now).of_tier(tier).order_by("code").values_list("area_id", flat=True))
        areas += found[:: max(1, len(found) // EACH)][:EACH]
    areas *= -(-LEAST // len(areas))  # of a county there may be one
    times = []
    for area in [areas[0], *areas]:
        begun = time.perf_counter()
        answer = client.get(f"/api/atlas/areas/{area}")
        times.append(time.perf_counter() - begun)
        if answer.status_code != 200:
            raise AssertionError((area, answer.content[:300]))
    return times[1:]


def _in_a_town() -> float:
    """The 95th percentile in milliseconds at town size, measured in another process."""
    command = [sys.executable, "-m", "tests.bench", "--one", "card", "town"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ)).stdout
    rows = (json.loads(line) for line in told.splitlines() if line.startswith("{"))
    return next(float(row["p95_ms"]) for row in rows if row["name"] == "card")
