"""Tickets as they stood at a moment, told by their steps until then; who may see them is asked as of today."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.contrib.gis.geos import Point
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When

from layers.tickets import workflow
from layers.tickets.models import OPEN, Ticket, TicketEvent, TicketQuerySet


def _last(moment: datetime) -> QuerySet[TicketEvent]:
    """A ticket's steps until a moment, the last first."""
    return TicketEvent.objects.filter(ticket=OuterRef("pk"), at__lte=moment).order_by("-seq")


def state_at(moment: datetime) -> Case:
    """The state of a ticket at a moment: by its last event until then, where it changed since."""
    return Case(When(changed_at__gt=moment, then=Subquery(_last(moment).values("to_state")[:1])), default=F("state"))


def due_at(moment: datetime) -> Case:
    """What was due next at a moment: by the last event until then, where it changed since."""
    return Case(When(changed_at__gt=moment, then=Subquery(_last(moment).values("due_at")[:1])), default=F("due_at"))


def known(found: TicketQuerySet, moment: datetime) -> TicketQuerySet:
    """Those that were reported by then, with `state_then` and `due_then`."""
    return found.filter(reported_at__lte=moment).annotate(state_then=state_at(moment), due_then=due_at(moment))


def open_then(found: TicketQuerySet, moment: datetime) -> TicketQuerySet:
    """Those open at a moment, by their events where they changed since."""
    found = found.filter(reported_at__lte=moment).alias(state_then=state_at(moment))
    return found.filter(OPEN & Q(changed_at__lte=moment) | Q(changed_at__gt=moment, state_then__in=workflow.OPEN))


def as_then(tickets: Sequence[Ticket], moment: datetime) -> list[Ticket]:
    """The same tickets in memory as they stood: state, clock, place and who answered; never to be saved.

    Why an area answered is known for now only: where another one did then, nothing is said of it.
    """
    changed = [ticket.pk for ticket in tickets if ticket.changed_at > moment]
    told: dict[uuid.UUID, list[TicketEvent]] = defaultdict(list)
    for event in TicketEvent.objects.filter(ticket__in=changed).order_by("seq"):
        told[event.ticket_id].append(event)
    for ticket in tickets:
        ticket.state, ticket.due_at = ticket.state_then, ticket.due_then  # type: ignore[attr-defined]
        ticket.sign_due_at = ticket.handle_due_at = None
        _put_back(ticket, told[ticket.pk], moment)
    return list(tickets)


def _put_back(ticket: Ticket, events: Sequence[TicketEvent], moment: datetime) -> None:
    """Undo in memory what later steps did to a ticket's place and to who answers for it."""
    then = [event for event in events if event.at <= moment]
    if then and then[-1].responsible_area_id != ticket.responsible_area_id:
        ticket.responsible_area_id = then[-1].responsible_area_id
        ticket.responsible_chain = [then[-1].responsible_area_id]
        ticket.responsible_because = ""
    moved = next((event for event in events if event.at > moment and event.verb == "relocate"), None)
    if moved is not None and moved.detail:
        before = moved.detail["before"]
        ticket.point = Point(before["lon"], before["lat"], srid=4326)
        ticket.raw_lon, ticket.raw_lat = before["raw"]
        ticket.datum, ticket.accuracy_m = before["datum"], before["accuracy_m"]
        ticket.located_chain = [uuid.UUID(area) for area in before["located"]]
        ticket.located_area_id = ticket.located_chain[-1] if ticket.located_chain else None
        ticket.located_because = before.get("placing", ticket.located_because)
