"""Sentences of a story: how a version began, and what it changed."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gis.shared.geometry import area_m2
from grids.models import Boundary, BoundaryChange, Walled
from grids.noding import nodes_added
from grids.wording import size

SAME_WORDS = ("name_zh", "name_en", "code", "walled", "parent_id")


def opening(version: Boundary, change: BoundaryChange) -> str:
    """The first chapter."""
    imported = change.kind == BoundaryChange.Kind.IMPORT
    return (_("Imported, %(size)s.") if imported else _("Drawn, %(size)s.")) % {"size": size(area_m2(version.shape))}


def difference(before: Boundary, after: Boundary, names: Mapping[UUID, str], *, nodes: bool) -> str:
    """What a version changed, a sentence for each thing."""
    if nodes:
        count = nodes_added(before.shape, after.shape)
        return ngettext(
            "A neighbour was drawn here: %(count)d shared corner added, the shape is the same.",
            "A neighbour was drawn here: %(count)d shared corners added, the shape is the same.",
            count,
        ) % {"count": count}
    return " ".join(_sentences(before, after, names)) or _("Told as before.")


def _sentences(before: Boundary, after: Boundary, names: Mapping[UUID, str]) -> list[str]:
    """Shape, name, code, parent, wall."""
    told: list[str] = []
    if not after.shape.equals_exact(before.shape, 0):
        then, now = size(area_m2(before.shape)), size(area_m2(after.shape))
        words = (
            _("Boundary moved, still %(size)s.") if then == now else _("Boundary moved: %(before)s → %(after)s.")
        )  # fmt: skip
        told.append(words % {"size": now, "before": then, "after": now})
    if after.name != before.name:
        told.append(_("Renamed: “%(before)s” → “%(after)s”.") % {"before": before.name, "after": after.name})
    elif (after.name_zh, after.name_en) != (before.name_zh, before.name_en):
        chinese = after.name_zh != before.name_zh
        then, now = (before.name_zh, after.name_zh) if chinese else (before.name_en, after.name_en)
        told.append(_("Renamed in the other language: “%(before)s” → “%(after)s”.") % {"before": then, "after": now})
    if after.code != before.code:
        told.append(_("New code: %(before)s → %(after)s.") % {"before": before.code, "after": after.code})
    if after.parent_id != before.parent_id:
        told.append(
            _("Moved from “%(before)s” to “%(after)s”.")
            % {"before": _called(before.parent_id, names), "after": _called(after.parent_id, names)}
        )
    if after.walled != before.walled:
        told.append(_("Walled: %(before)s → %(after)s.") % {
            "before": Walled(before.walled).label, "after": Walled(after.walled).label
        })  # fmt: skip
    return told


def _called(area: UUID | None, names: Mapping[UUID, str]) -> str:
    """A parent's name."""
    return names.get(area, "–") if area else "–"
