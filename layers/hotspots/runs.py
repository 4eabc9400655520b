"""The JSON doors of kept results."""

from typing import Any
from uuid import UUID

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from gis.audit.receipts import idempotent
from gis.shared.errors import Missing
from grids.permissions import demand
from layers.hotspots import actions, exports, files, painting, taking
from layers.hotspots.analysis import VERB
from layers.hotspots.models import Run
from layers.hotspots.packed import Packed

router = Router(tags=["hotspots"])


class KeepIn(Schema):
    """A result to keep: an id made by the client, a name, and the words of the question."""

    id: UUID
    name: str
    asked: dict[str, str] = {}


class FileIn(Schema):
    """A file to be made by a job; the id is the client's."""

    id: UUID


@router.get("", summary="Kept results")
def runs(request: HttpRequest) -> dict[str, Any]:
    """The asker's own kept results that today's rights still open, newest first, without their cells."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    return {"runs": [_run(run) for run in actions.opened(asker=request.user, now=now)], "most": actions.MOST_RUNS}


@router.post("", summary="Keep a result")
@idempotent
def keep(request: HttpRequest, body: KeepIn) -> Any:
    """Analyse and keep the answer with every parameter and the seed, under an id made by the client."""
    run = actions.keep(body.id, name=body.name, asked=body.asked, asker=request.user, now=timezone.now())
    return 201, _run(run)


@router.get("/{uuid:run_id}", summary="A kept result")
def run(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    """The answer as it was kept, with `run`: whose, when, and what has changed since."""
    now = timezone.now()
    found = actions.own(run_id, asker=request.user, now=now)
    return actions.document_of(found) | {"run": _run(found) | actions.changed(found, asker=request.user, now=now)}


@router.delete("/{uuid:run_id}", summary="Forget a kept result")
@idempotent
def forget(request: HttpRequest, run_id: UUID) -> Any:
    """Remove one of the asker's own results."""
    now = timezone.now()
    demand(request.user, VERB, now=now)
    actions.forget(run_id, asker=request.user, now=now)
    return 200, {"forgotten": run_id}


@router.get("/{uuid:run_id}/picture", summary="All cells of a view of a kept result as a picture")
def picture(
    request: HttpRequest, run_id: UUID, west: float, south: float, east: float, north: float, wide: int, high: int
) -> Any:
    """As /api/hotspots/picture, of the answer as it was kept; only for results of very many cells."""
    packed = _packed(request, run_id)
    return painting.picture(packed.cells, packed.classes, box=(west, south, east, north), wide=wide, high=high)


@router.get("/{uuid:run_id}/cell", summary="One cell of a kept result")
def one_cell(
    request: HttpRequest, run_id: UUID, cell: str = "", lon: float | None = None, lat: float | None = None
) -> Any:
    """As /api/hotspots/cell, of the answer as it was kept; only for results of very many cells."""
    packed = _packed(request, run_id)
    return packed.features(np.array([painting.numbered(packed.cells, cell=cell, lon=lon, lat=lat)]))[0]


@router.get("/{uuid:run_id}/standing", summary="The cells of a kept result that stood out, a page at a time")
def standing(request: HttpRequest, run_id: UUID, first: int = 0) -> dict[str, Any]:
    """As /api/hotspots/standing, of the answer as it was kept; only for results of very many cells."""
    packed = _packed(request, run_id)
    return {"count": len(packed.marked), "features": packed.features(exports.page(packed.marked, first))}


@router.get("/{uuid:run_id}/file.{kind}", summary="A kept result as a file")
def run_file(request: HttpRequest, run_id: UUID, kind: str) -> HttpResponse:
    """CSV, XLSX, GeoJSON or GeoPackage of the answer as it was kept."""
    now = timezone.now()
    files.known(kind)
    found = actions.own(run_id, asker=request.user, now=now)
    files.at_once(kind, found.summary["cells"])
    return taking.at_once(actions.result_of(found), kind, asker=request.user, now=now)


@router.post("/{uuid:run_id}/file.{kind}", summary="Let a job make the file of a kept result")
@idempotent
def run_file_later(request: HttpRequest, run_id: UUID, kind: str, body: FileIn) -> Any:
    """The same for very many cells: a job writes it, tells how far it is and can be stopped."""
    now = timezone.now()
    files.known(kind)
    actions.own(run_id, asker=request.user, now=now)
    return 202, taking.by_job(body.id, kind, asker=request.user, now=now, run=run_id)


def _packed(request: HttpRequest, run_id: UUID) -> Packed:
    """One of the asker's own results of very many cells; raises Missing or Refused."""
    packed = actions.packed_of(actions.own(run_id, asker=request.user, now=timezone.now()))
    if packed is None:
        raise Missing(_("The cells of this result are few: they are all in the result itself."))
    return packed


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.pk,
        "name": run.name,
        "made_at": run.made_at,
        "question": run.question,
        "tickets": run.summary["tickets"],
        "spots": run.summary["spots"],
    }
