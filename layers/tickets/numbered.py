"""Tickets by a part of their number, as the search box asks: the newest of those that somebody may see."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Upper

from layers.tickets import spots
from layers.tickets.models import Ticket
from layers.tickets.models.ticket import NumberSeries
from layers.tickets.sight import Asked, sight_of

FEW = 50_000
"""A list of no more is found whole and sorted; a longer one is walked along an index."""
LOOKED_THROUGH = 4_000
"""A list of no more is looked through to its end where its newest do not tell: nothing else need be asked."""
NEWEST = 1_000
"""So many of a longer list are looked through before an index is asked: what stands in most numbers stands in these."""
HIGHEST = 2_000
"""So many numbers that begin alike are looked through, from the highest on: most people may see some of them."""
DIGITS = 6
"""A serial has as many at least (`actions.numbers`)."""
MOST_FREE = 3
"""Of serials that hold a part all are tried: so many digits beside it may be any."""

Found = list[tuple[datetime, uuid.UUID]]


def newest(part: str, asker: Any, *, now: datetime, limit: int) -> list[Ticket]:
    """At most `limit` visible tickets, newest first, whose number holds `part` (3 signs or more); the one named alone.

    A county and a year stand in the numbers of hundreds of thousands, all of which an index would bring; a serial
    stands in few, for which the whole list would be walked. So the newest are tried first, and then the series.
    Where thousands of numbers begin so, the newest are those among the highest: serials are given as tickets come in.
    """
    sight = sight_of(asker, None, now=now)
    if not sight.groups:
        return []
    part = part.upper()
    visible = Ticket.objects.visible_to(asker, now)
    named = list(visible.filter(number=part).select_related("category"))
    if named:
        return named
    total = spots.totals(Asked(), sight, now=now)[0]
    few = total <= FEW
    keys = _among(spots.by_time(Asked(), sight, now=now, after=None, limit=NEWEST, few=few), part, limit)
    if len(keys) < limit and NEWEST < total <= LOOKED_THROUGH:
        keys = _among(spots.by_time(Asked(), sight, now=now, after=None, limit=total, few=few), part, limit)
    elif len(keys) < limit and total > NEWEST:
        told = _by_series(part, visible, limit)
        keys = _by_reading(part, visible, limit) if told is None else told
    kept = Ticket.objects.select_related("category").in_bulk(keys)
    return [kept[key] for key in keys if key in kept]


def _among(listed: Found, part: str, limit: int) -> list[uuid.UUID]:
    """The first of a list whose numbers hold a part."""
    keys = [key for _moment, key in listed]
    numbers = dict(Ticket.objects.filter(pk__in=keys).values_list("pk", "number"))
    return [key for key in keys if part in numbers.get(key, "").upper()][:limit]


def _by_series(part: str, visible: Any, limit: int) -> list[uuid.UUID] | None:
    """The same by where a part can stand in a number: in county and year, from there on, or in the serial alone.

    None where that takes too long, or leaves too few of which more may be hidden behind those looked through.
    """
    digits = _digits(part)
    stretches: list[tuple[str, str]] = []
    serials: list[str] = []
    whole = True
    for code, year, last in NumberSeries.objects.values_list("county_code", "year", "last"):
        head, widths = f"{code}-{year}-", range(DIGITS, max(DIGITS, len(str(last))) + 1)
        if digits and widths[-1] - len(part) > MOST_FREE:
            return None
        starts = set(_after(part, head.upper()))
        if "" in starts:
            starts = {""}
        elif digits:
            serials += [head + serial for width in widths for serial in _around(part, width) if int(serial) <= last]
        for low, high, width in (one for start in starts for one in _stretches(start, widths, last)):
            highest = max(low, high - HIGHEST + 1)
            stretches.append((f"{head}{highest:0{width}}", f"{head}{high:0{width}}"))
            whole = whole and highest == low
    # put in order here: asked for the newest of them, the database walks all tickets by time
    rows = visible.order_by().values_list("reported_at", "pk")
    found: Found = list(rows.filter(number__in=serials)) if serials else []
    for low_number, high_number in stretches:
        head = low_number[: low_number.rindex("-") + 1]
        found += rows.filter(number__range=(low_number, high_number), number__startswith=head)
    if not whole and len(found) < limit:
        return None
    return [key for _moment, key in sorted(set(found), reverse=True)[:limit]]


def _stretches(start: str, widths: range, last: int) -> Iterator[tuple[int, int, int]]:
    """The serials up to the last that begin with some digits: the lowest and the highest of each width."""
    for width in widths:
        free = width - len(start)
        if free >= 0:
            first = int(start or 0) * 10**free
            low = max(first, 1 if width == DIGITS else 10 ** (width - 1))
            high = min(last, first + 10**free - 1)
            if low <= high:
                yield low, high, width


def _after(part: str, head: str) -> Iterator[str]:
    """With which digits a serial begins so that head and serial hold a part which begins in the head; "": with any."""
    if part in head:
        yield ""
    for cut in range(1, len(part)):
        if head.endswith(part[:cut]) and _digits(part[cut:]):
            yield part[cut:]


def _digits(text: str) -> bool:
    """Whether a text is of nothing but 0 to 9: there are digits in other scripts, and raised ones."""
    return text.isascii() and text.isdigit()


def _around(part: str, width: int) -> set[str]:
    """All serials of a width that hold a part."""
    free = width - len(part)
    others = ["".join(digits) for digits in product("0123456789", repeat=free)] if free >= 0 else []
    return {rest[:at] + part + rest[at:] for rest in others for at in range(len(rest) + 1)}


def _by_reading(part: str, visible: Any, limit: int) -> list[uuid.UUID]:
    """The same where neither the newest nor the series tell.

    Left to itself the database walks all tickets by time, for it thinks each part common. By the index a part is found
    that stands in few numbers; that of another county, which stands in hundreds of thousands, is looked for by reading.
    """
    rows = visible.order_by("-reported_at", "-pk").values_list("pk", flat=True)
    heads = NumberSeries.objects.filter(last__gte=NEWEST).values_list("county_code", "year")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        if any(part in f"{code.upper()}-{year}-" for code, year in heads):
            keys = list(rows.filter(number__contains=part)[:limit])
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
            keys = list(rows.alias(capitals=Upper("number")).filter(capitals__contains=part)[:limit])
        cursor.execute("SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_indexscan = DEFAULT")
    return keys
