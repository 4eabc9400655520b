"""When a ticket is due: clocks replayed from its events, in calendar time; plain Python.

Two clocks run: *sign* (from dispatch until somebody signs) and *handle* (from the report until the
matter is handled; not signing does not stop it, a pause does). Both are functions of the events alone,
so every stored due time can be computed again. Working time and the further clocks of the design
(first reply, verify) will be other `Hours` and other branches of `replay`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Hours:
    """What the catalogue allows for one category and urgency, in calendar hours."""

    sign: float
    handle: float


@dataclass(frozen=True, slots=True)
class Step:
    """What a clock needs to know of an event: its verb and its instant (aware)."""

    verb: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Clocks:
    """Due instants after some events; None where that clock does not run."""

    sign_due_at: datetime | None = None
    handle_due_at: datetime | None = None
    paused_at: datetime | None = None
    handle_left: timedelta | None = None
    """What was left of the handle clock when it stopped (a pause, or a handling that may be redone)."""

    @property
    def due_at(self) -> datetime | None:
        """The nearest of the running clocks, None where none runs."""
        running = [due for due in (self.sign_due_at, self.handle_due_at) if due is not None]
        return min(running, default=None)


def advance(clocks: Clocks, step: Step, hours: Hours) -> Clocks:
    """The clocks after one more event."""
    sign = step.at + timedelta(hours=hours.sign)
    handle = step.at + timedelta(hours=hours.handle)
    match step.verb:
        case "report" | "reopen":
            return Clocks(handle_due_at=handle)
        case "dispatch":
            return replace(clocks, sign_due_at=sign)
        case "sign" | "return":
            return replace(clocks, sign_due_at=None)
        case "pause" | "handle":
            left = clocks.handle_due_at - step.at if clocks.handle_due_at is not None else None
            return Clocks(paused_at=step.at, handle_left=left)
        case "resume" | "redo":
            due = step.at + clocks.handle_left if clocks.handle_left is not None else handle
            return Clocks(handle_due_at=due)
        case "refuse" | "settle" | "verify" | "close":
            return Clocks()
        case _:
            return clocks


def course(steps: Iterable[Step], hours: Hours) -> list[Clocks]:
    """The clocks after each event of a ticket, given in their order."""
    clocks = Clocks()
    told: list[Clocks] = []
    for step in steps:
        clocks = advance(clocks, step, hours)
        told.append(clocks)
    return told


def replay(steps: Iterable[Step], hours: Hours) -> Clocks:
    """The clocks after all events of a ticket, given in their order."""
    told = course(steps, hours)
    return told[-1] if told else Clocks()


def overdue(due_at: datetime | None, now: datetime) -> bool:
    """True when a clock still runs and its instant has passed."""
    return due_at is not None and due_at <= now
