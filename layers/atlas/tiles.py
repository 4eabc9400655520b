"""Vector tiles: the rows of Layers, cut and encoded by PostGIS, one statement a tile.

A tile is made for screens of 512 px a tile, so tile z is what a map shows at zoom z + 1; `Layer.min_zoom`, `max_zoom`
and the `zoom` given to `Layer.rows` are the map's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db import connection

from gis.shared import tiles
from gis.shared.layer import Layer

EXTENT = 4096
BUFFER = 96
ROAD_BUFFER = 288
"""How far shapes reach over the tile's edge (of EXTENT), so that wide lines are not cut; streets are the widest."""

TILE_SQL = (
    "SELECT ST_AsMVT(cut, %s, {extent}, 'mvt') FROM (SELECT {chosen} FROM {source} {where}) AS cut "
    "WHERE cut.mvt IS NOT NULL"
)


def map_zoom(z: int) -> int:
    """The map's zoom at which a tile is shown."""
    return z + 1


def tile(layers: Sequence[Layer], z: int, x: int, y: int, *, asker: Any, moment: datetime) -> bytes:
    """The Mapbox Vector Tile of some layers; empty bytes when nothing lies in it.

    The caller has made sure that the tile exists and that the asker may see each layer.
    """
    zoom = map_zoom(z)
    parts: list[str] = []
    values: list[Any] = []
    for layer in layers:
        if layer.min_zoom <= zoom <= layer.max_zoom:
            sql, params = layer_sql(layer, z, x, y, asker=asker, moment=moment)
            parts.append(f"COALESCE(({sql}), ''::bytea)")
            values.extend(params)
    if not parts:
        return b""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " || ".join(parts), values)
        row = cursor.fetchone()
    return bytes(row[0])


def layer_sql(layer: Layer, z: int, x: int, y: int, *, asker: Any, moment: datetime) -> tuple[str, list[Any]]:
    """One layer's part of a tile as an SQL expression with its parameters.

    Names in the statement are the layer's own declarations, never a request's.
    """
    cells = layer.kind == "cluster"
    buffer = 0 if cells else ROAD_BUFFER if layer.base and layer.kind == "line" else BUFFER
    west, south, east, north = tiles.bounds(z, x, y, margin=buffer / EXTENT)
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = 4326
    # Cells are counted from the rows inside the tile's square only, instead of counting everything and then choosing.
    narrow = {"box": box} if cells else {}
    rows = layer.rows(asker=asker, moment=moment, zoom=map_zoom(z), **narrow).filter(geom__bboverlaps=box)
    inner, params = rows.query.sql_with_params()
    columns = [f'rows."{layer.columns.get(name, name)}" AS "{name}"' for name in layer.fields]
    source = f"({inner}) AS rows"
    if layer.anchored:
        columns += ["ST_X(anchor.at) AS lon", "ST_Y(anchor.at) AS lat"]
        source += " CROSS JOIN LATERAL (SELECT ST_PointOnSurface(rows.geom) AS at OFFSET 0) AS anchor"
    # A cell's count belongs to one tile only: west and north edges in, east and south edges out.
    where = "WHERE ST_X(rows.geom) < %s AND ST_Y(rows.geom) > %s" if cells else ""
    clip = f"{EXTENT}, {buffer}, {'false' if cells else 'true'}"
    shape = f"ST_AsMVTGeom(ST_Transform(rows.geom, 3857), ST_TileEnvelope(%s, %s, %s), {clip})"
    chosen = ", ".join([*columns, f"{shape} AS mvt"])
    sql = TILE_SQL.format(extent=EXTENT, chosen=chosen, source=source, where=where)
    return sql, [layer.name, z, x, y, *params, *([east, south] if cells else [])]
