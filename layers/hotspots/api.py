"""The JSON doors of an analysis: itself, the same as a file, and the tickets behind one cell."""

from typing import Any
from uuid import UUID

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from gis.audit.receipts import idempotent
from gis.shared.errors import Invalid, Missing
from grids.models import Boundary, Tier
from grids.permissions import demand
from layers.hotspots import exports, files, painting, taking
from layers.hotspots.analysis import VERB, answer, areas_asked, behind
from layers.hotspots.heat import heat
from layers.hotspots.questions import NAMES, read
from layers.hotspots.tilings import tiling
from layers.tickets.models import Category, Ticket

router = Router(tags=["hotspots"])

PAGE = 50
MOST_PAGES = 20_000
MOST_PLACES = 2_000
"""Dots of one cell that the map can show apart."""
FIRST_RANK = 2
"""Streets and below: counties are too few to compare."""


class FileIn(Schema):
    """A file to be made by a job: an id made by the client, and the words of the question."""

    id: UUID
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
    return painting.picture(analysis.cells, analysis.classes, box=(west, south, east, north), wide=wide, high=high)


@router.get("/cell", summary="One cell of an analysis")
def one_cell(request: HttpRequest, cell: str = "", lon: float | None = None, lat: float | None = None) -> Any:
    """One cell as a GeoJSON feature, by its id or by a place in it; query as of the analysis."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    analysis = painting.remembered(read(request.GET.dict(), now=now), request.user, now=now)
    number = painting.numbered(analysis.cells, cell=cell, lon=lon, lat=lat)
    return exports.features(analysis, np.array([number]))[0]


@router.get("/standing", summary="The cells that stand out, a page at a time")
def standing(request: HttpRequest, first: int = 0) -> dict[str, Any]:
    """Up to 2,000 features from the `first` on, the surest first, and how many there are; query as of the analysis."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    analysis = painting.remembered(read(request.GET.dict(), now=now), request.user, now=now)
    marked = exports.marked(analysis)
    return {"count": len(marked), "features": exports.features(analysis, exports.page(marked, first))}


@router.get("/file.{kind}", summary="The same analysis as a file")
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """CSV (UTF-8 with byte order mark), XLSX, GeoJSON or GeoPackage: every cell, and how it came about."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    files.known(kind)
    analysis = answer(read(request.GET.dict(), now=now), request.user, now=now)
    files.at_once(kind, len(analysis.cells))
    return taking.at_once(files.of_analysis(analysis), kind, asker=request.user, now=now)


@router.post("/file.{kind}", summary="Let a job make the file")
@idempotent
def download_later(request: HttpRequest, kind: str, body: FileIn) -> Any:
    """The same for very many cells: a job (`/api/jobs/{id}`) writes it, tells how far it is and can be stopped."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    files.known(kind)
    question = {name: value for name, value in body.asked.items() if name in NAMES and value}
    areas_asked(read(question, now=now), request.user, now=now)
    question.setdefault("moment", now.isoformat())
    return 202, taking.by_job(body.id, kind, asker=request.user, now=now, asked=question)


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


@router.get("/tickets", summary="The tickets behind one cell")
def tickets(request: HttpRequest, cell: str, page: int = 0) -> dict[str, Any]:
    """The tickets of one cell that the asker may read, newest first, a page at a time, with how many there are."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    question = read(request.GET.dict(), now=now)
    if not 0 <= page <= MOST_PAGES:
        raise Invalid(_("There is no such page."), code="bad-question")
    tiled = tiling(question, areas_asked(question, request.user, now=now))
    if cell not in tiled.cells.ids:
        raise Missing(_("There is no such cell in this analysis."))
    number, start, end = tiled.cells.ids.index(cell), page * PAGE, (page + 1) * PAGE
    count, ids, xy = behind(question, tiled, number, request.user, now=now, most=max(MOST_PLACES, end))
    shown = Ticket.objects.visible_to(request.user, now).select_related("category").in_bulk(ids[start:end])
    return {
        "count": count,
        "tickets": [_brief(shown[key]) for key in ids[start:end] if key in shown],
        "more": count > end,
        "places": xy[:MOST_PLACES].tolist(),
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
