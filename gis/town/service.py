"""The sample town's sites, 1 + 5 + N: one county centre, a centre in each community, stations in compounds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from shapely import Polygon

from gis.town.compounds import CompoundPlan
from gis.town.ground import Areas, Zone, stable_id
from gis.town.lattice import Lattice, Xy
from gis.town.names import COUNTY, Name
from gis.town.uses import Uses
from layers.sites.records import SiteRecord

STATIONS = 28
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hours(weekdays: list[list[str]], saturday: list[list[str]], sunday: list[list[str]]) -> dict[str, Any]:
    """Opening hours of a week, closed on the national holiday."""
    table: dict[str, Any] = dict.fromkeys(WEEK[:5], weekdays)
    return table | {"sat": saturday, "sun": sunday}


COUNTY_HOURS = hours([["08:30", "18:00"]], [["09:00", "17:00"]], [["09:00", "17:00"]])
COMMUNITY_HOURS = (
    hours([["08:30", "12:00"], ["14:30", "18:00"]], [["09:00", "12:00"]], []),
    hours([["08:30", "18:00"]], [["09:00", "17:00"]], []),
    hours([["08:30", "20:30"]], [["08:30", "20:30"]], [["09:00", "17:00"]]),
)
STATION_HOURS = (
    hours([["09:00", "12:00"], ["15:00", "19:00"]], [["09:00", "12:00"]], [["09:00", "12:00"]]),
    hours([["14:00", "21:00"]], [["09:00", "21:00"]], [["09:00", "21:00"]]),
    hours([["00:00", "24:00"]], [["00:00", "24:00"]], [["00:00", "24:00"]]),
    hours([["08:00", "12:00"]], [], []),
    hours([["18:00", "01:00"]], [["18:00", "01:00"]], [["18:00", "01:00"]]),
)


def make_sites(*, lattice: Lattice, uses: Uses, areas: Areas, zone: Zone, seed: int) -> list[SiteRecord]:
    """All sites: the county's in the government, the communities' in houses by the street, stations near gates."""
    rng = np.random.default_rng([seed, 6])
    county = areas.of_tier("county")[0]
    civic = next(plan for kind, _, plan in uses.grounds if kind == "civic")
    centre = ("县党群服务中心", "County Service Centre")
    sites = [site_in("county_centre", county.id, centre, civic, lattice, zone, COUNTY_HOURS)]
    used = {id(civic)}
    for number, community in enumerate(areas.of_tier("community")):
        plan = _house_for(community.id, uses, areas, used)
        used.add(id(plan))
        name = (f"{community.name_zh}党群服务中心", f"{community.name_en} Service Centre")
        times = COMMUNITY_HOURS[number % len(COMMUNITY_HOURS)]
        sites.append(site_in("community_centre", community.id, name, plan, lattice, zone, times))
    homes = [index for index, plan in enumerate(uses.compounds) if id(plan) not in used]
    homes.sort(key=lambda index: (-len(uses.compounds[index].houses), areas.by_id[areas.compound_ids[index]].code))
    chosen = sorted(int(i) for i in rng.permutation(min(len(homes), 60))[:STATIONS])
    for number, place in enumerate(chosen):
        index = homes[place]
        row = areas.by_id[areas.compound_ids[index]]
        times = STATION_HOURS[0 if number % 2 else (number // 2) % len(STATION_HOURS)]
        name = (f"{row.name_zh}服务站", f"{row.name_en} Station")
        sites.append(site_in("station", row.id, name, uses.compounds[index], lattice, zone, times))
    return sites


def _house_for(community: UUID, uses: Uses, areas: Areas, used: set[int]) -> CompoundPlan:
    """Where a community's centre is: a house on open ground if there is one, else in a compound with an open gate."""
    open_ground = [
        plan
        for kind, _, plan in uses.grounds
        if kind in ("market", "shops") and areas.community_of_block[plan.block] == community and id(plan) not in used
    ]
    homes = [
        plan
        for plan in uses.compounds
        if areas.community_of_block[plan.block] == community and id(plan) not in used
    ]
    homes.sort(key=lambda plan: (plan.walled == "yes", -len(plan.houses)))
    return (open_ground or homes)[0]


def site_in(
    kind: str,
    area: UUID,
    name: Name,
    plan: CompoundPlan,
    lattice: Lattice,
    zone: Zone,
    times: dict[str, Any],
    *,
    county: Name = COUNTY,
    key: str = "",
) -> SiteRecord:
    """One site in the house nearest to the first gate of a ground."""
    gate = plan.gates[0]  # `key` tells sites of one name apart
    houses = [Polygon(house.units[0] if house.units else house.ring).centroid for house in plan.houses]
    place = min(houses, key=lambda p: float(np.hypot(p.x - gate.point[0], p.y - gate.point[1])))
    street = street_at(gate.street_edge, lattice)
    if not street[0]:  # a lane without a name: the area's own is how people find it
        street = (name[0].split("党群")[0].removesuffix("服务站"), name[1].removesuffix(" Service Centre"))
    number = 1 + int(abs(gate.point[0] * 7 + gate.point[1] * 3)) % 180
    return SiteRecord(
        id=stable_id("site", key or name[0]), kind=kind, area=area, name_zh=name[0], name_en=name[1],
        point=zone.point((place.x, place.y)), address_zh=f"{county[0]}{street[0]}{number}号",
        address_en=f"{number} {street[1]}, {county[1]}", hours=times,
    )  # fmt: skip


def street_at(edge: tuple[Xy, Xy], lattice: Lattice) -> Name:
    """Name of the street that runs between two neighbouring vertices."""
    return lattice.name_between(*edge)
