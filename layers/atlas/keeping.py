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

from gis.shared import tiles as scheme
from gis.shared.layer import Layer
from layers.atlas.tiles import made, map_zoom, margin_of

READ = """
SELECT tile.layer, tile.etag, tile.body FROM atlas_tile tile
WHERE tile.z = %s AND tile.x = %s AND tile.y = %s AND (tile.layer, tile.scope, tile.tick) IN ({keys})
  AND {moment} AND NOT EXISTS (
    SELECT 1 FROM atlas_edit edit
    WHERE edit.layer = tile.layer AND edit.place && tile.envelope
      AND (tile.moment IS NULL OR tile.moment >= edit.since)
      AND (NOT pg_visible_in_snapshot(edit.written_by, tile.seen) OR (edit.at > tile.made_at AND edit.at <= %s))
      AND ST_Intersects(edit.place, tile.envelope))
"""
KEEP = """
INSERT INTO atlas_tile (layer, z, x, y, scope, moment, tick, made_at, seen, envelope, etag, body) VALUES {rows}
ON CONFLICT (z, x, y, layer, scope, moment, tick) DO UPDATE
SET made_at = excluded.made_at, seen = excluded.seen, etag = excluded.etag, body = excluded.body
"""
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
    kept = {layer.name: (layer.name, scopes[layer], _tick(layer, moment, now)) for layer in wanted if layer.cached}
    parts = _read(list(kept.values()), z, x, y, moment=moment, now=now)
    missing = [layer for layer in wanted if layer.name not in parts]
    if missing:
        seen, bodies = made(missing, z, x, y, asker=asker, moment=moment, now=now)
        fresh = {layer.name: Answer(body, _mark(body)) for layer, body in zip(missing, bodies, strict=True)}
        parts |= fresh
        keep = [(layer, kept[layer.name], fresh[layer.name]) for layer in missing if layer.cached]
        _keep(keep, z, x, y, moment=moment, now=now, seen=seen)
    found = [parts[layer.name] for layer in wanted]
    if len(found) == 1:
        return found[0]
    return Answer(b"".join(part.body for part in found), _mark("".join(part.etag for part in found).encode()))


def _tick(layer: Layer, moment: datetime, now: datetime) -> int:
    """Answers for now that the clock alone changes count for one tick of it; the others for good."""
    return int(now.timestamp()) // layer.clock if layer.clock and moment == now else 0


def _mark(content: bytes) -> str:
    """The etag of a content."""
    return hashlib.sha256(content).hexdigest()[:32]


def _then(temporal: bool, moment: datetime, now: datetime) -> datetime | None:
    """The moment a tile is kept for: None for now, and for layers without a history."""
    return moment if temporal and moment != now else None


def _read(
    keys: list[tuple[str, str, int]], z: int, x: int, y: int, *, moment: datetime, now: datetime
) -> dict[str, Answer]:
    """The kept parts that still count, by layer."""
    if not keys:
        return {}
    values: list[Any] = [z, x, y, *(value for key in keys for value in key)]
    past = moment != now
    # Without a history a layer is the same at every moment, and kept as of now.
    then = "(tile.moment = %s OR tile.moment IS NULL)" if past else "tile.moment IS NULL"
    sql = READ.format(keys=", ".join(["(%s, %s, %s)"] * len(keys)), moment=then)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *([moment] if past else []), now])
        return {layer: Answer(bytes(body), etag) for layer, etag, body in cursor.fetchall()}


def _keep(
    parts: list[tuple[Layer, tuple[str, str, int], Answer]],
    z: int,
    x: int,
    y: int,
    *,
    moment: datetime,
    now: datetime,
    seen: str,
) -> None:
    """Keep parts that were just made."""
    if not parts:
        return
    values: list[Any] = []
    for layer, (name, scope, tick), part in parts:
        box = Polygon.from_bbox(scheme.bounds(z, x, y, margin=margin_of(layer)))
        then = _then(layer.temporal, moment, now)
        values += [name, z, x, y, scope, then, tick, now, seen, box.hex.decode(), part.etag, part.body]
    row = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, ST_SetSRID(%s::geometry, 4326), %s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(KEEP.format(rows=", ".join([row] * len(parts))), values)


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
