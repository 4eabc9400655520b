"""Numbers that people read: county, year, running number; taken under a row lock, so that none is given twice."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from gis.catalogue.models import Place
from grids.models import Boundary

NO_COUNTY = "000000"


def county_codes(areas: set[uuid.UUID], now: datetime) -> dict[uuid.UUID, str]:
    """The code of each of these areas that is a county, as it is now."""
    rows = Boundary.objects.at(now).filter(area_id__in=areas, tier__code="county")
    return dict(rows.values_list("area_id", "code"))


def place_zone() -> ZoneInfo:
    """The time zone in which this place counts its years."""
    place = Place.objects.first()
    return ZoneInfo(place.time_zone) if place else ZoneInfo(timezone.get_default_timezone_name())


def take_numbers(county_code: str, year: int, count: int) -> list[str]:
    """The next `count` numbers of a county and year; others wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_numberseries (county_code, year, last) VALUES (%s, %s, %s)"
            " ON CONFLICT (county_code, year) DO UPDATE SET last = tickets_numberseries.last + EXCLUDED.last"
            " RETURNING last",
            [county_code, year, count],
        )
        (last,) = cursor.fetchone()
    return [f"{county_code}-{year}-{number:06d}" for number in range(last - count + 1, last + 1)]
