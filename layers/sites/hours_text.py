"""Opening hours as a line of text, for tables and files: read in Chinese, English or OpenStreetMap's words. No Django.

"周一至周五 08:30-12:00,14:30-18:00; 周六 09:00-12:00; 2026-10-01至2026-10-07 休息" and
"Mo-Fr 08:30-12:00,14:30-18:00; Sa 09:00-12:00; 2026-10-01-2026-10-07 off" say the same. A day that is not named is
closed; a day told twice is a mistake, not a correction. "休息" (off) alone is a place that never opens; an empty text
and "未知" (unknown) say that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from layers.sites.hours import DAYS, EXCEPTIONS, HoursFault, check_hours, dates_of, week_known

ALL_DAY = [["00:00", "24:00"]]
WORDS: dict[str, tuple[str, ...]] = {
    "mon": ("周一", "星期一", "礼拜一", "monday", "mon", "mo"),
    "tue": ("周二", "星期二", "礼拜二", "tuesday", "tues", "tue", "tu"),
    "wed": ("周三", "星期三", "礼拜三", "wednesday", "wed", "we"),
    "thu": ("周四", "星期四", "礼拜四", "thursday", "thurs", "thu", "th"),
    "fri": ("周五", "星期五", "礼拜五", "friday", "fri", "fr"),
    "sat": ("周六", "星期六", "礼拜六", "saturday", "sat", "sa"),
    "sun": ("周日", "周天", "星期日", "星期天", "礼拜日", "礼拜天", "sunday", "sun", "su"),
}
GROUPS: dict[str, tuple[str, ...]] = {
    "每天": DAYS, "每日": DAYS, "daily": DAYS, "every day": DAYS,
    "工作日": DAYS[:5], "weekdays": DAYS[:5], "双休日": DAYS[5:], "周末": DAYS[5:], "weekend": DAYS[5:],
}  # fmt: skip
CLOSED = ("休息", "不开放", "关闭", "关", "闭馆", "closed", "off")
UNKNOWN = ("未知", "不详", "不清楚", "unknown", "not known")
"""Told of the whole week; the first is written in Chinese, the fourth in English."""
WHOLE = ("全天", "24小时", "all day", "24h", "00:00-00:00")
_SHORT_ZH = dict(zip(DAYS, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True))
_SHORT_EN = dict(zip(DAYS, ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), strict=True))
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(?:次日)?\s*(\d{1,2}):(\d{2})")
_PLAIN = str.maketrans("：－–—~～至到，、；\n", ":-------,,;;")
_DAY_WORDS = sorted(((word, day) for day, words in WORDS.items() for word in words), key=lambda one: -len(one[0]))


def parse(text: str) -> dict[str, Any]:
    """Opening hours out of a line of text, checked; an empty text is {}, not known. Raises HoursFault."""
    hours: dict[str, Any] = {}
    unknown = ""
    exceptions: dict[str, Any] = {}
    for part in text.strip().translate(_PLAIN).split(";"):
        rule = " ".join(part.lower().split())
        if not rule or rule in UNKNOWN:
            unknown = unknown or rule
            continue
        if rule == "24/7":
            rule = "daily all day"
        dates, rest = _dates(rule)
        if dates:
            _once(exceptions, dates, _row(rest, part))
            continue
        days, rest = _days(rule)
        row = _row(rest, part)
        for day in days:
            _once(hours, day, row)
    if hours and unknown:
        raise HoursFault("no-rule", text=unknown)
    if exceptions:
        hours[EXCEPTIONS] = exceptions
    check_hours(hours)
    return hours


def write(hours: Mapping[str, Any], *, english: bool = False) -> str:
    """The line of text that `parse` reads back; neighbouring days with the same spans stand together."""
    short = _SHORT_EN if english else _SHORT_ZH
    parts = []
    if not week_known(hours):
        parts.append(UNKNOWN[3] if english else UNKNOWN[0])
    elif not any(hours.get(day) for day in DAYS):
        parts.append(f"Mo-Su {CLOSED[-1]}" if english else f"每天 {CLOSED[0]}")
    for first, last, row in _stretches(hours):
        days = short[first] if first == last else f"{short[first]}-{short[last]}" if english else ""
        parts.append(f"{days or (short[first] + '至' + short[last])} {_spans(row, english=english)}")
    for key in sorted(hours.get(EXCEPTIONS) or {}):
        begun, _slash, ended = key.partition("/")
        days = begun if not ended else f"{begun}-{ended}" if english else f"{begun}至{ended}"
        parts.append(f"{days} {_spans(hours[EXCEPTIONS][key], english=english)}")
    return "; ".join(parts)


def _stretches(hours: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(first, last, row) of neighbouring days that are open alike; closed days are left out."""
    begun: str | None = None
    for at, day in enumerate(DAYS):
        row = hours.get(day) or []
        begun = begun or (day if row else None)
        following = hours.get(DAYS[at + 1]) or [] if at < 6 else None
        if begun and following != row:
            yield begun, day, row
            begun = None


def _spans(row: Any, *, english: bool) -> str:
    """One day's spans in words."""
    if not row:
        return "off" if english else "休息"
    return ",".join(f"{start}-{end}" for start, end in row)


def _once(table: dict[str, Any], key: str, row: Any) -> None:
    """Write a row down; raises HoursFault when one stands there."""
    if key in table:
        raise HoursFault("twice", day=key)
    table[key] = row


def _dates(rule: str) -> tuple[str, str]:
    """An exception's key at the beginning of a rule ("" when it begins with no date), and what follows."""
    found = _DATE.match(rule)
    if found is None:
        return "", rule
    key = _iso(found)
    rest = rule[found.end() :].lstrip()
    until = _DATE.match(rest[1:].lstrip()) if rest[:1] in ("-", "/") else None
    if until is not None:
        key = f"{key}/{_iso(until)}"
        rest = rest[1:].lstrip()[until.end() :]
    dates_of(key)
    return key, rest.strip()


def _iso(found: re.Match[str]) -> str:
    """2026-10-01."""
    return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"


def _days(rule: str) -> tuple[list[str], str]:
    """The weekdays at the beginning of a rule, all of them when none is named, and what follows."""
    found: list[str] = []
    rest = rule
    while True:
        rest = rest.lstrip(" ,")
        group = next((word for word in GROUPS if rest.startswith(word)), "")
        first = "" if group else _day(rest)
        if group:
            found += GROUPS[group]
            rest = rest[len(group) :]
        elif first:
            rest = rest[len(first) :].lstrip()
            from_day = to_day = _name(first)
            if rest.startswith("-") and (last := _day(rest[1:].lstrip())):
                rest = rest[1:].lstrip()[len(last) :]
                to_day = _name(last)
            at, until = DAYS.index(from_day), DAYS.index(to_day)
            found += DAYS[at : until + 1] if at <= until else (*DAYS[at:], *DAYS[: until + 1])
        else:
            break
    return found or list(DAYS), rest.lstrip(" :,")


def _day(text: str) -> str:
    """The word for a weekday at the beginning of a text, or ""."""
    return next((word for word, _day in _DAY_WORDS if text.startswith(word)), "")


def _name(word: str) -> str:
    """Which day a word means."""
    return next(day for known, day in _DAY_WORDS if known == word)


def _row(text: str, whole: str) -> list[list[str]]:
    """The spans behind a rule's days; raises HoursFault with the whole rule when they are none."""
    if text in CLOSED:
        return []
    if text in WHOLE:
        return [list(span) for span in ALL_DAY]
    spans = []
    for one in text.split(","):
        found = _SPAN.fullmatch(one.strip())
        if found is None:
            raise HoursFault("no-rule", text=whole.strip()[:60])
        spans.append([f"{int(found[1]):02d}:{found[2]}", f"{int(found[3]):02d}:{found[4]}"])
    return spans
