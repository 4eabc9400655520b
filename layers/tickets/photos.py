"""Photos of tickets: given to the step that brought them, shown with it, seen by whoever may read the ticket."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from gis.files import actions
from gis.files.owners import Owner, register
from gis.shared.errors import Conflict, Invalid
from grids.permissions import demand
from layers.tickets.models import Ticket, TicketEvent, TicketPhoto

OWNER = "ticket"
MOST_PHOTOS = 9
"""So many photos may come with one step."""

Document = dict[str, Any]


def attach(*, event: TicketEvent, ids: Sequence[UUID], actor: Any, now: datetime) -> None:
    """Give the actor's pictures to a step that is stored, in this transaction; the same ones again change nothing.

    Raises Invalid (too many, one twice, one is gone) and Conflict (one belongs to another step), both beside "photos".
    """
    if not ids:
        return
    wanted = list(ids)
    there = ids_of(event)
    if there == wanted:
        return
    if there:
        raise _refused(Conflict, _("This step has its photos already."), "photos-there")
    if len(wanted) > MOST_PHOTOS:
        raise _refused(Invalid, _("At most %(most)d photos come with one step.") % {"most": MOST_PHOTOS}, "many-photos")
    if len(set(wanted)) < len(wanted):
        raise _refused(Invalid, _("The same photo is named twice."), "photo-twice")
    pictures = actions.attach(ids=wanted, owner=OWNER, owner_id=event.ticket_id, actor=actor, now=now)
    if TicketPhoto.objects.filter(picture__in=pictures).exists():
        raise _refused(Conflict, _("One of these photos belongs to an earlier step."), "picture-taken")
    TicketPhoto.objects.bulk_create(
        TicketPhoto(event=event, position=place, picture=picture) for place, picture in enumerate(pictures, 1)
    )


def ids_of(event: TicketEvent) -> list[UUID]:
    """The photos of a step, in their order."""
    found = TicketPhoto.objects.filter(event=event).order_by("position")
    return list(found.values_list("picture_id", flat=True))


def of_events(events: Iterable[TicketEvent]) -> dict[int, list[Document]]:
    """The photos of steps by the step's key, as the page is told of them; steps without any are left out."""
    found: dict[int, list[Document]] = {}
    rows = TicketPhoto.objects.filter(event__in=[event.pk for event in events]).select_related("picture")
    for row in rows.order_by("event_id", "position"):
        found.setdefault(row.event_id, []).append(row.picture.document)
    return found


def counts(tickets: Collection[UUID], until: datetime) -> dict[UUID, int]:
    """How many photos came with the steps of these tickets up to a moment; tickets without any are left out."""
    found = TicketPhoto.objects.filter(event__ticket__in=tickets, event__at__lte=until).order_by()
    return dict(found.values_list("event__ticket").annotate(n=Count("pk")))


def may_add(asker: Any, now: datetime) -> None:
    """Whoever may report may add photos; raises SignInNeeded or Refused."""
    demand(asker, "ticket.report", now=now)


def readable(asker: Any, ticket_id: UUID, now: datetime) -> bool:
    """Whoever may read the ticket sees its photos."""
    return bool(Ticket.objects.readable_by(asker, now).filter(pk=ticket_id).exists())


def register_photos() -> None:
    """Let tickets keep pictures."""
    register(Owner(OWNER, may_add, readable))


def _refused(kind: type[Invalid] | type[Conflict], told: str, code: str) -> Invalid | Conflict:
    """A refusal beside the photos."""
    return kind(told, code=code, fields={"photos": told})
