"""Vector tiles: the rows of Layers, cut and encoded by PostGIS, one statement a tile.

A tile is made for screens of 512 px a tile, so tile z is what a map shows at zoom z + 1; `Layer.min_zoom`, `max_zoom`
and the `zoom` given to `Layer.rows` are the map's. Here tiles are made; `keeping` answers from those made before.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.gis.db.backends.postgis.adapter import PostGISAdapter
from django.contrib.gis.geos import Polygon
from django.db import connection

from gis.shared import prepared, tiles
from gis.shared.layer import Layer
from grids.permissions import is_asked_once
from layers.atlas.bands import EQUATOR_M, band_of

EXTENT = 4096
BUFFER = 96
ROAD_BUFFER = 288
"""How far shapes reach over the tile's edge (of EXTENT), so that wide lines are not cut; streets are the widest."""

TILE_SQL = (
    "COALESCE((SELECT ST_AsMVT(cut, %s::text, {extent}, 'mvt') FROM (SELECT {chosen} FROM {source} {where} OFFSET 0) "
    "AS cut WHERE NOT ST_IsEmpty(cut.mvt)), ''::bytea)"
)
# Not ST_AsMVTGeom: it thins out every ring by itself, so that neighbours lose different nodes of the edge they share.
COVERAGE = (
    "ST_SnapToGrid(ST_Affine(ST_ForcePolygonCW(ST_ClipByBox2D({shape}, ST_MakeEnvelope(%s, %s, %s, %s, 3857))),"
    " %s, 0, 0, %s, %s, %s), 1)"
)
MIDDLE = " CROSS JOIN LATERAL (SELECT ST_PointOnSurface(rows.geom) AS at OFFSET 0) AS middle"
IN_THE_MIDDLE = ("ST_X(middle.at) AS lon", "ST_Y(middle.at) AS lat")
ANCHOR = """
 LEFT JOIN atlas_anchor anchor ON anchor.boundary = rows."{boundary}"
 CROSS JOIN LATERAL (
    SELECT CASE WHEN anchor.boundary IS NULL THEN ST_PointOnSurface(rows.geom) END AS at OFFSET 0) AS middle"""
ANCHORED = (
    "coalesce(anchor.lon, ST_X(middle.at)) AS lon",
    "coalesce(anchor.lat, ST_Y(middle.at)) AS lat",
    "round(anchor.room_m::numeric, 1)::float8 AS room",
)
# The newest simplification of this band that saw every edit of the layer; without one, shapes are drawn as stored.
OUTLINE = """
 LEFT JOIN atlas_outline outline ON outline.boundary = rows."{boundary}" AND outline.simplification_id = (
    SELECT made.id FROM atlas_simplification made WHERE made.layer = %s AND made.band = %s AND NOT EXISTS (
        SELECT 1 FROM atlas_edit edit WHERE edit.layer = made.layer AND (
            NOT pg_visible_in_snapshot(edit.written_by, made.seen) OR (edit.at > made.made_at AND edit.at <= %s)))
    ORDER BY made.id DESC LIMIT 1)"""


BOX = object()
SOME_MOMENT = datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
NEAR_IT = timedelta(days=400)
STATEMENTS_KEPT = 1000
_statements: dict[tuple[Layer, int, str], prepared.Statement] = {}


class Part(NamedTuple):
    """One layer's part of a tile: an SQL expression, its values, and whether the next tile's will read the same."""

    sql: str
    values: list[Any]
    lasting: bool


def map_zoom(z: int) -> int:
    """The map's zoom at which a tile is shown."""
    return z + 1


def margin_of(layer: Layer) -> float:
    """How far a layer's shapes reach over the tile's edge, as a share of its side."""
    return _buffer(layer) / EXTENT


def _buffer(layer: Layer) -> int:
    """The same in units of EXTENT. Counts belong to one tile only."""
    return 0 if layer.kind == "cluster" else ROAD_BUFFER if layer.base and layer.kind == "line" else BUFFER


def tile(
    layers: Sequence[Layer], z: int, x: int, y: int, *, asker: Any, moment: datetime, now: datetime | None = None
) -> bytes:
    """The tile of those of some layers that are drawn at its zoom, made anew; empty bytes where nothing lies.

    The caller has made sure that the tile exists and that the asker may see each layer. Without `now` the moment is it.
    """
    parts: list[str] = []
    values: list[Any] = []
    for layer in layers:
        if layer.min_zoom <= map_zoom(z) <= layer.max_zoom:
            part = part_of(layer, z, x, y, asker=asker, moment=moment, now=now or moment)
            parts.append(part.sql)
            values.extend(part.values)
    if not parts:
        return b""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " || ".join(parts), values)
        return bytes(cursor.fetchone()[0])


def part_of(layer: Layer, z: int, x: int, y: int, *, asker: Any, moment: datetime, now: datetime) -> Part:
    """One layer's part of a tile.

    Names in the statement are the layer's own declarations, never a request's.
    """
    west, south, east, north = tiles.bounds(z, x, y, margin=margin_of(layer))
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = 4326
    if not layer.temporal:
        moment = now  # the same at every moment: nobody finds out by asking for many when something happened
    quick = layer.tile_rows(z, x, y, asker=asker, now=now) if moment == now else None
    inner, params, lasting = (*quick, False) if quick else _inner(layer, map_zoom(z), box, asker=asker, moment=moment)
    columns = [f'rows."{layer.columns.get(name, name)}" AS "{name}"' for name in layer.fields]
    source, shape, extra = f"({inner}) AS rows", "ST_Transform(rows.geom, 3857)", []
    if layer.anchored:
        source += ANCHOR.format(boundary=layer.boundary) if layer.boundary else MIDDLE
        columns += ANCHORED if layer.boundary else IN_THE_MIDDLE
        band = band_of(layer, map_zoom(z))
        if band is not None and moment == now:
            source += OUTLINE.format(boundary=layer.boundary)
            shape = f"coalesce(outline.geometry, {shape})"
            extra = [layer.name, band, now]
    # A cell's count belongs to one tile only: west and north edges in, east and south edges out.
    cells = layer.kind == "cluster"
    where = "WHERE ST_X(rows.geom) < %s AND ST_Y(rows.geom) > %s" if cells else ""
    if layer.boundary:
        drawn, frame = COVERAGE.format(shape=shape), _frame(z, x, y)
    else:
        clip = f"{EXTENT}, {_buffer(layer)}, {'false' if cells else 'true'}"
        drawn, frame = f"ST_AsMVTGeom({shape}, ST_TileEnvelope(%s, %s, %s), {clip})", [z, x, y]
    sql = TILE_SQL.format(extent=EXTENT, chosen=", ".join([*columns, f"{drawn} AS mvt"]), source=source, where=where)
    return Part(sql, [layer.name, *frame, *params, *extra, *([east, south] if cells else [])], lasting)


def _frame(z: int, x: int, y: int) -> list[float]:
    """What COVERAGE asks for: the square with its margin in EPSG:3857, and the way from there to units of EXTENT."""
    side = EQUATOR_M / 2**z
    west, north = x * side - EQUATOR_M / 2, EQUATOR_M / 2 - y * side
    margin, units = side * BUFFER / EXTENT, EXTENT / side
    box = [west - margin, north - side - margin, west + side + margin, north + margin]
    return [*box, units, -units, -west * units, north * units]


def _inner(layer: Layer, zoom: int, box: Polygon, *, asker: Any, moment: datetime) -> Part:
    """The rows of a layer whose envelope meets a box, as a statement."""
    # Whose rights may change between two looks at them has no statement of their own to keep.
    if not layer.uniform or not (layer.is_public() or is_asked_once()):
        return Part(*_compiled(layer, zoom, box, asker=asker, moment=moment), lasting=False)
    sql, params = _statement(layer, zoom, None if layer.is_public() else asker)
    boxed = box.hexewkb.decode()
    return Part(sql, [boxed if one is BOX else _dated(one, moment) for one in params], lasting=True)


def _dated(value: Any, moment: datetime) -> Any:
    """A value of a kept statement, with the moment for SOME_MOMENT and what was reckoned from it."""
    return moment + (value - SOME_MOMENT)


def _cast(value: Any) -> str | None:
    """The type of what differs from one tile to the next: the box, the moment and what is reckoned from it."""
    if value is BOX:
        return "geometry"
    near = isinstance(value, datetime) and abs(value - SOME_MOMENT) <= NEAR_IT
    return "timestamptz" if near else None


def _compiled(layer: Layer, zoom: int, box: Polygon, *, asker: Any, moment: datetime) -> tuple[str, list[Any]]:
    """What the layer's query set says."""
    narrow = {"box": box} if layer.narrowed else {}
    rows = layer.rows(asker=asker, moment=moment, zoom=zoom, **narrow).filter(geom__bboverlaps=box)
    sql, params = rows.query.sql_with_params()
    return sql, list(params)


def _statement(layer: Layer, zoom: int, asker: Any) -> prepared.Statement:
    """The statement of a uniform layer for all of one scope, composed once: composing took longer than answering it.

    BOX and SOME_MOMENT stand where the tile's square and the moment are filled in.
    """
    scope = layer.scope(asker)
    if scope is None:
        raise ValueError(layer.name)
    key = (layer, zoom, scope)
    found = _statements.get(key)
    if found is None:
        box = Polygon.from_bbox((0, 0, 1, 1))
        box.srid = 4326
        sql, params = _compiled(layer, zoom, box, asker=asker, moment=SOME_MOMENT)
        boxed = [BOX if isinstance(one, PostGISAdapter) else one for one in params]
        found = prepared.composed(sql, boxed, _cast)
        if len(_statements) >= STATEMENTS_KEPT:
            _statements.clear()
        _statements[key] = found
    return found
