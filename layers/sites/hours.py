"""Opening hours as plain data: when a place is open, and when that changes next. No Django.

Hours are {"mon": [["08:30", "18:00"], …], …, "exceptions": {"2026-10-01": [["09:00", "12:00"]]}}, local wall-clock
times of the place; a span whose end is not after its start goes past midnight ("22:00"–"02:00"); "00:00"–"24:00" is
the whole day; a day left out is closed; an exception replaces its weekday.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXCEPTIONS = "exceptions"
Span = tuple[int, int]
"""Minutes after midnight, start and end; the end may lie on the next day (> 1440)."""

_TIME = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)$")
_LOOK_AHEAD_DAYS = 15


def minutes_of(text: str) -> int:
    """Minutes after midnight of "HH:MM" (up to "24:00"); raises ValueError for anything else."""
    found = _TIME.match(text) if isinstance(text, str) else None
    if found is None or int(found[1]) * 60 + int(found[2]) > 1440:
        raise ValueError(f"{text!r} is not a time of day like 08:30")
    return int(found[1]) * 60 + int(found[2])


def spans_of(row: Any) -> list[Span]:
    """The spans of one day's row, in order; raises ValueError when it is no list of pairs or they overlap."""
    if not isinstance(row, list | tuple):
        raise ValueError(f"{row!r} is not a list of spans")
    spans: list[Span] = []
    for pair in row:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ValueError(f"{pair!r} is not a pair of times")
        start, end = minutes_of(pair[0]), minutes_of(pair[1])
        spans.append((start, end if end > start else end + 1440))
    spans.sort()
    for before, after in zip(spans, spans[1:], strict=False):
        if after[0] < before[1]:
            raise ValueError("two spans of one day overlap")
    return spans


def check_hours(hours: Any) -> None:
    """Raise ValueError, naming the day, when hours are not of the form this module describes."""
    if not isinstance(hours, Mapping):
        raise ValueError("opening hours are a table of days")
    for key, value in hours.items():
        if key == EXCEPTIONS:
            if not isinstance(value, Mapping):
                raise ValueError("exceptions are a table of dates")
            for day, row in value.items():
                date.fromisoformat(day)
                spans_of(row)
        elif key in DAYS:
            spans_of(value)
        else:
            raise ValueError(f"{key!r} is not a day")


def spans_on(hours: Mapping[str, Any], day: date) -> list[Span]:
    """The spans that begin on a local day, exceptions first."""
    exceptions = hours.get(EXCEPTIONS) or {}
    row = exceptions.get(day.isoformat(), hours.get(DAYS[day.weekday()], []))
    return spans_of(row)


def is_open(hours: Mapping[str, Any], moment: datetime, zone: ZoneInfo) -> bool:
    """Whether a place with these hours is open at an instant, by the clock on its wall."""
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    return any(start <= minute < end for start, end in spans_on(hours, today)) or any(
        start <= minute + 1440 < end for start, end in spans_on(hours, yesterday)
    )


def changes_at(hours: Mapping[str, Any], moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The next instant at which the place opens (when closed) or closes (when open); None within two weeks."""
    now_open = is_open(hours, moment, zone)
    first = moment.astimezone(zone).date() - timedelta(days=1)
    edges: list[datetime] = []
    for step in range(_LOOK_AHEAD_DAYS + 1):
        day = first + timedelta(days=step)
        for span in spans_on(hours, day):
            edges += [_instant(day, minutes, zone) for minutes in span]
    for edge in sorted(edges):
        if edge > moment and is_open(hours, edge, zone) != now_open:
            return edge
    return None


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The instant at which a local clock shows so many minutes after a day's midnight."""
    later, rest = divmod(minutes, 1440)
    at = day + timedelta(days=later)
    return datetime(at.year, at.month, at.day, rest // 60, rest % 60, tzinfo=zone)
