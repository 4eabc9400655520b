"""What an analysis reads of the ground: areas and residents; each in one query, packed for numpy."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.db.models import F, FloatField, Func, QuerySet, Sum
from numpy.typing import NDArray

from gis.shared.functions import AsWKB, PointOnSurface
from gis.shared.tables import any_uuid
from grids.discretion import by_area, parts_of
from grids.models import Area, Boundary, Population, PopulationPoint, Tier
from grids.models.area import subtree_ids
from grids.small_figures import STAIRWELL, stand_ins
from layers.hotspots.statistics import Floats

Ranks = NDArray[np.int16]
AT_HOME = np.iinfo(np.int16).max
"""Instead of a rank: where these live is known to the point."""
AT_SPOTS = parts_of("population__age_band")


class Coordinate(Func):
    """ST_X or ST_Y of a point."""

    arity = 1
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Places:
    """Areas at a moment: who they are and where."""

    ids: list[uuid.UUID]
    codes: list[str]
    names: list[tuple[str, str]]  # Chinese, English
    shapes: Any  # shapely array, lon lat


def areas_at(rows: QuerySet[Boundary]) -> Places:
    """The boundaries of a query, by code."""
    columns = ("area_id", "code", "name_zh", "name_en", AsWKB(F("geometry")))
    found = list(rows.order_by("code", "area_id").values_list(*columns))
    return Places(
        ids=[row[0] for row in found],
        codes=[row[1] for row in found],
        names=[(row[2], row[3]) for row in found],
        shapes=np.array(shapely.from_wkb([bytes(row[4]) for row in found]), dtype=object),
    )


@dataclass(frozen=True, slots=True)
class Whole:
    """So many areas were counted only as a whole, above the tiers that cells hold, and so many live somewhere there."""

    areas: int = 0
    residents: int = 0


def grid_rank() -> int:
    """The rank of the tier that the place is counted by: residents of areas above it live anywhere in them."""
    return Tier.objects.filter(grid_level=1).order_by("rank").values_list("rank", flat=True).first() or 0


def residents_below(tops: list[uuid.UUID], moment: datetime, *, exact: bool) -> tuple[Floats, Floats, Ranks]:
    """(n, 2) where residents live, (n,) how many, small figures replaced unless exact (docs/decisions/0021), and (n,)
    the rank of the tier they were counted by.

    Their own places where a file said them (AT_HOME), else a point inside each area with known residents.
    """
    figures = Population.objects.at(moment).filter(area_id__in=subtree_ids(tops, moment))
    placed = _placed(figures, exact=exact)
    known = by_area(figures.filter(points=None), exact=exact)
    rows = list(
        Boundary.objects.at(moment)
        .filter(area_id__in=any_uuid(list(known)))
        .values_list("area_id", "tier__rank", AsWKB(PointOnSurface(F("geometry"))))
    )
    inside = shapely.get_coordinates(shapely.from_wkb([bytes(wkb) for _area, _rank, wkb in rows]))
    living = np.array([known[area] for area, _rank, _wkb in rows], dtype=np.float64)
    ranks = np.array([rank for _area, rank, _wkb in rows], dtype=np.int16)
    spots = np.array(placed, dtype=np.float64).reshape(-1, 3)
    return (
        np.vstack([inside.reshape(-1, 2), spots[:, :2]]),
        np.concatenate([living, spots[:, 2]]),
        np.concatenate([ranks, np.full(len(spots), AT_HOME, dtype=np.int16)]),
    )


def _placed(figures: Any, *, exact: bool) -> list[tuple[float, float, int]]:
    """Longitude, latitude and how many live there, of the places that a file said."""
    lon, lat = Coordinate("point", function="ST_X"), Coordinate("point", function="ST_Y")
    parts = {f"own_{part}": Sum("residents", filter=which, default=0) for part, which in AT_SPOTS.items()}
    spots = PopulationPoint.objects.filter(population__in=figures, residents__gt=0).order_by()
    found = []
    where = ("population__area_id", "population__area__tier__code", lon, lat)
    for area, tier, x, y, *counts in spots.values_list(*where).annotate(**parts):
        told = counts if exact else stand_ins(area, counts, (x, y), stairwell=tier == STAIRWELL)
        found.append((x, y, sum(told)))
    return found


def top_areas(tops: list[uuid.UUID], moment: datetime) -> Places:
    """The areas that an analysis covers, as they stand at the moment."""
    return areas_at(Boundary.objects.at(moment).filter(area__in=Area.objects.filter(pk__in=tops)))
