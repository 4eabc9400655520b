"""Handing in, changing one's answers, looking, storing: by the page's doors, as jobs; the file is nobody else's."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from grids.models import Boundary, BoundaryChange, Role
from tests.filing.files import feature, geojson
from tests.grids.ground import small_county, square
from tests.grids.test_permissions import appoint

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]
API = "/api/imports/areas"


@pytest.fixture
def chief(client: Client) -> Client:
    ground = small_county()
    client.force_login(appoint(Role.CHIEF, ground["west"]))
    return client


def houses(**words: Any) -> bytes:
    features = [feature(square(2 + 3 * at, 2, 2), DM=f"B{at}", MC=f"{at}号楼", **words) for at in range(3)]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def hand_in(client: Client, content: bytes, said: Any = None, key: Any = None) -> Any:
    upload = SimpleUploadedFile("网格.geojson", content)
    headers = {"Idempotency-Key": str(key or uuid4())}
    return client.post(API, {"file": upload, "said": json.dumps(said or {})}, headers=headers)


def post(client: Client, path: str, body: Any, key: Any = None) -> Any:
    headers = {"Idempotency-Key": str(key or uuid4())}
    return client.post(f"{API}/{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_answers_that_no_page_gives_are_told(chief: Client) -> None:
    for said in ("[" * 100_000, "NaN", "{", '"x"'):
        upload = SimpleUploadedFile("网格.geojson", houses())
        answer = chief.post(API, {"file": upload, "said": said}, headers={"Idempotency-Key": str(uuid4())})
        assert answer.status_code == 422, said[:20]


def test_a_file_is_checked_mapped_looked_at_and_stored(chief: Client, run_jobs: Any) -> None:
    key = uuid4()
    first = hand_in(chief, houses(), key=key)
    assert first.status_code == 202
    assert hand_in(chief, houses(), key=key).json()["id"] == first.json()["id"] == str(key)
    [job] = run_jobs()
    assert job.state == "done", job.problem
    assert job.result["map"]["code"] == ["DM", ""]
    assert {one["code"] for one in job.result["problems"]} == {"bad-tier"}
    assert post(chief, f"{key}/store", {}).status_code == 409
    said = {"map": {**job.result["map"], "tier": ["", "building"]}}
    second = post(chief, f"{key}/check", {"said": said}).json()["id"]
    [job] = run_jobs()
    assert job.result["sound"], job.result["problems"]
    shapes = chief.get(f"{API}/{second}/shapes?bbox=110.002,35.002,110.006,35.006").json()
    assert [one["properties"]["code"] for one in shapes["features"]] == ["B0", "B1"]
    assert not Boundary.objects.filter(code="B0").exists()
    change = uuid4()
    for _again in range(2):
        assert post(chief, f"{second}/store", {"reason": "测绘"}, key=change).status_code == 202
    [job] = run_jobs()
    assert (job.state, job.result["areas"]) == ("done", 3)
    assert BoundaryChange.objects.get(pk=change).reason == "测绘"
    assert Boundary.objects.filter(opened_by=change, code__startswith="B").count() == 3


def test_a_store_that_runs_again_after_a_crash_finds_its_change(chief: Client, run_jobs: Any) -> None:
    key = hand_in(chief, houses(tier="building")).json()["id"]
    run_jobs()
    change = uuid4()
    post(chief, f"{key}/store", {}, key=change)
    [job] = run_jobs()
    type(job).objects.filter(pk=job.pk).update(state="queued", ended_at=None, result=None)
    [again] = run_jobs()
    assert again.state == "done"
    assert again.result == job.result
    assert Boundary.objects.filter(code__startswith="B").count() == 3


def test_what_cannot_be_read_is_told_in_words(chief: Client, run_jobs: Any) -> None:
    hand_in(chief, houses()[:100])
    [job] = run_jobs()
    assert job.state == "failed"
    assert job.problem["code"] == "file-ends-early"
    assert job.problem["status"] == 422


def test_nobody_else_sees_a_file(chief: Client, run_jobs: Any) -> None:
    key = hand_in(chief, houses(tier="building")).json()["id"]
    run_jobs()
    other = Client()
    other.force_login(appoint(Role.CHIEF, Boundary.objects.get(code="990001001001001")))
    assert other.get(f"{API}/{key}/shapes?bbox=110,35,111,36").status_code == 404
    assert post(other, f"{key}/check", {"said": {}}).status_code == 404
    assert post(other, f"{key}/store", {}).status_code == 404
    assert Client().get(f"{API}/references").status_code == 401
    other.force_login(appoint(Role.LEADER, Boundary.objects.get(code="990001001001001")))
    assert hand_in(other, houses()).status_code == 403


def test_an_appointment_that_ended_in_between_stores_nothing(chief: Client, run_jobs: Any) -> None:
    from django.utils import timezone

    from grids.models import Appointment

    key = hand_in(chief, houses(tier="building")).json()["id"]
    run_jobs()
    post(chief, f"{key}/store", {})
    Appointment.objects.update(valid_until=timezone.now())
    [job] = run_jobs()
    assert (job.state, job.problem["code"]) == ("failed", "refused")
    assert not Boundary.objects.filter(code__startswith="B").exists()


def test_a_caution_that_asks_must_be_agreed_to(chief: Client, run_jobs: Any) -> None:
    key = hand_in(chief, houses(tier="building"), {"crs": "EPSG:4610"}).json()["id"]
    [job] = run_jobs()
    assert [one["code"] for one in job.result["cautions"] if one["ask"]] == ["rough-datum"]
    assert post(chief, f"{key}/store", {}).json()["code"] == "not-agreed"
    assert post(chief, f"{key}/store", {"agreed": ["rough-datum"]}).status_code == 202


def test_the_command_says_what_it_would_do_and_stores_only_with_commit(
    chief: Client, tmp_path: Path, capsys: Any
) -> None:
    path = geojson(tmp_path / "a.geojson", json.loads(houses())["features"])
    with pytest.raises(CommandError):
        call_command("import_areas", str(path))
    assert "3" in capsys.readouterr().out
    words = ["code=DM", "name_zh=MC", "tier=:building"]
    call_command("import_areas", str(path), "--map", *words)
    assert not Boundary.objects.filter(code="B0").exists()
    call_command("import_areas", str(path), "--map", *words, "--commit", "--report", str(tmp_path / "report.json"))
    assert Boundary.objects.filter(code="B0").count() == 1
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["new"] == 3
    call_command("import_areas", str(path), "--map", *words, "--commit")
    assert BoundaryChange.objects.filter(kind="import").count() == 1
    with pytest.raises(CommandError):
        call_command("import_areas", str(path), "--map", "palace=DM")
    with pytest.raises(CommandError):
        call_command("import_areas", str(tmp_path / "none.geojson"))
