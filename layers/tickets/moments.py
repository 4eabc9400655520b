"""Dates and times as other systems write them → instants; plain Python. Nothing is guessed: what is unclear is asked.

A file's own times decide which order of day and month it uses: the form that reads (nearly) all of them. Where
two forms do and disagree, the sender must say which. Local times that a change of clocks skipped are errors; of
those it repeated, the first is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

ISO = "ISO 8601"
DAYS = ("%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y年%m月%d日", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FORMS: tuple[str, ...] = (ISO, *(day + time for day in DAYS for time in TIMES))
NEARLY_ALL = 0.9
FIGURES = re.compile(r"[\d\s]+")
PLAIN = {ord(sign): None for sign in "0123456789 \t\n\r\v\f\x1c\x1d\x1e\x1f"}


def signs_of(text: str) -> str:
    """What stands between the figures of a time: "//::" of 2026/03/10 08:15:00."""
    return text.translate(PLAIN) if text.isascii() else FIGURES.sub("", text)


class UnclearTimesError(ValueError):
    """No form reads the times (`forms` is empty) or several do and disagree; `example` is one of them."""

    def __init__(self, forms: tuple[str, ...], example: str) -> None:
        super().__init__(f"{example!r}: {', '.join(forms) or 'no known form'}")
        self.forms = forms
        self.example = example


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment read from a text; `twice` tells that the local clock showed it two times that night."""

    at: datetime
    twice: bool = False


def read(text: str, form: str) -> datetime | None:
    """A text in one form → datetime (naive unless it carries an offset), or None when it does not fit."""
    try:
        return datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None


LONGEST_DAY = len("2026年 3月 10日")
"""No text of one of DAYS is longer: of a longer one this is known without trying."""


class Reader:
    """Many texts in one form: the same answers as `read`, with each day and each time of day read once."""

    def __init__(self, form: str) -> None:
        """Nothing is read yet."""
        self.form = form
        self._day_form, _space, self._time_form = form.partition(" ")
        self._apart = self._day_form in DAYS and f" {self._time_form}".rstrip() in TIMES
        """Other forms may name the month behind a space, or an offset behind the time: those are read whole."""
        self._signs = signs_of(self._day_form.translate({ord(sign): None for sign in "%Ymd"}))
        self._days: dict[str, datetime | None] = {}
        self._times: dict[str, datetime | None] = {}

    def may_read(self, signs: str) -> bool:
        """Whether some text with these signs between its figures could fit: told without reading any."""
        return not self._apart or signs.startswith(self._signs)

    def read(self, text: str) -> datetime | None:
        """A text → datetime, or None when it does not fit."""
        if not self._apart:
            return read(text, self.form)
        if not self._time_form:
            return self._part(self._days, text, self._day_form) if len(text) <= LONGEST_DAY else None
        parts = text.split(None, 1)
        if len(parts) != 2:
            return None
        day = self._part(self._days, parts[0], self._day_form)
        time = self._part(self._times, parts[1], self._time_form) if day is not None else None
        return None if day is None or time is None else datetime.combine(day, time.time())

    def _part(self, known: dict[str, datetime | None], text: str, form: str) -> datetime | None:
        """A day or a time of day."""
        if text not in known:
            if len(known) >= MOST_KEPT:
                known.clear()
            known[text] = read(text, form)
        return known[text]


class Survey:
    """Which form a file's times are in, told part by part; memory does not grow with the file."""

    def __init__(self, most: int) -> None:
        """All forms are possible; the file has no more than `most` times."""
        self._most = most
        self._readers = [Reader(form) for form in FORMS]
        self._fits: dict[str, int] = dict.fromkeys(FORMS, 0)
        self._clash: dict[tuple[str, str], str] = {}
        self._first: dict[str, str] = {}
        self._given = 0

    def add(self, texts: Sequence[str]) -> None:
        """Some more of its times; a form is given up as soon as a tenth of all cannot fit any more."""
        given = [text for text in texts if text]
        self._given += len(given)
        signs = [signs_of(text) for text in given]
        kinds = set(signs)
        values: dict[str, list[datetime | None]] = {}
        for reader in self._readers:
            hopeful = {one for one in kinds if reader.may_read(one)}
            if not hopeful:  # nothing to read: what is counted is what fits
                if given:
                    self._first.setdefault(reader.form, given[0])
            elif hopeful == kinds:
                values[reader.form] = [reader.read(text) for text in given]
            else:
                pairs = zip(given, signs, strict=True)
                values[reader.form] = [reader.read(text) if own in hopeful else None for text, own in pairs]
        read = []
        for form, read_so in values.items():
            failed = read_so.count(None)
            self._fits[form] += len(given) - failed
            if failed:
                self._first.setdefault(form, given[read_so.index(None)])
            if failed < len(given):
                read.append(form)
        for one, two in combinations(read, 2):
            if (one, two) not in self._clash:
                triples = zip(given, values[one], values[two], strict=True)
                clash = next((text for text, a, b in triples if a is not None and b is not None and a != b), None)
                if clash is not None:
                    self._clash[one, two] = clash
        bearable = (1 - NEARLY_ALL) * max(self._most, self._given)
        self._readers = [reader for reader in self._readers if self._given - self._fits[reader.form] <= bearable]

    def form(self) -> str:
        """The form that reads nearly all; raises UnclearTimesError. No times at all: ISO."""
        if not self._given:
            return ISO
        fits = {
            reader.form: self._fits[reader.form]
            for reader in self._readers
            if self._fits[reader.form] >= NEARLY_ALL * self._given
        }
        if not fits:
            nearest = max(FORMS, key=lambda form: self._fits[form])
            raise UnclearTimesError((), self._first[nearest])
        best = [form for form, count in fits.items() if count == max(fits.values())]
        for other in best[1:]:
            if (clash := self._clash.get((best[0], other))) is not None:
                raise UnclearTimesError((best[0], other), clash)
        return best[0]


MOST_KEPT = 100_000


def form_of(texts: Sequence[str]) -> str:
    """The form that reads nearly all texts; raises UnclearTimesError. No texts at all: ISO."""
    survey = Survey(sum(map(bool, texts)))
    survey.add(texts)
    return survey.form()


def placed(moment: datetime, zone: ZoneInfo, *, not_before: datetime | None = None) -> Instant | None:
    """A local time in a zone → instant; None when the clocks skipped it that night.

    Of a time shown twice the first is meant, unless it would lie before `not_before`.
    """
    if moment.tzinfo is not None:
        return Instant(moment)
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return Instant(first)
    back = datetime.fromtimestamp(first.timestamp(), zone).replace(tzinfo=None)
    if back != moment:
        return None
    if not_before is not None and first.timestamp() < not_before.timestamp():
        return Instant(second, twice=True)
    return Instant(first, twice=True)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_of(micros: int) -> datetime:
    """Microseconds since 1970 in UTC → instant."""
    return EPOCH + timedelta(microseconds=micros)


def naive_of(micros: int) -> datetime:
    """Microseconds since 1970 on a local clock → what it shows."""
    return instant_of(micros).replace(tzinfo=None)
