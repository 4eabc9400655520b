"""A prefecture made small: exactly nested and noded like the town, two counties, chiefs for nearly every grid."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely

from gis.shared.geometry import snap_to_grid, xy_to_metres
from gis.town.city.divisions import numeral
from gis.town.city.plan import make_city_plan, planted
from gis.town.make import city_parameters
from gis.town.matters import NAMES, make_tickets
from gis.town.places import Town
from gis.town.plan import TownPlan
from layers.hotspots.hexagons import Hexagons, Table
from layers.hotspots.statistics import HOT_95, HOT_99, analyse

pytestmark = pytest.mark.xdist_group("city plan")  # one process makes the plan that all of them read
TODAY = date(2026, 3, 5)
SMALL = {"columns": 5, "rows": 6, "grids": 2500, "residents": 18_000, "tickets": 60, "vacant": 0.05}


@pytest.fixture(scope="module")
def city() -> TownPlan:
    return make_city_plan(replace(city_parameters(), **SMALL), today=TODAY)


def test_it_has_as_many_grids_as_asked_for_in_two_counties(city):
    tiers = Counter(row.tier for row in city.areas.records)
    grids = tiers["compound"] + tiers["building"] + tiers["unit"]
    assert SMALL["grids"] <= grids < SMALL["grids"] + 700  # to the last compound, and one in every community
    assert tiers["prefecture"] == 1
    assert tiers["county"] == 2
    roots = [row for row in city.areas.records if row.parent is None]
    assert [row.tier for row in roots] == ["prefecture"]
    assert all(row.geometry.equals(snap_to_grid(row.geometry)) for row in city.areas.records)


def test_siblings_tile_and_children_lie_in_their_parents(city):
    by_parent = defaultdict(list)
    for row in city.areas.records:
        if row.parent is not None:
            by_parent[row.parent, row.tier].append(row)
            assert city.areas.by_id[row.parent].geometry.covers(row.geometry), row.code
    for tier in ("county", "street", "community", "compound", "building", "unit"):
        assert shapely.coverage_is_valid([row.geometry for row in city.areas.of_tier(tier)]), tier
    for (parent, tier), rows in by_parent.items():
        if tier in ("county", "street", "community", "unit"):
            together = shapely.coverage_union_all([row.geometry for row in rows])
            assert together.equals(city.areas.by_id[parent].geometry), city.areas.by_id[parent].code


def test_codes_are_the_parents_and_a_sequence_and_every_community_has_homes(city):
    codes = [row.code for row in city.areas.records]
    assert len(set(codes)) == len(codes)
    for row in city.areas.records:
        if row.parent is not None and row.tier != "county":
            assert row.code.startswith(city.areas.by_id[row.parent].code)
    homes = {city.areas.by_id[key].parent for key in city.areas.compound_ids}
    assert homes == {row.id for row in city.areas.of_tier("community")}


def test_every_grid_has_a_chief_but_the_vacant_ones(city):
    chiefs = {post.area for post in city.roster.posts if post.role == "chief"}
    grids = {row.id for row in city.areas.records if row.tier in ("compound", "building", "unit")}
    assert grids - chiefs == set(city.roster.vacant)
    assert 0.02 < len(city.roster.vacant) / len(grids) < 0.09
    assert {post.role for post in city.roster.posts if post.demo} >= {"chief", "worker", "front_desk", "administrator"}
    assert all(len(post.post[0]) <= 80 and len(post.post[1]) <= 80 for post in city.roster.posts)


def test_residents_are_counted_by_band_on_every_home(city):
    bands = Counter(row.area for row in city.residents)
    assert set(bands) == {home.area for home in city.areas.homes}
    assert set(bands.values()) == {6}
    assert abs(sum(row.number for row in city.residents) - SMALL["residents"]) < 1_000


def test_every_compound_has_a_gate_on_its_edge(city):
    gates = Counter(gate.compound_id for gate in city.streets.gates)
    assert set(gates) == set(city.areas.compound_ids)
    for gate in city.streets.gates:
        assert city.areas.by_id[gate.compound_id].geometry.boundary.distance(gate.point) == 0


def test_the_same_parameters_make_the_same_city(city):
    again = make_city_plan(replace(city_parameters(), **SMALL), today=TODAY)
    for part in ("areas", "streets", "residents", "roster", "sites"):
        assert getattr(again, part) == getattr(city, part), part
    assert again.tickets.rows() == city.tickets.rows()
    assert list(again.tickets.callers) == list(city.tickets.callers)


@pytest.mark.parametrize(("number", "signs"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五")])
def test_groups_of_a_village_are_numbered_in_chinese(number, signs):
    assert numeral(number) == signs


def test_each_county_has_its_centre_where_most_people_live(city):
    centres = [site for site in city.sites if site.kind == "county_centre"]
    assert len({site.area for site in centres}) == 2
    homes = Counter(city.areas.by_id[key].parent for key in city.areas.compound_ids)
    for site in centres:
        mine = [row for row in city.areas.of_tier("community") if row.code.startswith(city.areas.by_id[site.area].code)]
        (where,) = [row for row in mine if row.geometry.covers(site.point)]
        assert homes[where.id] == max(homes[row.id] for row in mine)
    assert {site.area for site in city.sites if site.kind == "community_centre"} == {
        row.id for row in city.areas.of_tier("community")
    }


def test_both_planted_clusters_are_found_and_nothing_far_from_them(city):
    """At a false discovery rate of 5 %, over the whole prefecture; `make bench` does it at size."""
    town = Town(city.areas, city.zone, city.lattice, city.uses, city.roster, city.residents)
    clusters = planted(city.uses, 3600)
    tickets = make_tickets(
        town, number=3600, today=TODAY, time_zone=ZoneInfo("Asia/Shanghai"), seed=5, callers=0.0, clusters=clusters
    )
    (place,) = (row for row in city.areas.of_tier("prefecture"))
    ground = shapely.transform(place.geometry, lambda xy: to_metres_xy(city, xy))
    grid = Hexagons(200.0)
    cells = grid.over(ground)
    table, metres = Table(cells), to_metres_xy(city, tickets.lonlat)
    near = table.around()
    for cluster in clusters:
        chosen = tickets.category == NAMES.index(cluster.category)
        at = table.positions(grid.of_points(metres[chosen]))
        found = analyse(np.bincount(at[at >= 0], minlength=len(cells)).astype(float), near)
        hot = np.isin(found.classes, (HOT_95, HOT_99))
        middle = to_metres_xy(city, city.zone.degrees(np.array([cluster.place])))[0]
        away = np.hypot(*(grid.centres(cells) - middle).T)
        assert hot[away.argmin()], cluster.category
        assert away[hot].max() < 1200, cluster.category


def to_metres_xy(city: TownPlan, lonlat):
    """Degrees in the metres of the city's zone."""
    return xy_to_metres(np.asarray(lonlat), city.zone.epsg)
