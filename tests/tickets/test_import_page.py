"""The page's doors for a file of tickets: look, check, store, each a job; nothing of a cell in any job's result."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gis.jobs.models import Job
from gis.jobs.running import execute
from gis.shared.datums import Datum, wgs84_to_gcj02
from layers.tickets.doubts import doubts_of
from layers.tickets.import_said import guessed
from layers.tickets.imports import Manner, mapping_from, survey
from layers.tickets.models import Ticket
from layers.tickets.tables import open_sheet

from .conftest import IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, OUTSIDE

HEAD = "工单编号,受理时间,办结时间,经度,纬度,事项类别,诉求内容"
PHONE = "13800001234"
DOOR = "/api/imports/tickets"


def line(number: str, place: tuple[float, float], category: str = "litter", text: str = "两袋垃圾") -> str:
    """One good record."""
    return f"{number},2026-03-01 08:00,,{place[0]},{place[1]},{category},{text}"


GOOD = [line("A1", IN_EAST), line("A2", IN_WEST), line("A3", OUTSIDE), line("A4", IN_BUILDING, "夜里狗叫")]
BAD = ["B1,2026-03-01 08:00,,,,litter,", f"B2,2026-03-01 08:00,,{PHONE},{IN_EAST[1]},litter,=HYPERLINK(1)"]
SAID = {
    "columns": {
        "number": ["工单编号"], "reported": ["受理时间"], "closed": ["办结时间"], "lon": ["经度"], "lat": ["纬度"],
        "category": ["事项类别"], "text": ["诉求内容"],
    },
    "time_zone": "Asia/Shanghai", "datum": "wgs84", "source": "12345",
}  # fmt: skip


@pytest.fixture
def sent(ground, settings, tmp_path):
    """`sent(who, method, path, body)`: (status, document) of a question, its job done where one was begun."""
    settings.SPOOL_DIR = str(tmp_path)

    def ask(who: str, path: str, body=None, *, file: str | None = None, read: bool = False) -> tuple[int, dict]:
        client = Client()
        client.force_login(ground.people[who])
        key = {"Idempotency-Key": str(uuid.uuid4())}
        if read:
            answer = client.get(DOOR + path)
        elif file is not None:
            upload = SimpleUploadedFile("工单.csv", file.encode())
            answer = client.post(DOOR + path, {"file": upload}, headers=key)
        else:
            answer = client.post(DOOR + path, json.dumps(body or {}), content_type="application/json", headers=key)
        document = answer.json()
        if answer.status_code == 202:
            execute(uuid.UUID(document["id"]))
            job = Job.objects.get(pk=document["id"])
            document |= {"state": job.state, "result": job.result, "problem": job.problem}
        return answer.status_code, document

    return ask


def test_from_the_file_to_the_tickets(sent, ground) -> None:
    status, looked = sent("desk", "", file="\n".join([HEAD, *GOOD, *BAD]))
    assert (status, looked["state"]) == (202, "done")
    assert looked["result"]["guessed"] == SAID["columns"]
    _, shown = sent("desk", f"/{looked['id']}/rows", read=True)
    assert shown["rows"][0][0] == "A1"

    status, checked = sent("desk", f"/{looked['id']}/check", {"said": SAID})
    found = checked["result"]
    assert (status, checked["state"]) == (202, "done"), checked["problem"]
    assert (found["rows"], found["stored"], found["placeless"], found["bad"]) == (6, 3, 1, 2)
    assert found["unknown"] == [{"word": "夜里狗叫", "count": 1}]
    assert not Ticket.objects.exists()
    _, shown = sent("desk", f"/{checked['id']}/rows", read=True)
    assert [row["line"] for row in shown["refused"]] == [5, 6, 7]

    status, again = sent("desk", f"/{checked['id']}/check", {"said": {**SAID, "words": {"夜里狗叫": "noise"}}})
    assert again["result"]["stored"] == 4
    status, stored = sent("desk", f"/{again['id']}/store")
    assert (status, stored["result"]["stored"]) == (202, 4)
    assert dict(Ticket.objects.values_list("external_number", "category__code"))["A4"] == "noise"
    assert set(Ticket.objects.values_list("external_source", flat=True)) == {"12345"}

    status, twice = sent("desk", f"/{again['id']}/store")
    assert (twice["result"]["stored"], twice["result"]["already"], Ticket.objects.count()) == (0, 4, 4)


def test_no_cell_of_the_file_stands_in_a_jobs_row(sent) -> None:
    _, looked = sent("desk", "", file="\n".join([HEAD, *GOOD, *BAD]))
    sent("desk", f"/{looked['id']}/check", {"said": SAID})
    swapped = {**SAID, "columns": SAID["columns"] | {"reported": ["诉求内容"], "category": ["受理时间"]}}
    sent("desk", f"/{looked['id']}/check", {"said": swapped})
    kept = json.dumps(list(Job.objects.values("title", "args", "result", "problem", "message")), ensure_ascii=False)
    assert Job.objects.count() == 3
    for planted in (PHONE, "两袋垃圾", "HYPERLINK"):
        assert planted not in kept


@pytest.mark.parametrize("who", ["worker", "chief", "planner", "leader", "auditor", "department"])
def test_who_has_no_permit_brings_nothing_in(sent, who) -> None:
    assert sent(who, "", file=HEAD)[0] == 403
    assert not Job.objects.exists()


def test_rows_of_areas_that_are_not_the_senders_are_left_out(sent) -> None:
    """The front desk of one community brings in no tickets of its neighbour's, nor what falls to the county's desk."""
    lines = [line("A1", IN_EAST), line("A2", IN_WEST), line("A3", OUTSIDE)]
    _, looked = sent("east_desk", "", file="\n".join([HEAD, *lines]))
    _, checked = sent("east_desk", f"/{looked['id']}/check", {"said": SAID})
    assert (checked["result"]["stored"], checked["result"]["bad"]) == (1, 2)
    sent("east_desk", f"/{checked['id']}/store")
    assert list(Ticket.objects.values_list("external_number", flat=True)) == ["A1"]


def test_anothers_file_is_nobodys(sent) -> None:
    _, looked = sent("desk", "", file="\n".join([HEAD, *GOOD]))
    assert sent("administrator", f"/{looked['id']}/rows", read=True)[0] == 404
    assert sent("administrator", f"/{looked['id']}/check", {"said": SAID})[0] == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"datum": ""}, "datum"), ({"time_zone": "Mars/Olympus"}, "time_zone"), ({"source": " "}, "source"),
        ({"columns": {"number": ["工单编号"]}}, "lon"), ({"columns": {"colour": ["x"]}}, None),
        ({"words": {"a": 1}}, None),
    ],
)  # fmt: skip
def test_answers_that_make_no_sense_name_their_field(sent, change, field) -> None:
    _, looked = sent("desk", "", file="\n".join([HEAD, *GOOD]))
    status, problem = sent("desk", f"/{looked['id']}/check", {"said": {**SAID, **change}})
    assert status == 422
    assert field is None or field in problem["fields"]


def test_a_file_that_is_no_table_ends_its_job_with_words(sent) -> None:
    _, job = sent("desk", "", file="\x89PNG\x00")
    assert (job["state"], job["problem"]["code"]) == ("failed", "unreadable-file")


def test_usual_headings_are_guessed() -> None:
    columns = ["Unique Key", "Created Date", "Closed Date", "Complaint Type", "Descriptor", "Latitude", "Longitude"]
    assert guessed(columns) == {
        "number": ["Unique Key"], "reported": ["Created Date"], "closed": ["Closed Date"],
        "category": ["Complaint Type"], "text": ["Descriptor"], "lat": ["Latitude"], "lon": ["Longitude"],
    }  # fmt: skip


def doubts(tmp_path, places, **changes) -> list[str]:
    """What is said of a file with these places."""
    path = tmp_path / "doubtful.csv"
    path.write_text("\n".join([HEAD, *(line(str(n), place) for n, place in enumerate(places))]), encoding="utf-8")
    columns = mapping_from(["number=工单编号", "reported=受理时间", "lon=经度", "lat=纬度", "text=诉求内容"])
    given = {"columns": columns, "zone": ZoneInfo("Asia/Shanghai"), "datum": Datum.WGS84}
    how = Manner(**(given | changes))
    sheet = open_sheet(path)
    now = datetime(2026, 3, 5, tzinfo=UTC) + timedelta(hours=1)
    return [doubt.code for doubt in doubts_of(sheet, how, survey(sheet, how), now=now)]


def test_a_datum_that_does_not_fit_and_swapped_columns_are_told(ground, tmp_path) -> None:
    homes = np.random.default_rng(1).normal(IN_COMPOUND, 0.0008, (60, 2))
    assert doubts(tmp_path, homes.tolist()) == []
    assert doubts(tmp_path, wgs84_to_gcj02(homes).tolist()) == ["looks-offset"]
    assert doubts(tmp_path, homes[:, ::-1].tolist()) == ["looks-swapped"]
