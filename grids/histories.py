"""The life of an area as a story: each version, who made it, and what it changed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gis.shared.geometry import area_m2
from grids.models import Area, Boundary, BoundaryChange
from grids.noding import nodes_added
from grids.wording import size

WORDS = ("name_zh", "name_en", "code", "walled", "parent_id")


def only_nodes(old: Boundary, new: Boundary) -> bool:
    """Whether all that happened since is that neighbours put nodes on this area's edges."""
    same = all(
        getattr(old, name) == getattr(new, name) for name in ("name_zh", "name_en", "code", "walled", "parent_id")
    )
    rings_old = [ring for part in old.shape.geoms for ring in (part.exterior, *part.interiors)]
    rings_new = [ring for part in new.shape.geoms for ring in (part.exterior, *part.interiors)]
    return (
        same
        and len(rings_old) == len(rings_new)
        and all(
            _comes_in_order(list(few.coords), list(many.coords)) for few, many in zip(rings_old, rings_new, strict=True)
        )
    )


def _comes_in_order(few: Sequence[Any], many: Sequence[Any]) -> bool:
    """Whether all of `few` stand in `many` in the same order."""
    rest = iter(many)
    return all(one in rest for one in few)


def history(area: Area, *, with_names: bool) -> list[dict[str, Any]]:
    """Every version, newest first; `with_names` says who made it."""
    versions = list(area.boundaries.select_related("opened_by", "closed_by").order_by("version"))
    told: list[dict[str, Any]] = []
    before: Boundary | None = None
    for version in versions:
        told.append(_chapter(version, before, with_names=with_names))
        before = version
    if before is not None and before.valid_until and before.closed_by:
        ended = {"version": None, "from": before.valid_until, "until": None, "kind": "retire", "nodes_only": False}
        ended["look_at"] = None
        ended |= {"story": _("Ended."), "reason": before.closed_by.reason, "area_m2": None}
        told.append(ended | ({"by": before.closed_by.actor_name} if with_names else {}))
    return told[::-1]


def look_at(version: Boundary) -> str | None:
    """A local moment, as round as can be, at which a former version was in force; None while it is in force."""
    if version.valid_until is None:
        return None
    last = timezone.localtime(version.valid_until) - timedelta(microseconds=1)
    for round_moment in (last.replace(second=0, microsecond=0), last.replace(microsecond=0)):
        if round_moment >= version.valid_from:
            return round_moment.replace(tzinfo=None).isoformat()
    return timezone.localtime(version.valid_from).replace(tzinfo=None).isoformat()


def _chapter(version: Boundary, before: Boundary | None, *, with_names: bool) -> dict[str, Any]:
    """One version in words."""
    change = version.opened_by
    told = {
        "version": version.version,
        "from": version.valid_from,
        "until": version.valid_until,
        "look_at": look_at(version),
        "kind": change.kind,
        "nodes_only": before is not None and only_nodes(before, version),
        "story": _story(version, before, change),
        "reason": change.reason,
        "area_m2": area_m2(version.shape),
    }
    return told | ({"by": change.actor_name} if with_names else {})


def _story(version: Boundary, before: Boundary | None, change: BoundaryChange) -> str:
    """What a version changed, as a sentence."""
    now = size(area_m2(version.shape))
    if before is None:
        imported = change.kind == BoundaryChange.Kind.IMPORT
        return (_("Imported, %(size)s.") if imported else _("Drawn, %(size)s.")) % {"size": now}
    if only_nodes(before, version):
        count = nodes_added(before.shape, version.shape)
        return ngettext(
            "A neighbour was drawn here: %(count)d shared corner added, the shape is the same.",
            "A neighbour was drawn here: %(count)d shared corners added, the shape is the same.",
            count,
        ) % {"count": count}
    if not version.shape.equals_exact(before.shape, 0):
        then = size(area_m2(before.shape))
        if then == now:
            return _("Boundary moved, still %(size)s.") % {"size": now}
        return _("Boundary moved: %(before)s → %(after)s.") % {"before": then, "after": now}
    if version.name != before.name:
        return _("Renamed: “%(before)s” → “%(after)s”.") % {"before": before.name, "after": version.name}
    if version.code != before.code:
        return _("New code: %(before)s → %(after)s.") % {"before": before.code, "after": version.code}
    return _("Details corrected.")
