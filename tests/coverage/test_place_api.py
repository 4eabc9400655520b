"""Coverage of the whole place: what the door tells, to whom, by which walk; and when it says that it is out of date."""

import re
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone

from grids.models import AgeBand, Population, PopulationPoint
from layers.coverage import actions, settling
from layers.coverage.models import Edit, ServiceLevel, Settlement
from layers.coverage.shares import shares
from layers.sites.models import Site, SiteKind
from tests.coverage.askers import client_of
from tests.grids.ground import T0, put, square
from tests.streets.yards import at

pytestmark = pytest.mark.django_db


def settle() -> None:
    assert actions.settle(now=timezone.now(), actor="test") is not None


def ask(client: Client, **query):
    return client.get("/api/coverage", query)


def row_of(answer, area):
    return next(row for row in answer["rows"] if row["id"] == str(area.area_id))


def test_a_planner_reads_shares_of_every_area_and_the_gaps(peopled, site):
    settle()
    answer = ask(client_of(peopled["county"]), tier="compound").json()
    assert (answer["residents"], answer["area"]["residents"], answer["area"]["within"]) == ("counted", 160, [0, 60, 60])
    assert answer["area"]["share"] == [0.0, 0.375, 0.375]
    assert (answer["area"]["old"], answer["area"]["old_share"][2]) == (30, 0.3333)
    left, right = row_of(answer, peopled["left"]), row_of(answer, peopled["right"])
    assert (left["residents"], left["share"], left["outside"]) == (100, [0.0, 0.0, 0.0], 100)
    assert (right["residents"], right["share"], right["outside"]) == (60, [0.0, 1.0, 1.0], 0)
    (gap,) = answer["gaps"]
    assert (gap["id"], gap["residents"], gap["minutes"], gap["whole"]) == (str(peopled["left"].area_id), 100, 16, True)
    assert (answer["sites"], answer["gates"], answer["profile"]["code"]) == (
        {"count": 1, "off_streets": 0, "closed": 0, "hours_unknown": 0, "on_islands": 0},
        "as-is",
        "adult",
    )
    assert answer["metres"] == [333, 667, 1000]


def test_the_figures_are_those_of_the_circle_of_the_only_site(peopled, site):
    settle()
    client = client_of(peopled["county"])
    circle = client.get("/api/circles", {"site": site.pk}).json()
    answer = ask(client, area=peopled["community"].area_id).json()
    assert [ring["properties"]["residents"] for ring in circle["rings"]["features"]] == answer["area"]["within"]
    assert [ring["properties"]["grids"] for ring in circle["rings"]["features"]] == answer["area"]["grids_within"]
    assert (circle["basis"]["residents"], circle["basis"]["grids"]) == (
        answer["area"]["residents"],
        answer["area"]["grids"],
    )


def test_before_anything_was_drawn_residents_are_unknown_not_hidden_and_no_empty_file_is_made(peopled, site):
    settle()
    planner, then = client_of(peopled["county"]), {"moment": "1990-01-01"}
    assert (ask(planner, **then).json()["residents"], ask(Client(), **then).json()["residents"]) == (
        "unknown",
        "hidden",
    )
    for kind in ("csv", "xlsx", "gpkg"):
        told = planner.get(f"/api/coverage/file.{kind}", then)
        assert (told.status_code, told.json()["code"]) == (422, "no-ground"), kind


def test_levels_are_checked_one_by_one_with_their_own_sites(peopled, site):
    Site.objects.create(
        kind=SiteKind.objects.get(code="station"),
        area=peopled["left"].area,
        name_zh="左院站",
        geometry=Point(*at(3, 3), srid=4326),
        valid_from=T0,
    )
    settle()
    answer = ask(client_of(peopled["county"]), tier="compound").json()
    assert [(level["code"], level["sites"]) for level in answer["levels"]] == [("five", 1), ("ten", 1), ("fifteen", 0)]
    left, right = row_of(answer, peopled["left"]), row_of(answer, peopled["right"])
    assert left["levels_share"] == [1.0, 0.0, 0.0], "a station in the yard is no centre for it"
    assert right["levels_share"] == [0.0, 1.0, 0.0], "a centre near by is no station"
    ServiceLevel.objects.filter(code="five").update(kinds=["station", "community_centre"], minutes=10)
    answer = ask(client_of(peopled["county"]), tier="compound").json()
    assert [row_of(answer, peopled[name])["levels_share"][0] for name in ("left", "right")] == [1.0, 1.0]


def test_without_sign_in_there_are_shares_of_grids_and_no_residents(peopled, site):
    settle()
    answer = ask(Client(), tier="compound").json()
    assert answer["residents"] == "hidden"
    assert (answer["area"]["residents"], answer["area"]["share"], answer["gaps"]) == (None, None, [])
    assert answer["area"]["grids_within"] == [0, 1, 1]
    assert row_of(answer, peopled["right"])["grids_share"] == [0.0, 1.0, 1.0]


def test_a_chief_reads_the_own_area_and_shapes_of_the_rest(peopled, site):
    settle()
    client = client_of(peopled["right"], "chief")
    answer = ask(client).json()
    assert (answer["area"]["id"], answer["area"]["residents"]) == (str(peopled["right"].area_id), 60)
    answer = ask(client, area=peopled["community"].area_id, tier="compound").json()
    assert (answer["residents"], answer["area"]["residents"]) == ("hidden", None)
    assert row_of(answer, peopled["right"])["residents"] == 60
    assert row_of(answer, peopled["left"])["residents"] is None
    assert answer["gaps"] == []


def test_small_figures_never_come_out_by_subtraction(place, site):
    band = AgeBand.objects.get(code="18-59")
    figure = Population.objects.create(
        area=place["left house"].area, age_band=band, residents=1, source="test", valid_from=T0
    )
    Population.objects.create(area=place["right house"].area, age_band=band, residents=50, source="test", valid_from=T0)
    settle()
    planner, worker = client_of(place["county"]), client_of(place["county"], "worker")
    first = ask(planner, tier="compound").json()
    assert first["rounded"] is True
    assert row_of(first, place["left"])["residents"] == "<5"
    assert row_of(ask(worker, tier="compound").json(), place["left"])["residents"] == 1, "a duty there"
    assert ask(worker).json()["area"]["residents"] == 51
    Population.objects.filter(pk=figure.pk).update(residents=4)
    settle()
    assert ask(planner, tier="compound").json()["area"] == first["area"]


def test_residents_with_places_of_their_own_are_counted_there(place, site):
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
    settle()
    answer = ask(client_of(place["county"])).json()
    assert (answer["area"]["residents"], answer["area"]["within"]) == (37, [30, 30, 30])
    (gap,) = answer["gaps"]
    assert (gap["residents"], gap["minutes"], gap["whole"]) == (7, None, False)


def test_unknown_stays_unknown(place, site):
    settle()
    answer = ask(client_of(place["county"]), tier="compound").json()
    assert (answer["residents"], answer["area"]["residents"], answer["area"]["share"]) == ("unknown", None, None)
    assert row_of(answer, place["left"])["grids"] == 1


def test_no_sites_at_all_reach_nobody(peopled):
    settle()
    answer = ask(client_of(peopled["county"])).json()
    assert (answer["sites"]["count"], answer["area"]["within"], answer["gap_count"]) == (0, [0, 0, 0], 2)
    assert {gap["minutes"] for gap in answer["gaps"]} == {None}


def test_a_site_far_from_every_street_is_told(peopled, site):
    Site.objects.filter(pk=site.pk).update(geometry=Point(*at(60, 60), srid=4326))
    settle()
    answer = ask(client_of(peopled["county"])).json()
    assert (answer["sites"], answer["area"]["within"]) == (
        {"count": 1, "off_streets": 1, "closed": 0, "hours_unknown": 0, "on_islands": 0},
        [0, 0, 0],
    )


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"tier": "planet"}, 422, "bad-tier"),
        ({"gates": "ajar"}, 422, "bad-gates"),
        ({"profile": "horse"}, 422, "unknown-profile"),
        ({"area": "x"}, 422, "bad-request"),
        ({"moment": "soon"}, 422, "bad-moment"),
        ({"hours": "night"}, 422, "bad-hours"),
        ({"hours": "sat-24:00"}, 422, "bad-hours"),
        ({"hours": "sat-1٠:00"}, 422, "bad-hours"),
        ({"area": str(uuid4())}, 404, "no-area"),
    ],
)
def test_bad_questions_are_told_what_is_wrong(place, query, status, code):
    settle()
    answer = ask(Client(), **query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_before_the_worker_has_read_where_everybody_lives_it_is_read_at_once(peopled, site):
    answer = ask(client_of(peopled["county"])).json()
    assert (answer["area"]["residents"], answer["stale"], Settlement.objects.count()) == (160, False, 0)
    Population.objects.filter(area=peopled["left house"].area).delete()
    assert ask(client_of(peopled["county"])).json()["area"]["residents"] == 60, "and anew after an edit"


def test_a_place_without_streets_says_so(catalogues):
    answer = ask(Client())
    assert (answer.status_code, answer.json()["code"]) == (409, "no-network")


def test_shares_for_other_analyses_are_the_same_numbers(peopled, site):
    settle()
    client = client_of(peopled["county"])
    account = client.get("/api/coverage").wsgi_request.user
    told = shares(account, tier="compound", tops=[peopled["community"].area_id], minutes=10, now=timezone.now())
    assert told.rows == {peopled["left"].area_id: (100, 0), peopled["right"].area_id: (60, 60)}
    stranger = Client().get("/api/coverage").wsgi_request.user
    hidden = shares(stranger, tier="compound", tops=None, minutes=10, now=timezone.now())
    assert set(hidden.rows.values()) == {(None, None)}


def test_the_planners_day_begins_with_who_is_not_reached(peopled, site):
    from layers.atlas.today import today

    planner = client_of(peopled["county"]).get("/api/coverage").wsgi_request.user
    assert not [line for line in today(planner, now=timezone.now())["lines"] if line["room"] == "services"]
    settle()
    (line,) = [line for line in today(planner, now=timezone.now())["lines"] if line["room"] == "services"]
    assert (line["count"], line["params"]) == (100, {"view": "coverage"})
    worker = client_of(peopled["county"], "worker").get("/api/coverage").wsgi_request.user
    assert not [line for line in today(worker, now=timezone.now())["lines"] if line["room"] == "services"]


def test_what_is_packed_comes_out_as_it_was(peopled, site):
    land = settling.gather(moment=timezone.now())
    again = settling.unpack(settling.pack(land))
    for name in settling.ARRAYS:
        assert np.array_equal(getattr(land, name), getattr(again, name))
        assert getattr(land, name).dtype == getattr(again, name).dtype
    assert (again.ids, again.names, again.codes, again.tiers) == (land.ids, land.names, land.codes, land.tiers)


@pytest.mark.django_db(transaction=True)
def test_figures_say_when_they_are_out_of_date_and_the_worker_renews_them(peopled, site):
    client = client_of(peopled["county"])
    settle()
    assert Settlement.objects.count() == 1
    assert ask(client).json()["stale"] is False
    Population.objects.filter(area=peopled["left house"].area).delete()
    answer = ask(client).json()
    assert (answer["stale"], answer["area"]["residents"]) == (True, 160)
    now = timezone.now()
    assert actions.keep_settled(now=now) is False, "somebody is still editing"
    assert actions.keep_settled(now=now + timedelta(minutes=1)) is True
    assert actions.keep_settled(now=now + timedelta(minutes=2)) is False
    answer = ask(client).json()
    assert (answer["stale"], answer["area"]["residents"]) == (False, 60)
    assert (Settlement.objects.count(), Edit.objects.count()) == (1, 0)
    put("compound", square(10, 2, 1), peopled["community"], valid_from=timezone.now())
    assert ask(client).json()["stale"] is True


def test_renewing_is_for_who_may_read_residents_and_one_job(peopled, site):
    key = str(uuid4())

    def post(client):
        return client.post("/api/coverage/renewals", {"id": key}, "application/json", headers={"Idempotency-Key": key})

    assert post(Client()).status_code == 401
    assert post(client_of(peopled["county"], "front_desk")).status_code == 403
    planner = client_of(peopled["county"])
    first, again = post(planner), post(planner)
    assert (first.status_code, first.json()["id"], again.json()["id"]) == (200, key, key)


def what_if(client: Client, spot: tuple[float, float], **query):
    lon, lat = at(*spot)
    return client.get("/api/coverage/what-if", {"lon": lon, "lat": lat, **query}).json()


def test_a_further_site_changes_what_its_own_circle_reaches(peopled, site):
    settle()
    client = client_of(peopled["county"])
    told = what_if(client, (3, 4.4), shapes=True)
    assert told["residents"]["gained"] == [100, 100, 100]
    assert (told["residents"]["before"], told["residents"]["after"]) == ([0.0, 0.375, 0.375], [0.625, 1.0, 1.0])
    assert told["grids"]["gained"] == [1, 1, 1]
    assert told["households"]["gained"] == [41, 41, 41]
    (area,) = told["areas"]
    assert (area["id"], area["gained"]) == (str(peopled["left"].area_id), 100)
    assert [ring["properties"]["minutes"] for ring in told["rings"]] == [5, 10, 15]
    # what it foretells is what comes true
    Site.objects.create(
        kind=SiteKind.objects.get(code="station"),
        area=peopled["left"].area,
        name_zh="乙",
        geometry=Point(*at(3, 4.4), srid=4326),
        valid_from=T0,
    )
    assert ask(client).json()["area"]["share"] == told["residents"]["after"]


def test_a_site_that_moves_away_loses_whom_it_reached(peopled, site):
    settle()
    told = what_if(client_of(peopled["county"]), (3, 4.4), instead=str(site.pk))
    assert told["residents"]["gained"] == [100, 40, 40]
    assert told["residents"]["after"] == [0.625, 0.625, 0.625]
    assert told["households"]["gained"] == [41, 18, 18]
    assert {area["id"]: area["gained"] for area in told["areas"]} == {
        str(peopled["left"].area_id): 100,
        str(peopled["right"].area_id): -60,
    }


def test_a_what_if_tells_visitors_of_grids_alone_and_bad_questions_what_is_wrong(peopled, site):
    settle()
    told = what_if(Client(), (3, 4.4))
    assert (told["residents"], told["areas"], told["grids"]["gained"]) == (None, [], [1, 1, 1])
    now = ask(Client()).json()["area"]["grids_share"]
    assert told["grids"]["before"] == now
    assert told["grids"]["after"] == [share + 0.5 for share in now], "one of two grids more"
    assert what_if(Client(), (60, 60))["on_streets"] is False
    for query, code in (
        ({"lat": "north"}, "bad-request"),
        ({"lat": "nan"}, "bad-geometry"),
        ({"lat": 200}, "bad-geometry"),
    ):
        answer = Client().get("/api/coverage/what-if", {"lon": 110, **query})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Client().get("/api/coverage/what-if", {"lon": 110, "lat": 35, "instead": str(uuid4())}).status_code == 404


def test_figures_leave_as_csv_xlsx_and_geopackage(peopled, site, tmp_path):
    import csv
    import io

    import pyogrio
    from openpyxl import load_workbook

    settle()
    client = client_of(peopled["county"])
    rows = list(
        csv.DictReader(io.StringIO(client.get("/api/coverage/file.csv?tier=compound").content.decode("utf-8-sig")))
    )
    told = {row["name_zh"]: row for row in rows}
    assert (told["right 院"]["residents"], told["right 院"]["within_10"], told["right 院"]["share_10"]) == (
        "60",
        "60",
        "1.0",
    )
    assert (told["left 院"]["profile"], told["left 院"]["gates"]) == ("adult", "as-is")
    book = load_workbook(io.BytesIO(client.get("/api/coverage/file.xlsx").content))
    assert book.worksheets[0].max_row == 1 + 5  # county, street, community, two compounds
    (tmp_path / "a.gpkg").write_bytes(client.get("/api/coverage/file.gpkg?tier=compound").content)
    frame = pyogrio.read_dataframe(tmp_path / "a.gpkg").set_index("name_zh")
    assert frame.loc["right 院", "share_10"] == 1.0
    assert frame.geometry.notna().all()
    visitor = list(csv.DictReader(io.StringIO(Client().get("/api/coverage/file.csv").content.decode("utf-8-sig"))))
    assert {row["residents"] for row in visitor} == {""}
    assert Client().get("/api/coverage/file.shp").status_code == 404


def test_an_area_stands_on_a_printed_page(peopled, site, settings):
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settle()
    url = f"/coverage/{peopled['community'].area_id}/"
    page = client_of(peopled["county"]).get(url).content.decode()
    assert "38% of residents walk to a site in 15 minutes" in page
    assert (page.count('class="part tint-'), page.count('class="outline" d="M')) == (2 + 6, 2), "and a key of six"
    assert 'class="road"' in page, "people know their way by the streets"
    assert page.count('class="site"') == 1
    assert "1 km</text>" in page, "the scale"
    assert "4.0 km/h" in page
    assert re.search(r"residents as of \d{1,2} [A-Z][a-z]+ \d{4} \d\d:\d\d", page), "written as the map's pages do"
    visitor = Client(headers={"Accept-Language": "en"}).get(url).content.decode()
    assert "From 50% of grids" in visitor
    assert ">100<" not in visitor
    assert Client().get(f"/coverage/{uuid4()}/").status_code == 404
    assert Client().get(f"{url}?profile=%00").status_code == 422
