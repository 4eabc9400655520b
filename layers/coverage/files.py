"""Coverage as files: CSV, XLSX and GeoPackage, with the method, the pace and the network in every row."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.audit.actions import record_taking
from gis.shared.errors import Invalid
from gis.shared.functions import AsWKB
from grids.models import Boundary
from layers.coverage import overview
from layers.coverage.overview import MINUTES, Asked
from layers.coverage.tables import Sheet, as_csv, as_gpkg, as_xlsx, demand_kind

TEXT = frozenset({
    "id", "tier", "code", "name_zh", "name_en", "profile", "gates", "as_of", "opening_hours", "network", "read_at",
    "out_of_date", "small_figures_replaced",
})  # fmt: skip
"""Columns of words; all others hold numbers."""


def written(kind: str, asked: Asked, *, asker: Any, now: datetime) -> bytes:
    """The figures of a tier (or of every tier) at and below an area as a file; the log keeps who took what.

    Raises Invalid where nothing was drawn at the moment.
    """
    demand_kind(kind)
    rows = list(_rows(asked, asker=asker, now=now))
    if not rows:  # a table without heads would look like a place without anybody
        raise Invalid(_("Nothing is drawn here at this moment."), code="no-ground")
    record_taking(
        actor=asker, verb="coverage.export", subject=kind, now=now, detail={"rows": len(rows), "format": kind}
    )
    if kind == "gpkg":
        at = asked.when.moment if asked.when else now
        return as_gpkg([Sheet("coverage", rows, TEXT, _shapes(rows, at))])
    sheet = Sheet("coverage", rows, TEXT)
    return as_csv(sheet) if kind == "csv" else as_xlsx([sheet])


def _rows(asked: Asked, *, asker: Any, now: datetime) -> Iterator[dict[str, Any]]:
    """One flat row an area; empty where something is unknown or not for the asker."""
    view = overview.view_of(asked.profile, asked.gates, asker=asker, now=now, when=asked.when)
    levels = overview.levels_at(now)
    found = overview.figures_of(view, asked.profile, levels)
    root = overview.root_of(view, asked.area)
    inside = overview.inside_of(view.land, root)
    if asked.tier:
        overview.tier_of(view, root, inside, asked.tier, now=now)  # raises for one that is not there
    rests = overview.rests_on(view, asked, now=now)
    basis = {
        "profile": rests["profile"]["code"],
        "km_per_hour": rests["profile"]["km_per_hour"],
        "gates": asked.gates,
        "as_of": timezone.localtime(view.when.moment).isoformat(timespec="seconds"),
        "opening_hours": view.when.hours,
        "sites": rests["sites"]["count"],
        "sites_closed": rests["sites"]["closed"],
        "sites_hours_unknown": rests["sites"]["hours_unknown"],
        "network": rests["network"]["version"],
        "read_at": timezone.localtime(rests["made_at"]).isoformat(timespec="seconds"),
        "out_of_date": "yes" if rests["stale"] or rests["network"]["stale"] else "no",
        "small_figures_replaced": "yes" if rests["rounded"] else "no",
    }
    for area in np.flatnonzero(inside).tolist():
        if asked.tier and view.land.tiers[area] != asked.tier:
            continue
        told = overview.told_area(view, found, area)
        yield {
            **{name: told[name] for name in ("id", "tier", "code", "name_zh", "name_en", "residents", "old", "grids")},
            "grids_unknown": told["unknown"],
            "households": told["households"],
            "grids_without_households": told["households_unknown"],
            **_columns("within", told["within"]),
            **_columns("share", told["share"]),
            **_columns("old_share", told["old_share"]),
            **_columns("households_within", told["households_within"]),
            **_columns("households_share", told["households_share"]),
            **_columns("grids_share", told["grids_share"]),
            **{
                f"level_{level.code}": None if told["levels_share"] is None else told["levels_share"][at]
                for at, level in enumerate(levels)
            },
            **basis,
        }


def _columns(name: str, values: list[Any] | None) -> dict[str, Any]:
    """within_5, within_10, within_15."""
    return {f"{name}_{minutes}": None if values is None else values[at] for at, minutes in enumerate(MINUTES)}


def _shapes(rows: list[dict[str, Any]], at: datetime) -> list[Any]:
    """The areas' shapes at a moment; None where there is none."""
    ids = [row["id"] for row in rows]
    shapes = dict(Boundary.objects.at(at).filter(area_id__in=ids).values_list("area_id", AsWKB("geometry")))
    found = {str(area): bytes(wkb) for area, wkb in shapes.items()}
    return [shapely.from_wkb(found[area]) if area in found else None for area in ids]
