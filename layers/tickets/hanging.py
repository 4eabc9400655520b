"""Open matters that an area answers for: it cannot end before somebody else does."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.dependants import MOST_NAMES, Dependant, Hanging, register
from layers.tickets.models import Ticket


def open_tickets(area: UUID, now: datetime) -> Hanging | None:
    """Tickets not yet closed whose responsible area this is, the oldest first."""
    found = Ticket.objects.open().filter(responsible_area=area).order_by("reported_at")
    count = found.count()
    title = ngettext("It answers for %(count)d open ticket", "It answers for %(count)d open tickets", count)
    names = [f"{row.number} {row.category.name}" for row in found.select_related("category")[:MOST_NAMES]]
    advice = _("Dispatch them to another grid or close them first.")
    return Hanging("tickets", count, "blocks", title % {"count": count}, advice, names)


def register_tickets() -> None:
    """Tell the ground to ask."""
    register(Dependant("tickets", open_tickets))
