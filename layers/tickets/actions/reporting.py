"""One report: stored once however often it is sent, located, and given to whoever answers there."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.datums import Datum
from gis.shared.errors import Conflict, Invalid
from grids.matters import Matter
from grids.models import Appointment, Role
from grids.permissions import demand
from layers.tickets import photos as pictures
from layers.tickets import reporters, rules
from layers.tickets.actions.effects import tell_across
from layers.tickets.actions.storing import Placed, Sender, positions, store
from layers.tickets.answering import who_answers
from layers.tickets.callers import Caller
from layers.tickets.models import Category, Channel, Responsibility, Ticket
from layers.tickets.models.ticket import HIGHEST_FLOOR, LOWEST_FLOOR
from layers.tickets.records import TicketRow

BY_RULE = ("accept", "dispatch")
"""What follows at once where a staff report lies in an area with somebody in office."""
MOST_EXTERNAL = 80


@transaction.atomic
def report_ticket(
    *,
    ticket_id: uuid.UUID,
    actor: Any,
    lon: float,
    lat: float,
    category: str,
    text: str = "",
    accuracy_m: float | None = None,
    datum: Datum = Datum.WGS84,
    area: uuid.UUID | None = None,
    floor: int | None = None,
    caller: Caller | None = None,
    source: str = "",
    external_number: str = "",
    photos: Sequence[uuid.UUID] = (),
    now: datetime,
) -> tuple[Ticket, bool]:
    """Store one report by staff; returns (ticket, whether it is new). lon and lat are degrees in `datum`.

    `area` is named where somebody knows better than the point, `caller` is on whose behalf it is reported, `photos` are
    pictures the actor sent before. The same ticket_id again returns the ticket that is there; with other contents it
    raises Conflict. The same external_number of a source is the same ticket too, whatever its id. Raises SignInNeeded,
    Refused, Invalid (which field), Conflict (no ground at all, or a number that came in where the actor may not look).
    """
    demand(actor, "ticket.report", now=now)
    row = TicketRow(
        line=0, id=ticket_id, lon=lon, lat=lat, category=category, reported_at=now, text=text, datum=datum,
        accuracy_m=accuracy_m, external_number=external_number.strip(),
    )  # fmt: skip
    found = rules.check(row, categories=current_categories(now), now=now)
    source = source.strip() if row.external_number else ""
    _check_external(source, row.external_number)
    _check_floor(floor)
    take_turn(ticket_id)
    there = Ticket.objects.filter(pk=ticket_id).select_related("category").first()
    if there is not None:
        same = _same(there, row, floor, photos, actor)
        if reporters.differs(same, caller):
            raise Conflict(_("Another report was stored under this id."), code="id-taken")
        return same, False
    if row.external_number and (known := _known(source, row.external_number, actor, now)):
        return _nothing_lost(known, caller, photos, actor), False
    x, y = positions([row])[0].tolist()
    chain, answer = who_answers(x, y, category=category, accuracy_m=accuracy_m, area=area, now=now)
    office = answer.because in (Responsibility.HOLDER, Responsibility.VACANT)
    sender = Sender(channel=_channel(actor, caller, now), account=actor, source=source)
    placed = Placed(row, found, (x, y), answer, floor)
    try:
        with transaction.atomic():
            (ticket,) = store([placed], sender, now=now, rule=BY_RULE if office else ())
    except IntegrityError:  # a file with the same number came in meanwhile: files do not queue with reports
        if row.external_number and (known := _known(source, row.external_number, actor, now)):
            return _nothing_lost(known, caller, photos, actor), False
        raise
    tell_across(ticket, chain, now)
    pictures.attach(event=ticket.events.get(seq=1), ids=photos, actor=actor, now=now)
    reporters.keep(ticket, caller, actor, now)
    record(actor=actor, verb="ticket.report", subject=ticket.number, now=now)
    return ticket, True


def _channel(actor: Any, caller: Caller | None, now: datetime) -> Channel:
    """By which door it came in: the front desk's where who sits there writes down a caller, else a report of staff."""
    desks = Appointment.objects.held_by(actor, now).filter(role=Role.FRONT_DESK)
    return Channel.DESK if caller and desks.exists() else Channel.STAFF


def _check_external(source: str, number: str) -> None:
    """A number of another system stands with the name of that system, both short and printable."""
    if not number:
        return
    if not source:
        message = _("Say which system gave this number.")
        raise Invalid(message, code="no-source", fields={"source": message})
    for name, words in (("source", source), ("number", number)):
        if len(words) > MOST_EXTERNAL or not words.isprintable():
            message = _("At most %(most)d printable characters.") % {"most": MOST_EXTERNAL}
            raise Invalid(message, code="bad-number", fields={name: message})


def _check_floor(floor: int | None) -> None:
    """A floor that a house can have; people here count from 1, and cellars from −1."""
    if floor is not None and (floor == 0 or not LOWEST_FLOOR <= floor <= HIGHEST_FLOOR):
        message = _("Floors are counted from 1 up to %(most)d, cellars from −1 down to %(least)d; there is no floor 0.")
        message %= {"most": HIGHEST_FLOOR, "least": LOWEST_FLOOR}
        raise Invalid(message, code="bad-floor", fields={"floor": message})


def _known(source: str, number: str, actor: Any, now: datetime) -> Ticket | None:
    """The ticket that came in under another system's number; its senders queue here, so that one of them stores it."""
    take_turn(uuid.uuid5(uuid.NAMESPACE_URL, f"external:{source}:{number}"))
    numbered = Ticket.objects.filter(external_source=source, external_number=number)
    there = numbered.select_related("category").first()
    if there is not None and not numbered.readable_by(actor, now).exists():
        message = _("The matter %(number)s of %(source)s came in before, in an area that is not yours.")
        raise Conflict(message % {"number": number, "source": source}, code="known-elsewhere")
    return there


WRITTEN_DOWN = (Channel.STAFF, Channel.DESK)
"""The doors at which a person types who called."""


def _nothing_lost(known: Ticket, caller: Caller | None, photos: Sequence[uuid.UUID], actor: Any) -> Ticket:
    """The ticket that came in before, where it holds the caller and photos of this report too; raises Conflict.

    Whoever did not write the caller down is not told whether it is the same, for that could be tried out: neither a
    colleague nor who brought in the file that it came with.
    """
    own = known.reported_by_id == actor.pk and known.channel in WRITTEN_DOWN
    more = [
        name
        for name, there, kept in (
            (_("who called"), bool(caller), own and not reporters.differs(known, caller)),
            (_("the photos"), bool(photos), own and pictures.ids_of(known.events.get(seq=1)) == list(photos)),
        )
        if there and not kept
    ]
    if more:
        message = _("This came in before as %(number)s. Not kept with it: %(what)s. Open that matter and add it there.")
        told = message % {"number": known.number, "what": _(", ").join(more)}
        raise Conflict(told, code="known-with-less", ticket=str(known.pk))
    return known


def current_categories(now: datetime) -> dict[str, Category]:
    """The categories not withdrawn by now, by code; when a row was added does not bar older matters."""
    kept = Category.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))
    return {category.code: category for category in kept}


def matters(now: datetime) -> list[Matter]:
    """The categories in force, for posts that are limited to some."""
    return [Matter(row.code, row.name_zh, row.name_en) for row in Category.objects.at(now)]


def take_turn(key: uuid.UUID) -> None:
    """Make senders of one id queue until the first of them has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ticket:{key}"])


def _same(there: Ticket, row: TicketRow, floor: int | None, photos: Sequence[uuid.UUID], actor: Any) -> Ticket:
    """The ticket already stored under this id, when it is the same report by the same person."""
    told = (row.lon, row.lat, row.datum.value, row.category, row.text.strip(), row.external_number, floor, actor.pk)
    kept = (
        there.raw_lon, there.raw_lat, there.datum, there.category.code, there.text, there.external_number, there.floor,
        there.reported_by_id,
    )  # fmt: skip
    if told != kept or pictures.ids_of(there.events.get(seq=1)) != list(photos):
        raise Conflict(_("Another report was stored under this id."), code="id-taken")
    return there
