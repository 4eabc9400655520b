"""To which area a row of residents belongs: by its code, or by where it lies; and which areas lie in one another."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from gis.shared.errors import Conflict
from gis.shared.functions import AsWKB
from grids.filing.offset import CLEARLY, FITS, READINGS
from grids.ground import ground_at
from grids.models import Boundary

FAR_DEGREES = 2.0
"""Farther from every county a row is a mistake, not a resident."""
LEAST = 20
"""Of fewer points nobody can tell whether they all lie a bit off."""
Floats = NDArray[np.float64]


class Homes:
    """The areas in force at a moment, as a file of residents asks for them."""

    def __init__(self, *, now: datetime, deepest: int | None, mine: set[UUID] | None) -> None:
        """Rows count in areas down to a rank (None: the deepest), and in areas `mine` (None: in all)."""
        present = Boundary.objects.at(now)
        rows = list(present.values_list("area_id", "parent_id", "code", "name_zh", "tier__rank"))
        if not rows:
            raise Conflict(
                _("No area has been drawn here yet, so nobody can be counted in one. Draw or import areas first."),
                code="no-ground",
            )
        self.parent = {area: parent for area, parent, *_rest in rows}
        self.name = {area: name for area, _parent, _code, name, _rank in rows}
        self.code: dict[str, UUID | None] = {}
        for area, _parent, code, _name, _rank in rows:
            self.code[code] = None if code in self.code else area
        self.mine = mine
        self.ground = ground_at(now, deepest_rank=deepest)
        counties = [rank for *_rest, rank in rows if rank <= 1]
        tops = present.filter(tier__rank=max(counties)) if counties else present.filter(parent=None)
        self.tops = list(tops.order_by("code").values_list("area_id", AsWKB("geometry")))

    def of_codes(self, codes: Sequence[str]) -> tuple[list[UUID | None], dict[int, str]]:
        """The area of each code; where there is none, why."""
        found: list[UUID | None] = []
        refused: dict[int, str] = {}
        for at, code in enumerate(codes):
            area = self.code.get(code)
            if area is None:
                words = _("The code “%(code)s” stands for several areas.") if code in self.code else ""
                refused[at] = (words or _("No area has the code “%(code)s”.")) % {"code": code[:40]}
            elif not self._allowed(area):
                area = None
                refused[at] = _("The area with the code “%(code)s” is not yours to count.") % {"code": code[:40]}
            found.append(area)
        return found, refused

    def of_points(self, xy: Floats) -> tuple[list[UUID | None], dict[int, str], NDArray[np.intp]]:
        """The area of each point, why where there is none, and which lie outside every area and count for a county."""
        deepest = self.ground.locate(xy).deepest
        ids = self.ground.area_ids
        found: list[UUID | None] = [ids[number] if number >= 0 else None for number in deepest.tolist()]
        refused: dict[int, str] = {}
        away = np.flatnonzero(deepest < 0)
        nearest, far = self._nearest(xy[away])
        for at, top, distance in zip(away.tolist(), nearest, far, strict=True):
            if distance > FAR_DEGREES:
                refused[at] = _("This place is some %(km)d km from every area of this map.") % {
                    "km": round(distance * 111)
                }
            else:
                found[at] = top
        for at, area in enumerate(found):
            if area is not None and not self._allowed(area):
                found[at] = None
                refused[at] = _("This place lies in %(area)s, which is not yours to count.") % {"area": self.name[area]}
        return found, refused, away[[found[at] is not None for at in away.tolist()]] if len(away) else away

    def located(self, xy: Floats) -> float:
        """Which share of points lies in some area."""
        return float((self.ground.locate(xy).deepest >= 0).mean()) if len(xy) else 1.0

    def nested(self, areas: set[UUID]) -> list[str]:
        """Names of areas that have another of them above: their residents stand twice."""
        return sorted(self.name[area] for area in areas if any(above in areas for above in self._above(area)))

    def related(self, areas: set[UUID], others: set[UUID]) -> set[UUID]:
        """Those of the others that lie above or below one of the areas."""
        found = {above for area in areas for above in self._above(area) if above in others}
        return found | {other for other in others if any(above in areas for above in self._above(other))}

    def names(self, areas: Iterable[UUID]) -> list[str]:
        """Some names, in order."""
        return sorted(self.name.get(area, "?") for area in areas)[:5]

    def _above(self, area: UUID) -> Iterable[UUID]:
        """The areas above one."""
        above = self.parent.get(area)
        while above is not None:
            yield above
            above = self.parent.get(above)

    def _allowed(self, area: UUID) -> bool:
        """Whether the asker counts there."""
        return self.mine is None or area in self.mine

    def _nearest(self, xy: Floats) -> tuple[list[UUID], list[float]]:
        """The nearest county of each point, and how far it is in degrees of latitude."""
        if not len(xy):
            return [], []
        squeeze = np.array([np.cos(np.radians(np.clip(np.median(xy[:, 1]), -85, 85))), 1.0])
        shapes = [shapely.transform(shapely.from_wkb(bytes(wkb)), lambda ring: ring * squeeze) for _a, wkb in self.tops]
        away = np.array([shapely.distance(shape, shapely.points(xy * squeeze)) for shape in shapes])
        best = away.argmin(axis=0)
        return [self.tops[int(at)][0] for at in best], away.min(axis=0).tolist()


def doubtful(homes: Homes, xy: Floats) -> dict[str, Any] | None:
    """The reading of coordinates in which clearly more points would lie in areas; None when there is none."""
    if len(xy) < LEAST:
        return None
    now = homes.located(xy)
    best, fits = "", now
    for name, reading in READINGS.items():
        moved = reading(xy)
        sound = np.isfinite(moved).all(axis=1) & (np.abs(moved) <= [180.0, 90.0]).all(axis=1)
        if sound.all() and (share := homes.located(moved)) > fits:
            best, fits = name, share
    return {"try": best, "now": now, "fits": fits} if best and fits >= FITS and fits - now >= CLEARLY else None
