"""Dates and times as other systems write them → instants; plain Python. Nothing is guessed: what is unclear is asked.

A file's own times decide which order of day and month it uses: the form that reads (nearly) all of them. Where
two forms do and disagree, the sender must say which. Local times that a change of clocks skipped are errors; of
those it repeated, the first is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

ISO = "ISO 8601"
DAYS = ("%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y年%m月%d日", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FORMS: tuple[str, ...] = (ISO, *(day + time for day in DAYS for time in TIMES))
NEARLY_ALL = 0.9


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


def form_of(texts: Sequence[str]) -> str:
    """The form that reads nearly all texts; raises UnclearTimesError. No texts at all: ISO."""
    given = [text for text in texts if text]
    if not given:
        return ISO
    fits = {form: values for form in FORMS if (values := _nearly_all(given, form)) is not None}
    if not fits:
        nearest = max(FORMS, key=lambda form: sum(read(text, form) is not None for text in given[:1000]))
        raise UnclearTimesError((), next(text for text in given if read(text, nearest) is None))
    counts = {form: sum(value is not None for value in values) for form, values in fits.items()}
    best = [form for form, count in counts.items() if count == max(counts.values())]
    for other in best[1:]:
        for text, one, two in zip(given, fits[best[0]], fits[other], strict=True):
            if one != two:
                raise UnclearTimesError((best[0], other), text)
    return best[0]


def _nearly_all(texts: Sequence[str], form: str) -> list[datetime | None] | None:
    """The texts read in one form; None as soon as too many do not fit, so that wrong forms cost little."""
    values: list[datetime | None] = []
    failed = 0
    for text in texts:
        value = read(text, form)
        failed += value is None
        if len(texts) - failed < NEARLY_ALL * len(texts):
            return None
        values.append(value)
    return values


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
