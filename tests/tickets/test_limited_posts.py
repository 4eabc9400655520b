"""A post that is limited to some matters, and an organisation whose post its members fill."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from gis.shared.errors import Missing, Refused
from grids.models import Appointment, Membership, Organisation, OrganisationKind, Person
from grids.permissions import may, scope_of
from layers.tickets.actions import move_ticket
from layers.tickets.actions.moving import open_moves
from layers.tickets.layer import TicketPinLayer
from layers.tickets.models import Responsibility, Ticket

from .conftest import BEGINNING, IN_BUILDING, IN_EAST, NOW
from .test_reporting import report


def end(account) -> None:
    Appointment.objects.filter(person__account=account).update(valid_until=NOW - timedelta(days=1))


def hold(ground, name: str, role: str, area: str, categories=(), organisation=None):
    """An account whose person holds a limited post, or belongs to an organisation that holds it."""
    account = get_user_model().objects.create(username=name, password="!")
    person = Person.objects.create(name_zh=name, account=account)
    holder = {"person": person}
    if organisation is not None:
        Membership.objects.create(person=person, organisation=organisation, valid_from=BEGINNING)
        holder = {"organisation": organisation}
    Appointment.objects.create(
        area_id=ground.areas[area], role=role, categories=list(categories), valid_from=BEGINNING, **holder
    )
    return account


@pytest.fixture
def lamps(ground):
    """A department's officer for street lamps in the whole county, and two matters in it."""
    lamp = report(ground, IN_BUILDING, post="desk", category="street_lamp")
    litter = report(ground, IN_BUILDING, post="desk", category="litter")
    return hold(ground, "lamps", "department", "county", ["street_lamp"]), lamp, litter


def test_a_limited_post_sees_and_moves_its_own_matters_only(ground, lamps) -> None:
    officer, lamp, litter = lamps
    assert list(Ticket.objects.visible_to(officer, NOW)) == [lamp]
    assert [move.verb for move in open_moves(officer, lamp, NOW)][:2] == ["sign", "return"]
    assert open_moves(officer, litter, NOW) == ()
    with pytest.raises(Missing):
        move_ticket(ticket_id=litter.pk, verb="sign", actor=officer, version=litter.version, now=NOW)


def test_who_is_limited_shares_tiles_only_with_the_same_limits(ground, lamps) -> None:
    officer, _lamp, _litter = lamps
    other = hold(ground, "other lamps", "department", "county", ["street_lamp"])
    all_matters = hold(ground, "all", "department", "county")
    scope = TicketPinLayer().scope
    assert scope(officer) == scope(other)
    assert scope(officer) != scope(all_matters)


def test_a_post_for_other_matters_is_vacant_for_this_one(ground) -> None:
    end(ground.people["chief"])
    hold(ground, "lamp worker", "worker", "compound", ["street_lamp"])
    lamp = report(ground, IN_BUILDING, post="desk", category="street_lamp")
    litter = report(ground, IN_BUILDING, post="desk", category="litter")
    assert lamp.responsible_area_id == ground.areas["compound"]
    assert litter.responsible_area_id == ground.areas["east"]
    assert litter.responsible_because == Responsibility.VACANT


def test_what_needs_a_limited_worker_is_of_its_matters(ground) -> None:
    worker = hold(ground, "east lamps", "worker", "east", ["street_lamp"])
    end(ground.people["worker"])
    lamp = report(ground, IN_EAST, post="desk", category="street_lamp")
    report(ground, IN_EAST, post="desk", category="litter")
    assert list(Ticket.objects.needing(worker, NOW)) == [lamp]


def test_members_work_under_their_organisations_post_while_they_belong_to_it(ground) -> None:
    kind = OrganisationKind.objects.first()
    works = Organisation.objects.create(name_zh="市政所", kind=kind)
    member = hold(ground, "member", "department", "county", organisation=works)
    ticket = report(ground, IN_BUILDING, post="desk")
    now = timezone.now()
    assert may(member, "ticket.sign", ground.areas["compound"], now=now)
    moved = move_ticket(ticket_id=ticket.pk, verb="sign", actor=member, version=ticket.version, now=now)
    assert moved.state == "signed"
    Membership.objects.update(valid_until=now)
    assert not may(member, "ticket.sign", ground.areas["compound"], now=now)
    assert scope_of(member, "ticket.read", now=now) is None
    with pytest.raises((Missing, Refused)):
        move_ticket(ticket_id=ticket.pk, verb="start", actor=member, version=moved.version, now=now)


def test_a_limited_post_hands_over_only_where_it_holds_for_the_matter(ground) -> None:
    """A desk for everything in one community, for lamps alone in the other: litter is not handed over there."""
    both = hold(ground, "desk for both", "front_desk", "east")
    Appointment.objects.create(
        area_id=ground.areas["west"], role="front_desk", categories=["street_lamp"], valid_from=BEGINNING,
        person=Person.objects.get(account=both),
    )  # fmt: skip
    there = {"actor": both, "verb": "transfer", "area": ground.areas["west"], "reason": "x", "now": NOW}
    litter = report(ground, IN_EAST, post="desk", category="litter")
    with pytest.raises(Refused):
        move_ticket(ticket_id=litter.pk, version=litter.version, **there)
    lamp = report(ground, IN_EAST, post="desk", category="street_lamp")
    moved = move_ticket(ticket_id=lamp.pk, version=lamp.version, **there)
    assert moved.responsible_area_id == ground.areas["west"]
