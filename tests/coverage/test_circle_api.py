"""The circle's door: exact counts for those who may read them, shapes for all, and a clear no to bad questions."""

from datetime import timedelta
from uuid import uuid4

import pytest
import shapely
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.test import Client

from grids.models import AgeBand, Population, PopulationPoint
from layers.sites.models import Site
from layers.streets.actions import replace_network
from tests.coverage.askers import client_of
from tests.grids.ground import T0, put, square
from tests.streets.yards import STREETS, at, gates

pytestmark = pytest.mark.django_db


def ask(client: Client, **query):
    return client.get("/api/circles", query)


def features(answer) -> list[dict]:
    return [feature["properties"] for feature in answer["rings"]["features"]]


def test_a_planner_sees_who_walks_there_by_exact_distance(peopled, site):
    answer = ask(client_of(peopled["county"]), site=site.pk).json()
    assert [ring["residents"] for ring in features(answer)] == [0, 60, 60]
    assert [ring["straight"] for ring in features(answer)] == [100, 160, 160]
    assert (answer["residents"], answer["basis"]["residents"], answer["basis"]["name"]) == (
        "counted",
        160,
        "Test Community",
    )
    assert features(answer)[2]["ages"] == {"young": 0, "old": 10}
    assert [ring["households"] for ring in features(answer)] == [0, 23, 23]
    assert (answer["basis"]["households"], answer["basis"]["households_unknown"]) == (64, 0)
    (gap,) = answer["gaps"]
    assert (gap["residents"], gap["minutes"], gap["whole"], gap["cut_off"]) == (100, 16, True, False)
    assert gap["id"] == str(peopled["left"].area_id)


def test_residents_with_places_of_their_own_walk_from_there_and_their_ages_stay_unknown(place, site):
    figure = Population.objects.create(
        area=place["community"].area,
        age_band=AgeBand.objects.get(code="all"),
        residents=37,
        source="test",
        valid_from=T0,
    )
    PopulationPoint.objects.bulk_create(
        [
            PopulationPoint(population=figure, point=Point(*at(*spot), srid=4326), residents=residents)
            for spot, residents in (((2.5, 1.4), 10), ((5.0, 1.6), 20), ((30, 30), 7))
        ]
    )
    answer = ask(client_of(place["county"]), site=site.pk).json()
    assert [ring["residents"] for ring in features(answer)] == [30, 30, 30], "7 live far away in the same community"
    assert [ring["grids"] for ring in features(answer)] == [1, 1, 1]
    assert (answer["basis"]["residents"], answer["basis"]["grids"], answer["basis"]["unknown"]) == (37, 1, 0)
    assert features(answer)[0]["ages"] is answer["basis"]["ages"] is None
    assert ask(Client(), site=site.pk).json()["basis"]["residents"] is None


def test_the_circle_does_not_cross_the_wall(peopled, site):
    answer = ask(Client(), site=site.pk).json()
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in answer["rings"]["features"]]
    left = shapely.Point(at(3, 2.2))
    assert not any(shape.covers(left) for shape in shapes)
    assert shapes[1].covers(shapely.Point(at(7, 3)))
    for inner, outer in zip(shapes[:-1], shapes[1:], strict=True):
        # The answer is rounded to 1e-7 degrees, about a centimetre, each ring by itself.
        assert outer.buffer(2e-7).covers(inner)


def test_without_sign_in_there_are_shapes_and_grids_but_no_residents(peopled, site):
    answer = ask(Client(), site=site.pk).json()
    assert answer["residents"] == "hidden"
    assert [ring["residents"] for ring in features(answer)] == [None, None, None]
    assert [ring["straight"] for ring in features(answer)] == [None, None, None]
    assert [ring["households"] for ring in features(answer)] == [None, None, None]
    assert answer["basis"]["households"] is None
    assert [ring["grids"] for ring in features(answer)] == [0, 1, 1]
    assert (answer["gaps"], answer["basis"]["residents"], answer["elsewhere"]) == ([], None, None)
    del answer["basis"]["id"]  # any figure may stand in it
    assert "100" not in str({key: answer[key] for key in ("basis", "gaps", "elsewhere")})


def test_a_front_desk_may_not_read_residents(peopled, site):
    answer = ask(client_of(peopled["county"], "front_desk"), site=site.pk).json()
    assert answer["residents"] == "hidden"


def test_a_chief_is_told_of_the_own_area_only(peopled, site):
    answer = ask(client_of(peopled["right"], "chief"), site=site.pk).json()
    assert (answer["basis"]["id"], answer["basis"]["residents"]) == (str(peopled["right"].area_id), 60)
    assert [ring["residents"] for ring in features(answer)] == [0, 60, 60]
    assert answer["gaps"] == []


def test_unknown_population_is_said_and_is_not_zero(place, site):
    answer = ask(client_of(place["county"]), site=site.pk).json()
    assert answer["residents"] == "unknown"
    assert [ring["residents"] for ring in features(answer)] == [None, None, None]
    assert answer["basis"]["residents"] is None


def test_households_that_nobody_counted_are_unknown_and_said(peopled, site):
    client = client_of(peopled["county"])
    Population.objects.filter(area=peopled["left house"].area).update(households=None)
    answer = ask(client, site=site.pk).json()
    assert (answer["basis"]["households"], answer["basis"]["households_unknown"]) == (23, 1)
    Population.objects.update(households=None)
    answer = ask(client, site=site.pk).json()
    assert [ring["households"] for ring in features(answer)] == [None, None, None]
    assert (answer["basis"]["households"], answer["basis"]["households_unknown"]) == (None, None)
    assert answer["basis"]["residents"] == 160


def test_areas_without_a_figure_are_left_out_and_counted(peopled, site):
    Population.objects.filter(area=peopled["left house"].area).delete()
    answer = ask(client_of(peopled["county"]), site=site.pk).json()
    assert (answer["basis"]["residents"], answer["basis"]["unknown"]) == (60, 1)


def test_any_place_will_do(peopled):
    lon, lat = at(7.5, 1.6)
    answer = ask(client_of(peopled["county"]), lon=lon, lat=lat, minutes="10").json()
    assert [ring["minutes"] for ring in features(answer)] == [10]
    assert answer["origin"]["walk_m"] == pytest.approx(11.1, abs=0.2)
    assert (answer["origin"]["site"], answer["origin"]["far"]) == (None, False)
    assert answer["network"]["gates"] == {"inferred": 1, "mapped": 1, "confirmed": 0, "closed": 0}


def test_slower_people_reach_less_and_wheels_take_no_stairs(peopled):
    lon, lat = at(9, 1.0)
    shapes = {}
    for pace in ("adult", "old_person", "wheelchair"):
        answer = ask(Client(), lon=lon, lat=lat, minutes="5", profile=pace).json()
        shapes[pace] = shapely.geometry.shape(answer["rings"]["features"][0]["geometry"])
        assert answer["profile"]["code"] == pace
    assert shapes["adult"].area > shapes["old_person"].area
    assert answer["origin"]["walk_m"] == pytest.approx(55, abs=2)  # not the stairs beside it but the street above


def test_the_share_can_be_asked_of_another_area(peopled, site):
    client = client_of(peopled["county"])
    answer = ask(client, site=site.pk, of=peopled["right"].area_id).json()
    assert answer["basis"]["residents"] == 60
    assert answer["elsewhere"] == 0
    assert ask(client, site=site.pk, of=uuid4()).status_code == 404


def test_the_past_is_answered_as_it_was(peopled, site):
    Site.objects.filter(pk=site.pk).update(valid_until=T0 + timedelta(days=30))
    client = client_of(peopled["county"])
    assert ask(client, site=site.pk).status_code == 404
    assert ask(client, site=site.pk, moment="2026-01-10").status_code == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "no-place"),
        ({"lon": 110.0}, "no-place"),
        ({"lon": "nan", "lat": "35"}, "bad-geometry"),
        ({"lon": "inf", "lat": "35"}, "bad-geometry"),
        ({"lon": "35", "lat": "110"}, "bad-geometry"),
        ({"lon": "north", "lat": "35"}, "bad-request"),
        ({"lon": "37.6", "lat": "55.8"}, "far-from-streets"),
        ({"site": "x"}, "bad-request"),
        ({"lon": 110, "lat": 35, "minutes": "5,ten"}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "minutes": "0"}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "minutes": "61"}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "minutes": "0060999"}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "minutes": "31"}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "minutes": "9" * 5000}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "minutes": "1,2,3,4,5,6,7"}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "minutes": "²"}, "bad-minutes"),
        ({"lon": 110, "lat": 35, "profile": "horse"}, "unknown-profile"),
        ({"lon": 110, "lat": 35, "moment": "soon"}, "bad-moment"),
    ],
)
def test_bad_questions_are_told_what_is_wrong(place, query, code):
    answer = ask(Client(headers={"Accept-Language": "en"}), **query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_swapped_coordinates_are_recognised_where_both_are_possible(catalogues):
    from layers.streets.records import WayRecord

    line = shapely.LineString([(37.6, 55.8), (37.61, 55.8)])
    replace_network(ways=[WayRecord("footway", line, walkable=True)], gates=[], now=T0, actor="test")
    answer = ask(Client(headers={"Accept-Language": "en"}), lon=55.8, lat=37.605)
    assert (answer.status_code, "swapped" in answer.json()["detail"]) == (422, True)


def test_a_compound_redrawn_after_the_network_was_made_is_told(peopled, site):
    assert ask(Client(), site=site.pk).json()["network"]["stale"] is False
    put("compound", square(10, 2, 1), peopled["community"], walled="yes", valid_from=T0 + timedelta(days=9))
    assert ask(Client(), site=site.pk).json()["network"]["stale"] is True
    call_command("renode")
    assert ask(Client(), site=site.pk).json()["network"]["stale"] is False


def test_a_place_shut_in_by_a_wall_is_told_so(place):
    replace_network(ways=STREETS[:2], gates=gates(place), now=T0 + timedelta(days=2), actor="test")
    lon, lat = at(7, 3)
    answer = ask(Client(), lon=lon, lat=lat)
    assert (answer.status_code, answer.json()["code"]) == (409, "shut-in")


def test_a_place_without_streets_says_so(catalogues):
    answer = ask(Client(), lon=110, lat=35)
    assert (answer.status_code, answer.json()["code"]) == (409, "no-network")


def test_residents_behind_a_wall_without_way_are_listed_as_cut_off(peopled, site):
    replace_network(ways=STREETS[:2], gates=gates(peopled), now=T0 + timedelta(days=2), actor="test")
    answer = ask(client_of(peopled["county"]), site=site.pk).json()
    assert {gap["cut_off"] for gap in answer["gaps"]} == {True}
    assert {gap["minutes"] for gap in answer["gaps"]} == {None}


@pytest.mark.parametrize(("role", "small"), [("planner", "<5"), ("leader", "<5"), ("worker", 3), ("chief", 3)])
def test_few_residents_are_told_only_to_who_has_a_duty_there(place, site, role, small):
    bands = {band.code: band for band in AgeBand.objects.all()}
    for name, band, residents in (("left house", "80+", 3), ("right house", "18-59", 40), ("right house", "0-2", 2)):
        Population.objects.create(
            area=place[name].area, age_band=bands[band], residents=residents, source="test", valid_from=T0
        )
    answer = ask(client_of(place["county"], role), site=site.pk, minutes="10,30").json()
    near, far = features(answer)
    exact = role in ("worker", "chief")
    stands = {45} if exact else {43, 44, 45}  # one or two of the old, who live alone, two or three of the young
    assert far["residents"] in stands
    assert far["residents"] - near["residents"] in ({3} if exact else {1, 2})
    assert far["ages"] == ({"old": 3, "young": 2} if exact else {"old": "<5", "young": "<5"})
    assert (far["bands"] is None) is not exact
    url = f"/api/areas/{place['left house'].area_id}"
    assert client_of(place["county"], role).get(url).json()["residents"]["count"] == small
    card = client_of(place["county"], role).get(f"/api/atlas/areas/{place['left house'].area_id}").json()["figure"]
    assert card["title"].startswith(str(small))
    assert Client().get(url).json()["residents"] is None
