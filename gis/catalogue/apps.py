"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    """Lists a city edits, and the place this database holds."""

    name = "gis.catalogue"
    label = "catalogue"
    verbose_name = _("Catalogue")
