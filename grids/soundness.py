"""The ground of a moment looked over as a whole: what is wrong, where, and which gaps somebody has allowed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from django.db.models import F, Q
from django.utils.translation import gettext as _
from shapely import MultiPolygon, Polygon

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing
from gis.shared.functions import AsWKB
from gis.shared.geometry import area_m2
from grids.gaps import SMALLEST_M2
from grids.inspection import inspect
from grids.ledger import as_stored
from grids.models import AllowedGap, Area, Boundary, Tier
from grids.permissions import demand
from grids.survey import Row
from grids.topology import Finding
from grids.wording import problem

MOST_TOLD = 200
"""An answer names so many problems and counts the rest."""


@dataclass(frozen=True)
class Soundness:
    """What a look over the ground found: open problems, and gaps that stay because somebody allowed them."""

    rows: int
    problems: list[Finding]
    allowed: list[AllowedGap]

    @property
    def sound(self) -> bool:
        """Whether nothing forbidden was found; a gap alone is only a warning."""
        return not any(finding.severity == "error" for finding in self.problems)


def tiling_tiers() -> set[str]:
    """Codes of the tiers whose areas cover their parents without gaps."""
    return set(Tier.objects.filter(tiling=True).values_list("code", flat=True))


def ground_rows(moment: datetime, *, root: UUID | None = None) -> list[Row]:
    """The boundaries in force at a moment, all or an area's subtree, upper tiers first."""
    found = Boundary.objects.at(moment) if root is None else Boundary.objects.inside(root, moment)
    columns = ("area_id", "tier__code", "parent_id", AsWKB(F("geometry")))
    rows = list(found.order_by("tier__rank", "code").values_list(*columns))
    shapes = shapely.from_wkb([bytes(row[3]) for row in rows])
    return [
        Row(area, tier, parent, shape, fresh=False)
        for (area, tier, parent, _wkb), shape in zip(rows, shapes, strict=True)
    ]


def look_over(moment: datetime, *, root: UUID | None = None) -> Soundness:
    """Everything wrong at a moment, in the whole place or below an area (and in it)."""
    rows = ground_rows(moment, root=root)
    findings = list(inspect(rows, tiling=tiling_tiers(), root=root))
    allowed = allowances([finding.area for finding in findings if finding.code == "uncovered"], moment)
    problems = [left for finding in findings if (left := _without(finding, allowed)) is not None]
    return Soundness(len(rows), problems, allowed)


def allowances(areas: Iterable[UUID | None], moment: datetime) -> list[AllowedGap]:
    """The gaps in some areas that are allowed at a moment."""
    standing = Q(ended_at__isnull=True) | Q(ended_at__gt=moment)
    return list(AllowedGap.objects.filter(standing, area__in=[area for area in areas if area], allowed_at__lte=moment))


def told(soundness: Soundness, moment: datetime) -> dict[str, Any]:
    """What was found, for the map and the panel: errors first, each with the area's name, a place and a stable id."""
    shown = sorted(soundness.problems, key=lambda finding: finding.severity != "error")[:MOST_TOLD]
    areas = {area for finding in shown for area in (finding.area, finding.other) if area}
    areas |= {gap.area_id for gap in soundness.allowed}
    names = {row.area_id: row.name for row in Boundary.objects.at(moment).filter(area__in=areas)}
    return {
        "looked_at": soundness.rows,
        "count": len(soundness.problems),
        "problems": [problem(finding, names) | {"name": names.get(finding.area, "")} for finding in shown],
        "allowed": [
            {
                "id": str(gap.pk),
                "area": str(gap.area_id),
                "name": names.get(gap.area_id, ""),
                "reason": gap.reason,
                "by": gap.actor_name,
                "since": gap.allowed_at,
                "point": _point(gap.shape),
                "m2": area_m2(gap.shape),
            }
            for gap in soundness.allowed
        ],
    }


def allow_gap(*, gap_id: UUID, area: UUID, reason: str, actor: Any, now: datetime) -> AllowedGap:
    """Let what an area's children leave free stay so, as it is now; the same id again changes nothing.

    A gap that grows later is told again. Raises Refused, Invalid (no reason), Conflict (there is no gap).
    """
    demand(actor, "area.draw", area, now=now)
    stored = AllowedGap.objects.filter(pk=gap_id).first()
    if stored is not None:
        return stored
    if not reason.strip():
        raise Invalid(_("Say why this ground belongs to nobody."), fields={"reason": _("A reason is needed.")})
    Area.objects.select_for_update().get(pk=area)
    open_gaps = [f for f in look_over(now, root=area).problems if f.code == "uncovered" and f.area == area]
    if not open_gaps or not isinstance(open_gaps[0].place, MultiPolygon):
        raise Conflict(_("There is no gap here any more."), code="no-gap")
    gap = AllowedGap.objects.create(
        id=gap_id,
        area_id=area,
        geometry=as_stored(open_gaps[0].place),
        reason=reason.strip()[:500],
        account=actor if getattr(actor, "pk", None) else None,
        actor_name=str(actor)[:150],
        allowed_at=now,
    )
    record(actor=actor, verb="gap.allow", subject=area, now=now, detail={"gap": str(gap_id), "reason": gap.reason})
    return gap


def end_allowance(*, gap_id: UUID, actor: Any, now: datetime) -> AllowedGap:
    """Take an allowance back: the gap is a problem again. Twice is no mistake. Raises Missing, Refused."""
    gap = AllowedGap.objects.filter(pk=gap_id).first()
    if gap is None:
        raise Missing(_("There is no such allowed gap."))
    demand(actor, "area.draw", gap.area_id, now=now)
    if AllowedGap.objects.filter(pk=gap_id, ended_at__isnull=True).update(ended_at=now, ended_by=str(actor)[:150]):
        record(actor=actor, verb="gap.end", subject=gap.area_id, now=now, detail={"gap": str(gap_id)})
    gap.refresh_from_db()
    return gap


def _without(finding: Finding, allowed: list[AllowedGap]) -> Finding | None:
    """A gap without what is allowed of it; None when nothing is left, other findings as they are."""
    meant = [gap.shape for gap in allowed if finding.code == "uncovered" and gap.area_id == finding.area]
    if not meant or finding.place is None:
        return finding
    rest = shapely.difference(finding.place, shapely.union_all(meant))
    parts = [part for part in shapely.get_parts(rest) if isinstance(part, Polygon) and area_m2(part) >= SMALLEST_M2]
    if not parts:
        return None
    left = MultiPolygon(parts)
    return replace(finding, place=left, numbers={"m2": area_m2(left), "count": float(len(parts))})


def _point(shape: MultiPolygon) -> tuple[float, float]:
    """A (lon, lat) inside."""
    inside = shape.representative_point()
    return inside.x, inside.y
