"""What a finding or a refusal says to a person, in the active language."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from gis.shared.geojson import mapping
from grids.topology import Finding


def size(m2: float) -> str:
    """An area in words: square metres below a hectare, then hectares."""
    if m2 < 0.01:
        return _("less than 0.01 m²")
    if m2 < 10_000:
        digits = 0 if m2 >= 10 else 2 if m2 < 1 else 1
        return _("%(number)s m²") % {"number": f"{m2:,.{digits}f}"}
    return _("%(number)s ha") % {"number": f"{m2 / 10_000:,.2f}"}


def side(code: str) -> str:
    """East, north-east, … as it stands in a sentence."""
    return {
        "E": pgettext("side", "east"),
        "NE": pgettext("side", "north-east"),
        "N": pgettext("side", "north"),
        "NW": pgettext("side", "north-west"),
        "W": pgettext("side", "west"),
        "SW": pgettext("side", "south-west"),
        "S": pgettext("side", "south"),
        "SE": pgettext("side", "south-east"),
    }[code]


def message(finding: Finding, names: Mapping[UUID, str]) -> str:
    """One finding as a sentence; `names` are those of the areas it may mention."""
    numbers = dict(finding.numbers)
    said = {
        "other": names.get(finding.other, _("another area")) if finding.other else "",
        "size": size(numbers.get("m2", 0.0)),
        "side": side(finding.side) if finding.side else "",
    }
    if finding.code == "crossing":
        count = int(numbers.get("count", 1))
        return ngettext(
            "The line crosses or touches itself at %(count)d place.",
            "The line crosses or touches itself at %(count)d places.",
            count,
        ) % {"count": count}
    if finding.code == "far":
        away = {"km": f"{numbers['m'] / 1000:,.0f}", "other": said["other"]}
        return _("This place is %(km)s km away from “%(other)s”.") % away
    return _sentence(finding) % said


def _sentence(finding: Finding) -> str:
    """The sentence of a code, with or without a side."""
    if finding.side:
        sided = {
            "overlap": _("Overlaps “%(other)s” by %(size)s, on the %(side)s side."),
            "escape": _("%(size)s lie outside “%(other)s”, on the %(side)s side."),
            "child_outside": _("“%(other)s” would be left outside by %(size)s, on the %(side)s side."),
            "gap": _("A strip of %(size)s stays free up to “%(other)s”, on the %(side)s side."),
        }
        if finding.code in sided:
            return sided[finding.code]
    plain = {
        "overlap": _("Overlaps “%(other)s” by %(size)s."),
        "escape": _("%(size)s lie outside “%(other)s”."),
        "child_outside": _("“%(other)s” would be left outside by %(size)s."),
        "gap": _("A strip of %(size)s stays free up to “%(other)s”."),
        "empty": _("Nothing is left of the shape."),
        "too_small": _("The shape is too small: %(size)s."),
        "swapped": _("Longitude and latitude look swapped: turned round, the shape lies in “%(other)s”."),
        "uncovered": _("%(size)s of it belong to no area of the tier below, which should cover it."),
        "orphan": _("The area above it is not in force."),
        "unnoded": _("Corners on the common edge with a neighbour are not the same."),
        "spoils": _("A shared corner would spoil the boundary of “%(other)s”."),
    }
    return plain[finding.code]


def problem(finding: Finding, names: Mapping[UUID, str]) -> dict[str, Any]:
    """One finding for the map and the panel: what, where to draw it in red, where to go."""
    return {
        "id": finding.id,
        "code": finding.code,
        "severity": finding.severity,
        "message": message(finding, names),
        "geometry": mapping(finding.place),
        "point": finding.point,
        "area": str(finding.area) if finding.area else None,
        "other": str(finding.other) if finding.other else None,
        "numbers": dict(finding.numbers),
        "side": finding.side,
    }
