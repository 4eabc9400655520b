"""The JSON doors of this app: an analysis, the same as a file, and the tickets behind one cell."""

import json
from typing import Any

import numpy as np
import shapely
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from gis.shared.errors import Invalid, Missing
from grids.models import Boundary, Tier
from grids.permissions import demand
from layers.hotspots import exports
from layers.hotspots.analysis import VERB, answer, areas_asked
from layers.hotspots.cells import cells_for
from layers.hotspots.queries import ids_and_places, tickets_asked
from layers.hotspots.questions import read
from layers.tickets.models import Category, Ticket

router = Router(tags=["hotspots"])

PAGE = 50
MOST_PAGES = 20_000
FIRST_RANK = 2
"""Streets and below: counties are too few to compare."""


@router.get("", summary="Hot and cold cells")
def hotspots(request: HttpRequest) -> dict[str, Any]:
    """Gi* with FDR over hexagons or areas: a GeoJSON FeatureCollection with `question` and `summary`.

    Query: cells, width, area, category, since, until, per, neighbours, nearest, within, chance, moment.
    """
    now = timezone.now()
    demand(request.user, VERB, now=now)
    return exports.document(answer(read(request.GET.dict(), now=now), request.user, now=now))


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


@router.get("/file.{kind}", summary="The same analysis as a file")
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """CSV (UTF-8 with byte order mark) or GeoJSON, with z, p and class of every cell and how they came about."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    if kind not in {"csv", "geojson"}:
        raise Missing(_("There are files of the kinds csv and geojson."))
    analysis = answer(read(request.GET.dict(), now=now), request.user, now=now)
    if kind == "csv":
        response = HttpResponse(exports.table(analysis), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(
            json.dumps(exports.document(analysis), ensure_ascii=False), content_type="application/geo+json"
        )
    response["Content-Disposition"] = f'attachment; filename="{exports.filename(analysis, kind)}"'
    return response


@router.get("/tickets", summary="The tickets behind one cell")
def tickets(request: HttpRequest, cell: str, page: int = 0) -> dict[str, Any]:
    """The tickets of one cell that the asker may read, newest first, a page at a time, with how many there are."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    question = read(request.GET.dict(), now=now)
    if not 0 <= page <= MOST_PAGES:
        raise Invalid(_("There is no such page."), code="bad-question")
    cells = cells_for(question, areas_asked(question, request.user, now=now))
    if cell not in cells.ids:
        raise Missing(_("There is no such cell in this analysis."))
    number = cells.ids.index(cell)
    asked = tickets_asked(request.user, now, since=question.since, until=question.until, category=question.category)
    west, south, east, north = shapely.buffer(cells.shapes[number], 1e-7).bounds
    ids, xy = ids_and_places(asked.in_box(west, south, east, north).order_by("-reported_at", "-id"))
    inside = [ids[place] for place in np.flatnonzero(cells.of(xy) == number)]
    page_ids = inside[page * PAGE : (page + 1) * PAGE]
    shown = Ticket.objects.select_related("category").in_bulk(page_ids)
    return {
        "count": len(inside),
        "tickets": [_brief(shown[key]) for key in page_ids],
        "more": len(inside) > (page + 1) * PAGE,
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
