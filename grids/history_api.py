"""The JSON doors to an area's past: its story in pages, every telling's shape, and corrections."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from gis.audit.receipts import idempotent, key_of
from gis.shared.errors import Invalid, Missing
from gis.shared.geojson import mapping
from gis.shared.geometry import area_m2
from gis.shared.periods import moment_from
from gis.shared.versions import version_of
from grids.corrections import correct_past, preview
from grids.drafts import shape_from
from grids.histories import PAGE, corrected, history, tellings
from grids.models import Area, Boundary
from grids.permissions import may

router = Router(tags=["history"])
MOST = 100


class CorrectionIn(Schema):
    """What is told anew of a version (If-Match names it): words, a shape, or both, for its period or a part of it."""

    geometry: Any = None
    name_zh: str | None = None
    name_en: str | None = None
    code: str | None = None
    walled: str | None = None
    since: str | None = Field(default=None, alias="from")
    until: str | None = None
    reason: str = ""

    def wanted(self, now: datetime) -> dict[str, Any]:
        """The arguments of the action."""
        words = {name: getattr(self, name) for name in ("name_zh", "name_en", "code", "walled")}
        return {
            "words": {name: word for name, word in words.items() if word is not None},
            "shape": None if self.geometry is None else shape_from(self.geometry),
            "since": _instant(self.since, "from", now),
            "until": _instant(self.until, "until", now),
        }


@router.get("/{uuid:area_id}/history")
def get_history(request: HttpRequest, area_id: UUID, before: str = "", limit: int = PAGE) -> Any:
    """The versions of an area as a readable story, newest first; `before` is the `next` of the page before."""
    area = Area.objects.filter(pk=area_id).first()
    if area is None:
        raise Missing(_("There is no such area."), code="no-area")
    now = timezone.now()
    names = may(request.user, "roster.read", now=now)
    until = moment_from(before, now=now) if before else None
    story = history(area, with_names=names, before=until, limit=max(1, min(limit, MOST)))
    parents = Boundary.objects.filter(area=area_id).order_by("-valid_from").values_list("parent_id", flat=True)
    above = parents.first()
    return {
        "id": area.pk,
        "versions": story.versions,
        "count": story.count,
        "next": story.next,
        "may": {
            "words": may(request.user, "area.rename", area_id, now=now),
            "shape": may(request.user, "area.draw", above or area_id, now=now),
        },
    }


@router.get("/{uuid:area_id}/tellings/{uuid:row_id}")
def get_telling(request: HttpRequest, area_id: UUID, row_id: UUID) -> Any:
    """One telling with its shape, also one that a correction withdrew; to be drawn over the map of today."""
    row = tellings(area_id).get(row_id)
    if row is None:
        raise Missing(_("Nothing like this was ever told of this area."), code="no-telling")
    return {
        "id": row.pk,
        "area": area_id,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "code": row.code,
        "walled": row.walled,
        "from": row.valid_from,
        "until": row.valid_until,
        "withdrawn": not isinstance(row, Boundary),
        "corrected": corrected(row, with_names=may(request.user, "roster.read", now=timezone.now())),
        "geometry": mapping(row.shape),
        "bbox": row.shape.bounds,
        "area_m2": area_m2(row.shape),
    }


@router.post("/{uuid:area_id}/corrections/check")
def check_correction(request: HttpRequest, area_id: UUID, body: CorrectionIn) -> Any:
    """What a correction would do: problems with their places and since when, who else is told anew. Never writes."""
    now = timezone.now()
    return preview(area_id=area_id, version=version_of(request), actor=request.user, now=now, **body.wanted(now))


@router.post("/{uuid:area_id}/corrections")
@idempotent
def post_correction(request: HttpRequest, area_id: UUID, body: CorrectionIn) -> Any:
    """Tell a time that is over anew; what was told before is kept. A stale version gets 412."""
    now = timezone.now()
    change = correct_past(
        area_id=area_id,
        version=version_of(request),
        reason=body.reason,
        actor=request.user,
        now=now,
        change_id=key_of(request),
        **body.wanted(now),
    )
    return 201, {"id": area_id, "change": change.pk, "recorded": change.recorded_at}


def _instant(text: str | None, name: str, now: datetime) -> datetime | None:
    """A moment with its time; a day alone would leave open which end of it is meant."""
    if not text:
        return None
    moment = moment_from(text, now=now)
    if len(text) <= len("2026-03-05") or parse_datetime(text.replace(" ", "+")) is None:
        words = _("Give the day and the time.")
        raise Invalid(words, code="bad-moment", fields={name: words})
    return moment
