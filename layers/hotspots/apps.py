"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HotspotsConfig(AppConfig):
    """Where tickets concentrate more than chance explains."""

    name = "layers.hotspots"
    label = "hotspots"
    verbose_name = _("Hotspots")
