"""The prefecture's sites: a centre in each county and community, stations in compounds. Plain logic."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from gis.town.ground import Areas, Zone
from gis.town.lattice import Lattice
from gis.town.service import COMMUNITY_HOURS, COUNTY_HOURS, STATION_HOURS, site_in
from gis.town.uses import Uses
from layers.sites.records import SiteRecord

EVERY_STATION = 6
"""One compound in so many has a station."""


def city_sites(*, lattice: Lattice, uses: Uses, areas: Areas, zone: Zone) -> list[SiteRecord]:
    """All sites, each in the house nearest to a gate of its compound."""
    counties = {row.code: (row.name_zh, row.name_en) for row in areas.of_tier("county")}
    inside: dict[UUID, list[int]] = defaultdict(list)
    for index, key in enumerate(areas.compound_ids):
        parent = areas.by_id[key].parent
        if parent is not None:
            inside[parent].append(index)
    sites: list[SiteRecord] = []
    seats = _seats(areas, inside)
    for number, community in enumerate(areas.of_tier("community")):
        homes = sorted(inside[community.id], key=lambda i: (-len(uses.compounds[i].houses), i))
        code = community.code[:6]
        county = counties[code]
        places = [("community_centre", community.id, community.name_zh, community.name_en, homes[0])]
        if community.id in seats:
            above = next(row for row in areas.of_tier("county") if row.code == code)
            places.append(("county_centre", above.id, above.name_zh, above.name_en, homes[-1]))
        for index in homes[1::EVERY_STATION]:
            row = areas.by_id[areas.compound_ids[index]]
            places.append(("station", row.id, row.name_zh, row.name_en, index))
        for kind, area, zh, en, index in places:
            what = ("服务站", "Station") if kind == "station" else ("党群服务中心", "Service Centre")
            name = (zh + what[0], f"{en} {what[1]}")
            hours = {
                "county_centre": COUNTY_HOURS,
                "community_centre": COMMUNITY_HOURS[number % len(COMMUNITY_HOURS)],
                "station": STATION_HOURS[(number + index) % len(STATION_HOURS)],
            }[kind]
            plan = uses.compounds[index]
            sites.append(site_in(kind, area, name, plan, lattice, zone, hours, county=county, key=f"{kind} {area}"))
    return sites


def _seats(areas: Areas, inside: dict[UUID, list[int]]) -> set[UUID]:
    """The community in each county with the most compounds: where its centre stands."""
    seats: dict[str, UUID] = {}
    for community in areas.of_tier("community"):
        best = seats.get(community.code[:6])
        if best is None or len(inside[community.id]) > len(inside[best]):
            seats[community.code[:6]] = community.id
    return set(seats.values())
