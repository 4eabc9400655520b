"""The JSON doors of who reports a matter: what is told of a place before, what is open close by, and the report."""

import uuid
from typing import Any

import numpy as np
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import field_validator

from gis.audit.receipts import idempotent
from gis.shared.datums import Datum, to_wgs84
from gis.shared.errors import Invalid, Missing
from gis.shared.geojson import point_from
from gis.shared.geometry import snap_coordinates
from grids.models import Boundary
from grids.permissions import areas_with, demand
from layers.tickets import actions, asking, documents, surroundings
from layers.tickets.actions.reporting import current_categories
from layers.tickets.callers import Caller
from layers.tickets.models import Ticket

router = Router(tags=["tickets"])
NEAR_M = 60.0
"""Open tickets within this distance are shown before another one is reported."""
FARTHEST_M = 500.0
MOST_NEAR = 20


class CallerIn(Schema):
    """On whose behalf somebody reports; each part may be empty."""

    name: str = ""
    phone: str = ""
    address: str = ""


class ExternalIn(Schema):
    """Under which number another system keeps the same matter, for example source 12345."""

    source: str
    number: str


class ReportIn(Schema):
    """One report; `id` is made by the client, lon and lat are degrees in `datum`.

    `area` is named by who knows better than the point (a unit of the building), `floor` counts from 1, cellars from −1.
    `photos` are pictures sent before (POST /api/files?owner=ticket), by their ids.
    """

    id: uuid.UUID
    lon: float
    lat: float
    category: str
    text: str = ""
    accuracy_m: float | None = None
    datum: Datum = Datum.WGS84
    area: uuid.UUID | None = None
    floor: int | None = None
    caller: CallerIn | None = None
    external: ExternalIn | None = None
    photos: list[uuid.UUID] = []

    @field_validator("caller", mode="before")
    @classmethod
    def caller_has_parts(cls, value: Any) -> Any:
        """A caller sent as one text would pass as one without a name or a number, and be lost."""
        if value is not None and not isinstance(value, dict | CallerIn):
            raise ValueError("caller is an object with name, phone and address")
        return value


@router.post("")
@idempotent
def report(request: HttpRequest, body: ReportIn) -> Any:
    """Store one report; the same id again, or the same number of another system, answers with the same ticket."""
    now = timezone.now()
    ticket, new = actions.report_ticket(
        ticket_id=body.id,
        actor=request.user,
        lon=body.lon,
        lat=body.lat,
        category=body.category,
        text=body.text,
        accuracy_m=body.accuracy_m,
        datum=body.datum,
        area=body.area,
        floor=body.floor,
        caller=Caller(**body.caller.dict()) if body.caller else None,
        source=body.external.source if body.external else "",
        external_number=body.external.number if body.external else "",
        photos=body.photos,
        now=now,
    )
    return (201 if new else 200), documents.detail(ticket, request.user, now)


@router.get("/categories")
def categories(request: HttpRequest) -> Any:
    """The catalogue in force, in the city's order."""
    now = timezone.now()
    demand(request.user, "ticket.read", now=now)
    rows = sorted(current_categories(now).values(), key=lambda row: (row.order, row.code))
    return {"items": [documents.category(row) for row in rows]}


@router.get("/answerable")
def answerable(
    request: HttpRequest,
    lon: float,
    lat: float,
    datum: Datum = Datum.WGS84,
    category: str = "",
    accuracy_m: float | None = Query(None, ge=0, lt=1e6),
    area: uuid.UUID | None = None,
) -> Any:
    """The chain of areas at a place, the borders close to it, and who answers there for this category."""
    now = timezone.now()
    demand(request.user, "ticket.report", now=now)
    x, y = _place(lon, lat, datum)
    return asking.told(x, y, category=category, accuracy_m=accuracy_m, area=area, now=now)


@router.get("/nearby")
def nearby(
    request: HttpRequest,
    lon: float,
    lat: float,
    datum: Datum = Datum.WGS84,
    category: str = "",
    metres: float = NEAR_M,
) -> Any:
    """Open tickets close to a place that the asker may see: those of the category first, then the nearest."""
    now = timezone.now()
    demand(request.user, "ticket.report", now=now)
    x, y = _place(lon, lat, datum)
    if not 0 <= metres <= FARTHEST_M:  # false for NaN
        message = _("Nearby is a number of metres from 0 to %(most)d.") % {"most": FARTHEST_M}
        raise Invalid(message, code="bad-distance", fields={"metres": message})
    found = Ticket.objects.visible_to(request.user, now).open().around(x, y, metres)
    other = Case(When(category__code=category, then=Value(0)), default=Value(1), output_field=IntegerField())
    ranked: Any = found.annotate(other=other)
    tickets: list[Any] = list(ranked.order_by("other", "away", "id").select_related("category")[:MOST_NEAR])
    items = documents.summaries(tickets, now)
    for item, ticket in zip(items, tickets, strict=True):
        item["away_m"] = round(ticket.away.m, 1)
        item["same"] = ticket.other == 0
    return {"items": items, "total": found.count(), "metres": metres}


@router.get("/places")
def places(request: HttpRequest, area: uuid.UUID | None = None) -> Any:
    """The areas right below one, to choose from by name; without one the areas of the asker's own posts."""
    now = timezone.now()
    demand(request.user, "ticket.report", now=now)
    if area is None:
        return {"items": surroundings.choices(areas_with(request.user, "ticket.report", now=now), now, below=False)}
    if not Boundary.objects.at(now).filter(area_id=area).exists():
        raise Missing(_("There is no such area now."))
    return {"items": surroundings.choices([area], now, below=True)}


def _place(lon: float, lat: float, datum: Datum) -> tuple[float, float]:
    """A stranger's position in its datum as WGS 84 on the fixed grid."""
    point_from(lon, lat)
    x, y = snap_coordinates(to_wgs84(np.array([[lon, lat]]), datum))[0].tolist()
    return x, y
