"""The ticket table: every state × move × role, what a refusal names, and the printed diagram."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.tickets import workflow

ROLES = ("front_desk", "chief", "worker", "department", "planner", "leader", "auditor", "rule")

# Written out by hand from the design, on purpose not derived from the table under test.
EXPECTED = {
    ("reported", "accept"): ("accepted", {"front_desk", "chief", "rule"}),
    ("reported", "refuse"): ("refused", {"front_desk", "chief"}),
    ("reported", "settle"): ("closed", {"rule"}),
    ("accepted", "dispatch"): ("dispatched", {"front_desk", "chief", "rule"}),
    ("returned", "dispatch"): ("dispatched", {"front_desk", "chief", "rule"}),
    ("reopened", "dispatch"): ("dispatched", {"front_desk", "chief", "rule"}),
    ("dispatched", "sign"): ("signed", {"worker", "chief", "department"}),
    ("dispatched", "return"): ("returned", {"worker", "chief", "department"}),
    ("signed", "return"): ("returned", {"worker", "chief", "department"}),
    ("in_hand", "return"): ("returned", {"worker", "chief", "department"}),
    ("signed", "start"): ("in_hand", {"worker", "chief", "department"}),
    ("in_hand", "pause"): ("paused", {"worker", "chief", "department"}),
    ("paused", "resume"): ("in_hand", {"worker", "chief", "department"}),
    ("in_hand", "handle"): ("handled", {"worker", "chief", "department"}),
    ("handled", "verify"): ("verified", {"front_desk", "chief"}),
    ("handled", "redo"): ("in_hand", {"front_desk", "chief"}),
    ("verified", "close"): ("closed", {"front_desk", "chief"}),
    ("closed", "reopen"): ("reopened", {"front_desk", "chief"}),
}
NEEDS_REASON = {"refuse", "settle", "return", "pause", "redo", "reopen"}


@pytest.mark.parametrize("state", workflow.STATES)
def test_matrix_of_state_move_and_role(state: str) -> None:
    for verb, role in itertools.product(workflow.VERBS, ROLES):
        target, roles = EXPECTED.get((state, verb), ("", set()))
        if role in roles:
            assert workflow.check(state, verb, {role}, reason="why").target == target
            continue
        with pytest.raises(workflow.RefusalError) as refusal:
            workflow.check(state, verb, {role}, reason="why")
        assert refusal.value.code == ("role" if target else "impossible"), (verb, role)
        assert set(refusal.value.open_verbs) == {
            open_verb for (source, open_verb), (_, may) in EXPECTED.items() if source == state and role in may
        }


@pytest.mark.parametrize("verb", workflow.VERBS)
def test_a_reason_is_asked_for_exactly_where_the_table_says(verb: str) -> None:
    move = workflow.BY_VERB[verb]
    role = {min(move.roles)}
    if verb in NEEDS_REASON:
        with pytest.raises(workflow.RefusalError) as refusal:
            workflow.check(move.sources[0], verb, role, reason="  ")
        assert refusal.value.code == "reason"
    else:
        assert workflow.check(move.sources[0], verb, role) is move


@pytest.mark.parametrize("verb", ["verify", "redo"])
def test_whoever_handled_it_does_not_verify_it(verb: str) -> None:
    with pytest.raises(workflow.RefusalError) as refusal:
        workflow.check("handled", verb, {"chief"}, reason="why", is_handler=True)
    assert refusal.value.code == "handler"
    assert refusal.value.open_verbs == ()
    assert workflow.check("handled", verb, {"chief"}, reason="why").verb == verb


def test_an_unknown_move_is_named_and_what_is_open_is_listed() -> None:
    with pytest.raises(workflow.RefusalError) as refusal:
        workflow.check("reported", "teleport", {"front_desk"})
    assert refusal.value.code == "unknown_verb"
    assert refusal.value.open_verbs == ("accept", "refuse")
    with pytest.raises(ValueError, match="no such state"):
        workflow.moves_from("nowhere")


def test_every_state_can_be_reached_and_every_open_state_can_be_left() -> None:
    reached = {"reported"}
    for _ in workflow.STATES:
        reached |= {move.target for move in workflow.MOVES if reached & set(move.sources)}
    assert reached == set(workflow.STATES)
    assert all(workflow.moves_from(state) for state in workflow.OPEN)
    assert set(workflow.DESK_STATES) | set(workflow.FIELD_STATES) == set(workflow.OPEN)


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
    assert workflow.pairs() == {(source, target) for (source, _), (target, _) in EXPECTED.items()}


def test_the_diagram_in_the_docs_is_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "tickets.md").read_text(encoding="utf-8")
    assert workflow.diagram() in text, "docs/tickets.md is out of date: run manage.py ticket_diagram --write"
