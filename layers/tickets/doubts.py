"""What speaks against a file although each row could be stored: another datum fits, columns swapped, formulas."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from gis.shared.datums import Datum, to_wgs84
from gis.shared.geometry import Floats
from gis.shared.sheets import FORMULA
from grids.ground import ground_at
from layers.tickets.imports import Manner, Survey
from layers.tickets.tables import Sheet

FEWEST = 30
"""With fewer positions nothing is said."""
CLEARLY = 0.25
"""Another reading must put this much more of the rows on the map."""
HOMES = 0.15
"""Or this much more of them, and half as many again, into compounds and houses."""
READINGS = ("swapped", Datum.WGS84.value, Datum.GCJ02.value, Datum.BD09.value)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing to look at before storing; `ask` where somebody must say that it is meant so."""

    code: str
    message: str
    ask: bool = False
    values: dict[str, Any] = field(default_factory=dict)


def doubts_of(sheet: Sheet, manner: Manner, survey: Survey, *, now: datetime) -> list[Doubt]:
    """What a person should look at, by a sample of the file."""
    told = []
    wrong = _reading(_positions(sheet, manner, survey), manner.datum, now)
    if wrong is not None:
        told.append(wrong)
    places = [sheet.columns.index(column) for column in manner.columns.get("text", [])]
    texts = [cells[place].strip() for _line, cells in survey.sample for place in places if place < len(cells)]
    formulas = sum(text[:1] in FORMULA for text in texts if text)
    if formulas:
        message = _("Some texts begin like a formula. They are stored as text, and an export keeps them from running.")
        told.append(Doubt("formulas", message, values={"of": len(texts), "count": formulas}))
    if any("<" in text and ">" in text for text in texts):
        told.append(Doubt("markup", _("Some texts contain HTML. It is stored and shown as text, never as a page.")))
    return told


def _positions(sheet: Sheet, manner: Manner, survey: Survey) -> Floats:
    """(n, 2) lon, lat as the sample gives them."""
    lon, lat = (sheet.columns.index(manner.columns[name][0]) for name in ("lon", "lat"))
    found = []
    for _line, cells in survey.sample:
        try:
            place = (float(cells[lon]), float(cells[lat]))
        except (ValueError, IndexError):
            continue
        if np.isfinite(place).all() and max(map(abs, place)) <= 180:
            found.append(place)
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _reading(xy: Floats, stated: Datum, now: datetime) -> Doubt | None:
    """Whether another reading of the positions would put clearly more of them where people are."""
    if len(xy) < FEWEST:
        return None
    ground = ground_at(now)
    if not len(ground.ids):
        return None

    def fit(places: Floats) -> tuple[float, float]:
        """Shares of positions on the map, and in its compounds and houses."""
        sound = (np.abs(places[:, 0]) <= 180) & (np.abs(places[:, 1]) <= 90)
        depth = np.zeros(len(places), dtype=np.int64)
        depth[sound] = (ground.locate(places[sound]).chain >= 0).sum(axis=1)
        return float((depth > 0).mean()), float((depth > TILING_TIERS).mean())

    as_stated = to_wgs84(xy, stated)
    here, home = fit(as_stated)
    best: tuple[float, float, str, Floats] = (here, home, "", as_stated)
    for name in READINGS:
        if name == stated.value or (name == Datum.WGS84.value and stated is Datum.CGCS2000):
            continue
        places = xy[:, ::-1] if name == "swapped" else to_wgs84(xy, Datum(name))
        on_map, at_home = fit(places)
        if (on_map, at_home) > best[:2] and (
            on_map - here >= CLEARLY or (on_map >= here - 0.02 and at_home - home >= HOMES and at_home >= 1.5 * home)
        ):
            best = (on_map, at_home, name, places)
    if not best[2]:
        return None
    values = {"now": round(100 * here), "fits": round(100 * best[0]), "try": best[2]}
    if best[2] == "swapped":
        message = _(
            "Longitude and latitude look swapped: %(now)d of 100 rows lie on this map, the other way round %(fits)d."
        )
        return Doubt("looks-swapped", message % values, ask=True, values=values)
    metres = float(np.median(np.hypot(*((best[3] - as_stated) * METRES).T)))
    title = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}[best[2]]
    values |= {"metres": round(metres), "title": title, "home": round(100 * home), "homes": round(100 * best[1])}
    message = _(
        "The coordinates look like %(title)s: read so, %(homes)d of 100 rows lie in compounds and houses, as stated"
        " %(home)d. The two are about %(metres)d m apart."
    )
    return Doubt("looks-offset", message % values, ask=True, values=values)


TILING_TIERS = 3
"""County, street and community cover the ground whole; what lies deeper is where people live and work."""
METRES = np.array([92_000.0, 111_000.0])
"""In a degree, in the middle of China: good enough to say how far."""
