"""Sums of residents for who has no duty among them: nothing that is told depends on how small a small count is.

Hiding "1 to 4" at an area is not enough, when the area above and its other parts are told: the difference is the hidden
number. So small figures are replaced where they stand, before anything is added up: of every area's own residents (or
of those at each place that a file said) the old, the young, the others, and those of unknown age, where they are one to
four, count as two or three, the young as one or two (which follows from the area's id and the place, so that the errors
of many cancel); where everybody who lives there is few, as in a cottage, as one or two. Whatever is then added or
subtracted yields that for every small count, whichever it was (docs/decisions/0021). Households are replaced likewise,
and where their number would tell how large a small figure beside it is at least: everybody lives in one household
(docs/decisions/0035).
"""

import hashlib
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, Sum, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from gis.shared.counts import LEAST
from gis.shared.functions import AsWKB
from grids.models.population import AgeBand, PopulationPoint, PopulationQuerySet

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
STANDS = {"old": (2, 64), "others": (2, 64), "ageless": (2, 64), "young": (1, 171)}
"""What a small figure of a part counts as: so much, and one more for so many of 256 places. Means of 2.25 and 1.67 are
what small figures of houses come to (of the young most are one), so that sums of many stay near the truth."""
ALONE = {"old": (1, 141), "others": (1, 205), "ageless": (2, 64), "young": (1, 26)}
"""The same where no part is large, as in a cottage: means of 1.55, 1.8 and 1.1, so that a household comes to two or
three persons. Told as in houses, a village of 811 had 1,172."""
RULE = (STANDS, ALONE)
"""What is kept of figures that were replaced is named by it: another rule makes them anew."""
HOMES = "households"


def part_of(band: AgeBand) -> str:
    """Which of PARTS an age band belongs to, as the database decides it."""
    if not band.known:
        return "ageless"
    if band.age_from >= OLD_FROM:
        return "old"
    return "young" if band.age_until is not None and band.age_until <= YOUNG_UNTIL else "others"


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


class _Usual(Func):
    """In how many households (one to four) so many persons usually live, as `usual_households` reckons."""

    template = "least(4, greatest(1, (4 * (%(expressions)s) + 5) / 10))"
    output_field = IntegerField()


def _both(one: int | None, other: int | None) -> int | None:
    """The sum of what is known."""
    return one if other is None else other if one is None else one + other


class _Stand(Func):
    """What stands for a small figure, from an area's id: the same for ever, and nothing to do with who lives there."""

    template = "(%(least)s + (get_byte(decode(md5(%(expressions)s), 'hex'), 0) < %(more)s)::int)"
    output_field = IntegerField()


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
        return _plainly(_replaced(rows.order_by().values("area_id"), PARTS, Cast("area_id", TextField())))
    elsewhere = _replaced(_whole(rows), PARTS, Cast("area_id", TextField()))
    spot = Func(AsWKB("point"), Value("hex"), function="encode", output_field=TextField())
    named = _spots(rows).annotate(spot=spot)
    area = Cast("population__area_id", TextField())
    there = _replaced(named, parts_of("population__age_band"), area, F("spot"))
    return _plainly(elsewhere + there if elsewhere and there else elsewhere or there)


def _plainly(found: Residents | None) -> Residents | None:
    """Where nobody counted any households, nothing was left out."""
    return replace(found, unhoused=0) if found is not None and found.households is None else found


def _whole(rows: PopulationQuerySet) -> QuerySet[Any, Any]:
    """Rows whose places no file said, by area."""
    return rows.filter(points=None).order_by().values("area_id")


def _spots(rows: PopulationQuerySet) -> QuerySet[Any, Any]:
    """Places of residents, by area and place."""
    return PopulationPoint.objects.filter(population__in=rows.order_by().values("pk")).values(
        "population__area_id", "point"
    )


def _unhoused(rows: PopulationQuerySet) -> int:
    """How many areas have residents and no number of households, or some place like that."""
    groups = [(rows.order_by().values("area_id"), "area_id")]
    if PopulationPoint.objects.exists():
        groups = [(_whole(rows), "area_id"), (_spots(rows), "population__area_id")]
    found: set[uuid.UUID] = set()
    for own, area in groups:
        without = own.annotate(homes=Sum(HOMES), people=Sum("residents")).filter(homes=None, people__gt=0)
        found.update(without.values_list(area, flat=True))
    return len(found)


def _replaced(own: QuerySet[Any, Any], parts: dict[str, Q], area: Any, *spot: Any) -> Residents | None:
    """The sum of rows that are grouped by what small figures are replaced in; None when there are none."""
    plain: dict[str, Any] = {
        f"own_{part}": Coalesce(Sum("residents", filter=which), 0) for part, which in parts.items()
    }
    small = {part: Q(**{f"own_{part}__gt": 0, f"own_{part}__lt": LEAST}) for part in parts}

    def stand(part: str) -> Case:
        name = Concat(area, Value(f"/{part}"), *((Value("/"), *spot) if spot else ()), output_field=TextField())
        beside, alone = (_Stand(name, least=rule[part][0], more=rule[part][1]) for rule in RULE)
        return Case(When(shown=0, then=alone), default=beside, output_field=IntegerField())

    alike: dict[str, Any] = {
        f"told_{part}": Case(When(which, then=stand(part)), default=F(f"own_{part}"), output_field=IntegerField())
        for part, which in small.items()
    }
    some = small["old"] | small["others"] | small["ageless"] | small["young"]
    shown = [
        Case(When(which, then=Value(0)), default=F(f"own_{part}"), output_field=IntegerField())
        for part, which in small.items()
    ]
    few = Q(own_homes__gt=0, own_homes__lt=LEAST)
    more_than_shown = some & Q(own_homes__gte=LEAST, own_homes__gt=F("shown"))
    told: dict[str, Any] = {part: Sum(f"told_{part}") for part in parts}
    told[HOMES] = Sum(
        Case(
            When(few | (more_than_shown & Q(shown=0)), then=_Usual(F("told_all"))),
            When(more_than_shown, then=F("shown")),
            default=F("own_homes"),
            output_field=IntegerField(),
        )
    )
    hidden = Sum(Case(When(some | few, then=Value(1)), default=Value(0)))
    unhoused = Count("own_area", distinct=True, filter=Q(own_homes=None, told_all__gt=0))
    grouped = own.annotate(own_area=area).annotate(**plain, own_homes=Sum(HOMES))
    grouped = grouped.annotate(shown=sum(shown, start=Value(0))).annotate(**alike)
    grouped = grouped.annotate(told_all=sum((F(name) for name in alike), start=Value(0)))
    found = grouped.aggregate(**told, hidden=hidden, unhoused=unhoused)
    if found["hidden"] is None:
        return None
    old, others, ageless, young = (int(found[part]) for part in parts)
    homes = found[HOMES]
    return Residents(
        old, others, ageless, young, about=found["hidden"] > 0, households=None if homes is None else int(homes),
        unhoused=int(found["unhoused"]),
    )  # fmt: skip


def by_area(rows: PopulationQuerySet, *, exact: bool) -> dict[uuid.UUID, int]:
    """The own residents of each area that has rows, exact or with small figures replaced, as `counted` adds them."""
    sums = {f"own_{part}": Sum("residents", filter=which, default=0) for part, which in PARTS.items()}
    found = rows.order_by().values_list("area_id").annotate(**sums).values_list("area_id", *sums)
    return {
        area: sum(figures) if exact or not any(0 < n < LEAST for n in figures) else sum(stand_ins(area, figures))
        for area, *figures in found
    }


def spot_name(lon: float, lat: float) -> str:
    """What a place is called where small figures are replaced: its point's well-known bytes, as the database has."""
    return struct.pack("<BIdd", 1, 1, lon, lat).hex()


def stand_ins(area: uuid.UUID, figures: Sequence[int], spot: tuple[float, float] | None = None) -> tuple[int, ...]:
    """The figures of an area's own residents by PARTS, or of those at one place of it, with small ones replaced.

    What stands for one follows from a name that is the same for ever: area/part[/spot].
    """
    name, place = str(area), f"/{spot_name(*spot)}" if spot else ""  # once: a city asks for 60,000 areas
    rule = STANDS if any(count >= LEAST for count in figures) else ALONE
    return tuple(
        _stand(f"{name}/{part}{place}", *rule[part]) if 0 < count < LEAST else count
        for part, count in zip(PARTS, figures, strict=True)
    )


def _stand(name: str, least: int, more: int) -> int:
    """What stands for a small figure of a name."""
    return least + (hashlib.md5(name.encode(), usedforsecurity=False).digest()[0] < more)


def households_told(
    area: uuid.UUID, households: int, figures: Sequence[int], spot: tuple[float, float] | None = None
) -> int:
    """The households of an area, or of one place of it, as they are added up for who has no duty there.

    A small number counts as that in which so many persons as are told usually live. Those who live at a place
    (`figures`, by PARTS) have no more households than persons: beside a small figure there are never more told than
    the persons who are told as they are.
    """
    shown = sum(count for count in figures if count >= LEAST)
    beyond = households > shown and any(0 < count < LEAST for count in figures)
    if 0 < households < LEAST or (beyond and households and not shown):
        return usual_households(sum(stand_ins(area, figures, spot)))
    return shown if beyond and households else households


def usual_households(persons: int) -> int:
    """In how many households, one to four, so many persons usually live: two and a half in each."""
    return min(4, max(1, (4 * persons + 5) // 10))
