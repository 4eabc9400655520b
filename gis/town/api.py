"""The doors of opening a real place: hand in an extract, look at what it would become, store it."""

import math
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
from gis.town.imported import demand_room
from gis.town.opening.kept import in_view
from gis.town.tasks import CHECK, STORE, demand_zone, plan_of
from grids.fields import tidy_name
from grids.permissions import demand_open

router = Router(tags=["import"])
EXAMPLE = Path(settings.BASE_DIR) / "data" / "examples" / "xinglin.osm"
PIXELS = 900
"""A view is about so wide; shapes of less than two such pixels are not worth sending."""
LONGEST_NAME = 60


class StoreIn(Schema):
    """How the place is called and what its clocks say; `demo`: with posts for demonstration."""

    name_zh: str = ""
    name_en: str = ""
    time_zone: str = settings.TIME_ZONE
    demo: bool = True


@router.get("/example")
def get_example(request: HttpRequest) -> Any:
    """A small made-up town to try it with."""
    return FileResponse(EXAMPLE.open("rb"), as_attachment=True, filename=EXAMPLE.name)


@router.post("", response={202: Any})
def post_file(request: HttpRequest, file: File[UploadedFile | None] = None) -> Any:
    """Hand in an extract and have it read; the Idempotency-Key is the job's id, so a second sending finds the first."""
    now = timezone.now()
    demand_open(request.user, now=now)
    demand_room()
    if file is None:
        words = _("Choose a file.")
        raise Invalid(words, code="no-file", fields={"file": words})
    job_id = key_of(request)
    title = _("Reading %(file)s") % {"file": (file.name or "")[:120]}
    upload: Any = file
    job = actions.start(CHECK, job_id=job_id, title=title, actor=request.user, args={}, file=upload, now=now)
    return Status(202, shown(job))


@router.post("/{uuid:job_id}/store")
@idempotent
def post_store(request: HttpRequest, job_id: UUID, body: StoreIn) -> Any:
    """Store what was read, whole or not at all; the job's id becomes the change's."""
    now = timezone.now()
    demand_open(request.user, now=now)
    checked = _mine(request, job_id)
    demand_room()
    if checked.state != State.DONE:
        raise Conflict(_("The file is not read yet, or cannot be read."), code="not-read")
    names = {name: tidy_name(getattr(body, name)) for name in ("name_zh", "name_en")}
    for name, text in names.items():
        if len(text) > LONGEST_NAME or not text.isprintable():
            words = _("One line of at most %(most)d characters, please.") % {"most": LONGEST_NAME}
            raise Invalid(words, code="bad-name", fields={name: words})
    demand_zone(body.time_zone)
    title = _("Opening the place %(name)s") % {"name": names["name_zh"] or checked.title}
    args = {"checked": str(checked.pk), **names, "time_zone": body.time_zone, "demo": body.demo}
    job = actions.start(STORE, job_id=key_of(request), title=title, actor=request.user, args=args, now=now)
    return 202, shown(job)


@router.get("/{uuid:job_id}/shapes")
def get_shapes(request: HttpRequest, job_id: UUID, bbox: str) -> Any:
    """What the file would become in a view (bbox = west,south,east,north in degrees) as GeoJSON."""
    demand_open(request.user, now=timezone.now())
    path = plan_of(_mine(request, job_id).pk)
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
    """A reading that the asker started; raises Missing, also for another's."""
    found = Job.objects.filter(pk=job_id, account=request.user.pk, kind=CHECK).first()
    if found is None:
        raise Missing(_("There is no such job."), code="no-job")
    return found
