"""Putting entries that were written into the chain, in short transactions beside the writers.

Writers never wait for each other: an entry gets its own mark when it is written, and its number into `audit_pending`
by a trigger. Whoever seals next takes all that is pending; of two at once one does it and the other leaves it.
"""

import logging
import time
import uuid
from datetime import datetime

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from gis.audit import heads, keys
from gis.audit.chain import head, key_name, mark, same
from gis.audit.models import Entry, Seal

logger = logging.getLogger(__name__)
LOCK = 0x77616E676765  # "wangge": one sealer at a time
MOST = 5000
SOON_S = 1.0
_last: dict[str, float] = {}


def seal_soon() -> None:
    """After a commit: seal, unless this process did so within the last second; trouble is logged, never raised."""
    if time.monotonic() - _last.get("sealed", 0) < SOON_S:
        return
    _last["sealed"] = time.monotonic()
    try:
        seal(now=timezone.now())
    except DatabaseError:
        logger.warning("entries of the audit log wait to be sealed", exc_info=True)


def seal(*, now: datetime) -> int:
    """Put all that is pending into the chain; returns how many entries."""
    count = 0
    while True:
        taken = _one_seal(now)
        count += taken
        if taken < MOST:
            return count


def _one_seal(now: datetime) -> int:
    """One link of the chain with the entries that fit; 0 when there are none, or another process is at it."""
    with transaction.atomic():
        ids = _take()
        if not ids:
            return 0
        last = Seal.objects.order_by("-number").first()
        key = keys.present()
        entries, marks = _fitting(ids, adopt=last is None)
        if not entries:
            return 0
        made = Seal(
            number=last.number + 1 if last else 1,
            chain=last.chain if last else uuid.uuid4(),
            before=last.head if last else b"",
            sealed_at=now,
            key=key_name(key),
            entries=entries,
            marks=marks,
        )
        made.head = head(key, **made.told())
        made.save(force_insert=True)
        transaction.on_commit(lambda: heads.keep(heads.Head(str(made.chain), made.number, bytes(made.head).hex())))
    return len(ids)


def _take() -> list[int]:
    """Numbers of pending entries, taken out of the list, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(
            "DELETE FROM audit_pending WHERE entry_id IN"
            " (SELECT entry_id FROM audit_pending ORDER BY entry_id LIMIT %s) RETURNING entry_id",
            [MOST],
        )
        return sorted(row[0] for row in cursor.fetchall())


def _fitting(ids: list[int], *, adopt: bool) -> tuple[list[int], bytes]:
    """The entries whose marks fit, and their marks; rows without a mark only into the first seal (from before it)."""
    ring = keys.ring()
    entries, marks, foreign = [], [], []
    for entry in Entry.objects.filter(pk__in=ids).order_by("id"):
        known = ring.get(entry.key)
        if adopt and entry.mark is None:
            entries.append(entry.pk)
            marks.append(mark(keys.present(), entry.told()))
        elif known and entry.mark is not None and same(bytes(entry.mark), mark(known, entry.told())):
            entries.append(entry.pk)
            marks.append(bytes(entry.mark))
        else:
            foreign.append(entry.pk)
    if foreign:
        told = "%d audit entries were not written by this system, or were changed since; they are not sealed: %s"
        logger.error(told, len(foreign), ", ".join(map(str, foreign[:20])))
    return entries, b"".join(marks)
