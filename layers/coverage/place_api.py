"""The JSON door to coverage of the whole place: shares of grids for all, of residents for who may read them."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from gis.audit.receipts import idempotent
from gis.jobs.actions import start
from gis.jobs.api import shown
from gis.shared.geojson import point_from
from gis.shared.periods import moment_from
from grids.permissions import demand
from layers.coverage import files, overview, queries, tables
from layers.coverage.overview import Asked
from layers.coverage.tasks import SETTLE
from layers.coverage.whatif import what_if
from layers.coverage.whens import when_from

router = Router(tags=["coverage"])


class Renewal(Schema):
    """The id that the job gets: sent twice, it is one job."""

    id: uuid.UUID


@router.get("")
def get_coverage(
    request: HttpRequest,
    area: uuid.UUID | None = None,
    tier: str = "",
    profile: str = "",
    gates: str = "as-is",
    moment: str = "",
    hours: str = "",
) -> Any:
    """Who walks to the nearest site in 5, 10 and 15 minutes, for an area and for those of a tier below it.

    `hours`: "any", "then" (sites that are open at the moment) or a day and a time of the week ("sat-10:00").
    """
    now = timezone.now()
    when = when_from(hours, moment=moment_from(moment, now=now), now=now)
    asked = Asked(queries.profile_of(profile, now=now), gates, area, tier, when)
    return overview.overview(asked, asker=request.user, now=now)


@router.get("/what-if")
def get_what_if(
    request: HttpRequest,
    lon: float,
    lat: float,
    instead: uuid.UUID | None = None,
    area: uuid.UUID | None = None,
    profile: str = "",
    gates: str = "as-is",
    moment: str = "",
    hours: str = "",
    shapes: bool = False,
) -> Any:
    """What a site at a position in degrees would change: residents and grids reached, in all and where most.

    At a past moment: what it would have changed then, beside the sites and among the residents of then.
    """
    now = timezone.now()
    point = point_from(lon, lat)
    when = when_from(hours, moment=moment_from(moment, now=now), now=now)
    asked = Asked(queries.profile_of(profile, now=now), gates, area, when=when)
    return what_if(point.x, point.y, asked, instead=instead, shapes=shapes, asker=request.user, now=now)


@router.get("/file.{kind}")
def get_file(
    request: HttpRequest,
    kind: str,
    area: uuid.UUID | None = None,
    tier: str = "",
    profile: str = "",
    gates: str = "as-is",
    moment: str = "",
    hours: str = "",
) -> HttpResponse:
    """The same figures as CSV, XLSX or GeoPackage, of every tier unless one is named."""
    now = timezone.now()
    when = when_from(hours, moment=moment_from(moment, now=now), now=now)
    asked = Asked(queries.profile_of(profile, now=now), gates, area, tier, when)
    body = files.written(kind, asked, asker=request.user, now=now)
    response = HttpResponse(body, content_type=tables.KINDS[kind])
    day = timezone.localtime(when.moment).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="coverage-{day}.{kind}"'
    return response


@router.post("/renewals")
@idempotent
def post_renewal(request: HttpRequest, body: Renewal) -> Any:
    """Read anew where everybody lives, in the background."""
    now = timezone.now()
    demand(request.user, "population.read", now=now)
    title = _("Coverage: reading anew where everybody lives")
    return shown(start(SETTLE, job_id=body.id, title=title, actor=request.user, args={}, now=now))
