"""What the screen is told of a boundary before it is saved: all that is wrong, nearly wrong, and the way out of it."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from shapely import MultiPolygon

from gis.shared.geojson import mapping
from gis.shared.geometry import area_m2
from grids.drafts import Draft, suggestion
from grids.fields import tidy_name, wrong_fields
from grids.gaps import gaps, uncovered
from grids.mending import mended
from grids.models import Boundary, Tier
from grids.topology import Finding, Shape
from grids.wording import problem

MOST_MENDS = 6


def preview(draft: Draft) -> dict[str, Any]:
    """What saving would do: problems with places and ways out, areas before and after, what is left uncovered."""
    planned, current, parent, tier = draft.plan, draft.current, draft.parent, draft.tier
    valid = planned.geometry.is_valid
    return {
        "sound": planned.sound,
        "problems": _problems(draft, [*planned.findings, *(_gaps(draft) if valid else [])]),
        "geometry": mapping(planned.geometry),
        "area_m2": {
            "before": area_m2(current.shape) if current else None,
            "after": area_m2(planned.geometry) if valid else None,
        },
        "uncovered": _uncovered(draft) if valid and tier.tiling and parent is not None else None,
        "noded": draft.noded(),
        "tier": tier.code,
        "version": current.version if current else None,
        "suggestion": suggestion(parent, tier) if parent and not current else None,
    }


def _gaps(draft: Draft) -> list[Finding]:
    """Strips of nobody's ground beside the boundary: no obstacle, but seldom meant."""
    beside = [Shape(at, shape) for at, shape in _after(draft, tier=draft.tier).items()]
    parent = Shape(draft.parent.area_id, _after(draft)[draft.parent.area_id]) if draft.parent else None
    return gaps(draft.plan.geometry, beside, parent, width_m=draft.tier.snap_m, area=draft.area)


def _after(draft: Draft, *, tier: Tier | None = None, parent: UUID | None = None) -> dict[UUID, MultiPolygon]:
    """What stands around as it would after saving; only one tier's, or the children of one area."""
    return {
        at: draft.plan.noded.get(at, row.shape)
        for at, row in draft.standing.items()
        if (tier is None or row.tier_id == tier.pk) and (parent is None or row.parent_id == parent)
    }


def _uncovered(draft: Draft) -> dict[str, Any] | None:
    """Of a tier that covers its parent: what would still be nobody's."""
    assert draft.parent is not None
    rows = Boundary.objects.still().filter(parent=draft.parent.area_id, tier=draft.tier).exclude(area=draft.area)
    covered = [draft.plan.noded.get(row.area_id, row.shape) for row in rows]
    whole = draft.plan.noded.get(draft.parent.area_id, draft.parent.shape)
    rest = uncovered(whole, [draft.plan.geometry, *covered])
    if rest.is_empty:
        return None
    return {"m2": area_m2(rest), "geometry": mapping(rest), "name": draft.parent.name}


def _problems(draft: Draft, findings: list[Finding]) -> list[dict[str, Any]]:
    """Each finding in words, with a shape to try where there is a plain way out."""
    if not findings:
        return []
    siblings, children = _after(draft, tier=draft.tier), _after(draft, parent=draft.area)
    above = _after(draft)[draft.parent.area_id] if draft.parent else None
    told = []
    for at, finding in enumerate(findings):
        mend = None
        if at < MOST_MENDS:
            mend = mended(draft.plan.geometry, finding, siblings=siblings, children=children, parent=above)
        told.append(problem(finding, draft.names) | {"mend": mapping(mend)})
    return told


def word_check(
    *, tier: Tier, parent: Boundary | None, area: UUID | None, code: str, name_zh: str, name_en: str, walled: str
) -> dict[str, dict[str, str]]:
    """What is wrong with the words, and what is odd about them, by field."""
    words = {"code": code.strip(), "name_zh": tidy_name(name_zh), "name_en": tidy_name(name_en), "walled": walled}
    wrong = dict(wrong_fields(**words))
    odd: dict[str, str] = {}
    alike = Boundary.objects.still().filter(tier=tier).exclude(area=area)
    if "code" not in wrong and (taken := alike.filter(code=words["code"]).first()):
        wrong["code"] = _("“%(name)s” has this code.") % {"name": taken.name}
    if "code" not in wrong and parent is not None and not words["code"].startswith(parent.code):
        odd["code"] = _("Codes in “%(name)s” begin with %(code)s.") % {"name": parent.name, "code": parent.code}
    beside = alike.filter(parent=parent.area_id if parent else None)
    for field in ("name_zh", "name_en"):
        if field not in wrong and words[field] and beside.filter(**{f"{field}__iexact": words[field]}).exists():
            odd[field] = _("Another one beside it has the same name.")
    return {"wrong": wrong, "odd": odd}
