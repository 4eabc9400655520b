"""The whole sample town as plain rows, made from a few parameters; the same parameters make the same town."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from gis.town.blocks import make_blocks
from gis.town.communities import group_blocks
from gis.town.furnishing import SERVICES, furnish
from gis.town.ground import Areas, Zone, make_areas
from gis.town.lattice import Lattice, make_lattice
from gis.town.matters import Matters, make_tickets
from gis.town.people import Residents, Roster, make_roster, residents_of
from gis.town.places import Town
from gis.town.service import make_sites
from gis.town.streets import StreetPlan, make_streets
from gis.town.uses import Uses, use_blocks
from layers.sites.records import SiteRecord


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a town is made from; `middle_lonlat` in degrees (lon, lat), numbers are aims, not exact counts.

    `callers` is the share of what a desk wrote down about homes that came from somebody who gave a name.
    """

    seed: int
    middle_lonlat: tuple[float, float]
    residents: int
    tickets: int
    time_zone: str
    callers: float


@dataclass(slots=True)
class TownPlan:
    """Everything a sample town holds, before it is stored."""

    parameters: Parameters
    zone: Zone
    lattice: Lattice
    uses: Uses
    areas: Areas
    streets: StreetPlan
    residents: list[Residents]
    roster: Roster
    sites: list[SiteRecord]
    tickets: Matters


def read_parameters(path: Path) -> Parameters:
    """The parameters in a TOML file; raises KeyError for a missing one."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    lon, lat = values["middle_lonlat"]
    return Parameters(
        seed=int(values["seed"]),
        middle_lonlat=(float(lon), float(lat)),
        residents=int(values["residents"]),
        tickets=int(values["tickets"]),
        time_zone=str(values["time_zone"]),
        callers=float(values["callers"]),
    )


def make_plan(parameters: Parameters, *, today: date) -> TownPlan:
    """The town of these parameters; only its tickets depend on `today`, the day before which they happened."""
    seed = parameters.seed
    zone = Zone(parameters.middle_lonlat)
    lattice = make_lattice(seed)
    blocks = make_blocks(lattice, seed)
    uses = use_blocks(blocks, lattice, seed)
    owner = group_blocks(blocks, lattice)
    areas = make_areas(blocks=blocks, owner=owner, compounds=uses.compounds, zone=zone, seed=seed)
    streets = make_streets(lattice=lattice, uses=uses, areas=areas, zone=zone)
    residents = residents_of(areas, total=parameters.residents, seed=seed)
    roster = make_roster(areas, seed=seed)
    sites = make_sites(lattice=lattice, uses=uses, areas=areas, zone=zone, seed=seed)
    sites = furnish(sites, roster, SERVICES, year=today.year, seed=seed)
    town = Town(areas, zone, lattice, uses, roster, residents)
    tickets = make_tickets(
        town,
        number=parameters.tickets,
        today=today,
        time_zone=ZoneInfo(parameters.time_zone),
        seed=seed,
        callers=parameters.callers,
    )
    return TownPlan(parameters, zone, lattice, uses, areas, streets, residents, roster, sites, tickets)
