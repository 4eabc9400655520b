"""Opening a place by the page's doors: hand in, look, store, as jobs; for who may, into an empty place, once."""

import csv
import io
import json
from math import asinh, pi, radians, tan
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from gis.accounts.models import Account
from gis.catalogue.models import Place
from gis.jobs import spool
from gis.town import imported
from gis.town.opening.plan import plan_import
from gis.town.tasks import plan_of
from grids.models import Appointment, Boundary, BoundaryChange, Role
from layers.streets.models import Feature, Gate, Way
from tests.grids.ground import small_county
from tests.grids.test_permissions import appoint

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]
API = "/api/imports/places"
EXAMPLE = Path(settings.BASE_DIR) / "data" / "examples" / "xinglin.osm"
NAMES = {"name_zh": "杏林", "name_en": "Xinglin", "time_zone": "Asia/Shanghai", "demo": True}


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(Account.objects.create_superuser("owner", "x"))
    return client


def hand_in(client: Client, content: bytes = b"", *, name: str = "xinglin.osm", key: Any = None) -> Any:
    upload = SimpleUploadedFile(name, content or EXAMPLE.read_bytes())
    return client.post(API, {"file": upload}, headers={"Idempotency-Key": str(key or uuid4())})


def store(client: Client, check: Any, key: Any = None, **other: Any) -> Any:
    body = json.dumps(NAMES | other)
    headers = {"Idempotency-Key": str(key or uuid4())}
    return client.post(f"{API}/{check}/store", body, content_type="application/json", headers=headers)


def _tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    side = 2**z
    return int((lon + 180) / 360 * side), int((1 - asinh(tan(radians(lat))) / pi) / 2 * side)


def test_the_example_is_handed_in_looked_at_and_stored_once(owner: Client, run_jobs: Any) -> None:
    key = uuid4()
    assert hand_in(owner, key=key).status_code == 202
    assert hand_in(owner, key=key).json()["id"] == str(key)
    [job] = run_jobs()
    assert job.state == "done", job.problem
    told = {row["code"]: row["count"] for row in job.result["stored"]}
    assert (told["compound"], told["building"], told["gates-mapped"], told["gates-inferred"]) == (5, 44, 2, 5)
    for kind in job.result["objects"]:
        assert kind["read"] == kind["used"] + sum(row["count"] for row in kind["left"])
    assert sum(group["count"] for group in job.result["listed"]) == job.result["listed_count"] == 8
    rows = list(csv.reader(io.StringIO(b"".join(owner.get(f"/api/jobs/{key}/file")).decode("utf-8-sig"))))
    assert len(rows) == 1 + 8
    assert any(row[3] == "跨界楼" and row[6].endswith("/way/1083") for row in rows)
    west, south, east, north = job.result["bbox"]
    shapes = owner.get(f"{API}/{key}/shapes?bbox={west},{south},{east},{north}").json()["features"]
    assert sum(shape["properties"].get("tier") == "compound" for shape in shapes) == 5
    assert not Boundary.objects.exists()
    tile = "/tiles/base/14/{}/{}.mvt".format(*_tile_at((west + east) / 2, (south + north) / 2, 14))
    empty = owner.get(tile)
    assert (empty.status_code, empty.headers["Cache-Control"]) == (204, "public, no-cache")

    change = uuid4()
    for _again in range(2):
        assert store(owner, key, change).status_code == 202
    [job] = run_jobs()
    assert (job.state, job.result["name_zh"]) == ("done", "杏林"), job.problem
    assert owner.get(tile).status_code == 200
    place = Place.objects.get()
    assert (place.kind, place.name_en, place.time_zone) == ("imported", "Xinglin", "Asia/Shanghai")
    assert Boundary.objects.still().of_tier("county").get().name_zh == "杏林（暂定）"
    assert Boundary.objects.still().of_tier("building").count() == 44
    assert Feature.objects.get(name_zh="跨界楼").reason == "straddling"
    assert BoundaryChange.objects.get().pk == change
    held = Appointment.objects.get(person__account__username="owner")
    assert (held.role, held.is_demo, held.area.tier.code) == (Role.ADMINISTRATOR, False, "county")
    assert hand_in(owner).json()["type"].endswith("place-filled")


def test_a_store_that_runs_again_after_a_crash_finds_its_place(owner: Client, run_jobs: Any) -> None:
    key = hand_in(owner).json()["id"]
    run_jobs()
    store(owner, key, demo=False)
    [job] = run_jobs()
    assert not Appointment.objects.filter(is_demo=True).exists()
    before = (Boundary.objects.count(), Way.objects.count(), Gate.objects.count(), Appointment.objects.count())
    type(job).objects.filter(pk=job.pk).update(state="queued", ended_at=None, result=None)
    [again] = run_jobs()
    assert (again.state, again.result) == ("done", job.result)
    assert before == (Boundary.objects.count(), Way.objects.count(), Gate.objects.count(), Appointment.objects.count())


def test_who_may_not_is_told_and_nothing_is_kept(client: Client, owner: Client, run_jobs: Any) -> None:
    check = hand_in(owner).json()["id"]
    run_jobs()
    stranger = Client()
    assert hand_in(stranger).status_code == 401
    stranger.force_login(Account.objects.create_user("nobody", "x"))
    assert hand_in(stranger).status_code == 403
    assert store(stranger, check).status_code == 403
    assert stranger.get(f"{API}/{check}/shapes?bbox=1,2,3,4").status_code == 403
    stranger.force_login(Account.objects.create_superuser("second", "x"))
    assert store(stranger, check).status_code == 404, "what one owner read is not another's"
    ground = small_county()
    stranger.force_login(appoint(Role.ADMINISTRATOR, ground["county"]))
    assert hand_in(stranger).status_code == 409, "the place is filled"
    assert store(owner, check).status_code == 409


def test_names_clocks_and_boxes_that_cannot_be_are_told_by_field(owner: Client, run_jobs: Any) -> None:
    check = hand_in(owner).json()["id"]
    assert store(owner, check).status_code == 409, "not read yet"
    run_jobs()
    for wrong in ({"time_zone": "Mars/Olympus"}, {"name_zh": "长" * 61}, {"name_en": "a\u202eb"}):
        answer = store(owner, check, **wrong)
        assert (answer.status_code, set(answer.json()["fields"])) == (422, set(wrong))
    for box in ("", "1,2,3", "nan,1,2,3", "3,1,1,2"):
        assert owner.get(f"{API}/{check}/shapes?bbox={box}").status_code == 422
    spool.discard(check)
    assert not plan_of(check).exists()
    assert owner.get(f"{API}/{check}/shapes?bbox=1,2,3,4").status_code == 404
    store(owner, check)
    [job] = run_jobs()
    assert (job.state, job.problem["type"].rsplit(":")[-1]) == ("failed", "file-gone")
    assert not Boundary.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [("a.osm.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHeader", "osm-broken"), ("a.zip", b"PK\x03\x04", "osm-unknown-ending")],
)
def test_a_bad_file_fails_its_job_in_words_without_a_path(
    owner: Client, run_jobs: Any, name: str, content: bytes, word: str
) -> None:
    key = hand_in(owner, content, name=name).json()["id"]
    [job] = run_jobs()
    assert job.state == "failed"
    assert job.problem["type"].endswith(word)
    assert name in job.problem["detail"]
    assert str(key) not in job.problem["detail"]
    assert str(settings.SPOOL_DIR) not in job.problem["detail"]


def test_a_person_who_stops_it_half_way_has_stored_nothing(owner: Client) -> None:
    plan = plan_import(EXAMPLE)

    class Stopped(Exception):
        pass

    steps = []

    def tell(done: int, total: int, words: str) -> None:
        assert 0 <= done < total
        assert words
        steps.append(done)
        if done == total - 1:
            raise Stopped

    with pytest.raises(Stopped):
        imported.store_import(plan, now=timezone.now(), tell=tell)
    assert steps == sorted(set(steps))
    assert not Boundary.objects.exists()
    assert not Way.objects.exists()


def test_an_empty_place_prints_its_owner_and_a_filled_one_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_empty_place", "--name", "空地", verbosity=0)
    capsys.readouterr()
    call_command("demo_accounts")
    line = next(row for row in capsys.readouterr().out.splitlines() if row.startswith("  owner"))
    password = line.split()[1]
    client = Client()
    assert client.login(username="owner", password=password)
    page = client.get("/").content.decode()
    assert "?room=data&amp;task=place" in page
    imported.store_import(plan_import(EXAMPLE), now=timezone.now())
    call_command("demo_accounts")
    assert "  owner" not in capsys.readouterr().out
    assert "?room=data&amp;task=place" not in client.get("/").content.decode()
