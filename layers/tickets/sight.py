"""What a question about tickets asks for, and which of them a person may see, as conditions on the narrow rows.

A *wish* is what a person asked for by filters; a *sight* adds what the person may see. Both speak of areas, which the
narrow rows know by pairs of chains (`models.spot.GridPair`). Areas that are wide (no grids) are
told by wards, few hundred for a whole prefecture; where all are, counts can be read from tallies instead of rows.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from grids.models import Area
from grids.permissions import grants
from layers.tickets import workflow
from layers.tickets.queries import by_categories

Sql = tuple[str, list[Any]]
NOTHING: Sql = ("FALSE", [])
HELD = "(one.located_chain && %s::uuid[] OR one.responsible_chain && %s::uuid[])"
# Of few hundred wards a hash is made; a list of them would be gone through for every row.
IN_WARDS = f"ward_id IN (SELECT one.id FROM tickets_gridpair one WHERE one.id = one.ward_id AND {HELD})"  # noqa: S608
# Of the pairs of few grids a list is made, with which the index by pair is asked.
IN_PAIRS = f"pair_id = ANY(ARRAY(SELECT one.id FROM tickets_gridpair one WHERE {HELD}))"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters that the narrow rows can answer; empty ones are left out."""

    states: tuple[str, ...] = ()
    categories: tuple[int, ...] | None = None
    area: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    overdue: bool = False
    codes: tuple[int, int] | None = None
    """A stretch of the curve: from a code (inclusive) to a code (exclusive)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Areas (`wide`: none of them a grid), and the categories (ids) to which rights are limited; None: all."""

    areas: tuple[uuid.UUID, ...]
    categories: tuple[int, ...] | None = None
    wide: bool = False

    def where(self, row: str) -> Sql:
        """The condition on a row's ward or, where that is too coarse, its pair."""
        sql = f"{row}.{IN_WARDS if self.wide else IN_PAIRS}"
        params: list[Any] = [list(self.areas), list(self.areas)]
        if self.categories is not None:
            sql += f" AND {row}.category_id = ANY(%s::bigint[])"
            params.append(list(self.categories))
        return sql, params


@dataclass(frozen=True, slots=True)
class Sight:
    """Who sees (groups of areas, one of which must hold a ticket) and which area was asked for besides."""

    groups: tuple[Group, ...]
    asked: Group | None = None

    @property
    def wide(self) -> bool:
        """Whether wards tell it all, so that tallies do."""
        return all(group.wide for group in (*self.groups, *([self.asked] if self.asked else [])))

    def where(self, row: str) -> Sql:
        """The condition on a row of spots, or of tallies where it is wide."""
        if not self.groups:
            return NOTHING
        seen = joined([group.where(row) for group in self.groups], " OR ")
        return seen if self.asked is None else joined([seen, self.asked.where(row)])


def sight_of(asker: Any, area: uuid.UUID | None, *, now: datetime) -> Sight:
    """What the asker may see of tickets, within an area where one is asked for."""
    found = by_categories(grants(asker, "ticket.read", now=now))
    limited = {code for codes in found for code in codes}
    ids = category_ids(limited)
    named = {one for areas in found.values() for one in areas} | ({area} if area else set())
    grids = set(Area.objects.filter(pk__in=named, tier__grid_level__isnull=False).values_list("pk", flat=True))
    groups = [
        Group(
            tuple(areas), tuple(ids[code] for code in codes if code in ids) if codes else None, grids.isdisjoint(areas)
        )
        for codes, areas in sorted(found.items())
    ]
    return Sight(tuple(groups), Group((area,), None, area not in grids) if area else None)


def category_ids(codes: Iterable[str]) -> dict[str, int]:
    """The ids of categories by their codes; unknown codes are left out."""
    from layers.tickets.models import Category

    wanted = list(codes)
    return dict(Category.objects.filter(code__in=wanted).values_list("code", "pk")) if wanted else {}


def conditions(asked: Asked, row: str, now: datetime) -> Sql:
    """What is asked for beside areas, as a condition on a row of `tickets_spot`."""
    parts: list[str] = ["TRUE"]
    params: list[Any] = []
    if asked.states or asked.codes is not None:
        parts.append(f"{row}.state = ANY(%s)")  # all of them where none is asked for: the index by place begins so
        params.append(list(asked.states or workflow.STATES))
    if asked.categories is not None:
        parts.append(f"{row}.category_id = ANY(%s::bigint[])")
        params.append(list(asked.categories))
    for sign, moment in ((">=", asked.since), ("<", asked.until)):
        if moment is not None:
            parts.append(f"{row}.reported_at {sign} %s")
            params.append(moment)
    if asked.overdue:
        parts.append(f"{row}.due_at <= %s")
        params.append(now)
    if asked.codes is not None:
        parts.append(f"{row}.code >= %s AND {row}.code < %s")
        params += asked.codes
    return " AND ".join(parts), params


def months(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None] | None:
    """The whole months (of UTC) inside a period, as its first instant and the instant after its last.

    None for an end that the period leaves open, and instead of both where no whole month lies inside.
    """
    first = None if since is None else _month_from(since)
    after = None if until is None else _month_of(until)
    if first is not None and after is not None and first >= after:
        return None
    return first, after


def _month_of(moment: datetime) -> datetime:
    """The first instant of a moment's month."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _month_from(moment: datetime) -> datetime:
    """The first instant of a month at or after a moment."""
    begun = _month_of(moment)
    if begun == moment:
        return begun
    return begun.replace(year=begun.year + begun.month // 12, month=begun.month % 12 + 1)


def joined(parts: Iterable[Sql], by: str = " AND ") -> Sql:
    """Several conditions as one."""
    told = list(parts)
    return by.join(f"({sql})" for sql, _values in told), [value for _sql, values in told for value in values]
