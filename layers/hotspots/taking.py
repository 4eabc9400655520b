"""Results taken away as files: at once, or by a job that tells how far it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from gis.audit.actions import record_taking
from gis.jobs.actions import start
from gis.jobs.api import shown
from layers.hotspots import files

JOB = "hotspot-file"


def at_once(result: files.Result, kind: str, *, asker: Any, now: datetime) -> HttpResponse:
    """A result as a file of a known kind, written down in the log."""
    response = HttpResponse(files.written(kind, result), content_type=files.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="{files.filename(result.question, kind)}"'
    response["Cache-Control"] = "private, no-store"
    taken(kind, len(result), asker=asker, now=now)
    return response


def by_job(
    job_id: UUID,
    kind: str,
    *,
    asker: Any,
    now: datetime,
    asked: dict[str, str] | None = None,
    run: UUID | None = None,
) -> dict[str, Any]:
    """Queue the file of a question, or of a kept result, for the job of that id; what the page is told of it."""
    title = _("Hotspots as a file (%(kind)s)") % {"kind": kind.upper()}
    args = {"kind": kind, "asked": asked, "kept": str(run) if run else None}
    return shown(start(JOB, job_id=job_id, title=title, actor=asker, args=args, now=now))


def taken(kind: str, rows: int, *, asker: Any, now: datetime) -> None:
    """Write down who took how many cells away."""
    record_taking(actor=asker, verb="hotspot.export", subject=kind, now=now, detail={"rows": rows, "format": kind})
