"""Ending an area: what hangs on it is told by name and number before, and ends or forbids it as was told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict
from grids.actions import demand_fresh, demand_inner
from grids.dependants import Hanging, hanging_on, let_go
from grids.drafts import in_force
from grids.ledger import COUNTY, begin_change, guarded, lock
from grids.models import Area, Boundary, BoundaryChange, Sketch


def retire(
    *, area_id: UUID, version: int, reason: str, agreed: Mapping[str, int], actor: Any, now: datetime
) -> Boundary:
    """End an area from now on. `agreed` says what the asker was told would end with it: a number by kind.

    Raises Conflict while something forbids it ("not-empty"), or when other things end than were agreed to
    ("not-agreed"); both carry the whole list. Raises Stale, Refused, Missing.
    """
    demand_inner(actor, in_force(area_id), now=now)
    with guarded():
        before = in_force(area_id)
        lock([before.county_id], top=before.tier.code == COUNTY)
        # whoever is writing something onto this area holds its row: wait, and count that too
        Area.objects.select_for_update().get(pk=area_id)
        current = in_force(area_id)
        demand_fresh(current, version)
        hanging = hanging_on(area_id, now)
        _demand_free(hanging)
        _demand_agreed(hanging, agreed)
        change = begin_change(
            kind=BoundaryChange.Kind.RETIRE, now=now, latest=current.valid_from, actor=actor, reason=reason[:500]
        )
        let_go(area_id, change)
        Sketch.objects.filter(area=area_id).delete()
        Boundary.objects.filter(pk=current.pk).update(valid_until=change.effective_at, closed_by=change)
        ended = {found.kind: found.count for found in hanging}
        detail = {"change": str(change.pk), "ended": ended}
        record(actor=actor, verb="area.retire", subject=area_id, now=now, detail=detail)
    current.refresh_from_db()
    return current


def _demand_free(hanging: list[Hanging]) -> None:
    """Go on when nothing forbids the end."""
    blocking = [found for found in hanging if found.fate == "blocks"]
    if blocking:
        told = " ".join(f"{found.title}: {found.advice}" for found in blocking)
        raise Conflict(told, code="not-empty", dependants=[found.told() for found in hanging])


def _demand_agreed(hanging: list[Hanging], agreed: Mapping[str, int]) -> None:
    """Go on when exactly what was told ends."""
    ending = {found.kind: found.count for found in hanging if found.fate == "ends"}
    if ending != dict(agreed):
        raise Conflict(
            _("What would end with it is not what you were shown. Look again."),
            code="not-agreed",
            dependants=[found.told() for found in hanging],
        )
