"""Rows and shapes as files that other programs read: GeoJSON, GeoPackage, Shapefile, GeoParquet, CSV. Plain.

Coordinates leave as they are stored, to the last digit, so that a file read again gives the same shapes. Instants are
text (ISO 8601) in every format, because formats disagree about time zones.
"""

import csv
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.shared import frames
from gis.shared.sheets import cell

SHAPEFILE_BYTES = 254
SHAPEFILE_NAMES = {"parent_code": "parentcode", "valid_until": "validuntil", "reported_at": "reportedat"}
"""Shapefiles know columns of ten letters."""


class Unwritable(ValueError):
    """This format cannot hold the rows: `column` is where, `row` counts from 1, `most` is what fits in bytes."""

    def __init__(self, column: str, row: int, most: int) -> None:
        """Say where."""
        super().__init__(f"{column}, row {row}: more than {most} bytes")
        self.column, self.row, self.most = column, row, most


@dataclass(frozen=True)
class Table:
    """What is written: columns of plain values (None: unknown), a shape a row, and what the file says of itself."""

    name: str
    columns: dict[str, list[Any]]
    shapes: NDArray[np.object_]
    about: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many rows."""
        return len(self.shapes)

    def frame(self, names: dict[str, str] | None = None) -> Any:
        """As geopandas has it, columns renamed."""
        columns = {(names or {}).get(name, name): values for name, values in self.columns.items()}
        return frames.shaped(columns, self.shapes)


def write_geojson(table: Table, path: Path) -> None:
    """RFC 7946: outer rings counter-clockwise; what the file says of itself as foreign members."""
    texts = shapely.to_geojson(shapely.orient_polygons(table.shapes)) if len(table) else []
    head = {"type": "FeatureCollection", "name": table.name} | table.about
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n')
        names = list(table.columns)
        for number, (text, *values) in enumerate(zip(texts, *table.columns.values(), strict=True)):
            properties = json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
            comma = ",\n" if number else ""
            file.write(f'{comma}{{"type": "Feature", "properties": {properties}, "geometry": {text}}}')
        file.write("\n]}\n")


def write_geopackage(table: Table, path: Path) -> None:
    """One layer; what the file says of itself in its metadata."""
    frame = table.frame()
    kind = None if len(frame) else "Unknown"
    frames.write(frame, path, layer=table.name, driver="GPKG", geometry_type=kind, dataset_metadata=table.about or None)


def write_shapefile(table: Table, path: Path) -> None:
    """A zip with .shp, .dbf (UTF-8, said by .cpg), .prj and a text that says what it is; raises Unwritable."""
    for name, values in table.columns.items():
        for number, value in enumerate(values, start=1):
            if isinstance(value, str) and len(value.encode()) > SHAPEFILE_BYTES:
                raise Unwritable(name, number, SHAPEFILE_BYTES)
    folder = path.with_suffix(".parts")
    folder.mkdir()
    frame = table.frame(SHAPEFILE_NAMES)
    kind = None if len(frame) else "Point"
    frames.write(frame, folder / f"{table.name}.shp", driver="ESRI Shapefile", encoding="UTF-8", geometry_type=kind)
    about = "".join(f"{key}: {value}\r\n" for key, value in table.about.items())
    (folder / "README.txt").write_text(about, encoding="utf-8-sig", newline="")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
            part.unlink()
    folder.rmdir()


def write_geoparquet(table: Table, path: Path) -> None:
    """GeoParquet 1.0, shapes as WKB."""
    table.frame().to_parquet(path, index=False)


def write_csv(table: Table, path: Path) -> None:
    """A table for spreadsheets without shapes: longitude and latitude of a point inside; UTF-8 with byte order mark."""
    inside = shapely.get_coordinates(shapely.point_on_surface(table.shapes)) if len(table) else np.empty((0, 2))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([*table.columns, "lon", "lat"])
        for values, (lon, lat) in zip(zip(*table.columns.values(), strict=True), inside.tolist(), strict=True):
            writer.writerow([*map(cell, values), round(lon, 8), round(lat, 8)])


@dataclass(frozen=True)
class Format:
    """One kind of file: the end of its name, what the web calls it, who writes it."""

    extension: str
    media: str
    write: Callable[[Table, Path], None]


FORMATS: dict[str, Format] = {
    "geojson": Format("geojson", "application/geo+json", write_geojson),
    "gpkg": Format("gpkg", "application/geopackage+sqlite3", write_geopackage),
    "shp": Format("zip", "application/zip", write_shapefile),
    "parquet": Format("parquet", "application/vnd.apache.parquet", write_geoparquet),
    "csv": Format("csv", "text/csv; charset=utf-8", write_csv),
}
"""Every format by the word that asks for it."""
