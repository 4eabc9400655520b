"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TownConfig(AppConfig):
    """Makes the sample town and empty places."""

    name = "gis.town"
    label = "town"
    verbose_name = _("Town")
