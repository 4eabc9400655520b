"""The JSON doors to the ground: look, preview, draw, move, rename, end, locate."""

import math
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from gis.audit.receipts import idempotent, key_of
from gis.shared.errors import Invalid
from gis.shared.periods import moment_from
from gis.shared.versions import version_of
from grids import actions
from grids.dependants import hanging_on
from grids.drafts import in_force, prepare, shape_from, tier_below
from grids.models import Boundary, Tier
from grids.permissions import demand
from grids.portraits import at_moment, brief, neighbourhood, portrait
from grids.previews import preview, word_check
from grids.queries import locate
from grids.retiring import retire

router = Router(tags=["grids"])


class WordsIn(Schema):
    """Names and code as typed so far."""

    code: str = ""
    name_zh: str = ""
    name_en: str = ""
    walled: str = "unknown"


class CheckIn(Schema):
    """A boundary to look at before it is saved: a new child of `parent`, or a new shape of `area`; and its words."""

    geometry: Any = None
    words: WordsIn | None = None
    area: UUID | None = None
    parent: UUID | None = None
    tier: str | None = None


class DrawIn(Schema):
    """A new area; `id` is made by the client."""

    id: UUID
    parent: UUID
    geometry: Any
    code: str
    name_zh: str
    name_en: str = ""
    walled: str = "unknown"
    tier: str | None = None
    reason: str = ""


class MoveIn(Schema):
    """A new shape; If-Match carries the version it was made from."""

    geometry: Any
    reason: str = ""


class RenameIn(Schema):
    """New names, and code or walled where given; If-Match carries the version they were made from."""

    name_zh: str
    name_en: str = ""
    code: str | None = None
    walled: str | None = None
    reason: str = ""


class RetireIn(Schema):
    """Why an area ends, and what its asker was shown to end with it: numbers by kind. If-Match carries its version."""

    reason: str = ""
    agreed: dict[str, int] = {}


@router.get("/locate")
def get_locate(request: HttpRequest, lon: float, lat: float, moment: str = "") -> Any:
    """The chain of areas that own a point (degrees), from the top down; empty outside every area."""
    at = moment_from(moment, now=timezone.now())
    return {"moment": at, "chain": [brief(row) for row in locate(lon, lat, moment=at)]}


@router.get("/areas/neighbourhood")
def get_neighbourhood(request: HttpRequest, bbox: str, tier: str, moment: str = "") -> Any:
    """Shapes near an edit (bbox = west,south,east,north in degrees) for the editor to snap to, at most 300."""
    box = _box(bbox)
    found = Tier.objects.filter(code=tier).first()
    if found is None:
        raise Invalid(_("There is no tier “%(tier)s”.") % {"tier": tier}, code="bad-tier")
    return neighbourhood(box, found, moment_from(moment, now=timezone.now()) if moment else None)


@router.post("/areas/check")
def check(request: HttpRequest, body: CheckIn) -> Any:
    """What saving would do: problems with places, area before and after, a free code and name. Never writes."""
    now = timezone.now()
    current: Boundary | None = None
    if body.area is not None:
        current = in_force(body.area)
        if body.geometry is None and body.words is not None:
            demand(request.user, "area.rename", body.area, now=now)
        else:
            actions.demand_inner(request.user, current, now=now)
        parent = in_force(current.parent_id) if current.parent_id else None
        tier = current.tier
    elif body.parent is not None:
        demand(request.user, "area.draw", body.parent, now=now)
        parent = in_force(body.parent)
        tier = tier_below(parent, body.tier)
    else:
        raise Invalid(_("Say in which area to draw, or which area to change."), code="bad-request")
    words = None
    if body.words is not None:
        words = word_check(
            tier=tier, parent=parent, area=body.area, code=body.words.code, name_zh=body.words.name_zh,
            name_en=body.words.name_en, walled=body.words.walled,
        )  # fmt: skip
    if body.geometry is None and words is not None:
        return {"words": words}
    shape = shape_from(body.geometry)
    # an id of its own, so that a preview of a new area can never be taken for one that is stored
    area = current.area_id if current else UUID(int=0)
    draft = prepare(shape=shape, area=area, tier=tier, parent=parent, current=current, reach_m=tier.snap_m)
    return preview(draft) | {"words": words}


@router.post("/areas")
@idempotent
def post_area(request: HttpRequest, body: DrawIn) -> Any:
    """Draw a new area; answers what the panel shows of it."""
    now = timezone.now()
    drawn = actions.draw_area(
        area_id=body.id,
        parent_id=body.parent,
        shape=shape_from(body.geometry),
        code=body.code,
        name_zh=body.name_zh,
        name_en=body.name_en,
        walled=body.walled,
        tier=body.tier,
        reason=body.reason,
        actor=request.user,
        now=now,
        change_id=key_of(request),
    )
    return 201, _shown(request, drawn)


@router.get("/areas/{uuid:area_id}")
def get_area(request: HttpRequest, area_id: UUID, moment: str = "") -> Any:
    """One area as of a moment."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    return portrait(at_moment(area_id, at), asker=request.user, moment=at, now=now)


@router.get("/areas/{uuid:area_id}/dependants")
def get_dependants(request: HttpRequest, area_id: UUID) -> Any:
    """What hangs on an area, for who may end it: what forbids that, and what would end with it."""
    now = timezone.now()
    boundary = in_force(area_id)
    actions.demand_inner(request.user, boundary, now=now)
    return {"version": boundary.version, "dependants": [found.told() for found in hanging_on(area_id, now)]}


@router.put("/areas/{uuid:area_id}/boundary")
@idempotent
def put_boundary(request: HttpRequest, area_id: UUID, body: MoveIn) -> Any:
    """A new shape from now on; 412 with the other's shape where somebody changed the same edge.

    `joined` names who else's change, made since, stands together with this one.
    """
    version = version_of(request)
    moved = actions.move_boundary(
        area_id=area_id,
        shape=shape_from(body.geometry),
        version=version,
        reason=body.reason,
        actor=request.user,
        now=timezone.now(),
        change_id=key_of(request),
    )
    return _shown(request, moved) | {"joined": actions.joined_with(moved, version)}


@router.put("/areas/{uuid:area_id}/names")
@idempotent
def put_names(request: HttpRequest, area_id: UUID, body: RenameIn) -> Any:
    """New names from now on."""
    renamed = actions.rename(
        area_id=area_id,
        version=version_of(request),
        actor=request.user,
        now=timezone.now(),
        **body.dict(),
    )
    return _shown(request, renamed)


@router.post("/areas/{uuid:area_id}/retire")
@idempotent
def post_retire(request: HttpRequest, area_id: UUID, body: RetireIn) -> Any:
    """End an area from now on."""
    ended = retire(
        area_id=area_id,
        version=version_of(request),
        reason=body.reason,
        agreed=body.agreed,
        actor=request.user,
        now=timezone.now(),
    )
    return {"id": ended.area_id, "valid_until": ended.valid_until}


def _shown(request: HttpRequest, boundary: Boundary) -> dict[str, Any]:
    """The area as it stands after a write."""
    now = max(timezone.now(), boundary.valid_from)
    return portrait(in_force(boundary.area_id), asker=request.user, moment=now, now=now)


def _box(text: str) -> tuple[float, float, float, float]:
    """west,south,east,north in degrees; raises Invalid."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        words = _("A box is west,south,east,north in degrees.")
        raise Invalid(words, code="bad-box", fields={"bbox": words})
    return west, south, east, north
