"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    """Matters at places, from the first report to closure."""

    name = "layers.tickets"
    label = "tickets"
    verbose_name = _("Tickets")
