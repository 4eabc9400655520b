"""The only way into the log."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from gis.audit import keys
from gis.audit.chain import key_name, mark
from gis.audit.models import Entry
from gis.audit.sealing import seal_soon

SYSTEM = "system"


def record(*, actor: Any, verb: str, subject: object, now: datetime, detail: dict[str, Any] | None = None) -> Entry:
    """Write down who did or read what; inside the caller's transaction, so that an act and its entry stand together.

    `actor` is an account, None or a text for commands; `detail` must hold no personal data.
    """
    known = getattr(actor, "is_authenticated", False)
    key = keys.present()
    entry = Entry(
        id=_next_number(),
        recorded_at=now,
        actor_id=str(actor.pk) if known else "",
        actor_name=str(actor)[:150] if known or isinstance(actor, str) else SYSTEM,
        verb=verb,
        subject=str(subject)[:200],
        detail=detail or {},
        key=key_name(key),
    )
    entry.mark = mark(key, entry.told())
    entry.save(force_insert=True)
    transaction.on_commit(seal_soon, robust=True)
    return entry


def record_taking(
    *, actor: Any, verb: str, subject: object, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Write down who took a copy away, where somebody did: what a visitor takes is public, and leaves no row.

    The log is kept for ever; a stranger who asks for a public file again and again must not be able to fill it.
    """
    if isinstance(actor, str) or getattr(actor, "is_authenticated", False):
        record(actor=actor, verb=verb, subject=subject, now=now, detail=detail)


def _next_number() -> int:
    """The number the next entry gets: it is part of what is signed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_entry', 'id'))")
        return int(cursor.fetchone()[0])
