"""The roster as a file: judged row by row, stored whole or not at all, by the rules of the single door."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from gis.accounts.models import Account
from gis.shared.errors import Invalid, Problem
from grids import roster, roster_files
from grids.models import Appointment, Boundary, Person, Role
from grids.roster_import import taken
from tests.grids.ground import small_county
from tests.grids.offices import api, appoint, hold, someone

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]


@pytest.fixture
def ground() -> dict[str, Boundary]:
    return small_county()


@pytest.fixture
def admin(ground) -> Account:
    """The administrator of the street."""
    return hold("admin", Role.ADMINISTRATOR, ground["street"])


HEADS = ["网格编码", "职务", "姓名", "单位", "事项类别", "任职日期", "岗位名称"]
WEST, EAST, COUNTY = "990001001001001", "990001001001002", "990001"


def sheet(tmp_path, *rows, heads=HEADS):
    book = Workbook()
    book.active.append(heads)
    for row in rows:
        book.active.append(row)
    path = tmp_path / "roster.xlsx"
    book.save(path)
    return path


def judged(path, actor):
    return taken(roster_files.read(path), uuid.uuid4(), actor=actor, now=timezone.now())


def test_a_file_is_judged_row_by_row_and_stored_whole(ground, admin, tmp_path) -> None:
    rows = [
        (WEST, "网格长", "张三", None, None, "2026-01-05", "西院网格长"),
        (int(WEST), "网格员", "李四", None, "street_lamp，litter", None, None),
        (EAST, "网格长", None, None, None, None, None),
    ]
    found = judged(sheet(tmp_path, *rows), admin)
    assert (found.outcome.fresh, found.outcome.vacant, found.outcome.faults) == (2, 1, [])
    found.store()
    chief = Appointment.objects.get(role=Role.CHIEF)
    assert chief.person.name_zh == "张三"
    assert timezone.localdate(chief.valid_from).isoformat() == "2026-01-05"
    assert Appointment.objects.get(role=Role.WORKER).categories == ["litter", "street_lamp"]
    again = judged(sheet(tmp_path, *rows), admin)
    assert (again.outcome.fresh, again.outcome.already) == (0, 2)


def test_a_row_that_meets_an_earlier_or_later_post_is_told_and_not_broken_off(ground, admin, tmp_path) -> None:
    heads = [*HEADS, "工号"]
    row = (WEST, "网格员", "张三", None, None, "2026-01-05", None, "S-1")
    judged(sheet(tmp_path, row, heads=heads), admin).store()
    held = Appointment.objects.get(person__name_zh="张三")
    roster.end(appointment_id=held.pk, actor=admin, now=timezone.now())
    again = judged(sheet(tmp_path, row, heads=heads), admin)
    assert [line for line, _words in again.outcome.faults] == [2]
    after = (*row[:5], str(timezone.localdate() + timedelta(days=9)), *row[6:])
    judged(sheet(tmp_path, after, heads=heads), admin).store()
    twice = judged(sheet(tmp_path, after, (WEST, "网格员", "张三"), heads=heads), admin)
    assert (twice.outcome.fresh, twice.outcome.already, twice.outcome.faults) == (0, 2, [])


def test_a_staff_number_of_somebody_else_is_told(ground, admin, tmp_path) -> None:
    heads = [*HEADS, "工号"]
    rows = [
        (WEST, "网格员", "张三", None, None, None, None, "S-1"),
        (EAST, "网格员", "李四", None, None, None, None, "S-1"),
    ]
    found = judged(sheet(tmp_path, *rows, heads=heads), admin)
    assert [line for line, _words in found.outcome.faults] == [3]
    judged(sheet(tmp_path, rows[0], heads=heads), admin).store()
    assert judged(sheet(tmp_path, rows[1], heads=heads), admin).outcome.faults
    assert Person.objects.filter(name_zh="李四").count() == 0


def test_every_fault_of_a_file_is_told_and_then_nothing_is_stored(ground, admin, tmp_path) -> None:
    appoint(admin, ground["west"])
    faults = [
        (COUNTY, "网格员", "甲"), ("000", "网格员", "乙"), (WEST, "皇帝", "丙"), (WEST, "网格长", "丁"),
        (WEST, "审计员", "戊"), (WEST, "网格员", "己" * 121), (WEST, "网格员", "庚", None, "no-such"),
        (WEST, "网格员", "辛", None, None, "昨天"), (WEST, "部门", None, "没有这个单位"),
    ]  # fmt: skip
    found = judged(sheet(tmp_path, (EAST, "网格员", "好人"), *faults), admin)
    assert [line for line, _words in found.outcome.faults] == list(range(3, 12))
    with pytest.raises(Invalid) as caught:
        found.store()
    assert len(caught.value.extra["faults"]) == len(faults)
    assert not Person.objects.filter(name_zh="好人").exists()


def test_both_doors_accept_and_refuse_alike(ground, admin, tmp_path) -> None:
    codes = {name: row.code for name, row in ground.items()}
    cases = [(area, role) for area in ground for role in Role.values]
    words = {role: word for word, role in roster_files.ROLE_WORDS.items()}
    by_file = {}
    for number, (area, role) in enumerate(cases):
        found = judged(sheet(tmp_path, (codes[area], words[role], f"人{number}")), admin)
        by_file[area, role] = not found.outcome.faults
    for area, role in cases:
        try:
            with transaction.atomic():
                appoint(admin, ground[area], role)
                single = True
                transaction.set_rollback(True)
        except Problem:
            single = False
        assert single == by_file[area, role], (area, role)
    assert any(by_file.values())
    assert not all(by_file.values())


def test_the_file_that_is_given_out_is_the_file_that_is_read(ground, admin, tmp_path) -> None:
    appoint(admin, ground["west"], post_zh="=西院网格长")
    appoint(admin, ground["west"], Role.WORKER, someone("李四"), categories=["litter"])
    client = api(admin)
    path = tmp_path / "out.xlsx"
    path.write_bytes(client.get("/api/roster/file.xlsx").content)
    cells = list(load_workbook(path).active.iter_rows(values_only=True))
    assert "'=西院网格长" in cells[2] or "'=西院网格长" in cells[1] or any("'=西院网格长" in row for row in cells)
    again = judged(path, admin)
    assert (again.outcome.already, again.outcome.vacant, again.outcome.faults) == (3, 3, [])
    text = client.get("/api/roster/file.csv").content.decode("utf-8-sig")
    assert "李四" in text
    assert client.get("/api/roster/file.pdf").status_code == 404


@pytest.mark.parametrize("content", [b"", b"code,name\r\n1,2", b"PK\x03\x04" + b"\0" * 100, b"<html>" * 50])
def test_a_file_that_is_no_spreadsheet_is_told(tmp_path, content) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(Invalid):
        list(roster_files.read(path))


def test_missing_heads_and_bombs_are_told(tmp_path, monkeypatch) -> None:
    with pytest.raises(Invalid, match="网格编码"):
        list(roster_files.read(sheet(tmp_path, heads=["姓名", "职务"])))
    monkeypatch.setattr(roster_files, "MOST_UNPACKED", 1000)
    with pytest.raises(Invalid):
        list(roster_files.read(sheet(tmp_path)))


def test_the_import_is_a_job_that_may_run_twice(ground, admin, tmp_path, run_jobs) -> None:
    path = sheet(tmp_path, (WEST, "网格长", "张三"), (WEST, "网格员", "李四"))
    client = api(admin)
    for commit in ("false", "true"):
        with path.open("rb") as file:
            sent = client.post("/api/roster/import", {"job": str(uuid.uuid4()), "commit": commit, "file": file})
        assert sent.status_code == 200, sent.content
        (job,) = run_jobs()
        assert job.state == "done", job.problem
        assert job.result["fresh"] == 2
    assert Appointment.objects.filter(area=ground["west"].area).count() == 2
    from gis.jobs.models import Job
    from gis.jobs.running import execute

    Job.objects.filter(pk=job.pk).update(state="queued", ended_at=None)
    execute(job.pk)
    assert Appointment.objects.filter(area=ground["west"].area).count() == 2
