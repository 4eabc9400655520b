"""From a checked report to table rows: place, number, clocks, events. Many at once: filling.py, alike by column."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.contrib.gis.geos import Point

from gis.shared.datums import to_wgs84
from gis.shared.geometry import Floats, snap_coordinates
from layers.tickets import deadlines, workflow
from layers.tickets.actions.numbers import NO_COUNTY, county_codes, place_zone, take_numbers
from layers.tickets.answering import Answer
from layers.tickets.models import Category, Channel, Ticket, TicketEvent
from layers.tickets.records import Happening, TicketRow

CLOCKS = ("reply_due_at", "sign_due_at", "handle_due_at", "verify_due_at", "paused_until", "due_at")
"""The columns of a ticket that follow from its events."""


@dataclass(slots=True)
class Placed:
    """A checked row with what was found out about it; `xy` is WGS 84 on the fixed grid."""

    row: TicketRow
    category: Category
    xy: tuple[float, float]
    answer: Answer
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """By which door rows come, from which system, and who sends them."""

    channel: str
    account: Any = None
    source: str = ""

    @property
    def name(self) -> str:
        """The name that the report's event carries; sample data were reported by nobody."""
        if self.account is not None:
            return str(self.account)[:150]
        return "" if self.channel == Channel.SAMPLE else self.source[:150]


def positions(rows: Sequence[TicketRow]) -> Floats:
    """(n, 2) lon, lat in WGS 84 of rows in their own datums, on the fixed grid."""
    xy = np.array([(row.lon, row.lat) for row in rows], dtype=np.float64).reshape(-1, 2)
    datums = np.array([row.datum.value for row in rows], dtype=object)
    for datum in {row.datum for row in rows}:
        chosen = datums == datum.value
        xy[chosen] = to_wgs84(xy[chosen], datum)
    return snap_coordinates(xy)


def store(placed: Sequence[Placed], sender: Sender, *, now: datetime, rule: Iterable[str] = ()) -> list[Ticket]:
    """Insert a few tickets with their events; `rule` are moves that follow by rule at `now`, after the history."""
    numbers = _numbers(placed, now)
    tickets: list[Ticket] = []
    events: list[TicketEvent] = []
    by_rule = tuple(Happening(verb, now) for verb in rule)
    for item, number in zip(placed, numbers, strict=True):
        ticket = _ticket(item, number, sender, now)
        steps = _events(ticket, item.row, sender, now, by_rule)
        apply_clocks(ticket, steps)
        ticket.state = steps[-1].to_state
        ticket.changed_at = steps[-1].at
        ticket.version = len(steps)
        tickets.append(ticket)
        events += steps
    Ticket.objects.bulk_create(tickets)
    TicketEvent.objects.bulk_create(events)
    return tickets


def apply_clocks(ticket: Ticket, events: Sequence[TicketEvent]) -> None:
    """Set the due times that follow from all events so far; those not stored yet keep what was due from then on."""
    course = deadlines.course([event.step for event in events], ticket.category.hours)
    for event, after in zip(events, course, strict=True):
        if event.pk is None:
            event.due_at = after.due_at
    clocks = course[-1]
    for name in CLOCKS:
        setattr(ticket, name, getattr(clocks, name))


def _numbers(placed: Sequence[Placed], now: datetime) -> list[str]:
    """A number for each, in the order given; series are locked in the order of their names, against deadlock."""
    zone = place_zone()
    codes = county_codes({area for item in placed for area in item.answer.chain}, now)
    wanted: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, item in enumerate(placed):
        code = next((codes[area] for area in item.answer.chain if area in codes), NO_COUNTY)
        wanted[code, item.row.reported_at.astimezone(zone).year].append(index)
    numbers = [""] * len(placed)
    for (code, year), indexes in sorted(wanted.items()):
        for index, number in zip(indexes, take_numbers(code, year, len(indexes)), strict=True):
            numbers[index] = number
    return numbers


def _ticket(item: Placed, number: str, sender: Sender, now: datetime) -> Ticket:
    """The ticket itself, not yet with state and clocks."""
    row, answer = item.row, item.answer
    return Ticket(
        id=row.id or uuid.uuid4(),
        number=number,
        category=item.category,
        text=row.text.strip(),
        urgency=item.category.urgency,
        channel=sender.channel,
        external_source=sender.source if row.external_number else "",
        external_number=row.external_number,
        point=Point(*item.xy, srid=4326),
        accuracy_m=row.accuracy_m,
        raw_lon=row.lon,
        raw_lat=row.lat,
        datum=row.datum.value,
        located_area_id=answer.located[-1] if answer.located else None,
        located_chain=list(answer.located),
        located_because=answer.placing,
        floor=item.floor,
        responsible_area_id=answer.area,
        responsible_chain=list(answer.chain),
        responsible_because=answer.because,
        reported_at=row.reported_at,
        recorded_at=now,
        reported_by=sender.account,
    )


def _events(
    ticket: Ticket, row: TicketRow, sender: Sender, now: datetime, by_rule: Sequence[Happening]
) -> list[TicketEvent]:
    """The report, what happened since, and what follows by rule."""
    happenings = [*row.history, *by_rule]
    states = workflow.replay([happening.verb for happening in happenings])
    events = [
        TicketEvent(
            ticket=ticket,
            seq=1,
            verb=workflow.REPORT,
            from_state="",
            to_state=states[0],
            at=row.reported_at,
            recorded_at=now,
            account=sender.account,
            actor_name=row.by or sender.name,
            responsible_area_id=ticket.responsible_area_id,
        )
    ]
    for index, happening in enumerate(happenings):
        events.append(
            TicketEvent(
                ticket=ticket,
                seq=index + 2,
                verb=happening.verb,
                from_state=states[index],
                to_state=states[index + 1],
                at=happening.at,
                recorded_at=now,
                actor_name=happening.actor_name,
                by_rule=index >= len(row.history),
                reason=happening.reason,
                responsible_area_id=ticket.responsible_area_id,
            )
        )
    return events
