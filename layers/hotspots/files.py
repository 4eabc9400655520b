"""An analysis as a file that another person can check and repeat: CSV, XLSX, GeoJSON, GeoPackage.

Every file holds every cell, and how they came about: what was asked, the law of chance, the seed, the cut-offs; in CSV
in each row, in the others as a table of its own.
"""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from openpyxl import Workbook

from gis.shared import frames
from gis.shared.errors import Conflict, Missing
from gis.shared.sheets import cell, harmless
from layers.hotspots import exports
from layers.hotspots.analysis import Analysis
from layers.hotspots.packed import Packed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX,
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}
"""The files there are, and what the web calls them."""
MOST_AT_ONCE = 20_000
"""A workbook of more cells is made by a job: it takes longer to write than anybody waits for a page."""
STEP = 5_000
"""After so many cells it is told how far a file is."""
TEXTS = frozenset({"cell", "code", "name_zh", "name_en", "class"})
LAYER, METHOD = "hotspots", "method"
IN_EACH_ROW = ("asked_", "cutoff_", "coarse", "not_placed")
"""What a file without a second table says beside every cell, by the beginnings of its names."""


Told = Callable[[int, int, str], object]
"""Told how many of how many cells are written, and in words what is done; may raise to stop."""


@dataclass(frozen=True)
class Result:
    """What a file is made of: the question and figures as the map got them, what is told of each cell, and shapes."""

    question: Mapping[str, Any]
    summary: Mapping[str, Any]
    columns: Mapping[str, list[Any]]
    shapes: Any  # shapely array, lon lat

    def __len__(self) -> int:
        """How many cells."""
        return len(self.shapes)


def of_analysis(analysis: Analysis) -> Result:
    """All cells of an analysis."""
    shapes = shapely.set_precision(analysis.cells.shapes, 1e-7, mode="pointwise")
    return Result(exports.asked(analysis), exports.summary(analysis), exports.columns(analysis), shapes)


def of_document(document: Mapping[str, Any]) -> Result:
    """All cells of a kept answer."""
    told = document["features"]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in told])
    names = told[0]["properties"] if told else ()
    columns = {name: [feature["properties"][name] for feature in told] for name in names}
    return Result(document["question"], document["summary"], columns, np.asarray(shapes, dtype=object))


def of_packed(packed: Packed) -> Result:
    """All cells of a kept answer of very many."""
    shapes = shapely.set_precision(packed.cells.shapes, 1e-7, mode="pointwise")
    return Result(packed.question, packed.summary, packed.columns(), shapes)


def known(kind: str) -> None:
    """Raise Missing for files that there are not."""
    if kind not in KINDS:
        raise Missing(_("There are files of the kinds %(kinds)s.") % {"kinds": ", ".join(KINDS)})


def silent(_done: int, _total: int, _doing: str) -> None:
    """Nobody listens."""


def at_once(kind: str, cells: int) -> None:
    """Raise Conflict where a file of a known kind takes longer than anybody waits for a page."""
    if kind == "xlsx" and cells > MOST_AT_ONCE:
        raise Conflict(
            _("%(rows)d rows are too many to wait for: a job makes this file.") % {"rows": cells},
            code="too-many-rows",
            rows=cells,
            most=MOST_AT_ONCE,
        )


def write(kind: str, result: Result, path: Path, told: Told = silent) -> None:
    """A result as a file of a known kind."""
    {"csv": _csv, "xlsx": _xlsx, "geojson": _geojson, "gpkg": _gpkg}[kind](result, path, told)


def written(kind: str, result: Result) -> bytes:
    """The same as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"hotspots.{kind}"
        write(kind, result, path)
        return path.read_bytes()


def filename(question: Mapping[str, Any], kind: str) -> str:
    """hotspots-hexagon-2026-03-05.csv."""
    return f"hotspots-{question['cells']}-{question['moment'][:10]}.{kind}"


def method(result: Result) -> dict[str, Any]:
    """What was asked with all that was chosen, the cut-offs and the counts."""
    told = {f"asked_{name}": value for name, value in result.question.items()}
    told |= {f"cutoff_{alpha}": cutoff for alpha, cutoff in result.summary["cutoffs"].items()}
    counts = (
        "cells", "compared", "tickets", "outside", "before", "after", "spots", "least_events", "least_residents",
        "unknown", "coarse", "not_placed",
    )  # fmt: skip
    return told | {name: result.summary.get(name) for name in counts}


def _rows(result: Result, told: Told) -> Iterator[tuple[Any, ...]]:
    """What is told of one cell after the other."""
    total = len(result)
    for number, row in enumerate(zip(*result.columns.values(), strict=True)):
        if number % STEP == 0:
            told(number, total, _("Writing the cells"))
        yield row


def _csv(result: Result, path: Path, told: Told) -> None:
    """UTF-8 with a byte order mark; what was asked and the cut-offs in every row, so that no part of it gets lost."""
    about = {name: value for name, value in method(result).items() if name.startswith(IN_EACH_ROW)}
    same = [cell(value) for value in about.values()]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([*result.columns, *about])
        writer.writerows([*map(cell, row), *same] for row in _rows(result, told))


def _xlsx(result: Result, path: Path, told: Told) -> None:
    """A sheet of cells and one of how they came about."""
    book = Workbook(write_only=True)
    cells = book.create_sheet(LAYER)
    cells.append(list(result.columns))
    try:
        for row in _rows(result, told):
            cells.append([harmless(value) for value in row])
    except BaseException:
        book.save(path)  # closes the sheet and takes its temporary file away
        path.unlink()
        raise
    about = book.create_sheet(METHOD)
    for name, value in method(result).items():
        about.append([name, harmless(value)])
    book.save(path)


def _geojson(result: Result, path: Path, told: Told) -> None:
    """A FeatureCollection with `question` and `summary` beside the features."""
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    about = f'"question":{encode(result.question)},"summary":{encode(result.summary)}'
    names = list(result.columns)
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"type":"FeatureCollection",{about},"features":[')
        for number, row in enumerate(_rows(result, told)):
            record = dict(zip(names, row, strict=True))
            outline = shapely.to_geojson(result.shapes[number])
            words = f'"id":{encode(record["cell"])},"geometry":{outline},"properties":{encode(record)}'
            file.write(f'{"," if number else ""}{{"type":"Feature",{words}}}')
        file.write("]}")


def _gpkg(result: Result, path: Path, told: Told) -> None:
    """A layer of cells, residents below five left empty because a column of numbers has no words, and a table."""
    total = len(result)
    for first in range(0, total, STEP):
        told(first, total, _("Writing the cells"))
        part = slice(first, first + STEP)
        columns = {name: [_plain(name, value) for value in values[part]] for name, values in result.columns.items()}
        frame = frames.shaped(columns, np.asarray(result.shapes[part]))
        for name in columns.keys() - TEXTS:
            frame[name] = frame[name].astype("float64")
        frames.write(frame, path, layer=LAYER, driver="GPKG", promote_to_multi=True, append=first > 0)
    about = method(result)
    values = ["" if value is None else str(value) for value in about.values()]
    table = frames.plain({"name": list(about), "value": values})
    frames.write(table, path, layer=METHOD, driver="GPKG", append=True)


def _plain(name: str, value: Any) -> Any:
    """A value for a column that holds either texts or numbers."""
    return None if isinstance(value, str) and name not in TEXTS else value
