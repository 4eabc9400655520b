"""The doors of a file of sites: hand it in, change one's answers, store it. Each is a job."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from gis.audit.receipts import idempotent
from gis.jobs.bringing import Bringing, CheckIn, StoreIn
from grids.permissions import demand
from layers.sites.imports import said_from
from layers.sites.judging import VERB
from layers.sites.tasks import CHECK, STORE

router = Router(tags=["import"])
BRINGING = Bringing(CHECK, STORE, said_from)


@router.post("", response={202: Any})
def post_file(request: HttpRequest, file: File[UploadedFile | None] = None, said: Form[str] = "{}") -> Any:
    """Hand in a file and have it checked; the Idempotency-Key is the job's id, so a second sending finds the first."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    return Status(202, BRINGING.hand_in(request, file, said, now=now))


@router.post("/{uuid:job_id}/check")
@idempotent
def post_check(request: HttpRequest, job_id: UUID, body: CheckIn) -> Any:
    """Check the same file with other answers, as a new job."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    return 202, BRINGING.check_again(request, job_id, body.said, now=now)


@router.post("/{uuid:job_id}/store")
@idempotent
def post_store(request: HttpRequest, job_id: UUID, body: StoreIn) -> Any:
    """Store what a check found; rows that were left out stay out."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    return 202, BRINGING.put_in(request, job_id, body.agreed, _("Sites from %(file)s"), now=now)
