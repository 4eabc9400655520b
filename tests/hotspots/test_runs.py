"""Results that are kept: by whom, opened again as they were, said to be stale, forgotten, never changed."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from grids.models import AgeBand, Appointment, Person, Population
from layers.hotspots import actions
from layers.hotspots.models import Run
from layers.tickets.actions import import_rows
from layers.tickets.records import TicketRow
from tests.hotspots.conftest import PLANTED, SCATTERED, SPOT
from tests.tickets.conftest import BEGINNING, NOW

DOOR = "/api/hotspots/runs"


def keep(client, *, name: str = "二月", run_id: uuid.UUID | None = None, key: uuid.UUID | None = None, **asked: object):
    body = {
        "id": str(run_id or uuid.uuid4()),
        "name": name,
        "asked": {word: str(value) for word, value in asked.items()},
    }
    headers = {"Idempotency-Key": str(key or uuid.uuid4())}
    return client.post(DOOR, json.dumps(body), content_type="application/json", headers=headers)


def test_a_result_is_kept_with_every_parameter_and_opened_as_it_was(as_) -> None:
    client = as_("planner")
    live = client.get("/api/hotspots?width=200&category=street_lamp&chance=drawn&seed=7").json()
    answer = keep(client, width=200, category="street_lamp", chance="drawn", seed=7, nonsense="x")
    assert answer.status_code == 201, answer.content
    (listed,) = client.get(DOOR).json()["runs"]
    assert (listed["name"], listed["tickets"], listed["spots"]) == ("二月", PLANTED, live["summary"]["spots"])
    kept = client.get(f"{DOOR}/{listed['id']}").json()
    assert kept["features"] == live["features"], "z, p and class of every cell"
    told = {"cells", "width", "category", "per", "neighbours", "chance", "seed", "moment"}
    assert told <= kept["question"].keys()
    assert kept["question"]["seed"] == 7
    assert kept["run"]["stale"] is False
    csv = client.get(f"{DOOR}/{listed['id']}/file.csv").content.decode("utf-8-sig")
    assert len(csv.splitlines()) == len(kept["features"]) + 1
    assert "asked_seed" in csv.splitlines()[0]
    assert client.get(f"{DOOR}/{listed['id']}/file.exe").status_code == 404


def test_what_has_changed_since_is_said(as_) -> None:
    client = as_("planner")
    run = keep(client, width=200).json()["id"]
    row = TicketRow(
        line=1, lon=SPOT[0], lat=SPOT[1], category="other", reported_at=NOW - timedelta(hours=2), text="又一件"
    )
    assert import_rows([row], now=NOW, channel="import", source="later").stored == 1
    told = client.get(f"{DOOR}/{run}").json()
    assert [told["run"][name] for name in ("stale", "tickets_changed", "ground_changed")] == [True, True, False]
    assert told["run"]["tickets_now"] == SCATTERED + PLANTED + 1
    assert told["summary"]["tickets"] == SCATTERED + PLANTED, "the answer itself stays"


def test_nobody_opens_or_forgets_anothers_result(as_) -> None:
    run = keep(as_("planner")).json()["id"]
    key = {"Idempotency-Key": str(uuid.uuid4())}
    other = as_("analyst")
    assert other.get(DOOR).json()["runs"] == []
    assert other.get(f"{DOOR}/{run}").status_code == 404
    assert other.get(f"{DOOR}/{run}/file.csv").status_code == 404
    assert other.delete(f"{DOOR}/{run}", headers=key).status_code == 404
    assert keep(other, run_id=run).status_code == 409
    owner = as_("planner")
    assert owner.delete(f"{DOOR}/{run}", headers=key).status_code == 200
    assert owner.delete(f"{DOOR}/{run}", headers=key).status_code == 200, "sent twice, done once"
    assert owner.get(f"{DOOR}/{run}").status_code == 404


def test_who_lost_the_office_loses_the_result(as_, ground) -> None:
    client = as_("west_chief")
    run = keep(client).json()["id"]
    assert client.get(f"{DOOR}/{run}").status_code == 200
    Appointment.objects.filter(person__account=ground.people["west_chief"]).update(valid_until=NOW - timedelta(days=1))
    assert client.get(f"{DOOR}/{run}").status_code == 403
    assert client.get(f"{DOOR}/{run}/file.csv").status_code == 403


def test_the_list_names_only_what_todays_rights_open(as_, ground) -> None:
    """Another office in the same house opens what it reaches, and no exact figures of those who may not read them."""
    compound = ground.areas["compound"]
    band = AgeBand.objects.first()
    Population.objects.create(area_id=compound, age_band=band, residents=3, source="t", valid_from=BEGINNING)
    client = as_("chief")
    exact = keep(client, name="准确", cells="compound").json()["id"]
    assert Run.objects.get(pk=exact).exact_residents
    plain = Run.objects.create(
        id=uuid.uuid4(), account=ground.people["chief"], name="件数", made_at=NOW, asked={}, areas=[compound],
        question={}, summary={"tickets": 0, "spots": 0}, shows_residents=False, exact_residents=False, document=b"",
    )  # fmt: skip
    assert {run["id"] for run in client.get(DOOR).json()["runs"]} == {exact, str(plain.pk)}
    person = Person.objects.get(account=ground.people["chief"])

    def only(role: str, area: str, *, days_ago: int) -> None:
        ended = NOW - timedelta(days=days_ago)
        Appointment.objects.filter(person=person, valid_until=None).update(valid_until=ended)
        Appointment.objects.create(area_id=ground.areas[area], role=role, person=person, valid_from=ended)

    only("planner", "compound", days_ago=2)  # reads residents, but not small figures
    assert [run["id"] for run in client.get(DOOR).json()["runs"]] == [str(plain.pk)]
    assert client.get(f"{DOOR}/{exact}").status_code == 403
    only("chief", "west", days_ago=1)
    assert client.get(DOOR).json()["runs"] == []


def test_sent_twice_it_is_kept_once_and_bad_ones_not_at_all(as_, monkeypatch) -> None:
    client, run, key = as_("planner"), uuid.uuid4(), uuid.uuid4()
    assert keep(client, run_id=run, key=key).json() == keep(client, run_id=run, key=key).json()
    assert keep(client, run_id=run).status_code == 201, "another key, the same run"
    assert Run.objects.count() == 1
    for name, asked, field in (("", {}, "name"), ("长" * 121, {}, "name"), ("a", {"width": 3}, "width")):
        answer = keep(client, name=name, **asked)
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    monkeypatch.setattr(actions, "MOST_RUNS", 1)
    assert keep(client).json()["code"] == "full"
    assert Run.objects.count() == 1


def test_the_database_lets_no_result_be_changed(as_) -> None:
    run = keep(as_("planner")).json()["id"]
    with pytest.raises(ProgrammingError, match="not changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE hotspots_run SET summary = '{}' WHERE id = %s", [run])
