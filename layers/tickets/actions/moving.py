"""One move of one ticket: by whom the table allows, from the version they saw, exactly once."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Problem, Refused, Stale
from grids.models import Appointment, Boundary
from grids.permissions import chain_ids, may
from layers.tickets import rules, workflow
from layers.tickets.actions.storing import apply_clocks
from layers.tickets.models import Responsibility, State, Ticket, TicketEvent, Verb


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
    area: uuid.UUID | None = None,
) -> Ticket:
    """Make one move; `version` is the one the actor saw, `area` (for dispatch only) who shall answer.

    Raises Missing (not there, or not for this actor), Invalid (unknown verb, missing reason), Conflict (the state
    does not allow it; `possible` names what it allows), Refused (role, or handler verifying), Stale (changed since).
    """
    if not Ticket.objects.visible_to(actor, now).filter(pk=ticket_id).exists():
        raise Missing(_("There is no such ticket, or it lies outside your areas."))
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("category").get(pk=ticket_id)
    reason = _checked_reason(reason)
    try:
        move = workflow.check(
            ticket.state, verb, roles_over(actor, ticket, now), reason=reason, is_handler=is_handler(actor, ticket)
        )
    except workflow.RefusalError as refusal:
        raise problem_of(refusal) from None
    if ticket.version != version:
        raise _stale(ticket, version)
    if area is not None and area != ticket.responsible_area_id:
        _reassign(ticket, move, area, actor, reason, now)
    event = _add_event(ticket, move, actor, reason, now)
    record(actor=actor, verb=f"ticket.{verb}", subject=ticket.number, now=now, detail={"seq": event.seq})
    return ticket


def _add_event(ticket: Ticket, move: workflow.Move, actor: Any, reason: str, now: datetime) -> TicketEvent:
    """Append the step, and let state, clocks and version follow from it."""
    events = list(ticket.events.order_by("seq"))
    event = TicketEvent(
        ticket=ticket,
        seq=events[-1].seq + 1,
        verb=move.verb,
        from_state=ticket.state,
        to_state=move.target,
        # a clock set back must not put this step before the one it follows
        at=max(now, events[-1].at),
        recorded_at=now,
        account=actor,
        actor_name=str(actor)[:150],
        reason=reason,
        responsible_area_id=ticket.responsible_area_id,
    )
    apply_clocks(ticket, [*events, event])
    event.save(force_insert=True)
    ticket.state, ticket.changed_at, ticket.version = move.target, event.at, ticket.version + 1
    ticket.save()
    return event


def _checked_reason(reason: str) -> str:
    """A reason that can be stored; it is text like any other."""
    if len(reason) > rules.MAX_REASON or any(ord(sign) < 32 and sign not in "\n\t\r" for sign in reason):
        message = _("A reason has at most %(most)d printable characters.") % {"most": rules.MAX_REASON}
        raise Invalid(message, code="bad-reason", fields={"reason": message})
    return reason.strip()


def _reassign(ticket: Ticket, move: workflow.Move, area: uuid.UUID, actor: Any, reason: str, now: datetime) -> None:
    """Let another area answer: only when dispatching, only inside the own subtree, never without a reason."""
    if move.verb != "dispatch":
        raise Invalid(_("Only dispatching names another area."), code="area-not-here", fields={"area": _("Not here")})
    if not Boundary.objects.at(now).filter(area_id=area).exists():
        raise Invalid(_("There is no such area now."), code="no-area", fields={"area": _("No such area")})
    if not may(actor, move.permit, area, now=now):
        raise Refused(_("This area is not yours: your appointment covers another part of the map."))
    if not reason:
        message = _("Say why another area shall answer for it.")
        raise Invalid(message, code="reason", fields={"reason": message})
    ticket.responsible_area_id = area
    ticket.responsible_chain = list(reversed(chain_ids(area, now=now)))
    ticket.responsible_because = Responsibility.DECISION


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
