"""States of a ticket, the moves between them and who may make them: one table, plain Python.

The table is the only place where the flow is written down: the actions, the API, the database guard
(checked against it by a test) and the diagram in docs/tickets.md all come from it.
"""

from __future__ import annotations

from collections.abc import Collection
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
)
ENDED: frozenset[str] = frozenset({REFUSED, CLOSED})
OPEN: tuple[str, ...] = tuple(state for state in STATES if state not in ENDED)

REPORT = "report"
RULE = "rule"
"""The actor of moves that follow from a written rule, not from a person's decision."""

DESK: frozenset[str] = frozenset({"front_desk", "chief"})
FIELD: frozenset[str] = frozenset({"worker", "chief", "department"})


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed step: its verb, the states it leaves, the state it enters, and who may make it.

    `permit` is the verb of grids.permissions that covers it; a test holds `roles` equal to that table.
    """

    verb: str
    sources: tuple[str, ...]
    target: str
    permit: str
    roles: frozenset[str]
    reason: bool = False
    not_handler: bool = False
    """True where somebody other than the person who handled the matter must make the move."""


MOVES: tuple[Move, ...] = (
    Move("accept", (REPORTED,), ACCEPTED, "ticket.accept", DESK | {RULE}),
    Move("refuse", (REPORTED,), REFUSED, "ticket.accept", DESK, reason=True),
    Move("settle", (REPORTED,), CLOSED, "ticket.settle", frozenset({RULE}), reason=True),
    Move("dispatch", (ACCEPTED, RETURNED, REOPENED), DISPATCHED, "ticket.dispatch", DESK | {RULE}),
    Move("sign", (DISPATCHED,), SIGNED, "ticket.sign", FIELD),
    Move("return", (DISPATCHED, SIGNED, IN_HAND), RETURNED, "ticket.sign", FIELD, reason=True),
    Move("start", (SIGNED,), IN_HAND, "ticket.handle", FIELD),
    Move("pause", (IN_HAND,), PAUSED, "ticket.handle", FIELD, reason=True),
    Move("resume", (PAUSED,), IN_HAND, "ticket.handle", FIELD),
    Move("handle", (IN_HAND,), HANDLED, "ticket.handle", FIELD),
    Move("verify", (HANDLED,), VERIFIED, "ticket.verify", DESK, not_handler=True),
    Move("redo", (HANDLED,), IN_HAND, "ticket.verify", DESK, reason=True, not_handler=True),
    Move("close", (VERIFIED,), CLOSED, "ticket.close", DESK),
    Move("reopen", (CLOSED,), REOPENED, "ticket.close", DESK, reason=True),
)
BY_VERB: dict[str, Move] = {move.verb: move for move in MOVES}
VERBS: tuple[str, ...] = tuple(BY_VERB)

DESK_STATES: tuple[str, ...] = (REPORTED, ACCEPTED, RETURNED, REOPENED, HANDLED, VERIFIED)
"""States in which the next step is the front desk's."""
FIELD_STATES: tuple[str, ...] = (DISPATCHED, SIGNED, IN_HAND, PAUSED)
"""States in which the next step is the responsible person's."""


class RefusalError(ValueError):
    """A move that the table does not allow: `code` says why, `open_verbs` what is possible instead."""

    def __init__(self, code: str, *, state: str, verb: str, open_verbs: tuple[str, ...]) -> None:
        super().__init__(f"{verb} from {state}: {code}; open: {', '.join(open_verbs) or 'nothing'}")
        self.code = code
        self.state = state
        self.verb = verb
        self.open_verbs = open_verbs


def moves_from(state: str) -> tuple[Move, ...]:
    """All moves that leave `state`, whoever makes them; ValueError for a state that does not exist."""
    if state not in STATES:
        raise ValueError(f"no such state: {state!r}")
    return tuple(move for move in MOVES if state in move.sources)


def open_moves(state: str, roles: Collection[str], *, is_handler: bool = False) -> tuple[Move, ...]:
    """The moves that somebody with these roles over the ticket's area may make now."""
    return tuple(
        move for move in moves_from(state) if not move.roles.isdisjoint(roles) and not (move.not_handler and is_handler)
    )


def check(state: str, verb: str, roles: Collection[str], *, reason: str = "", is_handler: bool = False) -> Move:
    """The move `verb` makes from `state`; raises RefusalError.

    Codes, in the order in which they are looked at: unknown_verb, impossible (the state does not
    allow it), role, handler (who handled it cannot verify it), reason (one is required).
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
    if move.reason and not reason.strip():
        raise refusal("reason")
    return move


def pairs() -> frozenset[tuple[str, str]]:
    """Every (from, to) that any move makes: what the database guard lets through."""
    return frozenset((source, move.target) for move in MOVES for source in move.sources)


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
        states.append(move.target)
    return tuple(states)


def diagram() -> str:
    """The table as a Mermaid state diagram followed by a table of moves, as printed in docs/tickets.md."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {REPORTED}: {REPORT}"]
    lines += [f"    {source} --> {move.target}: {move.verb}" for move in MOVES for source in move.sources]
    lines += [f"    {state} --> [*]" for state in STATES if state in ENDED]
    lines += ["```", "", "| move | from | to | who | reason | not by the handler |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for move in MOVES:
        cells = (
            move.verb,
            ", ".join(move.sources),
            move.target,
            ", ".join(sorted(move.roles)),
            "required" if move.reason else "",
            "yes" if move.not_handler else "",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
