"""The page of a site: what a resident asks before going there, in both languages, and a drawing of what lies round."""

import re
import uuid
from datetime import date

import pytest
import shapely
import time_machine
from django.contrib.gis.geos import GEOSGeometry

from grids.models import Person
from layers.sites.actions import store_sites
from layers.sites.hours import DAYS
from layers.sites.records import DutyRecord, SiteRecord
from layers.sites.surroundings import HIGH, WIDE, surroundings
from layers.sites.views import special, week
from layers.streets.models import Feature, Way

from .test_sites_api import DESK, NOW, WEST, manager, sites

__all__ = ["manager", "sites"]  # fixtures
FULL = uuid.UUID(int=21)
SECRET = "孙不言"


@pytest.fixture
def full(sites):
    """A site with everything in it, a street along its door and a pond behind it."""
    person = Person.objects.create(name_zh=SECRET)
    record = SiteRecord(
        FULL, "station", WEST, "西站 <b>", "West Station", shapely.Point(110.005, 35.005), "西路2号", "", {
            "mon": [["08:30", "12:00"], ["14:30", "18:00"]], "sun": [["22:00", "02:00"]],
            "exceptions": {"2126-10-01/2126-10-07": [], "2126-02-01": []},
        }, phone="0354-8000001", step_free="yes",
        duties=(DutyRecord("值守", "", person.pk, {"mon": [["08:30", "12:00"]]}),),
    )  # fmt: skip
    store_sites([record], now=NOW, since=NOW, actor="test")
    line = GEOSGeometry("SRID=4326;LINESTRING(110.0 35.0052, 110.01 35.0052)")
    Way.objects.create(kind="residential", geometry=line, walkable=True, name_zh="染坊巷", name_en="Dyers Lane")
    pond = GEOSGeometry("SRID=4326;MULTIPOLYGON(((110.004 35.004,110.005 35.004,110.005 35.0045,110.004 35.004)))")
    Feature.objects.create(kind="water", geometry=pond)
    return FULL


def page(client, site=FULL, language="zh-hans", **query) -> str:
    answer = client.get(f"/sites/{site}/", query, headers={"accept-language": language})
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_it_tells_what_a_resident_asks(full, client):
    told = page(client)
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", told))
    for words in (
        "测试县 › 西街道", "现在开放 · 12:00 关门", "周一 08:30–12:00、14:30–18:00", "周日 22:00–02:00（次日）",
        "2126年10月1日至2126年10月7日 不开放", "西路2号", "0354-8000001", "值守", "染坊巷", "无台阶",
    ):  # fmt: skip
        assert words in plain, words
    assert "2126年2月1日" not in plain, "what is past is over"
    assert "西站 &lt;b&gt;" in told
    assert SECRET not in told
    english = page(client, language="en")
    assert "Dyers Lane" in english
    assert "open now · closes at 12:00" in english


def test_names_of_people_on_duty_are_told_to_people_in_office_alone(full, client, manager):
    client.force_login(manager)
    assert SECRET in page(client)


def test_a_past_moment_is_told_as_such(full, sites, client):
    with time_machine.travel(NOW.replace(day=5), tick=False):
        told = page(client, moment="2126-03-04T13:00")
    assert "当时不开放" in told
    assert client.get(f"/sites/{DESK}/", {"moment": "2126-02-01"}).status_code == 404
    assert client.get(f"/sites/{uuid.uuid4()}/").status_code == 404
    assert client.get(f"/sites/{DESK}/", {"moment": "gestern"}).status_code == 422


def test_the_drawing_is_metres_round_the_site_and_nothing_beyond(full):
    drawn = surroundings(110.005, 35.005, at=NOW)
    (road,) = drawn["roads"]
    assert (road["kind"], road["width"]) == ("road", 8)
    assert [shape["kind"] for shape in drawn["shapes"]] == ["water"]
    drawing = " ".join(path["path"] for path in (road, *drawn["shapes"]))
    xy = [tuple(map(float, one.split())) for one in re.findall(r"-?[\d.]+ -?[\d.]+", drawing)]
    assert all(-21 <= x <= WIDE + 21 and -21 <= y <= HIGH + 21 for x, y in xy)
    (name,) = drawn["names"]
    assert name["text"] == "染坊巷"
    assert abs(name["y"] - (HIGH / 2 - 0.0002 * 110_940)) < 2, "22 m north of the site"
    assert abs(name["turn"]) < 2, "upright"
    assert surroundings(0.0, 0.0, at=NOW) | {"box": ""} == {
        "box": "", "middle": (WIDE / 2, HIGH / 2), "shapes": [], "roads": [], "names": []
    }  # fmt: skip


def test_weeks_and_exceptions_in_lines():
    daily = {day: [["00:00", "24:00"]] for day in DAYS}
    assert list(week(daily)) == [("每天", "全天")]
    assert list(week({"mon": []})) == [("每天", "不开放")]
    assert list(week({})) == [], "what nobody told is not told as closed"
    assert list(week({"tue": [["09:00", "10:00"]]}, closed=False)) == [("周二", "09:00–10:00")]
    assert [days for days, _hours in week({"mon": [["09:00", "10:00"]]})] == ["周一", "周二至周日"]
    hours = {"exceptions": {"2026-05-01/2026-05-03": []}}
    assert list(special(hours, date(2026, 5, 3))) == [("2026年5月1日至2026年5月3日", "不开放")]
    assert list(special(hours, date(2026, 5, 4))) == []
