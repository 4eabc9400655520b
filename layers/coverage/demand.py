"""Where people live, read for one circle: leaf areas with their residents, snapped to the walking network."""

import uuid
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
from django.contrib.gis.geos import Polygon
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, Sum

from gis.shared.counts import LEAST
from gis.shared.functions import AsWKB, PointOnSurface
from gis.shared.geometry import SRID, Floats
from gis.shared.kept import Kept
from gis.shared.tables import any_uuid
from grids.discretion import PARTS, households_told, part_of, stand_ins
from grids.models import AgeBand, Boundary, Population, PopulationPoint
from grids.models.area import subtree_ids
from grids.permissions import chain_ids
from layers.coverage.circles import Demand
from layers.coverage.models import Edit
from layers.streets.network import Walkable
from layers.streets.walking import OUTSIDE, Reach, WalkingNetwork

_POINTS: "OrderedDict[uuid.UUID, tuple[float, float]]" = OrderedDict()
_POINTS_LOCK = Lock()
_KEPT_POINTS = 200_000
LARGE = ("prefecture", "county", "street")
"""Tiers of which the leaf areas are kept."""
_LARGE: "Kept[tuple[Any, ...], tuple[datetime, datetime | None, Ground]]" = Kept(3)
COLUMNS = ("id", "area_id", "parent_id", "code", "name_zh", "name_en", "tier__code", "tier__grid_level", "tier__rank")
Box = tuple[float, float, float, float]
Facts = dict[uuid.UUID, dict[str, Any]]
Place = tuple[float, float]


@dataclass(frozen=True)
class Ground:
    """The leaf areas of one question and their places: one inside each, or its residents' own where a file said them.

    `leaf` numbers the leaf area of each place; what else is an array goes by place: whether it lies in the basis, what
    to call a gap by, residents by `grids.discretion.PARTS` (small figures replaced unless exact: docs/decisions/0021)
    and by age band (empty unless exact), and `homes`, their households (NaN where nobody counted them).
    """

    facts: dict[uuid.UUID, dict[str, Any]]
    leaves: list[uuid.UUID]
    leaf: np.ndarray
    in_basis: np.ndarray
    groups: list[uuid.UUID]
    group: np.ndarray
    points: Floats
    parts: Floats
    bands: Floats
    homes: Floats
    age_bands: list[AgeBand]

    @property
    def residents(self) -> Floats:
        """Everybody at each place (n); NaN where it is not known."""
        return np.asarray(self.parts.sum(axis=1))

    @property
    def known(self) -> np.ndarray:
        """Which places have a figure (n)."""
        return np.isfinite(self.residents)


@dataclass(frozen=True)
class Asked:
    """Whose residents may be read (below these areas; elsewhere they are not known: NaN), how exactly, as of when."""

    readable: list[uuid.UUID]
    exact: bool
    moment: datetime


def near(basis: uuid.UUID | None, box: Box, asked: Asked) -> Ground:
    """The areas with residents in a box around the origin (degrees), and which of them lie in the basis area."""
    envelope = Polygon.from_bbox(box)
    envelope.srid = SRID
    rows = Boundary.objects.at(asked.moment).filter(geometry__bboverlaps=envelope).values(*COLUMNS)
    facts = {row["area_id"]: row for row in rows}
    inside = below(basis, facts) if basis else set()
    return _ground(facts, inside, asked)


def ground(basis: Boundary | None, asked: Asked) -> Ground:
    """The leaf areas of a basis area.

    A county of a prefecture has 40,000: reading them takes seconds, a walk to all of them a fraction of one. So what
    lies above communities is read once for all circles, until something is written or comes into force.
    """
    if basis is None:
        return _ground({}, set(), asked)
    if basis.tier.code not in LARGE:
        return _below(basis.area_id, asked)
    version = (str(connection.settings_dict["NAME"]), basis.area_id, frozenset(asked.readable), asked.exact, *edits())
    step: datetime | None = None
    while True:
        since, until, land = _LARGE.get((*version, step), lambda: _lasting(basis.area_id, asked))
        if asked.moment < since:
            return _below(basis.area_id, asked)
        if until is None or asked.moment < until:
            return land
        step = until


def edits() -> tuple[int | None, int]:
    """What changes with every edit that can be seen; one with a smaller number may end later, so they are counted."""
    found = Edit.objects.aggregate(last=Max("id"), count=Count("id"))
    return found["last"], found["count"]


def _below(basis: uuid.UUID, asked: Asked) -> Ground:
    """The leaf areas of a basis area, read now."""
    standing = Boundary.objects.at(asked.moment)
    inside = standing.filter(area_id__in=subtree_ids([basis], asked.moment)).values(*COLUMNS)
    facts = {row["area_id"]: row for row in inside}
    in_basis = set(facts)
    above = standing.filter(area_id__in=chain_ids(basis, now=asked.moment)).values(*COLUMNS)
    facts |= {row["area_id"]: row for row in above}
    return _ground(facts, in_basis, asked)


def _lasting(basis: uuid.UUID, asked: Asked) -> tuple[datetime, datetime | None, Ground]:
    """The same with the moments from when until when it holds as long as nothing is written."""
    steps = [
        rows.filter(**{f"{end}__gt": asked.moment}).aggregate(first=Min(end))["first"]
        for rows in (Boundary.objects, Population.objects)
        for end in ("valid_from", "valid_until")
    ]
    return asked.moment, min(filter(None, steps), default=None), _below(basis, asked)


def _ground(facts: Facts, in_basis: set[uuid.UUID], asked: Asked) -> Ground:
    """The leaves among some areas: those with residents, and in the basis also those of which none are known."""
    age_bands = list(AgeBand.objects.order_by("order", "code"))
    people, known = residents(facts, asked.readable, age_bands, asked.moment)
    spots = places_of(list(known), age_bands, asked.moment)
    parents = {row["parent_id"] for row in facts.values()}
    # a county may hold those who live outside every area: they say nothing of the grids in it
    whole = {area for area in people if area not in spots or people[area][:-1].any()}
    whole |= {area for area in spots if facts[area]["tier__rank"] > 1}
    leaves = [
        area
        for area, row in facts.items()
        if area in known
        or (area in in_basis and area not in parents and row["tier__grid_level"] and not _above(area, facts, whole))
    ]
    leaves.sort(key=lambda area: (facts[area]["code"], str(area)))
    inner = inner_points([facts[area]["id"] for area in leaves])
    unknown = np.full(len(age_bands) + 1, np.nan)
    each: list[list[tuple[Place, Floats, Place | None]]] = []
    for at, area in enumerate(leaves):
        here: list[tuple[Place, Floats, Place | None]] = [(xy, n, xy) for xy, n in spots.get(area, {}).items()]
        if not here or (area in people and people[area][:-1].any()):
            here.insert(0, ((float(inner[at, 0]), float(inner[at, 1])), people.get(area, unknown), None))
        each.append(here)
    leaf = np.repeat(np.arange(len(leaves)), [len(here) for here in each])
    named = [_compound(area, facts) for area in leaves]
    groups = list(dict.fromkeys(named))
    number_of = {area: number for number, area in enumerate(groups)}
    figures = np.array([n for here in each for _xy, n, _spot in here], dtype=float).reshape(-1, len(age_bands) + 1)
    bands, homes = figures[:, :-1], figures[:, -1]
    parts = np.zeros((len(bands), len(PARTS)))
    for column, band in enumerate(age_bands):
        parts[:, list(PARTS).index(part_of(band))] += bands[:, column]
    parts[np.isnan(parts).any(axis=1)] = np.nan
    if not asked.exact:
        spot_of = [spot for here in each for _xy, _n, spot in here]
        few = ((parts > 0) & (parts < LEAST)).any(axis=1)
        for place in np.flatnonzero(np.isfinite(homes) & (few | (homes < LEAST))).tolist():
            own = parts[place].astype(int).tolist()
            homes[place] = households_told(leaves[leaf[place]], int(homes[place]), own, spot_of[place])
        for place in np.flatnonzero(few).tolist():
            parts[place] = stand_ins(leaves[leaf[place]], parts[place].astype(int).tolist(), spot_of[place])
        bands = bands[:, :0]
    return Ground(
        facts=facts,
        leaves=leaves,
        leaf=leaf,
        in_basis=np.array([area in in_basis for area in leaves], dtype=bool)[leaf],
        groups=groups,
        group=np.array([number_of[area] for area in named], dtype=np.int64)[leaf],
        points=np.array([xy for here in each for xy, _n, _spot in here], dtype=float).reshape(-1, 2),
        parts=parts if age_bands else np.full((len(leaf), len(PARTS)), np.nan),
        bands=bands,
        homes=homes,
        age_bands=age_bands,
    )


def demand(land: Ground, walkable: Walkable, network: WalkingNetwork, reach: Reach, origin: Floats) -> Demand:
    """The leaves as demand of a reach; `origin` is (1, 2) metres."""
    xy = walkable.metres(land.points)
    sides = network.sides_of(xy)
    places = network.snap(xy, sides=sides)
    return Demand(
        walk=network.distances(reach, places),
        straight=np.hypot(*(xy - origin).T),
        residents=land.residents,
        parts=land.parts,
        bands=land.bands,
        area=land.leaf,
        group=land.group,
        cut_off=(places.edge < 0) & (sides != OUTSIDE),
        homes=land.homes,
    )


def part(told: Demand, chosen: np.ndarray) -> Demand:
    """Some of the places."""
    return Demand(*(getattr(told, name)[chosen] for name in Demand.__slots__))


def below(root: uuid.UUID, facts: dict[uuid.UUID, dict[str, Any]]) -> set[uuid.UUID]:
    """An area and all below it among the given facts."""
    children: dict[uuid.UUID, list[uuid.UUID]] = {}
    for area, row in facts.items():
        children.setdefault(row["parent_id"], []).append(area)
    found, todo = set(), [root]
    while todo:
        area = todo.pop()
        found.add(area)
        todo.extend(children.get(area, ()))
    return found


def residents(
    among: Iterable[uuid.UUID], readable: list[uuid.UUID], age_bands: list[AgeBand], moment: datetime
) -> tuple[dict[uuid.UUID, Floats], set[uuid.UUID]]:
    """Residents of some areas whose places no file said, one figure an age band and last the households (NaN: nobody
    counted them); and which have any figure at all.

    Only below the areas whose residents the asker may read.
    """
    if not readable:
        return {}, set()
    column = {band.pk: number for number, band in enumerate(age_bands)}
    figures = (
        Population.objects.at(moment)
        .filter(area_id__in=subtree_ids(readable, moment))
        .filter(area_id__in=any_uuid(among))
        .order_by()
    )
    placed = Exists(PopulationPoint.objects.filter(population=OuterRef("pk")))
    people: dict[uuid.UUID, Floats] = {}
    known: set[uuid.UUID] = set()
    found = figures.values_list("area_id", placed).annotate(
        bands=ArrayAgg("age_band_id"), people=ArrayAgg("residents"), homes=Sum("households")
    )
    for area, elsewhere, bands, counts, homes in found:
        known.add(area)
        if elsewhere:
            continue
        people[area] = np.zeros(len(age_bands) + 1)
        people[area][-1] = np.nan if homes is None else homes
        for band, count in zip(bands, counts, strict=True):
            people[area][column[band]] = count
    return people, known


def places_of(
    areas: list[uuid.UUID], age_bands: list[AgeBand], moment: datetime
) -> dict[uuid.UUID, dict[Place, Floats]]:
    """Where residents live, by area, where a file said it: lon, lat → (bands and households,), without places of
    nobody."""
    column = {band.pk: number for number, band in enumerate(age_bands)}
    rows = PopulationPoint.objects.filter(
        Q(residents__gt=0) | Q(households__isnull=False),
        population__in=Population.objects.at(moment).filter(area_id__in=any_uuid(areas)),
    ).values_list("population__area_id", "population__age_band_id", "point", "residents", "households")
    found: dict[uuid.UUID, dict[Place, Floats]] = {}
    for area, band, point, residents, households in rows:
        fresh = np.append(np.zeros(len(age_bands)), np.nan)
        here = found.setdefault(area, {}).setdefault((point.x, point.y), fresh)
        here[column[band]] += residents
        if households is not None:
            here[-1] = np.nansum([here[-1], households])
    lived_in = {area: {xy: n for xy, n in here.items() if np.nanmax(n) > 0} for area, here in found.items()}
    return {area: here for area, here in lived_in.items() if here}


def inner_points(boundaries: list[uuid.UUID]) -> Floats:
    """A point surely inside each boundary, (n, 2) lon, lat; a boundary never changes, so it is kept."""
    found = {pk: point for pk in boundaries if (point := _POINTS.get(pk))}
    missing = [pk for pk in boundaries if pk not in found]
    if missing:
        rows = Boundary.objects.filter(pk__in=any_uuid(missing)).values_list("pk", AsWKB(PointOnSurface("geometry")))
        for pk, wkb in rows:
            x, y = np.frombuffer(bytes(wkb), dtype="<f8", offset=5)
            found[pk] = (float(x), float(y))
        with _POINTS_LOCK:
            _POINTS.update(found)
            while len(_POINTS) > _KEPT_POINTS:
                _POINTS.popitem(last=False)
    return np.array([found[pk] for pk in boundaries], dtype=float).reshape(-1, 2)


def _above(area: uuid.UUID, facts: dict[uuid.UUID, dict[str, Any]], wanted: set[uuid.UUID]) -> bool:
    """Whether an area above this one is among the wanted."""
    parent = facts[area]["parent_id"]
    while parent in facts:
        if parent in wanted:
            return True
        parent = facts[parent]["parent_id"]
    return False


def _compound(area: uuid.UUID, facts: dict[uuid.UUID, dict[str, Any]]) -> uuid.UUID:
    """The compound that an area lies in; the area itself where there is none."""
    current = area
    while current in facts:
        if facts[current]["tier__code"] == "compound":
            return current
        current = facts[current]["parent_id"]
    return area
