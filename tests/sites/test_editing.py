"""Editing sites: what is told is judged, what was is kept, what stands in them holds for its time."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.gis.geos import Point, Polygon
from django.db import DatabaseError, connection, transaction

from gis.shared.errors import Conflict, Invalid, Refused, Stale
from grids.models import Appointment, Person
from layers.atlas.search import called
from layers.sites.actions import add_site, change_site, end_site, reopen_site
from layers.sites.facts import DutyFacts, OfferFacts, RoomFacts
from layers.sites.layer import SiteLayer
from layers.sites.models import FormerSite, Room, Site, SiteThen
from layers.streets.models import Feature, Way
from tests.sites.test_sites_api import COUNTY, DESK, EAST, NOW, OFFICE, STATION, WEST, manager, put, sites

__all__ = ["manager", "sites"]
HOUR = timedelta(hours=1)
NEW = uuid.UUID(int=21)


def change(manager, version=1, *, now=NOW + HOUR, agreed=(), **facts):
    return change_site(site_id=DESK, facts=facts, version=version, now=now, actor=manager, agreed=agreed)


def new(manager, **facts):
    told = {"name_zh": "新站", "kind": "station", "lon": 110.003, "lat": 35.003, **facts}
    agreed = told.pop("agreed", ())
    return add_site(site_id=uuid.uuid4(), facts=told, now=NOW, actor=manager, agreed=agreed)


def test_a_past_moment_shows_name_and_place_of_then(client, manager):
    change(manager, name_zh="新西中心", lon=110.006, lat=35.006)
    before, after = (
        client.get(f"/api/sites/{DESK}", {"moment": at.isoformat()}).json() for at in (NOW, NOW + 2 * HOUR)
    )
    assert (before["name_zh"], before["lon"]) == ("西中心", 110.004)
    assert (after["name_zh"], after["lon"]) == ("新西中心", 110.006)
    drawn = {row["id"]: row["geom"].x for row in SiteLayer().rows(asker=None, moment=NOW, zoom=16)}
    assert drawn[DESK] == 110.004
    found = {words: called({words: 0.0}, moment=NOW) for words in ("西中心", "新西中心")}
    assert [row["lonlat"][0] for row in found["西中心"]] == [110.004], "it is found where it stood"
    assert found["新西中心"] == []
    box = Polygon.from_bbox((110.0055, 35.0055, 110.0065, 35.0065))
    assert not SiteLayer().rows(asker=None, moment=NOW, zoom=16, box=box)
    assert len(SiteLayer().rows(asker=None, moment=NOW + 2 * HOUR, zoom=16, box=box)) == 1


def test_plain_sql_leaves_the_former_state_behind_too(sites):
    desk = Site.objects.get(pk=DESK)  # the database's clock is the real one: this site is older than it
    began = datetime(2026, 1, 1, tzinfo=UTC)
    Site(id=NEW, kind=desk.kind, area_id=EAST, name_zh="旧站", geometry=desk.geometry, valid_from=began).save()
    Site.objects.filter(pk=NEW).update(phone="12345")
    site = Site.objects.get(pk=NEW)
    assert (site.version, FormerSite.objects.get(site=NEW).phone) == (2, "")
    assert SiteThen.objects.at(site.changed_at).get(pk=NEW).phone == "12345"
    assert SiteThen.objects.at(began).get(pk=NEW).phone == ""


@pytest.mark.parametrize(
    "hours", [{"mon": [["18:00", "08:30"]]}, {"exceptions": {"2026-10-01/2026-10-07": [], "2026-10-02": []}}, {"x": []}]
)
def test_no_door_stores_hours_that_cannot_be(client, manager, hours):
    with pytest.raises(DatabaseError), transaction.atomic():
        Site.objects.filter(pk=DESK).update(hours=hours)
    client.force_login(manager)
    answer = put(client, DESK, hours)
    assert answer.status_code == 422
    assert answer.json()["fields"]["hours"]
    assert Site.objects.get(pk=DESK).hours == OFFICE


def test_rooms_services_and_duties_hold_for_their_time(client, manager):
    person = Person.objects.create(name_zh="周值守")
    change(
        manager,
        rooms=[RoomFacts("大厅", "Hall", "一层", 50), RoomFacts("会议室", "", "二层", 20)],
        services=[OfferFacts("mediation", "周二上午"), OfferFacts("reading_room")],
        duties=[DutyFacts("受理", "Desk", person.pk, {"mon": [["08:30", "12:00"]]})],
    )
    hall = Room.objects.get(name_zh="大厅")
    change(manager, 2, now=NOW + 2 * HOUR, rooms=[RoomFacts("大会厅", "Hall", "一层", 60, hall.key)], services=[])
    asked = {"moment": (NOW + 1.5 * HOUR).isoformat()}
    then, now = (
        client.get(f"/api/sites/{DESK}", asked).json(),
        client.get(f"/api/sites/{DESK}", {"moment": (NOW + 3 * HOUR).isoformat()}).json(),
    )
    assert [room["name_zh"] for room in then["rooms"]] == ["大厅", "会议室"]
    assert [(room["name_zh"], room["capacity"]) for room in now["rooms"]] == [("大会厅", 60)]
    assert then["rooms"][0]["key"] == now["rooms"][0]["key"]
    assert [one["service"] for one in then["services"]] == ["reading_room", "mediation"]
    assert then["services"][1]["note"] == "周二上午"
    assert now["services"] == []
    assert (now["duties"][0]["name"], now["duties"][0]["held"]) == ("", True)  # a visitor is not told who
    client.force_login(manager)
    assert client.get(f"/api/sites/{DESK}", asked).json()["duties"][0]["name"] == "周值守"


@pytest.mark.parametrize(
    "facts",
    [
        {"rooms": [RoomFacts("大厅"), RoomFacts("大厅")]},
        {"rooms": [RoomFacts("大厅", capacity=0)]},
        {"rooms": [RoomFacts(" ")]},
        {"services": [OfferFacts("flying")]},
        {"services": [OfferFacts("jobs"), OfferFacts("jobs")]},
        {"duties": [DutyFacts("岗", person=uuid.UUID(int=99))]},
        {"duties": [DutyFacts("岗", hours={"mon": [["18:00", "08:00"]]})]},
        {"name_zh": " "},
        {"name_zh": "x" * 121},
        {"phone": "call me"},
        {"operator_kind": "cartel"},
        {"kind": "palace"},
        {"lon": float("nan"), "lat": 35.0},
        {"lon": 0.0, "lat": 0.0, "area": None},
    ],
)
def test_what_cannot_be_is_refused_whole(manager, facts):
    with pytest.raises(Invalid) as caught, transaction.atomic():
        change(manager, phone="0354-1234567", **facts) if "phone" not in facts else change(manager, **facts)
    assert caught.value.fields
    site = Site.objects.get(pk=DESK)
    assert (site.version, site.phone, site.rooms.count()) == (1, "", 0)


def test_swapped_numbers_are_told(manager):
    with pytest.raises(Invalid) as caught:
        new(manager, lon=35.003, lat=110.003 - 90)  # 20.003 is a latitude, but nothing lies there
    assert caught.value.kind == "outside"
    with pytest.raises(Invalid):
        new(manager, lon=35.003, lat=110.003)


def test_a_site_in_the_river_or_far_from_streets_is_looked_at_first(manager):
    Feature.objects.create(
        kind="water", geometry="SRID=4326;MULTIPOLYGON(((110 35,110.004 35,110.004 35.004,110 35.004,110 35)))"
    )
    Way.objects.create(kind="footway", walkable=True, geometry="SRID=4326;LINESTRING(110.009 35.009,110.0095 35.009)")
    with pytest.raises(Conflict) as caught:
        new(manager)
    told = {one["code"] for one in caught.value.extra["cautions"]}
    assert (caught.value.kind, told) == ("not-agreed", {"water", "off-network"})
    with pytest.raises(Conflict):
        new(manager, agreed=("water",))
    assert Site.objects.count() == 2
    assert new(manager, agreed=("water", "off-network")).area_id == WEST


def test_a_site_outside_the_area_it_serves_is_told_how_far(manager):
    with pytest.raises(Conflict) as caught:
        change(manager, lon=110.012, lat=35.004)
    assert caught.value.extra["cautions"][0]["code"] == "outside-area"
    assert "18" in caught.value.extra["cautions"][0]["message"]  # 0.002 degrees of longitude
    assert change(manager, lon=110.012, lat=35.004, agreed=("outside-area",)).area_id == WEST


def test_an_area_has_one_centre(manager):
    with pytest.raises(Conflict) as caught:
        new(manager, kind="community_centre")
    assert caught.value.kind == "most-sites"
    desk = Site.objects.get(pk=DESK)
    second = Site(id=NEW, kind=desk.kind, area_id=WEST, name_zh="二", geometry=desk.geometry, valid_from=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        second.save()
    assert new(manager, name_zh="二").kind.code == "station"


def test_only_who_may_and_from_the_newest(manager):
    with pytest.raises(Refused):
        new(manager, lon=110.015, lat=35.004)
    with pytest.raises(Refused):
        change(manager, area=EAST, agreed=("outside-area",))
    with pytest.raises(Refused):
        change_site(site_id=STATION, facts={"phone": "110"}, version=1, now=NOW, actor=manager)
    change(manager, phone="110-0000")
    with pytest.raises(Stale):
        change(manager, phone="110-0001")


def test_a_name_stands_once_in_an_area(manager):
    new(manager)
    with pytest.raises(Conflict) as caught:
        new(manager, lon=110.0031)
    assert caught.value.kind == "same-name"


def test_out_of_service_and_back(client, manager):
    change(manager, now=NOW, rooms=[RoomFacts("大厅")])
    ended = end_site(site_id=DESK, version=2, now=NOW + HOUR, actor=manager)
    assert not Site.objects.at(NOW + 2 * HOUR).filter(pk=DESK).exists()
    assert client.get(f"/api/sites/{DESK}", {"moment": (NOW + HOUR / 2).isoformat()}).json()["rooms"]
    back = reopen_site(site_id=DESK, version=ended.version, now=NOW + 2 * HOUR, actor=manager)
    assert back.valid_until is None
    assert Room.objects.at(NOW + 3 * HOUR).filter(site=DESK).count() == 1


def test_another_centre_since_then_keeps_the_former_one_out(manager):
    ended = end_site(site_id=DESK, version=1, now=NOW, actor=manager)
    other = new(manager, kind="community_centre", area=WEST)
    with pytest.raises(Conflict) as caught:
        reopen_site(site_id=DESK, version=ended.version, now=NOW + HOUR, actor=manager)
    assert caught.value.kind == "most-sites"
    end_site(site_id=other.pk, version=1, now=NOW + HOUR, actor=manager)
    with pytest.raises(Conflict):  # as if it had never ended: then there were two for an hour
        reopen_site(site_id=DESK, version=ended.version, now=NOW + 2 * HOUR, actor=manager)


def test_a_site_becomes_the_centre_after_the_centre_has_ended(manager):
    station = new(manager)
    end_site(site_id=DESK, version=1, now=NOW + HOUR, actor=manager)
    facts = {"kind": "community_centre"}
    change_site(site_id=station.pk, facts=facts, version=1, now=NOW + 2 * HOUR, actor=manager)
    assert Site.objects.at(NOW + 2 * HOUR).get(area=WEST).pk == station.pk


@pytest.mark.parametrize(
    "facts",
    [
        {"rooms": [RoomFacts("厅", "Hall\x011")]},
        {"rooms": [RoomFacts("厅", floor="1\x012")]},
        {"duties": [DutyFacts("主任", "Head\x01")]},
        {"services": [OfferFacts("residence_proof", "a\x01")]},
    ],
)
def test_signs_that_no_sheet_takes_are_refused(manager, facts):
    with pytest.raises(Invalid):  # one of them, and nobody got the file of all sites any more
        change(manager, **facts)


def test_an_administrator_of_the_county_adds_sites_everywhere(sites, client):
    from gis.accounts.models import Account

    account = Account.objects.create_user("keeper")
    person = Person.objects.create(name_zh="县管理员", account=account)
    Appointment.objects.create(area_id=COUNTY, role="administrator", person=person, valid_from=NOW - HOUR)
    client.force_login(account)
    body = {
        "id": str(uuid.uuid4()),
        "name_zh": "东新站",
        "kind": "station",
        "lon": 110.015,
        "lat": 35.004,
        "hours": OFFICE,
    }
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = (client.post("/api/sites", body, content_type="application/json", headers=key) for _ in range(2))
    assert first.status_code == 201, first.content
    assert again.json() == first.json()
    assert (first.json()["chain"][-1]["name"], first.json()["open"], first.json()["today"]) == (
        "东街道",
        True,
        "08:30–18:00",
    )
    assert client.get(f"/api/sites/{body['id']}/staff").json()["staff"] == [
        {"id": str(person.pk), "name": "县管理员", "post": "系统管理员", "area": "测试县"}
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sites", [None], indirect=True)
def test_two_centres_at_once_leave_one(sites):
    kind = Site.objects.get(pk=DESK).kind
    refused = []

    def add(name: str) -> None:
        try:
            Site(
                id=uuid.uuid4(), kind=kind, area_id=EAST, name_zh=name, geometry=Point(110.015, 35.005), valid_from=NOW
            ).save()
        except DatabaseError:
            refused.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=(name,)) for name in "甲乙丙"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 2
    assert Site.objects.filter(kind=kind, area_id=EAST).count() == 1
