"""A matter within a few metres of a border is seen by both sides, and handled by the one that answers for it."""

import random
import uuid
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from gis.shared.errors import Missing
from layers.tickets import surroundings
from layers.tickets.actions import import_rows, move_ticket
from layers.tickets.actions.effects import Pin
from layers.tickets.actions.moving import open_moves
from layers.tickets.answering import who_answers
from layers.tickets.keeping import rebuild, verify
from layers.tickets.models import Ticket, TicketBorder
from layers.tickets.records import Happening
from layers.tickets.tallies import keeper

from .conftest import IN_COMPOUND, IN_EAST, NOW, SOUTH, WEST
from .test_api import as_  # noqa: F401
from .test_asking import METRE
from .test_bulk import row
from .test_moving import move
from .test_reporting import report

EDGE = SOUTH + 0.002
"""The latitude of the compound's southern edge."""


def at_edge(ground, metres: float, **changes) -> Ticket:
    """A report so many metres south of the compound, on the community's ground."""
    return report(ground, (WEST + 0.027, EDGE - metres * METRE), post="worker", **changes)


def test_the_chief_across_the_border_reads_and_does_not_handle(as_, ground) -> None:  # noqa: F811
    near, far = at_edge(ground, 2), at_edge(ground, 5)
    inside = report(ground, IN_COMPOUND)
    chief = ground.people["chief"]
    assert near.located_area_id == far.located_area_id == ground.areas["east"]
    assert set(Ticket.objects.visible_to(chief, NOW)) == {inside}, "counts and tiles stay those of the own ground"
    assert set(Ticket.objects.readable_by(chief, NOW)) == {inside, near}
    client = as_("chief")
    told = client.get("/api/tickets", {"view": "beside"}).json()
    assert [item["id"] for item in told["items"]] == [str(near.pk)]
    assert (told["total"], client.get("/api/tickets").json()["beside"]) == (1, 1)
    assert client.get(f"/api/tickets/{near.pk}").json()["moves"] == []
    assert client.get(f"/api/tickets/{far.pk}").status_code == 404
    assert open_moves(chief, near, NOW) == ()
    with pytest.raises(Missing):
        move_ticket(ticket_id=near.pk, verb="sign", actor=chief, version=near.version, now=NOW)
    for post in ("worker", "east_desk", "west_chief"):
        assert not Ticket.objects.beside(ground.people[post], NOW).exists(), post
    assert as_("west_chief").get(f"/api/tickets/{near.pk}").status_code == 404


def test_a_coarse_position_reaches_farther_and_a_corrected_pin_is_looked_at_anew(ground) -> None:
    chief = ground.people["chief"]
    coarse = at_edge(ground, 5, accuracy_m=8)
    assert list(Ticket.objects.beside(chief, NOW)) == [coarse]
    move(ground, coarse, "relocate", "worker", pin=Pin(*IN_EAST), reason_code="relocate_wrong")
    assert not TicketBorder.objects.exists()
    move(ground, coarse, "relocate", "worker", pin=Pin(WEST + 0.027, EDGE - METRE), reason_code="relocate_wrong")
    assert list(Ticket.objects.beside(chief, NOW)) == [coarse]
    move(ground, coarse, "relocate", "worker", pin=Pin(*IN_COMPOUND), reason_code="relocate_wrong")
    assert not Ticket.objects.beside(chief, NOW).exists(), "it lies on the own ground now"
    assert coarse in Ticket.objects.visible_to(chief, NOW)


def strewn(count: int) -> list[tuple[float, float]]:
    """Places close to the compound's and the building's edges, some on them, and the corners."""
    chance = random.Random(20260306)
    places = [(WEST + x / 1000, SOUTH + y / 1000) for x, y in ((22, 2), (32, 12), (24, 4), (26, 5), (20, 8), (27, 12))]
    for _turn in range(count):
        edge = chance.choice([20, 22, 24, 26, 32]) if chance.random() < 0.5 else None
        x = WEST + (edge if edge is not None else chance.uniform(19, 33)) / 1000
        y = SOUTH + (chance.uniform(1, 13) if edge is not None else chance.choice([2, 4, 6, 12])) / 1000
        places.append((x + chance.uniform(-9, 9) * METRE, y + chance.uniform(-9, 9) * METRE))
    return [(round(x, 8), round(y, 8)) for x, y in places]


def told_across() -> dict[uuid.UUID, list[uuid.UUID]]:
    """What is stored."""
    return {key: sorted(areas) for key, areas in TicketBorder.objects.values_list("ticket", "areas")}


def test_a_file_s_matters_are_seen_across_the_border_like_reports(ground, monkeypatch) -> None:
    monkeypatch.setattr("layers.tickets.bordering.FEW", 60)  # of 50 points it asks what is near, for more it reads all
    limits = [None, 1.0, 8.0, 25.0, 90.0]
    rows = [
        row(n, place, external_number=f"B{n}", accuracy_m=limits[n % 5]) for n, place in enumerate(strewn(90), start=1)
    ]
    import_rows(rows[:50], now=NOW, source="test")
    import_rows(rows[50:], now=NOW, source="test")
    moment = NOW - timedelta(days=9)
    wanted = {}
    for ticket in Ticket.objects.all():
        x, y = ticket.point.coords
        chain, _answer = who_answers(x, y, category="litter", accuracy_m=ticket.accuracy_m, now=NOW, ground=moment)
        areas = surroundings.across(x, y, ticket.accuracy_m, [one.area_id for one in chain], moment)
        if areas:
            wanted[ticket.pk] = sorted(areas)
    assert told_across() == wanted
    assert 15 < len(wanted) < len(rows), "some are close to a border, some are not"
    assert verify().none


def test_what_is_missing_or_wrong_across_borders_is_found_and_mended(ground) -> None:
    near = at_edge(ground, 2)
    import_rows([row(1, (WEST + 0.027, EDGE - METRE), external_number="B1")], now=NOW, source="test")
    right = told_across()
    assert len(right) == 2
    for statement in (
        f"UPDATE tickets_ticketborder SET areas = ARRAY['{ground.areas['west']}'::uuid]",
        "DELETE FROM tickets_ticketborder",
        f"INSERT INTO tickets_ticketborder VALUES ('{report(ground, IN_EAST).pk}', '{{{near.pk}}}')",
    ):
        with pytest.raises(DatabaseError, match="follows from the ticket"), transaction.atomic():
            connection.cursor().execute(statement)
        with keeper():
            connection.cursor().execute(statement)
        assert not verify().none
        assert rebuild().borders
        assert (told_across(), verify().borders) == (right, 0)


def test_the_migration_fills_in_what_was_stored_before_it(ground) -> None:
    at_edge(ground, 2)
    right = told_across()
    with keeper():
        TicketBorder.objects.all().delete()
    migration = import_module("layers.tickets.migrations.0016_borders_are_kept")
    migration.fill(None, SimpleNamespace(connection=connection))
    assert told_across() == right != {}
    with pytest.raises(DatabaseError), transaction.atomic():
        TicketBorder.objects.all().delete()


def test_what_had_ended_before_it_came_is_told_when_it_is_opened_again(ground) -> None:
    ended = (Happening("settle", NOW - timedelta(days=1), reason="在原系统办结"),)
    rows = [row(n, (WEST + 0.027, EDGE - METRE), external_number=f"B{n}", history=ended) for n in (1, 2)]
    import_rows(rows, now=NOW, source="test")
    assert not TicketBorder.objects.exists()
    ticket = Ticket.objects.get(external_number="B2")
    move(ground, ticket, "reopen", "east_desk", hours=20, reason="又坏了")
    assert told_across() == {ticket.pk: [ground.areas["compound"]]}
    assert list(Ticket.objects.beside(ground.people["chief"], NOW)) == [ticket]
    assert verify().none
