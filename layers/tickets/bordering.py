"""Matters close to a border, found for many at once: of a file, of all that are stored, of what `verify` looks at.

In a city most places lie within metres of a neighbouring grid. So rows are written for what is open, whatever door it
came by, and stay when it ends; what had ended before it came (old files) gets its row when it is opened again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely
from django.db import connection, transaction

from gis.shared.geometry import Floats
from gis.shared.tables import copied
from layers.tickets import workflow
from layers.tickets.answering import Answer
from layers.tickets.fringe import NOBODY, Bools, Fringe, Ints
from layers.tickets.models import Placing
from layers.tickets.precision import METRES_IN_A_DEGREE
from layers.tickets.surroundings import BORDER_M, MOST_M
from layers.tickets.tallies import keeper

FEW = 500
"""So few points are asked about the boundaries round them; for more all are read, once."""
AT_ONCE = 20_000
EVER = np.iinfo(np.int64).max
# Plain SQL, for a migration fills the table with it, whatever the models have become by then.
BOUNDARIES = """
    SELECT b.area_id, b.parent_id, tier.rank, b.code, (extract(epoch FROM b.valid_from) * 1000000)::bigint,
           (extract(epoch FROM b.valid_until) * 1000000)::bigint, ST_AsBinary(b.geometry)
    FROM grids_boundary b JOIN grids_tier tier ON tier.id = b.tier_id
"""
NEAR = """ WHERE b.id IN (
    SELECT close.id
    FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS box (west, south, east, north)
    JOIN grids_boundary close ON close.geometry && ST_MakeEnvelope(west, south, east, north, 4326))
"""
STORED = """
    SELECT ticket.id, ST_X(ticket.point), ST_Y(ticket.point), ticket.accuracy_m,
           (extract(epoch FROM ticket.reported_at) * 1000000)::bigint, ticket.located_chain::text,
           ticket.located_because, border.areas
    FROM tickets_ticket ticket LEFT JOIN tickets_ticketborder border ON border.ticket_id = ticket.id
    WHERE (ticket.state = ANY(%s) OR border.ticket_id IS NOT NULL) AND (%s::uuid IS NULL OR ticket.id = %s::uuid)
"""


@dataclass(slots=True)
class Borders:
    """The boundaries of all times by number, read when they are first asked for."""

    fringe: Fringe
    ids: list[UUID]
    number: dict[UUID, int]

    @classmethod
    def read(cls, near: Floats | None = None) -> "Borders":
        """All of them, or those that may be close to one of (n, 2) lon, lat."""
        with connection.cursor() as cursor:
            if near is None:
                cursor.execute(BOUNDARIES)
            else:
                high = MOST_M / METRES_IN_A_DEGREE * 1.1
                wide = high / np.maximum(0.01, np.cos(np.radians(near[:, 1])))
                sides = (near[:, 0] - wide, near[:, 1] - high, near[:, 0] + wide, near[:, 1] + high)
                cursor.execute(BOUNDARIES + NEAR, [side.tolist() for side in sides])
            rows = cursor.fetchall()
        number: dict[UUID, int] = {}
        for area, *_rest in rows:
            number.setdefault(area, len(number))
        fringe = Fringe(
            shapely.from_wkb(np.array([bytes(row[6]) for row in rows], dtype=object)),
            area=[number[row[0]] for row in rows],
            parent=[NOBODY if row[1] is None else number.get(row[1], NOBODY) for row in rows],
            order=[(row[2], row[3], str(row[0])) for row in rows],
            since=[row[4] for row in rows],
            until=[EVER if row[5] is None else row[5] for row in rows],
        )
        return cls(fringe, list(number), number)

    def numbers(self, areas: Sequence[UUID]) -> list[int]:
        """The numbers of some areas; those of which no boundary was read are left out."""
        return [self.number[area] for area in areas if area in self.number]

    def across(self, xy: Floats, accuracy: Floats, when: Ints, chains: Ints, whole: Bools) -> dict[int, list[UUID]]:
        """The areas across a border, in the order of their ids, of the points that lie close to one."""
        told: dict[int, list[UUID]] = {}
        points, areas = self.fringe.across(xy, metres_of(accuracy), when, chains, whole)
        for point, area in zip(points.tolist(), areas.tolist(), strict=True):
            told.setdefault(point, []).append(self.ids[area])
        return {point: sorted(areas) for point, areas in told.items()}


def metres_of(accuracy: Floats) -> Floats:
    """(n,) how near a border has to be: as `surroundings.border_metres`, nan where no accuracy was stated."""
    return np.where(np.isnan(accuracy), BORDER_M, np.clip(accuracy, BORDER_M, MOST_M))


def table(rows: Sequence[Sequence[int]]) -> Ints:
    """(n, k) chains of areas by number, filled up with NOBODY."""
    found = np.full((len(rows), max(map(len, rows), default=0) or 1), NOBODY, np.int64)
    for at, row in enumerate(rows):
        found[at, : len(row)] = row
    return found


class Bordering:
    """Borders of the rows of one file, part by part."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._all: Borders | None = None
        self._asked = 0

    def told(
        self, xy: Floats, accuracy: Floats, when: Ints, answers: Sequence[Answer], of: Ints
    ) -> dict[int, list[UUID]]:
        """The areas across a border of those of n points that are close to one."""
        if not len(xy):
            return {}
        borders = self._borders(xy)
        used, back = np.unique(of, return_inverse=True)
        some = [answers[place] for place in used.tolist()]
        back = back.reshape(-1)
        chains = table([borders.numbers(one.located) for one in some])[back]
        whole = np.array([one.placing == Placing.POINT for one in some], np.bool_)[back]
        return borders.across(xy, accuracy, when, chains, whole)

    def _borders(self, xy: Floats) -> Borders:
        """The boundaries that may be close."""
        self._asked += len(xy)
        if self._asked <= FEW:
            return Borders.read(xy)
        self._all = self._all or Borders.read()
        return self._all


def differing(of: UUID | None = None) -> Iterator[tuple[UUID, list[UUID]]]:
    """Every stored ticket (or one, if it is) whose areas across a border are not told as they are, with what is so."""
    borders: Borders | None = None
    known: dict[str, list[int]] = {}
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(STORED, [list(workflow.OPEN), of, of])
        while rows := cursor.fetchmany(AT_ONCE):
            ids, x, y, accuracy, when, texts, because, stored = zip(*rows, strict=True)
            xy = np.column_stack([np.array(x, np.float64), np.array(y, np.float64)])
            borders = borders or Borders.read(xy if of is not None else None)
            for text in set(texts) - known.keys():
                known[text] = borders.numbers([UUID(word) for word in text.strip("{}").split(",") if word])
            chains = [[] if why == Placing.LIST else known[text] for text, why in zip(texts, because, strict=True)]
            found = borders.across(
                xy,
                np.array([np.nan if one is None else one for one in accuracy], np.float64),
                np.array(when, np.int64),
                table(chains),
                np.array([why == Placing.POINT for why in because], np.bool_),
            )
            for place, (key, kept) in enumerate(zip(ids, stored, strict=True)):
                if (sorted(kept) if kept else []) != found.get(place, []):
                    yield key, found.get(place, [])


def tell(ticket: UUID) -> None:
    """Put right who lies across a border of one ticket."""
    if wrong := list(differing(ticket)):
        with keeper():
            mend(wrong)


def mend(wrong: Sequence[tuple[UUID, list[UUID]]]) -> None:
    """Write down what is so; in a transaction in which the table's guard lets its keeper write."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_ticketborder WHERE ticket_id = ANY(%s)", [[key for key, _areas in wrong]])
        with cursor.copy("COPY tickets_ticketborder (ticket_id, areas) FROM STDIN") as copy:
            for key, areas in wrong:
                if areas:
                    copy.write_row((key, copied(areas)))
