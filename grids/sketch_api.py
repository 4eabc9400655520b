"""The JSON doors to one's own unsaved drawings. A revision makes each write harmless to repeat: no receipt is kept."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from gis.shared.versions import version_of
from grids.sketches import drop_sketch, keep_sketch, listed, mine, told

router = Router(tags=["sketches"])


class SketchIn(Schema):
    """What is drawn and typed so far; If-Match carries the revision this page had, 0 for none."""

    drawing: Any
    words: dict[str, str] = {}
    tier: str | None = None
    new_area: UUID | None = None
    made_from: int | None = None


@router.get("")
def get_sketches(request: HttpRequest) -> Any:
    """What I began to draw and did not save, newest first."""
    return {"sketches": listed(request.user, now=timezone.now())}


@router.get("/{task}/{uuid:area_id}")
def get_sketch(request: HttpRequest, task: str, area_id: UUID) -> Any:
    """My unsaved drawing for a task on an area, or null."""
    found = mine(request.user).select_related("tier").filter(task=task, area=area_id).first()
    return {"sketch": told(found) if found else None}


@router.put("/{task}/{uuid:area_id}")
def put_sketch(request: HttpRequest, task: str, area_id: UUID, body: SketchIn) -> Any:
    """Keep what is drawn so far; 412 with the other one when another page or device went on with it."""
    stored = keep_sketch(
        task=task,
        area=area_id,
        revision=version_of(request),
        actor=request.user,
        now=timezone.now(),
        **body.dict(),
    )
    return {"revision": stored.revision, "updated_at": stored.updated_at}


@router.delete("/{task}/{uuid:area_id}")
def delete_sketch(request: HttpRequest, task: str, area_id: UUID) -> Any:
    """Throw it away; doing so twice is no mistake."""
    return {"dropped": drop_sketch(task=task, area=area_id, actor=request.user)}
