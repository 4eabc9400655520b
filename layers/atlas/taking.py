"""The doors of exports: which layers can be taken away, a file at once, a large one as a job."""

import tempfile
import uuid
from pathlib import Path
from typing import Any, Literal

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

from gis.audit.receipts import idempotent
from gis.jobs.actions import start
from gis.jobs.api import shown
from gis.shared.errors import Conflict, SignInNeeded
from gis.shared.periods import moment_from
from layers.atlas import exports
from layers.atlas.tasks import EXPORT
from layers.atlas.writing import FORMATS

router = Router(tags=["layers"])
OWN = frozenset({"format", "area", "moment"})
"""What an address of a file says by itself; the rest are filters that the layer knows or leaves aside."""
MOST_AT_ONCE = 20_000
"""A file of more rows is made by a job: nobody waits so long for a page, and no stranger keeps the server busy."""


class Wanted(Schema):
    """An export to be made by a job; the id is the client's."""

    id: uuid.UUID
    format: Literal["geojson", "gpkg", "shp", "parquet", "csv"]
    area: uuid.UUID | None = None
    moment: str = ""
    filters: dict[str, str] = {}
    """What the map is narrowed to, as the layer knows it."""


@router.get("")
def get_layers(request: HttpRequest) -> Any:
    """The layers that the asker may take away, and the formats there are."""
    layers = [{"name": name, "title": str(title)} for name, title in exports.exportable(request.user).items()]
    return {"layers": layers, "formats": list(FORMATS), "most": MOST_AT_ONCE}


@router.get("/{name}/export")
def get_export(
    request: HttpRequest,
    name: str,
    word: str = Query("geojson", alias="format"),
    area: uuid.UUID | None = None,
    moment: str = "",
) -> Any:
    """One layer as a file: what the asker may see of it at a moment, of one area or of all."""
    now = timezone.now()
    exports.format_of(word)
    filters = {key: str(value) for key, value in request.GET.items() if key not in OWN}
    question = exports.ask(
        name, asker=request.user, moment=moment_from(moment, now=now), now=now, area=area, filters=filters
    )
    rows = exports.count(question)
    if rows > MOST_AT_ONCE:
        raise Conflict(
            _("%(rows)d rows are too many to wait for: a job makes this file.") % {"rows": rows},
            code="too-many-rows",
            rows=rows,
            most=MOST_AT_ONCE,
        )
    with tempfile.TemporaryDirectory() as folder:
        made = exports.export_layer(
            name, word, Path(folder), asker=request.user, moment=question.moment, now=now, area=area, filters=filters
        )
        file = made.path.open("rb")  # stays readable when the folder goes
    response = FileResponse(file, as_attachment=True, filename=made.filename, content_type=made.media)
    response["Cache-Control"] = "private, no-store"
    return response


@router.post("/{name}/export")
@idempotent
def post_export(request: HttpRequest, name: str, wanted: Wanted) -> Any:
    """Let a job make the file; its own page tells how far it is and gives the file."""
    now = timezone.now()
    if not request.user.is_authenticated:
        raise SignInNeeded(_("Sign in to do this."))
    moment = moment_from(wanted.moment, now=now)
    question = exports.ask(name, asker=request.user, moment=moment, now=now, area=wanted.area, filters=wanted.filters)
    job = start(
        EXPORT,
        job_id=wanted.id,
        title=_("Export: %(layer)s") % {"layer": exports.title_of(name)},
        actor=request.user,
        args={
            "layer": name,
            "word": wanted.format,
            "moment": question.moment.isoformat(),
            "area": str(wanted.area) if wanted.area else None,
            "filters": wanted.filters,
        },
        now=now,
    )
    return 202, shown(job)
