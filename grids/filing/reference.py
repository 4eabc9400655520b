"""What coordinates mean: any EPSG code known to PROJ, CGCS2000's zones, GCJ-02 and BD-09 when somebody names them.

Nothing is guessed: a file that does not say asks for an answer, and the two offset datums are never what a file says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gis.shared.datums import Datum, to_wgs84
from grids.filing.faults import Unreadable

Floats = NDArray[np.float64]
OFFSET = {"gcj02": Datum.GCJ02, "bd09": Datum.BD09}
SAME_AS_WGS84 = {4326, 4490, 4979, 4480}
"""WGS 84 and CGCS2000 in degrees: the same to centimetres, stored as they are."""
EPSG = re.compile(r"(?:EPSG:)?(\d{4,6})", re.IGNORECASE)
SAME_DATUMS = ("China 2000", "World Geodetic System 1984", "D_China_2000", "D_WGS_1984")
ROUGH_METRES = 1.0
"""A way between datums that may err by more than this is told."""
UNKNOWN_METRES = 100.0
"""What is said of a way that PROJ knows no figure for: old national datums without local parameters err so much."""
FIRST_MERIDIAN = 75
ZONES = tuple(f"EPSG:{4534 + number}" for number in range(21))
"""CGCS2000 in metres, 3-degree zones with the central meridians 75° to 135°."""
NUMBERED_ZONES = tuple(f"EPSG:{4513 + number}" for number in range(21))
"""The same with the zone's number before the easting: 39,500,000 m instead of 500,000 m."""


@dataclass(frozen=True)
class Reference:
    """How coordinates become lon, lat: a named offset datum, or a system known to PROJ."""

    name: str
    crs: Any = None

    @property
    def offset(self) -> bool:
        """Whether it is one of the two offset datums."""
        return self.name in OFFSET

    @cached_property
    def degrees(self) -> bool:
        """Whether the numbers are degrees."""
        return self.offset or bool(self.crs.is_geographic)

    @cached_property
    def title(self) -> str:
        """Its name as PROJ knows it."""
        return {"gcj02": "GCJ-02", "bd09": "BD-09"}.get(self.name) or str(self.crs.name)

    def accuracy_m(self, xy: Floats) -> float:
        """Metres by which the way to WGS 84 may err where these points lie; 0 where it is exact for our purpose."""
        base = None if self.offset else self.crs.geodetic_crs
        datum = base.datum.name if base is not None and base.datum is not None else ""
        if self.offset or datum.startswith(SAME_DATUMS) or not len(xy):
            return 0.0
        way = Transformer.from_crs(self.crs, CRS.from_epsg(4326), always_xy=True)
        way.transform(*np.nanmedian(np.asarray(xy, np.float64), axis=0).tolist())
        try:
            accuracy = float(way.get_last_used_operation().accuracy)
        except ProjError:
            return UNKNOWN_METRES
        return accuracy if accuracy >= 0 else UNKNOWN_METRES

    @cached_property
    def same(self) -> bool:
        """Whether its degrees are ours already."""
        return not self.offset and self.crs.is_geographic and (self.name == "OGC:CRS84" or self.epsg in SAME_AS_WGS84)

    @cached_property
    def epsg(self) -> int | None:
        """The EPSG code, if it has one."""
        return None if self.offset else self.crs.to_epsg(min_confidence=70)

    def convert(self, xy: Floats) -> Floats:
        """(n, 2) x, y → lon, lat in degrees; what has no place on the earth becomes NaN. Each distinct point once."""
        xy = np.asarray(xy, np.float64).reshape(-1, 2)
        distinct, back = np.unique(xy, axis=0, return_inverse=True)
        return self._convert(distinct)[back.ravel()]

    def _convert(self, xy: Floats) -> Floats:
        if self.offset:
            found = to_wgs84(xy, OFFSET[self.name])
        elif self.same:
            found = xy.copy()
        else:
            to_degrees = Transformer.from_crs(self.crs, CRS.from_epsg(4326), always_xy=True)
            found = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
        off = ~((np.abs(found[:, 0]) <= 180) & (np.abs(found[:, 1]) <= 90))
        found[off] = np.nan
        return np.asarray(found)

    def shapes(self, shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Shapes in lon, lat, and which of them have no place on the earth (they become None)."""
        xy, owner = shapely.get_coordinates(shapes, return_index=True)
        found = self.convert(xy)
        lost = np.zeros(len(shapes), bool)
        lost[owner[np.isnan(found).any(axis=1)]] = True
        placed = np.array(shapes, object)
        placed[lost] = None
        kept = shapely.set_coordinates(placed, found[~lost[owner]])
        return np.asarray(kept, object), lost


def reference(chosen: str, said: str, *, allow_offset: bool) -> Reference:
    """What a person chose ("" = as the file says); raises Unreadable: asked for, unknown, switched off."""
    word = chosen.strip() or said.strip()
    if not word:
        raise Unreadable("no-crs")
    if word.lower() in OFFSET:
        if not allow_offset:
            raise Unreadable("offset-off", name=Reference(word.lower()).title)
        return Reference(word.lower())
    if word.upper() in {"OGC:CRS84", "CRS84"}:
        return Reference("OGC:CRS84", CRS.from_authority("OGC", "CRS84"))
    match = EPSG.fullmatch(word)
    if chosen.strip() and not match:
        raise Unreadable("unknown-crs", name=word[:60])
    try:
        crs = CRS.from_epsg(int(match[1])) if match else CRS.from_user_input(_definition(word))
    except CRSError as error:
        raise Unreadable("unknown-crs", name=word[:60]) from error
    flat: CRS | None = crs
    if crs.is_bound:
        flat = crs.source_crs
    elif crs.is_compound:
        flat = crs.sub_crs_list[0] if crs.sub_crs_list else None
    if flat is None or not (flat.is_geographic or flat.is_projected):
        raise Unreadable("unknown-crs", name=word[:60])
    epsg = flat.to_epsg(min_confidence=70)
    return Reference(f"EPSG:{epsg}", CRS.from_epsg(epsg)) if epsg else Reference(str(flat.name), flat)


def _definition(word: str) -> str:
    """Only WKT or PROJJSON of a file: a word of a stranger must not become the name of a file to open."""
    text = word.lstrip()
    if not text.startswith(("{", "GEOG", "PROJ", "COMPD", "BOUND", "COMPOUND", "LOCAL")):
        raise Unreadable("unknown-crs", name=word[:60])
    return text


def hint(xy: Floats, chosen: Reference) -> tuple[str, dict[str, str | float]] | None:
    """What the numbers themselves say against a reference: swapped, metres for degrees, another zone. None if nothing.

    The answer is a code of a note and its values, `try` naming the reference that would fit.
    """
    finite = xy[np.isfinite(xy).all(axis=1)]
    if not len(finite):
        return None
    x, y = np.median(finite, axis=0).tolist()
    if chosen.degrees:
        if abs(x) <= 180 and abs(y) <= 90:
            return None
        if abs(x) <= 90 and abs(y) <= 180:
            return "swapped-file", {"x": x, "y": y}
        number = int(x // 1_000_000)
        if 25 <= number <= 45 and 1e6 < y < 1e7:
            return "metres-not-degrees", {"x": x, "y": y, "try": NUMBERED_ZONES[number - 25]}
        return "metres-not-degrees", {"x": x, "y": y, "try": ""}
    if abs(x) <= 180 and abs(y) <= 90:
        return "degrees-not-metres", {"x": x, "y": y}
    number = int(x // 1_000_000)
    if chosen.name in ZONES and 25 <= number <= 45:
        return "numbered-zone", {"number": number, "try": NUMBERED_ZONES[number - 25]}
    if chosen.name in NUMBERED_ZONES and 0 < x < 1e6:
        plain = ZONES[NUMBERED_ZONES.index(chosen.name)]
        return "plain-zone", {"try": plain}
    if chosen.name in NUMBERED_ZONES and number != NUMBERED_ZONES.index(chosen.name) + 25 and 25 <= number <= 45:
        return "numbered-zone", {"number": number, "try": NUMBERED_ZONES[number - 25]}
    if chosen.name in ZONES + NUMBERED_ZONES and 1e6 < x < 1e7 and 0 < y < 1e6:
        return "swapped-file", {"x": x, "y": y}
    return None
