"""Django's registration of this app."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


def tier_columns(row: Mapping[str, str]) -> dict[str, Any]:
    """data/catalogues/tiers.csv: rank, grid_level (may be empty), tiling (yes/no), snap_m (metres), staffed."""
    return {
        "rank": int(row["rank"]),
        "grid_level": row["grid_level"] or None,
        "tiling": row["tiling"] == "yes",
        "snap_m": float(row["snap_m"]),
        "staffed": row["staffed"] == "yes",
    }


def age_columns(row: Mapping[str, str]) -> dict[str, Any]:
    """data/catalogues/age_bands.csv: age_from, age_until (empty = open)."""
    return {"age_from": int(row["age_from"]), "age_until": row["age_until"] or None}


class GridsConfig(AppConfig):
    """The ground and who stands on it."""

    name = "grids"
    label = "grids"
    verbose_name = _("Grids")

    def ready(self) -> None:
        """Register the catalogues of this app, and what of it hangs on an area."""
        import grids.population_tasks
        import grids.roster_tasks  # noqa: F401  (their jobs are registered by being read)
        from gis.catalogue.registry import register
        from grids.hanging import register_ground
        from grids.models import AgeBand, OrganisationKind, Tier

        register(Tier, "tiers.csv", tier_columns)
        register(AgeBand, "age_bands.csv", age_columns)
        register(OrganisationKind, "organisation_kinds.csv")
        register_ground()
