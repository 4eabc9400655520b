"""Numbers that people read: county, year, running number; taken under a row lock, so that none is given twice."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from django.utils import timezone

from gis.catalogue.models import Place
from grids.models import Boundary
from layers.tickets.answering import Answer
from layers.tickets.columns import Ints, micros_of

NO_COUNTY = "000000"


def county_codes(areas: set[uuid.UUID], now: datetime) -> dict[uuid.UUID, str]:
    """The code of each of these areas that is a county, as it is now."""
    rows = Boundary.objects.at(now).filter(area_id__in=areas, tier__code="county")
    return dict(rows.values_list("area_id", "code"))


def place_zone() -> ZoneInfo:
    """The time zone in which this place counts its years."""
    place = Place.objects.first()
    return ZoneInfo(place.time_zone) if place else ZoneInfo(timezone.get_default_timezone_name())


def take_numbers(county_code: str, year: int, count: int, *, using: Any = connection) -> list[str]:
    """The next `count` numbers of a county and year; others wait until this transaction ends."""
    with using.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_numberseries (county_code, year, last) VALUES (%s, %s, %s)"
            " ON CONFLICT (county_code, year) DO UPDATE SET last = tickets_numberseries.last + EXCLUDED.last"
            " RETURNING last",
            [county_code, year, count],
        )
        (last,) = cursor.fetchone()
    return [f"{county_code}-{year}-{number:06d}" for number in range(last - count + 1, last + 1)]


class Numbering:
    """Numbers for many tickets: by county and year, in the order in which they come.

    Taken `apart`, on a connection of their own and at once for good: a file is stored for minutes, and meanwhile nobody
    in its counties could report. What is taken back in the end leaves a gap in the numbers.
    """

    def __init__(self, now: datetime, *, apart: bool = False) -> None:
        """Years are counted in this place's time zone."""
        self.now = now
        self._using: Any = connection.copy() if apart else connection
        self._apart = apart
        zone = place_zone()
        self.years = np.arange(1900, now.year + 2)
        self._begins = np.array(
            [micros_of(datetime(int(year), 1, 1, tzinfo=zone)) for year in self.years], dtype=np.int64
        )
        self._codes: list[str] = []

    def take(self, reported: Ints, of: Ints, answers: Sequence[Answer]) -> list[str]:
        """A number for each of n tickets; `of` says which answer is whose.

        Series are locked in the order of their names, against deadlock.
        """
        self._learn(answers)
        years = self.years[np.maximum(np.searchsorted(self._begins, reported, side="right") - 1, 0)]
        names, which = np.unique(np.array(self._codes, dtype=object)[of].astype(str), return_inverse=True)
        wanted = which.reshape(-1) * 10_000 + years
        numbers = np.empty(len(of), dtype=object)
        for key in np.unique(wanted).tolist():
            here = np.flatnonzero(wanted == key)
            numbers[here] = take_numbers(str(names[key // 10_000]), key % 10_000, len(here), using=self._using)
        return list(numbers)

    def close(self) -> None:
        """Give back the connection that was opened for it."""
        if self._apart:
            self._using.close()

    def _learn(self, answers: Sequence[Answer]) -> None:
        """Find the counties of answers that were not asked about yet."""
        fresh = answers[len(self._codes) :]
        codes = county_codes({area for answer in fresh for area in answer.chain}, self.now)
        for answer in fresh:
            self._codes.append(next((codes[area] for area in answer.chain if area in codes), NO_COUNTY))
