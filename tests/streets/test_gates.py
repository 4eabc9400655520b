"""Gates are opened, closed, moved and drawn by who may; the next walk knows it, and a past one does not."""

import json
import threading
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import Client

from gis.audit.models import Entry
from gis.jobs.models import Job, State
from grids.models import Boundary
from layers.streets import making, network
from layers.streets.actions import replace_network
from layers.streets.layer import GateLayer
from layers.streets.models import FormerGate, Gate, Network
from tests.coverage.askers import client_of
from tests.grids.ground import put, square
from tests.streets.yards import STREETS, at, gates, yards

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)
RIGHT, STREET = (7, 3), (3, 1.5)


@pytest.fixture
def place(catalogues):
    made = yards()
    replace_network(ways=STREETS, gates=gates(made), now=NOW, actor="test")
    return made


@pytest.fixture
def planner(place) -> Client:
    return client_of(place["county"])


@pytest.fixture
def gate(place) -> Gate:
    """The right yard's only gate, in the south."""
    return Gate.objects.get(compound=place["right"].area)


def send(client: Client, method: str, path: str, version: int | None = None, **body):
    headers = {"Idempotency-Key": str(uuid.uuid4())} | ({"If-Match": f'"{version}"'} if version else {})
    return client.generic(method, path, json.dumps(body), content_type="application/json", headers=headers)


def change(client: Client, gate: Gate, version: int = 1, **wanted):
    there = {"lon": gate.geometry.x, "lat": gate.geometry.y, "open_to": gate.open_to}
    return send(client, "PUT", f"/api/gates/{gate.pk}", version, **(there | wanted))


def walk(start, end, **how) -> float:
    walkable = network.current()
    walking = walkable.maker(steps_allowed=True, **how).network
    places = walking.snap(walkable.metres(np.array([at(*start), at(*end)])))
    return float(walking.distances(walking.reach(places.at([0]), 5000), places)[1])


def test_who_may_closes_a_gate_and_the_next_walk_knows_it(planner, gate):
    assert np.isfinite(walk(STREET, RIGHT))
    answer = change(planner, gate, closed=True)
    told = answer.json()
    assert (answer.status_code, told["status"], told["version"], told["job"]) == (200, "closed", 2, None)
    assert walk(STREET, RIGHT) == np.inf
    assert Entry.objects.filter(verb="gate.change", subject=str(gate.pk)).count() == 1
    again = change(planner, gate, version=2)
    assert (again.json()["status"], len(again.json()["history"])) == ("confirmed", 2)
    assert np.isfinite(walk(STREET, RIGHT))


def test_saying_how_a_gate_is_confirms_it_and_saying_it_again_changes_nothing(planner, gate):
    assert gate.status == "inferred"
    assert change(planner, gate).json()["status"] == "confirmed"
    assert change(planner, gate, version=2).json()["version"] == 2
    assert FormerGate.objects.count() == 1


def test_the_story_of_a_gate_says_how_it_was_and_at_a_past_moment_it_is_told_as_it_was(planner, gate):
    change(planner, gate, open_to="residents", open_from="06:00", open_until="22:00")
    told = Client().get(f"/api/gates/{gate.pk}").json()
    assert (told["open_to"], told["open_from"], told["open_until"], told["may_edit"]) == (
        "residents", "06:00", "22:00", False,
    )  # fmt: skip
    [former] = told["history"]
    assert (former["status"], former["since"], former["by"]) == ("inferred", None, None)
    assert told["by"] is None  # names are for colleagues
    assert planner.get(f"/api/gates/{gate.pk}").json()["by"]
    then = Client().get(f"/api/gates/{gate.pk}", {"moment": "2026-03-02"}).json()
    assert (then["status"], then["open_from"]) == ("inferred", None)
    here = dict(zip(("lon", "lat"), at(*STREET), strict=True))
    now, before = (
        Client().get("/api/circles", here | when).json()["network"] for when in ({}, {"moment": "2026-03-02"})
    )
    assert (now["gates"]["confirmed"], now["residents_only"]) == (1, before["residents_only"] + 1)
    assert (before["gates"]["confirmed"], before["gates"]["inferred"]) == (0, now["gates"]["inferred"] + 1)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"open_to": "friends"}, "bad-gate"),
        ({"open_from": "06:00"}, "bad-hours"),
        ({"open_from": "06:00", "open_until": "06:00"}, "bad-hours"),
        ({"open_from": "26:00", "open_until": "06:00"}, "bad-request"),
        ({"open_from": "06:00Z", "open_until": "22:00Z"}, "bad-hours"),
        ({"open_from": "06:00", "open_until": "22:00+08:00"}, "bad-hours"),
        ({"open_from": "06:00:30", "open_until": "22:00"}, "bad-hours"),
        ({"lon": at(7, 3)[0], "lat": at(7, 3)[1]}, "off-the-edge"),
        ({"lon": 36.8, "lat": 111.7}, None),
    ],
)
def test_nonsense_is_told_and_nothing_is_stored(planner, gate, wanted, code):
    answer = change(planner, gate, **wanted)
    assert answer.status_code == 422
    assert answer.json()["code"] == (code or answer.json()["code"])
    gate.refresh_from_db()
    assert (gate.version, gate.status, FormerGate.objects.count()) == (1, "inferred", 0)


def test_two_who_edit_one_gate_do_not_overwrite_each_other(planner, gate):
    change(planner, gate, closed=True)
    answer = change(planner, gate, open_to="residents")
    assert (answer.status_code, answer.json()["code"]) == (412, "stale")


def test_a_gate_is_moved_along_the_wall_and_the_job_makes_the_network_anew(planner, gate, place):
    lon, lat = at(7.5, 2.0001)
    answer = change(planner, gate, lon=lon, lat=lat).json()
    assert answer["waiting"] is True
    assert Job.objects.get(pk=answer["job"]).kind == making.MAKE
    gate.refresh_from_db()
    assert place["right"].geometry.boundary.distance(gate.geometry) < 1e-7
    assert network.current().stale()
    before = network.current().version
    making.make(now=datetime.now(UTC), actor="test")
    assert network.current().version > before
    assert Client().get(f"/api/gates/{gate.pk}").json()["waiting"] is False
    making.make(now=datetime.now(UTC), actor="test")  # a second worker finds nothing to do
    assert Network.objects.count() == 2


def test_a_gate_is_drawn_on_the_nearest_edge_and_opens_a_shorter_way(planner, place):
    before = walk(STREET, RIGHT)
    Gate.objects.filter(compound=place["right"].area).update(status="closed")
    lon, lat = at(7, 1.9)
    body = {"id": str(uuid.uuid4()), "lon": lon, "lat": lat, "open_to": "all"}
    told = send(planner, "POST", "/api/gates", **body).json()
    assert told["code"] == "gate-there"
    body["lon"] = at(7.3, 2)[0]
    told = send(planner, "POST", "/api/gates", **body).json()
    assert (told["compound"]["id"], told["status"], told["waiting"]) == (str(place["right"].area_id), "confirmed", True)
    assert walk(STREET, RIGHT) == np.inf
    making.make(now=datetime.now(UTC), actor="test")
    assert np.isfinite(walk(STREET, RIGHT))
    # then the other gate was open, and this one was not there
    assert walk(STREET, RIGHT, moment=NOW + timedelta(days=1)) == before
    assert Client().get(f"/api/gates/{body['id']}", {"moment": "2026-03-02"}).json()["code"] == "missing"
    assert Client().get(f"/api/gates/{body['id']}").status_code == 200


def test_far_from_every_edge_no_gate_is_drawn(planner):
    lon, lat = at(20, 20)
    answer = send(planner, "POST", "/api/gates", id=str(uuid.uuid4()), lon=lon, lat=lat)
    assert (answer.status_code, answer.json()["code"], Gate.objects.count()) == (422, "off-the-edge", 2)


def test_the_worker_makes_the_network_anew_by_itself_when_a_wall_was_drawn(place):
    making.keep_up(now=datetime.now(UTC))
    assert not Job.objects.exists()
    put("compound", square(10, 2, 1), place["community"], walled="yes", valid_from=datetime.now(UTC))
    making.keep_up(now=datetime.now(UTC))
    making.keep_up(now=datetime.now(UTC))
    assert Job.objects.get().kind == making.MAKE
    making.make(now=datetime.now(UTC), actor="test")
    Job.objects.update(state=State.DONE, ended_at=datetime.now(UTC))
    making.keep_up(now=datetime.now(UTC))
    assert Job.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"status": "ajar"}, {"open_to": "cats"}, {"open_from": "06:00"}])
def test_the_database_refuses_what_is_no_gate(gate, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Gate.objects.filter(pk=gate.pk).update(**wrong)


def test_an_area_that_is_no_compound_has_no_gates(planner, place):
    house = Boundary.objects.get(pk=place["right house"].pk)
    lon, lat = house.geometry.coords[0][0][0]
    answer = send(planner, "POST", "/api/gates", id=str(uuid.uuid4()), lon=lon, lat=lat, compound=str(house.area_id))
    assert (answer.status_code, answer.json()["code"]) == (422, "no-compound")


def test_the_map_of_a_past_moment_draws_gates_as_they_were(planner, gate, place):
    def drawn(moment: datetime, zoom: int = 17) -> dict:
        rows = GateLayer().rows(asker=None, moment=moment, zoom=zoom)
        return {row["id"]: (row["status"], row["open_to"], row["geom"].coords) for row in rows}

    first, there = drawn(datetime.now(UTC)), gate.geometry.coords
    assert first[gate.pk] == ("inferred", "unknown", there)
    before = datetime.now(UTC)
    lon, lat = at(6.5, 2)
    change(planner, gate, closed=True, open_to="residents", lon=lon, lat=lat)
    made = {"id": str(uuid.uuid4()), "lon": at(8, 3)[0], "lat": at(8, 3)[1]}
    assert send(planner, "POST", "/api/gates", **made).status_code == 200
    now = drawn(datetime.now(UTC))
    assert now[gate.pk] == ("closed", "residents", (lon, lat))
    assert uuid.UUID(made["id"]) in now
    assert drawn(before) == drawn(NOW - timedelta(days=900)) == first
    assert gate.pk not in drawn(before, zoom=15)  # nobody vouched for it yet
    assert gate.pk in drawn(datetime.now(UTC), zoom=15)
    other = Gate.objects.exclude(pk__in=[gate.pk, made["id"]]).get()
    change(planner, other, open_to="all")
    assert drawn(before) == first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", [None], indirect=True)
def test_of_many_who_draw_one_gate_at_once_one_does(place, planner):
    account_of = planner.session["_auth_user_id"]
    account = get_user_model().objects.get(pk=account_of)
    one_id = str(uuid.uuid4())
    for code, ids in (("gate-there", [str(uuid.uuid4()) for _n in range(3)]), ("id-taken", [one_id] * 3)):
        spots = [at(8, 3)] * 3 if code == "gate-there" else [at(6.3, 4), at(7, 4), at(7.7, 4)]
        start, answers = threading.Barrier(3), []

        def draw(key: str, spot: tuple[float, float], start=start, answers=answers) -> None:
            try:
                client = Client()
                client.force_login(account)
                start.wait()
                answers.append(send(client, "POST", "/api/gates", id=key, lon=spot[0], lat=spot[1]))
            finally:
                connection.close()

        threads = [threading.Thread(target=draw, args=one) for one in zip(ids, spots, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {code}
