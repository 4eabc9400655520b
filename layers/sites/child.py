"""The child that reads a stranger's map file of points: takes its limits first, then writes rows or a reason."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gis.shared.apart import take_limits
from grids.filing.child import tell_answer

MOST_ROWS = 20_000
WGS84 = 4326


def main(order: dict[str, str | int]) -> None:
    """Read what the order names and write its answer."""
    take_limits(memory_mb=int(order["memory_mb"]), seconds=int(order["seconds"]), parent=int(order["parent"]))
    from grids.filing.faults import Unreadable

    told: dict[str, object] = {"code": "", "values": {}}
    try:
        found = _read(Path(str(order["path"])))
        Path(str(order["rows"])).write_text(json.dumps(found), encoding="utf-8")
    except Unreadable as fault:
        told = {"code": fault.code, "values": fault.values}
    except MemoryError:
        told = {"code": "too-much-memory", "values": {"memory": int(order["memory_mb"])}}
    tell_answer(order, told)


def _read(path: Path) -> dict[str, Any]:
    """Heads, rows as [line, cells], lines without a point; positions in degrees as columns lon and lat."""
    import pyogrio
    import shapely
    from pyproj import CRS, Transformer

    from grids.filing.faults import Unreadable
    from grids.filing.table import text_of, unique_names

    with path.open("rb") as file:
        kind = "gpkg" if file.read(6) == b"SQLite" else "geojson"
    named = Path(str(path.parent)) / f"sites.{kind}"
    try:
        meta, table = pyogrio.read_arrow(named, layer=0)
        crs = CRS.from_user_input(meta["crs"] or WGS84)
    except Exception as error:  # whatever GDAL stumbles over: this process reads nothing else
        raise Unreadable("broken", said=str(error)[:200]) from error
    if table.num_rows > MOST_ROWS:
        raise Unreadable("too-many-rows", most=MOST_ROWS)
    place = meta.get("geometry_name") or "wkb_geometry"
    shapes = shapely.from_wkb(table[place].to_numpy(zero_copy_only=False), on_invalid="ignore")
    names = [name for name in table.column_names if name != place and name.lower() not in ("lon", "lat")]
    columns = [table[name].to_pylist() for name in names]
    degrees = Transformer.from_crs(crs, WGS84, always_xy=True)
    rows, odd = [], []
    for at, shape in enumerate(shapes):
        if shape is None or shape.geom_type != "Point" or shape.is_empty:
            odd.append(at + 1)
            continue
        lon, lat = (shape.x, shape.y) if crs.equals(CRS.from_epsg(WGS84)) else degrees.transform(shape.x, shape.y)
        rows.append([at + 1, [*(text_of(column[at]) for column in columns), repr(lon), repr(lat)]])
    return {"kind": kind, "heads": unique_names([*names, "lon", "lat"]), "rows": rows, "odd": odd}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
