"""Sums of residents for who has no duty among them: nothing that is told depends on how small a small count is.

Hiding "1 to 4" at an area is not enough, when the area above and its other parts are told: the difference is the hidden
number. So small figures are replaced where they stand, before anything is added up: of every area's own residents (or
of those at each place that a file said) the old, the young, the others, and those of unknown age, where they are one to
four, count as a whole number near what such figures come to on average (the area's id and the place say which, so that
the errors of many cancel). That average follows from what is told anyway: how many there are of the parts that are not
small, and whether it is a stairwell or a house. Whatever is then added or subtracted yields that for every small count,
whichever it was (docs/decisions/0021). Households are replaced likewise, and where their number would tell how large a
small figure beside it is at least: everybody lives in one household (docs/decisions/0035).
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from gis.shared.counts import LEAST
from gis.shared.functions import AsWKB
from grids.models.population import AgeBand, PopulationPoint, PopulationQuerySet
from grids.small_figures import LARGER, SHARES, STAIRWELL, stand_ins

OLD_FROM = 60
YOUNG_UNTIL = 7


def parts_of(band: str = "age_band") -> dict[str, Q]:
    """What is told beside each other, so that none of them can be the rest of another; `band` leads to the age band."""

    def q(**conditions: Any) -> Q:
        return Q(**{f"{band}__{name}": value for name, value in conditions.items()})

    old, ageless = q(age_from__gte=OLD_FROM), q(age_from=0, age_until__isnull=True)
    young = q(age_until__isnull=False, age_until__lte=YOUNG_UNTIL)
    return {"old": old, "others": ~old & ~ageless & ~young, "ageless": ageless, "young": young}


PARTS = parts_of()
HOMES = "households"


def part_of(band: AgeBand) -> str:
    """Which of PARTS an age band belongs to, as the database decides it."""
    if not band.known:
        return "ageless"
    if band.age_from >= OLD_FROM:
        return "old"
    return "young" if band.age_until is not None and band.age_until <= YOUNG_UNTIL else "others"


def _each(words: str, joined: str) -> str:
    """The same words in SQL for every part, joined."""
    return joined.join(
        words.format(
            part=part, least=LEAST, shares=",".join(map(str, SHARES[part])), byte=f"area || '/{part}' || place"
        )
        for part in PARTS
    )


REPLACED = """
WITH own AS MATERIALIZED ({own}),
named AS (
    SELECT area::text AS area, tier, {parts}, homes, {place} AS place
    FROM own AS own(area, tier, {spot}{parts}, homes)),
shown AS (
    SELECT *, {large} AS shown, {small} AS hides, coalesce(homes > 0 AND homes < {least}, false) AS few FROM named),
kinds AS (
    SELECT *, hides AND homes >= {least} AND homes > shown AS beyond, CASE
        WHEN shown > 0 THEN 1 + width_bucket(shown, ARRAY{larger})
        WHEN tier = '{stairwell}' THEN {flats} ELSE {flats} + 1 END AS kind
    FROM shown),
told AS MATERIALIZED (SELECT *, {stands} FROM kinds)
SELECT {sums}, bool_or(hides OR few), sum(CASE
           WHEN few OR (beyond AND shown = 0) THEN least(4, greatest(1, (4 * ({people}) + 5) / 10))
           WHEN beyond THEN shown
           ELSE homes END),
       count(DISTINCT area) FILTER (WHERE homes IS NULL AND {people} > 0)
FROM told
"""
"""Residents by PARTS, whether small figures were replaced, households, areas without any number of them; of rows `own`
that are grouped by area and tier (and place) with their sums by part and their households: as `small_figures` says."""
WORDS = {
    "least": LEAST,
    "larger": list(LARGER),
    "stairwell": STAIRWELL,
    "flats": len(LARGER) + 2,
    "parts": ", ".join(PARTS),
    "large": _each("CASE WHEN {part} >= {least} THEN {part} ELSE 0 END", " + "),
    "small": _each("({part} > 0 AND {part} < {least})", " OR "),
    "stands": _each(
        "CASE WHEN {part} > 0 AND {part} < {least} "
        "THEN ((ARRAY[{shares}])[kind] + get_byte(decode(md5({byte}), 'hex'), 0)) / 256 ELSE {part} END AS told_{part}",
        ", ",
    ),
    "sums": _each("sum(told_{part})", ", "),
    "people": _each("told_{part}", " + "),
}
PLACES = {
    False: {"spot": "", "place": "''"},
    True: {"spot": "spot, ", "place": "'/' || encode(spot, 'hex')"},
}
"""A place has a name of its own beside its area's: its point's well-known bytes, as `small_figures.spot_name` says."""


@dataclass(frozen=True, slots=True)
class Residents:
    """Residents of an area and all below it; `about` tells that small figures in it were replaced.

    `households` are theirs (None: nobody counted any); `unhoused` areas with residents have no number of them, or not
    everywhere in them, and are left out.
    """

    old: int
    others: int
    ageless: int
    young: int
    about: bool = False
    households: int | None = None
    unhoused: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.old + self.others + self.ageless + self.young

    def __add__(self, more: "Residents") -> "Residents":
        """Both together."""
        return Residents(
            self.old + more.old,
            self.others + more.others,
            self.ageless + more.ageless,
            self.young + more.young,
            about=self.about or more.about,
            households=_both(self.households, more.households),
            unhoused=self.unhoused + more.unhoused,
        )


def _both(one: int | None, other: int | None) -> int | None:
    """The sum of what is known."""
    return one if other is None else other if one is None else one + other


def counted(rows: PopulationQuerySet, *, exact: bool) -> Residents | None:
    """The residents of some rows, exact or with small figures replaced; None when there is no row (unknown)."""
    if exact:
        plain = {part: Coalesce(Sum("residents", filter=which), 0) for part, which in PARTS.items()}
        found = rows.order_by().aggregate(**plain, homes=Sum(HOMES), rows=Sum(Value(1)))
        if not found["rows"]:
            return None
        homes = found["homes"]
        old, others, ageless, young = (found[part] for part in PARTS)
        unhoused = 0 if homes is None else _unhoused(rows)
        return Residents(old, others, ageless, young, households=homes, unhoused=unhoused)
    if not PopulationPoint.objects.exists():
        return _plainly(_replaced(rows.order_by(), "area", PARTS))
    elsewhere = _replaced(rows.filter(points=None).order_by(), "area", PARTS)
    spots = PopulationPoint.objects.filter(population__in=rows.order_by().values("pk"))
    there = _replaced(spots, "population__area", parts_of("population__age_band"), spot="point")
    return _plainly(elsewhere + there if elsewhere and there else elsewhere or there)


def _plainly(found: Residents | None) -> Residents | None:
    """Where nobody counted any households, nothing was left out."""
    return replace(found, unhoused=0) if found is not None and found.households is None else found


def _unhoused(rows: PopulationQuerySet) -> int:
    """How many areas have residents and no number of households, or some place like that."""
    groups: list[tuple[QuerySet[Any, Any], tuple[str, ...]]] = [(rows.order_by(), ("area_id",))]
    if PopulationPoint.objects.exists():
        spots = PopulationPoint.objects.filter(population__in=rows.order_by().values("pk"))
        groups = [(rows.filter(points=None).order_by(), ("area_id",)), (spots, ("population__area_id", "point"))]
    found: set[uuid.UUID] = set()
    for own, by in groups:
        told = own.values(*by).annotate(homes=Sum(HOMES), people=Sum("residents"))
        found.update(told.filter(homes=None, people__gt=0).values_list(by[0], flat=True))
    return len(found)


def _replaced(own: QuerySet[Any, Any], area: str, parts: dict[str, Q], spot: str | None = None) -> Residents | None:
    """The sum of rows with small figures replaced where they stand; None when there are none.

    `area` leads to the area of a row, `parts` to its age band, `spot` to the place that a file said.
    """
    sums = {f"own_{part}": Sum("residents", filter=which, default=0) for part, which in parts.items()}
    by = (f"{area}_id", f"{area}__tier__code", *((AsWKB(spot),) if spot else ()))
    grouped = own.values_list(*by).annotate(**sums, own_homes=Sum(HOMES))
    with suppress(EmptyResultSet), connection.cursor() as cursor:
        inner, params = grouped.query.sql_with_params()
        cursor.execute(REPLACED.format(own=inner, **WORDS, **PLACES[spot is not None]), params)
        *counts, about, homes, unhoused = cursor.fetchone()
        if about is not None:
            old, others, ageless, young = map(int, counts)
            return Residents(
                old,
                others,
                ageless,
                young,
                about=about,
                households=None if homes is None else int(homes),
                unhoused=unhoused,
            )
    return None


def by_area(rows: PopulationQuerySet, *, exact: bool) -> dict[uuid.UUID, int]:
    """The own residents of each area that has rows, exact or with small figures replaced, as `counted` adds them."""
    sums = {f"own_{part}": Sum("residents", filter=which, default=0) for part, which in PARTS.items()}
    found = rows.order_by().values_list("area_id", "area__tier__code").annotate(**sums)
    return {
        area: sum(figures)
        if exact or not any(0 < n < LEAST for n in figures)
        else sum(stand_ins(area, figures, stairwell=tier == STAIRWELL))
        for area, tier, *figures in found
    }
