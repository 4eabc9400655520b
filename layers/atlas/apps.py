"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AtlasConfig(AppConfig):
    """The map page, its tiles and its figures."""

    name = "layers.atlas"
    label = "atlas"
    verbose_name = _("Atlas")
