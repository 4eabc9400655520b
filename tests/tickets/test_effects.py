"""What moves do beside the state: pins put right, tickets handed over and sent up, terms; and clocks that replay."""

import random
from datetime import timedelta

import pytest
from django.db import transaction

from gis.shared.datums import Datum, from_wgs84
from gis.shared.errors import Conflict, Invalid, Refused
from layers.tickets import deadlines, documents, why, workflow
from layers.tickets.actions.effects import Pin
from layers.tickets.actions.moving import open_moves
from layers.tickets.actions.storing import CLOCKS
from layers.tickets.models import Ticket
from layers.tickets.then import as_then, known

from .conftest import IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, NOW, OUTSIDE, SOUTH, WEST
from .test_moving import move, said
from .test_reporting import report


def area_ids(ground, *names):
    """Ids of areas by their names on the test ground."""
    return [ground.areas[name] for name in names]


def test_a_corrected_pin_moves_the_fact_and_keeps_the_decision(ground) -> None:
    ticket = report(ground, IN_EAST)
    before = (ticket.responsible_area_id, ticket.responsible_because, ticket.due_at)
    moved = move(
        ground, ticket, "relocate", "worker", pin=Pin(*IN_BUILDING, accuracy_m=4), reason_code="relocate_wrong"
    )
    assert moved.point.coords == pytest.approx(IN_BUILDING, abs=1e-8)
    assert moved.located_chain == area_ids(ground, "county", "street", "east", "compound", "building")
    assert moved.located_area_id == ground.areas["building"]
    assert (moved.responsible_area_id, moved.responsible_because, moved.due_at) == before
    assert (moved.state, moved.version, moved.accuracy_m) == ("dispatched", 4, 4)
    step = moved.events.order_by("seq").last()
    assert (step.verb, step.from_state, step.to_state) == ("relocate", "dispatched", "dispatched")
    assert [step.detail["before"]["lon"], step.detail["before"]["lat"]] == pytest.approx(IN_EAST, abs=1e-8)
    assert step.detail["before"]["located"] == [str(area) for area in area_ids(ground, "county", "street", "east")]
    told = documents.detail(moved, ground.people["desk"], NOW + timedelta(days=1))
    assert told["events"][-1]["moved"][0]["located"][-1]["id"] == str(ground.areas["east"])
    assert told["there"]["id"] == str(ground.areas["compound"]), "who answers at the new place is offered"
    handed = move(ground, moved, "transfer", "desk", area=ground.areas["compound"], reason_code="transfer_pin")
    assert (handed.responsible_area_id, handed.responsible_because) == (ground.areas["compound"], "decision")
    assert "there" not in documents.detail(handed, ground.people["worker"], NOW + timedelta(days=1))


def test_a_past_moment_shows_the_place_and_who_answered_then(ground) -> None:
    ticket = report(ground, IN_EAST)
    day = timedelta(days=1)
    moved = move(
        ground, ticket, "relocate", "worker", pin=Pin(*IN_BUILDING, accuracy_m=4), reason="看错了", hours=24
    )
    later = move(
        ground, moved, "transfer", "desk", area=ground.areas["compound"], reason_code="transfer_pin", hours=48
    )
    first, second = NOW + day / 2, NOW + day * 1.5

    def then(moment):
        return documents.then(as_then([known(Ticket.objects.filter(pk=later.pk), moment).get()], moment)[0], moment)

    told = then(first)
    assert [told["lon"], told["lat"]] == pytest.approx(IN_EAST, abs=1e-8)
    assert told["located"][-1]["id"] == str(ground.areas["east"])
    assert told["responsible"]["id"] == str(ticket.responsible_area_id)
    told = then(second)
    assert [told["lon"], told["lat"]] == pytest.approx(IN_BUILDING, abs=1e-8)
    assert told["responsible"]["id"] == str(ticket.responsible_area_id)
    assert told["because_text"] == "", "why it answered then is not known any more"
    assert documents.detail(later, ground.people["desk"], NOW + 3 * day)["responsible"]["id"] == str(
        ground.areas["compound"]
    )


def test_a_pin_in_another_datum_keeps_what_was_typed(ground) -> None:
    ticket = report(ground, IN_EAST)
    typed = from_wgs84([IN_COMPOUND], Datum.GCJ02)[0].tolist()
    moved = move(ground, ticket, "relocate", "worker", pin=Pin(*typed, Datum.GCJ02), reason="看错了")
    assert moved.point.coords == pytest.approx(IN_COMPOUND, abs=1e-5)
    assert ([moved.raw_lon, moved.raw_lat], moved.datum) == (typed, "gcj02")
    assert moved.located_area_id == ground.areas["compound"]


def test_a_position_less_exact_than_a_building_is_not_in_it(ground) -> None:
    ticket = report(ground, IN_EAST)
    moved = move(ground, ticket, "relocate", "worker", pin=Pin(*IN_BUILDING, accuracy_m=250), reason="按手机定位")
    assert (moved.located_area_id, moved.located_because) == (ground.areas["compound"], "accuracy")


def test_a_pin_may_lie_outside_but_not_anywhere(ground) -> None:
    ticket = report(ground, IN_EAST)
    for lon, lat, kind in ((2.35, 48.85, "far-away"), (float("nan"), 1, "bad-place"), (SOUTH, WEST, "bad-place")):
        with pytest.raises(Invalid) as problem:
            move(ground, ticket, "relocate", "worker", pin=Pin(lon, lat), reason="x")
        assert problem.value.kind == kind
    with pytest.raises(Invalid) as problem:
        move(ground, ticket, "relocate", "worker", reason="x")
    assert "place" in problem.value.fields
    with pytest.raises(Invalid) as problem:
        move(ground, ticket, "sign", "worker", pin=Pin(*IN_EAST))
    assert problem.value.kind == "place-not-here"
    assert ticket.events.count() == 3, "nothing half done"
    moved = move(ground, ticket, "relocate", "worker", pin=Pin(*OUTSIDE), reason="在县界外")
    assert (moved.located_area_id, moved.located_chain) == (None, [])
    assert moved.responsible_area_id == ground.areas["east"]


def test_a_ticket_sent_up_is_answered_by_the_next_tier_with_somebody_in_office(ground) -> None:
    ticket = report(ground, IN_COMPOUND, post="chief")
    assert ticket.responsible_area_id == ground.areas["compound"]
    move(ground, ticket, "sign", "chief")
    moved = move(ground, ticket, "escalate", "chief", reason_code="escalate_beyond", hours=2)
    assert (moved.state, moved.responsible_area_id) == ("dispatched", ground.areas["east"])
    assert moved.responsible_because == "raised"
    assert moved.sign_due_at == NOW + timedelta(hours=2 + moved.category.sign_hours), "a clock to sign runs anew"
    assert moved.handle_due_at == NOW + timedelta(hours=moved.category.handle_hours), "handling does not start anew"
    with pytest.raises(Refused):
        move(ground, moved, "sign", "chief")
    with pytest.raises(Conflict) as problem:
        move(ground, moved, "escalate", "worker", reason_code="escalate_beyond")
    assert problem.value.kind == "no-tier-above"


@pytest.mark.parametrize("verb", ["return", "transfer", "redo"])
def test_the_third_of_a_kind_goes_up_a_tier_by_rule(ground, verb) -> None:
    ticket = report(ground, IN_COMPOUND, post="chief")
    homes = [ground.areas["building"], ground.areas["compound"]] * 2
    if verb == "redo":
        for step in ("sign", "start"):
            move(ground, ticket, step, "chief")
    for turn in range(3):
        assert not ticket.events.filter(verb="escalate").exists()
        if verb == "transfer":
            moved = move(ground, ticket, "transfer", "desk", area=homes[turn], reason="换岗")
        elif verb == "return":
            moved = move(ground, ticket, "return", "chief", reason_code="return_wrong_duty")
            if turn < 2:
                move(ground, ticket, "dispatch", "desk")
        else:
            move(ground, ticket, "handle", "chief")
            moved = move(ground, ticket, "redo", "desk", reason_code="redo_not_solved")
    last = moved.events.order_by("seq").last()
    assert (last.verb, last.by_rule, last.account, last.reason_code) == ("escalate", True, None, f"third_{verb}")
    above = ground.areas["compound" if verb == "transfer" else "east"]  # its chief stands over a building
    assert (moved.state, moved.responsible_area_id, moved.version) == ("dispatched", above, last.seq)
    told = documents.detail(moved, ground.people["worker"], NOW + timedelta(days=1))["events"][-1]
    assert told["listed"]
    assert told["handed"][1]["id"] == str(above)


def test_the_third_return_where_nobody_stands_above_stays_at_the_desk(ground) -> None:
    ticket = report(ground, IN_EAST)
    for turn in range(3):
        moved = move(ground, ticket, "return", "worker", reason_code="return_wrong_duty")
        if turn < 2:
            move(ground, ticket, "dispatch", "desk")
    assert (moved.state, moved.responsible_area_id) == ("returned", ground.areas["east"])


def test_terms_lie_ahead_and_are_bounded(ground) -> None:
    ticket = report(ground, IN_EAST)
    for step in ("sign", "start"):
        move(ground, ticket, step, "worker")
    for days in (-1, 0, workflow.PAUSE_DAYS + 2):
        with pytest.raises(Invalid) as problem:
            move(ground, ticket, "pause", "worker", reason_code="pause_parts", until=NOW + timedelta(days=days))
        assert "until" in problem.value.fields
    with pytest.raises(Invalid) as problem:
        move(ground, ticket, "extend", "desk", reason_code="extend_work", until=NOW + timedelta(days=2))
    assert problem.value.kind == "bad-term", "a week was allowed anyway"
    later = NOW + timedelta(days=20)
    asked = move(ground, ticket, "request", "worker", reason_code="request_work", until=later)
    assert asked.handle_due_at == NOW + timedelta(days=7), "asking changes nothing"
    given = move(ground, ticket, "extend", "desk", reason_code="extend_granted", until=later)
    assert (given.handle_due_at, given.due_at) == (later, later)


def test_a_pause_ends_at_its_term_and_going_on_late_wins_no_time(ground) -> None:
    ticket = report(ground, IN_EAST)
    for step in ("sign", "start"):
        move(ground, ticket, step, "worker")
    until = NOW + timedelta(hours=11)
    paused = move(ground, ticket, "pause", "worker", reason_code="pause_parts", until=until)
    assert (paused.due_at, paused.paused_until, paused.handle_due_at) == (until, until, None)
    resumed = move(ground, ticket, "resume", "worker", hours=100)
    assert resumed.handle_due_at == NOW + timedelta(hours=168 + 10), "ten hours of pause, not ninety-nine"
    assert resumed.paused_until is None


def test_a_paused_matter_is_never_given_less_time_by_an_extension(ground) -> None:
    ticket = report(ground, IN_EAST)
    for step in ("sign", "start"):
        move(ground, ticket, step, "worker")
    pause = NOW + timedelta(days=20)
    move(ground, ticket, "pause", "worker", reason_code="pause_parts", until=pause)
    for days in (2, 19, 26):
        later = NOW + timedelta(days=days)
        with pytest.raises(Invalid) as problem:
            move(ground, ticket, "extend", "desk", reason_code="extend_work", until=later)
        assert problem.value.kind == "bad-term", "six days and more were left when it was paused"
    later = NOW + timedelta(days=30)
    move(ground, ticket, "extend", "desk", reason_code="extend_work", until=later)
    assert move(ground, ticket, "resume", "worker", hours=20 * 24).handle_due_at == later


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_done_the_stored_clocks_are_those_that_replaying_gives(ground, seed) -> None:
    dice = random.Random(seed)
    ticket, hours = report(ground, dice.choice([IN_COMPOUND, IN_EAST, OUTSIDE])), 1.0
    people = [ground.people[post] for post in ("desk", "east_desk", "chief", "worker", "department")]
    for _turn in range(14):
        hours += dice.expovariate(1 / 20)
        ticket = Ticket.objects.get(pk=ticket.pk)
        actor = dice.choice(people)
        offered = open_moves(actor, ticket, NOW)
        if not offered:
            continue
        step = dice.choice(offered)
        try:
            with transaction.atomic():
                move(ground, ticket, step.verb, actor, hours=hours, **said(ground, step.verb, hours=hours))
        except (Conflict, Refused, Invalid):  # nobody above, an area of somebody else, the same area again
            continue
        ticket = Ticket.objects.get(pk=ticket.pk)
        steps = list(ticket.events.order_by("seq"))
        course = deadlines.course([event.step for event in steps], ticket.category.hours)
        assert {name: getattr(ticket, name) for name in CLOCKS} == {name: getattr(course[-1], name) for name in CLOCKS}
        assert [event.due_at for event in steps] == [clocks.due_at for clocks in course]
        assert (ticket.version, ticket.state) == (steps[-1].seq, steps[-1].to_state)


def test_why_this_grid_tells_point_boundaries_edges_and_rule(ground) -> None:
    told = why.document(report(ground, IN_BUILDING), NOW)
    assert [area["id"] for area in told["chain"]] == [
        str(area) for area in area_ids(ground, "county", "street", "east", "compound", "building")
    ]
    assert told["chain"][-1]["edge_m"] == pytest.approx(89.2, abs=1), "the middle of 0.002 degrees"
    assert told["chain"][-1]["since"].year == 2020
    assert (told["borders"], told["today"]) == ([], None)
    near = report(ground, (WEST + 0.020 - 0.00001, SOUTH + 0.030), post="west_worker")
    told = why.document(near, NOW)
    assert told["chain"][-1]["id"] == str(ground.areas["west"])
    assert [area["id"] for area in told["borders"]] == [str(ground.areas["east"])]
    assert told["borders"][0]["away_m"] == pytest.approx(0.9, abs=0.1)
    assert len(told["rules"]) == 2


def test_why_this_grid_speaks_of_the_ground_of_the_report(ground) -> None:
    from grids.models import Boundary

    ticket = report(ground, IN_BUILDING)
    changed = NOW + timedelta(days=30)
    row = Boundary.objects.get(area_id=ground.areas["building"])
    Boundary.objects.filter(pk=row.pk).update(valid_until=changed, closed_by=row.opened_by)
    told = why.document(ticket, NOW + timedelta(days=31))
    assert told["chain"][-1]["id"] == str(ground.areas["building"])
    assert told["today"]["located"][-1]["id"] == str(ground.areas["compound"])


def test_outside_every_area_it_says_so(ground) -> None:
    told = why.document(report(ground, OUTSIDE), NOW)
    assert (told["chain"], told["today"]) == ([], None)
    assert len(told["rules"]) == 1


def test_only_who_reads_the_ticket_reads_why(client, ground) -> None:
    ticket = report(ground, IN_WEST, post="west_worker")
    for post, status in ((None, 401), ("administrator", 403), ("worker", 404), ("west_worker", 200)):
        if post:
            client.force_login(ground.people[post])
        assert client.get(f"/api/tickets/{ticket.pk}/why").status_code == status, post
