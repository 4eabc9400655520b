"""The life of an area as a story: each version, who made it, what it changed, and what was told before a correction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.geometry import area_m2
from grids.chapters import SAME_WORDS, difference, opening
from grids.models import Area, Boundary, BoundaryChange, Telling, WithdrawnBoundary
from grids.wording import size

PAGE = 20
"""Versions told at once; the next page begins where this one ends."""
MOST_EARLIER = 20


def only_nodes(old: Telling, new: Telling) -> bool:
    """Whether all that happened since is that neighbours put nodes on this area's edges."""
    same = all(getattr(old, name) == getattr(new, name) for name in SAME_WORDS)
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


@dataclass(frozen=True)
class Story:
    """A page of an area's life, newest first; `next` is the `before` of the page that follows."""

    versions: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    next: str | None = None


def history(area: Area, *, with_names: bool, before: datetime | None = None, limit: int = PAGE) -> Story:
    """The versions that began before a moment (default all), newest first; `with_names` says who made them."""
    rows = area.boundaries.select_related("opened_by", "closed_by", "corrected_by")
    count = rows.count()
    newest = rows.order_by("-valid_from")
    if before is not None:
        newest = newest.filter(valid_from__lt=before)
    page = list(newest[: limit + 1])  # one more: the story says what a version changed
    names = _names([row.parent_id for row in page])
    earlier = _earlier(area, page[:limit])
    told: list[dict[str, Any]] = []
    for at, row in enumerate(page[:limit]):
        previous = page[at + 1] if at + 1 < len(page) else None
        told.append(_chapter(row, previous, earlier, names, with_names=with_names))
    if page and before is None and page[0].valid_until:
        told.insert(0, _ending(page[0], with_names=with_names))
    more = len(page) > limit
    return Story(told, count, page[limit - 1].valid_from.isoformat() if more else None)


def look_at(version: Boundary) -> str | None:
    """A local moment, as round as can be, at which a former version was in force; None while it is in force."""
    if version.valid_until is None:
        return None
    last = timezone.localtime(version.valid_until) - timedelta(microseconds=1)
    for round_moment in (last.replace(second=0, microsecond=0), last.replace(microsecond=0)):
        if round_moment >= version.valid_from:
            return round_moment.replace(tzinfo=None).isoformat()
    return timezone.localtime(version.valid_from).replace(tzinfo=None).isoformat()


def _chapter(
    version: Boundary,
    before: Boundary | None,
    earlier: Sequence[WithdrawnBoundary],
    names: Mapping[UUID, str],
    *,
    with_names: bool,
) -> dict[str, Any]:
    """One version in words."""
    change = version.opened_by
    nodes = before is not None and only_nodes(before, version)
    told = {
        "id": version.pk,
        "version": version.version,
        "from": version.valid_from,
        "until": version.valid_until,
        "look_at": look_at(version),
        "kind": change.kind,
        "nodes_only": nodes,
        "story": opening(version, change) if before is None else difference(before, version, names, nodes=nodes),
        "reason": change.reason,
        "recorded": change.recorded_at,
        "area_m2": area_m2(version.shape),
        "name_zh": version.name_zh,
        "name_en": version.name_en,
        "code": version.code,
        "walled": version.walled,
        "corrected": corrected(version, with_names=with_names),
        "earlier": [_withdrawn(row, with_names=with_names) for row in earlier if _told_otherwise(row, version)],
    }
    return told | ({"by": change.actor_name} if with_names else {})


def _ending(last: Boundary, *, with_names: bool) -> dict[str, Any]:
    """The end of a life."""
    by = last.closed_by
    told: dict[str, Any] = {
        "id": None, "version": None, "from": last.valid_until, "until": None, "kind": "retire", "nodes_only": False,
        "look_at": None, "story": _("Ended."), "reason": by.reason if by else "", "area_m2": None,
        "recorded": by.recorded_at if by else None, "corrected": None, "earlier": [],
    }  # fmt: skip
    return told | ({"by": by.actor_name} if with_names and by else {})


def corrected(version: Telling, *, with_names: bool) -> dict[str, Any] | None:
    """When and why this telling took the place of an earlier one; None where none was withdrawn."""
    change = version.corrected_by
    if change is None:
        return None
    return {"at": change.recorded_at, "reason": change.reason} | ({"by": change.actor_name} if with_names else {})


def _withdrawn(row: WithdrawnBoundary, *, with_names: bool) -> dict[str, Any]:
    """A former telling in one line: what, how large, until when it was told."""
    words = _("“%(name)s”, code %(code)s, %(size)s") % {
        "name": row.name, "code": row.code, "size": size(area_m2(row.shape))
    }  # fmt: skip
    told = {"id": row.pk, "words": words, "until": row.withdrawn_by.recorded_at, "reason": row.withdrawn_by.reason}
    return told | ({"by": row.withdrawn_by.actor_name} if with_names else {})


def _earlier(area: Area, page: Sequence[Boundary]) -> list[WithdrawnBoundary]:
    """What was told before of the time of some versions, what was withdrawn last first."""
    if not page:
        return []
    rows = WithdrawnBoundary.objects.filter(area=area).select_related("withdrawn_by")
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=page[-1].valid_from))
    return list(rows.order_by(F("withdrawn_by__recorded_at").desc(), "-valid_from")[: MOST_EARLIER * PAGE])


def _told_otherwise(old: WithdrawnBoundary, now: Boundary) -> bool:
    """Whether a withdrawn row said something else of a time that a version tells of."""
    meet = (now.valid_until is None or old.valid_from < now.valid_until) and (
        old.valid_until is None or now.valid_from < old.valid_until
    )
    if not meet:
        return False
    words = any(getattr(old, name) != getattr(now, name) for name in SAME_WORDS)
    return words or not (old.shape.equals(now.shape) or only_nodes(old, now) or only_nodes(now, old))


def _names(parents: Sequence[UUID | None]) -> dict[UUID, str]:
    """What parents were called last, for "moved from A to B"."""
    rows = Boundary.objects.filter(area__in={parent for parent in parents if parent}).order_by("valid_from")
    return {row.area_id: row.name for row in rows.defer("geometry")}


def tellings(area: UUID) -> dict[UUID, Telling]:
    """Every row ever told of an area, by its id: what is told now, and what was withdrawn."""
    found: dict[UUID, Telling] = {row.pk: row for row in Boundary.objects.filter(area=area)}
    return found | {row.pk: row for row in WithdrawnBoundary.objects.filter(area=area)}


__all__ = ["BoundaryChange", "Story", "corrected", "history", "look_at", "only_nodes", "tellings"]
