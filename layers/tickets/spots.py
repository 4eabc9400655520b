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

from layers.tickets.sight import NOTHING, Asked, Sight, Sql, conditions, joined, months

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
CELLS = f"""
SELECT %s::text || ':' || cell AS id, sum(n)::int AS count, sum(late)::int AS overdue,
       ST_Transform(ST_SetSRID(ST_MakePoint((sum(x) / sum(n) + 0.5) * {STEP_M} - {HALF_M},
                                            {HALF_M} - (sum(y) / sum(n) + 0.5) * {STEP_M}), 3857), 4326) AS geom
FROM ({{parts}}) AS part GROUP BY cell HAVING sum(n) > 0
"""  # noqa: S608


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
    if sight.wide and z <= LAST_TALLIED_TILE and not asked.overdue:
        parts.append(_tallied(asked, sight, f"tally.cell >> {2 * (CELL_BITS - bits)}", places=True))
        parts += [_rows(beside, sight, bits, now=now, late=False) for beside in _beside_months(asked)]
        parts.append(_rows(replace(asked, overdue=True), sight, bits, now=now, late=True))
    else:
        parts.append(_rows(asked, sight, bits, now=now, late=None))
    sql = CELLS.format(parts=" UNION ALL ".join(part for part, _params in parts))
    return sql, [str(bits), *(value for _part, params in parts for value in params)]


def totals(asked: Asked, sight: Sight, *, now: datetime) -> tuple[int, int]:
    """How many tickets there are and how many of them are overdue: always counted, never estimated."""
    late = _count_sql(replace(asked, overdue=True), sight, now=now)
    if asked.overdue:
        parts = [late]
    elif sight.wide and asked.codes is None:
        beside = [_count_sql(one, sight, now=now) for one in _beside_months(asked)]
        parts = [late, _tallied(asked, sight, "0", places=False), *beside]
    else:
        parts = [late, _count_sql(asked, sight, now=now)]
    sums = ", ".join(f"(SELECT coalesce(sum(n), 0) FROM ({part}) AS part)" for part, _params in parts)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sums}", [value for _part, params in parts for value in params])
        overdue, *counted = (int(value) for value in cursor.fetchone())
    return (sum(counted) if counted else overdue), overdue


Place = tuple[datetime, uuid.UUID]


def by_time(asked: Asked, sight: Sight, *, now: datetime, after: Place | None, limit: int, few: bool) -> list[Place]:
    """The newest tickets after a place in the list: (when reported, id), newest first.

    `few`: the whole list is short, so that finding all of it and sorting is quicker than walking along the index.
    """
    before: Sql = ("(spot.reported_at, spot.ticket_id) < (%s, %s)", list(after)) if after else ("TRUE", [])
    return _page(asked, sight, before, ("reported_at DESC", "ticket_id DESC"), limit, now=now, few=few)


def by_due(
    asked: Asked, sight: Sight, *, now: datetime, after: Place | None, limit: int, few: bool, never: datetime
) -> list[Place]:
    """The tickets due soonest after a place in the list: (when due, id); `never` stands for those without a clock."""
    found: list[tuple[datetime, uuid.UUID]] = []
    if after is None or after[0] < never:
        place: Sql = (
            ("(spot.due_at, spot.ticket_id) > (%s, %s)", list(after)) if after else ("spot.due_at IS NOT NULL", [])
        )
        found = _page(asked, sight, place, ("due_at", "ticket_id"), limit, now=now, few=few)
        after = None
    if len(found) < limit and not asked.overdue:
        beyond, key = ("", []) if after is None else (" AND spot.ticket_id > %s", [after[1]])
        place = (f"spot.due_at IS NULL{beyond}", key)
        rest = _page(asked, sight, place, ("due_at", "ticket_id"), limit - len(found), now=now, few=few)
        found += [(never, key) for _due, key in rest]
    return found


def _page(
    asked: Asked, sight: Sight, place: Sql, order: tuple[str, str], limit: int, *, now: datetime, few: bool
) -> list[tuple[Any, uuid.UUID]]:
    """Some rows of a list: along an index that has its order, or all found and then sorted."""
    where, params = joined([place, conditions(asked, "spot", now), sight.where("spot")])
    column = order[0].split()[0]
    sql = f"SELECT spot.{column}, spot.ticket_id FROM tickets_spot spot WHERE {where}"  # noqa: S608
    if few:
        sql = f"WITH found AS MATERIALIZED ({sql}) SELECT {column}, ticket_id FROM found"  # noqa: S608
    # of rows that are all the same in what they are ordered by, the index by id is walked
    sort = [order[1]] if place[0].startswith("spot.due_at IS NULL") else list(order)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY {', '.join(sort)} LIMIT %s", [*params, limit])
        return list(cursor.fetchall())


def _rows(asked: Asked, sight: Sight, bits: int, *, now: datetime, late: bool | None) -> Sql:
    """Counts by cell from rows; late: None counts both at once, True the overdue alone, False only all."""
    where, params = joined([conditions(asked, "spot", now), sight.where("spot")])
    cell = f"(spot.code >> {MOST_BITS - 2 * bits})::bigint AS cell"
    if late:
        return (
            f"SELECT {cell}, 0 AS n, count(*) AS late, 0 AS x, 0 AS y FROM tickets_spot spot WHERE {where} GROUP BY 1",  # noqa: S608
            params,
        )
    due = "0" if late is False else "count(*) FILTER (WHERE spot.due_at <= %s)"
    sums = "sum(spot.x) AS x, sum(spot.y) AS y"
    return (
        f"SELECT {cell}, count(*) AS n, {due} AS late, {sums} FROM tickets_spot spot WHERE {where} GROUP BY 1",  # noqa: S608
        [*([] if late is False else [now]), *params],
    )


def _count_sql(asked: Asked, sight: Sight, *, now: datetime) -> Sql:
    """How many rows."""
    where, params = joined([conditions(asked, "spot", now), sight.where("spot")])
    return f"SELECT count(*) AS n FROM tickets_spot spot WHERE {where}", params  # noqa: S608


def _tallied(asked: Asked, sight: Sight, cell: str, *, places: bool) -> Sql:
    """Counts by cell from tallies, for the whole months of the period."""
    inside = months(asked.since, asked.until)
    parts: list[Sql] = [sight.where("tally")]
    if inside is None:
        parts = [NOTHING]
    else:
        first, after = inside
        if first is not None:
            parts.append(("tally.month >= %s", [first.date()]))
        if after is not None:
            parts.append(("tally.month < %s", [after.date()]))
    if asked.states:
        parts.append(("tally.state = ANY(%s)", [list(asked.states)]))
    if asked.categories is not None:
        parts.append(("tally.category_id = ANY(%s::bigint[])", [list(asked.categories)]))
    if asked.codes is not None:
        shift = 2 * (WORLD_BITS - CELL_BITS)
        parts.append(("tally.cell >= %s AND tally.cell < %s", [code >> shift for code in asked.codes]))
    where, params = joined(parts)
    sums = ", 0 AS late, sum(tally.sum_x::float8) AS x, sum(tally.sum_y::float8) AS y" if places else ""
    told = f"SELECT ({cell})::bigint AS cell, sum(tally.n) AS n{sums} FROM tickets_tally tally"  # noqa: S608
    return f"{told} WHERE {where} GROUP BY 1", params


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
