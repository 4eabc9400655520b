"""The only writes of this app: the settlement, read anew when areas or residents changed."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from gis.audit.actions import record
from layers.coverage import settling
from layers.coverage.models import Edit, Settlement

LOCK = 0x736574746C
QUIET = timedelta(seconds=10)
"""Somebody who edited so lately is not done: what is read now would be stale at once."""


@transaction.atomic
def settle(*, now: datetime, actor: Any) -> Settlement | None:
    """Read where everybody lives and keep it in the place of the former; None while another process is doing so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
        # before anything is read: an edit that this does not see makes the settlement stale, read or not
        cursor.execute("SELECT pg_current_snapshot()::text")
        seen = cursor.fetchone()[0]
        land = settling.gather(moment=now)
        made = Settlement.objects.create(
            made_at=now, seen=seen, places=len(land), packed=settling.pack(land), rule=settling.RULE
        )
        Settlement.objects.filter(pk__lt=made.pk).delete()
        cursor.execute(
            "DELETE FROM coverage_edit WHERE pg_visible_in_snapshot(written_by::xid8, %s::pg_snapshot)", [seen]
        )
    if actor is not None:  # a person or a command; what the worker renews by itself is nobody's act
        detail = {"places": len(land)}
        record(actor=actor, verb="coverage.settle", subject=f"settlement {made.pk}", now=now, detail=detail)
    return made


def keep_settled(*, now: datetime) -> bool:
    """Settle when there is something new and editing has paused; whether it was done. Quick when nothing is new."""
    newest = Settlement.objects.defer("packed").order_by("-id").first()
    if newest is not None and not settling.stale(newest, now=now):
        return False
    if Edit.objects.filter(written_at__gt=now - QUIET).exists():
        return False
    return settle(now=now, actor=None) is not None
