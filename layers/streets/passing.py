"""Who may pass a gate at a moment: from its state, its hours and the wall it stands in. Plain numpy, no Django.

A closed gate lets nobody through, whatever the compound's wall; outside its hours nobody passes either. A residents'
gate lets those in who live inside, as long as the compound is known to be walled: where nobody knows of a wall, people
come round it. A gate of which nobody knows for whom it is counts as open to all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from layers.streets.walking import HOMES, OPEN, SHUT


@dataclass(frozen=True, slots=True)
class State:
    """How a gate is, or was until an instant (None: still): what decides who passes."""

    status: str
    open_to: str
    open_from: time | None = None
    open_until: time | None = None
    until: datetime | None = None

    def who(self, moment: datetime, zone: ZoneInfo, *, walled: bool) -> int:
        """SHUT, OPEN or HOMES at an instant, by the clock on the gate."""
        if self.status == "closed" or not in_hours(self.open_from, self.open_until, moment, zone):
            return SHUT
        return HOMES if walled and self.open_to == "residents" else OPEN


@dataclass(frozen=True, slots=True)
class History:
    """The states of one gate, oldest first, the last without end; `drawn` is when it was put on the map, if it was."""

    states: Sequence[State]
    drawn: datetime | None = None

    def at(self, moment: datetime) -> State | None:
        """The state at an instant; None before it was drawn. What was there from the first has always been so."""
        if self.drawn is not None and moment < self.drawn:
            return None
        return next(one for one in self.states if one.until is None or moment < one.until)


def in_hours(start: time | None, end: time | None, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether a wall clock shows a time from `start` until `end`, past midnight when the end comes first."""
    if start is None or end is None:
        return True
    now = moment.astimezone(zone).time()
    return start <= now < end if start < end else now >= start or now < end


def passing(
    gates: NDArray[np.int32],
    walled: NDArray[np.bool_],
    histories: Mapping[int, History],
    moment: datetime,
    zone: ZoneInfo,
    clock: datetime | None = None,
) -> NDArray[np.int8]:
    """Who may pass p passages at an instant; the number of each one's gate, and whether its compound is walled.

    Gates are those of the moment; their hours are read by `clock` where it shows another time of the week.
    """
    who = np.full(len(gates), SHUT, np.int8)
    for p, (gate, wall) in enumerate(zip(gates.tolist(), walled.tolist(), strict=True)):
        history = histories.get(gate)
        state = history.at(moment) if history else None
        if state is not None:
            who[p] = state.who(clock or moment, zone, walled=wall)
    return who
