"""Residents out of a file: into the right areas with their places, once, and never the same people twice."""

import threading
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone, translation

from gis.audit.models import Entry
from gis.jobs.models import Job
from gis.shared.datums import Datum, from_wgs84
from gis.shared.errors import Invalid, Refused
from grids.models import AgeBand, Boundary, Population, PopulationPoint, Role
from grids.population_import import Said, bring_in, said_from
from tests.grids.ground import SOUTH, WEST, small_county
from tests.grids.offices import api, hold

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]
WEST_CODE, EAST_CODE, COMMUNITY = "990001001001001", "990001001001002", "990001001001"


@pytest.fixture
def ground() -> dict[str, Boundary]:
    return small_county()


@pytest.fixture
def csv(tmp_path):
    def write(*lines: str, name: str = "people.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def told(path, said: Said | None = None, *, commit: bool = True, actor=None):
    return bring_in(path, said or Said(), actor=actor, now=timezone.now(), commit=commit)


def standing(area: Boundary) -> dict[str, int]:
    rows = Population.objects.at(timezone.now()).filter(area=area.area)
    return dict(rows.values_list("age_band__code", "residents"))


def spot(x: float, y: float) -> str:
    return f"{WEST + x / 1000:.6f},{SOUTH + y / 1000:.6f}"


def test_by_code_with_bands_and_nothing_without_commit(ground, csv):
    path = csv("编码,人口,60-79岁,80+", f"{WEST_CODE},100,20,5", f"{EAST_CODE},30,,", "990001999,7,,")
    found = told(path, commit=False)
    assert (found.report["sound"], found.report["residents"], found.report["areas"]) == (True, 130, 2)
    assert [line for line, _why in found.faults] == [4]
    assert not Population.objects.exists()
    told(path)
    assert standing(ground["west"]) == {"60-79": 20, "80+": 5, "all": 75}
    assert standing(ground["east"]) == {"all": 30}
    assert Entry.objects.filter(verb="population.import").count() == 1


def test_by_points_each_keeps_its_place_and_those_outside_count_for_the_county(ground, csv):
    path = csv(
        "id,lon,lat,population", f"a,{spot(5, 5)},40", f"b,{spot(6, 6)},2", f"c,{spot(30, 30)},7",
        f"d,{spot(120, 5)},9", f"e,{spot(5, 9000)},3",
    )  # fmt: skip
    found = told(path)
    assert [line for line, _why in found.faults] == [6], "a thousand kilometres away is a mistake"
    assert found.report["outside"] == {"count": 1, "lines": [5]}
    assert [standing(ground[name]) for name in ("west", "community", "county")] == [{"all": 42}, {"all": 7}, {"all": 9}]
    places = PopulationPoint.objects.filter(population__area=ground["west"].area).order_by("number")
    assert [(row.number, row.residents) for row in places] == [("a", 40), ("b", 2)]
    assert places[0].point.equals_exact(Point(round(WEST + 0.005, 6), round(SOUTH + 0.005, 6)), 1e-7)
    assert Population.objects.below(ground["county"].area, timezone.now()).residents() == 58, "the whole sum is kept"


def homes(area: Boundary) -> int | None:
    """The households that are known of an area."""
    return Population.objects.at(timezone.now()).filter(area=area.area).aggregate(sum=Sum("households"))["sum"]


def test_households_are_stored_beside_residents_and_unknown_ones_stay_unknown(ground, csv):
    path = csv(
        "编码,人口,户数,60-79岁,80+", f"{WEST_CODE},100,41,,5", f"{EAST_CODE},30,,20,", f"{COMMUNITY[:-3]},7,两户,,"
    )
    found = told(path)
    assert (found.report["households"], found.report["unhoused"]) == (41, 1)
    assert found.faults[0][0] == 4
    assert "两户" in found.faults[0][1]
    assert (homes(ground["west"]), homes(ground["east"])) == (41, None), "an empty cell is unknown, not 0"
    assert told(path).report["nothing_new"]
    again = told(csv("code,population,households,60-79,80+", f"{WEST_CODE},100,42,,5", f"{EAST_CODE},30,9,20,"))
    assert again.report["replaced"] == 2, "another number of households is another count"
    assert (homes(ground["west"]), homes(ground["east"])) == (42, 9)
    plain = told(csv("code,population,60-79,80+", f"{WEST_CODE},100,,5"))
    assert plain.report["households"] is None
    assert homes(ground["west"]) is None, "a count without households does not keep those of another one"


def test_households_of_points_are_kept_at_their_places(ground, csv):
    path = csv(
        "id,lon,lat,80+,0-2,households", f"a,{spot(5, 5)},40,,17", f"b,{spot(6, 6)},,9,3", f"c,{spot(7, 6)},2,1,",
    )  # fmt: skip
    found = told(path)
    assert (found.report["households"], found.report["unhoused"]) == (20, 1)
    assert homes(ground["west"]) == 20
    places = PopulationPoint.objects.filter(households__isnull=False).order_by("number")
    assert [(row.number, row.households) for row in places] == [("a", 17), ("b", 3)]
    assert told(path).report["nothing_new"]
    assert standing(ground["west"]) == {"0-2": 10, "80+": 42}


def test_more_households_than_people_are_asked_about(ground, csv):
    path = csv("code,population,households", f"{WEST_CODE},41,100")
    found = told(path)
    assert [(one["code"], one["ask"]) for one in found.report["cautions"]] == [("households", True)]
    assert not Population.objects.exists()
    told(path, Said(agreed=("households",)))
    assert homes(ground["west"]) == 100


def test_the_database_refuses_a_second_number_of_households_and_places_that_do_not_add_up(ground):
    bands = {band.code: band for band in AgeBand.objects.all()}
    one = Population.objects.create(
        area=ground["west"].area, age_band=bands["all"], residents=5, households=3, source="test"
    )
    with pytest.raises(IntegrityError, match="grids_population_households_once"), transaction.atomic():
        Population.objects.create(
            area=ground["west"].area, age_band=bands["80+"], residents=5, households=3, source="test"
        )
    with pytest.raises(IntegrityError, match="households 2, the figure says 3"), transaction.atomic():
        PopulationPoint.objects.create(population=one, point=Point(110, 35), residents=5, households=2)
    with pytest.raises(IntegrityError, match="the figure says 3"), transaction.atomic():
        PopulationPoint.objects.create(population=one, point=Point(110, 35), residents=5)
    PopulationPoint.objects.create(population=one, point=Point(110, 35), residents=5, households=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        Population.objects.filter(pk=one.pk).update(households=4)


def test_points_can_be_counted_no_deeper_than_a_tier(ground, csv):
    path = csv("lon,lat,population", f"{spot(5, 5)},40", f"{spot(20, 5)},2")
    told(path, Said(tier="community"))
    assert standing(ground["community"]) == {"all": 42}
    assert not standing(ground["west"])


def test_sent_twice_nothing_changes_and_a_new_count_replaces_the_old_one(ground, csv):
    path = csv("lon,lat,population", f"{spot(5, 5)},40", f"{spot(6, 6)},2")
    told(path)
    before = list(Population.objects.values_list("pk", "valid_until"))
    again = told(path)
    assert again.report["nothing_new"]
    assert "stored" not in again.report
    assert list(Population.objects.values_list("pk", "valid_until")) == before
    moved = told(csv("lon,lat,population", f"{spot(5, 5)},40", f"{spot(7, 6)},2"))
    assert moved.report["replaced"] == 1, "the same number in another place is another count"
    assert standing(ground["west"]) == {"all": 42}
    assert Population.objects.count() == 2, "what was true then is kept"
    earlier = told(csv("code,population", f"{WEST_CODE},1"), said_from({"since": "2020-11-01"}))
    assert not earlier.report["sound"]
    assert [one["code"] for one in earlier.report["cautions"]] == ["later"]


def test_the_same_people_never_stand_twice_up_and_down_the_tree(ground, csv):
    both = csv("code,population", f"{WEST_CODE},10", f"{COMMUNITY},50")
    found = told(both)
    assert [one["code"] for one in found.report["cautions"]] == ["nested"]
    assert not Population.objects.exists()
    told(csv("code,population", f"{WEST_CODE},10", f"{EAST_CODE},5"))
    above = csv("code,population", f"{COMMUNITY},50")
    asked = told(above)
    assert [(one["code"], one["ask"]) for one in asked.report["cautions"]] == [("replace", True)]
    assert standing(ground["west"]) == {"all": 10}
    told(above, Said(agreed=("replace",)))
    assert (standing(ground["west"]), standing(ground["community"])) == ({}, {"all": 50})
    assert Population.objects.below(ground["county"].area, timezone.now()).residents() == 50


def test_gcj_02_said_to_be_wgs_84_is_noticed(ground, csv):
    spots = np.array([(WEST + 0.0955 + 0.0002 * at, SOUTH + 0.05) for at in range(20)])  # within 400 m of the edge
    shifted = from_wgs84(spots, Datum.GCJ02)
    path = csv("lon,lat,population", *(f"{lon:.7f},{lat:.7f},1" for lon, lat in shifted))
    found = told(path)
    assert [(one["code"], one["try"]) for one in found.report["cautions"]] == [("offset", "gcj02")]
    assert not Population.objects.exists(), "nothing is stored before somebody has looked"
    told(path, Said(datum="gcj02"))
    assert standing(ground["county"]) == {"all": 20}


def test_axes_exchanged_are_noticed_and_nothing_is_stored(ground, csv):
    found = told(csv("lat,lon,population", *(f"{spot(3 + at / 4, 5)},1" for at in range(25))))
    assert len(found.faults) == 25
    assert not found.report["sound"]
    with translation.override("en"):
        again = told(csv("lat,lon,population", f"{spot(3, 5)},1"), commit=False)
        assert "exchanged" in again.faults[0][1]


def test_who_counts_counts_in_the_own_areas_only(ground, csv):
    planner = hold("planner", Role.PLANNER, ground["west"])
    found = told(csv("code,population", f"{WEST_CODE},10", f"{EAST_CODE},5"), actor=planner)
    assert (standing(ground["west"]), standing(ground["east"])) == ({"all": 10}, {})
    assert [line for line, _why in found.faults] == [3]
    with pytest.raises(Refused):
        told(csv("code,population", f"{WEST_CODE},1"), actor=hold("chief", Role.CHIEF, ground["west"]))


@pytest.mark.parametrize(
    "given",
    [[], {"columns": 1}, {"columns": {"code": 1}}, {"datum": "mars"}, {"since": "soon"}, {"since": "2999-01-01"}],
)
def test_answers_that_make_no_sense_are_told(given):
    with pytest.raises(Invalid):
        said_from(given)


def test_a_column_that_is_not_there_is_told_with_those_that_are(ground, csv):
    path = csv("code,population", f"{WEST_CODE},10")
    with pytest.raises(Invalid, match="population"):
        told(path, Said(columns={"code": "code", "residents": "people"}))
    with pytest.raises(Invalid):
        told(path, Said(columns={"colour": "code"}))
    assert told(path, Said(columns={"code": "code"})).report["wanting"]


def test_the_database_refuses_places_that_do_not_add_up(ground):
    figure = Population.objects.create(
        area=ground["west"].area, age_band=AgeBand.objects.get(code="all"), residents=5, source="test"
    )
    with pytest.raises(IntegrityError, match="the figure says 5"), transaction.atomic():
        PopulationPoint.objects.create(population=figure, point=Point(110, 35), residents=4)
    point = PopulationPoint.objects.create(population=figure, point=Point(110, 35), residents=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        PopulationPoint.objects.filter(pk=point.pk).update(residents=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        Population.objects.filter(pk=figure.pk).update(residents=6)
    Population.objects.filter(pk=figure.pk).update(valid_until=timezone.now() + timedelta(days=1))


def test_on_the_page_a_file_is_checked_answered_and_stored_once(ground, run_jobs):
    client = api(hold("planner", Role.PLANNER, ground["community"]))
    body = f"code,people\n{WEST_CODE},10\n{EAST_CODE},5\nnowhere,1\n".encode()
    key = str(uuid.uuid4())
    for _time in range(2):
        upload = SimpleUploadedFile("people.csv", body, content_type="text/csv")
        sent = client.post("/api/imports/population", {"file": upload}, headers={"Idempotency-Key": key})
        assert sent.status_code == 202, sent.content
    run_jobs()
    first = Job.objects.get(pk=key)
    assert first.result["residents"] == 15
    assert first.kept, "the lines that were left out can be fetched"
    said = {"columns": {"code": "code", "residents": "people"}, "source": "人口普查"}
    check = client.post(
        f"/api/imports/population/{key}/check", {"said": said}, "application/json",
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )  # fmt: skip
    run_jobs()
    for _time in range(2):
        done = client.post(
            f"/api/imports/population/{check.json()['id']}/store", {"agreed": []}, "application/json",
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
        assert done.status_code == 202, done.content
        run_jobs()
    assert standing(ground["west"]) == {"all": 10}
    assert Population.objects.count() == 2
    assert set(Population.objects.values_list("source", flat=True)) == {"人口普查"}
    wrong = client.post("/api/imports/population", {"said": "{"}, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert wrong.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_files_at_once_count_everybody_once(csv):
    ground = small_county()
    path = csv("code,population", f"{WEST_CODE},10", f"{EAST_CODE},5")
    failures: list[BaseException] = []

    def send() -> None:
        try:
            told(path)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Population.objects.count() == 2
    assert standing(ground["west"]) == {"all": 10}
