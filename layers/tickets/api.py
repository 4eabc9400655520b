"""The JSON doors to tickets: for people in office only, each seeing what lies under the own areas."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Schema

from gis.audit.receipts import idempotent
from gis.shared.datums import Datum
from gis.shared.errors import Missing
from gis.shared.periods import moment_from
from gis.shared.versions import version_of
from grids.permissions import demand
from layers.tickets import actions, documents, listing, why
from layers.tickets.actions.effects import Pin
from layers.tickets.models import Ticket
from layers.tickets.report_api import router
from layers.tickets.then import as_then, known


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
    photos: list[uuid.UUID] = []

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
    cell: str = ""


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
    asked = listing.Wish(**wish.dict())
    found = listing.listed(request.user, asked, now, order=order, after=after, limit=limit, then=then)
    beside = None if after or then else Ticket.objects.beside(request.user, now).open().count()
    return {
        "items": documents.summaries(found.tickets, then or now),
        "total": found.total,
        "more": found.more,
        "overdue": found.overdue,
        "next": found.following,
        "beside": beside,
    }


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
    if then is None:
        return documents.detail(found, request.user, now)
    return documents.then(as_then([found], then)[0], then)


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
        photos=body.photos,
    )
    return documents.detail(ticket, request.user, now)


@router.get("/{uuid:ticket_id}/why")
def why_this_grid(request: HttpRequest, ticket_id: uuid.UUID) -> Any:
    """Why the ticket belongs to its grid: point, boundaries of then, distances to their edges, and the rule."""
    now = timezone.now()
    demand(request.user, "ticket.read", now=now)
    found = Ticket.objects.readable_by(request.user, now).filter(pk=ticket_id).first()
    if found is None:
        raise Missing(_("There is no such ticket, or it lies outside your areas."))
    return why.document(found, now)


def past_moment(text: str, now: datetime) -> datetime | None:
    """The past moment that a query names; None for now and what lies ahead. Raises Invalid."""
    moment = moment_from(text, now=now)
    return moment if moment < now else None
