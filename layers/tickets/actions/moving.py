"""One move of one ticket: by whom the table allows, from the version they saw, exactly once."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Problem, Refused, Stale
from grids.models import Appointment
from layers.tickets import bordering, rules, workflow
from layers.tickets.actions import effects
from layers.tickets.actions.effects import Pin
from layers.tickets.actions.storing import apply_clocks
from layers.tickets.models import State, Ticket, TicketEvent, Verb
from layers.tickets.photos import attach
from layers.tickets.reporters import refuse_personal


def roles_over(asker: Any, ticket: Ticket, now: datetime) -> frozenset[str]:
    """The roles that the asker holds over the area that answers for a ticket, for matters of its category."""
    if not getattr(asker, "is_authenticated", False):
        return frozenset()
    held = Appointment.objects.held_by(asker, now).filter(area_id__in=ticket.responsible_chain)
    held = held.for_category(ticket.category.code)
    return frozenset(held.values_list("role", flat=True))


def is_handler(asker: Any, ticket: Ticket) -> bool:
    """Whether the asker is who handled the ticket last."""
    last = ticket.events.filter(verb="handle").order_by("-seq").first()
    return last is not None and last.account_id is not None and last.account_id == asker.pk


def open_moves(asker: Any, ticket: Ticket, now: datetime) -> tuple[workflow.Move, ...]:
    """What the asker may do with a ticket now."""
    return workflow.open_moves(ticket.state, roles_over(asker, ticket, now), is_handler=is_handler(asker, ticket))


@transaction.atomic
def move_ticket(
    *,
    ticket_id: uuid.UUID,
    verb: str,
    actor: Any,
    version: int,
    now: datetime,
    reason: str = "",
    reason_code: str = "",
    until: datetime | None = None,
    area: uuid.UUID | None = None,
    pin: Pin | None = None,
    photos: Sequence[uuid.UUID] = (),
) -> Ticket:
    """Make one move; `version` is the one the actor saw, the rest what `Move.asks` wants (`effects.Told`).

    Raises Missing (not there, or not for this actor), Invalid (unknown verb, missing reason or term, bad place),
    Conflict (the state does not allow it; `possible` names what it allows), Refused (role, or handler verifying),
    Stale (changed since). A third return, redo or transfer puts the ticket up a tier in the same transaction.
    """
    if not Ticket.objects.visible_to(actor, now).filter(pk=ticket_id).exists():
        raise Missing(_("There is no such ticket, or it lies outside your areas."))
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("category").get(pk=ticket_id)
    told = effects.Told(reason=reason.strip(), reason_code=reason_code, until=until, area=area, pin=pin)
    roles = roles_over(actor, ticket, now)
    try:
        move = workflow.check(
            ticket.state, verb, roles, reason=reason, listed=bool(reason_code), is_handler=is_handler(actor, ticket)
        )
    except workflow.RefusalError as refusal:
        raise problem_of(refusal) from None
    if ticket.version != version:
        raise _stale(ticket, version)
    effects.check_reason(told, verb, now)
    effects.check_said(move, told)
    if verb == "reply":
        refuse_personal(ticket, told.reason)
    effects.check_until(ticket, move, until, now)
    event = _next_event(ticket, move, now)
    event.account, event.actor_name = actor, str(actor)[:150]
    event.reason, event.reason_code, event.until = told.reason, reason_code, until
    effects.reassign(ticket, move, told, actor, now)
    if verb == "escalate":
        effects.raise_up(ticket, now)
    if pin is not None:
        effects.relocate(ticket, pin, event, now)
    _append(ticket, event)
    if event.from_state in workflow.ENDED and ticket.state not in workflow.ENDED:
        bordering.tell(ticket.pk)
    attach(event=event, ids=photos, actor=actor, now=now)
    _rise(ticket, now)
    record(actor=actor, verb=f"ticket.{verb}", subject=ticket.number, now=now, detail={"seq": event.seq})
    return ticket


def _next_event(ticket: Ticket, move: workflow.Move, now: datetime) -> TicketEvent:
    """The step that follows the ticket's last one, not yet stored."""
    last = ticket.events.order_by("-seq").values("seq", "at")[0]
    return TicketEvent(
        ticket=ticket,
        seq=last["seq"] + 1,
        verb=move.verb,
        from_state=ticket.state,
        to_state=move.after(ticket.state),
        # a clock set back must not put this step before the one it follows
        at=max(now, last["at"]),
        recorded_at=now,
    )


def _append(ticket: Ticket, event: TicketEvent) -> None:
    """Store the step, and let state, clocks and version follow from it."""
    event.responsible_area_id = ticket.responsible_area_id
    apply_clocks(ticket, [*ticket.events.order_by("seq"), event])
    event.save(force_insert=True)
    ticket.state, ticket.changed_at, ticket.version = event.to_state, event.at, ticket.version + 1
    ticket.save()


def _rise(ticket: Ticket, now: datetime) -> None:
    """Put a ticket up a tier by rule when its last move was the third of its kind, where there is a tier above."""
    verbs = list(ticket.events.order_by("seq").values_list("verb", flat=True))
    if not workflow.rises(verbs) or effects.area_above(ticket, now) is None:
        return
    event = _next_event(ticket, workflow.BY_VERB["escalate"], now)
    event.by_rule, event.reason_code = True, f"third_{verbs[-1]}"
    effects.raise_up(ticket, now)
    _append(ticket, event)


def problem_of(refusal: workflow.RefusalError) -> Problem:
    """The table's refusal as an error with a status, naming the moves that are open."""
    possible = [{"verb": verb, "name": str(Verb(verb).label)} for verb in refusal.open_verbs]
    extra: dict[str, Any] = {"state": refusal.state, "possible": possible}
    match refusal.code:
        case "unknown_verb":
            return Invalid(_("There is no move %(verb)s.") % {"verb": repr(refusal.verb)}, code="unknown-move", **extra)
        case "impossible":
            return Conflict(rules.refusal_message(refusal), code="impossible-move", **extra)
        case "reason":
            message = _("%(verb)s needs a reason.") % {"verb": Verb(refusal.verb).label}
            return Invalid(message, code="reason", fields={"reason": message}, **extra)
        case "listed":
            message = _("%(verb)s needs a reason from the list.") % {"verb": Verb(refusal.verb).label}
            return Invalid(message, code="reason-from-list", fields={"reason_code": message}, **extra)
        case "later":
            return Conflict(_("This is not offered here yet."), code="not-yet", **extra)
        case "handler":
            return Refused(
                _("You handled this matter yourself: somebody else must verify it."), code="own-handling", **extra
            )
        case _:
            return Refused(_("Your appointments do not include this."), code="refused", **extra)


def _stale(ticket: Ticket, version: int) -> Stale:
    """Somebody moved the ticket since that version: say who and what."""
    since = ticket.events.filter(seq__gt=version).order_by("seq")
    steps = [
        {"verb": event.verb, "name": str(Verb(event.verb).label), "actor": event.actor_name, "at": event.at.isoformat()}
        for event in since
    ]
    return Stale(
        _("This ticket is %(state)s by now.") % {"state": State(ticket.state).label},
        version=ticket.version,
        state=ticket.state,
        since=steps,
    )
