"""One report: stored once however often it is sent, located, and given to whoever answers there."""

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.datums import Datum
from gis.shared.errors import Conflict
from grids.matters import Matter
from grids.permissions import demand
from layers.tickets import rules
from layers.tickets.actions.storing import Placed, Sender, positions, store
from layers.tickets.answering import who_answers
from layers.tickets.models import Category, Channel, Responsibility, Ticket
from layers.tickets.records import TicketRow

BY_RULE = ("accept", "dispatch")
"""What follows at once where a staff report lies in an area with somebody in office."""


@transaction.atomic
def report_ticket(
    *,
    ticket_id: uuid.UUID,
    actor: Any,
    lon: float,
    lat: float,
    category: str,
    text: str = "",
    accuracy_m: float | None = None,
    datum: Datum = Datum.WGS84,
    now: datetime,
) -> tuple[Ticket, bool]:
    """Store one report by staff; returns (ticket, whether it is new). lon and lat are degrees in `datum`.

    The same ticket_id again returns the ticket that is there; with other contents it raises Conflict. Raises
    SignInNeeded, Refused, Invalid (which field), Conflict (no ground at all).
    """
    demand(actor, "ticket.report", now=now)
    row = TicketRow(
        line=0, id=ticket_id, lon=lon, lat=lat, category=category, reported_at=now, text=text, datum=datum,
        accuracy_m=accuracy_m,
    )  # fmt: skip
    found = rules.check(row, categories=current_categories(now), now=now)
    take_turn(ticket_id)
    there = Ticket.objects.filter(pk=ticket_id).select_related("category").first()
    if there is not None:
        return _same(there, row, actor), False
    x, y = positions([row])[0].tolist()
    _chain, answer = who_answers(x, y, category=category, now=now)
    office = answer.because in (Responsibility.HOLDER, Responsibility.VACANT)
    sender = Sender(channel=Channel.STAFF, account=actor)
    (ticket,) = store([Placed(row, found, (x, y), answer)], sender, now=now, rule=BY_RULE if office else ())
    record(actor=actor, verb="ticket.report", subject=ticket.number, now=now)
    return ticket, True


def current_categories(now: datetime) -> dict[str, Category]:
    """The categories not withdrawn by now, by code; when a row was added does not bar older matters."""
    kept = Category.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))
    return {category.code: category for category in kept}


def matters(now: datetime) -> list[Matter]:
    """The categories in force, for posts that are limited to some."""
    return [Matter(row.code, row.name_zh, row.name_en) for row in Category.objects.at(now)]


def take_turn(key: uuid.UUID) -> None:
    """Make senders of one id queue until the first of them has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ticket:{key}"])


def _same(there: Ticket, row: TicketRow, actor: Any) -> Ticket:
    """The ticket already stored under this id, when it is the same report by the same person."""
    told = (row.lon, row.lat, row.datum.value, row.category, row.text.strip(), actor.pk)
    kept = (there.raw_lon, there.raw_lat, there.datum, there.category.code, there.text, there.reported_by_id)
    if told != kept:
        raise Conflict(_("Another report was stored under this id."), code="id-taken")
    return there
