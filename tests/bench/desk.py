"""The first page of the tickets room, with its totals, at a million tickets: what the front desk waits for.

Each question is one GET through our whole stack (session, grants, list, totals, names), in this process and without a
network. There is no peer that keeps tickets with two grids; the growth from a town to a city is measured instead, as
the time of the slowest twentieth at both sizes. A city has over three hundred times the tickets; ten times must not
take more than 1.5 times as long. What a person waits for, with the page around it, is `page/desk`.
"""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.bench.frame import Row, open_place, percentiles

ROUNDS = {"city": 6, "town": 6}
GOAL = "p95 < 300 ms"
GROWTH = 1.5
"""At most so many times as long for ten times the tickets."""


def rows(scale: str) -> Iterator[Row]:
    """One row over all questions, one for each, and the growth from a town."""
    open_place(scale)
    from django.db import connection, transaction

    from layers.tickets.tallies import fold

    fold()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket, tickets_spot, tickets_tally, tickets_gridpair")
    with transaction.atomic():  # the askers are made for this run only
        yield from _measured(scale)
        transaction.set_rollback(True)


def _measured(scale: str) -> Iterator[Row]:
    """As rows, in a transaction that is given up."""
    from layers.tickets.models import Ticket

    count = Ticket.objects.count()
    every: list[float] = []
    for name, (client, query) in _questions().items():
        times = []
        for number in range(ROUNDS[scale] + 1):
            begun = time.perf_counter()
            answer = client.get("/api/tickets", query)
            if number:  # the first warms up and is not counted
                times.append(time.perf_counter() - begun)
            if answer.status_code != 200:
                raise AssertionError((name, answer.content[:300]))
        every += times
        p50, p95 = percentiles(times)
        yield Row(f"desk/{name}", p95, None, "ms", len(times), count, p50_ms=p50, p95_ms=p95)
    p50, p95 = percentiles(every)
    yield Row("desk", p95, None, "ms", len(every), count, p50_ms=p50, p95_ms=p95, goal=GOAL)
    if scale == "city":
        town, few = _in_a_town()
        goal = f"growth ≤ {GROWTH ** math.log10(count / few):.1f} × ({count / few:.0f} times the tickets)"
        yield Row("desk/growth", p95, town, "ms", len(every), count, peer_name="the same at town size", goal=goal)


def _in_a_town() -> tuple[float, int]:
    """The 95th percentile in milliseconds at town size and its tickets, measured in another process."""
    command = [sys.executable, "-m", "tests.bench", "--one", "desk", "town"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ)).stdout
    rows = (json.loads(line) for line in told.splitlines() if line.startswith("{"))  # set-up may have told its steps
    return next((float(row["p95_ms"]), int(row["rows"])) for row in rows if row["name"] == "desk")


def _questions() -> dict[str, tuple[Any, dict[str, str]]]:
    """What is asked by whom: the whole place, a community, a grid; by due, by newest, by filters, by a word."""
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from gis.accounts.models import Account
    from grids.models import Appointment, Boundary, Person
    from layers.tickets.models import Category, Ticket

    settings.ALLOWED_HOSTS = ["*"]
    now, still = timezone.now(), Boundary.objects.still()
    middle = still.of_tier("community").order_by("code")
    tops = {
        "whole": ("leader", still.filter(parent__isnull=True).order_by("code").first()),
        "desk": ("front_desk", still.of_tier("county").order_by("code").first()),
        "community": ("chief", middle[middle.count() // 2]),
        "grid": ("worker", still.of_tier("compound").order_by("code").first()),
    }
    clients: dict[str, Any] = {}
    for name, (role, boundary) in tops.items():
        assert boundary is not None
        account = Account.objects.create_user(f"bench-desk-{name}", None)
        person = Person.objects.create(name_zh="测试", account=account)
        Appointment.objects.create(area=boundary.area, role=role, person=person, valid_from=now)
        clients[name] = Client()
        clients[name].force_login(account)
    busy = Category.objects.order_by("order").first()
    newest = Ticket.objects.order_by("-reported_at").first()
    assert busy is not None
    assert newest is not None
    inside = tops["community"][1]
    assert inside is not None
    asked = {
        "open": {"state": "open", "order": "due"},
        "newest": {"state": "open", "order": "newest"},
        "everything": {"state": "all", "order": "newest"},
        "filtered": {
            "state": "ended", "order": "newest", "category": busy.code,
            "since": (now - timedelta(days=100)).isoformat(), "until": (now - timedelta(days=40)).isoformat(),
        },
        "overdue": {"state": "all", "order": "due", "overdue": "true"},
        "needs_me": {"view": "needs_me", "order": "due"},
    }  # fmt: skip
    found = {f"{who}/{what}": (client, query) for who, client in clients.items() for what, query in asked.items()}
    found["whole/area"] = (clients["whole"], {"state": "all", "order": "newest", "area": str(inside.area_id)})
    found["whole/number"] = (clients["whole"], {"q": newest.number, "order": "newest"})
    found["whole/word"] = (clients["whole"], {"q": newest.text[:2] or "路灯", "order": "newest"})
    return found
