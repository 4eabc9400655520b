"""The JSON doors to tickets: for people in office only, each seeing what lies under the own areas."""

import uuid
from datetime import datetime
from typing import Any

import numpy as np
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

from gis.audit.receipts import idempotent
from gis.shared.datums import Datum, to_wgs84
from gis.shared.errors import Invalid, Missing
from gis.shared.geojson import point_from
from gis.shared.geometry import epsg_of, snap_coordinates, to_metres
from gis.shared.periods import moment_from
from gis.shared.versions import version_of
from grids.models import Boundary
from grids.permissions import demand
from layers.tickets import actions, documents, listing
from layers.tickets.actions.effects import Pin
from layers.tickets.actions.reporting import current_categories
from layers.tickets.answering import who_answers
from layers.tickets.models import Ticket
from layers.tickets.then import as_then, known

router = Router(tags=["tickets"])
NEAR_M = 60.0
"""Open tickets within this distance are shown before another one is reported."""
FARTHEST_M = 500.0
MOST_NEAR = 20


class ReportIn(Schema):
    """One report; `id` is made by the client, lon and lat are degrees in `datum`."""

    id: uuid.UUID
    lon: float
    lat: float
    category: str
    text: str = ""
    accuracy_m: float | None = None
    datum: Datum = Datum.WGS84


class MoveIn(Schema):
    """One move, and what the table asks for with it: a reason (from the list, in words), an area, a term, a place."""

    verb: str
    reason: str = ""
    reason_code: str = ""
    area: uuid.UUID | None = None
    until: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    datum: Datum = Datum.WGS84
    accuracy_m: float | None = None

    @property
    def pin(self) -> Pin | None:
        """The place, where both of its numbers are given."""
        if self.lon is None or self.lat is None:
            return None
        return Pin(self.lon, self.lat, self.datum, self.accuracy_m)


class ListIn(Schema):
    """Filters of a list; see `listing.Wish`."""

    view: listing.View = "area"
    state: str = ""
    category: str = ""
    area: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    bbox: str = ""
    overdue: bool = False
    q: str = ""
    ids: str = ""


@router.get("")
def list_tickets(
    request: HttpRequest,
    wish: Query[ListIn],
    order: listing.Order = "due",
    after: str = "",
    limit: int = 50,
    moment: str = "",
) -> Any:
    """A page of tickets with the true total, due soonest or newest first; at a past moment in the state of then."""
    now = timezone.now()
    demand(request.user, "ticket.read", now=now)
    then = past_moment(moment, now)
    found = listing.chosen(request.user, listing.Wish(**wish.dict()), now, then=then)
    tickets, following = listing.page(found, order=order, after=after, limit=limit, then=then)
    return {
        "items": documents.summaries(tickets, then or now),
        "total": found.count(),
        "overdue": listing.late(found, now, then=then).count(),
        "next": following,
    }


@router.post("")
@idempotent
def report(request: HttpRequest, body: ReportIn) -> Any:
    """Store one report; the same id again answers with the same ticket."""
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
def answerable(request: HttpRequest, lon: float, lat: float, datum: Datum = Datum.WGS84) -> Any:
    """The chain of areas at a place, how far its edge is, and who answers there."""
    now = timezone.now()
    demand(request.user, "ticket.report", now=now)
    x, y = _place(lon, lat, datum)
    chain, answer = who_answers(x, y, now=now)
    edge = _edge_m(chain[-1], x, y) if chain else None
    return documents.answer(answer, chain, now, edge_m=edge) | {"lon": x, "lat": y}


@router.get("/nearby")
def nearby(request: HttpRequest, lon: float, lat: float, metres: float = NEAR_M) -> Any:
    """Open tickets close to a place that the asker may see, nearest first."""
    now = timezone.now()
    demand(request.user, "ticket.report", now=now)
    point_from(lon, lat)
    if not 0 <= metres <= FARTHEST_M:  # false for NaN
        message = _("Nearby is a number of metres from 0 to %(most)d.") % {"most": FARTHEST_M}
        raise Invalid(message, code="bad-distance", fields={"metres": message})
    found = Ticket.objects.visible_to(request.user, now).open().around(lon, lat, metres)
    tickets: list[Any] = list(found.select_related("category")[:MOST_NEAR])
    items = documents.summaries(tickets, now)
    for item, ticket in zip(items, tickets, strict=True):
        item["away_m"] = round(ticket.away.m, 1)
    return {"items": items, "total": found.count(), "metres": metres}


@router.get("/{uuid:ticket_id}")
def get_ticket(request: HttpRequest, ticket_id: uuid.UUID, moment: str = "") -> Any:
    """One ticket with its events and the moves that the asker may make; at a past moment as it stood then."""
    now = timezone.now()
    demand(request.user, "ticket.read", now=now)
    then = past_moment(moment, now)
    rows = Ticket.objects.readable_by(request.user, now).filter(pk=ticket_id).select_related("category")
    found = (rows if then is None else known(rows, then)).first()
    if found is None and then is not None and rows.exists():
        raise Missing(_("This matter had not been reported yet at that moment."), code="not-then")
    if found is None:
        raise Missing(_("There is no such ticket, or it lies outside your areas."))
    return documents.detail(found, request.user, now) if then is None else documents.then(as_then(found), then)


@router.post("/{uuid:ticket_id}/moves")
@idempotent
def move(request: HttpRequest, ticket_id: uuid.UUID, body: MoveIn) -> Any:
    """Make one move; If-Match carries the version that the asker saw."""
    now = timezone.now()
    demand(request.user, "ticket.read", now=now)
    ticket = actions.move_ticket(
        ticket_id=ticket_id,
        verb=body.verb,
        actor=request.user,
        version=version_of(request),
        now=now,
        reason=body.reason,
        reason_code=body.reason_code,
        until=body.until,
        area=body.area,
        pin=body.pin,
    )
    return documents.detail(ticket, request.user, now)


def past_moment(text: str, now: datetime) -> datetime | None:
    """The past moment that a query names; None for now and what lies ahead. Raises Invalid."""
    moment = moment_from(text, now=now)
    return moment if moment < now else None


def _place(lon: float, lat: float, datum: Datum) -> tuple[float, float]:
    """A stranger's position in its datum as WGS 84 on the fixed grid."""
    point_from(lon, lat)
    x, y = snap_coordinates(to_wgs84(np.array([[lon, lat]]), datum))[0].tolist()
    return x, y


def _edge_m(boundary: Boundary, lon: float, lat: float) -> float:
    """Metres from a point to the edge of the area that contains it."""
    shape = boundary.shape
    epsg = epsg_of(shape)
    return round(float(to_metres(shape.boundary, epsg).distance(to_metres(point_from(lon, lat), epsg))), 1)
