"""Reporters: kept sealed, shown masked, read by who handles the matter and written down, emptied when it is over."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Refused
from gis.shared.sealing import fingerprint, fingerprints, seal, unseal
from grids.permissions import demand, grants
from layers.tickets import callers, workflow
from layers.tickets.callers import PARTS, Caller, CallerError
from layers.tickets.models import Reporter, Ticket, TicketQuerySet

PHONE = "reporter phone"
AT_ONCE = 5000
COLUMNS = ("ticket_id", *PARTS, "phone_hash", "kept_at")


@dataclass(frozen=True, slots=True)
class Sealed:
    """One reporter as the table holds it."""

    name: bytes
    phone: bytes
    address: bytes
    phone_hash: bytes | None


def checked(caller: Caller) -> Caller:
    """The caller in one form; raises Invalid naming the field (caller.name, caller.phone, caller.address)."""
    try:
        return callers.checked(caller)
    except CallerError as error:
        message = _wrong(error)
        raise Invalid(message, code="bad-caller", fields={f"caller.{error.field}": message}) from None


def _wrong(error: CallerError) -> str:
    """What to say of a value that cannot be right."""
    if error.code == "long":
        most = callers.MOST_NAME if error.field == "name" else callers.MOST_ADDRESS
        return _("At most %(most)d characters.") % {"most": most}
    told = {
        ("name", "digits"): _("This is a number: it belongs into the field for the telephone."),
        ("phone", "signs"): _("A telephone number has digits, and spaces or - between them."),
        ("phone", "length"): _("A telephone number has %(low)d to %(high)d digits.")
        % dict(zip(("low", "high"), callers.PHONE_DIGITS, strict=True)),
    }
    return told.get((error.field, error.code)) or _("Only characters that can be printed.")


def sealed(ticket_id: uuid.UUID, caller: Caller) -> Sealed:
    """A checked caller of one ticket as it is stored."""
    name, phone, address = (seal(getattr(caller, part), what=_what(part, ticket_id)) for part in PARTS)
    return Sealed(name, phone, address, fingerprint(caller.phone, what=PHONE) if caller.phone else None)


def opened(reporter: Reporter) -> Caller:
    """What was sealed; raises UnsealError when its key is gone."""
    return Caller(*(unseal(getattr(reporter, part), what=_what(part, reporter.pk)) for part in PARTS))


def _what(part: str, ticket_id: uuid.UUID) -> str:
    """What a sealed value is bound to: its field and its ticket."""
    return f"reporter {part} {ticket_id}"


def keep(ticket: Ticket, caller: Caller | None, actor: Any, now: datetime) -> Reporter | None:
    """Keep who reported a new ticket; None when nothing was left. Raises Invalid. In the ticket's transaction."""
    caller = checked(caller) if caller else None
    if not caller:
        return None
    values = sealed(ticket.pk, caller)
    return Reporter.objects.create(
        ticket=ticket, name=values.name, phone=values.phone, address=values.address, phone_hash=values.phone_hash,
        kept_at=now,
    )  # fmt: skip


def differs(ticket: Ticket, caller: Caller | None) -> bool:
    """Whether a ticket was kept without this caller or with another one; who typed nobody is of one mind with it."""
    caller = checked(caller) if caller else None
    if not caller:
        return False
    found = Reporter.objects.filter(pk=ticket.pk).first()
    return found is None or (found.anonymised_at is None and opened(found) != caller)


def keep_many(found: Iterable[tuple[uuid.UUID, Caller]], now: datetime) -> int:
    """Keep reporters of many new tickets, by COPY; the callers must be `checked`. Returns how many were left."""
    count = 0
    with connection.cursor() as cursor:
        statement = f"COPY tickets_reporter ({', '.join(COLUMNS)}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for ticket_id, caller in found:
                if caller:
                    values = sealed(ticket_id, caller)
                    copy.write_row((ticket_id, values.name, values.phone, values.address, values.phone_hash, now))
                    count += 1
    return count


def may_read(actor: Any, ticket: Ticket, now: datetime) -> bool:
    """Whether the asker handles this ticket: an office over the area that answers, for matters of its category.

    When the matter has ended only those who answer the caller again (front desk, chief) may still ask.
    """
    verb = "reporter.find" if ticket.state in workflow.ENDED else "reporter.read"
    return any(
        grant.area in ticket.responsible_chain and (not grant.categories or ticket.category.code in grant.categories)
        for grant in grants(actor, verb, now=now)
    )


def told(ticket: Ticket, actor: Any, now: datetime) -> dict[str, Any]:
    """What everybody who sees the ticket may know of its reporter: masked, and whether the asker may ask for more."""
    found = Reporter.objects.filter(pk=ticket.pk).first()
    if found is None:
        return {"kept": False}
    if found.anonymised_at:
        return {"kept": True, "anonymised_at": found.anonymised_at, "may_read": False}
    shown = callers.masked(opened(found))
    document = {part: getattr(shown, part) for part in PARTS}
    return {"kept": True, "anonymised_at": None, **document, "may_read": may_read(actor, ticket, now)}


@transaction.atomic
def read(*, ticket_id: uuid.UUID, actor: Any, now: datetime) -> Caller:
    """Who reported a ticket, in full, for who handles it; the reading is written into the audit log.

    Raises SignInNeeded, Missing (no such ticket for this asker, or no reporter), Refused, Conflict (anonymised).
    """
    demand(actor, "ticket.read", now=now)
    ticket = Ticket.objects.readable_by(actor, now).filter(pk=ticket_id).select_related("category").first()
    if ticket is None:
        raise Missing(_("There is no such ticket, or it lies outside your areas."))
    demand(actor, "reporter.read", now=now)
    if not may_read(actor, ticket, now):
        raise Refused(_("Only who handles this matter may read who reported it."), code="not-handling")
    found = Reporter.objects.filter(pk=ticket_id).first()
    if found is None:
        raise Missing(_("Nobody left a name or a number with this ticket."), code="no-reporter")
    if found.anonymised_at:
        raise Conflict(_("This matter ended long ago: its reporter was anonymised."), code="anonymised")
    caller = opened(found)
    record(actor=actor, verb="reporter.read", subject=ticket.number, now=now)
    return caller


@transaction.atomic
def same_caller(*, phone: str, actor: Any, now: datetime) -> TicketQuerySet:
    """Open tickets of the caller with this number that the asker may see, newest first; asking is written down.

    Raises SignInNeeded, Refused, Invalid (no number).
    """
    demand(actor, "reporter.find", now=now)
    number = checked(Caller(phone=phone)).phone
    if not number:
        message = _("Type the caller's telephone number.")
        raise Invalid(message, code="bad-caller", fields={"phone": message})
    found = Ticket.objects.visible_to(actor, now).open()
    found = found.filter(reporter__phone_hash__in=fingerprints(number, what=PHONE)).order_by("-reported_at", "-id")
    record(actor=actor, verb="reporter.find", subject="", now=now, detail={"found": found.count()})
    return found


def refuse_personal(ticket: Ticket, text: str) -> None:
    """Raise Invalid when a text that the public will read shows a number, or its reporter's name or address."""
    kept = Reporter.objects.kept().filter(pk=ticket.pk).first()
    shown = callers.personal_in(text, opened(kept) if kept else Caller(), besides=ticket.number)
    if not shown:
        return
    message = {
        "number": _("Everybody can read this answer: leave out telephone and identity numbers."),
        "name": _("Everybody can read this answer: leave out the reporter's name."),
        "address": _("Everybody can read this answer: leave out the reporter's address."),
    }[shown]
    raise Invalid(message, code="personal", fields={"reason": message})


def outlived(now: datetime) -> Any:
    """Reporters whose matter ended longer ago than REPORTERS_KEPT_DAYS."""
    return Reporter.objects.outlived(now - timedelta(days=settings.REPORTERS_KEPT_DAYS))


def anonymise(*, now: datetime, actor: Any = None) -> int:
    """Empty the reporters that have outlived their matter, in short transactions; returns how many."""
    count = 0
    while True:
        with transaction.atomic():
            rows = outlived(now).select_related("ticket").only("pk", "ticket__state").order_by("pk")
            # whoever is taking a matter up again holds its row: that reporter waits for the next time
            ids = [row.pk for row in rows.select_for_update(of=("self", "ticket"), skip_locked=True)[:AT_ONCE]]
            done = Reporter.objects.filter(pk__in=ids).update(
                name=b"", phone=b"", address=b"", phone_hash=None, anonymised_at=now
            )
            if done:
                record(actor=actor, verb="reporter.anonymise", subject="", now=now, detail={"reporters": done})
        count += done
        if len(ids) < AT_ONCE:
            return count
