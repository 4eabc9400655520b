"""The doors of a file of sites: hand it in, change one's answers, store it. Each is a job."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from gis.audit.receipts import idempotent, key_of
from gis.jobs import actions
from gis.jobs.api import shown
from gis.jobs.models import Job, State
from gis.shared.errors import Conflict, Invalid, Missing
from grids.permissions import demand
from layers.sites.imports import said_from
from layers.sites.judging import VERB
from layers.sites.tasks import CHECK, STORE

router = Router(tags=["import"])


class CheckIn(Schema):
    """Other answers about a file that was handed in already."""

    said: Any


class StoreIn(Schema):
    """To which cautions a person agreed."""

    agreed: list[str] = []


@router.post("", response={202: Any})
def post_file(request: HttpRequest, file: File[UploadedFile | None] = None, said: Form[str] = "{}") -> Any:
    """Hand in a file and have it checked; the Idempotency-Key is the job's id, so a second sending finds the first."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    if file is None:
        words = _("Choose a file.")
        raise Invalid(words, code="no-file", fields={"file": words})
    job_id = key_of(request)
    try:
        answers = json.loads(said)
    except (ValueError, RecursionError):
        raise Invalid(_("The answers about the file are no JSON."), code="bad-request") from None
    said_from(answers)
    title = _("Check of %(file)s") % {"file": (file.name or "")[:120]}
    upload: Any = file
    args = {"source": str(job_id), "said": answers}
    job = actions.start(CHECK, job_id=job_id, title=title, actor=request.user, args=args, file=upload, now=now)
    return Status(202, shown(job))


@router.post("/{uuid:job_id}/check")
@idempotent
def post_check(request: HttpRequest, job_id: UUID, body: CheckIn) -> Any:
    """Check the same file with other answers, as a new job."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    before = _mine(request, job_id)
    said_from(body.said)
    args = {"source": before.args["source"], "said": body.said}
    job = actions.start(CHECK, job_id=key_of(request), title=before.title, actor=request.user, args=args, now=now)
    return 202, shown(job)


@router.post("/{uuid:job_id}/store")
@idempotent
def post_store(request: HttpRequest, job_id: UUID, body: StoreIn) -> Any:
    """Store what a check found; rows that were left out stay out."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    checked = _mine(request, job_id)
    found = checked.result or {}
    if checked.state != State.DONE or not found.get("storable"):
        raise Conflict(_("Nothing was stored: look at the report."), code="not-sound")
    asked = [one for one in found.get("cautions", ()) if one["ask"] and one["code"] not in body.agreed]
    if asked:
        raise Conflict(asked[0]["message"], code="not-agreed")
    title = _("Sites from %(file)s") % {"file": found["file"]["name"]}
    args = {"source": checked.args["source"], "said": checked.args["said"], "agreed": body.agreed}
    job = actions.start(STORE, job_id=key_of(request), title=title, actor=request.user, args=args, now=now)
    return 202, shown(job)


def _mine(request: HttpRequest, job_id: UUID) -> Job:
    """A check that the asker started; raises Missing, also for another's."""
    found = Job.objects.filter(pk=job_id, account=request.user.pk, kind=CHECK).first()
    if found is None:
        raise Missing(_("There is no such job."), code="no-job")
    return found
