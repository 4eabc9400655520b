"""The JSON door to walking circles: public; residents' counts only for those who may read them."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from gis.shared.errors import Invalid
from gis.shared.geojson import point_from
from gis.shared.periods import moment_from
from layers.coverage import circle_files, queries
from layers.coverage.walks import checked_gates
from layers.coverage.whens import when_from

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
    question = _question(lon, lat, site, minutes, profile, moment_from(moment, now=now), of, gates, now=now)
    return queries.circle(question, asker=request.user, now=now)


@router.get("/file.{kind}")
def get_file(
    request: HttpRequest,
    kind: str,
    lon: float | None = None,
    lat: float | None = None,
    site: uuid.UUID | None = None,
    minutes: str = "5,10,15",
    profile: str = "",
    moment: str = "",
    of: uuid.UUID | None = None,
    gates: str = "as-is",
    instead: uuid.UUID | None = None,
    hours: str = "",
) -> HttpResponse:
    """The same circle as CSV, XLSX, GeoPackage or GeoJSON; of a place without a site also what one there would change.

    `instead`: a site that would move there; `hours`: at what hour the other sites count, as for coverage.
    """
    now = timezone.now()
    at = moment_from(moment, now=now)
    question = _question(lon, lat, site, minutes, profile, at, of, gates, now=now)
    when = when_from(hours, moment=at, now=now)
    body = circle_files.written(kind, question, instead=instead, when=when, asker=request.user, now=now)
    response = HttpResponse(body, content_type=circle_files.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="circle-{timezone.localtime(at).date()}.{kind}"'
    return response


def _question(
    lon: float | None,
    lat: float | None,
    site: uuid.UUID | None,
    minutes: str,
    profile: str,
    at: datetime,
    of: uuid.UUID | None,
    gates: str,
    *,
    now: datetime,
) -> queries.Question:
    """What a query asks; raises Invalid or Missing where it cannot be."""
    wanted = minutes_from(minutes)
    pace = queries.profile_of(profile, now=now)
    checked_gates(gates)
    if site is not None:
        found = queries.site_of(site, moment=at)
        return queries.Question(found.geometry.x, found.geometry.y, found, wanted, pace, at, of, gates)
    if lon is None or lat is None:
        raise Invalid(_("Say from where: a site, or longitude and latitude."), code="no-place")
    point = point_from(lon, lat)
    return queries.Question(point.x, point.y, None, wanted, pace, at, of, gates)


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
