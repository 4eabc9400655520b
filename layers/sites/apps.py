"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SitesConfig(AppConfig):
    """Places where residents are served."""

    name = "layers.sites"
    label = "service_sites"
    verbose_name = _("Sites")
