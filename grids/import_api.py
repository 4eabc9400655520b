"""The doors of an import: hand in a file, change one's answers, look at its shapes, store it. Each is a job."""

import json
import math
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
from grids.proposals.references import choices
from grids.proposals.report import in_view
from grids.proposals.said import said_from
from grids.tasks import CHECK, STORE, rows_of

router = Router(tags=["import"])
PIXELS = 900
"""A view is about so wide; shapes of less than two such pixels are not worth sending."""


class CheckIn(Schema):
    """Other answers about a file that was handed in already."""

    said: Any


class StoreIn(Schema):
    """Why, and to which cautions a person agreed."""

    reason: str = ""
    agreed: list[str] = []


@router.get("/references")
def get_references(request: HttpRequest) -> Any:
    """The coordinate systems to choose from; any other EPSG number may be typed."""
    demand(request.user, "area.draw", now=timezone.now())
    return {"references": choices()}


@router.post("", response={202: Any})
def post_file(request: HttpRequest, file: File[UploadedFile | None] = None, said: Form[str] = "{}") -> Any:
    """Hand in a file and have it checked; the Idempotency-Key is the job's id, so a second sending finds the first."""
    now = timezone.now()
    demand(request.user, "area.draw", now=now)
    if file is None:
        words = _("Choose a file.")
        raise Invalid(words, code="no-file", fields={"file": words})
    job_id = key_of(request)
    try:
        answers = said_from(json.loads(said))
    except (ValueError, RecursionError):
        raise Invalid(_("The answers about the file are no JSON."), code="bad-request") from None
    title = _("Check of %(file)s") % {"file": (file.name or "")[:120]}
    upload: Any = file
    args = {"source": str(job_id), "said": answers.plain()}
    job = actions.start(CHECK, job_id=job_id, title=title, actor=request.user, args=args, file=upload, now=now)
    return Status(202, shown(job))


@router.post("/{uuid:job_id}/check")
@idempotent
def post_check(request: HttpRequest, job_id: UUID, body: CheckIn) -> Any:
    """Check the same file with other answers, as a new job."""
    now = timezone.now()
    demand(request.user, "area.draw", now=now)
    before = _mine(request, job_id)
    args = {"source": before.args["source"], "said": said_from(body.said).plain()}
    job = actions.start(CHECK, job_id=key_of(request), title=before.title, actor=request.user, args=args, now=now)
    return 202, shown(job)


@router.post("/{uuid:job_id}/store")
@idempotent
def post_store(request: HttpRequest, job_id: UUID, body: StoreIn) -> Any:
    """Store what a check found sound, as one change or nothing; the job's id becomes the change's."""
    now = timezone.now()
    demand(request.user, "area.draw", now=now)
    checked = _mine(request, job_id)
    found = checked.result or {}
    if checked.state != State.DONE or not found.get("sound"):
        raise Conflict(_("Some rows have problems; nothing of the file is stored until they are mended."))
    open_questions = [one["message"] for one in found["cautions"] if one["ask"] and one["code"] not in body.agreed]
    if open_questions:
        raise Conflict(open_questions[0], code="not-agreed")
    title = _("Import of %(count)d areas from %(file)s") % {"count": found["new"], "file": found["file"]["name"]}
    args = {"checked": str(checked.pk), "reason": body.reason}
    job = actions.start(STORE, job_id=key_of(request), title=title, actor=request.user, args=args, now=now)
    return 202, shown(job)


@router.get("/{uuid:job_id}/shapes")
def get_shapes(request: HttpRequest, job_id: UUID, bbox: str) -> Any:
    """The file's shapes in a view (bbox = west,south,east,north in degrees) as GeoJSON, those with problems first."""
    now = timezone.now()
    demand(request.user, "area.draw", now=now)
    path = rows_of(_mine(request, job_id).pk)
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        west = math.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid(_("A box is west,south,east,north in degrees."), code="bad-box")
    if not path.is_file():
        raise Missing(_("The file is not kept any more. Choose it again."), code="file-gone")
    features, left = in_view(path, (west, south, east, north), smallest=2 * (east - west) / PIXELS)
    return {"type": "FeatureCollection", "features": features, "left": left}


def _mine(request: HttpRequest, job_id: UUID) -> Job:
    """A check that the asker started; raises Missing, also for another's."""
    found = Job.objects.filter(pk=job_id, account=request.user.pk, kind=CHECK).first()
    if found is None:
        raise Missing(_("There is no such job."), code="no-job")
    return found
