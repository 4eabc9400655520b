"""Tiles that need not be made twice: found, made, kept, and thrown away when they are old.

A kept tile is one layer's part. It counts only as long as no edit meets it that its making could not see, which is
asked in the very statement that reads it: a reader who makes a tile while somebody saves can keep it too early, but
nobody is ever given it. Who may see a layer decides its scope, and a tile of one scope is never given to another.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db import connection, transaction

from gis.shared import prepared
from gis.shared import tiles as scheme
from gis.shared.layer import Layer
from layers.atlas.tiles import map_zoom, margin_of, part_of

# Two questions of the edits, each answered by an index: whether the making could not see one (whatever began before
# all that were on their way then, it saw), and whether one came into force since.
READ = """
SELECT tile.layer, tile.etag, tile.body FROM atlas_tile tile
WHERE tile.z = %s AND tile.x = %s AND tile.y = %s AND (tile.layer, tile.scope, tile.tick) IN ({keys})
  AND {moment} AND NOT EXISTS (
    SELECT FROM atlas_edit edit
    WHERE edit.layer = tile.layer AND edit.written_by >= pg_snapshot_xmin(tile.seen)
      AND NOT pg_visible_in_snapshot(edit.written_by, tile.seen)
      AND edit.place && tile.envelope AND (tile.moment IS NULL OR tile.moment >= edit.since)
      AND ST_Intersects(edit.place, tile.envelope))
  AND NOT EXISTS (
    SELECT FROM atlas_edit edit
    WHERE edit.layer = tile.layer AND edit.at > tile.made_at AND edit.at <= %s
      AND edit.place && tile.envelope AND (tile.moment IS NULL OR tile.moment >= edit.since)
      AND ST_Intersects(edit.place, tile.envelope))
"""
KEPT = """
SELECT %s::text, %s::int, %s::int, %s::int, %s::text, %s::timestamptz, %s::bigint, %s::timestamptz, made.seen,
       ST_SetSRID(%s::geometry, 4326), md5(made.part{at}), made.part{at} FROM made"""
MAKE_AND_KEEP = """
WITH made AS MATERIALIZED (SELECT pg_current_snapshot() AS seen, {parts}),
kept AS (
    INSERT INTO atlas_tile (layer, z, x, y, scope, moment, tick, made_at, seen, envelope, etag, body) {kept}
    ON CONFLICT (z, x, y, layer, scope, moment, tick) DO UPDATE
    SET made_at = excluded.made_at, seen = excluded.seen, etag = excluded.etag, body = excluded.body)
SELECT {told} FROM made
"""
MAKE = "WITH made AS MATERIALIZED (SELECT {parts}) SELECT {told} FROM made"
TIDY = (
    # what an old edit makes worthless, then the edit
    """DELETE FROM atlas_tile tile USING atlas_edit edit
       WHERE edit.written_at < %(old)s AND edit.at < %(old)s AND edit.layer = tile.layer AND edit.place && tile.envelope
         AND NOT pg_visible_in_snapshot(edit.written_by, tile.seen)""",
    """DELETE FROM atlas_edit WHERE written_at < %(old)s AND at < %(old)s""",
    # ticks that have passed, moments nobody looked at today
    """DELETE FROM atlas_tile WHERE (tick <> 0 OR moment IS NOT NULL) AND made_at < %(yesterday)s""",
)
EDITS_LAST = timedelta(hours=1)
"""Longer than any statement that makes a tile can run."""


@dataclass(frozen=True)
class Answer:
    """The bytes of a tile and the mark of its content."""

    body: bytes
    etag: str


def answer(
    scopes: Mapping[Layer, str], z: int, x: int, y: int, *, asker: Any, moment: datetime, now: datetime
) -> Answer:
    """The tile of some layers, each with the scope that the asker shares; kept parts are used, the others made."""
    zoom = map_zoom(z)
    wanted = [layer for layer in scopes if layer.min_zoom <= zoom <= layer.max_zoom]
    keys = [(layer.name, scopes[layer], _tick(layer, moment, now)) for layer in wanted if layer.cached]
    dated = [layer.name for layer in wanted if _then(layer, moment, now) is not None]
    parts = _read(keys, z, x, y, dated=dated, moment=moment, now=now)
    missing = {layer: scopes[layer] for layer in wanted if layer.name not in parts}
    if missing:
        parts |= _make(missing, z, x, y, asker=asker, moment=moment, now=now)
    found = [parts[layer.name] for layer in wanted]
    if len(found) == 1:
        return found[0]
    etag = hashlib.sha256("".join(part.etag for part in found).encode()).hexdigest()[:32]
    return Answer(b"".join(part.body for part in found), etag)


def _tick(layer: Layer, moment: datetime, now: datetime) -> int:
    """Answers for now that the clock alone changes count for one tick of it; the others for good."""
    return int(now.timestamp()) // layer.clock if layer.clock and moment == now else 0


def _then(layer: Layer, moment: datetime, now: datetime) -> datetime | None:
    """The moment a tile is kept for: None for now, and for layers without a history."""
    return moment if layer.temporal and moment != now else None


def _read(
    keys: list[tuple[str, str, int]], z: int, x: int, y: int, *, dated: list[str], moment: datetime, now: datetime
) -> dict[str, Answer]:
    """The kept parts that still count, by layer; those of `dated` layers are kept for the very moment."""
    if not keys:
        return {}
    values: list[Any] = [z, x, y, *(value for key in keys for value in key)]
    # Without a history a layer is the same at every moment, and kept as of now.
    then = "CASE WHEN tile.layer = ANY(%s) THEN tile.moment = %s ELSE tile.moment IS NULL END"
    sql = READ.format(keys=", ".join(["(%s, %s, %s)"] * len(keys)), moment=then if dated else "tile.moment IS NULL")
    rows = prepared.rows(sql, [*values, *([dated, moment] if dated else []), now])
    return {layer: Answer(bytes(body), etag) for layer, etag, body in rows}


def _make(
    scopes: Mapping[Layer, str], z: int, x: int, y: int, *, asker: Any, moment: datetime, now: datetime
) -> dict[str, Answer]:
    """Make parts and keep those that may be kept, in one statement, which also says what it could see."""
    parts: list[str] = []
    kept: list[str] = []
    values: list[Any] = []
    keys: list[Any] = []
    lasting = True
    for at, (layer, scope) in enumerate(scopes.items()):
        part = part_of(layer, z, x, y, asker=asker, moment=moment, now=now)
        parts.append(f"{part.sql} AS part{at}")
        values += part.values
        lasting = lasting and part.lasting
        if layer.cached:
            box = Polygon.from_bbox(scheme.bounds(z, x, y, margin=margin_of(layer))).hex.decode()
            kept.append(KEPT.format(at=at))
            keys += [layer.name, z, x, y, scope, _then(layer, moment, now), _tick(layer, moment, now), now, box]
    told = ", ".join(f"part{at}, md5(part{at})" for at in range(len(parts)))
    sql = (MAKE_AND_KEEP if kept else MAKE).format(parts=", ".join(parts), kept=" UNION ALL ".join(kept), told=told)
    with prepared.cursor() if lasting else connection.cursor() as cursor:
        cursor.execute(sql, values + keys)
        row = cursor.fetchone()
    return {layer.name: Answer(bytes(row[2 * at]), row[2 * at + 1]) for at, layer in enumerate(scopes)}


def tidy(*, now: datetime) -> dict[str, int]:
    """Throw away what can no longer be used; at most `TILE_CACHE_MB` stay. Returns how many rows of each kind went."""
    moments = {"old": now - EDITS_LAST, "yesterday": now - timedelta(days=1)}
    gone: list[int] = []
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in TIDY:
            cursor.execute(statement, moments)
            gone.append(cursor.rowcount)
        cursor.execute("SELECT coalesce(sum(length(body) + 200), 0), count(*) FROM atlas_tile")
        size, count = cursor.fetchone()
        most = settings.TILE_CACHE_MB * 1024 * 1024
        crowded = 0
        if size > most:
            share = 1 - 0.8 * most / float(size)
            cursor.execute(
                "DELETE FROM atlas_tile WHERE id IN (SELECT id FROM atlas_tile ORDER BY made_at LIMIT %s)",
                [int(count * share)],
            )
            crowded = cursor.rowcount
    return {"edited": gone[0], "edits": gone[1], "old": gone[2], "crowded": crowded}
