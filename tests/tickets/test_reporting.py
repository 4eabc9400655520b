"""One report: where it lies, who answers, its number, its events; sent twice it is stored once."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from gis.shared.datums import Datum, from_wgs84
from gis.shared.errors import Conflict, Invalid, Refused, SignInNeeded
from grids.models import Appointment
from layers.tickets.actions import report_ticket
from layers.tickets.models import Ticket, TicketEvent

from .conftest import BEGINNING, IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, NOW, OUTSIDE

ONE = uuid.UUID(int=1)


def report(ground, place=IN_BUILDING, *, post="worker", now=NOW, **changes):
    """A report by somebody of the test ground."""
    given = {
        "ticket_id": uuid.uuid4(),
        "lon": place[0],
        "lat": place[1],
        "category": "street_lamp",
        "text": "南门路灯不亮",
    }
    return report_ticket(actor=ground.people[post], now=now, **(given | changes))[0]


def vacate(ground, *posts: str) -> None:
    """End appointments before NOW."""
    for post in posts:
        Appointment.objects.filter(person__account=ground.people[post]).update(valid_until=NOW - timedelta(days=1))


def test_it_keeps_both_grids_and_goes_to_whoever_is_in_office(ground) -> None:
    ticket = report(ground)
    names = ("county", "street", "east", "compound", "building")
    assert ticket.located_chain == [ground.areas[name] for name in names]
    assert ticket.located_area_id == ground.areas["building"]
    assert ticket.responsible_area_id == ground.areas["compound"], "the building has nobody, its compound has a chief"
    assert ticket.responsible_chain == [ground.areas[name] for name in names[:4]]
    assert ticket.responsible_because == "vacant"
    assert ticket.number == "141024-2026-000001"
    assert ticket.state == "dispatched"
    assert [(e.seq, e.verb, e.by_rule) for e in ticket.events.order_by("seq")] == [
        (1, "report", False), (2, "accept", True), (3, "dispatch", True),
    ]  # fmt: skip
    assert ticket.due_at == NOW + timedelta(hours=24)
    assert ticket.handle_due_at == NOW + timedelta(hours=168)


@pytest.mark.parametrize(
    ("place", "vacant", "area", "because", "state"),
    [
        (IN_COMPOUND, (), "compound", "holder", "dispatched"),
        (IN_COMPOUND, ("chief",), "east", "vacant", "dispatched"),
        (IN_EAST, (), "east", "holder", "dispatched"),
        (IN_EAST, ("worker",), "east", "desk", "reported"),
        (IN_BUILDING, ("worker", "chief", "east_desk"), "county", "desk", "reported"),
        (IN_BUILDING, ("worker", "chief", "east_desk", "desk"), "county", "nobody", "reported"),
        (OUTSIDE, (), "county", "outside", "reported"),
    ],
)
def test_it_climbs_past_vacant_posts_and_is_never_nobodys(ground, place, vacant, area, because, state) -> None:
    vacate(ground, *vacant)
    ticket = report(ground, place, post="department")
    assert (ticket.responsible_area_id, ticket.responsible_because, ticket.state) == (
        ground.areas[area], because, state,
    )  # fmt: skip
    assert bool(ticket.located_area_id) == (place != OUTSIDE)


def test_the_raw_pair_and_its_datum_are_kept(ground) -> None:
    lon, lat = from_wgs84([IN_COMPOUND], Datum.GCJ02)[0]
    ticket = report(ground, (lon, lat), datum=Datum.GCJ02, accuracy_m=6.5)
    assert (ticket.raw_lon, ticket.raw_lat, ticket.datum, ticket.accuracy_m) == (lon, lat, "gcj02", 6.5)
    assert ticket.point.x == pytest.approx(IN_COMPOUND[0], abs=2e-8)
    assert ticket.responsible_area_id == ground.areas["compound"]


def test_sent_twice_it_is_stored_once(ground) -> None:
    actor = ground.people["worker"]
    given = {"ticket_id": ONE, "actor": actor, "lon": IN_EAST[0], "lat": IN_EAST[1], "category": "litter"}
    first, new = report_ticket(**given, now=NOW)
    again, second = report_ticket(**given, now=NOW + timedelta(minutes=5))
    assert (new, second, again.number) == (True, False, first.number)
    with pytest.raises(Conflict):
        report_ticket(**given | {"category": "noise"}, now=NOW)
    with pytest.raises(Conflict):
        report_ticket(**given | {"actor": ground.people["west_worker"]}, now=NOW)
    assert Ticket.objects.count() == 1
    assert TicketEvent.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_sent_ten_times_at_once_it_is_stored_once(racing_ground) -> None:
    made, barrier = [], threading.Barrier(10)

    def send() -> None:
        barrier.wait()
        try:
            made.append(report(racing_ground, ticket_id=ONE).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["141024-2026-000001"] * 10
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_taken_at_once_are_all_different_and_without_gaps(racing_ground) -> None:
    barrier = threading.Barrier(8)

    def send() -> None:
        barrier.wait()
        try:
            for _ in range(3):
                report(racing_ground, IN_WEST)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(Ticket.objects.values_list("number", flat=True))
    assert numbers == [f"141024-2026-{n:06d}" for n in range(1, 25)]


def test_the_year_of_a_number_is_the_places_own(ground) -> None:
    new_year_in_shanghai = NOW.replace(year=2026, month=12, day=31, hour=17)
    assert report(ground, now=new_year_in_shanghai).number == "141024-2027-000001"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"lon": IN_EAST[1], "lat": IN_EAST[0]}, "bad-place", "lon"),
        ({"lon": float("nan")}, "bad-place", "lon"),
        ({"lat": float("inf")}, "bad-place", "lon"),
        ({"lon": 2.35, "lat": 48.85}, "far-away", "lon"),
        ({"category": "moon_dust"}, "unknown-category", "category"),
        ({"accuracy_m": -1.0}, "bad-accuracy", "accuracy_m"),
        ({"accuracy_m": float("nan")}, "bad-accuracy", "accuracy_m"),
        ({"text": "x" * 2001}, "bad-text", "text"),
        ({"text": "a\x00b"}, "bad-text", "text"),
    ],
)
def test_bad_input_is_named_and_nothing_is_stored(ground, changes, code, field) -> None:
    with pytest.raises(Invalid) as problem:
        report(ground, IN_EAST, **changes)
    assert problem.value.kind == code
    assert field in problem.value.fields
    assert not Ticket.objects.exists()


def test_before_anything_is_drawn_nobody_could_answer(catalogues, django_user_model) -> None:
    from layers.tickets.answering import outside

    with pytest.raises(Conflict) as problem:
        outside(*IN_EAST, BEGINNING)
    assert problem.value.kind == "no-ground"


@pytest.mark.parametrize("post", ["leader", "planner", "analyst", "site_manager", "auditor", "administrator"])
def test_those_without_the_duty_do_not_report(ground, post) -> None:
    with pytest.raises(Refused):
        report(ground, post=post)


def test_nobody_reports_without_sign_in(ground) -> None:
    from django.contrib.auth.models import AnonymousUser

    with pytest.raises(SignInNeeded):
        report_ticket(ticket_id=ONE, actor=AnonymousUser(), lon=IN_EAST[0], lat=IN_EAST[1], category="litter", now=NOW)
