"""Django's registration of this app."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


def category_row(row: Mapping[str, str]) -> dict[str, Any]:
    """A category's own columns as field values."""
    told = {name: value for name, value in row.items() if name not in {"duty", "private"}}
    return told | {"duty_id": row["duty"] or None, "private": row["private"] == "1"}


def reason_row(row: Mapping[str, str]) -> dict[str, Any]:
    """A reason's own columns as field values."""
    return {"verb": row["verb"], "words_needed": row["words_needed"] == "1"}


class TicketsConfig(AppConfig):
    """Matters at places, from the first report to closure."""

    name = "layers.tickets"
    label = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        """Tell the catalogue which list is ours, and the ground what hangs on it."""
        from gis.catalogue.registry import register
        from grids.matters import offer
        from layers.tickets.actions.reporting import matters
        from layers.tickets.hanging import register_tickets
        from layers.tickets.models import Category, Duty, MoveReason
        from layers.tickets.photos import register_photos

        register(Duty, "duties.csv")
        register(Category, "ticket_categories.csv", category_row)
        register(MoveReason, "ticket_reasons.csv", reason_row)
        offer(matters)
        register_tickets()
        register_photos()
