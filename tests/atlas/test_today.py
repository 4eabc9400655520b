"""The start page says what the lists behind it say, to each role what is theirs, and nothing to others."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from django.utils import timezone

from grids.models import Role
from layers.atlas.today import today
from layers.sites.actions import store_sites
from layers.sites.models import Site
from layers.sites.records import DutyRecord, SiteRecord
from layers.tickets import public
from layers.tickets.actions import import_rows
from layers.tickets.listing import Wish, listed
from layers.tickets.records import TicketRow
from tests.grids.ground import small_county
from tests.grids.offices import hold

pytestmark = pytest.mark.django_db
WEST, EAST, ROAD = 110.005, 110.018, 110.03


@pytest.fixture
def ground(catalogues):
    return small_county()


def reported(*places: tuple[float, int]) -> None:
    """Matters at some longitudes, each so many days old."""
    now = timezone.now()
    rows = [
        TicketRow(line=n, lon=lon, lat=35.005, category="litter", reported_at=now - timedelta(days=days))
        for n, (lon, days) in enumerate(places)
    ]
    assert import_rows(rows, now=now, channel="import", source="test").stored == len(places)


def lines(account) -> dict[str, tuple[int, str, str]]:
    """room/view → count, tone and words of what waits for somebody."""
    told = today(account, now=timezone.now())["lines"]
    return {
        f"{one['room']}:{one['params'].get('overdue', '')}:{one['tone']}": (one["count"], one["title"], one["detail"])
        for one in told
    }


def test_who_works_reads_what_the_list_holds(ground):
    desk = hold("desk", Role.FRONT_DESK, ground["county"])
    hold("chief", Role.CHIEF, ground["west"])
    reported((WEST, 20), (WEST, 0), (EAST, 0))
    now = timezone.now()
    waiting = listed(desk, Wish(view="needs_me"), now, order="due", after="", limit=0)
    assert (waiting.total, waiting.overdue) == (3, 1)
    told = lines(desk)
    assert told["tickets::"] == (3, "3 件工单等您办理", "已上报 3")
    assert told["tickets:1:red"][:2] == (1, "其中 1 件已超期")
    assert "roster::" not in told, "a desk appoints nobody"


def test_who_reads_is_told_what_is_overdue_in_the_own_areas(ground):
    leader = hold("leader", Role.LEADER, ground["community"])
    reported((WEST, 20), (EAST, 20), (WEST, 0))
    told = lines(leader)
    assert told["tickets:1:red"][:2] == (2, "2 件未办结工单已超期")
    assert told["roster::"][0] == 3, "the community and its two compounds have no chief"
    hold("chief", Role.CHIEF, ground["west"])
    assert lines(leader)["roster::"][0] == 2


def test_without_an_office_nothing_waits_and_no_count_is_told(ground, client, django_user_model):
    reported((WEST, 20))
    somebody = django_user_model.objects.create(username="somebody", password="!")
    told = today(somebody, now=timezone.now())
    assert (told["lines"], told["appointed"]) == ([], False)
    assert told["sentences"][0]["title"] == "2 个网格"
    assert client.get("/api/atlas/today").status_code == 401


def test_where_nothing_was_ever_reported_no_share_of_nothing_is_told(ground):
    leader = hold("leader", Role.LEADER, ground["community"])

    def first() -> str:
        return today(leader, now=timezone.now())["sentences"][0]["title"]

    assert first() == "2 个网格"
    reported((WEST, 40))
    assert first() == "近 30 天没有办结的工单"


def test_a_site_manager_is_told_of_the_own_site_and_what_is_near(ground):
    monday = datetime(2126, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
    manager = hold("manager", Role.SITE_MANAGER, ground["west"])
    records = [
        SiteRecord(
            uuid.uuid4(), "station", ground[side].area_id, name, "", shapely.Point(lon, 35.005), "", "",
            {"mon": [["08:30", "12:00"], ["14:30", "18:00"]]}, duties=[DutyRecord("值守", "", None, {})],
        )
        for side, name, lon in (("west", "西站", WEST), ("east", "东站", EAST))
    ]  # fmt: skip
    store_sites(records, now=timezone.now(), since=timezone.now() - timedelta(days=1), actor="test")
    site = Site.objects.get(name_zh="西站")
    reported((WEST, 0), (EAST, 0))

    def at(hours: int) -> list[tuple[str, str, dict]]:
        return [
            (one["title"], one["detail"], one["params"])
            for one in today(manager, now=monday + timedelta(hours=hours))["lines"]
        ]

    near = public.cell_of(WEST, 35.005)
    assert at(0) == [
        ("西站现在开放", "08:30–12:00、14:30–18:00 · 12:00 关门", {"site": str(site.pk)}),
        ("有 1 个岗位没有填人", "西站：编辑它，写明谁在岗。", {"site": str(site.pk)}),
        ("近旁有 1 件公开事项", "西站", {"matters": f"16:{near.x}:{near.y}"}),
    ], "of the own site alone, as one line each"
    assert at(3)[0][:2] == ("西站现在不开放", "08:30–12:00、14:30–18:00 · 14:30 开门")
    assert at(30)[0][1] == "今天不开放 · 03-11 08:30 开门"
    # a night of an exception, in a week whose hours nobody told: of the day after nothing is known but that it ends
    Site.objects.filter(pk=site.pk).update(hours={"exceptions": {"2126-03-04": [["18:00", "02:00"]]}})
    assert at(15)[0][:2] == ("西站现在开放", "02:00 关门")
    Site.objects.filter(pk=site.pk).update(hours={})
    assert at(0)[0][:2] == ("西站：开放时间未知", "打开编辑，登记开放时间。")
