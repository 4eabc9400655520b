"""When matters come up in a year: seasons, days of the week, hours of the day, and when an office works. Plain logic.

Times are whole seconds of local time since 1970-01-01 (no zone), so that a day is always 86,400 long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.int64]
Rng = np.random.Generator

DAY_S = 86_400
MONTHS: dict[str, tuple[float, ...]] = {
    "heating": (9, 7, 3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 1, 6, 8),
    "water_supply": (2.4, 1.8, 1, 0.8, 0.8, 1, 1.2, 1.2, 0.8, 0.8, 1, 1.9),
    "drain_blocked": (0.6, 0.6, 0.8, 1, 1.2, 1.6, 2.6, 2.4, 1.4, 0.8, 0.6, 0.5),
    "leaking_roof": (0.4, 0.4, 0.6, 0.9, 1.1, 1.6, 2.8, 2.6, 1.5, 0.8, 0.5, 0.4),
    "road_damage": (1, 1.2, 1.4, 1.2, 1, 1, 1.3, 1.2, 1, 0.9, 0.9, 0.9),
    "street_lamp": (1.4, 1.2, 1, 0.9, 0.8, 0.7, 0.7, 0.8, 1, 1.2, 1.4, 1.5),
    "noise": (0.7, 0.7, 0.8, 1, 1.3, 1.6, 1.7, 1.6, 1.2, 1, 0.8, 0.6),
    "restaurant_fumes": (0.7, 0.6, 0.8, 1, 1.2, 1.5, 1.6, 1.5, 1.2, 0.9, 0.7, 0.7),
    "litter": (0.9, 1.2, 0.9, 0.9, 1, 1.2, 1.4, 1.3, 1, 0.9, 0.8, 0.8),
    "greenery": (0.2, 0.3, 1.2, 2, 1.8, 1.4, 1.2, 1, 0.9, 0.8, 0.5, 0.2),
    "stray_animal": (0.7, 0.8, 1.3, 1.5, 1.3, 1, 0.9, 0.9, 1, 1, 0.8, 0.7),
    "wire_hazard": (0.8, 0.7, 0.8, 0.9, 1.1, 1.3, 1.5, 1.4, 1.1, 0.9, 0.8, 0.7),
    "elder_care": (1.5, 1.4, 1, 0.9, 0.8, 0.9, 1.2, 1.2, 0.8, 0.8, 1, 1.3),
    "parking": (1.2, 1.6, 0.9, 0.9, 1, 0.9, 0.9, 0.9, 1, 1.1, 0.9, 1),
}
"""Weight of each month, January first; categories that are not here come alike all the year."""
AT_WEEKENDS: dict[str, float] = {
    "noise": 1.25, "restaurant_fumes": 1.2, "parking": 1.1, "lift_fault": 1.0, "water_supply": 1.0, "heating": 1.0,
    "blocked_exit": 0.9, "elder_care": 0.8, "errand": 0.2, "ill_alone": 1.0, "accident": 1.0, "gathering": 1.4,
    "policy_question": 0.2, "household_change": 0.2, "department_task": 0.1, "project": 0.2,
}  # fmt: skip
WEEKEND = 0.55
"""A Saturday or Sunday brings so many for one of a working day."""
WORK, HOME, LATE = "work", "home", "late"
HOURS: dict[str, tuple[float, ...]] = {
    WORK: (0, 0, 0, 0, 0, 0, 1, 4, 9, 12, 11, 7, 4, 6, 10, 11, 9, 6, 4, 2, 1, 1, 0, 0),
    HOME: (0, 0, 0, 0, 0, 0, 3, 8, 7, 6, 5, 5, 5, 4, 4, 4, 6, 8, 9, 9, 7, 3, 1, 0),
    LATE: (1, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 4, 5, 4, 3, 3, 4, 6, 9, 12, 13, 10, 5, 2),
}
"""Weight of each hour of the day: what offices and patrols find, what people at home notice, and the evenings."""
WHEN: dict[str, str] = {
    "noise": LATE, "restaurant_fumes": LATE, "parking": LATE, "street_lamp": LATE, "neighbour_quarrel": LATE,
    "heating": HOME, "water_supply": HOME, "lift_fault": HOME, "leaking_roof": HOME, "elder_care": HOME,
    "gathering": LATE, "ill_alone": HOME, "wish": HOME,
    "charging_pile": HOME, "wire_hazard": HOME, "stray_animal": HOME,
}  # fmt: skip
OPENS_S, CLOSES_S = 8 * 3600 + 1800, 18 * 3600
"""An office's day."""


def weekend(day: Seconds) -> NDArray[np.bool_]:
    """Whether days (since 1970-01-01, a Thursday) are Saturdays or Sundays."""
    return (day + 3) % 7 >= 5


def moments(categories: Sequence[str], category: NDArray[np.int16], end_day: int, days: int, rng: Rng) -> Seconds:
    """When each matter is reported, in the `days` days before `end_day`: by its season, weekday and hour."""
    calendar = np.arange(end_day - days, end_day)
    month = calendar.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    free = weekend(calendar)
    found = np.zeros(len(category), np.int64)
    for number, name in enumerate(categories):
        chosen = np.flatnonzero(category == number)
        weight = np.array(MONTHS.get(name, (1.0,) * 12))[month]
        weight = weight * np.where(free, AT_WEEKENDS.get(name, WEEKEND), 1.0)
        found[chosen] = rng.choice(calendar, len(chosen), p=weight / weight.sum()) * DAY_S
        found[chosen] += seconds_of_day(name, len(chosen), rng)
    return found


def seconds_of_day(name: str, number: int, rng: Rng) -> Seconds:
    """Seconds since midnight at which matters of a category are noticed."""
    weight = np.array(HOURS[WHEN.get(name, WORK)], dtype=float)
    hour = rng.choice(24, number, p=weight / weight.sum())
    return np.asarray(hour * 3600 + rng.integers(0, 3600, number), dtype=np.int64)


def at_work(when: Seconds, always: NDArray[np.bool_], rng: Rng) -> Seconds:
    """The same instants, or the next morning of a working day where an office was closed; `always` never waits.

    Two thirds of what falls on a weekend waits for Monday; somebody is on duty for the rest.
    """
    day, second = np.divmod(when, DAY_S)
    late = second > CLOSES_S
    next_day = day + late
    waits = weekend(next_day) & (rng.random(len(when)) < 0.67)
    monday = next_day + (7 - (next_day + 3) % 7)
    next_day = np.where(waits, monday, next_day)
    early = (next_day > day) | (second < OPENS_S)
    morning = next_day * DAY_S + OPENS_S + (rng.exponential(0.9, len(when)) * 3600).astype(np.int64)
    return np.asarray(np.where(always | ~early, when, np.maximum(when, morning)), dtype=np.int64)
