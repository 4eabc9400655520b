"""Counts and pages of tickets from the narrow rows: by cell of the map, in all, overdue, the next page of a list.

Places are columns and rows of 2^26 on the web's square map, interleaved bit by bit to a code, so that every tile and
every cell of one is one stretch of codes. Questions that look at few rows read them (`tickets_spot`, indexes alone);
those over wide areas, or from afar, read tallies for the whole months and rows for what the period has beside them.
"""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier, Literal

from layers.tickets import workflow
from layers.tickets.models.spot import Tally
from layers.tickets.sight import EVERYTHING, NOTHING, Asked, Sight, Sql, conditions, joined, months, within

WORLD_BITS = 26
CELL_BITS = 15
"""As in migration 0008; a test compares."""
CELLS_A_SIDE_BITS = 3
"""Eight cells along a tile's side of 512 px: one cell is 64 px, about a circle and its margin."""
LAST_TALLIED_TILE = CELL_BITS - CELLS_A_SIDE_BITS
EQUATOR_M = 40_075_016.685578488
STEP_M = EQUATOR_M / 2**WORLD_BITS
MOST_BITS = 2 * WORLD_BITS

HALF_M = EQUATOR_M / 2
CELLS = SQL("""
SELECT %s::text || ':' || cell AS id, sum(n)::int AS count, sum(late)::int AS overdue,
       ST_Transform(ST_SetSRID(ST_MakePoint((sum(x) / sum(n) + 0.5) * {step} - {half},
                                            {half} - (sum(y) / sum(n) + 0.5) * {step}), 3857), 4326) AS geom
FROM ({parts}) AS part GROUP BY cell HAVING sum(n) > 0
""")
ROWS = SQL(
    """SELECT (spot.code >> {shift})::bigint AS cell, {counts} FROM tickets_spot spot WHERE {where} GROUP BY 1"""
)
TALLIES = SQL("""
SELECT (tally.cell >> {shift})::bigint AS cell, sum(tally.n) AS n, 0 AS late,
       sum(tally.sum_x::float8) AS x, sum(tally.sum_y::float8) AS y
FROM tickets_tally tally WHERE {where} GROUP BY 1
""")
SUM = SQL("(SELECT coalesce(sum(n), 0) FROM ({part}) AS part)")
COUNTED = SQL("SELECT count(*) AS n FROM tickets_spot spot WHERE {where}")
TALLIED = SQL("SELECT sum(tally.n) AS n FROM tickets_tally tally WHERE {where}")
PAGE = SQL("SELECT spot.{column}, spot.ticket_id FROM tickets_spot spot WHERE {where}")
FOUND = SQL("WITH found AS MATERIALIZED ({page}) SELECT {column}, ticket_id FROM found")
CLOSED = SQL("""
SELECT count(*), count(*) FILTER (WHERE cardinality(pair.responsible_chain) > cardinality(ward.responsible_chain))
FROM tickets_spot spot JOIN tickets_gridpair pair ON pair.id = spot.pair_id
JOIN tickets_gridpair ward ON ward.id = pair.ward_id
WHERE spot.closed_at > %s AND spot.closed_at <= %s AND {where}
""")
FIRST = SQL("SELECT spot.ticket_id, spot.due_at FROM tickets_spot spot WHERE {where} LIMIT %s")
BY_STATE = SQL("""
SELECT spot.state, count(*), count(*) FILTER (WHERE spot.due_at <= %s),
       count(*) FILTER (WHERE spot.due_at > %s AND spot.due_at <= %s)
FROM tickets_spot spot WHERE {where} GROUP BY 1
""")


def code_of(x: int, y: int, bits: int) -> int:
    """A column and a row of 2^bits, interleaved: the column's bits at the even places."""
    return sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(bits))


def stretch(z: int, code: int) -> tuple[int, int]:
    """The codes of a square: of 2^z columns and rows that whose interleaved number is `code`."""
    shift = 2 * (WORLD_BITS - z)
    return code << shift, (code + 1) << shift


def tile_stretch(z: int, x: int, y: int) -> tuple[int, int]:
    """The codes of the places in a tile."""
    return stretch(z, code_of(x, y, z))


def cells(asked: Asked, sight: Sight, z: int, *, now: datetime) -> Sql:
    """One row a cell of the tiles of zoom z: id, count, overdue, geom (the middle of what it holds)."""
    bits = z + CELLS_A_SIDE_BITS
    parts: list[Sql] = []
    if sight.wide and z <= LAST_TALLIED_TILE and not asked.overdue and asked.box is None:
        where, params = _of_tallies(asked, sight)
        parts.append((TALLIES.format(shift=Literal(2 * (CELL_BITS - bits)), where=where), params))
        parts += [_rows(beside, sight, bits, now=now, late=False) for beside in _beside_months(asked)]
        parts.append(_rows(replace(asked, overdue=True), sight, bits, now=now, late=True))
    else:
        parts.append(_rows(asked, sight, bits, now=now, late=None))
    sql = CELLS.format(
        parts=SQL(" UNION ALL ").join(part for part, _params in parts), step=Literal(STEP_M), half=Literal(HALF_M)
    )
    return sql, [str(bits), *(value for _part, params in parts for value in params)]


def totals(asked: Asked, sight: Sight, *, now: datetime) -> tuple[int, int]:
    """How many tickets there are and how many of them are overdue: always counted, never estimated."""
    late = _count_sql(replace(asked, overdue=True), sight, now=now)
    if asked.overdue:
        parts = [late]
    elif sight.wide and asked.codes is None and asked.box is None:
        where, params = _of_tallies(asked, sight)
        beside = [_count_sql(one, sight, now=now) for one in _beside_months(asked)]
        parts = [late, (TALLIED.format(where=where), params), *beside]
    else:
        parts = [late, _count_sql(asked, sight, now=now)]
    sums = SQL(", ").join(SUM.format(part=part) for part, _params in parts)
    with connection.cursor() as cursor:
        cursor.execute(SQL("SELECT {}").format(sums), [value for _part, params in parts for value in params])
        overdue, *counted = (int(value) for value in cursor.fetchone())
    return (sum(counted) if counted else overdue), overdue


def first_found(asked: Asked, sight: Sight, *, now: datetime, limit: int) -> list[tuple[uuid.UUID, datetime | None]]:
    """So many tickets at most, in no order, each with when it is due."""
    where, params = joined([conditions(asked, now), sight.where("spot")])
    with connection.cursor() as cursor:
        cursor.execute(FIRST.format(where=where), [*params, limit])
        return list(cursor.fetchall())


def closed(sight: Sight, *, after: datetime, until: datetime) -> tuple[int, int]:
    """How many matters were closed in a period, and how many of them in a grid: below all that a ward tells."""
    where, params = sight.where("spot")
    with connection.cursor() as cursor:
        cursor.execute(CLOSED.format(where=where), [after, until, *params])
        total, in_grid = cursor.fetchone()
        return int(total), int(in_grid)


def by_state(sight: Sight, *, now: datetime, soon: datetime) -> list[tuple[str, int, int, int]]:
    """How many there are in each state: all, overdue, and due until `soon`."""
    where, params = sight.where("spot")
    with connection.cursor() as cursor:
        cursor.execute(BY_STATE.format(where=where), [now, now, soon, *params])
        return list(cursor.fetchall())


Place = tuple[datetime, uuid.UUID]


def by_time(asked: Asked, sight: Sight, *, now: datetime, after: Place | None, limit: int, few: bool) -> list[Place]:
    """The newest tickets after a place in the list: (when reported, id), newest first.

    `few`: the whole list is short, so that finding all of it and sorting is quicker than walking along the index.
    """
    before: Sql = (SQL("(spot.reported_at, spot.ticket_id) < (%s, %s)"), list(after)) if after else EVERYTHING
    order = SQL("reported_at DESC, ticket_id DESC")
    return _page(asked, sight, before, ("reported_at", order), limit, now=now, few=few)


def by_due(
    asked: Asked, sight: Sight, *, now: datetime, after: Place | None, limit: int, few: bool, never: datetime
) -> list[Place]:
    """The tickets due soonest after a place in the list: (when due, id); `never` stands for those without a clock."""
    found: list[tuple[datetime, uuid.UUID]] = []
    if after is None or after[0] < never:
        begin = SQL("(spot.due_at, spot.ticket_id) > (%s, %s)") if after else SQL("spot.due_at IS NOT NULL")
        order = SQL("due_at, ticket_id")
        found = _page(asked, sight, (begin, list(after or ())), ("due_at", order), limit, now=now, few=few)
        after = None
    if len(found) < limit and not asked.overdue:
        # of rows that are all the same in what they are ordered by, the index by id is walked
        place: Sql = (SQL("spot.due_at IS NULL"), [])
        if after is not None:
            place = (SQL("spot.due_at IS NULL AND spot.ticket_id > %s"), [after[1]])
        rest = _page(asked, sight, place, ("due_at", SQL("ticket_id")), limit - len(found), now=now, few=few)
        found += [(never, key) for _due, key in rest]
    return found


def _page(
    asked: Asked, sight: Sight, place: Sql, order: tuple[str, Composable], limit: int, *, now: datetime, few: bool
) -> list[tuple[Any, uuid.UUID]]:
    """Some rows of a list: along an index that has its order, or all found and then sorted."""
    where, params = joined([place, conditions(asked, now), sight.where("spot")])
    column, sort = Identifier(order[0]), order[1]
    page: Composable = PAGE.format(column=column, where=where)
    if few:
        page = FOUND.format(page=page, column=column)
    with connection.cursor() as cursor:
        cursor.execute(SQL("{} ORDER BY {} LIMIT %s").format(page, sort), [*params, limit])
        return list(cursor.fetchall())


def _rows(asked: Asked, sight: Sight, bits: int, *, now: datetime, late: bool | None) -> Sql:
    """Counts by cell from rows; late: None counts both at once, True the overdue alone, False only all."""
    where, params = joined([conditions(asked, now), sight.where("spot")])
    shift = Literal(MOST_BITS - 2 * bits)
    if late:
        counts = SQL("0 AS n, count(*) AS late, 0 AS x, 0 AS y")
    elif late is False:
        counts = SQL("count(*) AS n, 0 AS late, sum(spot.x) AS x, sum(spot.y) AS y")
    else:
        counts = SQL(
            "count(*) AS n, count(*) FILTER (WHERE spot.due_at <= %s) AS late, sum(spot.x) AS x, sum(spot.y) AS y"
        )
        params = [now, *params]
    return ROWS.format(shift=shift, counts=counts, where=where), params


def _count_sql(asked: Asked, sight: Sight, *, now: datetime) -> Sql:
    """How many rows."""
    where, params = joined([conditions(asked, now), sight.where("spot")])
    return COUNTED.format(where=where), params


def _of_tallies(asked: Asked, sight: Sight) -> Sql:
    """Which tallies count what is asked for, of the whole months of the period."""
    inside = months(asked.since, asked.until)
    if inside is None:
        return NOTHING
    parts: list[Sql] = [sight.where("tally")]
    if asked.categories is not None:
        parts.append(within("tally", asked.categories))
    elif sight.by_category:
        parts.append((SQL("tally.category_id <> %s"), [Tally.ALL]))
    else:
        parts.append((SQL("tally.category_id = %s"), [Tally.ALL]))
    first, after = inside
    if first is not None:
        parts.append((SQL("tally.month >= %s"), [first.date()]))
    if after is not None:
        parts.append((SQL("tally.month < %s"), [after.date()]))
    if asked.states or asked.codes is not None:
        parts.append((SQL("tally.state = ANY(%s)"), [list(asked.states or workflow.STATES)]))
    if asked.codes is not None:
        shift = 2 * (WORLD_BITS - CELL_BITS)
        parts.append((SQL("tally.cell >= %s AND tally.cell < %s"), [code >> shift for code in asked.codes]))
    return joined(parts)


def _beside_months(asked: Asked) -> list[Asked]:
    """What of a period lies beside its whole months: at most a piece before and a piece after."""
    inside = months(asked.since, asked.until)
    if inside is None:
        return [asked]
    first, after = inside
    pieces = []
    if asked.since is not None and first is not None and asked.since < first:
        pieces.append(replace(asked, until=first))
    if asked.until is not None and after is not None and after < asked.until:
        pieces.append(replace(asked, since=after))
    return pieces
