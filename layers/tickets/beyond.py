"""Who answers for points outside every area: the nearest county that has a front desk, for one point or for many."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from pyproj import Geod

from gis.shared.errors import Conflict, Invalid
from gis.shared.geometry import Floats
from grids.models import Appointment, Boundary, Role
from grids.permissions import chain_ids

FAR_M = 200_000.0
"""Beyond this distance from every county a point is a mistake, not a matter."""
EARTH = Geod(ellps="WGS84")
AT_ONCE = 2000


class Beyond:
    """The counties (and what lies above them) at a moment, ready to be asked about many points."""

    def __init__(self, now: datetime) -> None:
        """Read them; raises Conflict where no area has been drawn."""
        tops: list[Any] = list(
            Boundary.objects.at(now).filter(tier__rank__lte=1).select_related("tier").order_by("-tier__rank", "code")
        )
        if not tops:
            raise Conflict(
                _("No county has been drawn here yet, so nobody could answer. Draw or import one first."),
                code="no-ground",
            )
        self.tops = tops
        self.shapes = shapely.from_wkb([bytes(top.geometry.wkb) for top in tops])
        ranks = np.array([top.tier.rank for top in tops])
        posts = Appointment.objects.at(now).filter(role=Role.FRONT_DESK, area_id__in=[top.area_id for top in tops])
        # a desk that takes only some categories is no desk for whatever comes from outside
        desks = {area for area, codes in posts.values_list("area_id", "categories") if not codes}
        desk = np.array([top.area_id in desks for top in tops])
        lowest = desk & (ranks == ranks[desk].max()) if desk.any() else ranks == ranks.max()
        self.candidates = np.flatnonzero(lowest)
        self.now = now
        self._chains: dict[int, tuple[uuid.UUID, ...]] = {}

    def nearest(self, xy: Floats) -> tuple[NDArray[np.intp], list[Invalid | None]]:
        """Of (n, 2) lon, lat which of `tops` answers for each, and what is to be said where all are far away."""
        answering = np.zeros(len(xy), dtype=np.intp)
        problems: list[Invalid | None] = [None] * len(xy)
        for begin in range(0, len(xy), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            metres = self._metres(xy[part])
            answering[part] = self.candidates[metres[:, self.candidates].argmin(axis=1)]
            closest = metres.argmin(axis=1)
            least = metres[np.arange(len(metres)), closest]
            for index in np.flatnonzero(least > FAR_M).tolist():
                lon, lat = xy[begin + index].tolist()
                message = self._far(lon, lat, int(closest[index]), float(least[index]))
                problems[begin + index] = Invalid(message, code="far-away", fields={"lon": _("Far from this map")})
        return answering, problems

    def chain(self, top: int) -> tuple[uuid.UUID, ...]:
        """The chain of one of `tops`, from the top down."""
        if top not in self._chains:
            self._chains[top] = tuple(reversed(chain_ids(self.tops[top].area_id, now=self.now)))
        return self._chains[top]

    def _metres(self, xy: Floats) -> Floats:
        """(n, tops) metres from each point to each area: to the spot of it that is nearest in degrees made square."""
        found = np.empty((len(xy), len(self.tops)))
        squeeze = np.cos(np.radians(np.clip(xy[:, 1], -89, 89)))
        bands = np.round(squeeze, 2)
        for band in np.unique(bands):
            here = np.flatnonzero(bands == band)
            points = shapely.points(xy[here] * [band, 1.0])
            for number, shape in enumerate(self.shapes):
                flat = shapely.transform(shape, lambda ring, band=band: ring * [band, 1.0])
                lines = shapely.shortest_line(points, flat)
                ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)[:, 1] / [band, 1.0]
                lon, lat = xy[here].T
                found[here, number] = EARTH.inv(lon, lat, ends[:, 0], ends[:, 1])[2]
        return found

    def _far(self, lon: float, lat: float, nearest: int, metres: float) -> str:
        """What to say of a point far from all, or with swapped numbers."""
        values = {"km": round(metres / 1000), "area": self.tops[nearest].name}
        west, south, east, north = self.shapes[nearest].bounds
        if west - 2 <= lat <= east + 2 and south - 2 <= lon <= north + 2:
            return _("This place is %(km)d km from %(area)s: longitude and latitude look swapped.") % values
        return _("This place is %(km)d km from %(area)s: check the coordinates and their datum.") % values


def answering_for(xy: Sequence[float], now: datetime) -> tuple[uuid.UUID, tuple[uuid.UUID, ...]]:
    """The area that answers for one point outside every area, and its chain; raises Conflict or Invalid."""
    beyond = Beyond(now)
    answering, problems = beyond.nearest(np.array([xy], dtype=np.float64))
    if problems[0] is not None:
        raise problems[0]
    chosen = int(answering[0])
    return beyond.tops[chosen].area_id, beyond.chain(chosen)
