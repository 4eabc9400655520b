"""Where everybody lives, for the whole place: read from the database, packed, and kept by each process as arrays."""

import hashlib
import io
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.db import connection

from gis.shared.functions import AsWKB
from gis.shared.geometry import Floats
from gis.shared.kept import Kept
from gis.shared.tables import any_uuid
from grids import small_figures
from grids.models import Boundary
from layers.coverage.covering import DEEPEST, NOWHERE, UNKNOWN, Ints, Land
from layers.coverage.everybody import Everybody, cut
from layers.coverage.models import Settlement
from layers.coverage.reading import age_bands, edits, reading

Key = tuple[Any, ...]
_unpacked: Kept[Key, Land] = Kept(2)
_then: Kept[Key, Land] = Kept(2)
_unsettled: Kept[Key, tuple[Land, datetime]] = Kept(1)

FORM = 3
"""Raised when another release packs where everybody lives otherwise."""
RULE = f"{FORM} {hashlib.blake2b(repr(small_figures.RULE).encode(), digest_size=16).hexdigest()}"
"""What a settlement of today is packed by: one that says otherwise is out of date."""

STALE = """
SELECT EXISTS (SELECT FROM coverage_edit WHERE NOT pg_visible_in_snapshot(written_by::xid8, %s::pg_snapshot)),
       EXISTS (SELECT FROM grids_boundary WHERE valid_from > %s AND valid_from <= %s),
       EXISTS (SELECT FROM grids_boundary WHERE valid_until > %s AND valid_until <= %s)
"""


class _Gone(Exception):
    """A newer settlement took the place of this one."""


@dataclass(frozen=True)
class Settled:
    """The newest settlement: its arrays, when they were read, whether areas or residents changed since."""

    land: Land
    key: Key
    made_at: datetime
    stale: bool


def current(*, now: datetime) -> Settled:
    """The newest settlement, from this process's memory where it is there; before the first one it is read here."""
    row = Settlement.objects.defer("packed").order_by("-id").first()
    if row is None:
        nothing: Key = (str(connection.settings_dict["NAME"]), None, *edits())
        land, made_at = _unsettled.get(nothing, lambda: (gather(moment=now), now))
        return Settled(land, nothing, made_at, stale=False)
    key: Key = (str(connection.settings_dict["NAME"]), row.pk, row.made_at)

    def read() -> Land:
        packed = Settlement.objects.filter(pk=row.pk).values_list("packed", flat=True).first()
        if packed is None:
            raise _Gone
        return unpack(bytes(packed))

    try:
        land = _unpacked.get(key, read)
    except _Gone:
        return current(now=now)
    return Settled(land, key, row.made_at, stale(row, now=now))


def then(moment: datetime, *, now: datetime) -> Settled:
    """Where everybody lived at a past moment: read once for all moments between which nothing changed."""
    everybody, key = reading(moment, age_bands())
    return Settled(_then.get(key, lambda: land_of(everybody)), key, now, stale=False)


def stale(settlement: Settlement, *, now: datetime) -> bool:
    """Whether areas or residents changed after a settlement was read, or came into force since, or the rule changed."""
    if settlement.rule != RULE:
        return True
    with connection.cursor() as cursor:
        cursor.execute(STALE, [settlement.seen, settlement.made_at, now, settlement.made_at, now])
        return any(cursor.fetchone())


def gather(*, moment: datetime) -> Land:
    """Where everybody lives at a moment: every grid that has no grid below it, and whatever has residents."""
    return land_of(reading(moment, age_bands())[0])


def land_of(everybody: Everybody) -> Land:
    """The same of what was read, with the names and shapes of the areas that figures are told of."""
    found = cut(everybody)
    named = np.flatnonzero(everybody.named)
    rows = [uuid.UUID(bytes=row.tobytes()) for row in everybody.rows[named]]
    columns = ("area_id", "tier__code", "code", "name_zh", "name_en", AsWKB("geometry"))
    about = {pk: row for pk, *row in Boundary.objects.filter(pk__in=any_uuid(rows)).values_list("pk", *columns)}
    ids, tiers, codes, zh, en, wkb = zip(*(about[row] for row in rows), strict=True) if rows else ((),) * 6
    shapes = np.array(shapely.from_wkb([bytes(one) for one in wkb]), dtype=object)
    # at the end what stands for none, so that -1 finds itself
    number, nearest = np.full(len(everybody) + 1, -1), np.append(everybody.nearest(everybody.named), -1)
    number[named] = np.arange(len(named))
    known = found.known[:, None]
    return Land(
        ids=list(ids),
        tiers=list(tiers),
        codes=list(codes),
        names=list(zip(zh, en, strict=True)),
        parent=number[nearest[everybody.parent[named]]],
        rank=everybody.rank[named].astype(np.int64),
        box=shapely.bounds(shapes).reshape(-1, 4),
        middle=shapely.get_coordinates(shapely.point_on_surface(shapes)).reshape(-1, 2),
        points=found.points,
        of=number[nearest[found.area]],
        leaf=found.leaf,
        parts=np.where(known, found.parts, 0).astype(np.int64),
        discreet=np.where(known, found.stands, 0).astype(np.int64),
        known=found.known,
        homes=np.where(found.known, found.homes, UNKNOWN).astype(np.int64),
        homes_discreet=np.where(found.known, found.home_stands, UNKNOWN).astype(np.int64),
        leaf_rank=np.where(found.placed, DEEPEST, everybody.rank[found.area]).astype(np.int64),
        leaf_ids=everybody.ids[np.unique(found.area)].reshape(-1, 16),
    )


def pack(land: Land) -> bytes:
    """A land as bytes."""
    about = {"tiers": land.tiers, "codes": land.codes, "names": land.names, "ids": [area.hex for area in land.ids]}
    arrays: dict[str, Any] = {name: _narrow(getattr(land, name)) for name in ARRAYS}
    file = io.BytesIO()
    np.savez(file, about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8), **arrays)
    return file.getvalue()


ARRAYS = (
    "parent", "rank", "box", "middle", "points", "of", "leaf", "parts", "discreet", "known", "homes", "homes_discreet",
    "leaf_rank", "leaf_ids",
)  # fmt: skip
LATER = {"homes": UNKNOWN, "homes_discreet": UNKNOWN}
"""Arrays that settlements of earlier releases have not, and what stands there until they are read anew."""


def unpack(packed: bytes) -> Land:
    """The land that was packed."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        about = json.loads(file["about"].tobytes())
        arrays: dict[str, Any] = {name: _wide(file[name]) for name in ARRAYS if name in file}
    for name, value in LATER.items():
        arrays.setdefault(name, np.full(len(arrays["of"]), value, dtype=np.int64))
    # a settlement of an earlier release says of no grid which it is, nor safely of what tier
    if "leaf_ids" not in arrays:
        arrays |= {
            "leaf_ids": np.empty((0, 16), dtype=np.uint8),
            "leaf_rank": np.full(len(arrays["of"]), NOWHERE, dtype=np.int64),
        }
    return Land(
        ids=[uuid.UUID(hex=area) for area in about["ids"]],
        tiers=about["tiers"],
        codes=about["codes"],
        names=[(zh, en) for zh, en in about["names"]],
        **arrays,
    )


def _narrow(values: Any) -> Any:
    """Whole numbers in four bytes."""
    return values.astype(np.int32) if values.dtype == np.int64 else values


def _wide(values: Any) -> Ints | Floats | Any:
    """Whole numbers in eight bytes, as they are reckoned with."""
    return values.astype(np.int64) if values.dtype == np.int32 else values
