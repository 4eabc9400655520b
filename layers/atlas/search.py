"""The one search box: areas, posts, sites, streets, tickets and coordinates by what people call them, closest first."""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.db.models import Q
from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from gis.shared.geometry import metric_epsg
from grids.queries import locate
from layers.atlas.finding import areas, asked, coordinates, names, posts
from layers.sites.models import SiteThen
from layers.streets.models import Way
from layers.tickets.numbered import newest

MOST = 20
MOST_SITES = 5
MOST_STREETS = 4
MOST_TICKETS = 5
PART_OF_NUMBER = re.compile(r"[0-9-]{4,40}")
ORDER = ("note", "point", "ticket", "area", "post", "site", "street")
"""Which kind comes first among equally close results."""


def search(
    words: str, *, asker: Any, moment: datetime, now: datetime, near: areas.LonLat | None = None
) -> list[dict[str, Any]]:
    """What is called so at a moment, the closest first; near the middle of the map before far away."""
    words = asked.clean(words)
    if not words:
        return []
    places = points(words, moment=moment, near=near)
    if places:
        return places
    if not asked.plain(words):
        return []
    alike = names.matching(words)
    found = [
        *tickets(words, asker=asker, now=now),
        *posts.find(words, asker=asker, moment=moment, now=now, near=near, alike=alike),
        *called(alike, moment=moment),
    ]
    sure = any(result["close"] < names.BEGINS for result in found)
    hits = areas.find(words, moment=moment, near=near, alike=alike, paths=not sure)
    found += areas.told(hits, moment=moment)
    found.sort(key=lambda result: (result["close"], ORDER.index(result["kind"])))
    good = [result for result in found if result["close"] < names.SLIP]
    return (good or found)[:MOST]


def near_from(text: str) -> areas.LonLat | None:
    """The middle of the map that a query names as lon,lat; raises Invalid on anything else."""
    if not text:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        lon = lat = float("nan")
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise Invalid(_("This is not a longitude and latitude in degrees."), code="bad-position")
    return lon, lat


def points(words: str, *, moment: datetime, near: areas.LonLat | None) -> list[dict[str, Any]]:
    """Typed coordinates, each with the areas that own the place; or why they cannot be shown."""
    zone = metric_epsg(*near) if near else 0
    typed = coordinates.parse(words, zone_epsg=zone if 4534 <= zone <= 4554 else None)
    if not typed:
        return []
    if not typed[0].system:
        return [note(_("These look like metres. Name their system: CGCS2000 with its zone, or EPSG and its number."))]
    if typed[0].offset and not settings.ALLOW_OFFSET_DATUMS:
        return [note(_("GCJ-02 and BD-09 are switched off here: converting them is regulated by law. Give WGS 84."))]
    results = []
    for one in typed:
        lonlat = one.lonlat()
        if lonlat is None:
            continue
        chain = locate(*lonlat, moment=moment)
        path = " › ".join(row.name for row in chain[-3:]) or _("outside all areas")
        label = f"{lonlat[0]:.6f}, {lonlat[1]:.6f}"
        found = {"kind": "point", "name_zh": label, "name_en": label, "lonlat": lonlat, "close": 0.0}
        deepest = {"area": str(chain[-1].area_id)} if chain else {}
        results.append({**found, **deepest, "hint": f"{said(one)} · {path}", "owned": bool(chain)})
    # of two ways to read the numbers the one that lies on the ground is meant
    owned = [result for result in results if result["owned"]]
    return (owned or results[:1]) or [note(_("There is no such place on the globe."))]


def said(typed: coordinates.Typed) -> str:
    """In which system the numbers were read, in words."""
    if not typed.named:
        return _("read as WGS 84, longitude and latitude")
    if typed.system.startswith("epsg:"):
        return _("from %(system)s") % {"system": typed.system.upper()}
    names_ = {Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09", Datum.CGCS2000: "CGCS2000", Datum.WGS84: "WGS 84"}
    return _("from %(system)s") % {"system": names_[Datum(typed.system)]}


def note(words: str) -> dict[str, Any]:
    """A line that says something and leads nowhere."""
    return {"kind": "note", "name_zh": words, "name_en": words, "hint": "", "close": 0.0}


def called(alike: dict[str, float], *, moment: datetime) -> list[dict[str, Any]]:
    """Sites and streets of these names."""
    wanted = Q(name_zh__in=list(alike)) | Q(name_en__in=list(alike))

    def close(row: dict[str, Any]) -> dict[str, Any]:
        """The row with how close its nearer name is."""
        return row | {"close": min(alike.get(row["name_zh"], 9.0), alike.get(row["name_en"], 9.0))}

    rows = SiteThen.objects.at(moment).filter(wanted).select_related("kind").order_by("kind__order", "name_zh")
    sites = [
        close(
            {
                "kind": "site",
                "id": str(row.pk),
                "name_zh": row.name_zh,
                "name_en": row.name_en,
                "hint": row.kind.name,
                "lonlat": list(row.geometry.coords),
            }
        )
        for row in rows
    ]
    ways = Way.objects.filter(wanted).order_by().values("name_zh", "name_en").annotate(box=Extent("geometry"))
    streets = [
        close(
            {
                "kind": "street",
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "hint": _("road or path"),
                "bbox": list(row["box"]),
            }
        )
        for row in ways.order_by("name_zh")
    ]
    return [*nearest(sites)[:MOST_SITES], *nearest(streets)[:MOST_STREETS]]


def nearest(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The closest first."""
    return sorted(results, key=lambda result: result["close"])


def tickets(words: str, *, asker: Any, now: datetime) -> list[dict[str, Any]]:
    """Tickets by a part of their number, among those that the asker may see; newest first."""
    if not PART_OF_NUMBER.fullmatch(words):
        return []
    return [
        {
            "kind": "ticket",
            "id": str(row.pk),
            "name_zh": row.number,
            "name_en": row.number,
            "hint": f"{row.category.name} · {row.get_state_display()}",
            "lonlat": list(row.point.coords),
            "close": 0.0 if row.number == words else 1.0,
        }
        for row in newest(words, asker, now=now, limit=MOST_TICKETS)
    ]
