"""What happens to a matter after its report: courses of moves, who makes them, how long they take. Plain logic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.town.seasons import DAY_S, Rng, Seconds, at_work

DESK, FIELD = 0, 1
HANDLE = -1.0
"""Stands for the hours that a category takes."""
HANDLE_HOURS: dict[str, float] = {
    "lift_fault": 6, "blocked_exit": 1, "wire_hazard": 6, "water_supply": 7, "heating": 8, "drain_blocked": 7,
    "litter": 6, "noise": 5, "parking": 4, "elder_care": 5, "ill_alone": 1, "accident": 1, "gathering": 2,
    "policy_question": 3, "wish": 150, "project": 400, "lift_replacement": 400,
}  # fmt: skip
USUAL_HOURS = 40.0
AT_ONCE = frozenset(
    {
        "lift_fault", "blocked_exit", "wire_hazard", "water_supply", "heating", "drain_blocked", "ill_alone",
        "accident", "gathering",
    }
)  # fmt: skip
"""Somebody is on duty for these at any hour."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a course: its verb, about how many hours after the one before, who makes it, why."""

    verb: str
    hours: float
    who: int
    reason: str = ""


DISPATCHED = (Move("accept", 0.5, DESK), Move("dispatch", 0.4, DESK), Move("sign", 1.5, FIELD))
IN_HAND = (*DISPATCHED, Move("start", 1.0, FIELD))
DONE = (Move("handle", HANDLE, FIELD), Move("verify", 6.0, DESK), Move("close", 3.0, DESK))
AGAIN = (Move("dispatch", 1.0, DESK), Move("sign", 3.0, FIELD), Move("start", 2.0, FIELD))


def _returned(reason: str) -> tuple[Move, ...]:
    """Sent back once before somebody else takes it."""
    return (*DISPATCHED, Move("return", 2.0, FIELD, reason), *AGAIN, *DONE)


def _paused(reason: str, hours: float) -> tuple[Move, ...]:
    """Stopped for something that is missing."""
    return (*IN_HAND, Move("pause", 3.0, FIELD, reason), Move("resume", hours, FIELD), *DONE)


def _redone(reason: str) -> tuple[Move, ...]:
    """Not well done the first time."""
    return (*IN_HAND, DONE[0], Move("redo", 8.0, DESK, reason), *DONE)


def _reopened(reason: str) -> tuple[Move, ...]:
    """Closed, and there again."""
    return (*IN_HAND, *DONE, Move("reopen", 90.0, DESK, reason), *AGAIN, *DONE)


def _refused(reason: str) -> tuple[Move, ...]:
    """Not a matter for the grids."""
    return (Move("refuse", 2.0, DESK, reason),)


COURSES: tuple[tuple[float, tuple[Move, ...]], ...] = (
    (0.430, (*IN_HAND, *DONE)),
    (0.400, (*IN_HAND, DONE[0], Move("reply", 1.5, FIELD, "已到现场处理完毕，感谢您的反映"), *DONE[1:])),
    (0.018, _refused("不属于受理范围")),
    (0.012, _refused("重复上报")),
    (0.025, _returned("不在本网格")),
    (0.015, _returned("不属于本岗位职责")),
    (0.005, (*DISPATCHED, Move("return", 2.0, FIELD, "位置或事项不清"), *AGAIN,
             Move("return", 5.0, FIELD, "不在本网格"), *AGAIN, *DONE)),
    (0.022, _paused("等待配件材料", 40.0)),
    (0.018, _paused("天气原因", 60.0)),
    (0.015, _redone("问题未解决")),
    (0.020, _redone("只解决一部分")),
    (0.020, _reopened("居民反映又出现")),
)  # fmt: skip
"""Share of all matters and the moves of each course."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The moves of many matters, one after the other: `first` says where those of each begin (n + 1)."""

    first: NDArray[np.int64]
    verb: NDArray[np.int8]
    at: Seconds
    who: NDArray[np.int8]
    reason: NDArray[np.int8]


VERBS: list[str] = sorted({move.verb for _share, course in COURSES for move in course})
REASONS: list[str] = sorted({move.reason for _share, course in COURSES for move in course})


def follow(reported: Seconds, category: NDArray[np.int16], names: list[str], end: int, rng: Rng) -> Steps:
    """The moves of every matter until `end`: mostly straight through, some with a detour, some still under way."""
    number = len(reported)
    shares = np.array([share for share, _course in COURSES])
    kind = rng.choice(len(COURSES), number, p=shares / shares.sum())
    hours = np.array([HANDLE_HOURS.get(name, USUAL_HOURS) for name in names])[category]
    always = np.array([name in AT_ONCE for name in names])[category]
    days = (end - reported) / DAY_S
    # what is old has nearly all come to its end
    waiting = np.select([days < 1.2, days < 5, days < 14], [0.6, 0.15, 0.03], 0.004)
    stuck = rng.random(number) < waiting
    parts: list[tuple[NDArray[np.int64], ...]] = []
    for which, (_share, course) in enumerate(COURSES):
        chosen = np.flatnonzero(kind == which)
        length = np.where(
            stuck[chosen] & (len(course) > 1), rng.integers(1, max(2, len(course)), len(chosen)), len(course)
        )
        at = reported[chosen].copy()
        going = np.ones(len(chosen), np.bool_)
        for place, move in enumerate(course):
            wait = hours[chosen] if move.hours == HANDLE else move.hours
            passed = (3600 * wait * rng.lognormal(0.0, 0.7, len(chosen))).astype(np.int64) + 60
            at = at_work(at + passed, always[chosen], rng)
            going &= (place < length) & (at < end)
            here = np.flatnonzero(going)
            rows = chosen[here]
            said = (VERBS.index(move.verb), move.who, REASONS.index(move.reason))
            parts.append((rows, at[here], np.full(len(rows), place), *(np.full(len(rows), code) for code in said)))
    ticket, when, order, verb, who, reason = (np.concatenate(column) for column in zip(*parts, strict=True))
    sequence = np.argsort(ticket * 64 + order, kind="stable")
    return Steps(
        first=np.concatenate([[0], np.cumsum(np.bincount(ticket, minlength=number))]).astype(np.int64),
        verb=verb[sequence].astype(np.int8),
        at=when[sequence],
        who=who[sequence].astype(np.int8),
        reason=reason[sequence].astype(np.int8),
    )
