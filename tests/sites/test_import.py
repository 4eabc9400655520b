"""Sites out of files and into them: every row judged, nothing by halves, the same file again changes nothing."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from layers.sites import exports
from layers.sites.actions import change_site
from layers.sites.columns import rooms_in_words, rooms_of
from layers.sites.facts import OfferFacts, RoomFacts
from layers.sites.imports import Said, bring_in
from layers.sites.models import Offer, Room, Site
from layers.streets.models import Way
from tests.sites.test_sites_api import DESK, NOW, WEST, manager, sites

__all__ = ["manager", "sites"]
LATER = NOW + timedelta(days=1)
ZIPPED = datetime(2026, 3, 4, tzinfo=UTC)
"""An archive knows years up to 2107 only."""
LINES = [
    "名称,类型,经度,纬度,开放时间,服务事项,房间,无障碍",
    '一号站,小区服务站,110.002,35.002,周一至周五 08:30-12:00,快递代收、矛盾纠纷调解,"大厅(一层,30人)、棋牌室",是',
    "二号站,station,110.003,35.003,,,,",
    "坏时间,station,110.003,35.003,周一 18:00-08:00,,,",
    "坏类型,宫殿,110.003,35.003,,,,",
    "海上,station,0,0,,,,",
    "坏位置,station,x,35,,,,",
    "一号站,station,110.002,35.002,,,,",
    "第二中心,社区党群服务中心,110.002,35.002,,,,",
    "坏事项,station,110.004,35.003,,飞行,,",
]


def written(path: Path, lines=LINES) -> Path:
    path.write_text("\n".join(lines), encoding="gb18030")
    return path


def test_every_row_is_judged_and_nothing_stored_before_it_is_said(sites, tmp_path):
    path = written(tmp_path / "sites.csv")
    looked = bring_in(path, Said(), actor=None, now=NOW, commit=False)
    assert (looked.report["new"], looked.report["changed"]) == (2, 0)
    assert [line for line, _words in looked.faults] == [4, 5, 6, 7, 8, 9, 10]
    assert Site.objects.count() == 2
    bring_in(path, Said(), actor=None, now=NOW, commit=True)
    first = Site.objects.get(name_zh="一号站")
    assert (first.area_id, first.step_free, first.hours["fri"]) == (WEST, "yes", [["08:30", "12:00"]])
    assert list(Offer.objects.filter(site=first).values_list("service__code", flat=True)) == [
        "mediation",
        "parcel_pickup",
    ]
    assert set(Room.objects.filter(site=first).values_list("name_zh", "floor", "capacity")) == {
        ("大厅", "一层", 30), ("棋牌室", "", None),
    }  # fmt: skip
    again = bring_in(path, Said(), actor=None, now=NOW, commit=True)
    assert again.report["nothing_new"]
    assert Site.objects.count() == 4


def test_a_row_changes_what_it_has_columns_for(sites, tmp_path):
    path = written(tmp_path / "a.csv", ["name,lon,lat,phone,kind", "西中心,110.004,35.004,0354-1,社区党群服务中心"])
    found = bring_in(path, Said(), actor=None, now=NOW, commit=True)
    desk = Site.objects.get(pk=DESK)
    assert (found.report["changed"], desk.phone, desk.address_zh, desk.version) == (1, "0354-1", "西路1号", 2)


def test_two_new_sites_of_one_name_are_told_by_row(sites, tmp_path):
    ids = [f"1b4f2c5e-0000-4000-8000-00000000000{n}" for n in (1, 2, 3)]
    lines = [f"{ids[0]},新站,110.002,35.002", f"{ids[1]},新站,110.003,35.003", f"{ids[2]},新站,110.015,35.004"]
    path = written(tmp_path / "a.csv", ["id,name,lon,lat", *lines])
    found = bring_in(path, Said(), actor=None, now=NOW, commit=True)
    assert [line for line, _words in found.faults] == [3]
    assert "2" in found.faults[0][1]
    assert Site.objects.filter(name_zh="新站").count() == 2  # the other one serves another area


def test_only_the_own_part_may_be_brought_in(manager, tmp_path):
    path = written(tmp_path / "a.csv", ["name,lon,lat", "西新,110.002,35.002", "东新,110.015,35.004"])
    found = bring_in(path, Said(), actor=manager, now=NOW, commit=True)
    assert [line for line, _words in found.faults] == [3]
    assert found.report["stored"] == {"new": 1, "changed": 0}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "gpkg"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_leaves_comes_back_as_it_is(manager, tmp_path, kind, language):
    facts = {"rooms": [RoomFacts("大厅", "", "一层", 30)], "services": [OfferFacts("jobs")], "phone": "0354-7"}
    change_site(site_id=DESK, facts=facts, version=1, now=NOW, actor=manager)
    path = tmp_path / f"sites.{kind}"
    with time_machine.travel(ZIPPED), translation.override(language):
        path.write_bytes(exports.written(kind, NOW))
    found = bring_in(path, Said(), actor=None, now=NOW, commit=False)
    assert (found.faults, found.report["unchanged"], found.report["changed"], found.report["new"]) == ([], 2, 0, 0)


WORDS = st.text(st.sampled_from("厅A1人 、;；,，()（）\"'=-"), max_size=8).map(lambda text: " ".join(text.split()))


@given(st.lists(st.tuples(WORDS.filter(bool), WORDS, st.none() | st.integers(1, 5000)), max_size=4))
@example([("图书、阅览室", "", None), ("大厅(东)", "一层,东", 30), ("棋牌室", "30人", None)])
def test_rooms_of_any_name_are_read_back_as_they_were_written(rooms):
    assert rooms_of(rooms_in_words(rooms)) == rooms


def test_a_file_keeps_what_it_has_no_columns_for(manager, tmp_path):
    rooms = [RoomFacts("大厅", "Hall", "一层", 30), RoomFacts("棋牌室", "Card room")]
    offers = [OfferFacts("jobs", "周三", "Wednesdays")]
    change_site(site_id=DESK, facts={"rooms": rooms, "services": offers}, version=1, now=NOW, actor=manager)
    path = tmp_path / "sites.csv"
    text = exports.written("csv", NOW).decode("utf-8-sig")
    path.write_text(text.replace("大厅(一层,30人)", "大厅(一层,40人)"), encoding="utf-8")
    found = bring_in(path, Said(), actor=None, now=LATER, commit=True)
    assert (found.faults, found.report["changed"]) == ([], 1)
    standing = Room.objects.at(LATER).filter(site=DESK)
    assert set(standing.values_list("name_zh", "name_en", "floor", "capacity")) == {
        ("大厅", "Hall", "一层", 40), ("棋牌室", "Card room", "", None),
    }  # fmt: skip
    assert list(Offer.objects.at(LATER).filter(site=DESK).values_list("service__code", "note_zh", "note_en")) == [
        ("jobs", "周三", "Wednesdays")
    ]


def test_no_person_and_no_formula_leaves(client, manager):
    change_site(site_id=DESK, facts={"name_en": "=1+1"}, version=1, now=NOW, actor=manager)
    text = client.get("/api/sites/file.csv").content.decode()
    assert "'=1+1" in text
    assert client.get("/api/sites/file.pdf").json()["code"] == "bad-format"


def test_the_page_s_door_checks_then_stores(client, manager, run_jobs):
    client.force_login(manager)
    book = Workbook()
    book.active.append(["名称", "lon", "lat"])
    book.active.append(["甲站", 110.002, 35.002])
    file = io.BytesIO()
    with time_machine.travel(ZIPPED):
        book.save(file)
    file.name, file.key = "sites.xlsx", "3f1d7a3e-0000-4000-8000-000000000001"
    file.seek(0)
    sent = client.post("/api/imports/sites", {"file": file}, headers={"Idempotency-Key": file.key})
    assert sent.status_code == 202, sent.content
    run_jobs()
    job = client.get(f"/api/jobs/{file.key}").json()
    assert (job["state"], job["result"]["new"], Site.objects.count()) == ("done", 1, 2)
    stored = client.post(
        f"/api/imports/sites/{file.key}/store", {"agreed": []}, content_type="application/json",
        headers={"Idempotency-Key": "3f1d7a3e-0000-4000-8000-000000000002"},
    )  # fmt: skip
    assert stored.status_code == 202, stored.content
    assert run_jobs()[0].result["stored"] == {"new": 1, "changed": 0}
    assert Site.objects.get(name_zh="甲站").area_id == WEST


def test_hours_that_nobody_told_go_out_and_come_in_as_such(client, sites, tmp_path):
    def site():
        return next(row for row in client.get("/api/sites").json()["sites"] if row["name_zh"] == "甲站")

    path = tmp_path / "sites.csv"
    for cell, state, out in (("", None, "未知"), ("休息", False, "每天 休息"), ("unknown", None, "未知")):
        written(path, ["name,lon,lat,hours", f"甲站,110.002,35.002,{cell}"])
        call_command("import_sites", path, commit=True)
        assert (site()["open"], site()["today"]) == (state, None if state is None else ""), cell
        path.write_bytes(client.get("/api/sites/file.csv").content)
        assert f",{out}," in next(line for line in path.read_text("utf-8").splitlines() if "甲站" in line)
        before = Site.objects.get(name_zh="甲站")
        call_command("import_sites", path, commit=True)
        assert Site.objects.get(name_zh="甲站").version == before.version, "the file says what is so already"


def test_the_command_tells_and_waits_for_agreement(sites, tmp_path, capsys):
    Way.objects.create(kind="footway", walkable=True, geometry="SRID=4326;LINESTRING(110.009 35.009,110.0095 35.009)")
    path = written(tmp_path / "a.csv", ["name,lon,lat", "远站,110.002,35.002", "无处,0,0"])
    with pytest.raises(CommandError) as caught:
        call_command("import_sites", path, commit=True)
    assert (caught.value.returncode, Site.objects.count()) == (1, 2)
    told = capsys.readouterr().out
    assert [words for words in ("! off-network", "--agree off-network", "3") if words not in told] == []
    with pytest.raises(CommandError) as caught:
        call_command("import_sites", path, commit=True, agree=["off-network"])
    assert caught.value.returncode == 3  # one row was left out, and is listed
    assert Site.objects.filter(name_zh="远站").count() == 1


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 not a zip", b"\x89PNG", b"a,b\n1,2\n", b"SQLite format 3\x00junk"]
)
def test_what_is_no_file_of_sites_is_told(sites, tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CommandError):
        call_command("import_sites", path)
    assert Site.objects.count() == 2
