"""A thousand planted telephone numbers are found in no table, log, tile, list, export, search, figure or error page."""

import logging
import re
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone

from layers.atlas.tiles import tile
from layers.tickets import reporters
from layers.tickets.actions import import_rows
from layers.tickets.callers import Caller
from layers.tickets.models import Reporter, Ticket
from layers.tickets.records import TicketRow
from tests.matrix.places import tile_at
from tests.matrix.test_matrix import plain
from tests.matrix.world import AT, SOUTH, WEST, World, make_world

COUNT = 1000
PHONES = [f"139{10_000_000 + 7919 * n}" for n in range(COUNT)]
NAME = "ZXQVPLANTED"
NUMBER = re.compile(rb"(?<!\d)139\d{8}(?!\d)")
pytestmark = pytest.mark.xdist_group("matrix")


@pytest.fixture
def planted(db, settings) -> World:
    """The matrix's county with a thousand tickets, each with a reporter of its own."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    world = make_world()
    now = timezone.now()
    rows = [
        TicketRow(
            line=n, lon=AT[0] + (n % 40) * 1e-5, lat=AT[1] + (n // 40) * 1e-5, category="litter", reported_at=now,
            id=uuid.uuid4(), text="垃圾",
        )
        for n in range(COUNT)
    ]  # fmt: skip
    import_rows(rows, now=now, actor=None, channel="sample", source="test", commit=True)
    kept = [
        (row.id, reporters.checked(Caller(f"{NAME} {phone[3:6]}", phone, NAME)))
        for row, phone in zip(rows, PHONES, strict=True)
    ]
    assert reporters.keep_many(kept, now) == COUNT
    return world


def leaks(told: bytes) -> set[bytes]:
    """Which planted numbers a text holds; names by their sign."""
    wanted = {phone.encode() for phone in PHONES}
    return (set(NUMBER.findall(told)) & wanted) | ({NAME.encode()} if NAME.encode() in told else set())


def test_planted_numbers_are_found_nowhere(planted, caplog):
    caplog.set_level(logging.DEBUG)
    assert leaks(b"139" + PHONES[3][3:].encode() + b" x") == {PHONES[3].encode()}, "the search itself finds them"
    ticket = Ticket.objects.filter(reporter__isnull=False).exclude(text__contains="ZXQV").first()
    assert reporters.opened(Reporter.objects.get(pk=ticket.pk)).phone in PHONES
    desk = next(asker for asker in planted.askers if asker.name == "front_desk@county")
    client = planted.client(desk)
    phone = PHONES[5]

    def caller(body):
        return client.post("/api/tickets/callers", body, content_type="application/json")

    answers = {
        "masked": client.get(f"/api/tickets/{ticket.pk}/reporter"),
        "same caller": caller({"phone": phone}),
        "bad number": caller({"phone": f"{phone}x{phone}"}),
        "no body": caller(phone),
        "wrong body": caller({"telephone": phone}),
        "report": client.post(
            "/api/tickets",
            {"id": str(uuid.uuid4()), "lon": AT[0], "lat": AT[1], "category": "litter",
             "caller": {"name": NAME, "phone": PHONES[7], "address": NAME}},
            content_type="application/json", headers={"Idempotency-Key": str(uuid.uuid4())},
        ),
        "bad report": client.post(
            "/api/tickets",
            {"id": str(uuid.uuid4()), "lon": AT[0], "lat": AT[1], "category": "litter",
             "caller": {"name": NAME, "phone": f"{PHONES[8]}#", "address": NAME}},
            content_type="application/json", headers={"Idempotency-Key": str(uuid.uuid4())},
        ),
        "list": client.get("/api/tickets", {"view": "area", "limit": 200}),
        "detail": client.get(f"/api/tickets/{ticket.pk}"),
        "public": client.get("/api/tickets/public", {"bbox": f"{WEST},{SOUTH},{WEST + 0.04},{SOUTH + 0.04}"}),
        "search": client.get("/api/atlas/search", {"q": ticket.number}),
        "figures": client.get("/api/atlas/figures"),
        "export": client.get("/api/layers/tickets/export", {"format": "csv"}),
        "not there": client.get("/api/tickets/no-such-thing"),
    }  # fmt: skip
    assert answers["report"].status_code == 201
    assert answers["bad report"].status_code == 422
    assert answers["same caller"].json()["total"] == 1
    read = client.post(f"/api/tickets/{ticket.pk}/reporter")
    assert read.json()["phone"] in PHONES, "and yet who handles it reads it"
    for name, answer in answers.items():
        assert not leaks(plain(answer)), name
    from layers.atlas.registry import LAYERS

    for layer in LAYERS:
        for z in (11, 13, 17):
            asker = desk.account if layer.scope(AnonymousUser()) is None else AnonymousUser()
            if layer.scope(asker) is not None:
                at = {key: int(value) for key, value in tile_at(z).items()}
                data = tile([layer], at["z"], at["x"], at["y"], asker=asker, moment=timezone.now())
                assert not leaks(data), (layer.name, z)
    assert not leaks(caplog.text.encode()), "the log, at its most talkative"
    for table, told in dump().items():
        assert not leaks(told.encode()), table
        sealed = [word for word in re.findall(r"\\+x([0-9a-f]{20,})", told) if len(word) % 2 == 0]
        assert sealed or table != "tickets_reporter"
        assert not leaks(b"|".join(map(bytes.fromhex, sealed))), f"{table}, in bytes"


def dump() -> dict[str, str]:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [row[0] for row in cursor.fetchall()]
        assert {"tickets_reporter", "audit_entry", "audit_receipt", "jobs_job", "tickets_ticketevent"} <= set(tables)
        found = {}
        for table in tables:
            cursor.execute(f'SELECT coalesce(string_agg(t::text, chr(10)), chr(32)) FROM "{table}" AS t')
            found[table] = cursor.fetchone()[0]
    return found
