"""As of when coverage is told, and at what hour sites must be open and gates are passed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from layers.sites import hours as opening
from layers.sites.models import place_zone

ANY, THEN = "any", "then"
_WEEKLY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class When:
    """The moment whose sites, gates, areas and residents count; `past` when it is not now.

    `hours` is "any" (a site counts whatever its hours), "then" (open at the moment) or a day and a time of the week
    ("sat-10:00": open by the regular week); `clock` is the instant by which gates are passed.
    """

    moment: datetime
    past: bool = False
    hours: str = ANY
    clock: datetime | None = None

    @property
    def at(self) -> datetime:
        """The instant that the clocks show."""
        return self.clock or self.moment

    def open(self, hours: dict[str, Any], zone: ZoneInfo) -> bool | None:
        """Whether a site with these hours counts, by the clocks of a zone; None: nobody told when it is open."""
        if self.hours == ANY:
            return True
        if self.hours != THEN:
            hours = {day: spans for day, spans in hours.items() if day != opening.EXCEPTIONS}
        return opening.is_open(hours, self.at, zone)


def when_from(hours: str, *, moment: datetime, now: datetime) -> When:
    """What a query says; raises Invalid for hours that are neither any, then, nor a day and time of the week."""
    if hours in ("", ANY, THEN):
        return When(moment, moment != now, hours or ANY)
    found = _WEEKLY.fullmatch(hours)
    if found is None:
        told = _("Hours are any, then, or a day and a time of the week like sat-10:00.")
        raise Invalid(told, code="bad-hours", fields={"hours": told})
    local = moment.astimezone(place_zone())
    days = (opening.DAYS.index(found[1]) - local.weekday()) % 7
    clock = (local + timedelta(days=days)).replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0)
    return When(moment, moment != now, hours, clock)


def hours_words(when: When) -> str:
    """At what hour sites must be open, as it stands beside figures."""
    if when.hours == ANY:
        return _("sites count whatever their opening hours")
    if when.hours == THEN:
        return _("only sites that are open at the moment")
    day, _dash, clock = when.hours.partition("-")
    day_name = WEEKDAYS[opening.DAYS.index(day)]
    return _("only sites that are open on %(day)s at %(time)s") % {"day": day_name, "time": clock}
