"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    """Pictures that people add."""

    name = "gis.files"
    label = "files"
    verbose_name = _("Pictures")
