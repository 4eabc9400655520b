"""The whole prefecture as plain rows, made from a few parameters; the same parameters make the same one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from gis.town.blocks import make_blocks
from gis.town.city.divisions import CommunityNames, divide, upper_tiers
from gis.town.city.lattice import Extent, corridor, make_city_lattice
from gis.town.city.people import city_roster
from gis.town.city.service import city_sites
from gis.town.city.uses import BUILT_UP, density_of, middles_of, use_city_blocks
from gis.town.communities import group_blocks
from gis.town.ground import Areas, Zone, fill_communities
from gis.town.matters import Cluster, make_tickets
from gis.town.people import residents_of
from gis.town.places import Town
from gis.town.plan import Parameters, TownPlan
from gis.town.streets import lay_streets
from gis.town.uses import Uses

MOST_IN_A_CLUSTER = 400
"""Among a million tickets, some forty times what two months bring to a compound."""


@dataclass(frozen=True, slots=True)
class CityParameters(Parameters):
    """What a prefecture is made from: a town's parameters, the blocks of each county, grids in all, share vacant."""

    columns: int
    rows: int
    grids: int
    vacant: float


def read_city_parameters(path: Path) -> CityParameters:
    """The parameters in a TOML file; raises KeyError for a missing one."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    lon, lat = values["middle_lonlat"]
    return CityParameters(
        seed=int(values["seed"]),
        middle_lonlat=(float(lon), float(lat)),
        residents=int(values["residents"]),
        tickets=int(values["tickets"]),
        time_zone=str(values["time_zone"]),
        callers=float(values["callers"]),
        columns=int(values["columns"]),
        rows=int(values["rows"]),
        grids=int(values["grids"]),
        vacant=float(values["vacant"]),
    )


def make_city_plan(parameters: CityParameters, *, today: date) -> TownPlan:
    """The prefecture of these parameters; only its tickets depend on `today`, the day before which they happened."""
    seed = parameters.seed
    zone = Zone(parameters.middle_lonlat)
    extent = Extent(parameters.columns, parameters.rows)
    lattice = make_city_lattice(extent, seed)
    blocks = make_blocks(lattice, seed, corridor=corridor(extent))
    divisions = divide(extent, seed)
    owner = group_blocks(blocks, lattice, [division.centre for division in divisions])
    density = density_of(extent, seed)
    middles = middles_of(blocks)
    uses = use_city_blocks(blocks, owner, middles, lattice, density, extent, grids=parameters.grids, seed=seed)
    areas = Areas()
    built_up = density.at(np.array([division.centre for division in divisions])) > BUILT_UP
    communities = upper_tiers(areas, blocks, owner, divisions, built_up.tolist(), zone, seed)

    def names_of(community: UUID) -> CommunityNames:
        """Names for the compounds of one community."""
        row = areas.by_id[community]
        return CommunityNames((row.name_zh, row.name_en), seed + int(row.code[-8:]))

    fill_communities(areas, [communities[number] for number in owner], uses.compounds, zone, names_of)
    streets = lay_streets(lattice=lattice, uses=uses, areas=areas, zone=zone)
    residents = residents_of(areas, total=parameters.residents, seed=seed)
    roster = city_roster(areas, vacant=parameters.vacant, seed=seed)
    sites = city_sites(lattice=lattice, uses=uses, areas=areas, zone=zone)
    tickets = make_tickets(
        Town(areas, zone, lattice, uses, roster, residents),
        number=parameters.tickets,
        today=today,
        time_zone=ZoneInfo(parameters.time_zone),
        seed=seed,
        callers=parameters.callers,
        clusters=planted(uses, parameters.tickets),
    )
    return TownPlan(parameters, zone, lattice, uses, areas, streets, residents, roster, sites, tickets)


def planted(uses: Uses, tickets: int) -> list[Cluster]:
    """Two planted concentrations, each about a compound: lamps that went out, and fumes of restaurants."""
    number = min(MOST_IN_A_CLUSTER, tickets // 12)
    places = [uses.compounds[at].outline.centroid for at in (0, len(uses.compounds) // 2)]
    return [
        Cluster(category, (place.x, place.y), spread, number, days)
        for place, (category, spread, days) in zip(
            places, (("street_lamp", 85.0, 60), ("restaurant_fumes", 80.0, 90)), strict=True
        )
    ]
