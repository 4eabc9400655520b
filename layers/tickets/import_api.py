"""The doors by which another system's tickets come in: hand in a file, say how it is read, see what would be, store."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile

from gis.audit.receipts import idempotent, key_of
from gis.jobs import actions
from gis.jobs.api import shown
from gis.jobs.models import Job, State
from gis.shared.errors import Conflict, Invalid, Missing
from grids.permissions import demand
from layers.tickets.import_said import Said
from layers.tickets.import_tasks import CHECK, LOOK, PERMIT, STORE, first_rows, refused_rows
from layers.tickets.models import Category

router = Router(tags=["import"])
EXAMPLE = Path(settings.BASE_DIR) / "data" / "examples" / "tickets.csv"
MOST_SHOWN = 200


class CheckIn(Schema):
    """How the file is to be read."""

    said: Any


class StoreIn(Schema):
    """To which doubts a person said that it is meant so."""

    agreed: list[str] = []


@router.get("/example")
def get_example(request: HttpRequest) -> Any:
    """A few made-up tickets to try it with, for the sample town."""
    return FileResponse(EXAMPLE.open("rb"), as_attachment=True, filename=EXAMPLE.name)


@router.get("/categories")
def get_categories(request: HttpRequest) -> Any:
    """The categories that a word of the file may stand for."""
    now = timezone.now()
    demand(request.user, PERMIT, now=now)
    return {"categories": [{"code": row.code, "name": row.name} for row in Category.objects.at(now)]}


@router.post("", response={202: Any})
def post_file(request: HttpRequest, file: File[UploadedFile | None] = None) -> Any:
    """Hand in a file and have its headings read; the Idempotency-Key is the job's id: sent twice, it is one job."""
    now = timezone.now()
    demand(request.user, PERMIT, now=now)
    if file is None:
        words = _("Choose a file.")
        raise Invalid(words, code="no-file", fields={"file": words})
    title = _("Tickets from %(file)s") % {"file": (file.name or "")[:120]}
    upload: Any = file
    job = actions.start(LOOK, job_id=key_of(request), title=title, actor=request.user, args={}, file=upload, now=now)
    return Status(202, shown(job))


@router.get("/{uuid:job_id}/rows")
def get_rows(request: HttpRequest, job_id: UUID) -> Any:
    """The first rows of the file that such a job is about, and the first that it left out."""
    demand(request.user, PERMIT, now=timezone.now())
    job = _mine(request, job_id, LOOK, CHECK, STORE)
    said = job.args.get("said") or {}
    return {
        "rows": first_rows(UUID(job.args.get("source") or str(job.pk)), said.get("encoding", "")),
        "refused": refused_rows(job.pk, MOST_SHOWN),
    }


@router.post("/{uuid:job_id}/check")
@idempotent
def post_check(request: HttpRequest, job_id: UUID, body: CheckIn) -> Any:
    """Find out what storing the file would do, as a new job."""
    now = timezone.now()
    demand(request.user, PERMIT, now=now)
    before = _mine(request, job_id, LOOK, CHECK)
    said = Said.of(body.said)
    said.manner()
    args = {"source": before.args.get("source") or str(before.pk), "said": said.plain()}
    job = actions.start(CHECK, job_id=key_of(request), title=before.title, actor=request.user, args=args, now=now)
    return 202, shown(job)


@router.post("/{uuid:job_id}/store")
@idempotent
def post_store(request: HttpRequest, job_id: UUID, body: StoreIn) -> Any:
    """Store the good rows of a file that was checked."""
    now = timezone.now()
    demand(request.user, PERMIT, now=now)
    checked = _mine(request, job_id, CHECK)
    found = checked.result or {}
    if checked.state != State.DONE or not found.get("stored"):
        raise Conflict(_("There is nothing new in this file to store."), code="nothing-new")
    open_doubts = [one["message"] for one in found["doubts"] if one["ask"] and one["code"] not in body.agreed]
    if open_doubts:
        raise Conflict(open_doubts[0], code="not-agreed")
    args = {"source": checked.args["source"], "said": checked.args["said"]}
    job = actions.start(STORE, job_id=key_of(request), title=checked.title, actor=request.user, args=args, now=now)
    return 202, shown(job)


def _mine(request: HttpRequest, job_id: UUID, *kinds: str) -> Job:
    """Such a job that the asker started; raises Missing, also for another's."""
    found = Job.objects.filter(pk=job_id, account=request.user.pk, kind__in=kinds).first()
    if found is None:
        raise Missing(_("There is no such job."), code="no-job")
    return found
