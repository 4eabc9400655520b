"""The JSON door to walking circles: public; residents' counts only for those who may read them."""

import uuid
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from gis.shared.errors import Invalid
from gis.shared.geojson import point_from
from gis.shared.periods import moment_from
from layers.coverage import queries
from layers.coverage.walks import checked_gates

router = Router(tags=["coverage"])

LONGEST_MINUTES = 30
"""Anybody may ask; thirty minutes, twice the widest standard circle, stay cheap to answer."""
MOST_RINGS = 6


@router.get("")
def get_circle(
    request: HttpRequest,
    lon: float | None = None,
    lat: float | None = None,
    site: uuid.UUID | None = None,
    minutes: str = "5,10,15",
    profile: str = "",
    moment: str = "",
    of: uuid.UUID | None = None,
    gates: str = "as-is",
) -> Any:
    """Rings on foot round a site, or round a position in degrees; who and which areas lie in each.

    `gates=open`: as if every gate were open to everybody.
    `of` is the area whose residents the share is told of; left out, it is the site's own or the community.
    """
    now = timezone.now()
    at = moment_from(moment, now=now)
    wanted = minutes_from(minutes)
    pace = queries.profile_of(profile, now=now)
    checked_gates(gates)
    if site is not None:
        found = queries.site_of(site, moment=at)
        position = (found.geometry.x, found.geometry.y)
    elif lon is not None and lat is not None:
        found = None
        point = point_from(lon, lat)
        position = (point.x, point.y)
    else:
        raise Invalid(_("Say from where: a site, or longitude and latitude."), code="no-place")
    question = queries.Question(*position, found, wanted, pace, at, of, gates)
    return queries.circle(question, asker=request.user, now=now)


def minutes_from(text: str) -> list[int]:
    """The minutes of the rings, rising; raises Invalid unless they are one to six whole numbers from 1 to 30."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= len(str(LONGEST_MINUTES)) for part in parts):
        raise _bad_minutes()  # the length first: the work grows with the square of the minutes
    wanted = sorted({int(part) for part in parts})
    if not 1 <= wanted[0] <= wanted[-1] <= LONGEST_MINUTES:
        raise _bad_minutes()
    if len(wanted) > MOST_RINGS:
        raise _bad_minutes()
    return wanted


def _bad_minutes() -> Invalid:
    """The problem of minutes that are none."""
    told = _("Minutes are one to six whole numbers from 1 to 30, like 5,10,15.")
    return Invalid(told, code="bad-minutes", fields={"minutes": told})
