"""Clocks of a ticket: what starts, stops and moves them, and that replaying gives what advancing gave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.tickets import deadlines, workflow
from layers.tickets.deadlines import Clocks, Hours, Step

START = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
HOURS = Hours(sign=2, handle=24)


def at(hours: float) -> datetime:
    """The instant so many hours after START."""
    return START + timedelta(hours=hours)


def after(*steps: tuple[str, float]) -> Clocks:
    """The clocks after these (verb, hours after START)."""
    return deadlines.replay([Step(verb, at(hours)) for verb, hours in steps], HOURS)


REPORTED = [("report", 0.0), ("accept", 0.5), ("dispatch", 1.0)]


@pytest.mark.parametrize(
    ("steps", "sign", "handle"),
    [
        (REPORTED[:1], None, 24),
        (REPORTED, 3, 24),
        ([*REPORTED, ("sign", 2)], None, 24),
        ([*REPORTED, ("sign", 30)], None, 24),
        ([*REPORTED, ("sign", 2), ("start", 3), ("pause", 4), ("resume", 14)], None, 34),
        ([*REPORTED, ("return", 2), ("dispatch", 5)], 7, 24),
        ([*REPORTED, ("sign", 2), ("start", 3), ("handle", 10), ("redo", 20)], None, 34),
    ],
)
def test_what_is_due(steps: list[tuple[str, float]], sign: float | None, handle: float) -> None:
    clocks = after(*steps)
    assert clocks.sign_due_at == (None if sign is None else at(sign))
    assert clocks.handle_due_at == at(handle)
    assert clocks.due_at == at(min(handle, sign if sign is not None else handle))


def test_no_clock_runs_once_it_is_verified_or_ended_or_paused_without_a_term() -> None:
    started = [*REPORTED, ("sign", 2.0), ("start", 3.0)]
    handled = [*started, ("handle", 5.0)]
    for steps in (
        [*started, ("pause", 4.0)],
        [*handled, ("verify", 6.0)],
        [("report", 0.0), ("refuse", 1.0)],
    ):
        assert after(*steps).due_at is None


def test_reopening_starts_anew() -> None:
    closed = [*REPORTED, ("sign", 2.0), ("start", 3.0), ("handle", 5.0), ("verify", 6.0), ("close", 7.0)]
    assert after(*closed, ("reopen", 100.0)).handle_due_at == at(124)


def test_a_pause_after_the_due_time_stays_overdue() -> None:
    clocks = after(*REPORTED, ("sign", 2), ("start", 3), ("pause", 30), ("resume", 40))
    assert clocks.handle_due_at == at(34)
    assert deadlines.overdue(clocks.due_at, at(40))
    assert not deadlines.overdue(None, at(40))
    assert deadlines.overdue(at(1), at(1)), "due at the instant itself"


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(workflow.VERBS), st.floats(0, 200)), max_size=12))
def test_replaying_equals_advancing_and_pausing_never_shortens(moves: list[tuple[str, float]]) -> None:
    steps, clock = [Step("report", START)], 0.0
    for verb, gap in moves:
        clock += gap
        steps.append(Step(verb, at(clock)))
    clocks = Clocks()
    for step in steps:
        clocks = deadlines.advance(clocks, step, HOURS)
    assert clocks == deadlines.replay(steps, HOURS)
    if clocks.handle_due_at is not None:
        assert clocks.handle_due_at >= at(24)
