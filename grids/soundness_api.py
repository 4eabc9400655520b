"""The JSON doors to problems of the ground: look it over, allow a gap, take that back."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from gis.audit.receipts import idempotent
from gis.shared.periods import moment_from
from grids.permissions import demand
from grids.portraits import at_moment
from grids.soundness import allow_gap, end_allowance, look_over, told

router = Router(tags=["soundness"])


class GapIn(Schema):
    """A gap that is meant; `id` is made by the client."""

    id: UUID
    reason: str


@router.get("/{uuid:area_id}/problems")
def get_problems(request: HttpRequest, area_id: UUID, moment: str = "") -> Any:
    """Everything wrong in an area and below it: for who draws there; it takes seconds for a county."""
    now = timezone.now()
    demand(request.user, "area.draw", area_id, now=now)
    at = moment_from(moment, now=now)
    return told(look_over(at, root=at_moment(area_id, at).area_id), at)


@router.post("/{uuid:area_id}/gaps")
@idempotent
def post_gap(request: HttpRequest, area_id: UUID, body: GapIn) -> Any:
    """Let what the areas below leave free stay free, for a reason."""
    gap = allow_gap(gap_id=body.id, area=area_id, reason=body.reason, actor=request.user, now=timezone.now())
    return 201, {"id": str(gap.pk), "reason": gap.reason}


@router.post("/{uuid:area_id}/gaps/{uuid:gap_id}/end")
@idempotent
def post_gap_end(request: HttpRequest, area_id: UUID, gap_id: UUID) -> Any:
    """Take an allowance back."""
    demand(request.user, "area.draw", area_id, now=timezone.now())
    gap = end_allowance(gap_id=gap_id, actor=request.user, now=timezone.now())
    return {"id": str(gap.pk), "ended_at": gap.ended_at}
