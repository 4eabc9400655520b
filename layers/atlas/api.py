"""The JSON doors of the page: who asks, what an area is, what is called so, and the figures."""

import uuid
from datetime import datetime
from typing import Any

import numpy as np
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from gis.shared.errors import Invalid
from gis.shared.periods import moment_from
from grids.permissions import demand
from layers.atlas import figures, needs, search, session, today
from layers.coverage.whens import When
from layers.hotspots import painting
from layers.hotspots.questions import Question
from layers.hotspots.questions import read as hotspot_question

router = Router(tags=["atlas"])


@router.get("/session")
def get_session(request: HttpRequest) -> Any:
    """Who is asking, what they may do, and what this place is."""
    return session.session_of(request.user, now=timezone.now())


@router.get("/areas/{uuid:area_id}")
def get_area(request: HttpRequest, area_id: uuid.UUID, moment: str = "") -> Any:
    """One area at a moment: names, chain, posts, what lies in it; residents for those who may read them."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    return figures.area_card(area_id, asker=request.user, moment=at, now=now)


@router.get("/search")
def get_search(request: HttpRequest, q: str = "", moment: str = "", at: str = "") -> Any:
    """Areas, posts, sites, streets, tickets and coordinates that the words mean; `at` = lon,lat of the map's middle."""
    now = timezone.now()
    near = search.near_from(at)
    told = search.search(q, asker=request.user, moment=moment_from(moment, now=now), now=now, near=near)
    return {"results": told}


@router.get("/figures")
def get_figures(request: HttpRequest, moment: str = "") -> Any:
    """What is stored in this place, counted at a moment."""
    now = timezone.now()
    return figures.place_figures(asker=request.user, moment=moment_from(moment, now=now), now=now)


@router.get("/today")
def get_today(request: HttpRequest) -> Any:
    """What needs the asker now, by their appointments; for whoever is signed in."""
    return today.today(request.user, now=timezone.now())


@router.get("/needs")
def get_needs(request: HttpRequest, minutes: int = 15, below: int = 50) -> Any:
    """Hot spots of tickets and low coverage: GeoJSON as of /api/hotspots, each cell with `need`.

    Of more than 20,000 cells (`summary.pictured`) those that are both; `/picture` draws all, `/cell` tells of one.
    """
    now = timezone.now()
    question = _needs_question(request, minutes, below, now=now)
    return needs.needs(question, request.user, minutes=minutes, below=below, now=now)


@router.get("/needs/picture", summary="The needs of all cells of a view as a picture")
def get_needs_picture(
    request: HttpRequest, west: float, south: float, east: float, north: float, wide: int, high: int,
    minutes: int = 15, below: int = 50, current: bool = False,
) -> Any:  # fmt: skip
    """As /api/hotspots/picture, with needs for classes; query as of /api/atlas/needs.

    `current`: the moment is only that of an answer about now, and coverage is that of now.
    """
    met = _met(request, minutes, below, current=current)
    return needs.painted(met, box=(west, south, east, north), wide=wide, high=high)


@router.get("/needs/cell", summary="One cell with its need")
def get_needs_cell(
    request: HttpRequest, cell: str = "", lon: float | None = None, lat: float | None = None,
    minutes: int = 15, below: int = 50, current: bool = False,
) -> Any:  # fmt: skip
    """As /api/hotspots/cell, with what coverage says of it; query as of /api/atlas/needs/picture."""
    met = _met(request, minutes, below, current=current)
    return needs.features(met, np.array([painting.numbered(met.analysis.cells, cell=cell, lon=lon, lat=lat)]))[0]


def _needs_question(request: HttpRequest, minutes: int, below: int, *, now: datetime) -> Question:
    """What is asked of both analyses; raises Refused, Invalid."""
    demand(request.user, "hotspot.read", now=now)
    if not (1 <= minutes <= 60 and 1 <= below <= 100):
        raise Invalid(_("Minutes go from 1 to 60, the share from 1 to 100 percent."), code="bad-question")
    return hotspot_question(request.GET.dict() | {"cells": request.GET.get("cells") or "compound"}, now=now)


def _met(request: HttpRequest, minutes: int, below: int, *, current: bool) -> needs.Met:
    """The answer that the asker just had, with coverage beside it."""
    now = timezone.now()
    question = _needs_question(request, minutes, below, now=now)
    analysis = painting.remembered(question, request.user, now=now)
    when = When(now) if current else When(question.moment, question.moment != now)
    return needs.met_with(analysis, request.user, minutes=minutes, below=below, when=when, now=now)
