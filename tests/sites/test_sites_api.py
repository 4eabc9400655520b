"""The doors to sites: what is open at a moment, whose it is, and who may change its hours."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import shapely
import time_machine
from django.db import DatabaseError, transaction

from gis.accounts.models import Account
from gis.catalogue.models import Place
from gis.shared.errors import Invalid
from grids.imports import store_areas
from grids.models import Appointment, Person
from grids.records import AreaRecord
from layers.sites.actions import change_hours, store_sites
from layers.sites.layer import SiteLayer
from layers.sites.models import FormerSite, Site, SiteThen
from layers.sites.records import SiteRecord

NOW = datetime(2126, 3, 4, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai; after the catalogues were loaded
OFFICE = {day: [["08:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
NIGHT = {"sun": [["23:00", "11:00"]]}
COUNTY, EAST, WEST = (uuid.UUID(int=n) for n in (1, 2, 3))
DESK, STATION = uuid.UUID(int=11), uuid.UUID(int=12)


@pytest.fixture
def sites(catalogues):
    """A county in two streets, an office-hours site in the west, one in the east that is open at night."""
    Place.objects.create(name_zh="测试县", name_en="Test County", kind=Place.Kind.SAMPLE, time_zone="Asia/Shanghai")
    began = NOW - timedelta(days=10)
    areas = [
        AreaRecord(COUNTY, "county", None, "149902", "测试县", shapely.box(110.0, 35.0, 110.02, 35.01), "Test County"),
        AreaRecord(WEST, "street", COUNTY, "149902001", "西街道", shapely.box(110.0, 35.0, 110.01, 35.01), "West"),
        AreaRecord(EAST, "street", COUNTY, "149902002", "东街道", shapely.box(110.01, 35.0, 110.02, 35.01), "East"),
    ]
    store_areas(areas, reason="test", now=began, actor="test")
    records = [
        SiteRecord(
            DESK,
            "community_centre",
            WEST,
            "西中心",
            "West Centre",
            shapely.Point(110.004, 35.004),
            "西路1号",
            "1 West Road",
            OFFICE,
        ),
        SiteRecord(
            STATION,
            "station",
            EAST,
            "东站",
            "East Station",
            shapely.Point(110.014, 35.004),
            "东路2号",
            "2 East Road",
            NIGHT,
        ),
    ]
    store_sites(records, now=NOW, since=began, actor="test")
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_list_says_what_is_open_now(sites, client):
    answer = client.get("/api/sites").json()
    assert answer["count"] == 2
    assert {row["name"]: row["open"] for row in answer["sites"]} == {"西中心": True, "东站": True}
    english = client.get("/api/sites", headers={"accept-language": "en"}).json()
    assert {row["name"] for row in english["sites"]} == {"West Centre", "East Station"}


@pytest.mark.parametrize(
    ("moment", "desk", "station"),
    [("2126-03-04T12:30", True, False), ("2126-03-04T19:00", False, False), ("2126-03-03T23:00", False, True)],
)
def test_open_is_told_as_of_a_moment(sites, client, moment, desk, station):
    answer = client.get("/api/sites", {"moment": moment}).json()
    assert {row["id"]: row["open"] for row in answer["sites"]} == {str(DESK): desk, str(STATION): station}


def test_hours_that_nobody_told_are_told_as_not_known(sites, client):
    quiet = SiteRecord(uuid.uuid4(), "station", EAST, "静站", "Quiet Station", shapely.Point(110.015, 35.004))
    never = SiteRecord(
        uuid.uuid4(), "station", WEST, "关站", "Shut Station", shapely.Point(110.005, 35.004), hours={"mon": []}
    )
    store_sites([quiet, never], now=NOW, actor="test")
    told = {row["name_zh"]: (row["open"], row["today"]) for row in client.get("/api/sites").json()["sites"]}
    assert (told["静站"], told["关站"]) == ((None, None), (False, ""))
    drawn = {row["name_zh"]: (row["open"], row["today"]) for row in SiteLayer().rows(asker=None, moment=NOW, zoom=15)}
    assert drawn == told
    assert {row.name_zh for row in SiteThen.objects.open_at(NOW)} == {"西中心", "东站"}
    one = client.get(f"/api/sites/{quiet.id}").json()
    assert (one["hours_known"], one["changes_at"]) == (False, None)
    for language, words, never_words in (
        ("zh-hans", "还没有人登记开放时间", "现在不开放"),
        ("en", "Nobody has told yet when it is open", "closed now"),
    ):
        page = client.get(f"/sites/{quiet.id}/", headers={"accept-language": language}).content.decode()
        shut = client.get(f"/sites/{never.id}/", headers={"accept-language": language}).content.decode()
        assert [never_words in page, words in page, never_words in shut, words in shut] == [False, True, True, False]
    taken = client.get("/api/layers/sites/export", {"format": "geojson"})
    rows = json.loads(b"".join(taken.streaming_content) if taken.streaming else taken.content)["features"]
    assert {row["properties"]["name_zh"]: row["properties"]["open"] for row in rows}["静站"] is None
    figures = client.get("/api/atlas/figures", headers={"accept-language": "en"}).json()
    assert any("of 1 site the hours are not known" in one["detail"] for one in figures["sentences"])


def test_before_it_existed_there_is_no_site(sites, client):
    assert client.get("/api/sites", {"moment": "2126-02-01"}).json()["count"] == 0
    assert client.get(f"/api/sites/{DESK}", {"moment": "2126-02-01"}).status_code == 404


def test_the_list_can_be_narrowed(sites, client):
    assert [row["id"] for row in client.get("/api/sites", {"area": str(WEST)}).json()["sites"]] == [str(DESK)]
    assert client.get("/api/sites", {"area": str(COUNTY)}).json()["count"] == 2
    assert [row["id"] for row in client.get("/api/sites", {"kind": "station"}).json()["sites"]] == [str(STATION)]


def test_one_site_with_its_chain_and_next_change(sites, client):
    site = client.get(f"/api/sites/{DESK}").json()
    assert [area["name"] for area in site["chain"]] == ["测试县", "西街道"]
    assert site["address"] == "西路1号"
    assert datetime.fromisoformat(site["changes_at"]) == datetime(2126, 3, 4, 10, 0, tzinfo=UTC)
    assert site["may_edit"] is False
    assert (site["lon"], site["lat"]) == (110.004, 35.004)
    english = client.get(f"/api/sites/{DESK}", headers={"accept-language": "en"}).json()
    assert (english["address"], english["kind"]["name"]) == ("1 West Road", "Community service centre")


def test_unknown_sites_and_moments_are_told_as_problems(sites, client):
    missing = client.get(f"/api/sites/{uuid.uuid4()}")
    assert (missing.status_code, missing["content-type"]) == (404, "application/problem+json")
    assert client.get("/api/sites", {"moment": "yesterday"}).status_code == 422


def test_far_out_only_the_centres_are_drawn(sites):
    layer = SiteLayer()
    far = layer.rows(asker=None, moment=NOW, zoom=13)
    near = layer.rows(asker=None, moment=NOW, zoom=15)
    assert [row["symbol"] for row in far] == ["square"]
    assert {row["name_zh"]: row["open"] for row in near} == {"西中心": True, "东站": True}
    assert set(near[0]) == {*layer.fields, "geom"}


@pytest.fixture
def manager(sites) -> Account:
    """Manages the sites of the west."""
    account = Account.objects.create_user("manager")
    person = Person.objects.create(name_zh="管理员", account=account)
    Appointment.objects.create(area_id=WEST, role="site_manager", person=person, valid_from=NOW - timedelta(days=1))
    return account


def put(client, site, hours, *, version=1, key=None):
    return client.put(
        f"/api/sites/{site}/hours",
        {"hours": hours},
        content_type="application/json",
        headers={"Idempotency-Key": str(key or uuid.uuid4()), "If-Match": str(version)},
    )


def test_who_manages_the_site_changes_its_hours_once(client, manager):
    client.force_login(manager)
    key = uuid.uuid4()
    first = put(client, DESK, NIGHT, key=key)
    assert first.status_code == 200, first.content
    assert (first.json()["hours"], first.json()["version"]) == (NIGHT, 2)
    assert put(client, DESK, NIGHT, key=key).json() == first.json()
    assert Site.objects.get(pk=DESK).version == 2
    for version in ("", "x", "²", "9" * 5000):
        assert put(client, DESK, OFFICE, version=version).json()["code"] == "no-version", version
    stale = put(client, DESK, OFFICE)
    assert stale.status_code == 412
    assert stale.json()["hours"] == NIGHT


def test_a_past_moment_shows_the_hours_of_then_and_nobody_changes_what_held(client, manager):
    hour, closed = timedelta(hours=1), {"mon": []}
    for version, hours in ((1, closed), (2, NIGHT)):
        change_hours(site_id=DESK, hours=hours, version=version, now=NOW + version * hour, actor=manager)
    desk = Site.objects.get(pk=DESK)
    moments = [NOW - 24 * 3 * hour, NOW + hour / 2, NOW + 1.5 * hour, NOW + 3 * hour]
    assert [desk.hours_at(moment) for moment in moments] == [OFFICE, OFFICE, closed, NIGHT]
    assert [Site.objects.with_open(moment).get(pk=DESK).open for moment in moments] == [True, True, False, False]
    then = client.get(f"/api/sites/{DESK}", {"moment": moments[1].isoformat()}).json()
    assert (then["hours"], then["open"]) == (OFFICE, True)
    kept = FormerSite.objects.order_by("valid_from")
    assert kept[0].valid_until == kept[1].valid_from == NOW + hour
    for act in (lambda: kept.filter(pk=kept[0].pk).update(hours={}), lambda: kept._raw_delete("default")):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_others_are_refused(client, manager):
    assert put(client, DESK, NIGHT).status_code == 401
    client.force_login(manager)
    assert put(client, STATION, OFFICE).status_code == 403
    assert Site.objects.get(pk=STATION).hours == NIGHT


@pytest.mark.parametrize("hours", [{"mon": [["08:00", "26:00"]]}, {"someday": []}, {"mon": "all day"}])
def test_wrong_hours_are_refused_beside_their_field(client, manager, hours):
    client.force_login(manager)
    answer = put(client, DESK, hours)
    assert answer.status_code == 422
    assert "hours" in answer.json()["fields"]
    assert Site.objects.get(pk=DESK).version == 1


def test_the_bulk_door_refuses_all_when_one_is_wrong(sites):
    good = SiteRecord(uuid.uuid4(), "station", EAST, "好站", "Good", shapely.Point(110.015, 35.004))
    for bad in (
        SiteRecord(uuid.uuid4(), "palace", EAST, "坏站", "Bad", shapely.Point(110.015, 35.004)),
        SiteRecord(
            uuid.uuid4(), "station", EAST, "坏站", "Bad", shapely.Point(110.015, 35.004), hours={"mon": [[1, 2]]}
        ),
    ):
        with pytest.raises(Invalid):
            store_sites([good, bad], now=NOW, actor="test")
    assert Site.objects.count() == 2
