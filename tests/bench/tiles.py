"""Area and ticket tiles of a city, z8 to z18: made for the first time, and asked for again.

The peer is tipg on the same database: a view for each tier and for the open tickets, the same columns, its limit of
10,000 features lifted, its margin as ours. Both are called in this process, through their whole stack (WSGI, ASGI)
and without a network. One request is one layer of one tile; ours carries the place of each name besides. Before
anything is timed the tiles of both are decoded and must hold the same rows. What everybody may see of tickets (counts
in cells) has no like in the peer and stands beside, in a row of its own.
"""

import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests.bench.frame import Row, open_place, percentiles

SEED = 20260103
ZOOMS = range(8, 19)
PLACES = 40
CACHED_ROUNDS = 3
UNCACHED_GOAL, CACHED_GOAL, GROWTH_GOAL = "≥ 2 × tipg", "≥ 10 × tipg", "≤ 1.5 × town"
VIEW = """
CREATE VIEW bench_tipg."{name}" AS SELECT area_id AS id, code, name_zh, name_en, walled, parent_id AS parent, geometry
FROM grids_boundary WHERE tier_id = {tier} AND valid_until IS NULL
"""
TICKETS = """
CREATE VIEW bench_tipg.tickets AS SELECT ticket.id, number, state, ticket.urgency, name_zh, name_en, short_zh, short_en,
  CASE WHEN due_at <= now() THEN 'overdue' WHEN due_at <= now() + interval '1 day' THEN 'soon' ELSE '' END AS due, point
FROM tickets_ticket ticket JOIN tickets_category category ON category.id = category_id WHERE state IN ({states})
"""

Ask = tuple[str, int, int, int]


def rows(scale: str) -> Iterator[Row]:
    """Uncached at each zoom and in all, cached a second, and how the time grows from a town to a city."""
    open_place(scale)
    bench = Bench()
    try:
        yield from bench.rows()
        if scale == "city":
            town = _in_a_town()
            found = {"unit": "ms", "n": len(bench.asks), "rows": bench.areas, "goal": GROWTH_GOAL}
            yield Row(name="tiles/growth", ours=bench.p95_ms, peer=town, peer_name="the same at town size", **found)
    finally:
        bench.close()


def _in_a_town() -> float:
    """The uncached p95 in milliseconds at town size, measured in another process."""
    command = [sys.executable, "-m", "tests.bench", "--one", "tiles/uncached", "town"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ)).stdout
    return float(json.loads(told.splitlines()[-1])["p95_ms"])


class Bench:
    """Both servers over one database, and what is asked of them."""

    def __init__(self) -> None:
        """Make views for the peer, draw places by seed; as the worker does, renew outlines and drop old edits."""
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler
        from django.db import connection
        from django.utils import timezone

        from layers.atlas import keeping, outlines
        from layers.atlas.models import Tile
        from layers.atlas.registry import LAYERS
        from layers.atlas.tiles import BUFFER
        from layers.tickets import workflow
        from tests.bench._tipg import Tipg

        settings.ALLOWED_HOSTS = ["*"]
        outlines.renew(now=timezone.now(), patient=False)
        keeping.tidy(now=timezone.now() + 2 * keeping.EDITS_LAST)  # nobody has edited since: as after a quiet hour
        Tile.objects.all().delete()
        self.layers = {layer.name: layer for layer in LAYERS if layer.group == "grids" and layer.anchored}
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS bench_tipg CASCADE")
            cursor.execute("CREATE SCHEMA bench_tipg")
            cursor.execute("SELECT code, id FROM grids_tier")
            for code, tier in cursor.fetchall():
                cursor.execute(VIEW.format(name=code, tier=int(tier)))
            states = ", ".join(f"'{state}'" for state in sorted(workflow.OPEN))
            cursor.execute(TICKETS.format(states=states))
            cursor.execute("ANALYZE")
            cursor.execute("SELECT count(*) FROM grids_boundary WHERE valid_until IS NULL")
            self.areas = cursor.fetchone()[0]
        self.public = next(layer for layer in LAYERS if layer.name == "public_tickets")
        self.cookie = _leader()
        self.wsgi = WSGIHandler()
        self.tipg = Tipg(connection.get_connection_params(), buffer=BUFFER)
        self.asks, self.public_asks = self._asks()
        self.p95_ms = 0.0

    def _asks(self) -> tuple[list[Ask], list[Ask]]:
        """Layer, z, x, y: at each zoom the layers that the map shows there, over places where somebody lives; and the
        same of the public layer of tickets."""
        from grids.models import Boundary

        units = Boundary.objects.still().of_tier("unit").order_by("code")
        number = units.count()
        draws = random.Random(SEED)
        places = [units[draws.randrange(number)].geometry.centroid.coords for _ in range(PLACES)]
        asks: dict[Ask, None] = {}
        for z in ZOOMS:
            shown = [name for name, layer in self.layers.items() if layer.min_zoom <= z + 1 <= layer.max_zoom]
            shown += ["tickets"] if z + 1 >= 17 else []
            asks |= {(name, z, *_tile_of(lon, lat, z)): None for lon, lat in places for name in shown}
        shown_at = [z for z in ZOOMS if self.public.min_zoom <= z + 1 <= self.public.max_zoom]
        public = {(self.public.name, z, *_tile_of(lon, lat, z)): None for z in shown_at for lon, lat in places}
        return list(asks), list(public)

    def ours(self, ask: Ask) -> bytes:
        """Through our whole stack."""
        name, z, x, y = ask
        told: list[str] = []
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": f"/tiles/{name}/{z}/{x}/{y}.mvt", "QUERY_STRING": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": sys.stdin,
            "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": self.cookie if name == "tickets" else "",
        }  # fmt: skip
        answer = self.wsgi(environ, lambda status, headers, error=None: told.append(status))
        body = b"".join(answer)
        answer.close()  # type: ignore[attr-defined]
        if told[0][:3] not in {"200", "204"}:
            raise AssertionError((told, ask, body[:300]))
        return body

    def theirs(self, ask: Ask) -> bytes:
        """Through the peer's whole stack."""
        return self.tipg.tile(*ask)

    def rows(self) -> Iterator[Row]:
        """Compare, then time: the first making of each tile, and then the same again."""
        for ask in self.asks[:: max(1, len(self.asks) // 60)]:
            _same_rows(ask, self.ours(ask), self.theirs(ask))
        from layers.atlas.models import Tile

        Tile.objects.all().delete()
        random.Random(SEED).shuffle(self.asks)
        for ask in self.asks[:20]:
            self.ours((*ask[:3], ask[3] + 1))
            self.theirs(ask)
        Tile.objects.all().delete()
        mine, peers = self._timed(self.ours, self.asks), self._timed(self.theirs, self.asks)
        for z in ZOOMS:
            at = [number for number, ask in enumerate(self.asks) if ask[1] == z]
            if len(at) > 1:
                yield self._row(f"tiles/z{z:02d}", [mine[i] for i in at], [peers[i] for i in at])
        row = self._row("tiles/uncached", mine, peers, goal=UNCACHED_GOAL)
        self.p95_ms = row.p95_ms or 0.0
        yield row
        for name, which in (("areas", lambda layer: layer != "tickets"), ("tickets", lambda layer: layer == "tickets")):
            at = [number for number, ask in enumerate(self.asks) if which(ask[0])]
            yield self._row(f"tiles/{name}", [mine[i] for i in at], [peers[i] for i in at])
        again = min(sum(self._timed(self.ours, self.asks)) for _ in range(CACHED_ROUNDS))
        found = {"unit": "/s", "n": len(self.asks), "rows": self.areas, "peer_name": "tipg, which keeps nothing"}
        yield Row(name="tiles/cached", ours=len(mine) / again, peer=len(peers) / sum(peers), goal=CACHED_GOAL, **found)
        p50, p95 = percentiles(self._timed(self.ours, self.public_asks))
        yield Row("tiles/public", p95, None, "ms", len(self.public_asks), self.areas, p50_ms=p50, p95_ms=p95)

    def _timed(self, ask_one: Callable[[Ask], bytes], asks: list[Ask]) -> list[float]:
        """Seconds of each tile."""
        times = []
        for ask in asks:
            begun = time.perf_counter()
            ask_one(ask)
            times.append(time.perf_counter() - begun)
        return times

    def _row(self, name: str, mine: list[float], peers: list[float], *, goal: str = "") -> Row:
        """The 95th percentiles compared."""
        p50, p95 = percentiles(mine)
        found: dict[str, Any] = {"p50_ms": p50, "p95_ms": p95, "n": len(mine), "rows": self.areas, "goal": goal}
        return Row(name=name, ours=p95, peer=percentiles(peers)[1], unit="ms", peer_name="tipg, p95", **found)

    def close(self) -> None:
        """Leave the database as it was."""
        from django.db import connection

        self.tipg.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS bench_tipg CASCADE")


def _tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile that holds a point."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)


def _leader() -> str:
    """The cookie of somebody who may read all tickets."""
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from gis.accounts.models import Account
    from grids.models import Appointment, Boundary, Person

    account = Account.objects.filter(username="bench-leader").first()
    if account is None:
        account = Account.objects.create_user("bench-leader", None)
        person = Person.objects.create(name_zh="测试", account=account)
        top = Boundary.objects.still().filter(parent__isnull=True).first()
        now: datetime = timezone.now()
        assert top is not None
        Appointment.objects.create(area=top.area, role="leader", person=person, valid_from=now)
    client = Client()
    client.force_login(account)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _same_rows(ask: Ask, mine: bytes, peers: bytes) -> None:
    """Raise AssertionError unless the peer's rows are ours; in the margin ours may have more."""
    import mapbox_vector_tile

    def ids(body: bytes) -> dict[str, bool]:
        layers = mapbox_vector_tile.decode(body) if body else {}
        return {feature["properties"]["id"] for layer in layers.values() for feature in layer["features"]}

    missing = ids(peers) - ids(mine)
    if missing:
        raise AssertionError(f"{len(missing)} rows of {ask} are not in ours, e.g. {sorted(missing)[:3]}")
