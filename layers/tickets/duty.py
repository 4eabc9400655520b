"""What of the tickets waits for a person, as conditions on the narrow rows: `TicketQuerySet.needing` in their words.

In the field the next step is that of whoever is in office for the responsible area, or above it where that post fell
vacant since. At the desk it is that of the nearest desk above the ticket.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Identifier

from grids.models import Appointment, Boundary, Role
from grids.permissions import Grant
from layers.tickets import workflow
from layers.tickets.queries import IN_OFFICE, by_categories
from layers.tickets.sight import (
    IN_WARDS,
    Row,
    Sight,
    Sql,
    category_ids,
    grids_among,
    ids_of,
    joined,
    wards_where,
    within,
)

IN_STATES = SQL("{row}.state = ANY(%s)")
BELOW = SQL("one.responsible_chain && %s::uuid[]")
NEARER = SQL("NOT one.responsible_chain && %s::uuid[]")
# Who answers is the last of a chain.
ANSWERS = SQL("one.responsible_chain[cardinality(one.responsible_chain)]")
OWN = SQL("{} = ANY(%s::uuid[])").format(ANSWERS)
FILLED = SQL("""
    SELECT FROM grids_appointment post WHERE post.area_id = {} AND post.role = ANY(%s)
    AND post.valid_from <= %s AND (post.valid_until IS NULL OR post.valid_until > %s)
""").format(ANSWERS)
VACANT = SQL("NOT EXISTS ({} AND post.categories = '{{}}')").format(FILLED)
# Few tickets are under way, so it is asked of each of them rather than of all pairs of grids.
OF_PAIR = SQL("EXISTS (SELECT FROM tickets_gridpair one WHERE one.id = {row}.pair_id AND {of})")
LIMITED = SQL("""
    NOT EXISTS (
        SELECT FROM tickets_gridpair one JOIN tickets_category category ON category.id = {row}.category_id
        WHERE one.id = {row}.pair_id AND NOT {own} AND EXISTS ({filled} AND category.code = ANY(post.categories)))
""")


@dataclass(frozen=True, slots=True)
class Desk:
    """Matters whose next step is a desk's: of these areas, and of no desk nearer to the ticket.

    `wards` is None where one of them is a grid, which wards do not tell.
    """

    areas: tuple[uuid.UUID, ...]
    nearer: tuple[uuid.UUID, ...]
    wards: tuple[int, ...] | None

    @property
    def wide(self) -> bool:
        """Whether wards tell it."""
        return self.wards is not None

    def where(self, row: Row) -> Sql:
        """The condition on a row."""
        if self.wards is not None:
            held: Sql = (IN_WARDS.format(row=Identifier(row)), [list(self.wards)])
        else:
            of, params = _of_desk(self.areas, self.nearer)
            held = (OF_PAIR.format(row=Identifier(row), of=of), params)
        return joined([(IN_STATES.format(row=Identifier(row)), [list(workflow.DESK_STATES)]), held])


def _of_desk(areas: Iterable[uuid.UUID], nearer: Iterable[uuid.UUID]) -> Sql:
    """The condition on a pair of grids."""
    return joined([(BELOW, [list(areas)]), (NEARER, [list(nearer)])])


@dataclass(frozen=True, slots=True)
class Office:
    """Matters whose next step is that of whoever holds an office on these areas at a moment, of some categories."""

    areas: tuple[uuid.UUID, ...]
    categories: tuple[int, ...] | None
    at: datetime
    limited: bool
    """Whether some posts are limited to some matters."""

    wide = False

    def where(self, row: Row) -> Sql:
        """The condition on a row."""
        areas, filled = list(self.areas), [list(IN_OFFICE), self.at, self.at]
        pairs = OF_PAIR.format(row=Identifier(row), of=SQL("{} AND ({} OR {})").format(BELOW, OWN, VACANT))
        parts: list[Sql] = [
            (IN_STATES.format(row=Identifier(row)), [list(workflow.FIELD_STATES)]),
            (pairs, [areas, areas, *filled]),
            within(row, self.categories),
        ]
        if self.limited:
            parts.append((LIMITED.format(row=Identifier(row), own=OWN, filled=FILLED), [areas, *filled]))
        return joined(parts)


def waiting_for(asker: Any, *, now: datetime) -> tuple[Office | Desk, ...]:
    """What waits for somebody, by the appointments held now; nothing for who holds none."""
    if not getattr(asker, "is_authenticated", False):
        return ()
    held = list(Appointment.objects.held_by(asker, now).values_list("area_id", "role", "categories"))
    office = by_categories(Grant(area, tuple(codes)) for area, role, codes in held if role in IN_OFFICE)
    desks = [area for area, role, _codes in held if role == Role.FRONT_DESK]
    ids = category_ids({code for codes in office for code in codes})
    limited = bool(office) and Appointment.objects.at(now).filter(role__in=IN_OFFICE).exclude(categories=[]).exists()
    found: list[Office | Desk] = [
        Office(tuple(areas), ids_of(codes, ids), now, limited) for codes, areas in sorted(office.items())
    ]
    if desks:
        nearer = sorted(_desks_below(set(desks), now))
        wards = None if grids_among([*desks, *nearer]) else wards_where(_of_desk(desks, nearer))
        found.append(Desk(tuple(desks), tuple(nearer), wards))
    return tuple(found)


def _desks_below(desks: set[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """The areas below some desks that have a desk of their own: climbed up from all desks, of which there are few."""
    others = Appointment.objects.at(now).filter(role=Role.FRONT_DESK).exclude(area__in=desks)
    above = {area: area for area in others.values_list("area_id", flat=True)}
    below: set[uuid.UUID] = set()
    while above:
        parents = dict(Boundary.objects.at(now).filter(area__in=above.values()).values_list("area_id", "parent_id"))
        above = {area: parents[top] for area, top in above.items() if parents.get(top)}
        below |= {area for area, top in above.items() if top in desks}
    return below


def needing(sight: Sight, asker: Any, *, now: datetime) -> Sight:
    """What somebody may see, cut down to what waits for them."""
    return Sight(sight.groups, sight.asked, waiting_for(asker, now=now))
