"""The only writes to tickets: one report, one move, many rows."""

from layers.tickets.actions.bulk import import_rows
from layers.tickets.actions.moving import move_ticket
from layers.tickets.actions.reporting import report_ticket

__all__ = ["import_rows", "move_ticket", "report_ticket"]
