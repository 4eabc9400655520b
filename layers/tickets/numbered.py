"""Tickets by a part of their number, as the search box asks: the newest of those that somebody may see."""

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Upper

from layers.tickets import spots
from layers.tickets.models import Ticket
from layers.tickets.models.ticket import NumberSeries
from layers.tickets.sight import Asked, sight_of

FEW = 50_000
"""A list of no more is found whole and sorted; a longer one is walked along an index."""
NEWEST = 1_000
"""So many are looked through before an index is asked: what stands in most numbers stands in the newest."""


def newest(part: str, asker: Any, *, now: datetime, limit: int) -> list[Ticket]:
    """At most `limit` visible tickets, newest first, whose number holds `part` (3 signs or more); the one named alone.

    A county and a year stand in the numbers of hundreds of thousands, all of which an index would bring; a serial
    stands in few, for which the whole list would be walked. So the newest are tried first, and then the index.
    """
    sight = sight_of(asker, None, now=now)
    if not sight.groups:
        return []
    part = part.upper()
    visible = Ticket.objects.visible_to(asker, now)
    named = list(visible.filter(number=part).select_related("category"))
    if named:
        return named
    few = spots.totals(Asked(), sight, now=now)[0] <= FEW
    first = spots.by_time(Asked(), sight, now=now, after=None, limit=NEWEST, few=few)
    among = [key for _moment, key in first]
    numbers = dict(Ticket.objects.filter(pk__in=among).values_list("pk", "number"))
    keys = [key for key in among if part in numbers.get(key, "").upper()][:limit]
    if len(keys) < limit and len(first) == NEWEST:
        keys = _seldom(part, visible.order_by("-reported_at", "-pk").values_list("pk", flat=True), limit)
    kept = Ticket.objects.select_related("category").in_bulk(keys)
    return [kept[key] for key in keys if key in kept]


def _seldom(part: str, visible: Any, limit: int) -> list[uuid.UUID]:
    """The same where the newest do not tell.

    Left to itself the database walks all tickets by time, for it thinks each part common. By the index a part is found
    that stands in few numbers; that of another county, which stands in hundreds of thousands, is looked for by reading.
    """
    heads = NumberSeries.objects.filter(last__gte=NEWEST).values_list("county_code", "year")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        if any(part in f"{code.upper()}-{year}-" for code, year in heads):
            keys = list(visible.filter(number__contains=part)[:limit])
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
            keys = list(visible.alias(capitals=Upper("number")).filter(capitals__contains=part)[:limit])
        cursor.execute("SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_indexscan = DEFAULT")
    return keys
