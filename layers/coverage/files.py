"""Coverage as files: CSV, XLSX and GeoPackage, with the method, the pace and the network in every row."""

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook

from gis.audit.actions import record_taking
from gis.shared.errors import Missing
from gis.shared.functions import AsWKB
from gis.shared.sheets import cell, harmless
from grids.models import Boundary
from layers.coverage import overview
from layers.coverage.overview import MINUTES, Asked

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX, "gpkg": "application/geopackage+sqlite3"}
"""The files there are, and what the web calls them."""


def written(kind: str, asked: Asked, *, asker: Any, now: datetime) -> bytes:
    """The figures of a tier (or of every tier) at and below an area as a file; the log keeps who took what."""
    if kind not in KINDS:
        raise Missing(_("There are files of the kinds %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    rows = list(_rows(asked, asker=asker, now=now))
    record_taking(
        actor=asker, verb="coverage.export", subject=kind, now=now, detail={"rows": len(rows), "format": kind}
    )
    return {"csv": _csv, "xlsx": _xlsx, "gpkg": _gpkg}[kind](rows, asked.when.moment if asked.when else now)


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


def _csv(rows: list[dict[str, Any]], _at: datetime) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(list(rows[0]) if rows else [])
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()


def _xlsx(rows: list[dict[str, Any]], _at: datetime) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("coverage")
    sheet.append(list(rows[0]) if rows else [])
    for row in rows:
        sheet.append([harmless(value) for value in row.values()])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _gpkg(rows: list[dict[str, Any]], at: datetime) -> bytes:
    """Areas with their shapes; figures too small to tell are left empty, because a column of numbers has no words."""
    ids = [row["id"] for row in rows]
    shapes = dict(Boundary.objects.at(at).filter(area_id__in=ids).values_list("area_id", AsWKB("geometry")))
    found = {str(area): bytes(wkb) for area, wkb in shapes.items()}
    geometry = np.array([shapely.from_wkb(found[area]) if area in found else None for area in ids], dtype=object)
    text = {"id", "tier", "code", "name_zh", "name_en", "profile", "gates", "as_of", "opening_hours", "network"}
    text |= {"read_at", "out_of_date", "small_figures_replaced"}
    names = list(rows[0]) if rows else []
    columns = {
        name: [row[name] if name in text or not isinstance(row[name], str) else None for row in rows] for name in names
    }
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=4326)
    for name in names:
        if name not in text:
            frame[name] = frame[name].astype("float64")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.gpkg"
        pyogrio.write_dataframe(frame, path, layer="coverage", driver="GPKG", promote_to_multi=True)
        return path.read_bytes()
