"""Where people live, read for one circle: leaf areas with their residents, snapped to the walking network."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.contrib.gis.geos import Polygon
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, Sum

from gis.shared.counts import LEAST
from gis.shared.geometry import SRID, Floats
from gis.shared.kept import Kept
from gis.shared.tables import any_uuid
from grids.discretion import PARTS, part_of
from grids.models import AgeBand, Boundary, Population, PopulationPoint
from grids.models.area import subtree_ids
from grids.permissions import chain_ids
from grids.small_figures import STAIRWELL, households_told, stand_ins
from layers.coverage.circles import Demand
from layers.coverage.everybody import Everybody, cut
from layers.coverage.inner import inner_points
from layers.coverage.reading import age_bands, reading
from layers.streets.network import Walkable
from layers.streets.walking import OUTSIDE, Ints, Reach, Snaps, WalkingNetwork

LARGE = ("prefecture", "county", "street")
"""Tiers of which the leaf areas are cut from what is held of the whole place, and kept."""
Key = tuple[Any, ...]
_LARGE: "Kept[Key, Ground]" = Kept(3)
_MET: Kept[Key, tuple[Floats, Ints, Snaps]] = Kept(4)
COLUMNS = ("id", "area_id", "parent_id", "code", "name_zh", "name_en", "tier__code", "tier__grid_level", "tier__rank")
Box = tuple[float, float, float, float]
Facts = dict[uuid.UUID, dict[str, Any]]
Place = tuple[float, float]


@dataclass(frozen=True)
class Ground:
    """The leaf areas of one question and their places: one inside each, or its residents' own where a file said them.

    `leaf` numbers the leaf area of each place, `rank` is that of its tier, `group` (a number of the boundaries
    `group_rows`) what to call a gap by. What else is an array goes by place: whether it lies in the basis, residents by
    `grids.discretion.PARTS` (small figures replaced unless exact: docs/decisions/0021), by age band (none unless exact)
    and `homes`, their households (NaN where nobody counted them). `key` names what is kept; None where it is not.
    """

    leaf: np.ndarray
    rank: np.ndarray
    in_basis: np.ndarray
    group_rows: list[uuid.UUID]
    group: np.ndarray
    points: Floats
    parts: Floats
    bands: Floats
    homes: Floats
    age_bands: list[AgeBand]
    key: Key | None = None

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
    lies above communities is cut from what is held of the whole place.
    """
    if basis is None:
        return _ground({}, set(), asked)
    if basis.tier.code not in LARGE:
        return _below(basis.area_id, asked)
    bands = age_bands()
    everybody, read = reading(asked.moment, bands)
    key = (*read, basis.area_id, frozenset(asked.readable), asked.exact)
    return _LARGE.get(key, lambda: _cut(everybody, basis.area_id, asked, bands, key))


def _cut(everybody: Everybody, basis: uuid.UUID, asked: Asked, bands: list[AgeBand], key: Key) -> Ground:
    """The leaf areas of a basis area, from everybody."""
    found = cut(everybody, basis.bytes, [area.bytes for area in asked.readable])
    group_area, group = _as_they_come(everybody.compound_of[found.area])
    unknown = ~found.known
    parts, homes = (found.parts, found.homes) if asked.exact else (found.stands, found.home_stands)
    figures = found.figures if asked.exact else found.figures[:, :0]
    return Ground(
        leaf=found.leaf,
        rank=everybody.rank[found.area].astype(np.int64),
        in_basis=found.in_basis,
        group_rows=[uuid.UUID(bytes=row.tobytes()) for row in everybody.rows[group_area]],
        group=group,
        points=found.points,
        parts=np.where(unknown[:, None], np.nan, parts),
        bands=np.where(unknown[:, None], np.nan, figures),
        homes=np.where(unknown | (homes < 0), np.nan, homes),
        age_bands=bands,
        key=key,
    )


def _as_they_come(areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different areas in the order in which they come first, and the number of each (n) among them."""
    found, first, number = np.unique(areas, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return found[order], np.argsort(order)[number]


def _below(basis: uuid.UUID, asked: Asked) -> Ground:
    """The leaf areas of a basis area, read now."""
    standing = Boundary.objects.at(asked.moment)
    inside = standing.filter(area_id__in=subtree_ids([basis], asked.moment)).values(*COLUMNS)
    facts = {row["area_id"]: row for row in inside}
    in_basis = set(facts)
    above = standing.filter(area_id__in=chain_ids(basis, now=asked.moment)).values(*COLUMNS)
    facts |= {row["area_id"]: row for row in above}
    return _ground(facts, in_basis, asked)


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
        for place in np.flatnonzero(few | (homes < LEAST)).tolist():  # NaN is not less
            area, spot, own = leaves[leaf[place]], spot_of[place], parts[place].astype(int).tolist()
            inside = facts[area]["tier__code"] == STAIRWELL
            if np.isfinite(homes[place]):
                homes[place] = households_told(area, int(homes[place]), own, spot, stairwell=inside)
            parts[place] = stand_ins(area, own, spot, stairwell=inside)
        bands = bands[:, :0]
    return Ground(
        leaf=leaf,
        rank=np.array([facts[area]["tier__rank"] for area in leaves], dtype=np.int64)[leaf],
        in_basis=np.array([area in in_basis for area in leaves], dtype=bool)[leaf],
        group_rows=[facts[area]["id"] for area in groups],
        group=np.array([number_of[area] for area in named], dtype=np.int64)[leaf],
        points=np.array([xy for here in each for xy, _n, _spot in here], dtype=float).reshape(-1, 2),
        parts=parts if age_bands else np.full((len(leaf), len(PARTS)), np.nan),
        bands=bands,
        homes=homes,
        age_bands=age_bands,
    )


def demand(land: Ground, walkable: Walkable, network: WalkingNetwork, reach: Reach, origin: Floats) -> Demand:
    """The leaves as demand of a reach; `origin` is (1, 2) metres."""

    def met() -> tuple[Floats, Ints, Snaps]:
        xy = walkable.metres(land.points)
        sides = network.sides_of(xy)
        return xy, sides, network.snap(xy, sides=sides)

    # where a home meets the streets depends on walls and stairs, not on who passes which gate
    key = land.key and (land.key, walkable.version, walkable.made_at, network.takes_steps)
    xy, sides, places = _MET.get(key, met) if key else met()
    return Demand(
        walk=network.distances(reach, places),
        straight=np.hypot(*(xy - origin).T),
        residents=land.residents,
        parts=land.parts,
        bands=land.bands,
        area=land.leaf,
        rank=land.rank,
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
