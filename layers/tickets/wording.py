"""Tickets by words in their text or number: looked at one by one, or found by an index that holds every sign twice."""

import uuid
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Upper

from layers.tickets.models import TicketQuerySet
from layers.tickets.models.ticket import Doubled, NumberSeries

IN_TEXT, IN_NUMBER = 2, 3
"""The least signs of which an index knows something: with fewer there is no triple of them, and all of it is read."""
SERIAL = frozenset("0123456789-")


def worded(found: TicketQuerySet, words: str) -> TicketQuerySet:
    """Those with a word in their text or number, or that have it for a number elsewhere, looked at one by one."""
    if not words:
        return found
    return found.filter(Q(number__icontains=words) | Q(text__icontains=words) | Q(external_number=words))


def indexed(found: TicketQuerySet, words: str) -> TicketQuerySet:
    """The same by way of the indexes of words, where they know something of these."""
    numbered = may_stand_in_a_number(words)
    if len(words) < (IN_NUMBER if numbered else IN_TEXT):
        return worded(found, words)
    doubled = "".join(sign * 2 for sign in words.upper())
    rows = found.alias(doubled=Doubled("text"), capitals=Upper("number"))
    wanted = Q(doubled__contains=doubled) | Q(external_number=words)
    return rows.filter(wanted | Q(capitals__contains=words.upper()) if numbered else wanted)


def may_stand_in_a_number(words: str) -> bool:
    """Whether a number of ours, which is a county's code, the year and a serial, is written with such signs."""
    codes = NumberSeries.objects.values_list("county_code", flat=True).distinct()
    return set(words.upper()) <= SERIAL.union(*(code.upper() for code in codes))


def first_found(found: TicketQuerySet, words: str, *, limit: int) -> list[tuple[uuid.UUID, datetime | None]]:
    """So many tickets with a word in them at most, in no order, each with when it is due.

    By the index even where the database would rather read the table through: of a frequent word it guesses that its
    first thousands stand at the beginning, and then doubles every text on the way to them.
    """
    rows = indexed(found, words).order_by().values_list("pk", "due_at")[:limit]
    with transaction.atomic(), connection.cursor() as cursor:
        if len(words) >= (IN_NUMBER if may_stand_in_a_number(words) else IN_TEXT):
            cursor.execute("SET LOCAL enable_seqscan = off")
        told = list(rows)
        cursor.execute("SET LOCAL enable_seqscan = DEFAULT")
    return told
