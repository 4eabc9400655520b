"""What a question about tickets asks for, and which of them a person may see, as conditions on the narrow rows.

A *wish* is what a person asked for by filters; a *sight* adds what the person may see. Both speak of areas, which the
narrow rows know by pairs of chains (`models.spot.GridPair`). Areas that are wide (no grids) are
told by wards, few hundred for a whole prefecture; where all are, counts can be read from tallies instead of rows.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier

from grids.models import Area
from grids.permissions import grants
from layers.tickets import workflow
from layers.tickets.boxes import Box, span_of, stretches
from layers.tickets.queries import by_categories

Sql = tuple[Composable, list[Any]]
"""A piece of a statement, put together by `psycopg.sql` alone, and the values of its places."""
Row = Literal["spot", "tally"]
NOTHING: Sql = (SQL("FALSE"), [])
EVERYTHING: Sql = (SQL("TRUE"), [])
HELD = SQL("(one.located_chain && %s::uuid[] OR one.responsible_chain && %s::uuid[])")
WARDS = SQL("SELECT one.id FROM tickets_gridpair one WHERE one.id = one.ward_id AND {of} ORDER BY 1")
# Told as a list, of which a hash is made: a join with the wards is planned as if next to none of them fitted.
IN_WARDS = SQL("{row}.ward_id = ANY(%s::int[])")
# Of the pairs of few grids a list is made, with which the index by pair is asked.
IN_PAIRS = SQL("{row}.pair_id = ANY(ARRAY(SELECT one.id FROM tickets_gridpair one WHERE {of}))")
# Asked of one row after the other: joined, the whole table of tickets would be read for the sake of few.
WORDED = SQL("""
EXISTS (SELECT FROM tickets_ticket ticket WHERE ticket.id = spot.ticket_id AND (
    upper(ticket.text) LIKE %s OR upper(ticket.number) LIKE %s OR ticket.external_number = %s) OFFSET 0)
""")
# What lies in the outermost columns and rows of a box is looked up: a column is 0.6 m wide.
BOXED = SQL("""
spot.x BETWEEN %s AND %s AND spot.y BETWEEN %s AND %s
AND (spot.x BETWEEN %s AND %s AND spot.y BETWEEN %s AND %s OR EXISTS (
    SELECT FROM tickets_ticket ticket WHERE ticket.id = spot.ticket_id
      AND ticket.point && ST_MakeEnvelope(%s, %s, %s, %s, 4326) OFFSET 0))
""")
OF_CATEGORIES = SQL("{row}.category_id = ANY(%s::bigint[])")


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
    box: Box | None = None
    words: str = ""
    """What stands in its text or number; tallies know nothing of it, and rows look it up one by one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Areas, the categories (ids) to which rights are limited (None: all), and the wards that tell who lies in them.

    `wards` is None where one of the areas is a grid, which wards do not tell.
    """

    areas: tuple[uuid.UUID, ...]
    categories: tuple[int, ...] | None = None
    wards: tuple[int, ...] | None = None

    @property
    def wide(self) -> bool:
        """Whether wards tell it."""
        return self.wards is not None

    def where(self, row: Row) -> Sql:
        """The condition on a row's ward or, where that is too coarse, its pair."""
        if self.wards is not None:
            held: Sql = (IN_WARDS.format(row=Identifier(row)), [list(self.wards)])
        else:
            held = (IN_PAIRS.format(row=Identifier(row), of=HELD), [list(self.areas), list(self.areas)])
        return joined([held, within(row, self.categories)])


class Waiting(Protocol):
    """What of the tickets waits for somebody; see `layers.tickets.duty`."""

    @property
    def wide(self) -> bool:
        """Whether wards tell it."""

    def where(self, row: Row) -> Sql:
        """The condition on a row."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Who sees (groups of areas, one of which must hold a ticket), which area was asked for, and what waits for whom.

    `waiting` None: nobody asked for that; otherwise one of these must be met.
    """

    groups: tuple[Group, ...]
    asked: Group | None = None
    waiting: tuple[Waiting, ...] | None = None

    @property
    def wide(self) -> bool:
        """Whether wards tell it all, so that tallies do."""
        parts = (*self.groups, *([self.asked] if self.asked else []), *(self.waiting or ()))
        return all(part.wide for part in parts)

    @property
    def by_category(self) -> bool:
        """Whether it depends on the category of a ticket."""
        return any(group.categories is not None for group in self.groups)

    def where(self, row: Row) -> Sql:
        """The condition on a row of spots, or of tallies where it is wide."""
        parts = [either([group.where(row) for group in self.groups])]
        if self.asked is not None:
            parts.append(self.asked.where(row))
        if self.waiting is not None:
            parts.append(either([one.where(row) for one in self.waiting]))
        return joined(parts)


def sight_of(asker: Any, area: uuid.UUID | None, *, now: datetime) -> Sight:
    """What the asker may see of tickets, within an area where one is asked for."""
    found = by_categories(grants(asker, "ticket.read", now=now))
    limited = {code for codes in found for code in codes}
    ids = category_ids(limited)
    named = {one for areas in found.values() for one in areas} | ({area} if area else set())
    grids = grids_among(named)
    groups = [group_of(areas, ids_of(codes, ids), grids) for codes, areas in sorted(found.items())]
    return Sight(tuple(groups), group_of([area], None, grids) if area else None)


def group_of(areas: Iterable[uuid.UUID], categories: tuple[int, ...] | None, grids: set[uuid.UUID]) -> Group:
    """What lies in some areas, or is answered for by them; `grids` are those of them that are grids."""
    wanted = tuple(areas)
    return Group(wanted, categories, wards_where((HELD, [list(wanted)] * 2)) if grids.isdisjoint(wanted) else None)


def wards_where(of: Sql) -> tuple[int, ...]:
    """The wards that meet a condition on `one`, few hundred at most."""
    with connection.cursor() as cursor:
        cursor.execute(WARDS.format(of=of[0]), of[1])
        return tuple(ward for (ward,) in cursor.fetchall())


def grids_among(areas: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of some areas that are grids, which wards do not tell apart."""
    wanted = list(areas)
    if not wanted:
        return set()
    return set(Area.objects.filter(pk__in=wanted, tier__grid_level__isnull=False).values_list("pk", flat=True))


def ids_of(codes: tuple[str, ...], ids: dict[str, int]) -> tuple[int, ...] | None:
    """The categories to which rights are limited; None: to none."""
    return tuple(ids[code] for code in codes if code in ids) if codes else None


def category_ids(codes: Iterable[str]) -> dict[str, int]:
    """The ids of categories by their codes; unknown codes are left out."""
    from layers.tickets.models import Category

    wanted = list(codes)
    return dict(Category.objects.filter(code__in=wanted).values_list("code", "pk")) if wanted else {}


def conditions(asked: Asked, now: datetime) -> Sql:
    """What is asked for beside areas, as a condition on a row `spot` of `tickets_spot`."""
    parts: list[Sql] = []
    if asked.states or asked.codes is not None or asked.box is not None:
        # all of them where none is asked for: the index by place begins so
        parts.append((SQL("spot.state = ANY(%s)"), [list(asked.states or workflow.STATES)]))
    parts.append(within("spot", asked.categories))
    if asked.since is not None:
        parts.append((SQL("spot.reported_at >= %s"), [asked.since]))
    if asked.until is not None:
        parts.append((SQL("spot.reported_at < %s"), [asked.until]))
    if asked.overdue:
        parts.append((SQL("spot.due_at <= %s"), [now]))
    if asked.codes is not None:
        parts.append((SQL("spot.code >= %s AND spot.code < %s"), list(asked.codes)))
    if asked.box is not None:
        parts += within_box(asked.box)
    if asked.words:
        like = "%" + re.sub(r"([%_\\])", r"\\\1", asked.words.upper()) + "%"
        parts.append((WORDED, [like, like, asked.words]))
    return joined(parts)


def within_box(box: Box) -> list[Sql]:
    """That a spot lies in a box of degrees, edges included: stretches of the curve find it, columns and rows tell."""
    span = span_of(box)
    wide, sure = span.wider(1), span.wider(-2)  # two ways to reckon a row may differ by one
    held = stretches(wide)
    along = SQL(" OR ").join([SQL("(spot.code >= %s AND spot.code < %s)")] * len(held))
    return [(along, [code for one in held for code in one]), (BOXED, [*wide, *sure, *box])]


def within(row: Row, categories: tuple[int, ...] | None) -> Sql:
    """That a row is of one of some categories (ids); of None: of any."""
    if categories is None:
        return EVERYTHING
    return OF_CATEGORIES.format(row=Identifier(row)), [list(categories)]


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


def joined(parts: Iterable[Sql]) -> Sql:
    """That all of some conditions are met."""
    return _together(" AND ", [part for part in parts if part is not EVERYTHING], EVERYTHING)


def either(parts: Iterable[Sql]) -> Sql:
    """That one of some conditions is met; of none: never."""
    return _together(" OR ", list(parts), NOTHING)


def _together(by: Literal[" AND ", " OR "], parts: list[Sql], of_none: Sql) -> Sql:
    """Several conditions as one."""
    if not parts:
        return of_none
    told = SQL(by).join(SQL("({})").format(sql) for sql, _values in parts)
    return told, [value for _sql, values in parts for value in values]
