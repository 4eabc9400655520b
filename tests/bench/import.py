"""A table of a million tickets: read, judged, located, stored with events and clocks; against COPY of ready rows.

The peer gets what ours has made: the very rows of all three tables (tickets, their events, who lies across a border),
written out beforehand, are copied into the same tables with the same indexes, keys and guards, in the same parts. It
reads no tickets, judges nothing, knows every place.
The row `import/bare` tells the same rows into copies of the tables that have their indexes and nothing else.

Both are rolled back, so that the place stays as it was; vacuumed between, so that neither finds the other's leavings.
A small part goes through the door before, so that what is measured first does not read the place's pages for both.
"""

import csv
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from tests.bench.frame import Row, open_place

SEED = 20260401
ROWS = {"city": 1_000_000, "town": 100_000}
PART = 20_000
GOAL = "≥ 0.8 × COPY"
CATEGORIES = ("litter", "noise", "parking", "street_lamp", "drain_blocked", "other")
TEXTS = ("楼下垃圾堆了三天", "夜里施工声音大", "消防通道被占", "路灯不亮", "雨后积水, 行人不好走", "反映多次没有人管")
HEAD = ("工单编号", "受理时间", "办结时间", "经度", "纬度", "事项类别", "诉求内容")
SOURCE = "bench import"
BARE = ("ticket", "ticketevent", "ticketborder")


def rows(scale: str) -> Iterator[Row]:
    """Tickets a second through the door, and as ready rows."""
    open_place(scale)
    from django.db import transaction
    from django.utils import timezone

    from gis.shared.datums import Datum
    from layers.tickets.imports import Manner, mapping_from, survey
    from layers.tickets.receiving import receive
    from layers.tickets.tables import open_sheet

    count, now = ROWS[scale], timezone.now()
    with tempfile.TemporaryDirectory(prefix="bench-import-") as folder:
        path, small = Path(folder) / "tickets.csv", Path(folder) / "small.csv"
        write_table(small, PART, now.year)
        write_table(path, count, now.year)
        names = ("number", "reported", "closed", "lon", "lat", "category", "text")
        manner = Manner(
            columns=mapping_from([f"{name}={column}" for name, column in zip(names, HEAD, strict=True)]),
            zone=ZoneInfo("Asia/Shanghai"),
            datum=Datum.WGS84,
            category="other",
        )
        with transaction.atomic():
            sheet = open_sheet(small)
            receive(sheet, manner, survey(sheet, manner), source=SOURCE, now=now, commit=True)
            transaction.set_rollback(True)
        vacuum()
        begun = time.perf_counter()
        with transaction.atomic():
            sheet = open_sheet(path)
            told = receive(sheet, manner, survey(sheet, manner), source=SOURCE, now=now, commit=True)
            ours = time.perf_counter() - begun
            if told.stored != count:
                raise AssertionError(f"{told.stored} of {count} stored, {told.refused[:3]}")
            parts = written(folder, count)
            transaction.set_rollback(True)
        vacuum()
        guarded = copied(parts, "tickets_ticket", "tickets_ticketevent", "tickets_ticketborder")
        vacuum()
        bare = copied(parts, *bare_tables())
    same = {"unit": "/s", "n": count, "rows": count}
    yield Row("import", count / ours, count / guarded, peer_name="COPY of ready rows", goal=GOAL, **same)
    yield Row("import/bare", count / ours, count / bare, peer_name="COPY, no guards or foreign keys", **same)


def write_table(path: Path, count: int, year: int) -> None:
    """A CSV file of a year's tickets all over the place; two of three are closed."""
    from django.utils import timezone

    from grids.models import Boundary

    top = Boundary.objects.at(timezone.now()).filter(parent__isnull=True).first()
    assert top is not None
    rng = np.random.default_rng(SEED)
    west, south, east, north = top.geometry.extent
    lon = west + (east - west) * rng.uniform(0.1, 0.9, count)
    lat = south + (north - south) * rng.uniform(0.1, 0.9, count)
    begin = np.datetime64(f"{year - 1}-01-01T00:00:00")
    reported = begin + np.sort(rng.integers(0, 360 * 86400, count)).astype("timedelta64[s]")
    closed = reported + rng.integers(3600, 300_000, count).astype("timedelta64[s]")
    category, text, ended = rng.integers(0, 6, count), rng.integers(0, 6, count), rng.random(count) < 0.66
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(HEAD)
        for index in range(count):
            table.writerow(
                (
                    f"B{index:07d}", str(reported[index]).replace("T", " "),
                    str(closed[index]).replace("T", " ") if ended[index] else "",
                    f"{lon[index]:.7f}", f"{lat[index]:.7f}", CATEGORIES[category[index]],
                    f"{TEXTS[text[index]]} {index}",
                )
            )  # fmt: skip


def written(folder: str, count: int) -> list[tuple[Path, ...]]:
    """The stored rows as files of COPY, three for each part: tickets, their events, and who lies across a border."""
    from django.db import connection

    parts = []
    raw = connection.connection
    with raw.cursor() as cursor:
        for begin in range(0, count, PART):
            first, last = f"B{begin:07d}", f"B{min(begin + PART, count) - 1:07d}"
            chosen = f"external_source = '{SOURCE}' AND external_number BETWEEN '{first}' AND '{last}'"
            files = tuple(Path(folder) / f"{begin}-{table}" for table in ("tickets", "events", "borders"))
            tickets = f"SELECT * FROM tickets_ticket WHERE {chosen} ORDER BY external_number"
            events = (
                f"SELECT {EVENT} FROM tickets_ticketevent WHERE ticket_id IN"
                f" (SELECT id FROM tickets_ticket WHERE {chosen}) ORDER BY ticket_id, seq"
            )
            borders = (
                "SELECT ticket_id, areas FROM tickets_ticketborder WHERE ticket_id IN"
                f" (SELECT id FROM tickets_ticket WHERE {chosen}) ORDER BY ticket_id"
            )
            for path, question in zip(files, (tickets, events, borders), strict=True):
                with path.open("wb") as out, cursor.copy(f"COPY ({question}) TO STDOUT") as copy:
                    for piece in copy:
                        out.write(piece)
            parts.append(files)
    return parts


EVENT = (
    "ticket_id, seq, verb, from_state, to_state, at, recorded_at, account_id, actor_name, by_rule, reason, reason_code,"
    " until, detail, responsible_area_id, due_at"
)


def copied(parts: list[tuple[Path, ...]], tickets: str, events: str, borders: str) -> float:
    """Seconds that COPY of the ready rows takes, deferred checks included; rolled back."""
    from django.db import connection, transaction

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('tickets.keeper', 'yes', true)")
            begun = time.perf_counter()
            for files in parts:
                for path, table in zip(files, (tickets, f"{events} ({EVENT})", borders), strict=True):
                    with path.open("rb") as file, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                        while piece := file.read(io.DEFAULT_BUFFER_SIZE * 32):
                            copy.write(piece)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            taken = time.perf_counter() - begun
        transaction.set_rollback(True)
    return taken


def bare_tables() -> tuple[str, str, str]:
    """Tables of this session with the columns and indexes of the three, and nothing that checks rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        for name in BARE:
            cursor.execute(f"DROP TABLE IF EXISTS bare_{name}")
            cursor.execute(
                f"CREATE UNLOGGED TABLE bare_{name} (LIKE tickets_{name} INCLUDING DEFAULTS INCLUDING INDEXES"
                " INCLUDING IDENTITY INCLUDING GENERATED)"
            )
            cursor.execute(f"ALTER TABLE bare_{name} SET LOGGED")
    return "bare_ticket", "bare_ticketevent", "bare_ticketborder"


def vacuum() -> None:
    """Take away what a rolled back run left in the tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_ticket, bare_ticketevent, bare_ticketborder")
        for name in (*BARE, "spot", "tally", "gridpair"):
            cursor.execute(f"VACUUM ANALYZE tickets_{name}")
