"""Django's registration of this app."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


def speed_columns(row: Mapping[str, str]) -> dict[str, Any]:
    """data/catalogues/speed_profiles.csv: km_per_hour, steps_allowed (yes/no), is_default (yes/no)."""
    return {
        "km_per_hour": Decimal(row["km_per_hour"]),
        "steps_allowed": row["steps_allowed"] == "yes",
        "is_default": row["is_default"] == "yes",
    }


def level_columns(row: Mapping[str, str]) -> dict[str, Any]:
    """data/catalogues/service_levels.csv: minutes, kinds (codes of site kinds between spaces), source."""
    return {"minutes": int(row["minutes"]), "kinds": row["kinds"].split(), "source": row["source"]}


class CoverageConfig(AppConfig):
    """Walking circles of sites and places."""

    name = "layers.coverage"
    label = "coverage"
    verbose_name = _("Coverage")

    def ready(self) -> None:
        """Tell the catalogue which list is ours."""
        from gis.catalogue.registry import register
        from layers.coverage.models import ServiceLevel, SpeedProfile

        register(SpeedProfile, "speed_profiles.csv", speed_columns)
        register(ServiceLevel, "service_levels.csv", level_columns)
