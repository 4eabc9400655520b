"""What a move does beside changing the state: another area answers, a term is set, the pin is put right."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Conflict, Invalid, Refused
from grids.models import Boundary
from grids.permissions import chain_ids, may
from layers.tickets import deadlines, rules, surroundings, workflow
from layers.tickets.actions.storing import positions
from layers.tickets.answering import Roster, ground_moment, who_answers
from layers.tickets.models import IN_OFFICE, MoveReason, Responsibility, Ticket, TicketBorder, TicketEvent
from layers.tickets.records import TicketRow
from layers.tickets.tallies import keeper


@dataclass(frozen=True, slots=True)
class Pin:
    """Where somebody says that a matter lies: degrees in `datum`."""

    lon: float
    lat: float
    datum: Datum = Datum.WGS84
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says with a move: why (in words, from the list), until when, who shall answer, where it lies."""

    reason: str = ""
    reason_code: str = ""
    until: datetime | None = None
    area: uuid.UUID | None = None
    pin: Pin | None = None


def check_reason(told: Told, verb: str, now: datetime) -> None:
    """A reason that can be stored, and one of the list where a code is given; raises Invalid naming the field."""
    if len(told.reason) > rules.MAX_REASON or any(ord(sign) < 32 and sign not in "\n\t\r" for sign in told.reason):
        message = _("A reason has at most %(most)d printable characters.") % {"most": rules.MAX_REASON}
        raise Invalid(message, code="bad-reason", fields={"reason": message})
    if not told.reason_code:
        return
    row = MoveReason.objects.kept(now).filter(code=told.reason_code, verb=verb).first()
    if row is None:
        message = _("This reason is not in the list for this move.")
        raise Invalid(message, code="unknown-reason", fields={"reason_code": message})
    if row.words_needed and not told.reason.strip():
        message = _("“%(reason)s” says nothing without words: add a sentence.") % {"reason": row.name}
        raise Invalid(message, code="reason", fields={"reason": message})


def check_said(move: workflow.Move, told: Told) -> None:
    """Nothing is said that this move does not ask for, and nothing is left out that it does."""
    area = "area" in move.asks or move.verb == "dispatch"
    for name, value, wanted, needed in (
        ("area", told.area, area, "area" in move.asks),
        ("until", told.until, "until" in move.asks, "until" in move.asks),
        ("place", told.pin, "place" in move.asks, "place" in move.asks),
    ):
        if value is not None and not wanted:
            raise Invalid(
                _("This move takes no %(field)s.") % {"field": name},
                code=f"{name}-not-here",
                fields={name: _("Not here")},
            )
        if value is None and needed:
            message = {
                "area": _("Say which area shall answer for it."),
                "until": _("Say until when."),
                "place": _("Say where it lies."),
            }[name]
            raise Invalid(message, code=name, fields={name: message})


def reassign(ticket: Ticket, move: workflow.Move, told: Told, actor: Any, now: datetime) -> None:
    """Let another area answer: only inside the actor's own subtree, never without a reason."""
    area = told.area
    if area is None or (area == ticket.responsible_area_id and move.verb == "dispatch"):
        return
    if area == ticket.responsible_area_id:
        message = _("This area answers for it already.")
        raise Invalid(message, code="same-area", fields={"area": message})
    if not Boundary.objects.at(now).filter(area_id=area).exists():
        raise Invalid(_("There is no such area now."), code="no-area", fields={"area": _("No such area")})
    if not may(actor, move.permit, area, category=ticket.category.code, now=now):
        raise Refused(_("This area is not yours: your appointment covers another part of the map."))
    if not (told.reason or told.reason_code):
        message = _("Say why another area shall answer for it.")
        raise Invalid(message, code="reason", fields={"reason": message})
    answer_with(ticket, area, Responsibility.DECISION, now)


def answer_with(ticket: Ticket, area: uuid.UUID, because: Responsibility, now: datetime) -> None:
    """Put an area, with all above it, in charge of a ticket."""
    ticket.responsible_area_id = area
    ticket.responsible_chain = list(reversed(chain_ids(area, now=now)))
    ticket.responsible_because = because


def area_above(ticket: Ticket, now: datetime) -> uuid.UUID | None:
    """The next area above the responsible one with somebody in office for such a matter; None where there is none."""
    above = chain_ids(ticket.responsible_area_id, now=now)[1:]
    roster = Roster(above, now)
    return next((area for area in above if roster.filled(area, IN_OFFICE, ticket.category.code)), None)


def raise_up(ticket: Ticket, now: datetime) -> None:
    """Put the next tier up in charge; raises Conflict where nobody above is in office."""
    above = area_above(ticket, now)
    if above is None:
        raise Conflict(
            _("Nobody is in office above this area: return it to the front desk instead."), code="no-tier-above"
        )
    answer_with(ticket, above, Responsibility.RAISED, now)


def check_until(ticket: Ticket, move: workflow.Move, until: datetime | None, now: datetime) -> None:
    """A term that lies ahead, prolongs what there is, and is not longer than the table allows; raises Invalid."""
    if until is None:
        return
    days = workflow.PAUSE_DAYS if move.verb == "pause" else workflow.EXTENSION_DAYS
    message = ""
    if until.tzinfo is None:
        message = _("A time without a time zone cannot be placed.")
    elif until <= now:
        message = _("This lies in the past: name a later day.")
    elif until > now + timedelta(days=days):
        message = _("At most %(days)d days from now; decide again then.") % {"days": days}
    elif move.verb != "pause" and (due := _due_anyway(ticket)) is not None and until <= due:
        message = _("It is not due before that anyway: name a later day.")
    if message:
        raise Invalid(message, code="bad-term", fields={"until": message})


def _due_anyway(ticket: Ticket) -> datetime | None:
    """When it is to be handled as things are; of a paused one: when its pause lasts to the end."""
    if ticket.handle_due_at is not None or ticket.paused_until is None:
        return ticket.handle_due_at
    steps = [event.step for event in ticket.events.order_by("seq")]
    left = deadlines.replay(steps, ticket.category.hours).handle_left
    return None if left is None else ticket.paused_until + left


def relocate(ticket: Ticket, pin: Pin, event: TicketEvent, now: datetime) -> None:
    """Put the pin right: where it lies is found anew on the ground of its report; who answers stays until decided."""
    row = TicketRow(
        line=0, lon=pin.lon, lat=pin.lat, datum=pin.datum, accuracy_m=pin.accuracy_m, category="",
        reported_at=ticket.reported_at,
    )  # fmt: skip
    rules.check_place(row)
    x, y = positions([row])[0].tolist()
    before = _place_of(ticket)
    ground = ground_moment(ticket.reported_at)
    chain, answer = who_answers(x, y, category=ticket.category.code, accuracy_m=pin.accuracy_m, now=now, ground=ground)
    ticket.point = Point(x, y, srid=4326)
    ticket.raw_lon, ticket.raw_lat, ticket.datum, ticket.accuracy_m = pin.lon, pin.lat, pin.datum.value, pin.accuracy_m
    ticket.located_area_id = answer.located[-1] if answer.located else None
    ticket.located_chain = list(answer.located)
    ticket.located_because = answer.placing
    event.detail = {"before": before, "after": _place_of(ticket)}
    tell_across(ticket, chain, ground)


def tell_across(ticket: Ticket, chain: Sequence[Boundary], now: datetime) -> None:
    """Let both sides see a ticket that lies close to a border; `chain` are the areas that contain its point."""
    areas = surroundings.across(ticket.point.x, ticket.point.y, ticket.accuracy_m, [row.area_id for row in chain], now)
    with keeper():
        if areas:
            TicketBorder.objects.update_or_create(ticket=ticket, defaults={"areas": areas})
        else:
            TicketBorder.objects.filter(ticket=ticket).delete()


def _place_of(ticket: Ticket) -> dict[str, Any]:
    """Where a ticket lies, as an event keeps it."""
    return {
        "lon": ticket.point.x,
        "lat": ticket.point.y,
        "raw": [ticket.raw_lon, ticket.raw_lat],
        "datum": ticket.datum,
        "accuracy_m": ticket.accuracy_m,
        "located": [str(area) for area in ticket.located_chain],
        "placing": ticket.located_because,
    }
