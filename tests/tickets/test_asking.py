"""What a reporter is told of a place, what may be named instead of a point, and that one number is one ticket."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.shared.datums import Datum, from_wgs84
from grids.models import Appointment
from layers.tickets.actions import import_rows
from layers.tickets.models import Reporter, Ticket

from .conftest import IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, NOW, OUTSIDE, SOUTH, WEST
from .test_api import as_, pin, send  # noqa: F401
from .test_bulk import row
from .test_reporting import report, vacate

METRE = 1 / 111_320
"""Of latitude, in degrees."""


def ask(client, door: str, place, **query) -> dict:
    """What a door tells of a place."""
    told = client.get(f"/api/tickets/{door}", {"lon": place[0], "lat": place[1]} | query)
    assert told.status_code == 200, told.content
    return told.json()


def test_a_border_close_by_is_named_with_the_deepest_area_behind_it(as_, ground) -> None:  # noqa: F811
    south_edge = SOUTH + 0.004  # of the building
    told = ask(as_("worker"), "answerable", (WEST + 0.025, south_edge - 2 * METRE))
    assert [area["id"] for area in told["border"]["areas"]] == [str(ground.areas["building"])]
    assert (told["border"]["metres"], told["border"]["areas"][0]["away_m"]) == (3, pytest.approx(2, abs=0.1))
    assert told["border"]["areas"][0]["within"]["id"] == str(ground.areas["compound"]), "which building 4 it is"
    assert ask(as_("worker"), "answerable", (WEST + 0.025, south_edge - 4 * METRE))["border"]["areas"] == []
    coarse = ask(as_("worker"), "answerable", (WEST + 0.025, south_edge - 4 * METRE), accuracy_m=8)
    assert (coarse["border"]["metres"], len(coarse["border"]["areas"])) == (8, 1)


def test_beyond_the_county_the_border_is_named_too(as_, ground) -> None:  # noqa: F811
    told = ask(as_("worker"), "answerable", (WEST + 0.03, SOUTH - 2 * METRE))
    assert told["located"] == []
    assert [area["id"] for area in told["border"]["areas"]] == [str(ground.areas["east"])], "not all above it"


@pytest.mark.django_db
def test_a_border_is_near_exactly_within_its_metres(ground) -> None:
    from layers.tickets.surroundings import borders

    @given(st.floats(0.05, 30), st.floats(0.05, 30))
    @settings(max_examples=30, deadline=None)
    def compare(away: float, within: float) -> None:
        if abs(away - within) < 0.05:
            return
        found = borders(WEST + 0.025, SOUTH + 0.004 - away * METRE, within, [], NOW)
        assert (ground.areas["building"] in [area.area_id for area, _away in found]) == (away < within)

    compare()


def test_coarse_gps_names_what_it_leaves_open_and_no_borders_of_that(as_, ground) -> None:  # noqa: F811
    told = ask(as_("worker"), "answerable", IN_BUILDING, accuracy_m=200)
    assert (told["placing"], told["located"][-1]["id"]) == ("accuracy", str(ground.areas["compound"]))
    assert [area["id"] for area in told["open_below"]] == [str(ground.areas["building"])]
    named = ask(as_("worker"), "answerable", IN_BUILDING, accuracy_m=200, area=ground.areas["building"])
    assert (named["placing"], named["located"][-1]["id"]) == ("list", str(ground.areas["building"]))
    for bad in ("nan", "-1", "inf", "1e9"):
        query = {"lon": IN_EAST[0], "lat": IN_EAST[1], "accuracy_m": bad}
        assert as_("worker").get("/api/tickets/answerable", query).status_code == 422, bad


def test_who_answers_is_asked_for_the_category(as_, ground) -> None:  # noqa: F811
    vacate(ground, "chief")
    before = Appointment.objects.get(person__account=ground.people["chief"])
    Appointment.objects.create(
        area=before.area, role="chief", person=before.person, post_zh="一岗", valid_from=before.valid_until,
        categories=["litter"],
    )  # fmt: skip
    for category, area, role in (("litter", "compound", "chief"), ("street_lamp", "east", "worker")):
        told = ask(as_("worker"), "answerable", IN_COMPOUND, category=category)
        assert (told["responsible"]["id"], told["posts"][0]["role"]) == (str(ground.areas[area]), role)


def test_other_datums_ask_and_report_for_the_same_ground(as_, ground) -> None:  # noqa: F811
    for datum in (Datum.GCJ02, Datum.BD09, Datum.CGCS2000):
        raw = from_wgs84([IN_BUILDING], datum)[0].tolist()
        told = ask(as_("worker"), "answerable", raw, datum=datum.value)
        assert (told["lon"], told["lat"]) == pytest.approx(IN_BUILDING, abs=2e-8)
        assert told["located"][-1]["id"] == str(ground.areas["building"])
        report(ground, IN_BUILDING)
        assert ask(as_("worker"), "nearby", raw, datum=datum.value)["items"][0]["away_m"] < 0.1


def test_open_ones_of_the_category_come_first(as_, ground) -> None:  # noqa: F811
    near = report(ground, IN_EAST, category="litter")
    far = report(ground, (IN_EAST[0], IN_EAST[1] + 40 * METRE), category="street_lamp")
    told = ask(as_("worker"), "nearby", IN_EAST, category="street_lamp")
    assert [(item["id"], item["same"]) for item in told["items"]] == [(str(far.pk), True), (str(near.pk), False)]
    assert [item["id"] for item in ask(as_("worker"), "nearby", IN_EAST)["items"]] == [str(near.pk), str(far.pk)]


def test_places_below_an_area_have_a_point_inside_them(as_, ground) -> None:  # noqa: F811
    client = as_("worker")
    own = client.get("/api/tickets/places").json()["items"]
    assert [area["id"] for area in own] == [str(ground.areas["east"])]
    for name, below in (("street", ["east", "west"]), ("compound", ["building"]), ("building", [])):
        items = client.get("/api/tickets/places", {"area": ground.areas[name]}).json()["items"]
        assert [area["id"] for area in items] == [str(ground.areas[one]) for one in below]
        for area in items:
            told = ask(client, "answerable", (area["lon"], area["lat"]), area=area["id"])
            assert (told["located"][-1]["id"], told["placing"]) == (area["id"], "list")
            assert area["deeper"] is (area["id"] != str(ground.areas["building"])) or name == "street"
    assert client.get("/api/tickets/places", {"area": uuid.uuid4()}).status_code == 404


def test_area_floor_and_caller_are_kept_and_the_caller_is_sealed(as_, ground) -> None:  # noqa: F811
    caller = {"name": "张三丰", "phone": "10912345678", "address": "二单元"}
    body = pin(IN_BUILDING, accuracy_m=200, area=str(ground.areas["building"]), floor=-2, caller=caller)
    made = send(as_("worker"), "/api/tickets", body)
    assert made.status_code == 201, made.content
    ticket = Ticket.objects.get(pk=body["id"])
    assert (ticket.located_area_id, ticket.located_because, ticket.floor) == (ground.areas["building"], "list", -2)
    assert (ticket.channel, ticket.accuracy_m) == ("staff", 200), "a worker who was called is no front desk"
    assert Reporter.objects.filter(ticket=ticket).count() == 1
    assert not any(part in made.content.decode() for part in ("张三丰", "10912345678", "二单元"))
    assert send(as_("worker"), "/api/tickets", body | {"floor": 3}).status_code == 409, "another report, the same id"
    at_desk = pin(IN_BUILDING, caller=caller)
    assert send(as_("east_desk"), "/api/tickets", at_desk).status_code == 201
    assert Ticket.objects.get(pk=at_desk["id"]).channel == "desk"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"floor": 0}, "bad-floor", "floor"),
        ({"floor": 201}, "bad-floor", "floor"),
        ({"area": str(uuid.UUID(int=7))}, "not-there", "area"),
        ({"external": {"source": " ", "number": "1"}}, "no-source", "source"),
        ({"external": {"source": "12345", "number": "x" * 81}}, "bad-number", "number"),
        ({"external": {"source": "a\x00", "number": "1"}}, "bad-number", "source"),
        ({"caller": {"phone": "not a number"}}, "bad-caller", "caller.phone"),
        ({"photos": [str(uuid.UUID(int=8))]}, None, "photos"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_stored(as_, changes, code, field) -> None:  # noqa: F811
    told = send(as_("worker"), "/api/tickets", pin(**changes))
    assert told.status_code == 422, told.content
    assert field in told.json()["fields"]
    assert code in (None, told.json()["code"])
    assert not Ticket.objects.exists()
    assert not Reporter.objects.exists()


def test_a_number_of_another_system_is_one_ticket_by_whichever_door(as_, ground) -> None:  # noqa: F811
    external = {"source": "12345", "number": "A-77"}
    first = send(as_("worker"), "/api/tickets", pin(external=external))
    again = send(as_("worker"), "/api/tickets", pin(IN_COMPOUND, category="litter", external=external))
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, first.json()["id"])
    assert import_rows([row(1, IN_EAST, external_number="A-77")], now=NOW, source="12345").already == 1
    elsewhere = send(as_("west_worker"), "/api/tickets", pin(IN_WEST, external=external))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "known-elsewhere")
    other = send(as_("worker"), "/api/tickets", pin(external={"source": "城管", "number": "A-77"}))
    assert other.status_code == 201
    assert Ticket.objects.count() == 2


def sent_at_once(account, bodies: list[dict], *, keys: list) -> list:
    """Many writes by one person from as many pages, forty at a time."""
    client = Client()
    client.force_login(account)
    cookies = client.cookies

    def one(body: dict, key) -> tuple[int, dict]:
        page = Client()
        page.cookies = cookies
        try:
            headers = {"Idempotency-Key": str(key)}
            told = page.post("/api/tickets", json.dumps(body), content_type="application/json", headers=headers)
            return told.status_code, told.json()
        finally:
            connection.close()

    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(one, bodies, keys))


@pytest.mark.django_db(transaction=True)
def test_one_number_sent_a_hundred_times_at_once_is_one_ticket(racing_ground) -> None:
    external = {"source": "12345", "number": "202603050001"}
    bodies = [pin(IN_EAST, external=external) for _ in range(100)]
    told = sent_at_once(racing_ground.people["worker"], bodies, keys=[body["id"] for body in bodies])
    assert sorted(status for status, _ in told) == [200] * 99 + [201]
    assert len({answer["number"] for _, answer in told}) == 1
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_report_sent_by_twenty_pages_at_once_is_one_ticket(racing_ground) -> None:
    body = pin(OUTSIDE)
    keys = [uuid.uuid4() if page % 2 else body["id"] for page in range(20)]
    told = sent_at_once(racing_ground.people["worker"], [body] * 20, keys=keys)
    assert {status for status, _ in told} <= {200, 201}
    assert {answer["id"] for _, answer in told} == {body["id"]}
    assert Ticket.objects.count() == 1
