"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoverageConfig(AppConfig):
    """Walking circles of sites and places."""

    name = "layers.coverage"
    label = "coverage"
    verbose_name = _("Coverage")
