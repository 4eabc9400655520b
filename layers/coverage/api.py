"""The JSON door to walking circles: public; residents' counts only for those who may read them."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

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


class CircleIn(Schema):
    """Rings of some minutes round a site, or round a position in degrees.

    `gates=open`: as if every gate were open to everybody.
    `of` is the area whose residents the share is told of; left out, it is the site's own or the community.
    """

    lon: float | None = None
    lat: float | None = None
    site: uuid.UUID | None = None
    minutes: str = "5,10,15"
    profile: str = ""
    moment: str = ""
    of: uuid.UUID | None = None
    gates: str = "as-is"


@router.get("")
def get_circle(request: HttpRequest, asked: Query[CircleIn]) -> Any:
    """Rings on foot round a site or a position; who and which areas lie in each."""
    now = timezone.now()
    return queries.circle(_question(asked, now=now), asker=request.user, now=now)


@router.get("/file.{kind}")
def get_file(
    request: HttpRequest, kind: str, asked: Query[CircleIn], instead: uuid.UUID | None = None, hours: str = ""
) -> HttpResponse:
    """The same circle as CSV, XLSX, GeoPackage or GeoJSON; of a place without a site also what one there would change.

    `instead`: a site that would move there; `hours`: at what hour the other sites count, as for coverage.
    """
    now = timezone.now()
    question = _question(asked, now=now)
    when = when_from(hours, moment=question.moment, now=now)
    body = circle_files.written(kind, question, instead=instead, when=when, asker=request.user, now=now)
    response = HttpResponse(body, content_type=circle_files.KINDS[kind])
    name = f"circle-{timezone.localtime(question.moment).date()}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _question(asked: CircleIn, *, now: datetime) -> queries.Question:
    """What a query asks; raises Invalid or Missing where it cannot be."""
    at = moment_from(asked.moment, now=now)
    wanted = minutes_from(asked.minutes)
    pace = queries.profile_of(asked.profile, now=now)
    checked_gates(asked.gates)
    if asked.site is not None:
        found = queries.site_of(asked.site, moment=at)
        lon, lat = found.geometry.coords
        return queries.Question(lon, lat, found, wanted, pace, at, asked.of, asked.gates)
    if asked.lon is None or asked.lat is None:
        raise Invalid(_("Say from where: a site, or longitude and latitude."), code="no-place")
    point = point_from(asked.lon, asked.lat)
    return queries.Question(point.x, point.y, None, wanted, pace, at, asked.of, asked.gates)


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
