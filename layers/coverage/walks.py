"""How far everybody walks to the nearest site: one search from all sites at once, kept until something changes.

Kept by process: where places meet the streets (by settlement, network and stairs) and the walks (by sites and the
variant of the network). A what-if answers from them: one bounded search from the new spot and a recount of the places
it reaches.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from gis.shared.functions import AsWKB
from gis.shared.geometry import Floats
from gis.shared.kept import Kept
from layers.coverage.covering import Ints, Land
from layers.coverage.models import SpeedProfile
from layers.coverage.settling import Settled
from layers.coverage.whens import ANY, When
from layers.sites.models import SiteThen, place_zone
from layers.streets.network import Gates, Walkable
from layers.streets.rings import RingMaker
from layers.streets.walking import Snaps, WalkingNetwork

GATES = ("as-is", "open")
"""The network with its gates as they are, or with every gate open to everybody."""
Key = tuple[Any, ...]
_metres: Kept[Key, Floats] = Kept(2)
_homes: Kept[Key, Snaps] = Kept(4)
_walks: Kept[Key, tuple[Floats, int]] = Kept(24)


@dataclass(frozen=True)
class Standing:
    """Where sites stand: (s, 2) lon, lat, ids and codes of their kinds."""

    points: Floats
    ids: tuple[uuid.UUID, ...]
    kinds: tuple[str, ...]

    def without(self, site: uuid.UUID | None) -> "Standing":
        """All but one."""
        if site not in self.ids:
            return self
        stay = [number for number, own in enumerate(self.ids) if own != site]
        return Standing(self.points[stay], tuple(self.ids[n] for n in stay), tuple(self.kinds[n] for n in stay))

    def of_kinds(self, kinds: Collection[str]) -> "Standing":
        """Those of some kinds."""
        stay = [number for number, own in enumerate(self.kinds) if own in kinds]
        return Standing(self.points[stay], tuple(self.ids[n] for n in stay), tuple(self.kinds[n] for n in stay))


def standing(when: When) -> tuple[Standing, int, int]:
    """The sites as they were at a moment, in the order of their ids, that are open by then; how many are closed, and of
    how many nobody told the hours: those are not known to be open, and do not count either."""
    sites = SiteThen.objects.at(when.moment).order_by("pk")
    # hours are read only where they count: of a city's sites they are most of what there is to read
    fields: list[Any] = ["pk", AsWKB("geometry"), "kind__code"] + ["hours"] * (when.hours != ANY)
    rows, zone = list(sites.values_list(*fields)), place_zone()
    states = [True if when.hours == ANY else when.open(row[3], zone) for row in rows]
    stay = [row for row, state in zip(rows, states, strict=True) if state]
    points = shapely.get_coordinates(shapely.from_wkb([bytes(row[1]) for row in stay])).reshape(-1, 2)
    found = Standing(points, tuple(row[0] for row in stay), tuple(row[2] for row in stay))
    return found, states.count(False), states.count(None)


@dataclass(frozen=True)
class Ways:
    """One settlement on one variant of the network: everybody's place on the streets."""

    settled: Settled
    walkable: Walkable
    network: WalkingNetwork
    homes: Snaps
    xy: Floats
    gates: str

    @property
    def land(self) -> Land:
        """Where everybody lives."""
        return self.settled.land

    def nearest(self, sites: Standing) -> tuple[Floats, int]:
        """(n) metres from everybody's place to the nearest of some sites (inf: none), and how many of the sites have no
        street within reach."""

        def search() -> tuple[Floats, int]:
            snaps = self.snapped(sites.points)
            found = self.network.nearest(snaps)
            return self.network.nearest_to(found, self.homes)[0], int((snaps.edge < 0).sum())

        who = self.network.passages.who.tobytes()
        return _walks.get((*self._key, self.network.takes_steps, who, sites.ids, sites.points.tobytes()), search)

    def walk_from(self, lonlat: Floats, limit: float) -> tuple[Ints, Floats, Snaps]:
        """The places within `limit` metres of a spot (1, 2) in degrees: their numbers and walks, and its snap."""
        xy = self.walkable.metres(lonlat)
        origin = self.snapped(lonlat)
        if origin.edge[0] < 0:
            return np.empty(0, np.int64), np.empty(0), origin
        close = np.flatnonzero((np.abs(self.xy - xy) <= limit).all(axis=1) & (self.homes.edge >= 0))
        walk = self.network.distances(self.network.reach(origin, limit), self.homes.at(close))
        reached = np.isfinite(walk)
        return close[reached], walk[reached], origin

    def snapped(self, lonlat: Floats) -> Snaps:
        """Places in degrees (n, 2) on the streets of their side of the walls."""
        return self.network.snap(self.walkable.metres(lonlat))

    @property
    def _key(self) -> Key:
        return _key(self.settled, self.walkable)


def ways(settled: Settled, walkable: Walkable, profile: SpeedProfile, *, gates: str, when: When) -> Ways:
    """The ways of people of one pace; `gates` is one of GATES."""
    network = maker(walkable, profile, gates=gates, moment=when.moment, clock=when.clock).network
    key = _key(settled, walkable)
    xy = _metres.get(key, lambda: walkable.metres(settled.land.points))
    # where a home meets the streets depends on walls and stairs, not on who passes which gate
    homes = _homes.get((*key, network.takes_steps), lambda: network.snap(xy))
    return Ways(settled, walkable, network, homes, xy, gates)


def maker(
    walkable: Walkable, profile: SpeedProfile, *, gates: str, moment: datetime, clock: datetime | None = None
) -> RingMaker:
    """The circle maker of a variant of the network; `clock` shows the time by which gates are passed (None: moment)."""
    every: Gates = "open" if gates == "open" else "as-is"
    return walkable.maker(steps_allowed=profile.steps_allowed, gates=every, moment=moment, clock=clock)


def checked_gates(gates: str) -> None:
    """Go on, or raise Invalid with the words there are."""
    if gates not in GATES:
        words = _("Gates are “%(gates)s”.") % {"gates": "” / “".join(GATES)}
        raise Invalid(words, code="bad-gates", fields={"gates": _("Unknown")})


def limits_of(profile: SpeedProfile, minutes: Sequence[int]) -> list[float]:
    """Minutes as metres of this pace."""
    return [profile.metres(some) for some in minutes]


def _key(settled: Settled, walkable: Walkable) -> Key:
    """What where everybody lives on the streets depends on: which reading of them, which making of the network."""
    return (settled.key, walkable.version, walkable.made_at)
