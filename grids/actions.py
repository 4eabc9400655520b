"""Writes to the ground by hand: draw, move, rename. Each is one change in one transaction; ending is `retiring`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from shapely import MultiPolygon, hausdorff_distance

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Refused, Stale
from gis.shared.geojson import mapping
from gis.shared.geometry import area_m2
from grids.drafts import Draft, in_force, prepare, tier_below
from grids.fields import tidy_name, wrong_fields
from grids.histories import only_nodes
from grids.ledger import COUNTY, as_stored, begin_change, guarded, lock, renew
from grids.merging import together
from grids.models import Area, Boundary, BoundaryChange, Sketch
from grids.permissions import demand, may
from grids.snapping import snap_degrees

Kind = BoundaryChange.Kind


def draw_area(
    *,
    area_id: UUID,
    parent_id: UUID,
    shape: MultiPolygon,
    code: str,
    name_zh: str,
    name_en: str = "",
    walled: str = "unknown",
    tier: str | None = None,
    reason: str = "",
    actor: Any,
    now: datetime,
    change_id: UUID | None = None,
) -> Boundary:
    """A new area inside a parent, in force from now; `area_id` is made by the client, sending it twice stores once.

    Raises Refused, Missing, Invalid (words, or places on the map) or Conflict.
    """
    demand(actor, "area.draw", parent_id, now=now)
    words = _words(code=code, name_zh=name_zh, name_en=name_en, walled=walled)
    with guarded():
        parent = in_force(parent_id)
        lock([_county_inside(parent)], top=_at_county_edge(shape, parent))
        existing = Boundary.objects.filter(area=area_id).order_by("version").first()
        if existing is not None:
            return _same_or_conflict(existing, parent_id, shape, words)
        parent = in_force(parent_id)
        wanted = tier_below(parent, tier)
        _demand_free_code(words["code"], wanted.pk)
        draft = prepare(shape=shape, area=area_id, tier=wanted, parent=parent)
        draft.demand_sound()
        change = _begin(Kind.DRAW, draft, reason=reason, actor=actor, now=now, pk=change_id)
        area = Area.objects.create(pk=area_id, tier=wanted)
        drawn = Boundary.objects.create(
            area=area,
            tier=wanted,
            parent_id=parent_id,
            county_id=area_id if wanted.code == COUNTY else _county_inside(parent),
            geometry=as_stored(draft.plan.geometry),
            opened_by=change,
            valid_from=change.effective_at,
            **words,
        )
        _renew_noded(draft, change)
        forget(actor, Sketch.Task.DRAW, parent_id)
        record(actor=actor, verb="area.draw", subject=area_id, now=now, detail=_told(change, draft))
    return drawn


def move_boundary(
    *,
    area_id: UUID,
    shape: MultiPolygon,
    version: int,
    reason: str = "",
    actor: Any,
    now: datetime,
    change_id: UUID | None = None,
) -> Boundary:
    """A new shape for an area, from now on; `version` is the one the shape was made from.

    What somebody else changed since on other edges stands together with it. Raises Stale with the other's shape where
    both changed the same edge, Refused, Missing, Invalid with places, or Conflict.
    """
    demand_inner(actor, in_force(area_id), now=now)
    with guarded():
        before = in_force(area_id)
        lock([before.county_id], top=before.tier.code == COUNTY or _at_county_edge(shape, before))
        current = in_force(area_id)
        shape, made_from = joined(shape, current, version)
        parent = in_force(current.parent_id) if current.parent_id else None
        draft = prepare(shape=shape, area=area_id, tier=current.tier, parent=parent, current=current, before=made_from)
        draft.demand_sound()
        if draft.plan.geometry.equals_exact(current.shape, 0):
            return current
        change = _begin(Kind.MOVE, draft, reason=reason, actor=actor, now=now, pk=change_id)
        moved = renew(current, change, geometry=draft.plan.geometry)
        _renew_noded(draft, change)
        forget(actor, Sketch.Task.MOVE, area_id)
        record(actor=actor, verb="area.move", subject=area_id, now=now, detail=_told(change, draft))
    return moved


def rename(
    *,
    area_id: UUID,
    name_zh: str,
    name_en: str,
    version: int,
    code: str | None = None,
    walled: str | None = None,
    reason: str = "",
    actor: Any,
    now: datetime,
) -> Boundary:
    """New words for an area from now on: names, code, whether it is walled; the shape stays."""
    demand(actor, "area.rename", area_id, now=now)
    with guarded():
        before = in_force(area_id)
        lock([before.county_id], top=before.tier.code == COUNTY)
        current = in_force(area_id)
        demand_fresh(current, version)
        words = _words(
            code=current.code if code is None else code,
            name_zh=name_zh,
            name_en=name_en,
            walled=current.walled if walled is None else walled,
        )
        if all(getattr(current, name) == word for name, word in words.items()):
            return current
        if words["code"] != current.code:
            _demand_free_code(words["code"], current.tier_id)
        change = begin_change(kind=Kind.RENAME, now=now, latest=current.valid_from, actor=actor, reason=reason[:500])
        renamed = renew(current, change, **words)
        record(actor=actor, verb="area.rename", subject=area_id, now=now, detail={"change": str(change.pk)})
    return renamed


def demand_inner(actor: Any, boundary: Boundary, *, now: datetime) -> None:
    """Go on when the actor may draw in the parent: the outer border of one's own area is not only one's own."""
    if may(actor, "area.draw", boundary.parent_id or boundary.area_id, now=now):
        return
    if may(actor, "area.draw", boundary.area_id, now=now):
        raise Refused(
            _("The outer border of your own area is drawn by the chief of the area above."), code="outer-border"
        )
    demand(actor, "area.draw", boundary.area_id, now=now)


def demand_fresh(current: Boundary, version: int) -> Boundary:
    """The version an edit was made from, or Stale with the other's shape.

    A later version that only gained nodes of its neighbours is no obstacle.
    """
    made_from = _made_from(current, version)
    if made_from is not None and (made_from == current or only_nodes(made_from, current)):
        return made_from
    raise stale(current, made_from)


def joined(shape: MultiPolygon, current: Boundary, version: int) -> tuple[MultiPolygon, Boundary]:
    """The shape to store and the version it now rests on; raises Stale when both changed the same edge."""
    made_from = _made_from(current, version)
    if made_from is not None and (made_from == current or only_nodes(made_from, current)):
        return shape, made_from
    both = together(made_from.shape, shape, current.shape) if made_from is not None else None
    if both is None:
        raise stale(current, made_from)
    return both, current


def joined_with(moved: Boundary, version: int) -> list[str]:
    """Who changed the boundary between the version an edit names and the one it made, nodes of neighbours apart."""
    made_from = Boundary.objects.filter(area=moved.area_id, version=version).first()
    if made_from is None or made_from == moved:
        return []
    rows = Boundary.objects.filter(area=moved.area_id, valid_from__gt=made_from.valid_from)
    between = [
        made_from,
        *rows.filter(valid_from__lt=moved.valid_from).select_related("opened_by").order_by("valid_from"),
    ]
    pairs = zip(between, between[1:], strict=False)
    return list(dict.fromkeys(later.opened_by.actor_name for earlier, later in pairs if not only_nodes(earlier, later)))


def stale(current: Boundary, made_from: Boundary | None) -> Stale:
    """What somebody else stored since: the line, the words, who and when, and the line both began with."""
    change = current.opened_by
    return Stale(
        _("“%(name)s” was changed while you were drawing. Look at the other line and choose.") % {"name": current.name},
        code="stale-boundary",
        version=current.version,
        geometry=mapping(current.shape),
        base=mapping(made_from.shape) if made_from is not None else None,
        area_m2=area_m2(current.shape),
        name_zh=current.name_zh,
        name_en=current.name_en,
        changed_by=change.actor_name,
        changed_at=change.effective_at.isoformat(),
    )


def _made_from(current: Boundary, version: int) -> Boundary | None:
    """The version an edit names."""
    if version == current.version:
        return current
    return Boundary.objects.filter(area=current.area_id, version=version).first()


def _words(*, code: str, name_zh: str, name_en: str, walled: str) -> dict[str, str]:
    """Tidied words; raises Invalid by field."""
    words = {"code": code.strip(), "name_zh": tidy_name(name_zh), "name_en": tidy_name(name_en), "walled": walled}
    wrong = wrong_fields(**words)
    if wrong:
        raise Invalid(next(iter(wrong.values())), code="bad-words", fields=dict(wrong))
    return words


def _demand_free_code(code: str, tier: int) -> None:
    """Raise Invalid when another area of the tier has this code."""
    if Boundary.objects.still().filter(tier=tier, code=code).exists():
        taken = _("This code is taken.")
        raise Invalid(taken, code="code-taken", fields={"code": taken})


def _same_or_conflict(existing: Boundary, parent_id: UUID, shape: MultiPolygon, words: dict[str, str]) -> Boundary:
    """What was stored under this id, when it is what is asked for again; snapping may have moved its corners."""
    same = existing.parent_id == parent_id and all(getattr(existing, name) == word for name, word in words.items())
    stored = existing.shape
    if same and hausdorff_distance(shape.boundary, stored.boundary) <= snap_degrees(stored.bounds[1]):
        return existing
    raise Conflict(_("There is another area with this id already."), code="id-taken")


def _county_inside(parent: Boundary) -> UUID | None:
    """The county in which children of a parent lie."""
    return parent.area_id if parent.tier.code == COUNTY else parent.county_id


def _at_county_edge(shape: MultiPolygon, boundary: Boundary) -> bool:
    """Whether a shape may put nodes on its county's own boundary, which counties share."""
    county = _county_inside(boundary)
    if county is None:
        return True
    inside = Boundary.objects.still().filter(area=county, geometry__contains_properly=as_stored(shape))
    return not inside.exists()


def _begin(kind: str, draft: Draft, *, reason: str, actor: Any, now: datetime, pk: UUID | None) -> BoundaryChange:
    """Record the act, later than every row it ends and than the parent's."""
    ended = [draft.standing[area].valid_from for area in draft.plan.noded]
    ended += [row.valid_from for row in (draft.current, draft.parent) if row is not None]
    return begin_change(kind=kind, now=now, latest=max(ended, default=None), actor=actor, reason=reason[:500], pk=pk)


def _renew_noded(draft: Draft, change: BoundaryChange) -> None:
    """New versions, with the new nodes, of every neighbour and ancestor that carries an edge of the shape."""
    for area, geometry in sorted(draft.plan.noded.items(), key=lambda pair: draft.standing[pair[0]].tier.rank):
        renew(draft.standing[area], change, geometry=geometry)


def forget(actor: Any, task: str, area: UUID) -> None:
    """Saved is no longer unsaved: the drawing kept for this task goes with the act."""
    if getattr(actor, "pk", None):
        Sketch.objects.filter(account=actor.pk, task=task, area=area).delete()


def _told(change: BoundaryChange, draft: Draft) -> dict[str, Any]:
    """What the log keeps of an act."""
    return {"change": str(change.pk), "noded": [str(area) for area in draft.plan.noded]}
