"""Coordinates as people type them, in the datum they name: plain text in, WGS 84 degrees out. Nothing is guessed."""

import re
from dataclasses import dataclass

import numpy as np
from pyproj.exceptions import CRSError, ProjError

from gis.shared.datums import Datum, to_wgs84
from gis.shared.geometry import transformer

SYSTEMS = (
    (Datum.GCJ02, r"gcj[-\s]?0?2|gcj|火星坐标系?|火星|高德|腾讯地图|腾讯|amap"),
    (Datum.BD09, r"bd[-\s]?0?9(?:ll)?|百度地图|百度|baidu"),
    (Datum.CGCS2000, r"cgcs[-\s]?2000|2000国家大地坐标系?|国家大地2000|大地2000|国家2000|2000坐标系?"),
    (Datum.WGS84, r"wgs[-\s]?84|epsg:4326|gps"),
)
EPSG = re.compile(r"epsg[:：\s]?(\d{4,6})", re.IGNORECASE)
ZONE = re.compile(r"(?:第\s*)?(\d{2})\s*(?:号)?(?:度)?带|zone\s*(\d{2})\b", re.IGNORECASE)
MERIDIAN = re.compile(r"(?:中央(?:子午线|经线)|cm)\s*[:：=]?\s*(\d{2,3})\s*[°度]?", re.IGNORECASE)
WIDTH = re.compile(r"[36三六]\s*度(?:分)?带", re.IGNORECASE)
NOISE = re.compile(r"坐标系?|[:：=,，;；、/()（）\[\]{}|\s]", re.IGNORECASE)
NUMBER = re.compile(
    r"(?P<before>东经|西经|北纬|南纬|经度|纬度|lat(?:itude)?|lon(?:gitude)?|lng|[XY](?=\s*[:：=])|[NSEW](?=\s*-?\d))?\s*[:：=]?\s*"
    r"(?P<degrees>[-+]?\d+(?:\.\d+)?)\s*"
    r"(?:(?:°|度|º)\s*(?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*['′’分]\s*"
    r"(?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:[\"″”秒]|''))?)?)?\s*"
    r"(?P<after>[NSEW](?![A-Za-z])|[东西南北](?![经纬]))?",
    re.IGNORECASE,
)
NORTH_SOUTH = ("N", "S", "北", "南", "北纬", "南纬", "纬度", "LAT", "LATITUDE")
SOUTH_WEST = ("S", "W", "南", "西", "南纬", "西经")
LEAST_NORTHING, MOST_NORTHING = 1_800_000, 6_300_000
"""Metres north of the equator between which China lies."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One way to understand what was typed: two numbers and the system they are said to be in."""

    x: float
    y: float
    system: str
    """A Datum (degrees), "epsg:<code>" (its own units) or "" (metres whose system was not named)."""
    named: bool
    """Whether the system was named; degrees without a name are taken as WGS 84, and the screen says so."""

    @property
    def offset(self) -> bool:
        """Whether it is in one of the offset datums, which are switched off unless a setting allows them."""
        return self.system in {Datum.GCJ02, Datum.BD09}

    def lonlat(self) -> tuple[float, float] | None:
        """WGS 84 degrees; None when there is no such place."""
        if not self.system:
            return None
        try:
            if self.system.startswith("epsg:"):
                lon, lat = transformer(int(self.system[5:]), inverse=True).transform(self.x, self.y)
            else:
                lon, lat = to_wgs84(np.array([[self.x, self.y]]), Datum(self.system))[0].tolist()
        except (CRSError, ProjError):
            return None
        return (float(lon), float(lat)) if abs(lon) <= 180 and abs(lat) <= 90 else None  # false for NaN, infinity


def parse(words: str, *, zone_epsg: int | None = None) -> list[Typed]:
    """Everything that the words can mean as one position, likeliest first; empty when they are no coordinates.

    `zone_epsg` is the place's own zone, for metres that name CGCS2000 but no zone.
    """
    rest, system = words, ""
    told = EPSG.search(rest)
    if told and told[1] not in {"4326", "4490"}:
        system, rest = f"epsg:{int(told[1])}", rest.replace(told[0], " ")
    for datum, pattern in SYSTEMS:
        if not system and (found := re.search(pattern, rest, re.IGNORECASE)):
            system, rest = datum.value, rest.replace(found[0], " ")
    if told and told[1] == "4490":
        system, rest = Datum.CGCS2000.value, rest.replace(told[0], " ")
    rest = WIDTH.sub(" ", rest)
    meridian, zone = MERIDIAN.search(rest), ZONE.search(rest)
    for found in (meridian, zone):
        rest = rest.replace(found[0], " ") if found else rest
    numbers = [match for match in NUMBER.finditer(rest) if match["degrees"]]
    if len(numbers) != 2 or NOISE.sub("", NUMBER.sub("", rest)):
        return []
    sides = [(match["before"] or match["after"] or "").upper() for match in numbers]
    values = [_value(match) for match in numbers]
    if system.startswith("epsg:"):
        return [_eastward(values, system)]
    if max(values) > 360:
        return _metres(values, system, _said(meridian), _said(zone), zone_epsg)
    plain = not any(sides) and not system
    if plain and not all("." in match["degrees"] or match["minutes"] for match in numbers) and "," not in rest:
        return []  # "12 3" may be anything
    return _degrees(values, sides, system)


def _value(match: re.Match[str]) -> float:
    """Degrees, minutes and seconds as one number, negative in the south and the west."""
    value = float(match["degrees"])
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    value += (minutes / 60 + seconds / 3600) * (-1 if match["degrees"].startswith("-") else 1)
    return -value if (match["before"] or match["after"] or "").upper() in SOUTH_WEST else value


def _degrees(values: list[float], sides: list[str], system: str) -> list[Typed]:
    """Longitude first unless a side or the size says otherwise; both ways when neither does."""
    named = bool(system)
    system = system or Datum.WGS84.value
    one, two = values
    lat_first = sides[0] in NORTH_SOUTH or (not any(sides) and abs(one) <= 90 < abs(two))
    ways = [(two, one)] if lat_first else [(one, two)]
    if not any(sides) and max(abs(one), abs(two)) <= 90:
        ways.append((two, one))
    return [Typed(x, y, system, named) for x, y in ways if abs(x) <= 180 and abs(y) <= 90]


def _said(match: re.Match[str] | None) -> int | None:
    """The number that a pattern found."""
    return None if match is None else int(next(group for group in match.groups() if group))


def _metres(
    values: list[float], system: str, meridian: int | None, zone: int | None, zone_epsg: int | None
) -> list[Typed]:
    """Gauss-Krüger coordinates: the northing is told by its size, the zone by the easting's first two digits."""
    north, east = sorted(values, key=lambda value: not LEAST_NORTHING <= value <= MOST_NORTHING)
    if not LEAST_NORTHING <= north <= MOST_NORTHING:
        return []
    if system != Datum.CGCS2000:
        return [Typed(east, north, "", named=False)]
    prefix = int(east // 1_000_000)
    if 25 <= prefix <= 45:
        code: int | None = 4513 + prefix - 25
    elif 13 <= prefix <= 23:
        code = 4491 + prefix - 13
    elif prefix:
        return []
    elif zone is not None and 13 <= zone <= 23:
        code = 4502 + zone - 13
    elif zone is not None and 25 <= zone <= 45:
        code = 4534 + zone - 25
    elif meridian is not None:
        code = 4534 + (meridian - 75) // 3 if meridian % 3 == 0 and 75 <= meridian <= 135 else None
    else:
        code = zone_epsg
    return [Typed(east, north, f"epsg:{code}", named=True)] if code else []


def _eastward(values: list[float], system: str) -> Typed:
    """Two numbers of a named system; of a Chinese zone the northing may come first, as surveyors write it."""
    one, two = values
    swapped = 4491 <= int(system[5:]) <= 4554 and LEAST_NORTHING <= one <= MOST_NORTHING
    return Typed(two, one, system, named=True) if swapped else Typed(one, two, system, named=True)
