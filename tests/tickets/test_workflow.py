"""The ticket table: every state × move × role, what a refusal names, and the printed diagram."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.tickets import workflow

ROLES = ("front_desk", "chief", "worker", "department", "planner", "leader", "auditor", "rule", "resident")
DESK, FIELD = {"front_desk", "chief"}, {"worker", "chief", "department"}
GIVEN = ("dispatched", "signed", "in_hand", "paused")
UNDER_WAY = ("accepted", "returned", "reopened", *GIVEN)

# Written out by hand from the design, on purpose not derived from the table under test.
EXPECTED = {
    ("reported", "accept"): ("accepted", DESK | {"rule"}),
    ("reported", "refuse"): ("refused", DESK),
    ("reported", "settle"): ("closed", {"rule"}),
    ("accepted", "dispatch"): ("dispatched", DESK | {"rule"}),
    ("returned", "dispatch"): ("dispatched", DESK | {"rule"}),
    ("reopened", "dispatch"): ("dispatched", DESK | {"rule"}),
    ("dispatched", "sign"): ("signed", FIELD),
    ("dispatched", "return"): ("returned", FIELD),
    ("signed", "return"): ("returned", FIELD),
    ("in_hand", "return"): ("returned", FIELD),
    ("signed", "start"): ("in_hand", FIELD),
    ("in_hand", "pause"): ("paused", FIELD),
    ("paused", "resume"): ("in_hand", FIELD),
    ("in_hand", "handle"): ("handled", FIELD),
    ("handled", "verify"): ("verified", DESK | {"resident"}),
    ("handled", "redo"): ("in_hand", DESK | {"resident"}),
    ("verified", "close"): ("closed", DESK),
    ("closed", "rate"): ("rated", {"resident"}),
    ("closed", "reopen"): ("reopened", DESK | {"rule"}),
    ("rated", "reopen"): ("reopened", DESK | {"rule"}),
    ("merged", "separate"): ("accepted", DESK),
    ("merged", "follow"): ("closed", {"rule"}),
}
EXPECTED |= {(state, "transfer"): ("dispatched", DESK) for state in GIVEN}
EXPECTED |= {(state, "escalate"): ("dispatched", DESK | FIELD | {"rule"}) for state in (*GIVEN, "returned")}
EXPECTED |= {(state, "relocate"): (state, DESK | FIELD) for state in ("reported", *UNDER_WAY)}
EXPECTED |= {(state, "request"): (state, FIELD) for state in GIVEN}
EXPECTED |= {(state, "extend"): (state, DESK) for state in GIVEN}
EXPECTED |= {(state, "reply"): (state, DESK | FIELD) for state in (*UNDER_WAY, "handled", "verified")}
EXPECTED |= {(state, "whistle"): (state, DESK) for state in UNDER_WAY}
EXPECTED |= {(state, "check_in"): (state, {"department"}) for state in UNDER_WAY}
EXPECTED |= {(state, "merge"): ("merged", DESK) for state in ("reported", *UNDER_WAY)}
EXPECTED |= {(state, "split"): (state, DESK) for state in UNDER_WAY}
EXPECTED |= {(state, "link"): (state, DESK | FIELD) for state in workflow.STATES}
LATER = {"rate", "whistle", "check_in", "merge", "separate", "follow", "split", "link"}
LISTED = {"refuse", "return"}
NEEDS_REASON = {
    "refuse", "settle", "return", "pause", "redo", "reopen", "transfer", "escalate", "relocate", "request", "extend",
    "reply", "whistle", "merge", "separate", "split",
}  # fmt: skip


@pytest.mark.parametrize("state", workflow.STATES)
def test_matrix_of_state_move_and_role(state: str) -> None:
    for verb, role in itertools.product(workflow.VERBS, ROLES):
        target, roles = EXPECTED.get((state, verb), ("", set()))
        if role in roles and verb not in LATER:
            assert workflow.check(state, verb, {role}, reason="why", listed=True).after(state) == target
            continue
        with pytest.raises(workflow.RefusalError) as refusal:
            workflow.check(state, verb, {role}, reason="why", listed=True)
        assert refusal.value.code == ("later" if role in roles else "role" if target else "impossible"), (verb, role)
        assert set(refusal.value.open_verbs) == {
            open_verb
            for (source, open_verb), (_, may) in EXPECTED.items()
            if source == state and role in may and open_verb not in LATER
        }


def test_no_move_is_in_the_table_that_the_design_does_not_know() -> None:
    found = {
        (source, move.verb): (move.after(source), set(move.roles)) for move in workflow.MOVES for source in move.sources
    }
    assert found == EXPECTED
    assert {move.verb for move in workflow.MOVES if move.later} == LATER


@pytest.mark.parametrize("verb", [verb for verb in workflow.VERBS if verb not in LATER])
def test_a_reason_is_asked_for_exactly_where_the_table_says(verb: str) -> None:
    move = workflow.BY_VERB[verb]
    role = {min(move.roles)}
    assert (move.verb in NEEDS_REASON) == move.reason
    if verb in NEEDS_REASON:
        with pytest.raises(workflow.RefusalError) as refusal:
            workflow.check(move.sources[0], verb, role, reason="  ")
        assert refusal.value.code == "reason"
    if verb in LISTED:
        with pytest.raises(workflow.RefusalError) as refusal:
            workflow.check(move.sources[0], verb, role, reason="because I say so")
        assert refusal.value.code == "listed"
    assert workflow.check(move.sources[0], verb, role, listed=True) is move


@pytest.mark.parametrize(
    ("verbs", "up"),
    [
        (["return", "dispatch", "return"], False),
        (["return", "dispatch", "return", "dispatch", "return"], True),
        (["return", "redo", "transfer"], False),
        (["redo", "handle", "redo", "handle", "redo"], True),
        (["transfer", "transfer", "transfer", "escalate", "transfer", "transfer"], False),
        (["return", "return", "return", "escalate", "return", "return", "return"], True),
        (["return", "return", "return", "dispatch"], False),
        ([], False),
    ],
)
def test_the_third_of_a_kind_puts_it_up_a_tier(verbs: list[str], up: bool) -> None:
    assert workflow.rises(verbs) == up


@pytest.mark.parametrize("verb", ["verify", "redo"])
def test_whoever_handled_it_does_not_verify_it(verb: str) -> None:
    with pytest.raises(workflow.RefusalError) as refusal:
        workflow.check("handled", verb, {"chief"}, reason="why", is_handler=True)
    assert refusal.value.code == "handler"
    assert refusal.value.open_verbs == ("reply",)
    assert workflow.check("handled", verb, {"chief"}, reason="why").verb == verb


def test_an_unknown_move_is_named_and_what_is_open_is_listed() -> None:
    with pytest.raises(workflow.RefusalError) as refusal:
        workflow.check("reported", "teleport", {"front_desk"})
    assert refusal.value.code == "unknown_verb"
    assert refusal.value.open_verbs == ("accept", "refuse", "relocate")
    with pytest.raises(ValueError, match="no such state"):
        workflow.moves_from("nowhere")


def test_every_state_can_be_reached_and_every_open_state_can_be_left() -> None:
    reached = {"reported"}
    for _ in workflow.STATES:
        reached |= {target for _verb, source, target in workflow.steps() if source in reached}
    assert reached == set(workflow.STATES)
    assert all(workflow.moves_from(state) for state in workflow.OPEN)
    assert {*workflow.DESK_STATES, *workflow.FIELD_STATES, *workflow.WAITING_STATES} == set(workflow.OPEN)


@settings(max_examples=50)
@given(st.lists(st.sampled_from([*workflow.VERBS, "teleport"]), max_size=12))
def test_replay_stops_exactly_where_the_table_does(verbs: list[str]) -> None:
    state, refused = "reported", False
    for verb in verbs:
        if (state, verb) not in EXPECTED:
            refused = True
            break
        state = EXPECTED[state, verb][0]
    if refused:
        with pytest.raises(workflow.RefusalError):
            workflow.replay(verbs)
    else:
        assert workflow.replay(verbs)[-1] == state


def test_pairs_are_those_of_the_design() -> None:
    assert workflow.steps() == {(verb, source, target) for (source, verb), (target, _) in EXPECTED.items()}
    assert workflow.pairs() == {(source, target) for (source, _), (target, _) in EXPECTED.items() if source != target}


def test_the_diagram_in_the_docs_is_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "tickets.md").read_text(encoding="utf-8")
    assert workflow.diagram() in text, "docs/tickets.md is out of date: run manage.py ticket_diagram --write"
