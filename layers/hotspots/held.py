"""Every ticket's place, time, category and areas, held by the process as arrays and proven fresh before each answer.

A *base* is read once, with the snapshot of the database it was read in; whatever was written by a transaction which
that snapshot could not see stands in `hotspots_touched` (triggers write it) and is read again for every answer. So an
answer never misses what is committed, in whichever order, and a million tickets cost some milliseconds. A large base is
a file in GROUND_DIR that the workers of a place map (docs/decisions/0033).
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg.sql import SQL

from grids.ground import database_key
from layers.hotspots import snapshots
from layers.hotspots.bases import SHARED_FROM, Base, Columns, Ints, newest, shared
from layers.hotspots.snapshots import UNSEEN, State
from layers.hotspots.statistics import Floats
from layers.tickets.sight import HELD, Sight

Halves = NDArray[np.uint64]
MOST_LATER = 20_000
"""Of more changed tickets a new base is read."""
OLDEST = timedelta(days=1)
"""A base is read anew when it is older; `tasks.KEPT` must be longer."""
RENEWED_AT = 0.5
"""The worker reads it anew at so much of either, before anybody who asks has to."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The database counts its microseconds from here."""

# Fields of a row as COPY sends them: a count, and before each field its length.
ROW = np.dtype(
    [
        ("fields", ">i2"), ("_0", ">i4"), ("one", ">u8"), ("two", ">u8"), ("_1", ">i4"), ("lon", ">f8"),
        ("_2", ">i4"), ("lat", ">f8"), ("_3", ">i4"), ("at", ">i8"), ("_4", ">i4"), ("category", ">i8"),
        ("_5", ">i4"), ("pair", ">i4"), ("_6", ">i4"), ("ward", ">i4"),
    ]
)  # fmt: skip
FIELDS, HEAD_BYTES = 7, 19
COLUMNS = SQL("""
ticket.id, ST_X(ticket.point), ST_Y(ticket.point),
spot.reported_at, spot.category_id::bigint, spot.pair_id, spot.ward_id
""")
ALL = SQL("""
COPY (SELECT {} FROM tickets_ticket ticket JOIN tickets_spot spot ON spot.ticket_id = ticket.id)
TO STDOUT (FORMAT BINARY)
""").format(COLUMNS)
LATER = SQL("""
WITH touched AS MATERIALIZED (
    SELECT DISTINCT ticket_id FROM hotspots_touched
    WHERE NOT residents AND {unseen} LIMIT %s)
SELECT touched.ticket_id, {columns}
FROM touched LEFT JOIN tickets_ticket ticket ON ticket.id = touched.ticket_id
LEFT JOIN tickets_spot spot ON spot.ticket_id = ticket.id
""").format(unseen=UNSEEN, columns=COLUMNS)
PAIRS = SQL("SELECT one.id FROM tickets_gridpair one WHERE {}")


@dataclass(frozen=True)
class Held:
    """A base, which of it no longer counts, and what has come instead, as of now."""

    base: Base
    gone: Ints  # positions in the base
    later: Columns
    later_ids: Halves  # (m, 2) of the later ones

    def chosen(
        self, sight: Sight, *, since: datetime | None, until: datetime | None, category: int | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which of the base and which of the later ones somebody sees, of a period and a category."""
        pairs = [_pairs(group.areas) if group.wards is None else None for group in sight.groups]
        answers = []
        for columns in (self.base.columns, self.later):
            fits = np.zeros(len(columns), dtype=np.bool_)
            for group, narrow in zip(sight.groups, pairs, strict=True):
                seen = _among(columns.ward, group.wards or ()) if narrow is None else _among(columns.pair, narrow)
                if group.categories is not None:
                    seen &= np.isin(columns.category, group.categories)
                fits |= seen
            if since is not None:
                fits &= columns.at >= micros(since)
            if until is not None:
                fits &= columns.at < micros(until)
            if category is not None:
                fits &= columns.category == category
            answers.append(fits)
        answers[0][self.gone] = False
        return answers[0], answers[1]

    def newest(self, old: NDArray[np.bool_], new: NDArray[np.bool_], most: int) -> tuple[Halves, Floats]:
        """The halves of the ids (k, 2) and places (k, 2; lon, lat) of at most so many chosen ones, newest first."""
        base, later = self.base.columns, self.later
        here, there = np.flatnonzero(old), np.flatnonzero(new)
        at = np.concatenate([base.at[here], later.at[there]])
        if len(at) > most:  # only what may be among them is put in order: a wide cell holds a million
            least = np.partition(at, len(at) - most)[len(at) - most]
            here, there = here[base.at[here] >= least], there[later.at[there] >= least]
            at = np.concatenate([base.at[here], later.at[there]])
        ids = np.vstack([np.column_stack([self.base.one[here], self.base.two[here]]), self.later_ids[there]])
        order = np.lexsort((~ids[:, 1], ~ids[:, 0], -at))[:most]
        return ids[order], np.vstack([base.xy[here], later.xy[there]])[order]


def held() -> Held:
    """All tickets as they are now, for this transaction: what it has written itself counts, too."""
    where = database_key()
    state, changed = snapshots.now()
    base = _bases.get(where)
    if (found := _fresh(base, state)) is not None:
        return found
    if changed:  # what it sees of its own may be taken back: nothing to be kept for others
        return _whole(_read(state))
    with _reading:
        for other in (_bases.get(where), newest(where)):  # of another thread, of a neighbour
            if other is not base and (found := _fresh(other, state)) is not None:
                _bases[where] = found.base
                return found
        base = _bases[where] = shared(_read(snapshots.now()[0]), where)
        return _whole(base)


def large() -> bool:
    """Whether there are enough tickets to be worth a file: of few every worker has its own soon enough."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT FROM tickets_spot LIMIT %s) AS counted", [SHARED_FROM])
        return bool(cursor.fetchone()[0] >= SHARED_FROM)


def keep_shared() -> bool:
    """Read all tickets for the workers before one of them has to, where their file grows old; whether it was done."""
    if not large():
        return False
    where = database_key()
    base, state = newest(where), snapshots.now()[0]
    if base is not None and _serves(base, state, OLDEST * RENEWED_AT):
        found = _later(base)
        if found is not None and len(found[1]) < MOST_LATER * RENEWED_AT:
            return False
    shared(_read(snapshots.now()[0]), where)
    return True


def warm_up() -> bool:
    """Map what a neighbour has left, so that who asks first waits no longer than who asks next; whether there was."""
    where = database_key()
    found = newest(where)
    if found is not None:
        _bases[where] = found
    return found is not None


def forget() -> None:
    """Let go of what this process holds; files stay."""
    _bases.clear()


def micros(moment: datetime) -> int:
    """Microseconds since EPOCH."""
    return (moment - EPOCH) // timedelta(microseconds=1)


_bases: dict[str, Base] = {}
_reading = Lock()


def _fresh(base: Base | None, state: State) -> Held | None:
    """A base with what has changed since; None where it cannot be brought up to now."""
    if base is None or not _serves(base, state, OLDEST):
        return None
    found = _later(base)
    return None if found is None else Held(base, *found)


def _serves(base: Base, state: State, oldest: timedelta) -> bool:
    """Whether the changes since a base are all still written down, and it is not older than so much."""
    return base.state.filenode == state.filenode and datetime.now(UTC) - base.made_at < oldest


def _whole(base: Base) -> Held:
    """A base that was read this instant."""
    return Held(base, np.empty(0, dtype=np.int64), _columns([]), _halves([]))


def _read(state: State) -> Base:
    """All tickets; the snapshot was taken before, so that nothing between the two is missed."""
    body = bytearray()
    with connection.cursor() as cursor, cursor.copy(ALL) as copy:
        for part in copy:
            body += part
    # a head before, two bytes behind
    rows = np.frombuffer(body, dtype=ROW, count=(len(body) - HEAD_BYTES - 2) // ROW.itemsize, offset=HEAD_BYTES)
    if not (rows["fields"] == FIELDS).all():  # a field without a value would shift all that follow
        raise ValueError("a ticket without place, time, category or areas")
    rows = rows[np.argsort(rows["one"].astype(np.uint64), kind="stable")]
    return Base(
        one=rows["one"].astype(np.uint64),
        two=rows["two"].astype(np.uint64),
        columns=Columns(
            xy=np.column_stack([rows["lon"], rows["lat"]]).astype(np.float64),
            at=rows["at"].astype(np.int64),
            category=rows["category"].astype(np.int64),
            pair=rows["pair"].astype(np.int32),
            ward=rows["ward"].astype(np.int32),
        ),
        state=state,
        made_at=datetime.now(UTC),
    )


def _later(base: Base) -> tuple[Ints, Columns, Halves] | None:
    """Positions in the base that no longer count, what counts instead and its ids; None where too much has changed."""
    with connection.cursor() as cursor:
        cursor.execute(LATER, [*base.state.values, MOST_LATER + 1])
        rows = cursor.fetchall()
    if len(rows) > MOST_LATER or any(row[0] is None for row in rows):
        return None
    gone = np.array([base.position(row[0]) for row in rows], dtype=np.int64)
    there = [row for row in rows if row[1] is not None and row[4] is not None]
    return gone[gone >= 0], _columns([row[2:] for row in there]), _halves([row[0] for row in there])


def _halves(keys: list[uuid.UUID]) -> Halves:
    """Ids as their first and second halves (n, 2)."""
    return np.array([(key.int >> 64, key.int & 0xFFFFFFFFFFFFFFFF) for key in keys], dtype=np.uint64).reshape(-1, 2)


def _columns(rows: list[tuple[Any, ...]]) -> Columns:
    """Rows of longitude, latitude, when, category, pair and ward by column."""
    return Columns(
        xy=np.array([row[:2] for row in rows], dtype=np.float64).reshape(-1, 2),
        at=np.array([micros(row[2]) for row in rows], dtype=np.int64),
        category=np.array([row[3] for row in rows], dtype=np.int64),
        pair=np.array([row[4] for row in rows], dtype=np.int32),
        ward=np.array([row[5] for row in rows], dtype=np.int32),
    )


def _among(values: NDArray[np.int32], wanted: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which values are among some: by a table, because a million are asked about."""
    table = np.zeros(int(max(values.max(initial=0), *wanted, 0)) + 1, dtype=np.bool_)
    table[list(wanted)] = True
    found: NDArray[np.bool_] = table[values]
    return found


def _pairs(areas: tuple[uuid.UUID, ...]) -> tuple[int, ...]:
    """The pairs of chains that hold some areas."""
    with connection.cursor() as cursor:
        cursor.execute(PAIRS.format(HELD), [list(areas)] * 2)
        return tuple(pair for (pair,) in cursor.fetchall())
