"""Tickets as they stood at a moment, told by their steps until then; who may see them is asked as of today."""

from datetime import datetime

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


def as_then(ticket: Ticket) -> Ticket:
    """The same ticket in memory with the state and the clock of then; never to be saved."""
    ticket.state, ticket.due_at = ticket.state_then, ticket.due_then  # type: ignore[attr-defined]
    ticket.sign_due_at = ticket.handle_due_at = None
    return ticket
