"""A number of another system that comes in twice, by a report and by a file, at once or later: nothing is lost."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from gis.shared.errors import Conflict
from layers.tickets import photos, reporters
from layers.tickets.actions import bulk, import_rows, report_ticket
from layers.tickets.callers import Caller
from layers.tickets.models import Ticket, TicketEvent

from .conftest import IN_COMPOUND, IN_EAST, NOW
from .test_bulk import row
from .test_photos import added

CALLER = Caller(name="王芳", phone="13800001234")


def report(actor, number: str, **more) -> tuple[Ticket, bool]:
    """One report under a number of the hotline."""
    given = {"ticket_id": uuid.uuid4(), "lon": IN_EAST[0], "lat": IN_EAST[1], "category": "litter", "now": NOW}
    return report_ticket(actor=actor, source="12345", external_number=number, **(given | more))


def elsewhere(work):
    """Do something on a connection of its own, as another person's request would, and wait for it."""

    def apart():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '30s'")  # whom a file holds up is told so, and the test ends
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(apart).result()


@pytest.mark.django_db(transaction=True)
def test_a_report_under_a_number_that_a_file_is_bringing_is_kept_and_the_file_too(racing_ground, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    worker = racing_ground.people["worker"]
    told: list[tuple[Ticket, bool]] = []

    def meanwhile(done: int) -> None:
        if done == 10:  # of the same county and year: a running file holds up nobody
            told.append(elsewhere(lambda: report(worker, "A15")))
            told.append(elsewhere(lambda: report(worker, "A22")))

    rows = [row(n, external_number=f"A{n}") for n in range(30)]
    outcome = import_rows(rows, now=NOW, source="12345", progress=meanwhile)
    assert [new for _ticket, new in told] == [True, True]
    assert (outcome.stored, outcome.already, outcome.refused) == (28, 2, [])
    numbers = list(Ticket.objects.values_list("number", flat=True))
    assert len(numbers) == len(set(numbers)) == 30
    assert set(Ticket.objects.values_list("external_number", flat=True)) == {f"A{n}" for n in range(30)}
    assert Ticket.objects.get(external_number="A15").reported_by == worker
    assert TicketEvent.objects.filter(ticket__external_number="A14").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_part_of_which_everything_came_in_meanwhile_stores_nothing_twice(racing_ground, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    worker = racing_ground.people["worker"]
    rows = [row(n, external_number=f"A{n}") for n in range(4)]

    def meanwhile(done: int) -> None:
        if done == 2:
            elsewhere(lambda: [report(worker, f"A{n}") for n in (2, 3)])

    assert import_rows(rows, now=NOW, source="12345", progress=meanwhile).already == 2
    assert Ticket.objects.count() == 4


def test_a_second_report_under_a_known_number_does_not_lose_its_caller_or_photos(ground) -> None:
    worker, chief = ground.people["worker"], ground.people["chief"]
    first, _new = report(worker, "A1")
    picture = added(worker).pk
    assert report(worker, "A1", lon=IN_COMPOUND[0], lat=IN_COMPOUND[1])[0] == first, "the same number says the same"
    for more, words in (({"caller": CALLER}, "who called"), ({"photos": [picture]}, "photos")):
        with pytest.raises(Conflict) as lost, translation.override("en"):
            report(worker, "A1", **more)
        assert (lost.value.kind, lost.value.extra["ticket"]) == ("known-with-less", str(first.pk))
        assert words in str(lost.value.detail)
        assert first.number in str(lost.value.detail)
        assert CALLER.phone not in str(lost.value.detail)
    assert not reporters.Reporter.objects.exists()

    whole, _new = report(worker, "A2", caller=CALLER, photos=[picture])
    again, new = report(worker, "A2", caller=CALLER, photos=[picture])
    assert (again.pk, new) == (whole.pk, False)
    assert photos.ids_of(whole.events.get(seq=1)) == [picture]
    for caller in (CALLER, Caller(name="别人")):  # who did not report it cannot try out who called
        with pytest.raises(Conflict):
            report(chief, "A2", caller=caller, lon=IN_COMPOUND[0], lat=IN_COMPOUND[1])


def test_who_brought_in_a_file_cannot_try_out_who_called(ground) -> None:
    desk = ground.people["desk"]
    import_rows([row(1, external_number="A1")], now=NOW, source="12345", actor=desk)
    ticket = Ticket.objects.get(external_number="A1")
    reporters.keep(ticket, CALLER, desk, NOW)
    for caller in (CALLER, Caller(name="别人")):
        with pytest.raises(Conflict) as told:
            report(desk, "A1", caller=caller)
        assert told.value.kind == "known-with-less"


def test_a_file_brings_a_number_that_was_reported_before(ground) -> None:
    report(ground.people["worker"], "A1")
    outcome = import_rows([row(1, external_number="A1"), row(2)], now=NOW + timedelta(minutes=1), source="12345")
    assert (outcome.stored, outcome.already) == (1, 1)
