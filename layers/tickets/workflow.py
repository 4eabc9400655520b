"""States of a ticket, the moves between them and who may make them: one table, plain Python.

The table is the only place where the flow is written down: the actions, the API, the database guard
(checked against it by a test) and the diagram in docs/tickets.md all come from it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

REPORTED = "reported"
ACCEPTED = "accepted"
REFUSED = "refused"
DISPATCHED = "dispatched"
SIGNED = "signed"
RETURNED = "returned"
IN_HAND = "in_hand"
PAUSED = "paused"
HANDLED = "handled"
VERIFIED = "verified"
CLOSED = "closed"
REOPENED = "reopened"
MERGED = "merged"
RATED = "rated"

STATES: tuple[str, ...] = (
    REPORTED,
    ACCEPTED,
    REFUSED,
    DISPATCHED,
    SIGNED,
    RETURNED,
    IN_HAND,
    PAUSED,
    HANDLED,
    VERIFIED,
    CLOSED,
    REOPENED,
    MERGED,
    RATED,
)
ENDED: frozenset[str] = frozenset({REFUSED, CLOSED, RATED})
OPEN: tuple[str, ...] = tuple(state for state in STATES if state not in ENDED)

DESK_STATES: tuple[str, ...] = (REPORTED, ACCEPTED, RETURNED, REOPENED, HANDLED, VERIFIED)
"""States in which the next step is the front desk's."""
FIELD_STATES: tuple[str, ...] = (DISPATCHED, SIGNED, IN_HAND, PAUSED)
"""States in which the next step is the responsible person's."""
WAITING_STATES: tuple[str, ...] = (MERGED,)
"""Open, but the next step is another ticket's."""
GIVEN: tuple[str, ...] = FIELD_STATES
UNDER_WAY: tuple[str, ...] = (ACCEPTED, RETURNED, REOPENED, *GIVEN)

REPORT = "report"
RULE = "rule"
"""The actor of moves that follow from a written rule, not from a person's decision."""
RESIDENT = "resident"
"""The actor of moves that the person who reported makes; no appointment gives this."""

DESK: frozenset[str] = frozenset({"front_desk", "chief"})
FIELD: frozenset[str] = frozenset({"worker", "chief", "department"})
CALLED: frozenset[str] = frozenset({"department"})

PAUSE_DAYS = 30
"""A pause ends within so many days; after that somebody decides again."""
EXTENSION_DAYS = 60
"""The time to handle a matter is extended by at most so many days at a time."""
RISING: dict[str, int] = {"return": 3, "redo": 3, "transfer": 3}
"""So many of one move, since the ticket last rose, put it up a tier by itself."""


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed step: its verb, the states it leaves, the state it enters, and who may make it.

    `permit` is the verb of grids.permissions that covers it; a test holds `roles` equal to that table.
    """

    verb: str
    sources: tuple[str, ...]
    target: str
    """The state entered; empty where the move leaves the state as it is."""
    permit: str
    roles: frozenset[str]
    reason: bool = False
    """A reason must be given: one of the list, or in words."""
    listed: bool = False
    """The reason must be one of the catalogue's."""
    not_handler: bool = False
    """True where somebody other than the person who handled the matter must make the move."""
    asks: tuple[str, ...] = ()
    """What else must be said: area (who shall answer), until, place, other (another ticket), department, stars."""
    later: bool = False
    """In the table, but its door comes with a later issue: no button, and the server refuses it."""

    def after(self, state: str) -> str:
        """The state a ticket is in after this move was made from `state`."""
        return self.target or state


MOVES: tuple[Move, ...] = (
    Move("accept", (REPORTED,), ACCEPTED, "ticket.accept", DESK | {RULE}),
    Move("refuse", (REPORTED,), REFUSED, "ticket.accept", DESK, reason=True, listed=True),
    Move("settle", (REPORTED,), CLOSED, "ticket.settle", frozenset({RULE}), reason=True),
    Move("dispatch", (ACCEPTED, RETURNED, REOPENED), DISPATCHED, "ticket.dispatch", DESK | {RULE}),
    Move("sign", (DISPATCHED,), SIGNED, "ticket.sign", FIELD),
    Move("start", (SIGNED,), IN_HAND, "ticket.handle", FIELD),
    Move("handle", (IN_HAND,), HANDLED, "ticket.handle", FIELD),
    Move("pause", (IN_HAND,), PAUSED, "ticket.handle", FIELD, reason=True, asks=("until",)),
    Move("resume", (PAUSED,), IN_HAND, "ticket.handle", FIELD),
    Move("return", (DISPATCHED, SIGNED, IN_HAND), RETURNED, "ticket.sign", FIELD, reason=True, listed=True),
    Move("verify", (HANDLED,), VERIFIED, "ticket.verify", DESK | {RESIDENT}, not_handler=True),
    Move("redo", (HANDLED,), IN_HAND, "ticket.verify", DESK | {RESIDENT}, reason=True, not_handler=True),
    Move("close", (VERIFIED,), CLOSED, "ticket.close", DESK),
    Move("rate", (CLOSED,), RATED, "ticket.rate", frozenset({RESIDENT}), asks=("stars",), later=True),
    Move("reopen", (CLOSED, RATED), REOPENED, "ticket.close", DESK | {RULE}, reason=True),
    Move("transfer", GIVEN, DISPATCHED, "ticket.dispatch", DESK, reason=True, asks=("area",)),
    Move("escalate", (*GIVEN, RETURNED), DISPATCHED, "ticket.escalate", DESK | FIELD | {RULE}, reason=True),
    Move("relocate", (REPORTED, *UNDER_WAY), "", "ticket.correct", DESK | FIELD, reason=True, asks=("place",)),
    Move("request", GIVEN, "", "ticket.handle", FIELD, reason=True, asks=("until",)),
    Move("extend", GIVEN, "", "ticket.dispatch", DESK, reason=True, asks=("until",)),
    Move("reply", (*UNDER_WAY, HANDLED, VERIFIED), "", "ticket.correct", DESK | FIELD, reason=True),
    Move("whistle", UNDER_WAY, "", "ticket.dispatch", DESK, reason=True, asks=("department",), later=True),
    Move("check_in", UNDER_WAY, "", "ticket.check_in", CALLED, later=True),
    Move("merge", (REPORTED, *UNDER_WAY), MERGED, "ticket.dispatch", DESK, reason=True, asks=("other",), later=True),
    Move("separate", (MERGED,), ACCEPTED, "ticket.dispatch", DESK, reason=True, later=True),
    Move("follow", (MERGED,), CLOSED, "ticket.settle", frozenset({RULE}), later=True),
    Move("split", UNDER_WAY, "", "ticket.dispatch", DESK, reason=True, later=True),
    Move("link", STATES, "", "ticket.correct", DESK | FIELD, asks=("other",), later=True),
)
BY_VERB: dict[str, Move] = {move.verb: move for move in MOVES}
VERBS: tuple[str, ...] = tuple(BY_VERB)
TIMED: frozenset[str] = frozenset(VERBS) - {
    move.verb for move in MOVES if {"place", "other", "department", "stars"} & set(move.asks)
} - {"check_in", "separate", "follow", "split"}  # fmt: skip
"""Moves that a history from elsewhere can tell with no more than a time, a name and a reason."""


class RefusalError(ValueError):
    """A move that the table does not allow: `code` says why, `open_verbs` what is possible instead."""

    def __init__(self, code: str, *, state: str, verb: str, open_verbs: tuple[str, ...]) -> None:
        super().__init__(f"{verb} from {state}: {code}; open: {', '.join(open_verbs) or 'nothing'}")
        self.code = code
        self.state = state
        self.verb = verb
        self.open_verbs = open_verbs


def moves_from(state: str) -> tuple[Move, ...]:
    """All moves that can be made in `state`, whoever makes them; ValueError for a state that does not exist."""
    if state not in STATES:
        raise ValueError(f"no such state: {state!r}")
    return tuple(move for move in MOVES if state in move.sources)


def open_moves(state: str, roles: Collection[str], *, is_handler: bool = False) -> tuple[Move, ...]:
    """The moves that somebody with these roles over the ticket's area may make now, by a door that exists."""
    return tuple(
        move
        for move in moves_from(state)
        if not move.later and not move.roles.isdisjoint(roles) and not (move.not_handler and is_handler)
    )


def check(
    state: str, verb: str, roles: Collection[str], *, reason: str = "", listed: bool = False, is_handler: bool = False
) -> Move:
    """The move `verb` makes from `state`; `listed` says that the reason is one of the catalogue's.

    Raises RefusalError. Codes, in the order in which they are looked at: unknown_verb, impossible (the state does
    not allow it), role, handler (who handled it cannot verify it), later (its door is not built), reason (one is
    required), listed (it must be one of the list).
    """
    possible = tuple(move.verb for move in open_moves(state, roles, is_handler=is_handler))

    def refusal(code: str) -> RefusalError:
        return RefusalError(code, state=state, verb=verb, open_verbs=possible)

    move = BY_VERB.get(verb)
    if move is None:
        raise refusal("unknown_verb")
    if state not in move.sources:
        raise refusal("impossible")
    if move.roles.isdisjoint(roles):
        raise refusal("role")
    if move.not_handler and is_handler:
        raise refusal("handler")
    if move.later:
        raise refusal("later")
    if move.reason and not (listed or reason.strip()):
        raise refusal("reason")
    if move.listed and not listed:
        raise refusal("listed")
    return move


def rises(verbs: Sequence[str]) -> bool:
    """Whether the last of these moves puts the ticket up a tier by itself: the third of its kind since it last rose."""
    if not verbs or verbs[-1] not in RISING:
        return False
    since = list(verbs)
    if "escalate" in since:
        since = since[len(since) - since[::-1].index("escalate") :]
    return since.count(verbs[-1]) >= RISING[verbs[-1]]


def pairs() -> frozenset[tuple[str, str]]:
    """Every change of state (from, to) that any move makes: what the database guard lets a ticket do."""
    return frozenset((source, after) for _verb, source, after in steps() if source != after)


def steps() -> frozenset[tuple[str, str, str]]:
    """Every (verb, from, to): what the database guard lets an event say."""
    return frozenset((move.verb, source, move.after(source)) for move in MOVES for source in move.sources)


def replay(verbs: Collection[str]) -> tuple[str, ...]:
    """The states passed when these verbs follow a report, first `reported`; raises RefusalError.

    Only the order is looked at: roles, reasons and persons are the business of whoever made the moves.
    """
    states = [REPORTED]
    for verb in verbs:
        move = BY_VERB.get(verb)
        code = "unknown_verb" if move is None else "impossible"
        if move is None or states[-1] not in move.sources:
            possible = tuple(open_move.verb for open_move in moves_from(states[-1]))
            raise RefusalError(code, state=states[-1], verb=verb, open_verbs=possible)
        states.append(move.after(states[-1]))
    return tuple(states)


def diagram() -> str:
    """The table as a Mermaid state diagram followed by a table of moves, as printed in docs/tickets.md."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {REPORTED}: {REPORT}"]
    lines += [
        f"    {source} --> {move.target}: {move.verb}" for move in MOVES if move.target for source in move.sources
    ]
    lines += [f"    {state} --> [*]" for state in STATES if state in ENDED]
    lines += ["```", "", "| move | from | to | who | reason | not by the handler | also asks | door |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for move in MOVES:
        cells = (
            move.verb,
            "any" if move.sources == STATES else ", ".join(move.sources),
            move.target or "stays",
            ", ".join(sorted(move.roles)),
            "from the list" if move.listed else "required" if move.reason else "",
            "yes" if move.not_handler else "",
            ", ".join(move.asks),
            "later" if move.later else "",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
