"""Sums of residents for who has no duty among them: nothing that is told depends on how small a small count is.

Hiding "1 to 4" at an area is not enough, when the area above and its other parts are told: the difference is the hidden
number. So small figures are replaced where they stand, before anything is added up: of every area's own residents the
old, the others, and those of unknown age, where they are one to four, count as two or three (which of the two follows
from the area's id, so that the errors of many cancel). Whatever is then added or subtracted yields two or three for
every small count, whichever it was (docs/decisions/0021).
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Func, IntegerField, Q, Sum, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from gis.shared.counts import LEAST
from grids.models.population import PopulationQuerySet

OLD_FROM = 60
PARTS = {
    "old": Q(age_band__age_from__gte=OLD_FROM),
    "others": Q(age_band__age_from__lt=OLD_FROM) & ~Q(age_band__age_from=0, age_band__age_until__isnull=True),
    "ageless": Q(age_band__age_from=0, age_band__age_until__isnull=True),
}
"""What is told beside each other, so that none of them can be the rest of another."""


@dataclass(frozen=True, slots=True)
class Residents:
    """Residents of an area and all below it; `about` tells that small figures in it were replaced."""

    old: int
    others: int
    ageless: int
    about: bool = False

    @property
    def total(self) -> int:
        """All of them."""
        return self.old + self.others + self.ageless


class _Stand(Func):
    """Two or three, from an area's id: the same for ever, and nothing to do with who lives there."""

    template = "(2 + (get_byte(decode(md5(%(expressions)s), 'hex'), 0) & 1))"
    output_field = IntegerField()


def counted(rows: PopulationQuerySet, *, exact: bool) -> Residents | None:
    """The residents of some rows, exact or with small figures replaced; None when there is no row (unknown)."""
    plain = {part: Coalesce(Sum("residents", filter=which), 0) for part, which in PARTS.items()}
    if exact:
        found = rows.order_by().aggregate(**plain, rows=Sum(Value(1)))
        return Residents(*(found[part] for part in PARTS)) if found["rows"] else None
    own = rows.order_by().values("area_id").annotate(**{f"own_{part}": total for part, total in plain.items()})
    small = {part: Q(**{f"own_{part}__gt": 0, f"own_{part}__lt": LEAST}) for part in PARTS}
    told: dict[str, Any] = {
        part: Sum(Case(When(which, then=_stand(part)), default=F(f"own_{part}"), output_field=IntegerField()))
        for part, which in small.items()
    }
    hidden = Sum(Case(When(small["old"] | small["others"] | small["ageless"], then=Value(1)), default=Value(0)))
    found = own.aggregate(**told, hidden=hidden)
    if found["hidden"] is None:
        return None
    old, others, ageless = (int(found[part]) for part in PARTS)
    return Residents(old, others, ageless, about=found["hidden"] > 0)


def by_area(rows: PopulationQuerySet, *, exact: bool) -> dict[uuid.UUID, int]:
    """The own residents of each area that has rows, exact or with small figures replaced, as `counted` adds them."""
    sums = {f"own_{part}": Sum("residents", filter=which, default=0) for part, which in PARTS.items()}
    found = rows.order_by().values_list("area_id").annotate(**sums).values_list("area_id", *sums)
    return {
        area: sum(n if exact else discreet(n, f"{area}/{part}") for part, n in zip(PARTS, figures, strict=True))
        for area, *figures in found
    }


def discreet(figure: int, name: str) -> int:
    """A figure, or what stands for it where it is small: two or three, from a name that is the same for ever."""
    small = 0 < figure < LEAST
    return 2 + (hashlib.md5(name.encode(), usedforsecurity=False).digest()[0] & 1) if small else figure


def _stand(part: str) -> _Stand:
    """What stands for a small figure of one part."""
    return _Stand(Concat(Cast("area_id", TextField()), Value(f"/{part}")))
