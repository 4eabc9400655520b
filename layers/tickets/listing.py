"""Lists of tickets: filters, true totals, and pages that neither skip nor repeat while tickets come in."""

import base64
import binascii
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from layers.tickets import workflow
from layers.tickets.models import Ticket, TicketQuerySet
from layers.tickets.then import as_then, known

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
MOST = 200
View = Literal["needs_me", "mine", "area"]
Order = Literal["due", "newest"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list shall show; empty values leave a filter out. `bbox` is west,south,east,north in degrees."""

    view: View = "area"
    state: str = ""
    category: str = ""
    area: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    bbox: str = ""
    overdue: bool = False
    q: str = ""
    ids: str = ""


def chosen(asker: Any, wish: Wish, now: datetime, *, then: datetime | None = None) -> TicketQuerySet:
    """The tickets of a list, all of them visible to the asker; raises Invalid for a filter that makes no sense.

    `then` is a past moment at which states and clocks are read (`layers.tickets.then`).
    """
    found = Ticket.objects.visible_to(asker, now)
    if wish.view == "needs_me":
        found = Ticket.objects.needing(asker, now)
    elif wish.view == "mine":
        found = Ticket.objects.readable_by(asker, now).filter(reported_by=asker.pk)
    found = found.in_period(wish.since, wish.until)
    if then is not None:
        found = known(found, then)
    if wish.state:
        state = "state" if then is None else "state_then"
        found = found.filter(**{f"{state}__in": _states(wish.state)})
    if wish.category:
        found = found.filter(category__code__in=wish.category.split(","))
    if wish.area:
        found = found.under([wish.area])
    if wish.overdue:
        found = late(found, now, then=then)
    if wish.q:
        found = found.filter(Q(number__icontains=wish.q) | Q(text__icontains=wish.q) | Q(external_number=wish.q))
    if wish.ids:
        found = found.filter(pk__in=_ids(wish.ids))
    return found.in_box(*_box(wish.bbox)) if wish.bbox else found


def late(found: TicketQuerySet, now: datetime, *, then: datetime | None) -> TicketQuerySet:
    """Those with a clock that has run out, or had run out then."""
    return found.overdue(now) if then is None else found.filter(due_then__lte=then)


def page(
    found: TicketQuerySet, *, order: Order, after: str, limit: int, then: datetime | None = None
) -> tuple[list[Ticket], str | None]:
    """Up to `limit` tickets after a cursor, and the cursor of the next page (None at the end)."""
    limit = max(0, min(limit, MOST))
    if order == "due":
        rows = found.annotate(
            place=Coalesce("due_at" if then is None else "due_then", Value(NEVER, output_field=DateTimeField()))
        )
        signs, compare = ("place", "pk"), "gt"
    else:
        rows = found.annotate(place=F("reported_at"))
        signs, compare = ("-place", "-pk"), "lt"
    rows = rows.select_related("category").order_by(*signs)
    if after:
        moment, key = _cursor(after)
        rows = rows.filter(Q(**{f"place__{compare}": moment}) | Q(place=moment, **{f"pk__{compare}": key}))
    tickets = list(rows[: limit + 1])
    more = len(tickets) > limit > 0
    tickets = tickets[:limit]
    following = _cursor_of(tickets[-1]) if more else None
    return (tickets if then is None else [as_then(ticket) for ticket in tickets]), following


def _cursor_of(ticket: Any) -> str:
    """Where a page ended, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps([ticket.place.isoformat(), str(ticket.pk)]).encode()).decode()


def _cursor(text: str) -> tuple[datetime, uuid.UUID]:
    """Where the page before ended; raises Invalid for a text that is no cursor of ours."""
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(text.encode()))
        return datetime.fromisoformat(moment), uuid.UUID(key)
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise _bad("after", _("This is not the end of a page.")) from None


def _states(text: str) -> list[str]:
    """States by name; "open" and "ended" stand for several."""
    groups = {"open": workflow.OPEN, "ended": tuple(workflow.ENDED)}
    states = [state for word in text.split(",") for state in groups.get(word, (word,))]
    unknown = [state for state in states if state not in workflow.STATES]
    if unknown:
        raise _bad("state", _("There is no state %(state)s.") % {"state": repr(unknown[0])})
    return states


def _ids(text: str) -> list[uuid.UUID]:
    """Ids of tickets, as a statistic names those behind a figure."""
    try:
        return [uuid.UUID(word) for word in text.split(",")]
    except ValueError:
        raise _bad("ids", _("These are not ids of tickets.")) from None


def _box(text: str) -> tuple[float, float, float, float]:
    """West, south, east, north."""
    try:
        west, south, east, north = (float(number) for number in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _bad("bbox", _("A box is west,south,east,north in degrees."))
    return west, south, east, north


def _bad(name: str, message: str) -> Invalid:
    """A filter that makes no sense."""
    return Invalid(message, code="bad-filter", fields={name: message})
