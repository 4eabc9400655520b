"""Shapefile, GeoPackage and GeoParquet into a Table: Arrow all the way, no pandas, nothing believed unchecked."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray
from pyarrow import parquet
from pyproj import CRS
from pyproj.exceptions import CRSError

from grids.filing.encodings import dbf_head, encoding_of
from grids.filing.faults import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_LAYERS,
    MOST_ROWS,
    MOST_VERTICES,
    MOST_VERTICES_A_ROW,
    Fault,
    Note,
    Unreadable,
)
from grids.filing.table import LAYER, Table, text_of, unique_names

BATCH = 2_048
SHP_MAGIC = 9994


def read_shapefile(path: Path, *, encoding: str = "") -> Table:
    """A shapefile whose parts lie side by side under one name."""
    _demand_whole_shp(path)
    head = dbf_head(path.with_suffix(".dbf"))
    shapes = (path.with_suffix(".shx").stat().st_size - 100) // 8
    if shapes != head.rows:
        raise Unreadable("parts-disagree", shapes=shapes, rows=head.rows)
    _demand_rows(head.rows)
    cpg = path.with_suffix(".cpg")
    said = cpg.read_bytes()[:40].decode("ascii", "replace").strip() if cpg.exists() else ""
    used, wrong = (encoding, "") if encoding else encoding_of(path.with_suffix(".dbf"), said)
    notes = [Note("wrong-cpg", {"said": wrong, "used": used})] if wrong else []
    if not said and used == "gb18030":
        notes.append(Note("guessed-encoding", {"encoding": "GB18030"}))
    crs = _prj(path.with_suffix(".prj"))
    meta, rows = _read(path, encoding="ISO-8859-1" if used == "latin-1" else used.upper())
    table = _table("shapefile", meta | {"crs": crs}, rows, notes=notes)
    table.encoding = used
    return table


def _prj(path: Path) -> str:
    """What a .prj says, "" where there is none or it is damaged; it is taken away, for on damaged ones GDAL stops."""
    if not path.exists():
        return ""
    text = path.read_bytes()[:LONGEST_CELL].decode("utf-8", "replace").strip()
    path.unlink()
    try:
        crs = CRS.from_wkt(text)
    except CRSError:
        return ""
    epsg = crs.to_epsg(min_confidence=70)
    return f"EPSG:{epsg}" if epsg else text


def _demand_whole_shp(path: Path) -> None:
    """Raise Unreadable when a .shp or .shx is shorter than its own header says."""
    for part in (path, path.with_suffix(".shx")):
        with part.open("rb") as file:
            head = file.read(100)
        if len(head) < 100:
            raise Unreadable("truncated", part=part.suffix)
        magic, words = struct.unpack(">i20xi", head[:28])
        if magic != SHP_MAGIC:
            raise Unreadable("bad-part", part=part.suffix)
        if 2 * words > part.stat().st_size:
            raise Unreadable("truncated", part=part.suffix)


def read_geopackage(path: Path, *, layer: str = "") -> Table:
    """A GeoPackage: the layer named, or all of its layers of areas, each row knowing its own."""
    counts = _gpkg_layers(path)
    names = [name for name in counts if not layer or name == layer]
    if not names:
        raise Unreadable("no-such-layer" if layer and counts else "no-layer", layer=layer[:100])
    _demand_rows(sum(counts[name] for name in names))
    tables = []
    for name in names:
        meta, rows = _read(path, layer=name)
        if len(rows) != counts[name]:
            raise Unreadable("rows-missing", layer=name[:100], found=len(rows), said=counts[name])
        tables.append(_table("geopackage", meta, rows, layer=name))
    table = _joined(tables)
    table.layers = list(counts)
    return table


def _gpkg_layers(path: Path) -> dict[str, int]:
    """Rows by layer of areas, asked of SQLite itself, which also says whether the file is whole."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as file:
            if file.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise Unreadable("truncated", part=".gpkg")
            listed = file.execute(
                "SELECT c.table_name FROM gpkg_contents c JOIN gpkg_geometry_columns g USING (table_name)"
                " WHERE c.data_type = 'features' ORDER BY 1"
            ).fetchmany(MOST_LAYERS + 1)
            if len(listed) > MOST_LAYERS:
                raise Unreadable("too-many-layers", most=MOST_LAYERS)
            quoted = {str(name): '"' + str(name).replace('"', '""') + '"' for (name,) in listed}
            return {name: file.execute(f"SELECT count(*) FROM {word}").fetchone()[0] for name, word in quoted.items()}  # noqa: S608
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite's own complaint may quote what is no text
        raise Unreadable("bad-part", part=".gpkg") from error


def _read(path: Path, **options: str) -> tuple[dict[str, Any], pa.Table]:
    """What pyogrio's own GDAL reads of one layer."""
    try:
        meta, rows = pyogrio.read_arrow(path, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise Unreadable("broken", said=str(error)[:200]) from error
    except (pa.ArrowException, ValueError, RuntimeError, UnicodeDecodeError) as error:
        raise Unreadable("broken", said=str(error)[:200]) from error
    return meta, rows


def read_geoparquet(path: Path) -> Table:
    """A GeoParquet file with WKB geometry (all that GDAL and geopandas write by default)."""
    try:
        with parquet.ParquetFile(str(path)) as file:
            _demand_rows(file.metadata.num_rows)
            about = json.loads((file.metadata.metadata or {}).get(b"geo", b"{}"))
            column = str(about.get("primary_column") or "geometry")
            detail = (about.get("columns") or {}).get(column) or {}
            if column not in file.schema_arrow.names:
                raise Unreadable("no-geometry-column", column=column[:100])
            if detail.get("encoding", "WKB") != "WKB":
                raise Unreadable("wrong-encoding", found=str(detail["encoding"])[:40])
            batches = list(file.iter_batches(batch_size=BATCH))
            rows = pa.Table.from_batches(batches, schema=file.schema_arrow)
    except (pa.ArrowException, OSError, ValueError, TypeError, AttributeError) as error:
        code = "truncated" if _cut_parquet(path) else "broken"
        raise Unreadable(code, part=".parquet", said=str(error)[:200]) from error
    crs = detail.get("crs", "OGC:CRS84") if detail else ""
    if isinstance(crs, dict):
        identity = crs.get("id") or {}
        named = f"{identity.get('authority')}:{identity.get('code')}" if identity.get("code") else ""
        crs = named or json.dumps(crs)
    return _table("geoparquet", {"crs": crs or "", "geometry_name": column}, rows)


def _cut_parquet(path: Path) -> bool:
    """Whether a Parquet file lacks its end."""
    with path.open("rb") as file:
        file.seek(-4, 2)
        return file.read(4) != b"PAR1"


def _demand_rows(count: int) -> None:
    if count > MOST_ROWS:
        raise Unreadable("too-many-rows", count=count, most=MOST_ROWS)


def _table(kind: str, meta: dict[str, Any], rows: pa.Table, *, layer: str = "", notes: Sequence[Note] = ()) -> Table:
    """An Arrow table as ours: texts, flat shapes, a fault for each shape that cannot be."""
    place = meta.get("geometry_name") or "wkb_geometry"
    if place not in rows.column_names:
        raise Unreadable("no-geometry-column", column=str(place)[:100])
    names = [name for name in rows.column_names if name != place and name != meta.get("fid_column")]
    if len(names) > MOST_COLUMNS:
        raise Unreadable("too-many-columns", count=len(names), most=MOST_COLUMNS)
    faults: list[Fault] = []
    shapes = _shapes(rows[place], faults)
    columns = dict(zip(unique_names(names), (_texts(rows[name]) for name in names), strict=True))
    return Table(
        kind=kind, columns=columns, shapes=shapes, numbers=np.arange(1, len(rows) + 1), crs=str(meta.get("crs") or ""),
        encoding="utf-8", layers=[layer] if layer else [], faults=faults, notes=list(notes),
    )  # fmt: skip


def _shapes(column: pa.ChunkedArray, faults: list[Fault]) -> NDArray[Any]:
    """Polygons without heights; None, with its fault, where a row has none."""
    raw = column.cast(pa.binary()) if not pa.types.is_binary(column.type) else column
    blobs = np.asarray(raw.to_pylist(), object)
    shapes = np.asarray(shapely.from_wkb(blobs, on_invalid="ignore"), object)
    kinds = shapely.get_type_id(shapes)
    counts = shapely.get_num_coordinates(shapes)
    if int(counts[(kinds == 3) | (kinds == 6)].sum()) > MOST_VERTICES:
        raise Unreadable("too-many-vertices", most=MOST_VERTICES)
    for at in range(len(shapes)):
        shape = shapes[at]
        if shape is None:
            wrong = Fault(at + 1, "no-shape" if blobs[at] is None else "broken-shape")
        elif kinds[at] not in (3, 6):
            wrong = Fault(at + 1, "not-an-area", {"found": shape.geom_type})
        elif counts[at] > MOST_VERTICES_A_ROW:
            wrong = Fault(at + 1, "too-many-vertices-in-row", {"count": int(counts[at]), "most": MOST_VERTICES_A_ROW})
        elif shape.is_empty:
            wrong = Fault(at + 1, "no-shape")
        else:
            continue
        faults.append(wrong)
        shapes[at] = None
    shapes = np.asarray(shapely.force_2d(shapes), object)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    for at in np.unique(owner[~np.isfinite(xy).all(axis=1)]).tolist():
        faults.append(Fault(at + 1, "bad-position"))
        shapes[at] = None
    return shapes


def _texts(column: pa.ChunkedArray) -> list[str]:
    """A column as texts; bytes that are no text become �, they are told where they are used."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.large_binary())
    if pa.types.is_large_binary(column.type) or pa.types.is_binary(column.type):
        most = 4 * LONGEST_CELL
        values = ((value or b"")[:most].decode("utf-8", "replace") for value in column.to_pylist())
        return [value[:LONGEST_CELL] for value in values]
    return [text_of(value) for value in column.to_pylist()]


def _joined(tables: Sequence[Table]) -> Table:
    """Layers one after the other; a single one stays as it is. Row numbers go on counting."""
    first = tables[0]
    if len(tables) == 1:
        return first
    if len({table.crs for table in tables}) > 1:
        raise Unreadable("layers-disagree", layers=len(tables))
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    columns: dict[str, list[str]] = {name: [] for name in names}
    origin: list[str] = []
    faults: list[Fault] = []
    for table in tables:
        faults += [Fault(fault.row + len(origin), fault.code, fault.values) for fault in table.faults]
        for name in names:
            columns[name] += table.columns.get(name) or [""] * len(table)
        origin += table.layers * len(table)
    columns[LAYER] = origin
    shapes = np.concatenate([table.shapes for table in tables])
    return Table(
        kind=first.kind, columns=columns, shapes=shapes, numbers=np.arange(1, len(origin) + 1), crs=first.crs,
        encoding=first.encoding, faults=faults,
    )  # fmt: skip
