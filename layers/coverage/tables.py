"""Figures as files: rows of one kind as CSV, or several tables as XLSX and GeoPackage. Names run no formulas."""

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from openpyxl import Workbook

from gis.shared import frames
from gis.shared.errors import Missing
from gis.shared.sheets import cell, harmless

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX, "gpkg": "application/geopackage+sqlite3"}
"""The files there are, and what the web calls them."""
TOO_FEW = "too_few"
"""The column of a GeoPackage that names the figures of a row that are too small to tell, as "residents <5"."""


@dataclass(frozen=True)
class Sheet:
    """One table: rows with the same keys, which of these are text, and a shape (degrees, or None) for each row."""

    name: str
    rows: Sequence[dict[str, Any]]
    text: frozenset[str]
    shapes: Sequence[Any] = ()

    @property
    def heads(self) -> list[str]:
        """The heads of the columns."""
        return list(self.rows[0]) if self.rows else []


def demand_kind(kind: str, kinds: Sequence[str] = tuple(KINDS)) -> None:
    """Raise Missing, naming those there are, for a kind of file there is not."""
    if kind not in kinds:
        raise Missing(_("There are files of the kinds %(kinds)s.") % {"kinds": ", ".join(kinds)})


def as_csv(sheet: Sheet) -> bytes:
    """One table, with the mark by which a spreadsheet knows UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.heads)
    writer.writerows([cell(value) for value in row.values()] for row in sheet.rows)
    return ("\ufeff" + text.getvalue()).encode()


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A sheet for each table."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.append(sheet.heads)
        for row in sheet.rows:
            page.append([harmless(value) for value in row.values()])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_gpkg(sheets: Sequence[Sheet]) -> bytes:
    """A layer for each table that has rows; a column of numbers has no words, so figures too small to tell are empty in
    it and named in the column `too_few`: what is empty and not named there is not known."""
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        path = Path(folder) / "figures.gpkg"
        for sheet in sheets:
            if sheet.rows or sheet is sheets[0]:
                frames.write(_frame(sheet), path, layer=sheet.name, driver="GPKG", promote_to_multi=True)
        return path.read_bytes()


def _frame(sheet: Sheet) -> Any:
    """The table with its shapes."""
    few = [{name for name, value in row.items() if isinstance(value, str)} - sheet.text for row in sheet.rows]
    columns = {
        name: [None if name in small else row[name] for row, small in zip(sheet.rows, few, strict=True)]
        for name in sheet.heads
    }
    columns[TOO_FEW] = [
        ", ".join(f"{name} {row[name]}" for name in row if name in small)
        for row, small in zip(sheet.rows, few, strict=True)
    ]
    frame = frames.shaped(columns, np.array(sheet.shapes, dtype=object))
    for name in sheet.heads:
        if name not in sheet.text:
            frame[name] = frame[name].astype("float64")
    return frame
