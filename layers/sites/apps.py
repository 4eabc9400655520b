"""Django's registration of this app."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


def kind_columns(row: Mapping[str, str]) -> dict[str, Any]:
    """data/catalogues/site_kinds.csv: short_zh, short_en, tier (a code), symbol, most in one area."""
    return {
        "short_zh": row["short_zh"],
        "short_en": row["short_en"],
        "tier_id": row["tier"] or None,
        "symbol": row["symbol"],
        "most": int(row["most"]) if row["most"] else None,
    }


def service_columns(row: Mapping[str, str]) -> dict[str, Any]:
    """data/catalogues/services.csv: who may, what to bring, usual minutes."""
    return {**row, "minutes": int(row["minutes"]) if row["minutes"] else None}


class SitesConfig(AppConfig):
    """Places where residents are served."""

    name = "layers.sites"
    label = "service_sites"
    verbose_name = _("Sites")

    def ready(self) -> None:
        """Tell the catalogue which list is ours, and the ground what hangs on it."""
        from gis.catalogue.registry import register
        from layers.sites.hanging import register_sites
        from layers.sites.models import Service, SiteKind

        register(SiteKind, "site_kinds.csv", kind_columns)
        register(Service, "services.csv", service_columns)
        register_sites()
