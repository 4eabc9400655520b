"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """Long work in the background."""

    name = "gis.jobs"
    label = "jobs"
    verbose_name = _("Jobs")
