"""Small files of areas, made by other people's writers where there is one, by hand where the file must be bad."""

import io
import json
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import shapely

LON, LAT = 111.5, 36.2


def square(x: float, y: float, side: float = 10.0) -> shapely.Polygon:
    """A square in lon, lat; x, y and side in ten-thousandths of a degree (about 10 m)."""
    west, south = LON + x / 1e4, LAT + y / 1e4
    return shapely.box(round(west, 8), round(south, 8), round(west + side / 1e4, 8), round(south + side / 1e4, 8))


def feature(shape: Any, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature; a shape may be given as a dict, as bad ones must be."""
    geometry = shape if isinstance(shape, dict) or shape is None else json.loads(shapely.to_geojson(shape))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def geojson(path: Path, features: Sequence[Any], **members: Any) -> Path:
    """A FeatureCollection."""
    document = {"type": "FeatureCollection", **members, "features": list(features)}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def frame(rows: Iterable[tuple[Any, Mapping[str, Any]]], crs: Any = 4490) -> geopandas.GeoDataFrame:
    """Shapes and their attributes for geopandas' writers."""
    rows = list(rows)
    columns = {name: [row[name] for _shape, row in rows] for name in rows[0][1]}
    return geopandas.GeoDataFrame(columns, geometry=[shape for shape, _row in rows], crs=crs)


def gpkg(path: Path, rows: Any, *, crs: Any = 4490, layer: str = "building") -> Path:
    """A GeoPackage written by GDAL; a second call adds a layer."""
    pyogrio.write_dataframe(frame(rows, crs), path, layer=layer, driver="GPKG")
    return path


def parquet(path: Path, rows: Any, *, crs: Any = 4490) -> Path:
    """A GeoParquet file written by geopandas."""
    frame(rows, crs).to_parquet(path)
    return path


def shapefile(
    path: Path, rows: Any, *, crs: Any = 4490, encoding: str = "UTF-8", leave_out: Sequence[str] = (), folder: str = "x"
) -> Path:
    """A zipped shapefile written by GDAL, perhaps without some of its parts."""
    place = path.with_suffix("")
    place.mkdir()
    pyogrio.write_dataframe(frame(rows, crs), place / "网格.shp", encoding=encoding)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(place.iterdir()):
            if part.suffix not in leave_out:
                archive.write(part, f"{folder}/{part.name}")
    return path


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    """A zip archive of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def lying_zip(path: Path, name: str, content: bytes, *, says: int) -> Path:
    """An archive whose directory says a member is smaller than it becomes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    raw = bytearray(held.getvalue())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(mark) + at, says)
    path.write_bytes(raw)
    return path


def two_buildings() -> list[tuple[shapely.Polygon, dict[str, Any]]]:
    """Two neighbours with Chinese names."""
    return [
        (square(0, 0), {"DM": "B1", "MC": "幸福里1号楼"}),
        (square(10, 0), {"DM": "B2", "MC": "幸福里2号楼"}),
    ]
