"""The only way into the log."""

from datetime import datetime
from typing import Any

from gis.audit.models import Entry

SYSTEM = "system"


def record(*, actor: Any, verb: str, subject: object, now: datetime, detail: dict[str, Any] | None = None) -> Entry:
    """Write down who did or read what; inside the caller's transaction, so that an act and its entry stand together.

    `actor` is an account, None or a text for commands; `detail` must hold no personal data.
    """
    known = getattr(actor, "is_authenticated", False)
    return Entry.objects.create(
        recorded_at=now,
        actor_id=str(actor.pk) if known else "",
        actor_name=str(actor)[:150] if known or isinstance(actor, str) else SYSTEM,
        verb=verb,
        subject=str(subject)[:200],
        detail=detail or {},
    )
