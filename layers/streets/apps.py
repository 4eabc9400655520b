"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StreetsConfig(AppConfig):
    """The walking network, gates, walls and what the base map draws."""

    name = "layers.streets"
    label = "streets"
    verbose_name = _("Streets")
