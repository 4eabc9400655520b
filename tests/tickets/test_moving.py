"""Moves of a ticket: who, from which version, with what reason; races, replayed clocks, and the database guard."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, ProgrammingError, connection, transaction

from gis.shared.errors import Conflict, Invalid, Missing, Problem, Refused, Stale
from layers.tickets import deadlines, workflow
from layers.tickets.actions import move_ticket
from layers.tickets.actions.effects import Pin
from layers.tickets.actions.moving import open_moves
from layers.tickets.actions.storing import CLOCKS
from layers.tickets.models import MoveReason, State, Ticket, TicketEvent, Verb

from .conftest import IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, NOW, OUTSIDE, POSTS
from .test_reporting import report

WHOLE_WAY = (
    ("sign", "worker"), ("start", "worker"), ("handle", "worker"), ("verify", "east_desk"), ("close", "east_desk"),
)  # fmt: skip


def move(ground, ticket, verb, post, *, version=None, hours=1.0, **more):
    """A move by somebody of the test ground, so many hours after NOW, by default from the present version."""
    version = Ticket.objects.get(pk=ticket.pk).version if version is None else version
    actor = ground.people[post] if isinstance(post, str) else post
    return move_ticket(
        ticket_id=ticket.pk, verb=verb, actor=actor, version=version, now=NOW + timedelta(hours=hours), **more
    )


def said(ground, verb, *, hours=1.0):
    """What the table asks for with a move, said well."""
    asks = workflow.BY_VERB[verb].asks
    more = {"reason": "因为", "reason_code": f"{verb}_other" if workflow.BY_VERB[verb].listed else ""}
    if "until" in asks:
        days = 29 if verb == "pause" else 40
        more["until"] = NOW + timedelta(hours=hours, days=days)
    if "area" in asks:
        more["area"] = ground.areas["building"]
    if "place" in asks:
        more["pin"] = Pin(*IN_BUILDING)
    return more


WAYS = {
    "reported": [], "accepted": ["accept"], "refused": ["refuse"], "dispatched": ["accept", "dispatch"],
    "returned": ["accept", "dispatch", "return"], "signed": ["accept", "dispatch", "sign"],
    "in_hand": ["accept", "dispatch", "sign", "start"], "paused": ["accept", "dispatch", "sign", "start", "pause"],
    "handled": ["accept", "dispatch", "sign", "start", "handle"], "merged": ["merge"],
}  # fmt: skip
WAYS["verified"] = [*WAYS["handled"], "verify"]
WAYS["closed"] = [*WAYS["verified"], "close"]
WAYS["reopened"] = [*WAYS["closed"], "reopen"]
WAYS["rated"] = [*WAYS["closed"], "rate"]


def bring(ground, state):
    """A ticket in a state: by its moves, and by hand where a move has no door yet."""
    ticket = report(ground, OUTSIDE)
    for verb in WAYS[state]:
        step = workflow.BY_VERB[verb]
        if step.later:
            now = Ticket.objects.get(pk=ticket.pk)
            last = TicketEvent.objects.create(
                ticket=now, seq=now.version + 1, verb=verb, from_state=now.state, to_state=state,
                at=NOW + timedelta(hours=1), recorded_at=NOW, responsible_area_id=now.responsible_area_id,
            )  # fmt: skip
            follow = {"state": state, "version": last.seq, "changed_at": last.at, "due_at": None}
            Ticket.objects.filter(pk=now.pk).update(**follow)
        else:
            move(ground, ticket, verb, "department" if "department" in step.roles else "desk", **said(ground, verb))
    return Ticket.objects.get(pk=ticket.pk)


def test_from_pin_to_closure(ground) -> None:
    ticket = report(ground, IN_EAST)
    for step, (verb, post) in enumerate(WHOLE_WAY, start=1):
        moved = move(ground, ticket, verb, post, hours=step)
        assert moved.state == workflow.BY_VERB[verb].target
        assert moved.version == 3 + step
    events = ticket.events.order_by("seq")
    assert [event.verb for event in events] == ["report", "accept", "dispatch", *(verb for verb, _ in WHOLE_WAY)]
    assert [event.account for event in events][-1] == ground.people["east_desk"]
    assert moved.due_at is None


def test_stored_due_times_are_those_that_replaying_gives(ground) -> None:
    ticket = report(ground, IN_EAST)
    steps = [
        ("sign", {}),
        ("start", {}),
        ("pause", {"reason": "等配件", "until": NOW + timedelta(days=2)}),
        ("resume", {}),
        ("return", {"reason_code": "return_wrong_duty"}),
    ]
    for hours, (verb, more) in enumerate(steps, start=1):
        moved = move(ground, ticket, verb, "worker", hours=hours, **more)
        clocks = deadlines.replay([event.step for event in moved.events.order_by("seq")], moved.category.hours)
        assert {name: getattr(moved, name) for name in CLOCKS} == {name: getattr(clocks, name) for name in CLOCKS}
    assert moved.handle_due_at == NOW + timedelta(hours=169), "one hour of pause"


def test_whoever_handled_it_does_not_verify_it(ground) -> None:
    ticket = report(ground, IN_COMPOUND)
    for verb in ("sign", "start", "handle"):
        move(ground, ticket, verb, "chief")
    with pytest.raises(Refused) as problem:
        move(ground, ticket, "verify", "chief")
    assert problem.value.kind == "own-handling"
    left = open_moves(ground.people["chief"], Ticket.objects.get(pk=ticket.pk), NOW)
    assert [step.verb for step in left] == ["reply"]
    assert move(ground, ticket, "verify", "desk").state == "verified"


@pytest.mark.parametrize("state", workflow.STATES)
def test_an_impossible_move_is_answered_with_what_is_possible(ground, state) -> None:
    ticket = bring(ground, state)
    assert ticket.state == state
    desk = {allowed.verb for allowed in workflow.open_moves(state, {"front_desk"})}
    for verb in workflow.VERBS:
        if state in workflow.BY_VERB[verb].sources:
            continue
        with pytest.raises(Conflict) as problem:
            move(ground, ticket, verb, "desk", **said(ground, verb))
        assert {entry["verb"] for entry in problem.value.extra["possible"]} == desk
        assert problem.value.extra["state"] == state


@pytest.mark.parametrize("state", workflow.STATES)
@pytest.mark.parametrize("post", ["desk", "department"])
def test_every_move_that_is_offered_can_be_made(ground, state, post) -> None:
    ticket = bring(ground, state)
    offered = open_moves(ground.people[post], ticket, NOW)
    assert all(not step.later for step in offered)
    for step in offered:
        savepoint = transaction.savepoint()
        if step.verb == "escalate":  # here nobody above is in office
            with pytest.raises(Conflict) as problem:
                move(ground, ticket, "escalate", post, **said(ground, "escalate"))
            assert problem.value.kind == "no-tier-above"
        else:
            assert move(ground, ticket, step.verb, post, **said(ground, step.verb)).state == step.after(state)
        transaction.savepoint_rollback(savepoint)


def test_a_stale_version_is_told_what_happened_since(ground) -> None:
    ticket = report(ground, IN_EAST)
    move(ground, ticket, "sign", "worker")
    move(ground, ticket, "start", "worker")
    with pytest.raises(Stale) as problem:
        move(ground, ticket, "pause", "worker", version=4, reason="等配件", until=NOW + timedelta(days=2))
    assert problem.value.extra["version"] == 5
    assert [step["verb"] for step in problem.value.extra["since"]] == ["start"]


def test_a_reason_is_asked_for_and_kept(ground) -> None:
    ticket = report(ground, IN_EAST)
    with pytest.raises(Invalid) as problem:
        move(ground, ticket, "return", "worker", reason="  ")
    assert "reason" in problem.value.fields
    with pytest.raises(Invalid) as problem:
        move(ground, ticket, "return", "worker", reason="不是本岗")
    assert "reason_code" in problem.value.fields, "in words alone it cannot be counted"
    for code in ("pause_parts", "nonsense", "return_wrong_duty; DROP"):
        with pytest.raises(Invalid) as problem:
            move(ground, ticket, "return", "worker", reason="不是本岗", reason_code=code)
        assert problem.value.kind == "unknown-reason"
    with pytest.raises(Invalid) as problem:
        move(ground, ticket, "return", "worker", reason_code="return_other")
    assert "reason" in problem.value.fields, "“other” says nothing without words"
    MoveReason.objects.filter(code="return_unclear").update(valid_from=NOW - timedelta(days=9), valid_until=NOW)
    with pytest.raises(Invalid):
        move(ground, ticket, "return", "worker", reason_code="return_unclear")
    move(ground, ticket, "return", "worker", reason="<b>不是本岗</b>", reason_code="return_other")
    assert ticket.events.get(verb="return").reason == "<b>不是本岗</b>"
    with pytest.raises(Invalid):
        move(ground, ticket, "dispatch", "desk", reason="a\x00b")


def test_the_desk_gives_it_to_another_area_with_a_reason(ground) -> None:
    ticket = report(ground, IN_EAST)
    move(ground, ticket, "return", "worker", reason_code="return_wrong_grid")
    west = ground.areas["west"]
    with pytest.raises(Invalid):
        move(ground, ticket, "dispatch", "desk", area=west)
    with pytest.raises(Refused):
        move(ground, ticket, "dispatch", "east_desk", area=west, reason="属于西社区")
    moved = move(ground, ticket, "dispatch", "desk", area=west, reason="属于西社区")
    assert (moved.responsible_area_id, moved.responsible_because) == (west, "decision")
    assert moved.located_area_id == ground.areas["east"], "where it lies is a fact and stays"
    assert move(ground, ticket, "sign", "west_worker").state == "signed"
    with pytest.raises(Invalid):
        move(ground, ticket, "start", "west_worker", area=ground.areas["east"], reason="x")
    told = [event.responsible_area_id for event in ticket.events.order_by("seq")]
    assert told[-2:] == [west, west]


@pytest.mark.parametrize("post", POSTS)
def test_matrix_of_posts_inside_and_outside(ground, post) -> None:
    inside = {"desk", "east_desk", "chief", "worker", "leader", "planner", "analyst", "department"}
    ticket = report(ground, IN_COMPOUND)
    role = POSTS[post][0]
    for verb in workflow.VERBS:
        savepoint = transaction.savepoint()
        try:
            move(ground, ticket, verb, post, **said(ground, verb))
            outcome = "moved"
        except Problem as problem:
            outcome = problem.status
        transaction.savepoint_rollback(savepoint)
        if post not in inside:
            assert outcome == 404
        elif "dispatched" not in workflow.BY_VERB[verb].sources:
            assert outcome == 409
        else:
            step = workflow.BY_VERB[verb]
            assert outcome == (403 if role not in step.roles else 409 if step.later else "moved"), verb


def test_what_is_not_visible_is_not_there(ground) -> None:
    ticket = report(ground, IN_WEST, post="west_worker")
    with pytest.raises(Missing):
        move(ground, ticket, "sign", "worker")
    with pytest.raises(Missing):
        move(ground, ticket, "sign", AnonymousUser())
    with pytest.raises(Missing):
        move_ticket(ticket_id=uuid.uuid4(), verb="sign", actor=ground.people["desk"], version=1, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_fifty_accept_one_ticket_and_one_wins(racing_ground) -> None:
    ticket = report(racing_ground, OUTSIDE)
    won, lost, other = [], [], []
    barrier = threading.Barrier(50)

    def accept() -> None:
        barrier.wait()
        try:
            won.append(move(racing_ground, ticket, "accept", "desk", version=1).version)
        except Conflict as problem:
            lost.append({entry["verb"] for entry in problem.extra["possible"]})
        except Exception as problem:  # noqa: BLE001 - counted, so that none is lost
            other.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (won, lost, other) == ([2], [{"dispatch", "relocate", "reply"}] * 49, [])
    assert TicketEvent.objects.filter(ticket=ticket).count() == 2


def test_words_and_guard_know_the_same_table(ground) -> None:
    assert tuple(State.values) == workflow.STATES
    assert set(Verb.values) == {"report", *workflow.VERBS}
    with connection.cursor() as cursor:
        cursor.execute("SELECT verb, from_state, to_state FROM tickets_allowed_move")
        assert set(cursor.fetchall()) == workflow.steps() | {("report", "", "reported")}


def test_permissions_and_workflow_name_the_same_roles() -> None:
    from grids.permissions import roles_for

    for step in workflow.MOVES:
        assert set(roles_for(step.permit)) == step.roles - {"rule", "resident"}, step.verb


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tickets_ticketevent SET reason = 'x'",
        "DELETE FROM tickets_ticketevent",
        "DELETE FROM tickets_ticket",
    ],
)
def test_the_database_keeps_what_happened(ground, statement) -> None:
    report(ground, OUTSIDE)
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"state": "closed", "version": 2}, "tickets_state_is_last_event"),
        ({"state": "verified", "version": 2}, "no move"),
        ({"state": "accepted"}, "new version"),
    ],
)
def test_the_database_refuses_states_that_no_event_made(ground, changes, guard) -> None:
    ticket = report(ground, OUTSIDE)

    def change() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            Ticket.objects.filter(pk=ticket.pk).update(**changes)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as problem:
        change()
    told = f"{problem.value} {problem.value.__cause__.diag.constraint_name}"
    assert guard in told


def test_the_database_refuses_events_out_of_order(ground) -> None:
    ticket = report(ground, OUTSIDE)
    first = ticket.events.get()
    for changes in ({"seq": 3}, {"from_state": "accepted"}, {"at": NOW - timedelta(hours=1)}):
        given = {
            "ticket": ticket, "seq": 2, "verb": "accept", "from_state": "reported", "to_state": "accepted", "at": NOW,
            "recorded_at": NOW, "responsible_area_id": first.responsible_area_id,
        } | changes  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            TicketEvent.objects.create(**given)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("number = 'X-1'", "tickets_facts_stay"),
        ("reported_at = reported_at - interval '1 day', version = version + 1", "tickets_facts_stay"),
        ("urgency = 'low'", "tickets_facts_stay"),
        ("due_at = due_at + interval '1 year'", "tickets_changed_by_step"),
        ("handle_due_at = NULL", "tickets_changed_by_step"),
        ("responsible_because = 'decision'", "tickets_changed_by_step"),
        ("point = ST_Translate(point, 0.001, 0)", "tickets_changed_by_step"),
        ("version = version - 1", "tickets_state_is_last_event"),
        ("due_at = due_at + interval '1 year', version = version + 1", "tickets_state_is_last_event"),
        ("handle_due_at = NULL, version = version + 1", "tickets_state_is_last_event"),
    ],
)
def test_plain_sql_changes_neither_what_was_reported_nor_its_clocks(ground, change, guard) -> None:
    ticket = report(ground, IN_EAST)

    def changed() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE tickets_ticket SET {change} WHERE id = %s", [ticket.pk])
            connection.check_constraints()

    with pytest.raises(IntegrityError) as refused:
        changed()
    assert refused.value.__cause__.diag.constraint_name == guard
    move(ground, ticket, "sign", "worker")
    connection.check_constraints()
