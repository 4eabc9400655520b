"""The JSON doors of this app: an analysis, the same as a file, and the tickets behind one cell."""

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from gis.audit.actions import record_taking
from gis.audit.receipts import idempotent
from gis.shared.errors import Invalid, Missing
from grids.models import Boundary, Tier
from grids.permissions import demand
from layers.hotspots import actions, exports, files, painting
from layers.hotspots.analysis import VERB, answer, areas_asked
from layers.hotspots.heat import heat
from layers.hotspots.models import Run
from layers.hotspots.queries import ids_and_places, tickets_asked
from layers.hotspots.questions import read
from layers.hotspots.tilings import tiling
from layers.tickets.models import Category, Ticket

router = Router(tags=["hotspots"])

PAGE = 50
MOST_PAGES = 20_000
MOST_PLACES = 2_000
"""Dots of one cell that the map can show apart."""
FIRST_RANK = 2
"""Streets and below: counties are too few to compare."""


class KeepIn(Schema):
    """A result to keep: an id made by the client, a name, and the words of the question."""

    id: UUID
    name: str
    asked: dict[str, str] = {}


@router.get("", summary="Hot and cold cells")
def hotspots(request: HttpRequest) -> dict[str, Any]:
    """Gi* with FDR over hexagons or areas: a GeoJSON FeatureCollection with `question` and `summary`.

    Query: cells, width, area, category, since, until, per, neighbours, nearest, within, chance, moment. Of more than
    20,000 cells (`summary.pictured`) those that stand out; `/picture` draws all, `/cell` tells of one.
    """
    now = timezone.now()
    demand(request.user, VERB, now=now)
    analysis = answer(read(request.GET.dict(), now=now), request.user, now=now)
    if exports.pictured(analysis):
        painting.remember(analysis, request.user, now=now)
    return exports.document(analysis)


@router.get("/choices", summary="What can be asked")
def choices(request: HttpRequest) -> dict[str, Any]:
    """Categories, and the tiers whose areas can be compared, from the top down."""
    demand(request.user, VERB, now=timezone.now())
    drawn = Boundary.objects.still().values("tier")
    tiers = Tier.objects.still().filter(pk__in=drawn, rank__gte=FIRST_RANK)
    return {
        "categories": [{"code": row.code, "name": row.name} for row in Category.objects.still()],
        "tiers": [{"code": row.code, "name": row.name} for row in tiers],
    }


@router.get("/picture", summary="All cells of a view as a picture")
def picture(request: HttpRequest, west: float, south: float, east: float, north: float, wide: int, high: int) -> Any:
    """Classes in a box of degrees as a grey PNG (data URL) of at most 500,000 pixels; query as of the analysis.

    A grey value is a place in `classes`, from 1 (0: no cell); where two cells meet `edge` is added.
    """
    now = timezone.now()
    demand(request.user, VERB, now=now)
    analysis = painting.remembered(read(request.GET.dict(), now=now), request.user, now=now)
    return painting.picture(analysis, box=(west, south, east, north), wide=wide, high=high)


@router.get("/cell", summary="One cell of an analysis")
def one_cell(request: HttpRequest, cell: str = "", lon: float | None = None, lat: float | None = None) -> Any:
    """One cell as a GeoJSON feature, by its id or by a place in it; query as of the analysis."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    analysis = painting.remembered(read(request.GET.dict(), now=now), request.user, now=now)
    number = -1
    if cell:
        number = analysis.cells.ids.index(cell) if cell in analysis.cells.ids else -1
    elif lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90:
        number = int(analysis.cells.of(np.array([[lon, lat]]))[0])
    if number < 0:
        raise Missing(_("There is no such cell in this analysis."))
    return exports.features(analysis, np.array([number]))[0]


@router.get("/file.{kind}", summary="The same analysis as a file")
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """CSV (UTF-8 with byte order mark), XLSX, GeoJSON or GeoPackage: every cell, and how it came about."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    files.known(kind)
    analysis = answer(read(request.GET.dict(), now=now), request.user, now=now)
    return _file(files.of_analysis(analysis), kind, asker=request.user, now=now)


@router.get("/heat", summary="A picture of densities")
def heat_picture(request: HttpRequest, kernel: float | None = None) -> dict[str, Any]:
    """Kernel density of the tickets asked about, for the eye: `picture` (PNG as data URL), `bbox`, `steps`.

    Query: area, category, since, until, moment; kernel = standard deviation in metres (chosen for the area if missing).
    """
    now = timezone.now()
    demand(request.user, VERB, now=now)
    if kernel is not None and not 10 <= kernel <= 20_000:
        words = _("A number from %(low)g to %(high)g") % {"low": 10, "high": 20_000}
        raise Invalid(_("This cannot be analysed as asked."), code="bad-question", fields={"kernel": words})
    return heat(read(request.GET.dict(), now=now), request.user, now=now, kernel_m=kernel)


@router.get("/runs", summary="Kept results")
def runs(request: HttpRequest) -> dict[str, Any]:
    """The asker's own kept results that today's rights still open, newest first, without their cells."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    return {"runs": [_run(run) for run in actions.opened(asker=request.user, now=now)], "most": actions.MOST_RUNS}


@router.post("/runs", summary="Keep a result")
@idempotent
def keep(request: HttpRequest, body: KeepIn) -> Any:
    """Analyse and keep the answer with every parameter and the seed, under an id made by the client."""
    run = actions.keep(body.id, name=body.name, asked=body.asked, asker=request.user, now=timezone.now())
    return 201, _run(run)


@router.get("/runs/{uuid:run_id}", summary="A kept result")
def run(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    """The answer as it was kept, with `run`: whose, when, and what has changed since."""
    now = timezone.now()
    found = actions.own(run_id, asker=request.user, now=now)
    document = actions.document_of(found)
    return document | {"run": _run(found) | actions.changed(found, document, asker=request.user, now=now)}


@router.delete("/runs/{uuid:run_id}", summary="Forget a kept result")
@idempotent
def forget(request: HttpRequest, run_id: UUID) -> Any:
    """Remove one of the asker's own results."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    actions.forget(run_id, asker=request.user, now=now)
    return 200, {"forgotten": run_id}


@router.get("/runs/{uuid:run_id}/file.{kind}", summary="A kept result as a file")
def run_file(request: HttpRequest, run_id: UUID, kind: str) -> HttpResponse:
    """CSV, XLSX, GeoJSON or GeoPackage of the answer as it was kept."""
    now = timezone.now()
    files.known(kind)
    found = actions.document_of(actions.own(run_id, asker=request.user, now=now))
    return _file(files.of_document(found), kind, asker=request.user, now=now)


@router.get("/tickets", summary="The tickets behind one cell")
def tickets(request: HttpRequest, cell: str, page: int = 0) -> dict[str, Any]:
    """The tickets of one cell that the asker may read, newest first, a page at a time, with how many there are."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    question = read(request.GET.dict(), now=now)
    if not 0 <= page <= MOST_PAGES:
        raise Invalid(_("There is no such page."), code="bad-question")
    cells = tiling(question, areas_asked(question, request.user, now=now)).cells
    if cell not in cells.ids:
        raise Missing(_("There is no such cell in this analysis."))
    number = cells.ids.index(cell)
    asked = tickets_asked(request.user, now, since=question.since, until=question.until, category=question.category)
    west, south, east, north = shapely.buffer(cells.drawn(np.array([number]))[0], 1e-7).bounds
    ids, xy = ids_and_places(asked.in_box(west, south, east, north).order_by("-reported_at", "-id"))
    there = cells.of(xy) == number
    inside = [ids[place] for place in np.flatnonzero(there)]
    page_ids = inside[page * PAGE : (page + 1) * PAGE]
    shown = Ticket.objects.select_related("category").in_bulk(page_ids)
    return {
        "count": len(inside),
        "tickets": [_brief(shown[key]) for key in page_ids],
        "more": len(inside) > (page + 1) * PAGE,
        "places": xy[there][:MOST_PLACES].tolist(),
    }


def _file(result: files.Result, kind: str, *, asker: Any, now: datetime) -> HttpResponse:
    response = HttpResponse(files.written(kind, result), content_type=files.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="{files.filename(result.question, kind)}"'
    detail = {"rows": len(result.records), "format": kind}
    record_taking(actor=asker, verb="hotspot.export", subject=kind, now=now, detail=detail)
    return response


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.pk,
        "name": run.name,
        "made_at": run.made_at,
        "question": run.question,
        "tickets": run.summary["tickets"],
        "spots": run.summary["spots"],
    }


def _brief(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": str(ticket.pk),
        "number": ticket.number,
        "category": ticket.category.name,
        "text": ticket.text[:120],
        "state": ticket.state,
        "state_name": ticket.get_state_display(),
        "reported_at": ticket.reported_at,
        "lonlat": [ticket.point.x, ticket.point.y],
    }
