"""Tickets, what happened to them, and the catalogue of what they are about."""

from layers.tickets.models.border import TicketBorder
from layers.tickets.models.category import Category, Duty, MoveReason
from layers.tickets.models.event import TicketEvent
from layers.tickets.models.photo import TicketPhoto
from layers.tickets.models.reporter import Reporter, ReporterQuerySet
from layers.tickets.models.spot import GridPair, Spot, Tally
from layers.tickets.models.ticket import NumberSeries, Ticket
from layers.tickets.models.words import Channel, Kind, Placing, Responsibility, RuleReason, State, Urgency, Verb
from layers.tickets.queries import IN_OFFICE, OPEN, TicketQuerySet

__all__ = [
    "IN_OFFICE",
    "OPEN",
    "Category",
    "Channel",
    "Duty",
    "GridPair",
    "Kind",
    "MoveReason",
    "NumberSeries",
    "Placing",
    "Reporter",
    "ReporterQuerySet",
    "Responsibility",
    "RuleReason",
    "Spot",
    "State",
    "Tally",
    "Ticket",
    "TicketBorder",
    "TicketEvent",
    "TicketPhoto",
    "TicketQuerySet",
    "Urgency",
    "Verb",
]
