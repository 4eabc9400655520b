"""The JSON doors to reporters. No receipts here: an answer that names a person is never kept.

What is asked travels in bodies, never in addresses, which end up in logs of web servers.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Path, Router, Schema

from gis.shared.errors import Missing
from grids.permissions import demand
from layers.tickets import documents, reporters
from layers.tickets.callers import PARTS
from layers.tickets.models import Ticket

router = Router(tags=["reporters"])
callers = Router(tags=["reporters"])
MOST = 20


class PhoneIn(Schema):
    """A caller's number as the front desk types it."""

    phone: str


@router.get("")
def told(request: HttpRequest, response: HttpResponse, ticket_id: Path[uuid.UUID]) -> Any:
    """Who reported a ticket, masked: 张**, 138****1234; and whether the asker may read it in full."""
    now = timezone.now()
    demand(request.user, "ticket.read", now=now)
    ticket = Ticket.objects.readable_by(request.user, now).filter(pk=ticket_id).select_related("category").first()
    if ticket is None:
        raise Missing(_("There is no such ticket, or it lies outside your areas."))
    response["Cache-Control"] = "no-store"
    return reporters.told(ticket, request.user, now)


@router.post("")
def read(request: HttpRequest, response: HttpResponse, ticket_id: Path[uuid.UUID]) -> Any:
    """Who reported a ticket, in full, for who handles it; the audit log says that it was read."""
    caller = reporters.read(ticket_id=ticket_id, actor=request.user, now=timezone.now())
    response["Cache-Control"] = "no-store"
    return {part: getattr(caller, part) for part in PARTS}


@callers.post("")
def same_caller(request: HttpRequest, response: HttpResponse, body: PhoneIn) -> Any:
    """Open tickets of the caller with this number, of those that the asker may see; the audit log says it was asked."""
    now = timezone.now()
    found = reporters.same_caller(phone=body.phone, actor=request.user, now=now)
    tickets: list[Any] = list(found.select_related("category")[:MOST])
    response["Cache-Control"] = "no-store"
    return {"items": documents.summaries(tickets, now), "total": found.count()}
