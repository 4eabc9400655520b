"""Counted circles of a million tickets, z7 to z15: each tile made for the first time, by every filter, and exact.

The peer is the same question asked of the table of tickets itself, cell by cell, as PostGIS answers it with the indexes
that the table has. Before anything is timed both are compared for some tiles of each zoom: every cell, count and number
overdue must be the same. The goal is the time of the slowest twentieth.
"""

import math
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.bench.frame import Row, open_place, percentiles

SEED = 20260107
ZOOMS = range(7, 16)
TILES = 6
GOAL = "p95 < 150 ms"
PEER = """
SELECT floor(ST_X(place) / %s)::bigint AS cell_x, ceil(ST_Y(place) / %s)::bigint AS cell_y, count(*),
       count(*) FILTER (WHERE due_at <= %s)
FROM (SELECT ST_Transform(point, 3857) AS place, due_at FROM tickets_ticket ticket
      WHERE point && ST_MakeEnvelope(%s, %s, %s, %s, 4326) AND (located_chain && %s OR responsible_chain && %s) {more}
      OFFSET 0) AS seen
WHERE ST_X(place) >= %s AND ST_X(place) < %s AND ST_Y(place) > %s AND ST_Y(place) <= %s GROUP BY 1, 2
"""


def rows(scale: str) -> Iterator[Row]:
    """One row over all filters and zooms, and one for each filter."""
    open_place(scale)
    from django.db import connection
    from django.utils import timezone

    from grids.models import Boundary
    from layers.tickets.models import Category, Ticket
    from layers.tickets.sight import Sight, group_of
    from layers.tickets.tallies import fold

    fold()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_spot, tickets_tally, tickets_gridpair")
    now = timezone.now()
    still = Boundary.objects.still()
    tops = tuple(still.filter(parent__isnull=True).values_list("area_id", flat=True))
    street = still.of_tier("street").order_by("code").first()
    compound = still.of_tier("compound").order_by("code").first()
    assert street is not None
    assert compound is not None
    whole = Sight((group_of(tops, None, set()),))
    busy = Category.objects.order_by("order").first()
    assert busy is not None
    filters: dict[str, tuple[dict[str, Any], Sight]] = {
        "open": ({"state": "open"}, whole),
        "all": ({"state": "all"}, whole),
        "category": ({"state": "all", "category": busy.code}, whole),
        "period": ({"state": "all", "since": now - timedelta(days=100), "until": now - timedelta(days=40)}, whole),
        "street": ({"state": "all"}, replace(whole, asked=group_of([street.area_id], None, set()))),
        "compound": ({"state": "all"}, replace(whole, asked=group_of([compound.area_id], None, {compound.area_id}))),
    }
    count, every, peers = Ticket.objects.count(), [], []
    for name, (wish, sight) in filters.items():
        mine, theirs = _timed(wish, sight, tops, now)
        every += mine
        peers += theirs
        yield _row(f"clusters/{name}", mine, theirs, count)
    yield _row("clusters", every, peers, count, goal=GOAL)


def _row(name: str, mine: list[float], theirs: list[float], count: int, *, goal: str = "") -> Row:
    """The 95th percentiles compared."""
    p50, p95 = percentiles(mine)
    found: dict[str, Any] = {"p50_ms": p50, "p95_ms": p95, "n": len(mine), "rows": count, "goal": goal}
    return Row(name=name, ours=p95, peer=percentiles(theirs)[1], unit="ms", peer_name="the table itself, p95", **found)


def _timed(wish: dict[str, Any], sight: Any, tops: Any, now: Any) -> tuple[list[float], list[float]]:
    """Seconds of each tile, ours and the peer's; raises AssertionError where they do not tell the same."""
    from django.db import connection

    from layers.tickets import spots
    from layers.tickets.listing import Wish
    from layers.tickets.models import Ticket

    draws = random.Random(SEED)
    keys = list(Ticket.objects.order_by("pk").values_list("pk", flat=True)[:500])
    points = [point.coords for point in Ticket.objects.filter(pk__in=keys).values_list("point", flat=True)]
    mine, theirs = [], []
    with connection.cursor() as cursor:
        for z in ZOOMS:
            tiles = sorted({_tile_of(*draws.choice(points), z) for _ in range(TILES)})
            for number, (x, y) in enumerate(tiles):
                asked = replace(Wish(**wish).asked(), codes=spots.tile_stretch(z, x, y))
                begun = time.perf_counter()
                sql, params = spots.cells(asked, sight, z, now=now)
                cursor.execute(sql, params)
                found = {key: (count, late) for key, count, late, _geom in cursor.fetchall()}
                mine.append(time.perf_counter() - begun)
                if number:
                    continue
                begun = time.perf_counter()
                cursor.execute(*_peer(wish, sight, tops, z, x, y, now))
                told = {_key(z, row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
                theirs.append(time.perf_counter() - begun)
                if found != told:
                    raise AssertionError(f"{wish} {z}/{x}/{y}: {len(found)} and {len(told)} cells, not the same")
    return mine, theirs


def _peer(wish: dict[str, Any], sight: Any, tops: Any, z: int, x: int, y: int, now: Any) -> tuple[str, list[Any]]:
    """The same question of the table itself."""
    from gis.shared.tiles import bounds
    from layers.tickets import spots, workflow

    side = spots.EQUATOR_M / 2**z
    west, north = x * side - spots.EQUATOR_M / 2, spots.EQUATOR_M / 2 - y * side
    more, values = "", []
    if wish["state"] == "open":
        more, values = " AND state = ANY(%s)", [list(workflow.OPEN)]
    if "category" in wish:
        more += " AND category_id = (SELECT id FROM tickets_category WHERE code = %s)"
        values.append(wish["category"])
    if "since" in wish:
        more += " AND reported_at >= %s AND reported_at < %s"
        values += [wish["since"], wish["until"]]
    if sight.asked is not None:
        more += " AND (located_chain && %s OR responsible_chain && %s)"
        values += [list(sight.asked.areas), list(sight.asked.areas)]
    box = bounds(z, x, y, margin=0.001)  # the square itself is cut out by its metres
    cut = [west, west + side, north - side, north]
    return PEER.format(more=more), [side / 8, side / 8, now, *box, list(tops), list(tops), *values, *cut]


def _key(z: int, cell_x: int, cell_y: int) -> str:
    """The id of a cell from its column east of Greenwich and its row north of the equator."""
    from layers.tickets import spots

    half = 2 ** (z + spots.CELLS_A_SIDE_BITS - 1)
    bits = z + spots.CELLS_A_SIDE_BITS
    return f"{bits}:{spots.code_of(cell_x + half, half - cell_y, bits)}"


def _tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile that holds a point."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)
