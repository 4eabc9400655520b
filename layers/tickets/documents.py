"""Tickets, events and posts as JSON documents, with names in the active language."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from grids.models import Appointment, Boundary
from layers.tickets import deadlines, photos, workflow
from layers.tickets.actions.moving import open_moves
from layers.tickets.answering import POSTS, Roster
from layers.tickets.models import (
    IN_OFFICE,
    Category,
    MoveReason,
    Placing,
    Responsibility,
    RuleReason,
    State,
    Ticket,
    TicketEvent,
    Urgency,
    Verb,
)

Document = dict[str, Any]
MOST_BESIDE = 100
"""So many neighbours of the responsible area are offered for handing a matter over."""


class Names:
    """Names of areas at a moment; of an area that is no more, its last."""

    def __init__(self, areas: Iterable[uuid.UUID], now: datetime) -> None:
        """Two queries for any number of areas."""
        wanted = set(areas)
        self.rows: dict[uuid.UUID, Boundary] = {}
        columns = ("area_id", "name_zh", "name_en", "code", "tier__code")
        for rows in (Boundary.objects.at(now), Boundary.objects.order_by("valid_from")):
            missing = wanted - set(self.rows)
            if missing:
                found = rows.filter(area_id__in=missing).select_related("tier").only(*columns)
                self.rows |= {row.area_id: row for row in found}

    def of(self, area: uuid.UUID | None) -> Document | None:
        """{id, name, code, tier} of an area."""
        if area is None:
            return None
        row = self.rows.get(area)
        if row is None:
            return {"id": str(area), "name": "", "code": "", "tier": ""}
        return {"id": str(area), "name": row.name, "code": row.code, "tier": row.tier.code}

    def chain(self, areas: Sequence[uuid.UUID]) -> list[Document | None]:
        """Several, in their order."""
        return [self.of(area) for area in areas]


def category(row: Category) -> Document:
    """One row of the catalogue."""
    return {
        "code": row.code,
        "name": row.name,
        "short": row.short,
        "urgency": row.urgency,
        "handle_hours": row.handle_hours,
    }


def summary(ticket: Ticket, names: Names, now: datetime) -> Document:
    """What a list and a pin need."""
    located = ticket.located_chain[-3:]
    return {
        "id": str(ticket.pk),
        "number": ticket.number,
        "category": category(ticket.category),
        "text": ticket.text,
        "state": ticket.state,
        "state_name": State(ticket.state).label,
        "open": ticket.state not in workflow.ENDED,
        "urgency": ticket.urgency,
        "urgency_name": Urgency(ticket.urgency).label,
        "lon": ticket.point.x,
        "lat": ticket.point.y,
        "reported_at": ticket.reported_at,
        "changed_at": ticket.changed_at,
        "due_at": ticket.due_at,
        "overdue": deadlines.overdue(ticket.due_at, now),
        "as_of": now,
        "place": names.chain(located),
        "responsible": names.of(ticket.responsible_area_id),
        "version": ticket.version,
    }


def summaries(tickets: Sequence[Ticket], now: datetime) -> list[Document]:
    """Many summaries with how many photos each has; two queries for the names of all their areas, one for photos."""
    areas: set[uuid.UUID] = set()
    for ticket in tickets:
        areas |= {*ticket.located_chain[-3:], ticket.responsible_area_id}
    names = Names(areas, now)
    pictures = photos.counts([ticket.pk for ticket in tickets], now)
    return [summary(ticket, names, now) | {"photos": pictures.get(ticket.pk, 0)} for ticket in tickets]


def detail(ticket: Ticket, asker: Any, now: datetime) -> Document:
    """One ticket with its whole chain, who answers, every event and the moves that the asker may make."""
    names = Names([*ticket.located_chain, *ticket.responsible_chain], now)
    moves = open_moves(asker, ticket, now)
    reasons = _reasons([step.verb for step in moves], now)
    document = _whole(ticket, names, now) | {"moves": [move(step, reasons[step.verb]) for step in moves]}
    if any(step.verb in {"dispatch", "transfer"} for step in moves):
        document |= _targets(ticket, names, now)
    return document


def _targets(ticket: Ticket, names: Names, now: datetime) -> Document:
    """Areas that may be asked to answer: those it lies in, deepest first, and those beside the one that answers now.

    `there` is who answers where it lies, when that is somebody else (the pin was corrected, or it came from outside).
    """
    inside = [area for area in reversed(names.chain(ticket.located_chain)) if area]
    beside = Boundary.objects.at(now).filter(parent__in=ticket.responsible_chain[-2:-1])
    beside = beside.exclude(area_id__in=[*ticket.located_chain, ticket.responsible_area_id]).select_related("tier")
    rows = {row.area_id: row for row in beside.defer("geometry").order_by("code")[:MOST_BESIDE]}
    roster = Roster([*rows, *ticket.located_chain], now)
    code = ticket.category.code
    others = [
        {"id": str(area), "name": row.name, "code": row.code, "tier": row.tier.code}
        for area, row in rows.items()
        if roster.filled(area, IN_OFFICE, code)
    ]
    there = roster.answer(ticket.located_chain, code).area if ticket.located_chain else None
    known = names.of(there) if there and there != ticket.responsible_area_id else None
    return {"targets": [*inside, *others], "there": known}


def _reasons(verbs: Sequence[str], now: datetime) -> dict[str, list[Document]]:
    """The reasons that the catalogue lists for each of these moves, in the city's order."""
    found: dict[str, list[Document]] = {verb: [] for verb in verbs}
    for row in MoveReason.objects.kept(now).filter(verb__in=verbs):
        found[row.verb].append({"code": row.code, "name": row.name, "words": row.words_needed})
    return found


def then(ticket: Ticket, moment: datetime) -> Document:
    """One ticket as it stood at a past moment (`layers.tickets.then.as_then`): nothing that came later, no moves."""
    names = Names([*ticket.located_chain, *ticket.responsible_chain], moment)
    return _whole(ticket, names, moment) | {"moves": []}


def _whole(ticket: Ticket, names: Names, now: datetime) -> Document:
    """Everything about a ticket but what the asker may do with it."""
    rows = list(ticket.events.filter(at__lte=now).order_by("seq"))
    return summary(ticket, names, now) | {
        "located": names.chain(ticket.located_chain),
        "because": ticket.responsible_because,
        "because_text": Responsibility(ticket.responsible_because).label if ticket.responsible_because else "",
        "posts": posts([ticket.responsible_area_id], now, category=ticket.category.code),
        "placing": ticket.located_because,
        "placing_text": Placing(ticket.located_because).label,
        "floor": ticket.floor,
        "accuracy_m": ticket.accuracy_m,
        "datum": ticket.datum,
        "raw": [ticket.raw_lon, ticket.raw_lat],
        "channel": ticket.get_channel_display(),
        "external": {"source": ticket.external_source, "number": ticket.external_number},
        "clocks": clocks(ticket, rows, now),
        "sign_due_at": ticket.sign_due_at,
        "handle_due_at": ticket.handle_due_at,
        "events": events(ticket, rows, now),
    }


def clocks(ticket: Ticket, rows: Sequence[TicketEvent], now: datetime) -> list[Document]:
    """The clocks that run after these steps, the nearest first: until when, how long was allowed, whether overdue."""
    hours = ticket.category.hours
    found = deadlines.replay([row.step for row in rows], hours)
    allowed = {"reply": hours.reply, "sign": hours.sign, "handle": hours.handle, "verify": hours.verify}
    told: list[Document] = [
        {"clock": name, "due_at": due, "hours": allowed[name], "overdue": deadlines.overdue(due, now)}
        for name in allowed
        if (due := getattr(found, f"{name}_due_at")) is not None
    ]
    if found.paused_until is not None:
        left = found.handle_left.total_seconds() / 3600 if found.handle_left is not None else None
        over = deadlines.overdue(found.paused_until, now)
        told.append({"clock": "pause", "due_at": found.paused_until, "hours": left, "overdue": over})
    return sorted(told, key=lambda clock: clock["due_at"])


def events(ticket: Ticket, rows: Sequence[TicketEvent], now: datetime) -> list[Document]:
    """Steps of a ticket, with the names of reasons and of areas as they are now."""
    pictures = photos.of_events(rows)
    codes = {row.reason_code for row in rows if row.reason_code}
    reasons: dict[str, str] = {code: str(label) for code, label in RuleReason.choices}
    if codes:
        reasons |= {row.code: row.name for row in MoveReason.objects.filter(code__in=codes)}
    places = [place for row in rows if row.detail for place in row.detail.values()]
    names = Names(
        [*(row.responsible_area_id for row in rows), *(uuid.UUID(area) for at in places for area in at["located"])], now
    )
    told: list[Document] = []
    before = ticket.responsible_area_id if not rows else rows[0].responsible_area_id
    for row in rows:
        document = event(row, reasons) | {"photos": pictures.get(row.pk, [])}
        if row.responsible_area_id != before:
            document["handed"] = [names.of(before), names.of(row.responsible_area_id)]
        if row.detail:
            document["moved"] = [
                {
                    "lon": at["lon"],
                    "lat": at["lat"],
                    "located": names.chain([uuid.UUID(area) for area in at["located"]]),
                }
                for at in (row.detail["before"], row.detail["after"])
            ]
        before = row.responsible_area_id
        told.append(document)
    return told


def event(row: TicketEvent, reasons: Mapping[str, str]) -> Document:
    """One step of a ticket."""
    return {
        "seq": row.seq,
        "verb": row.verb,
        "name": Verb(row.verb).label,
        "to_state": row.to_state,
        "state_name": State(row.to_state).label,
        "at": row.at,
        "actor": row.actor_name,
        "by_rule": row.by_rule,
        "reason": row.reason,
        "listed": reasons.get(row.reason_code, ""),
        "until": row.until,
        "changed": row.from_state != row.to_state,
    }


def move(step: workflow.Move, reasons: Sequence[Document] = ()) -> Document:
    """One button: what it does, what it says, what it asks for, and the reasons to choose from."""
    return {
        "verb": step.verb,
        "name": Verb(step.verb).label,
        "to_state": step.target,
        "state_name": State(step.target).label if step.target else "",
        "reason": step.reason,
        "listed": step.listed,
        "asks": list(step.asks),
        "reasons": list(reasons),
    }


def posts(areas: Iterable[uuid.UUID], now: datetime, *, category: str = "") -> list[Document]:
    """Who holds the posts that answer for areas (in matters of a category): worker, chief, front desk in turn."""
    found = Appointment.objects.at(now).filter(area_id__in=list(areas), role__in=POSTS)
    if category:
        found = found.for_category(category)
    rows = sorted(
        found.select_related("person", "organisation"),
        key=lambda row: (POSTS.index(row.role), row.post_zh, str(row.pk)),
    )
    english = (get_language() or "").startswith("en")
    return [
        {
            "area": str(row.area_id),
            "role": row.role,
            "role_name": row.get_role_display(),
            "post": (row.post_en if english else row.post_zh) or row.post_zh,
            "holder": row.holder.name,
        }
        for row in rows
    ]
