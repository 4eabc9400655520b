"""The coordinate systems that a person chooses from, by the names they go by."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from grids.filing.reference import FIRST_MERIDIAN, NUMBERED_ZONES, ZONES


def choices() -> list[dict[str, Any]]:
    """Groups of references; the two offset datums only where they are switched on."""
    degrees = [
        {"code": "EPSG:4490", "title": _("CGCS2000, degrees")},
        {"code": "EPSG:4326", "title": _("WGS 84, degrees (GPS)")},
    ]
    zones = [
        {"code": code, "title": _("CGCS2000, 3-degree zone, %(degrees)d° E") % {"degrees": FIRST_MERIDIAN + 3 * at}}
        for at, code in enumerate(ZONES)
    ]
    numbered = [
        {"code": code, "title": _("CGCS2000, zone %(number)d with its number in front") % {"number": at + 25}}
        for at, code in enumerate(NUMBERED_ZONES)
    ]
    groups = [
        {"title": _("Degrees"), "references": degrees},
        {"title": _("Metres, easting about 500,000"), "references": zones},
        {"title": _("Metres, zone number before the easting"), "references": numbered},
    ]
    if settings.ALLOW_OFFSET_DATUMS:
        offset = [{"code": "gcj02", "title": "GCJ-02"}, {"code": "bd09", "title": "BD-09"}]
        groups.append({"title": _("Offset (permission needed)"), "references": offset})
    return groups


def title_of(code: str, otherwise: str) -> str:
    """What a person calls a reference in the active language; what PROJ calls it where the list has no name."""
    titles = {one["code"]: one["title"] for group in choices() for one in group["references"]}
    return str(titles.get(code, otherwise))
