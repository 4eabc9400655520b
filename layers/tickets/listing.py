"""Lists of tickets: filters, true totals, and pages that neither skip nor repeat while tickets come in.

What the narrow rows can answer (`spots`) they do, at any number of tickets; what one reported, words, lists of ids and
past moments are looked up among the tickets themselves.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any, Literal

from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from gis.shared.errors import Invalid
from layers.tickets import spots, wording, workflow
from layers.tickets.boxes import Box
from layers.tickets.duty import needing
from layers.tickets.models import Ticket, TicketQuerySet
from layers.tickets.sight import Asked, Sight, category_ids, sight_of
from layers.tickets.then import as_then, known

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
MOST = 200
FEW = 2_000
"""A list of no more is found whole and sorted; a longer one is walked along an index until the page is full."""
LOOKED_THROUGH = 20_000
"""Among no more tickets a word is looked for in each; among more by its index."""
MOST_COUNTED = 2_000
"""Tickets with a word in them are counted up to here; of more it is told that there are more."""
View = Literal["needs_me", "mine", "area", "beside"]
Order = Literal["due", "newest"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list shall show; empty values leave a filter out.

    `bbox` is west,south,east,north in degrees; `cell` is the id of a counted circle on the map ("15:78123").
    """

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
    cell: str = ""

    def __post_init__(self) -> None:
        """A day or an hour without a zone is one of the place."""
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and not MINYEAR < moment.year < MAXYEAR:  # at the ends no zone can be reckoned with
                raise _no_filter(name, moment.isoformat())
            if moment is not None and timezone.is_naive(moment):
                object.__setattr__(self, name, timezone.make_aware(moment))

    def is_narrow(self) -> bool:
        """Whether the narrow rows know all that it asks for."""
        return self.view not in {"mine", "beside"} and not (self.q or self.ids)

    def sight(self, asker: Any, *, now: datetime) -> Sight:
        """What the asker may see of what it asks for, as the narrow rows tell it."""
        seen = sight_of(asker, self.area, now=now)
        return needing(seen, asker, now=now) if self.view == "needs_me" else seen

    def asked(self) -> Asked:
        """The same for the narrow rows, without the area (which belongs to what is seen); raises Invalid."""
        codes = self.category.split(",") if self.category else None
        return Asked(
            states=tuple(dict.fromkeys(_states(self.state))) if self.state else (),
            categories=tuple(sorted(category_ids(codes).values())) if codes is not None else None,
            since=self.since,
            until=self.until,
            overdue=self.overdue,
            codes=_cell(self.cell) if self.cell else None,
            box=_box(self.bbox) if self.bbox else None,
        )


_WISH = TypeAdapter(Wish)
NAMES = frozenset(field.name for field in fields(Wish))


def wish_from(query: Mapping[str, str]) -> Wish | None:
    """The wish that an address carries, None where it has no filter; raises Invalid."""
    told = {name: query[name] for name in NAMES if query.get(name)}
    if not told:
        return None
    for name, value in told.items():
        if "\0" in value:
            raise _no_filter(name, repr(value))
    try:
        return _WISH.validate_python(told)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise _no_filter(name, told.get(name)) from None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list, how many there are in all and overdue (`more`: at least so many), and where it goes on."""

    tickets: list[Ticket]
    total: int
    overdue: int
    following: str | None
    more: bool = False


def listed(
    asker: Any, wish: Wish, now: datetime, *, order: Order, after: str, limit: int, then: datetime | None = None
) -> Listed:
    """A page of what the wish asks for among what the asker may see, with true totals; raises Invalid."""
    limit = max(0, min(limit, MOST))
    if then is None and wish.is_narrow():
        return _from_spots(asker, wish, now, order=order, after=after, limit=limit)
    if wish.q and then is None and replace(wish, q="").is_narrow():
        return _with_words(asker, wish, now, order=order, after=after, limit=limit)
    found = chosen(asker, wish, now, then=then)
    tickets, following = page(wording.worded(found, wish.q), order=order, after=after, limit=limit, then=then)
    overdue = late(wording.worded(found, wish.q), now, then=then).count()
    return Listed(tickets, wording.worded(found, wish.q).count(), overdue, following)


def _from_spots(asker: Any, wish: Wish, now: datetime, *, order: Order, after: str, limit: int) -> Listed:
    """The same from the narrow rows; only the tickets of the page itself are read whole."""
    sight, asked = wish.sight(asker, now=now), wish.asked()
    total, overdue = spots.totals(asked, sight, now=now)
    if not total:
        return Listed([], 0, 0, None)
    tickets, following = _page_of_spots(asked, sight, now, order=order, after=after, limit=limit, few=total <= FEW)
    return Listed(tickets, total, overdue, following)


def _page_of_spots(
    asked: Asked, sight: Sight, now: datetime, *, order: Order, after: str, limit: int, few: bool
) -> tuple[list[Ticket], str | None]:
    """A page, and where it goes on. `few`: all of the list is found and sorted."""
    place = _cursor(after) if after else None
    if not limit:
        return [], None
    if order == "due":
        rows = spots.by_due(asked, sight, now=now, after=place, limit=limit + 1, few=few, never=NEVER)
    else:
        rows = spots.by_time(asked, sight, now=now, after=place, limit=limit + 1, few=few)
    kept = Ticket.objects.select_related("category").in_bulk([key for _moment, key in rows[:limit]])
    tickets = [kept[key] for _moment, key in rows[:limit] if key in kept]
    return tickets, _cursor_at(*rows[limit - 1]) if len(rows) > limit else None


def _with_words(asker: Any, wish: Wish, now: datetime, *, order: Order, after: str, limit: int) -> Listed:
    """Tickets with a word in them. Among few all are looked at; of many those with the word are found by its index.

    Where these are more than are counted, the first of them are met on the way along the list.
    """
    sight, asked = wish.sight(asker, now=now), wish.asked()
    if spots.totals(asked, sight, now=now)[0] <= LOOKED_THROUGH:
        found = spots.first_found(replace(asked, words=wish.q), sight, now=now, limit=MOST_COUNTED + 1)
    else:
        found = wording.first_found(chosen(asker, wish, now), wish.q, limit=MOST_COUNTED + 1)
    overdue = sum(due is not None and due <= now for _key, due in found)
    if len(found) > MOST_COUNTED:
        worded = replace(asked, words=wish.q)
        tickets, following = _page_of_spots(worded, sight, now, order=order, after=after, limit=limit, few=False)
        return Listed(tickets, MOST_COUNTED, overdue, following, more=True)
    rows = Ticket.objects.filter(pk__in=[key for key, _due in found])
    tickets, following = page(rows, order=order, after=after, limit=limit)
    return Listed(tickets, len(found), overdue, following)


def chosen(asker: Any, wish: Wish, now: datetime, *, then: datetime | None = None) -> TicketQuerySet:
    """The tickets of a list, all of them visible to the asker; raises Invalid for a filter that makes no sense.

    All filters but words: how those are looked for depends on how many there are (`listed`, `wording`).
    `then` is a past moment at which states and clocks are read (`layers.tickets.then`).
    """
    found = Ticket.objects.visible_to(asker, now)
    if wish.view == "needs_me":
        found = Ticket.objects.needing(asker, now)
    elif wish.view == "mine":
        found = Ticket.objects.readable_by(asker, now).filter(reported_by=asker.pk)
    elif wish.view == "beside":
        found = Ticket.objects.beside(asker, now)
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
    if wish.ids:
        found = found.filter(pk__in=_ids(wish.ids))
    if wish.cell:
        low, high = _cell(wish.cell)
        found = found.filter(spot__code__gte=low, spot__code__lt=high)
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
    return (tickets if then is None else as_then(tickets, then)), following


def _cursor_of(ticket: Any) -> str:
    """Where a page ended, as an opaque text."""
    return _cursor_at(ticket.place, ticket.pk)


def _cursor_at(place: datetime, key: uuid.UUID) -> str:
    """The same from its two parts."""
    return base64.urlsafe_b64encode(json.dumps([place.isoformat(), str(key)]).encode()).decode()


def _cursor(text: str) -> tuple[datetime, uuid.UUID]:
    """Where the page before ended; raises Invalid for a text that is no cursor of ours."""
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(text.encode()))
        return datetime.fromisoformat(moment), uuid.UUID(key)
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise _bad("after", _("This is not the end of a page.")) from None


def _states(text: str) -> list[str]:
    """States by name; "open" and "ended" stand for several."""
    groups = {"open": workflow.OPEN, "ended": tuple(sorted(workflow.ENDED)), "all": workflow.STATES}
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


def _box(text: str) -> Box:
    """West, south, east, north."""
    try:
        west, south, east, north = (float(number) for number in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _bad("bbox", _("A box is west,south,east,north in degrees."))
    return Box(west, south, east, north)


def _cell(text: str) -> tuple[int, int]:
    """The stretch of codes of a counted circle."""
    zoom, _colon, code = text.partition(":")
    try:
        z, number = int(zoom), int(code)
    except ValueError:
        z = number = -1
    if not (0 <= z <= spots.WORLD_BITS and 0 <= number < 4**z):
        raise _bad("cell", _("This is not a circle of the map."))
    return spots.stretch(z, number)


def _no_filter(name: str, value: str | None) -> Invalid:
    """A filter that holds no such value."""
    return _bad(name, _("%(name)s is no filter of tickets: %(value)s") % {"name": name, "value": value})


def _bad(name: str, message: str) -> Invalid:
    """A filter that makes no sense."""
    return Invalid(message, code="bad-filter", fields={name: message})
