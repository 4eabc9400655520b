"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Who did or read what; append-only."""

    name = "gis.audit"
    label = "audit"
    verbose_name = _("Audit")
