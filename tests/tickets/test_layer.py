"""Tickets on the map: whole counts in whole cells, nothing for others, and the past as it was."""

from datetime import timedelta

import mapbox_vector_tile
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from layers.atlas.tiles import tile
from layers.tickets.actions import import_rows, report_ticket
from layers.tickets.deadlines import replay
from layers.tickets.layer import TicketCellLayer, TicketPinLayer
from layers.tickets.models import Ticket
from layers.tickets.records import TicketRow

from .conftest import IN_EAST, IN_WEST, NOW, SOUTH, WEST, past_guards
from .test_moving import WHOLE_WAY, move
from .test_reporting import ONE, report


def cell_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile that holds a point, by the usual formula."""
    import math

    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)


def features(layer, z: int, asker, moment=None) -> list[dict]:
    """All features of a layer over the test county at a tile zoom."""
    found, now = [], timezone.now()
    x0, y1 = cell_of(WEST - 0.001, SOUTH - 0.001, z)
    x1, y0 = cell_of(WEST + 0.061, SOUTH + 0.041, z)
    for x in range(x0, x1 + 1):
        for y in range(y0, y1 + 1):
            data = tile([layer], z, x, y, asker=asker, moment=moment or now, now=now)
            if data:
                found += mapbox_vector_tile.decode(data)[layer.name]["features"]
    return found


@pytest.fixture
def scattered(ground):
    """120 tickets over the county; every third is overdue by now, the rest are reported today."""
    now = timezone.now()
    rows = [
        TicketRow(
            line=n, lon=round(WEST + 0.0005 + (n % 12) * 0.0033, 8), lat=round(SOUTH + 0.0005 + (n // 12) * 0.004, 8),
            category="errand", reported_at=NOW if n % 3 == 0 else now, text="南门路灯不亮",
        )
        for n in range(120)
    ]  # fmt: skip
    assert import_rows(rows, now=now, actor=ground.people["department"], channel="import", source="test").stored == 120
    return ground


@pytest.mark.parametrize("z", [7, 10, 12, 13, 14, 15])
def test_every_ticket_is_counted_exactly_once_at_every_zoom(scattered, z) -> None:
    cells = features(TicketCellLayer(), z, scattered.people["desk"])
    assert sum(cell["properties"]["count"] for cell in cells) == 120
    assert sum(cell["properties"]["overdue"] for cell in cells) == 40
    assert len({cell["properties"]["id"] for cell in cells}) == len(cells)
    assert len(cells) < 120 or z >= 14


def test_near_by_each_ticket_is_a_pin(scattered) -> None:
    pins = features(TicketPinLayer(), 16, scattered.people["desk"])
    assert {pin["properties"]["id"] for pin in pins} == {
        str(key) for key in Ticket.objects.values_list("pk", flat=True)
    }
    assert {pin["properties"]["due"] for pin in pins} == {"overdue", "soon"}


def test_counts_are_those_the_asker_may_see(scattered) -> None:
    people = scattered.people
    total = {
        post: sum(c["properties"]["count"] for c in features(TicketCellLayer(), 10, people[post]))
        for post in ("worker", "west_worker", "desk", "chief")
    }
    assert total["worker"] == Ticket.objects.located_in(scattered.areas["east"]).count()
    assert total["worker"] + total["west_worker"] == total["desk"] == 120
    assert 0 < total["chief"] < total["worker"]


def test_scopes_are_shared_only_by_equal_rights(ground) -> None:
    for layer in (TicketCellLayer(), TicketPinLayer()):
        scopes = {post: layer.scope(account) for post, account in ground.people.items()}
        assert layer.scope(AnonymousUser()) is None
        assert scopes["auditor"] is scopes["site_manager"] is scopes["administrator"] is None
        assert scopes["worker"] == scopes["east_desk"]
        assert len({scopes["worker"], scopes["west_worker"], scopes["desk"], scopes["chief"]}) == 4


@pytest.mark.parametrize("layer", [TicketCellLayer, TicketPinLayer])
def test_without_rights_there_are_no_rows(ground, layer) -> None:
    report(ground, IN_EAST)
    for asker in (AnonymousUser(), ground.people["auditor"], ground.people["west_chief"]):
        assert not list(layer().rows(asker=asker, moment=timezone.now(), zoom=16))


def test_a_past_moment_shows_what_was_open_then(ground) -> None:
    ticket = report(ground, IN_EAST)
    for hours, (verb, post) in enumerate(WHOLE_WAY, start=1):
        move(ground, ticket, verb, post, hours=hours)
    later = report_ticket(
        ticket_id=ONE, actor=ground.people["west_worker"], lon=IN_WEST[0], lat=IN_WEST[1], category="litter",
        now=NOW + timedelta(days=2),
    )[0]  # fmt: skip

    def shown(hours: float) -> set:
        rows = TicketPinLayer().rows(asker=ground.people["desk"], moment=NOW + timedelta(hours=hours), zoom=18)
        return {row["id"] for row in rows}

    assert [shown(hours) for hours in (-1, 3, 10, 72)] == [set(), {ticket.pk}, set(), {later.pk}]


def test_a_past_moment_shows_the_state_of_then(ground) -> None:
    ticket = report(ground, IN_EAST)
    for hours, (verb, post) in enumerate(WHOLE_WAY, start=1):
        move(ground, ticket, verb, post, hours=hours)
    move(ground, ticket, "reopen", "east_desk", hours=20, reason="又坏了")

    def told(hours: float) -> list[str]:
        pins = features(TicketPinLayer(), 16, ground.people["desk"], NOW + timedelta(hours=hours))
        return [pin["properties"]["state"] for pin in pins]

    states = [told(hours) for hours in (0.5, 1.5, 2.5, 3.5, 10, 21)]
    assert states == [["dispatched"], ["signed"], ["in_hand"], ["handled"], [], ["reopened"]]
    counts = features(TicketCellLayer(), 12, ground.people["desk"], NOW + timedelta(hours=10))
    assert counts == [], "closed in between"


def test_a_past_moment_shows_what_was_overdue_then_though_it_was_settled_since(ground) -> None:
    ticket = report(ground, IN_EAST)
    move(ground, ticket, "sign", "worker", hours=200)  # reported, then signed far too late
    first = ticket.events.order_by("seq").exclude(due_at=None).first()
    assert first is not None

    def told(moment) -> tuple[list[str], int]:
        pins = features(TicketPinLayer(), 16, ground.people["desk"], moment)
        cells = features(TicketCellLayer(), 12, ground.people["desk"], moment)
        return [pin["properties"]["due"] for pin in pins], sum(cell["properties"]["overdue"] for cell in cells)

    signed = NOW + timedelta(hours=200)
    assert told(signed - timedelta(hours=1)) == (["overdue"], 1)
    assert told(NOW + timedelta(minutes=1))[1] == 0
    for event in ticket.events.order_by("seq"):
        steps = ticket.events.filter(seq__lte=event.seq).order_by("seq")
        assert event.due_at == replay([step.step for step in steps], ticket.category.hours).due_at


def test_list_and_ticket_stand_as_they_stood_then(ground) -> None:
    ticket = report(ground, IN_EAST)
    for hours, (verb, post) in enumerate(WHOLE_WAY, start=1):
        move(ground, ticket, verb, post, hours=hours)
    desk = Client()
    desk.force_login(ground.people["desk"])

    def ask(path: str, hours: float, **query: object):
        moment = (NOW + timedelta(hours=hours)).isoformat()
        return desk.get(f"/api/tickets{path}", {"moment": moment, **query})

    states = [[row["state"] for row in ask("", hours, state="open").json()["items"]] for hours in (-1, 1.5, 2.5, 10)]
    assert states == [[], ["signed"], ["in_hand"], []]
    then = ask(f"/{ticket.pk}", 1.5).json()
    assert (then["state"], then["moves"], [step["verb"] for step in then["events"]][-1]) == ("signed", [], "sign")
    assert desk.get(f"/api/tickets/{ticket.pk}").json()["state"] == "closed"
    assert ask(f"/{ticket.pk}", -1).json()["code"] == "not-then"
    late = ask("", 400, overdue="true").json()
    assert (late["total"], late["overdue"]) == (0, 0)
    ticket.refresh_from_db()
    assert ticket.state == "closed"


def test_map_list_and_file_are_narrowed_by_the_same_filters(scattered, tmp_path) -> None:
    from layers.atlas.exports import export_layer

    desk, now = scattered.people["desk"], timezone.now()
    ticket = Ticket.objects.order_by("number").last()
    assert ticket is not None
    with past_guards():
        Ticket.objects.filter(number__lt=ticket.number, urgency="low").update(urgency="normal")
    client = Client()
    client.force_login(desk)
    east = str(scattered.areas["east"])
    for filters in ({"area": east}, {"overdue": "true"}, {"q": ticket.number}, {"state": "ended"}, {"view": "mine"}):
        told = client.get("/api/tickets", {"state": "open", "order": "newest", "limit": 200, **filters}).json()
        wanted = {"state": "open", **filters}
        cells = TicketCellLayer().asked(wanted, moment=now, now=now)
        assert sum(cell["properties"]["count"] for cell in features(cells, 12, desk)) == told["total"]
        pins = TicketPinLayer().asked(wanted, moment=now, now=now)
        assert {pin["properties"]["id"] for pin in features(pins, 16, desk)} == {row["id"] for row in told["items"]}
        made = export_layer("tickets", "csv", tmp_path, asker=desk, moment=now, now=now, filters=wanted)
        assert made.rows == told["total"]


def test_tiles_of_other_filters_are_kept_apart_and_rubbish_is_told(scattered) -> None:
    desk, now = scattered.people["desk"], timezone.now()
    layer = TicketCellLayer()
    scopes = {
        layer.asked(query, moment=now, now=now).scope(scattered.people[post])
        for query, post in (
            ({}, "desk"), ({"state": "all"}, "desk"), ({"category": "litter"}, "desk"), ({"view": "mine"}, "desk"),
            ({"state": "all"}, "worker"),
        )
    }  # fmt: skip
    assert len(scopes) == 5
    assert layer.asked({"state": "all"}, moment=now, now=now).scope(AnonymousUser()) is None
    client = Client()
    client.force_login(desk)
    x, y = cell_of(WEST, SOUTH, 12)
    for rubbish in (
        {"state": "nonsense"}, {"area": "1"}, {"since": "soon"}, {"cell": "99:1"}, {"view": "all"}, {"q": "\0"},
        {"category": "\0"}, {"since": "9999-12-15"}, {"until": "0001-01-01T00:00:00+14:00"},
    ):  # fmt: skip
        answer = client.get(f"/tiles/tickets/12/{x}/{y}.mvt", rubbish)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-filter"), rubbish
    for rubbish in ({"since": "9999-12-15"}, {"since": "0001-01-01"}, {"until": "9999-12-31T23:59:59-12:00"}):
        answer = client.get("/api/tickets", rubbish)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-filter"), rubbish
