"""The sample town before it is stored: deterministic, exactly nested, noded, walkable, with what was planted in it."""

import csv
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import networkx as nx
import numpy as np
import pytest
import shapely
from django.conf import settings
from shapely import STRtree

from gis.shared.geometry import area_m2, snap_to_grid, xy_to_metres
from gis.town.callers import KEPT_DAYS
from gis.town.furnishing import SERVICES
from gis.town.make import town_parameters
from gis.town.matters import DAYS, NAMES, RECURRING, planted
from gis.town.people import VACANT_CHIEFS, demo_compounds
from gis.town.plan import TownPlan, make_plan
from gis.town.seasons import DAY_S, at_work, moments, weekend
from layers.hotspots.neighbours import within
from layers.hotspots.statistics import HOT_95, HOT_99, analyse
from layers.sites.hours import check_hours
from layers.tickets.workflow import replay

pytestmark = pytest.mark.xdist_group("town plan")  # one process makes the plan that all of them read
TODAY = date(2026, 3, 5)
TILING = (("street", "county"), ("community", "street"), ("unit", "building"))


@pytest.fixture(scope="module")
def town() -> TownPlan:
    return make_plan(town_parameters(), today=TODAY)


def children_of(town: TownPlan, tier: str) -> dict:
    found = defaultdict(list)
    for row in town.areas.of_tier(tier):
        found[row.parent].append(row)
    return found


def test_the_same_parameters_make_the_same_town(town):
    again = make_plan(town_parameters(), today=TODAY)
    for part in ("areas", "streets", "residents", "roster", "sites"):
        assert getattr(again, part) == getattr(town, part), part
    assert again.tickets.rows() == town.tickets.rows()
    assert list(again.tickets.callers) == list(town.tickets.callers)


def test_only_tickets_know_the_day(town):
    later = make_plan(town_parameters(), today=TODAY + timedelta(days=30))
    assert later.areas == town.areas
    assert later.residents == town.residents
    assert later.tickets.rows() != town.tickets.rows()


def test_every_home_has_households_of_a_few_persons(town):
    people, homes = defaultdict(int), {}
    for row in town.residents:
        people[row.area] += row.number
        if row.households is not None:
            assert row.area not in homes, "once for an area"
            homes[row.area] = row.households
    assert set(homes) == set(people)
    assert all((homes[area] > 0) == (people[area] > 0) and homes[area] <= people[area] for area in people)
    assert 2.2 < sum(people.values()) / sum(homes.values()) < 2.8


def test_another_seed_makes_another_town_that_is_as_sound(town):
    other = make_plan(replace(town_parameters(), seed=town.parameters.seed + 1), today=TODAY)
    assert other.areas != town.areas
    demand_sound(other)


def demand_sound(town: TownPlan) -> None:
    """No overlap among siblings of a tier, every child inside its parent, tiling tiers without gaps."""
    for tier in ("street", "community", "compound", "building", "unit"):
        rows = town.areas.of_tier(tier)
        shapes = [row.geometry for row in rows]
        assert all(shape.is_valid and shape.is_simple for shape in shapes)
        assert shapely.coverage_is_valid(shapes), tier  # no overlap, and neighbours share their nodes
        for row in rows:
            assert town.areas.by_id[row.parent].geometry.covers(row.geometry), row.code
    for tier, parent_tier in TILING:
        children = children_of(town, tier)
        for parent in town.areas.of_tier(parent_tier):
            if tier == "unit" and parent.id not in children:
                continue  # a cottage has no units
            together = shapely.coverage_union_all([row.geometry for row in children[parent.id]])
            assert together.equals(parent.geometry), parent.code


def test_areas_are_sound(town):
    demand_sound(town)


def test_rings_carry_the_nodes_of_their_children(town):
    for tier, _parent in TILING:
        for parent_id, rows in children_of(town, tier).items():
            parent = town.areas.by_id[parent_id].geometry
            own = set(parent.exterior.coords)
            for row in rows:
                inner = [p for p in row.geometry.exterior.coords if p not in own]
                assert not inner or np.all(shapely.distance(parent.exterior, shapely.points(inner)) > 1e-7), row.code


def test_every_coordinate_lies_on_the_grid(town):
    shapes = [row.geometry for row in town.areas.records] + [way.geometry for way in town.streets.ways]
    shapes += [gate.point for gate in town.streets.gates] + [site.point for site in town.sites]
    assert np.array_equal(shapely.get_coordinates(shapes), shapely.get_coordinates(snap_to_grid(shapes)))


def test_codes_have_the_official_form_and_run_from_north_west(town):
    lengths = {"county": 6, "street": 9, "community": 12, "compound": 15, "building": 18, "unit": 20}
    for row in town.areas.records:
        assert len(row.code) == lengths[row.tier]
        if row.parent:
            assert row.code.startswith(town.areas.by_id[row.parent].code)
    assert len({row.code for row in town.areas.records}) == len(town.areas.records)
    for rows in children_of(town, "unit").values():
        west = [row.geometry.centroid.x for row in rows[:-1]]  # the last may be the leg of an L, which lies south
        assert west == sorted(west)


def test_size_is_a_small_county_town(town):
    tiers = Counter(row.tier for row in town.areas.records)
    assert tiers["street"] == 3
    assert 8 <= tiers["community"] <= 10
    assert 60 <= tiers["compound"] <= 90
    assert tiers["building"] > 800
    assert tiers["unit"] > 1500
    residents = sum(row.number for row in town.residents)
    assert abs(residents - town.parameters.residents) < 0.02 * town.parameters.residents
    assert 20_000 <= residents <= 40_000
    walled = Counter(row.walled for row in town.areas.of_tier("compound"))
    assert walled["yes"] > walled["no"] > 0
    assert 8 < area_m2(town.areas.of_tier("county")[0].geometry) / 1e6 < 22


def test_residents_live_in_leaves_and_nowhere_twice(town):
    leaves = {row.id for row in town.areas.records} - {row.parent for row in town.areas.records}
    keys = [(row.area, row.band) for row in town.residents]
    assert len(keys) == len(set(keys))
    assert {row.area for row in town.residents} <= leaves
    assert {row.area for row in town.residents} == {
        row.id for row in town.areas.records if row.id in leaves and row.tier in ("unit", "building")
    }


def test_the_river_has_few_crossings(town):
    water = next(f.geometry for f in town.streets.features if f.name_en == "Cheng River")
    crossing = [way for way in town.streets.ways if way.walkable and way.geometry.intersects(water)]
    assert 3 <= len(crossing) <= 5
    assert all(way.bridge for way in crossing)


def test_every_path_is_connected_to_the_streets(town):
    graph: nx.Graph = nx.Graph()
    for way in town.streets.ways:
        if way.walkable:
            graph.add_edges_from(pairwise(way.geometry.coords))
    assert nx.is_connected(graph)


def test_walls_are_crossed_at_gates_only(town):
    ways = [way.geometry for way in town.streets.ways if way.walkable]
    tree = STRtree(ways)
    gates = defaultdict(list)
    for gate in town.streets.gates:
        gates[gate.compound_id].append(gate.point)
        assert gate.point.distance(town.areas.by_id[gate.compound_id].geometry.exterior) == 0
    for row in town.areas.of_tier("compound"):
        assert gates[row.id], row.name_zh
        wall = row.geometry.exterior
        openings = shapely.union_all(gates[row.id]).buffer(2e-6)
        for index in tree.query(wall, predicate="intersects"):
            assert openings.covers(ways[index].intersection(wall)), row.name_zh


def test_sites_are_one_and_ten_and_many(town):
    kinds = Counter(site.kind for site in town.sites)
    assert kinds["county_centre"] == 1
    assert kinds["community_centre"] == len(town.areas.of_tier("community"))
    assert kinds["station"] >= 20
    for site in town.sites:
        check_hours(site.hours)
        assert town.areas.by_id[site.area].geometry.covers(site.point), site.name_zh
        assert site.address_zh
        assert site.name_en


def test_every_site_is_furnished(town):
    people = set(town.roster.persons)
    with (settings.BASE_DIR / "data" / "catalogues" / "services.csv").open(encoding="utf-8") as lines:
        codes = {row["code"] for row in csv.DictReader(lines)}
    assert set(SERVICES) == codes
    assert len(codes) == 32
    for site in town.sites:
        assert site.rooms
        assert site.services
        assert site.duties
        assert site.phone
        assert site.operator_zh
        assert set(site.services) <= codes
        assert len(set(site.services)) == len(site.services)
        assert {duty.person for duty in site.duties} - {None} <= people
        for duty in site.duties:
            check_hours(duty.hours)
    centre = next(site for site in town.sites if site.kind == "county_centre")
    assert len(centre.rooms) == 16


def test_the_roster_has_vacant_posts_and_demo_chiefs_of_two_compounds(town):
    chiefs = {post.area for post in town.roster.posts if post.role == "chief"}
    compounds = {row.id for row in town.areas.of_tier("compound")}
    assert len(compounds - chiefs) == VACANT_CHIEFS == len(town.roster.vacant)
    shown = demo_compounds(town.areas)
    assert len(set(shown)) == 2
    assert {p.area for p in town.roster.posts if p.demo and p.role == "chief"} >= set(shown)
    demo_roles = {post.role for post in town.roster.posts if post.demo}
    assert demo_roles == {
        "chief", "worker", "front_desk", "department", "planner", "site_manager", "analyst", "leader", "auditor",
        "administrator",
    }  # fmt: skip
    names = [zh for zh, _ in town.roster.persons.values()]
    assert len(names) == len(set(names))


def test_tickets_lie_in_a_year_and_follow_the_workflow(town):
    zone = ZoneInfo(town.parameters.time_zone)
    end = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=zone)
    rows = town.tickets.rows()
    assert len(rows) == len(town.tickets) == town.parameters.tickets
    states = Counter(replay([move.verb for move in row.history])[-1] for row in rows)
    assert states["closed"] > 0.8 * len(rows)
    assert len(states) >= 8
    for row in rows:
        instants = [row.reported_at, *(move.at for move in row.history)]
        assert instants == sorted(instants)
        assert end - timedelta(days=DAYS) <= instants[0] <= instants[-1] < end
    assert [row.reported_at for row in rows] == sorted(row.reported_at for row in rows)
    assert rows[0].reported_at < end - timedelta(days=DAYS - 14), "a year, from its beginning"
    assert len({row.id for row in rows}) == len(rows)
    verbs = Counter(move.verb for row in rows for move in row.history)
    assert min(verbs[verb] for verb in ("return", "pause", "redo", "reopen", "refuse")) > 5


def test_tickets_were_written_down_handled_and_verified_by_holders_of_posts(town):
    names = {name for name, _en in town.roster.persons.values()}
    for row in town.tickets.rows():
        actors = {move.verb: move.actor_name for move in row.history}
        assert set(actors.values()) <= names
        assert "verify" not in actors or actors["verify"] != actors["handle"]


def test_callers_have_numbers_that_nobody_has_and_some_call_again(town):
    callers = list(town.tickets.callers)
    assert len(callers) > 0.1 * len(town.tickets)
    tickets = [ticket for ticket, *_rest in callers]
    assert tickets == sorted(set(tickets))
    first = datetime.combine(TODAY - timedelta(days=KEPT_DAYS), datetime.min.time(), ZoneInfo("Asia/Shanghai"))
    assert min(town.tickets.reported_at[tickets]) >= first.timestamp(), "those of older matters are anonymised"
    assert all(re.fullmatch(r"109\d{8}", phone) for _ticket, _name, phone, _address in callers)
    who: dict[str, set] = defaultdict(set)
    for _ticket, name, phone, address in callers:
        who[phone].add((name, address))
    assert len(who) < 0.9 * len(callers)
    assert all(len(persons) == 1 for persons in who.values()), "a number is one person's"


def test_matters_follow_seasons_weekdays_and_hours():
    rng = np.random.default_rng(1)
    end = (TODAY - date(1970, 1, 1)).days
    names = ["heating", "noise", "errand"]
    category = np.repeat(np.arange(3, dtype=np.int16), 4000)
    when = moments(names, category, end, DAYS, rng)
    month = (when // DAY_S).astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 + 1
    heating, noise, errand = (np.flatnonzero(category == number) for number in range(3))
    assert np.isin(month[heating], (11, 12, 1, 2, 3)).mean() > 0.9, "the heating season"
    assert np.isin(month[noise], (5, 6, 7, 8, 9)).mean() > 0.5
    assert weekend(when[errand] // DAY_S).mean() < 0.1 < weekend(when[noise] // DAY_S).mean()
    evening = (when % DAY_S // 3600 >= 18) & (when % DAY_S // 3600 <= 22)
    assert evening[noise].mean() > 0.45 > 0.2 > evening[errand].mean()


def test_an_office_works_in_the_day_and_somebody_is_on_duty_at_once():
    rng = np.random.default_rng(2)
    when = rng.integers(20_000 * DAY_S, 20_028 * DAY_S, 4000)
    office = at_work(when, np.zeros(len(when), bool), rng)
    assert (office >= when).all()
    assert (office % DAY_S >= 8 * 3600).all()
    moved = office != when
    assert (office[~moved] % DAY_S <= 18 * 3600).all()
    assert weekend(office // DAY_S).mean() < 0.15
    assert np.array_equal(at_work(when, np.ones(len(when), bool), rng), when)


def test_some_spots_come_back_and_never_where_a_cluster_was_planted(town):
    tickets = town.tickets
    metres = xy_to_metres(tickets.lonlat, town.zone.epsg)
    again = 0
    for name in RECURRING:
        rows = np.flatnonzero(tickets.category == NAMES.index(name))
        near = shapely.STRtree(shapely.points(metres[rows])).query(
            shapely.points(metres[rows]), predicate="dwithin", distance=12.0
        )
        again += int((np.bincount(near[0], minlength=len(rows)) >= 4).sum())
    assert again > 0.03 * len(tickets)
    assert not {cluster.category for cluster in planted(town.uses)} & set(RECURRING)


@pytest.mark.parametrize("which", [0, 1])
def test_hotspot_analysis_finds_what_was_planted(town, which):
    cluster = planted(town.uses)[which]
    place = town.zone.degrees(np.array([cluster.place]))[0]
    origin = xy_to_metres(place[None, :], town.zone.epsg)[0]
    chosen = town.tickets.category == NAMES.index(cluster.category)
    metres = xy_to_metres(town.tickets.lonlat[chosen], town.zone.epsg) - origin
    cells = np.floor(metres / 200.0 + 0.5).astype(int)
    size = 21
    counts = np.zeros((size, size))
    for x, y in cells:
        if abs(x) <= size // 2 and abs(y) <= size // 2:
            counts[y + size // 2, x + size // 2] += 1
    middles = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2) * 200.0
    found = analyse(counts.ravel(), within(middles, 290.0))
    hot = np.isin(found.classes, (HOT_95, HOT_99)).reshape(size, size)
    assert hot[size // 2, size // 2]
    distances = np.hypot(*np.meshgrid(np.arange(size) - size // 2, np.arange(size) - size // 2))
    assert distances[hot].max() * 200.0 < 1200.0, "hot only about the place where it was planted"
