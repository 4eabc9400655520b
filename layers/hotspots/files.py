"""An analysis as a file that another person can check and repeat: CSV, XLSX, GeoJSON, GeoPackage.

Every file holds every cell, and how they came about: what was asked, the law of chance, the seed, the cut-offs; in CSV
in each row, in the others as a table of its own.
"""

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from openpyxl import Workbook

from gis.shared.errors import Invalid, Missing
from gis.shared.sheets import cell, harmless
from layers.hotspots import exports
from layers.hotspots.analysis import Analysis

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX,
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}
"""The files there are, and what the web calls them."""
MOST_ROWS = 20_000
"""Of a workbook: more takes longer to write than anybody waits."""
TEXTS = frozenset({"cell", "code", "name_zh", "name_en", "class"})
LAYER, METHOD = "hotspots", "method"


@dataclass(frozen=True)
class Result:
    """What a file is made of: the question and figures as the map got them, a record and a shape of every cell."""

    question: Mapping[str, Any]
    summary: Mapping[str, Any]
    records: list[dict[str, Any]]
    shapes: Any  # shapely array, lon lat


def of_analysis(analysis: Analysis) -> Result:
    """All cells of an analysis."""
    shapes = shapely.set_precision(analysis.cells.shapes, 1e-7, mode="pointwise")
    return Result(exports.asked(analysis), exports.summary(analysis), exports.records(analysis), shapes)


def of_document(document: Mapping[str, Any]) -> Result:
    """All cells of a kept answer."""
    told = document["features"]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in told])
    return Result(document["question"], document["summary"], [feature["properties"] for feature in told], shapes)


def known(kind: str) -> None:
    """Raise Missing for files that there are not."""
    if kind not in KINDS:
        raise Missing(_("There are files of the kinds %(kinds)s.") % {"kinds": ", ".join(KINDS)})


def written(kind: str, result: Result) -> bytes:
    """A result as a file of a known kind; raises Invalid where it is too large for that kind."""
    return {"csv": _csv, "xlsx": _xlsx, "geojson": _geojson, "gpkg": _gpkg}[kind](result)


def filename(question: Mapping[str, Any], kind: str) -> str:
    """hotspots-hexagon-2026-03-05.csv."""
    return f"hotspots-{question['cells']}-{question['moment'][:10]}.{kind}"


def method(result: Result) -> dict[str, Any]:
    """What was asked with all that was chosen, the cut-offs and the counts."""
    told = {f"asked_{name}": value for name, value in result.question.items()}
    told |= {f"cutoff_{alpha}": cutoff for alpha, cutoff in result.summary["cutoffs"].items()}
    counts = ("cells", "compared", "tickets", "outside", "before", "after", "spots", "least_events", "least_residents")
    return told | {name: result.summary.get(name) for name in counts}


def _csv(result: Result) -> bytes:
    """UTF-8 with a byte order mark; what was asked and the cut-offs in every row, so that no part of it gets lost."""
    text = io.StringIO()
    told = {name: value for name, value in method(result).items() if name.startswith(("asked_", "cutoff_"))}
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*result.records[0], *told])
    same = [cell(value) for value in told.values()]
    writer.writerows([*(cell(value) for value in record.values()), *same] for record in result.records)
    return ("\ufeff" + text.getvalue()).encode()


def _xlsx(result: Result) -> bytes:
    """A sheet of cells and one of how they came about."""
    if len(result.records) > MOST_ROWS:
        raise Invalid(
            _("These are %(count)d cells; a workbook takes up to %(most)d. Take the table (CSV) or the GeoPackage.")
            % {"count": len(result.records), "most": MOST_ROWS},
            code="too-many-cells",
        )
    book = Workbook(write_only=True)
    cells = book.create_sheet(LAYER)
    cells.append(list(result.records[0]))
    for record in result.records:
        cells.append([harmless(value) for value in record.values()])
    about = book.create_sheet(METHOD)
    for name, value in method(result).items():
        about.append([name, harmless(value)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _geojson(result: Result) -> bytes:
    """A FeatureCollection with `question` and `summary` beside the features."""
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    outlines = shapely.to_geojson(result.shapes)
    features = ",".join(
        f'{{"type":"Feature","id":{encode(record["cell"])},"geometry":{outline},"properties":{encode(record)}}}'
        for record, outline in zip(result.records, outlines, strict=True)
    )
    about = f'"question":{encode(result.question)},"summary":{encode(result.summary)}'
    return f'{{"type":"FeatureCollection",{about},"features":[{features}]}}'.encode()


def _gpkg(result: Result) -> bytes:
    """A layer of cells, residents below five left empty because a column of numbers has no words, and a table."""
    columns = {
        name: [
            record[name] if name in TEXTS or not isinstance(record[name], str) else None for record in result.records
        ]
        for name in result.records[0]
    }
    frame = gpd.GeoDataFrame(columns, geometry=np.asarray(result.shapes), crs=4326)
    for name in columns.keys() - TEXTS:
        frame[name] = frame[name].astype("float64")
    told = method(result)
    values = ["" if value is None else str(value) for value in told.values()]
    about = pd.DataFrame({"name": list(told), "value": values})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hotspots.gpkg"
        pyogrio.write_dataframe(frame, path, layer=LAYER, driver="GPKG", promote_to_multi=True)
        pyogrio.write_dataframe(about, path, layer=METHOD, driver="GPKG", append=True)
        return path.read_bytes()


def _plain(name: str, value: Any) -> Any:
    """A value for a column that holds either texts or numbers."""
    return None if isinstance(value, str) and name not in TEXTS else value
