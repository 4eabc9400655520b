"""One file of areas, whatever its kind, as a Table. Runs in a child process (`apart.py`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from grids.filing.faults import Unreadable
from grids.filing.geojson import read_geojson
from grids.filing.kinds import Found, kind_of, unpack
from grids.filing.table import Table
from grids.filing.vector import read_geopackage, read_geoparquet, read_shapefile


def read(path: Path, *, layer: str = "", encoding: str = "") -> Table:
    """Read a file of areas; raises Unreadable. `layer` of a GeoPackage and `encoding` of a shapefile may be named."""
    with tempfile.TemporaryDirectory(prefix="areas-") as folder:
        kind = kind_of(path)
        found = unpack(path, Path(folder)) if kind == "zip" else Found(kind, path)
        if found.kind == "shapefile":
            table = read_shapefile(found.path, encoding=encoding)
        elif found.kind == "geopackage":
            # under a name that says what it is: the reader must not choose another driver by the stranger's
            named = Path(folder) / "areas.gpkg"
            named.symlink_to(found.path.resolve())
            table = read_geopackage(named, layer=layer)
        elif found.kind == "geoparquet":
            table = read_geoparquet(found.path)
        else:
            table = read_geojson(found.path)
    if not len(table):
        raise Unreadable("no-rows")
    return table
