"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


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
        from layers.tickets.models import Category

        register(Category, "ticket_categories.csv")
        offer(matters)
        register_tickets()
