"""Who answers for a place: the posts filled at the deepest area, climbing where nobody is in office.

Two people are asked for in turn: the worker or chief of an area of the chain, from the deepest up; then the
lowest front desk. Outside every area it is the nearest county that has one. It is never nobody.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from grids.models import Appointment, Boundary, Role
from grids.queries import locate
from layers.tickets.beyond import answering_for
from layers.tickets.models import IN_OFFICE, Placing, Responsibility
from layers.tickets.precision import claimed, reach

POSTS = (*IN_OFFICE, Role.FRONT_DESK)


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers at a place, and why: `passed` are the areas below that were climbed over, deepest first."""

    located: tuple[uuid.UUID, ...]
    """Ids of the areas it is said to lie in, from the top down; empty outside every area."""
    area: uuid.UUID
    chain: tuple[uuid.UUID, ...]
    """The responsible area and all above it, from the top down."""
    because: Responsibility
    passed: tuple[uuid.UUID, ...] = ()
    then: uuid.UUID | None = None
    """The next area up that would answer if this one fell vacant."""
    placing: Placing = Placing.POINT
    """How `located` was found."""


class Roster:
    """The posts filled at one moment, by area; one query for as many areas as are asked for at once."""

    def __init__(self, areas: Iterable[uuid.UUID] | None, now: datetime) -> None:
        """Read the workers, chiefs and front desks of these areas (None: of all)."""
        found = Appointment.objects.at(now).filter(role__in=POSTS)
        if areas is not None:
            found = found.filter(area_id__in=list(areas))
        self.posts: dict[uuid.UUID, list[tuple[str, frozenset[str]]]] = {}
        for area, role, codes in found.values_list("area_id", "role", "categories"):
            self.posts.setdefault(area, []).append((role, frozenset(codes)))

    def filled(self, area: uuid.UUID, roles: Iterable[str], category: str) -> bool:
        """Whether somebody holds one of the roles there, for matters of this category (unknown: for all)."""
        wanted = frozenset(roles)
        return any(role in wanted and (not codes or category in codes) for role, codes in self.posts.get(area, ()))

    def desk(self, area: uuid.UUID, category: str = "") -> bool:
        """Whether the area has a front desk."""
        return self.filled(area, [Role.FRONT_DESK], category)

    def answer(self, chain: Sequence[uuid.UUID], category: str = "") -> Answer:
        """Who answers inside a chain (from the top down, not empty) for a matter of this category."""
        climb = list(reversed(chain))
        office = [area for area in climb if self.filled(area, IN_OFFICE, category)]
        desks = [area for area in climb if self.desk(area, category)]
        if office:
            area = office[0]
            because = Responsibility.HOLDER if area == climb[0] else Responsibility.VACANT
        elif desks:
            area, because = desks[0], Responsibility.DESK
        else:
            area, because = climb[-1], Responsibility.NOBODY
        place = climb.index(area)
        above = [other for other in climb[place + 1 :] if other in office or other in desks]
        return Answer(
            located=tuple(chain),
            area=area,
            chain=tuple(reversed(climb[place:])),
            because=because,
            passed=tuple(climb[:place]),
            then=above[0] if above else None,
        )


def ground_moment(moment: datetime) -> datetime:
    """The moment whose ground counts for an event: its own, or where nothing was drawn yet the earliest ground."""
    if Boundary.objects.at(moment).exists():
        return moment
    first = Boundary.objects.filter(valid_from__gt=moment).order_by("valid_from").values_list("valid_from", flat=True)
    return first.first() or moment


def outside(lon: float, lat: float, now: datetime) -> Answer:
    """Who answers for a point outside every area: the nearest county with a front desk, else the nearest county.

    Raises Conflict where no area has been drawn, Invalid where the point is absurdly far from all of them.
    """
    area, chain = answering_for((lon, lat), now)
    return Answer(located=(), area=area, chain=chain, because=Responsibility.OUTSIDE)


def who_answers(
    lon: float,
    lat: float,
    *,
    category: str = "",
    accuracy_m: float | None = None,
    area: uuid.UUID | None = None,
    now: datetime,
    ground: datetime | None = None,
) -> tuple[list[Boundary], Answer]:
    """The chain of boundaries that contain a point (from the top down; may be empty) and who answers there.

    `located` of the answer may be shorter than the chain: as deep as `accuracy_m` can tell, or down to `area`, which
    somebody named. `ground` is the moment whose areas count, where it is not now. Posts that are limited to some
    categories count only for a matter of theirs. Raises Invalid when `area` does not contain the point.
    """
    chain = locate(lon, lat, moment=ground_moment(ground or now))
    ids = [boundary.area_id for boundary in chain]
    if area is not None and area not in ids:
        message = _("The place does not lie in the area that was chosen. Choose again, or move the pin into it.")
        raise Invalid(message, code="not-there", fields={"area": message})
    if not chain:
        return [], outside(lon, lat, now)
    if area is not None:
        located, placing = ids[: ids.index(area) + 1], Placing.LIST
    else:
        located = ids if accuracy_m is None else list(claimed(ids, [reach_m(row.pk) for row in chain], accuracy_m))
        placing = Placing.POINT if len(located) == len(ids) else Placing.ACCURACY
    return chain, replace(Roster(located, now).answer(located, category), placing=placing)


@lru_cache(maxsize=4096)
def reach_m(boundary: uuid.UUID) -> float:
    """Metres from the middle of a boundary to its farthest corner; a version's shape never changes, so never stale."""
    return reach(Boundary.objects.get(pk=boundary).shape)
