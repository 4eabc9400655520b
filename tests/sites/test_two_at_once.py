"""Two who write sites at one moment: one of them is told that it came second, nobody meets a failure of ours."""

import json
import threading
import uuid

import pytest
from django.db import connection
from django.test import Client

from gis.accounts.models import Account
from gis.audit.models import Entry
from grids.models import Appointment, Person
from layers.sites.models import Site
from tests.sites.test_sites_api import COUNTY, DESK, EAST, NOW, OFFICE, WEST, manager, put, sites

__all__ = ["manager", "sites"]
AT_ONCE = 4


@pytest.fixture
def keeper(sites) -> Account:
    """Somebody who may edit sites in the whole county."""
    account = Account.objects.create_user("keeper")
    person = Person.objects.create(name_zh="县管理员", account=account)
    Appointment.objects.create(area_id=COUNTY, role="administrator", person=person, valid_from=NOW)
    return account


def sent(account: Account, method: str, path: str, body: dict, version: int | None = None):
    """An answer to a write with a key of its own, by a client of its own."""
    client = Client()
    client.force_login(account)
    headers = {"Idempotency-Key": str(uuid.uuid4())} | ({"If-Match": str(version)} if version else {})
    return client.generic(method, path, json.dumps(body), content_type="application/json", headers=headers)


def at_once(account: Account, method: str, bodies: list[tuple[str, dict]], version: int | None = None) -> list:
    """The answers to writes that begin together."""
    start, answers = threading.Barrier(len(bodies)), []

    def work(path: str, body: dict) -> None:
        try:
            start.wait()
            answers.append(sent(account, method, path, body, version))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=one) for one in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def station(name: str, **more) -> dict:
    return {"id": str(uuid.uuid4()), "name_zh": name, "kind": "station", "lon": 110.015, "lat": 35.004} | more


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sites", [None], indirect=True)
def test_of_many_who_add_the_same_at_once_one_does(keeper):
    one_id = str(uuid.uuid4())
    cases = [
        ("id-taken", [station(f"站{n}", id=one_id) for n in range(AT_ONCE)]),
        ("same-name", [station("同名站") for _n in range(AT_ONCE)]),
        (
            "most-sites",
            [station(f"中心{n}", kind="community_centre", area=str(EAST)) for n in range(AT_ONCE)],
        ),
    ]
    for code, bodies in cases:
        before = Site.objects.count()
        answers = at_once(keeper, "POST", [("/api/sites", body) for body in bodies])
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1), code
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {code}
        assert Site.objects.count() == before + 1
    two = list(Site.objects.filter(name_zh__startswith="站").values_list("pk", flat=True))
    two.append(Site.objects.get(name_zh="同名站").pk)
    answers = at_once(keeper, "PUT", [(f"/api/sites/{pk}", {"name_zh": "改名站"}) for pk in two], version=1)
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_half_a_place_is_told(client, manager):
    client.force_login(manager)
    for body in ({"lon": 110.005}, {"lat": 35.005, "phone": "0354-1"}):
        answer = sent(manager, "PUT", f"/api/sites/{DESK}", body, version=1)
        assert (answer.status_code, answer.json()["code"]) == (422, "half-a-place")
    assert Site.objects.get(pk=DESK).version == 1


def test_who_is_on_duty_is_named_where_one_holds_an_office(client, manager):
    person = Person.objects.create(name_zh="周值守")
    duties = [{"post_zh": "受理", "person": str(person.pk)}]
    assert sent(manager, "PUT", f"/api/sites/{DESK}", {"duties": duties}, version=1).status_code == 200
    assert Entry.objects.get(verb="site.change").detail["on_duty"] == [str(person.pk)]

    def named(area) -> str:
        account = Account.objects.create_user(f"worker {area}")
        held = Person.objects.create(name_zh="某人", account=account)
        Appointment.objects.create(area_id=area, role="worker", person=held, valid_from=NOW)
        client.force_login(account)
        return client.get(f"/api/sites/{DESK}").json()["duties"][0]["name"]

    assert [named(area) for area in (WEST, COUNTY, EAST)] == ["周值守", "周值守", ""]


def test_a_visitor_s_copies_do_not_fill_the_log(client, manager):
    before = Entry.objects.count()
    for _turn in range(3):
        assert client.get("/api/sites/file.csv").status_code == 200
    assert client.get("/api/layers/sites/export", {"format": "csv"}).status_code == 200
    assert Entry.objects.count() == before
    client.force_login(manager)
    client.get("/api/sites/file.csv")
    assert Entry.objects.filter(verb="sites.export", actor_id=str(manager.pk)).count() == 1
    assert put(client, DESK, OFFICE).status_code == 200
