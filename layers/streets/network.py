"""The walking network of this database as arrays: mapped by every process, with a version, until a new one is made."""

import uuid
from datetime import datetime
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.catalogue.models import Place
from gis.shared.errors import Conflict
from gis.shared.functions import AsWKB
from gis.shared.geometry import to_degrees, xy_to_metres
from gis.shared.kept import Kept
from grids.models import Boundary
from layers.streets.models import FormerGate, Gate, Network
from layers.streets.passing import History, State, passing
from layers.streets.rings import RingMaker
from layers.streets.stored import Streets, streets_of
from layers.streets.walking import OPEN, Floats, WalkingNetwork

Gates = Literal["as-is", "open"]
"""Gates as they are at a moment, or as if every one were open to everybody at every hour."""
TRIES = 10
_KEPT = 2
_KEPT_VARIANTS = 6
Makers = Kept[tuple[bool, bytes], RingMaker]
_made: Kept[tuple[str, int, datetime], tuple[Streets, Makers]] = Kept(_KEPT)
_walkable: "Kept[tuple[str, int, datetime, int], Walkable]" = Kept(_KEPT)


class _Gone(Exception):
    """The making that was asked for is no longer the newest."""


class Walkable:
    """A network as its gates are known: versions, when it was made, its arrays for every question."""

    def __init__(
        self,
        network: Network,
        streets: Streets,
        histories: dict[int, History],
        zone: ZoneInfo,
        makers: Makers,
    ) -> None:
        """`histories` by the numbers that `streets` gives the gates."""
        self.version, self.gates_version = network.pk, network.gates_version
        self.made_at, self.streets = network.made_at, streets
        self._histories, self._zone, self._makers = histories, zone, makers

    @property
    def label(self) -> str:
        """What names this network beside a figure: the making, and how often a gate was changed since."""
        return f"{self.version}.{self.gates_version}"

    @property
    def walled(self) -> list[uuid.UUID]:
        """The walled compounds, in the order of the walls."""
        return self.streets.walled

    @property
    def walking(self) -> WalkingNetwork:
        """The network as people walk who take stairs, with the gates as they are now."""
        return self.maker(steps_allowed=True).network

    def maker(
        self,
        *,
        steps_allowed: bool,
        gates: Gates = "as-is",
        moment: datetime | None = None,
        clock: datetime | None = None,
    ) -> RingMaker:
        """The circle maker, and with it the network, for people who take stairs or do not, at a moment (now).

        The hours of gates are read by `clock` where it shows another time of the week.
        """
        base = self.streets.walking
        if gates == "open":
            who = np.full(len(base.passages.gate), OPEN, np.int8)
        else:
            at = moment or timezone.now()
            who = passing(base.passages.gate, self.streets.in_wall, self._histories, at, self._zone, clock)
        key = (steps_allowed or not base.steps.any(), who.tobytes())

        def make() -> RingMaker:
            like = next((one for (steps, _who), one in self._makers.made() if steps == key[0]), None)
            network = (like.network if like else base).variant(who=who, takes_steps=key[0])
            return RingMaker(network, like=like)

        return self._makers.get(key, make)

    def stale(self) -> bool:
        """Whether a wall or a gate was drawn, moved or taken away since, which the network does not have yet."""
        return stale(self.made_at)

    def metres(self, xy: Floats) -> Floats:
        """(n, 2) lon, lat in degrees → metres of the network's zone."""
        return xy_to_metres(xy, self.streets.walking.epsg)

    def degrees(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """A geometry in the zone's metres → lon, lat."""
        return to_degrees(geometry, self.streets.walking.epsg)


def stale(made_at: datetime) -> bool:
    """Whether a wall or a gate was drawn, moved or ended after the network was made; a new name changes nothing."""
    if Gate.objects.filter(Q(noded__isnull=True) | ~Q(noded=F("geometry"))).exists():
        return True
    now = timezone.now()
    compounds = Boundary.objects.of_tier("compound")
    touched = compounds.filter(
        Q(valid_from__gt=made_at, valid_from__lte=now) | Q(valid_until__gt=made_at, valid_until__lte=now)
    )
    areas = set(touched.values_list("area_id", flat=True))
    return bool(areas) and _walls(areas, made_at) != _walls(areas, now)


def _walls(areas: set[uuid.UUID], moment: datetime) -> dict[uuid.UUID, tuple[str, bytes]]:
    """What the noding sees of some compounds at a moment."""
    rows = Boundary.objects.at(moment).of_tier("compound").filter(area_id__in=areas).annotate(wkb=AsWKB("geometry"))
    return {area: (walled, bytes(wkb)) for area, walled, wkb in rows.values_list("area_id", "walled", "wkb")}


def current() -> Walkable | None:
    """The newest network, from this process's memory where it is there; None when none was ever made."""
    for _try in range(TRIES):
        network = Network.objects.order_by("-id").first()
        if network is None:
            return None
        key = (str(connection.settings_dict["NAME"]), network.pk, network.made_at, network.gates_version)
        try:
            return _walkable.get(key, partial(_load, network, key[:3]))
        except _Gone:
            continue
    raise Conflict(_("The network is being made anew all the time; try again."), code="busy")


def _load(network: Network, key: tuple[str, int, datetime]) -> Walkable:
    """The arrays and the gates of a making; raises _Gone when it is no longer the newest."""

    def read() -> tuple[Streets, Makers]:
        streets = streets_of(network)
        if streets is None:
            raise _Gone
        return streets, Kept(_KEPT_VARIANTS)

    streets, makers = _made.get(key, read)
    zone = ZoneInfo(Place.objects.values_list("time_zone", flat=True).first() or "Asia/Shanghai")
    return Walkable(network, streets, histories(streets.gates), zone, makers)


def histories(gates: list[uuid.UUID]) -> dict[int, History]:
    """The states of some gates by their position in the list; a gate that is gone is left out."""
    number_of = {gate: number for number, gate in enumerate(gates)}
    states: dict[uuid.UUID, list[State]] = {}
    columns = ("status", "open_to", "open_from", "open_until")
    for gate, *state in FormerGate.objects.order_by("valid_from").values_list("gate_id", *columns, "valid_until"):
        states.setdefault(gate, []).append(State(*state))
    found: dict[int, History] = {}
    for gate, drawn, *state in Gate.objects.values_list("pk", "drawn_at", *columns):
        if gate in number_of:
            found[number_of[gate]] = History([*states.get(gate, ()), State(*state)], drawn)
    return found
