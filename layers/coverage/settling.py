"""Where everybody lives, for the whole place: read from the database, packed, and kept by each process as arrays."""

import io
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.db import connection
from django.db.models import Q, Sum

from gis.shared.functions import AsWKB
from gis.shared.geometry import Floats
from gis.shared.kept import Kept
from grids.discretion import PARTS, households_told, stand_ins
from grids.models import Boundary, Population, PopulationPoint
from layers.coverage.covering import UNKNOWN, Ints, Land
from layers.coverage.demand import edits, inner_points
from layers.coverage.models import Settlement

Key = tuple[Any, ...]
_unpacked: Kept[Key, Land] = Kept(2)
_then: Kept[Key, Land] = Kept(2)
_unsettled: Kept[Key, tuple[Land, datetime]] = Kept(1)

COLUMNS = ("id", "area_id", "parent_id", "code", "name_zh", "name_en", "tier__code", "tier__grid_level", "tier__rank")
STALE = """
SELECT EXISTS (SELECT FROM coverage_edit WHERE NOT pg_visible_in_snapshot(written_by::xid8, %s::pg_snapshot)),
       EXISTS (SELECT FROM grids_boundary WHERE valid_from > %s AND valid_from <= %s),
       EXISTS (SELECT FROM grids_boundary WHERE valid_until > %s AND valid_until <= %s)
"""
Facts = dict[uuid.UUID, dict[str, Any]]
Place = tuple[float, float]
Parts = tuple[int, ...]
"""Residents by `grids.discretion.PARTS`, and then households (UNKNOWN: nobody counted them)."""
NOBODY: Parts = (*(0 for _part in PARTS), UNKNOWN)


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
    """Where everybody lived at a past moment; read now, and kept until areas or residents are written again."""
    newest = Settlement.objects.order_by("-id").values_list("pk", flat=True).first()
    key = (str(connection.settings_dict["NAME"]), moment, newest, *edits())
    return Settled(_then.get(key, lambda: gather(moment=moment)), key, now, stale=False)


def stale(settlement: Settlement, *, now: datetime) -> bool:
    """Whether areas or residents changed after a settlement was read, or came into force since."""
    with connection.cursor() as cursor:
        cursor.execute(STALE, [settlement.seen, settlement.made_at, now, settlement.made_at, now])
        return any(cursor.fetchone())


def gather(*, moment: datetime) -> Land:
    """Read where everybody lives at a moment: every grid that has no grid below it, and whatever has residents."""
    rows = Boundary.objects.at(moment).order_by("code", "area_id")
    facts: Facts = {row["area_id"]: row for row in rows.values(*COLUMNS)}
    people, spots = _people(facts, moment), _spots(facts, moment)
    kept = [area for area, row in facts.items() if row["tier__grid_level"] in (None, 1)]
    number = {area: at for at, area in enumerate(kept)}
    parents = {row["parent_id"] for row in facts.values()}
    # a county may hold those who live outside every area: they say nothing of the grids in it
    whole = {area for area, figures in people.items() if area not in spots or any(figures[:-1])}
    whole |= {area for area in spots if facts[area]["tier__rank"] > 1}
    leaves = [
        area
        for area, row in facts.items()
        if area in people
        or area in spots
        or (area not in parents and row["tier__grid_level"] and not _under(area, facts, whole))
    ]
    inner = inner_points([facts[area]["id"] for area in leaves])
    points: list[tuple[float, float]] = []
    of, leaf, parts, discreet, known = [], [], [], [], []
    homes, homes_discreet = [], []
    for at, area in enumerate(leaves):
        own = people.get(area)
        here: list[tuple[Place, Parts | None, Place | None]] = [(xy, n, xy) for xy, n in spots.get(area, {}).items()]
        if not here or (own and any(own[:-1])):
            here.insert(0, ((float(inner[at, 0]), float(inner[at, 1])), own, None))
        home = _kept_above(area, facts, number)
        for xy, figures, spot in here:
            points.append(xy)
            of.append(home)
            leaf.append(at)
            known.append(figures is not None)
            *own_parts, households = figures or NOBODY
            parts.append(own_parts)
            discreet.append(stand_ins(area, own_parts, spot))
            homes.append(households)
            homes_discreet.append(
                UNKNOWN if households == UNKNOWN else households_told(area, households, own_parts, spot)
            )
    shapes = _shapes([facts[area]["id"] for area in kept])
    return Land(
        ids=kept,
        tiers=[facts[area]["tier__code"] for area in kept],
        codes=[facts[area]["code"] for area in kept],
        names=[(facts[area]["name_zh"], facts[area]["name_en"]) for area in kept],
        parent=np.array([_kept_above(facts[area]["parent_id"], facts, number) for area in kept], dtype=np.int64),
        rank=np.array([facts[area]["tier__rank"] for area in kept], dtype=np.int64),
        box=shapely.bounds(shapes).reshape(-1, 4),
        middle=shapely.get_coordinates(shapely.point_on_surface(shapes)).reshape(-1, 2),
        points=np.array(points, dtype=np.float64).reshape(-1, 2),
        of=np.array(of, dtype=np.int64),
        leaf=np.array(leaf, dtype=np.int64),
        parts=np.array(parts, dtype=np.int64).reshape(-1, len(PARTS)),
        discreet=np.array(discreet, dtype=np.int64).reshape(-1, len(PARTS)),
        known=np.array(known, dtype=bool),
        homes=np.array(homes, dtype=np.int64),
        homes_discreet=np.array(homes_discreet, dtype=np.int64),
    )


def _people(facts: Facts, moment: datetime) -> dict[uuid.UUID, Parts]:
    """Residents by area and part, and households, where no file said where they live."""
    rows = Population.objects.at(moment).filter(points=None).order_by().values_list("area_id")
    sums = {part: Sum("residents", filter=which, default=0) for part, which in PARTS.items()}
    found = rows.annotate(**sums, homes=Sum("households", default=UNKNOWN)).values_list("area_id", *PARTS, "homes")
    return {area: tuple(figures) for area, *figures in found if area in facts}


def _spots(facts: Facts, moment: datetime) -> dict[uuid.UUID, dict[Place, Parts]]:
    """Residents by area, place and part, and households, where a file said it."""
    found: dict[uuid.UUID, dict[Place, Parts]] = {}
    for column, which in enumerate(PARTS.values()):
        figures = Population.objects.at(moment).filter(which)
        rows = PopulationPoint.objects.filter(SOMEBODY, population__in=figures)
        for area, point, residents, households in rows.values_list(
            "population__area_id", "point", "residents", "households"
        ):
            if area in facts:
                here = found.setdefault(area, {})
                before = list(here.get((point.x, point.y), NOBODY))
                before[column] += residents
                if households is not None:
                    before[-1] = max(before[-1], 0) + households
                here[point.x, point.y] = tuple(before)
    lived_in = {area: {xy: n for xy, n in here.items() if max(n) > 0} for area, here in found.items()}
    return {area: here for area, here in lived_in.items() if here}


SOMEBODY = Q(residents__gt=0) | Q(households__isnull=False)
"""Places at which a file said that somebody lives, or how many households do."""


def _under(area: uuid.UUID, facts: Facts, wanted: set[uuid.UUID]) -> bool:
    """Whether an area above this one is among the wanted."""
    parent = facts[area]["parent_id"]
    while parent in facts:
        if parent in wanted:
            return True
        parent = facts[parent]["parent_id"]
    return False


def _kept_above(area: uuid.UUID | None, facts: Facts, number: dict[uuid.UUID, int]) -> int:
    """The number of an area, or of the first above it that figures are told of; -1 where there is none."""
    while area in facts:
        if area in number:
            return number[area]
        area = facts[area]["parent_id"]
    return -1


def _shapes(boundaries: list[uuid.UUID]) -> Any:
    """The shapes of boundaries, in their order."""
    found = dict(Boundary.objects.filter(pk__in=boundaries).values_list("pk", AsWKB("geometry")))
    return np.array(shapely.from_wkb([bytes(found[pk]) for pk in boundaries]), dtype=object)


def pack(land: Land) -> bytes:
    """A land as bytes."""
    about = {"tiers": land.tiers, "codes": land.codes, "names": land.names, "ids": [area.hex for area in land.ids]}
    arrays: dict[str, Any] = {name: _narrow(getattr(land, name)) for name in ARRAYS}
    file = io.BytesIO()
    np.savez(file, about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8), **arrays)
    return file.getvalue()


ARRAYS = (
    "parent", "rank", "box", "middle", "points", "of", "leaf", "parts", "discreet", "known", "homes", "homes_discreet",
)  # fmt: skip
LATER = ("homes", "homes_discreet")
"""Arrays that settlements of earlier releases have not: nothing was known of households then."""


def unpack(packed: bytes) -> Land:
    """The land that was packed."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        about = json.loads(file["about"].tobytes())
        arrays: dict[str, Any] = {name: _wide(file[name]) for name in ARRAYS if name in file or name not in LATER}
    for name in LATER:
        arrays.setdefault(name, np.full(len(arrays["of"]), UNKNOWN, dtype=np.int64))
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
