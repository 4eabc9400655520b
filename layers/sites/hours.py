"""Opening hours as plain data: when a place is open, and when that changes next. No Django.

Hours are {"mon": [["08:30", "18:00"], …], …, "exceptions": {"2026-10-01": [["09:00", "12:00"]]}}, local wall-clock
times of the place. A span whose end is not after its start goes past midnight ("22:00"–"02:00") and lasts twelve hours
at most: a longer one was written the wrong way round. "00:00"–"24:00" is the whole day; an exception replaces its
weekday, or all days of "2026-10-01/2026-10-07". The database checks the same (`service_sites_hours_ok`).

Three states: open, closed, not known. Once any weekday is named (`"mon": []` will do) the week is known, and a day left
out is closed; seven empty days are a place that is known never to open. Hours that name no weekday, {} above all, are
not known: nobody told them, and that is not "closed". Only a day that an exception is about is known then
(docs/decisions/0038).
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

MIDNIGHT = 1440
LONGEST_NIGHT = 720
"""Minutes that a span past midnight may last."""
MOST_SPANS = 8
"""Spans of one day."""
MOST_EXCEPTIONS = 366
_TIME = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d))|24:00", re.ASCII)
_DATES = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:/(\d{4})-(\d\d)-(\d\d))?", re.ASCII)
_LOOK_AHEAD_DAYS = 15


class HoursFault(ValueError):
    """What is wrong with opening hours: a code, the day it is about ("" = all), and the words that are wrong."""

    def __init__(self, code: str, *, day: str = "", text: str = "") -> None:
        super().__init__(f"{code} {day} {text}".strip())
        self.code, self.day, self.text = code, day, text


def minutes_of(text: Any, *, day: str = "") -> int:
    """Minutes after midnight of "HH:MM" (up to "24:00"); raises HoursFault for anything else."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise HoursFault("no-time", day=day, text=str(text)[:20])
    return int(found[1]) * 60 + int(found[2]) if found[1] else MIDNIGHT


def spans_of(row: Any, *, day: str = "") -> list[Span]:
    """The spans of one day's row, in order; raises HoursFault when it is no list of pairs, or one is wrong."""
    if not isinstance(row, list | tuple) or len(row) > MOST_SPANS:
        raise HoursFault("no-spans", day=day)
    spans: list[Span] = []
    for pair in row:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise HoursFault("no-spans", day=day)
        start, end = minutes_of(pair[0], day=day), minutes_of(pair[1], day=day)
        if start == MIDNIGHT:
            raise HoursFault("no-time", day=day, text=pair[0])
        if end <= start:
            end += MIDNIGHT
            if end - start > LONGEST_NIGHT:
                raise HoursFault("backwards", day=day, text=f"{pair[0]}–{pair[1]}")
        spans.append((start, end))
    spans.sort()
    for before, after in zip(spans, spans[1:], strict=False):
        if after[0] < before[1]:
            raise HoursFault("overlap", day=day)
    return spans


def dates_of(key: Any) -> tuple[date, date]:
    """First and last day of an exception's key, "2026-10-01" or "2026-10-01/2026-10-07"; raises HoursFault."""
    found = _DATES.fullmatch(key) if isinstance(key, str) else None
    if found is None:
        raise HoursFault("no-date", day=str(key)[:30])
    try:
        first = date(int(found[1]), int(found[2]), int(found[3]))
        last = date(int(found[4]), int(found[5]), int(found[6])) if found[4] else first
    except ValueError as error:
        raise HoursFault("no-date", day=key) from error
    if last < first:
        raise HoursFault("dates-backwards", day=key)
    return first, last


def check_hours(hours: Any) -> None:
    """Raise HoursFault, naming the day, when hours are not of the form this module describes."""
    if not isinstance(hours, Mapping):
        raise HoursFault("no-table")
    week: dict[str, list[Span]] = {}
    for key, value in hours.items():
        if key == EXCEPTIONS:
            _check_exceptions(value)
        elif key in DAYS:
            week[key] = spans_of(value, day=key)
        else:
            raise HoursFault("no-day", day=str(key)[:20])
    for day, after in zip(DAYS, (*DAYS[1:], DAYS[0]), strict=True):
        night = max((end for _start, end in week.get(day, [])), default=0) - MIDNIGHT
        if any(start < night for start, _end in week.get(after, [])):
            raise HoursFault("night-overlap", day=day)


def _check_exceptions(value: Any) -> None:
    """Raise HoursFault when exceptions are no table of days, or two of them are about one day."""
    if not isinstance(value, Mapping) or len(value) > MOST_EXCEPTIONS:
        raise HoursFault("no-exceptions")
    known: list[tuple[date, date, str]] = []
    for key, row in value.items():
        known.append((*dates_of(key), key))
        spans_of(row, day=key)
    known.sort()
    for before, after in zip(known, known[1:], strict=False):
        if after[0] <= before[1]:
            raise HoursFault("exceptions-overlap", day=before[2], text=after[2])


def exception_on(hours: Mapping[str, Any], day: date) -> Any:
    """The row of the exception that holds on a local day; None when the weekday's does."""
    exceptions = hours.get(EXCEPTIONS) or {}
    text = day.isoformat()
    if text in exceptions:
        return exceptions[text]
    for key, row in exceptions.items():
        first, slash, last = key.partition("/")
        if slash and first <= text <= last:
            return row
    return None


def spans_on(hours: Mapping[str, Any], day: date) -> list[Span]:
    """The spans that begin on a local day, exceptions first."""
    row = exception_on(hours, day)
    return spans_of(hours.get(DAYS[day.weekday()], []) if row is None else row)


def week_known(hours: Mapping[str, Any]) -> bool:
    """Whether somebody told the week: any weekday is named, if only as closed."""
    return any(day in hours for day in DAYS)


def known_on(hours: Mapping[str, Any], day: date) -> bool:
    """Whether it is known when the place opens on a local day, be it not at all."""
    return week_known(hours) or exception_on(hours, day) is not None


def told_on(hours: Mapping[str, Any], day: date) -> str | None:
    """The spans that begin on a local day as signs that need no translation: "08:30–12:00 14:30–18:00", "" if none;
    None where they are not known."""
    if not known_on(hours, day):
        return None
    row = exception_on(hours, day)
    row = hours.get(DAYS[day.weekday()], []) if row is None else row
    return " ".join(f"{start}–{end}" for start, end in sorted(row))


def is_open(hours: Mapping[str, Any], moment: datetime, zone: ZoneInfo) -> bool | None:
    """Whether a place with these hours is open at an instant, by the clock on its wall; None: not known."""
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    if any(start <= minute < end for start, end in spans_on(hours, today)) or any(
        start <= minute + MIDNIGHT < end for start, end in spans_on(hours, yesterday)
    ):
        return True
    return False if known_on(hours, today) else None


def changes_at(hours: Mapping[str, Any], moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The next instant at which the place opens (when closed) or closes (when open); None when not within two weeks, or
    when that is not known: days that nobody told of lie before it."""
    now_open = is_open(hours, moment, zone)
    if now_open is None:
        return None
    first = moment.astimezone(zone).date() - timedelta(days=1)
    edges: list[datetime] = []
    for step in range(_LOOK_AHEAD_DAYS + 1):
        day = first + timedelta(days=step)
        if step and not known_on(hours, day):
            break
        for span in spans_on(hours, day):
            edges += [_instant(day, minutes, zone) for minutes in span]
    for edge in sorted(edges):
        if edge > moment and is_open(hours, edge, zone) != now_open:
            return edge
    return None


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The instant at which a local clock shows so many minutes after a day's midnight."""
    later, rest = divmod(minutes, MIDNIGHT)
    at = day + timedelta(days=later)
    return datetime(at.year, at.month, at.day, rest // 60, rest % 60, tzinfo=zone)
