"""When a ticket is due: clocks replayed from its events, in calendar time; plain Python.

Four clocks run. *First reply*: from the report until it is accepted or not. *Sign*: from being given to somebody until
they sign. *Handle*: from the report until the matter is handled; not signing does not stop it, a pause does. *Verify*:
from the handling until somebody looks at it. A pause has an end of its own, at which the handle clock runs again.
All are functions of the events alone, so every stored due time can be computed again. Working time will be other
`Hours` and other branches of `advance`.
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
    reply: float = 24.0
    verify: float = 72.0


@dataclass(frozen=True, slots=True)
class Step:
    """What a clock needs to know of an event: its verb, its instant (aware), and until when a pause or extension is."""

    verb: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """Due instants after some events; None where that clock does not run."""

    sign_due_at: datetime | None = None
    handle_due_at: datetime | None = None
    reply_due_at: datetime | None = None
    verify_due_at: datetime | None = None
    paused_until: datetime | None = None
    """When a pause ends; whoever paused the matter is due to go on then."""
    handle_left: timedelta | None = None
    """What was left of the handle clock when it stopped (a pause, or a handling that may be redone)."""

    @property
    def due_at(self) -> datetime | None:
        """The nearest of the running clocks, None where none runs."""
        clocks = (self.sign_due_at, self.handle_due_at, self.reply_due_at, self.verify_due_at, self.paused_until)
        return min((due for due in clocks if due is not None), default=None)


def _going_on(clocks: Clocks, step: Step, hours: Hours) -> datetime:
    """When the matter is to be handled once its clock runs again.

    A pause that was to end earlier ended then: going on late does not win time.
    """
    if clocks.handle_due_at is not None:
        return clocks.handle_due_at
    if clocks.handle_left is None:
        return step.at + timedelta(hours=hours.handle)
    since = step.at if clocks.paused_until is None else min(step.at, clocks.paused_until)
    return since + clocks.handle_left


def _left(clocks: Clocks, at: datetime) -> timedelta | None:
    """What is left of the handle clock at an instant; negative where it has run out."""
    return clocks.handle_due_at - at if clocks.handle_due_at is not None else clocks.handle_left


def advance(clocks: Clocks, step: Step, hours: Hours) -> Clocks:
    """The clocks after one more event."""
    handle = step.at + timedelta(hours=hours.handle)
    match step.verb:
        case "report":
            return Clocks(handle_due_at=handle, reply_due_at=step.at + timedelta(hours=hours.reply))
        case "reopen":
            return Clocks(handle_due_at=handle)
        case "accept":
            return replace(clocks, reply_due_at=None)
        case "dispatch" | "transfer" | "escalate":
            sign = step.at + timedelta(hours=hours.sign)
            return Clocks(sign_due_at=sign, handle_due_at=_going_on(clocks, step, hours))
        case "sign" | "return":
            return replace(clocks, sign_due_at=None)
        case "pause":
            return Clocks(paused_until=step.until, handle_left=_left(clocks, step.at))
        case "handle":
            verify = step.at + timedelta(hours=hours.verify)
            return Clocks(verify_due_at=verify, handle_left=_left(clocks, step.at))
        case "resume" | "redo" | "separate":
            return Clocks(handle_due_at=_going_on(clocks, step, hours))
        case "extend" if step.until is not None:
            if clocks.handle_due_at is None:  # paused: what is left grows, the pause stays
                return replace(clocks, handle_left=step.until - (clocks.paused_until or step.at))
            return replace(clocks, handle_due_at=step.until)
        case "merge":
            return Clocks(handle_left=_left(clocks, step.at))
        case "refuse" | "settle" | "verify" | "close" | "follow" | "rate":
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
