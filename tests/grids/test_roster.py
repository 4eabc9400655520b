"""The roster: who appoints whom to what, what nobody may do, and that both doors judge alike."""

import base64
import json
import re
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from gis.accounts.models import Account
from gis.audit.models import Entry, Receipt
from gis.shared.errors import Conflict, Invalid, Missing, Refused, SignInNeeded
from grids import roster
from grids.dependants import hanging_on
from grids.layer import VacancyLayer
from grids.models import Appointment, Boundary, Membership, Organisation, OrganisationKind, Person, Role
from grids.permissions import appointable, may, may_appoint
from grids.retiring import retire
from grids.roster import Holder
from tests.grids.ground import T0, small_county
from tests.grids.offices import api, appoint, hold, post, someone

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]


@pytest.fixture
def ground() -> dict[str, Boundary]:
    return small_county()


@pytest.fixture
def admin(ground) -> Account:
    """The administrator of the street."""
    return hold("admin", Role.ADMINISTRATOR, ground["street"])


def test_an_administrator_appoints_below_and_the_vacancy_goes(ground, admin) -> None:
    def vacant() -> set[uuid.UUID]:
        return {row["area_id"] for row in VacancyLayer().rows(asker=admin, moment=timezone.now(), zoom=18)}

    assert ground["west"].area_id in vacant()
    made = appoint(admin, ground["west"], post_zh="西院网格长", categories=["street_lamp"])
    assert (made.holder.name_zh, made.post_zh, made.categories) == ("张三", "西院网格长", ["street_lamp"])
    assert ground["west"].area_id not in vacant()
    assert ground["east"].area_id in vacant()
    assert Entry.objects.filter(verb="roster.appoint", subject=str(made.pk)).exists()


def test_nobody_appoints_above_beside_themselves_an_equal_or_who_audits_them(ground, admin) -> None:
    with pytest.raises(Refused):
        appoint(admin, ground["county"], Role.WORKER)
    with pytest.raises(Refused, match=r"服务器|server"):
        appoint(admin, ground["street"], Role.ADMINISTRATOR)
    with pytest.raises(Refused):
        appoint(admin, ground["west"], Role.AUDITOR)
    with pytest.raises(Refused, match=r"自己|themselves"):
        appoint(admin, ground["west"], Role.CHIEF, Holder(id=admin.person.pk))
    below = appoint(admin, ground["community"], Role.ADMINISTRATOR)
    assert below.role == Role.ADMINISTRATOR
    for role in set(Role.values) - {Role.ADMINISTRATOR}:
        other = hold(f"other {role}", role, ground["county"])
        with pytest.raises(Refused):
            appoint(other, ground["west"], Role.WORKER)
    with pytest.raises(SignInNeeded):
        appoint(None, ground["west"])


def test_an_organisation_is_no_way_round(ground, admin) -> None:
    """Neither by appointing the own one, nor by joining one that holds more."""
    kind = OrganisationKind.objects.first()
    own, strong = (Organisation.objects.create(name_zh=name, kind=kind) for name in ("自家", "县局"))
    Membership.objects.create(person=admin.person, organisation=own, valid_from=T0)
    Appointment.objects.create(area=ground["county"].area, role=Role.LEADER, organisation=strong, valid_from=T0)
    with pytest.raises(Refused, match=r"自己|themselves"):
        appoint(admin, ground["west"], Role.CHIEF, Holder(id=own.pk, kind="organisation"))
    join = {"membership_id": uuid.uuid4(), "actor": admin, "now": timezone.now()}
    with pytest.raises(Refused):
        roster.add_member(organisation=strong.pk, holder=someone(), **join)
    weak = Organisation.objects.create(name_zh="物业", kind=kind)
    appoint(admin, ground["west"], Role.DEPARTMENT, Holder(id=weak.pk, kind="organisation"))
    with pytest.raises(Refused, match=r"自己|themselves"):
        roster.add_member(organisation=weak.pk, holder=Holder(id=admin.person.pk), **join)
    member = roster.add_member(organisation=weak.pk, holder=someone(), **join)
    assert roster.add_member(organisation=weak.pk, holder=Holder(id=member.person_id), **join) == member
    left = roster.end_membership(membership_id=member.pk, actor=admin, now=timezone.now())
    assert left.valid_until is not None
    with pytest.raises(Conflict):
        roster.end_membership(membership_id=member.pk, actor=admin, now=timezone.now())


def test_a_post_that_has_not_begun_is_taken_back_and_one_that_has_is_kept(ground, admin) -> None:
    now = timezone.now()
    coming = appoint(admin, ground["west"], since=now + timedelta(days=5))
    roster.end(appointment_id=coming.pk, reason="改派", actor=admin, now=now)
    assert not Appointment.objects.filter(pk=coming.pk).exists()
    logged = Entry.objects.get(verb="roster.take-back", subject=str(coming.pk))
    assert logged.detail["reason"] == "改派"
    begun = appoint(admin, ground["west"])
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        Appointment.objects.filter(pk=begun.pk).delete()


def test_posts_to_come_end_with_their_area(ground, admin) -> None:
    now = timezone.now()
    chief = hold("chief", Role.CHIEF, ground["community"])
    coming = appoint(admin, ground["west"], since=now + timedelta(days=5))
    told = {found.kind: found.count for found in hanging_on(ground["west"].area_id, now)}
    assert told == {"appointments": 1}
    retire(area_id=ground["west"].area_id, version=1, reason="", agreed=told, actor=chief, now=timezone.now())
    assert not Appointment.objects.filter(pk=coming.pk).exists()


def test_what_is_sent_twice_is_stored_once_and_nobody_holds_a_post_twice(ground, admin) -> None:
    same = {"id": uuid.uuid4(), "holder": someone()}
    assert appoint(admin, ground["west"], **same) == appoint(admin, ground["west"], **same)
    assert Appointment.objects.filter(role=Role.CHIEF).count() == 1
    with pytest.raises(Conflict):
        appoint(admin, ground["east"], **same)
    with pytest.raises(Conflict, match=r"post in that time|这段时间"):
        appoint(admin, ground["west"], holder=same["holder"])


def test_a_post_is_handed_over_in_one_instant_and_ended_once(ground, admin) -> None:
    first = appoint(admin, ground["west"], post_zh="西院网格长", now=timezone.now() - timedelta(days=2))
    now = timezone.now()
    give = {"appointment_id": first.pk, "new_id": uuid.uuid4(), "holder": someone("李四"), "actor": admin, "now": now}
    second = roster.hand_over(**give)
    first.refresh_from_db()
    assert first.valid_until == second.valid_from == now
    assert (second.post_zh, second.holder.name_zh) == ("西院网格长", "李四")
    assert roster.hand_over(**give) == second
    with pytest.raises(Conflict):
        roster.hand_over(**give | {"new_id": uuid.uuid4()})
    with pytest.raises(Invalid):
        roster.hand_over(**give | {"appointment_id": second.pk, "new_id": uuid.uuid4()})
    later = now + timedelta(days=1)
    ended = roster.end(appointment_id=second.pk, at=later + timedelta(days=30), actor=admin, now=later)
    assert ended.valid_until == later + timedelta(days=30)
    assert roster.end(appointment_id=second.pk, at=later, actor=admin, now=later).valid_until == later
    with pytest.raises(Conflict):
        roster.end(appointment_id=second.pk, actor=admin, now=later + timedelta(days=1))


def test_a_post_that_will_end_is_handed_over_until_then(ground, admin) -> None:
    now = timezone.now()
    made = appoint(admin, ground["west"], since=now - timedelta(days=2), until=now + timedelta(days=9))
    after = roster.hand_over(
        appointment_id=made.pk, new_id=uuid.uuid4(), holder=someone("李四"), actor=admin, now=timezone.now()
    )
    assert after.valid_until == made.valid_until


@pytest.mark.parametrize("place", [["a", 1], ["a", {}], ["\ud800", "00000000-0000-0000-0000-000000000000"]])
def test_a_place_in_a_list_that_is_none_is_told(ground, admin, client, place) -> None:
    client.force_login(admin)
    told = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    assert client.get("/api/roster", {"after": told}).status_code == 422


def test_the_own_post_and_those_above_are_ended_by_others(ground, admin) -> None:
    above = hold("above", Role.ADMINISTRATOR, ground["county"])
    for held in (admin.person.appointments.get(), above.person.appointments.get()):
        with pytest.raises(Refused):
            roster.end(appointment_id=held.pk, actor=admin, now=timezone.now())
    assert roster.end(appointment_id=admin.person.appointments.get().pk, actor=above, now=timezone.now())
    with pytest.raises(Missing):
        roster.end(appointment_id=uuid.uuid4(), actor=above, now=timezone.now())


def test_the_database_keeps_who_held_what(ground, admin) -> None:
    held = appoint(admin, ground["west"])
    changes: list[Any] = [
        lambda: Appointment.objects.filter(pk=held.pk).update(role=Role.LEADER),
        lambda: Appointment.objects.filter(pk=held.pk).delete(),
        lambda: Appointment.objects.filter(pk=held.pk).update(area=ground["county"].area),
    ]
    for change in changes:
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"role": "king"}, "role"),
        ({"post_zh": "长" * 81}, "post_zh"),
        ({"post_zh": "两\n行"}, "post_zh"),
        ({"categories": ["no-such"]}, "categories"),
        ({"holder": Holder(id=uuid.uuid4(), name_zh="名" * 121)}, "name_zh"),
        ({"until": T0}, "until"),
        ({"since": T0.replace(year=1800)}, "since"),
    ],
)
def test_what_is_wrong_is_told_by_field(ground, admin, fields, name) -> None:
    with pytest.raises(Invalid) as caught:
        appoint(admin, ground["west"], **fields)
    assert name in caught.value.fields
    assert Person.objects.count() == 1


def test_a_sign_in_is_no_way_into_rights_that_one_may_not_give(ground, admin) -> None:
    above = hold("above", Role.LEADER, ground["county"]).person
    both = hold("both", Role.WORKER, ground["west"]).person
    Appointment.objects.create(area=ground["county"].area, role=Role.LEADER, person=both, valid_from=T0)
    idle = Person.objects.create(name_zh="闲人")
    for person in (above, both, idle, admin.person):
        with pytest.raises(Refused):
            roster.renew_sign_in(person_id=person.pk, password="x", actor=admin, now=timezone.now())
    Account.objects.filter(pk=hold("root", Role.WORKER, ground["west"]).pk).update(is_superuser=True)
    root = Person.objects.get(name_zh="root")
    with pytest.raises(Refused):
        roster.close_sign_in(person_id=root.pk, actor=admin, now=timezone.now())


def test_a_one_time_password_is_told_to_who_asked_and_kept_nowhere(ground, admin) -> None:
    worker = appoint(admin, ground["west"], Role.WORKER)
    path, key = f"/persons/{worker.person_id}/sign-in", uuid.uuid4()
    opened = post(api(admin), path, {"username": "zhangsan"}, key)
    assert opened.status_code == 201, opened.content
    password = opened["One-Time-Password"]
    again = post(api(admin), path, {"username": "zhangsan"}, key)
    assert (again["One-Time-Password"], again.json()) == (password, opened.json())
    account = Account.objects.get(username="zhangsan")
    assert account.check_password(password)
    assert account.must_change_password
    kept = [str(row.body) for row in Receipt.objects.all()] + [str(row.detail) for row in Entry.objects.all()]
    assert not any(password in text for text in kept)
    assert post(api(admin), path, {"username": "other"}).status_code == 409
    renewed = post(api(admin), f"{path}/renew")
    assert renewed["One-Time-Password"] != password
    account.refresh_from_db()
    assert account.check_password(renewed["One-Time-Password"])
    assert post(api(admin), f"{path}/close").status_code == 200
    account.refresh_from_db()
    assert not account.is_active
    other = appoint(admin, ground["west"], Role.WORKER, someone("王五"))
    path = f"/persons/{other.person_id}/sign-in"
    assert post(api(admin), path, {"username": "ZhangSan"}).json()["fields"].keys() == {"username"}
    assert post(api(admin), path, {"username": "a b"}).status_code == 422


def test_many_posts_are_judged_as_one(ground, admin) -> None:
    cases = {(role, row.area_id) for role in Role.values for row in ground.values()}
    now = timezone.now()
    below, chief = hold("below", Role.ADMINISTRATOR, ground["west"]), hold("chief", Role.CHIEF, ground["county"])
    for asker in (admin, below, chief, None):
        alone = {case for case in cases if may_appoint(asker, *case, now=now)}
        assert appointable(asker, cases, now=now) == alone


def test_the_list_is_paged_searched_and_of_the_own_areas(ground, admin) -> None:
    for number in range(5):
        appoint(admin, ground["west"], Role.WORKER, someone(f"工{number}"))
    appoint(hold("top", Role.ADMINISTRATOR, ground["county"]), ground["county"], Role.LEADER, someone("县长"))
    client = api(admin)
    seen, after = [], ""
    while after is not None:
        page = client.get("/api/roster", {"limit": 2, "after": after, "role": "worker"}).json()
        seen += [item["holder"]["name_zh"] for item in page["items"]]
        after = page["next"]
    assert sorted(seen) == [f"工{number}" for number in range(5)]
    assert client.get("/api/roster", {"q": "县长"}).json()["total"] == 0
    assert client.get("/api/roster", {"q": "西院 工3"}).json()["total"] == 1
    vacant = client.get("/api/roster", {"view": "vacant"}).json()
    assert [item["area"]["name_zh"] for item in vacant["items"]] == ["试街道", "试社区", "西院", "东院"]
    assert vacant["vacant"] == 4
    assert client.get("/api/roster", {"after": "xx"}).status_code == 422
    before = client.get("/api/roster", {"moment": "2026-01-05", "role": "worker"}).json()
    assert before["total"] == 0
    named = client.get("/api/roster/holders", {"q": "工3"}).json()["items"]
    assert [row["name_zh"] for row in named] == ["工3"]
    card = client.get(f"/api/roster/persons/{named[0]['id']}").json()
    assert card["may_manage"]
    assert card["posts"][0]["area"] == "西院"
    choices = client.get("/api/roster/choices").json()
    assert "auditor" not in {role["code"] for role in choices["roles"]}
    assert {row["code"] for row in choices["categories"]} >= {"street_lamp"}


def test_appointing_by_the_page(ground, admin) -> None:
    body = {
        "id": str(uuid.uuid4()), "area": str(ground["west"].area_id), "role": "worker", "since": "2026-01-01",
        "holder": {"id": str(uuid.uuid4()), "name_zh": "赵六"},
    }  # fmt: skip
    made = post(api(admin), "/appointments", body)
    assert made.status_code == 201
    path = f"/appointments/{made.json()['id']}"
    assert post(api(admin), f"{path}/end", {"until": "gestern"}).status_code == 422
    assert post(api(admin), f"{path}/hand-over", {"id": str(uuid.uuid4()), "holder": body["holder"]}).status_code == 422
    assert post(api(admin), f"{path}/end", {"reason": "调岗"}).status_code == 200
    assert post(api(admin), f"{path}/end").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_hand_one_post_over_at_once_one_succeeds() -> None:
    from django.core.management import call_command

    call_command("load_catalogues", verbosity=0)
    ground = small_county()
    admin = hold("admin", Role.ADMINISTRATOR, ground["street"])
    post = appoint(admin, ground["west"], now=timezone.now() - timedelta(days=1))
    outcomes = []

    def give() -> None:
        try:
            roster.hand_over(
                appointment_id=post.pk, new_id=uuid.uuid4(), holder=someone(), actor=admin, now=timezone.now()
            )
            outcomes.append("done")
        except Conflict:
            outcomes.append("late")
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=give) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert sorted(outcomes) == ["done"] + ["late"] * 7
    assert Appointment.objects.at(timezone.now()).filter(area=ground["west"].area, role=Role.CHIEF).count() == 1


def test_rights_follow_the_roster_at_once(ground, admin) -> None:
    chief = hold("chief", Role.CHIEF, ground["west"])
    area, now = ground["west"].area_id, timezone.now()
    assert may(chief, "area.draw", area, now=now)
    roster.end(appointment_id=chief.person.appointments.get().pk, actor=admin, now=now)
    assert not may(chief, "area.draw", area, now=now)


def test_the_first_administrator_and_the_auditor_are_appointed_on_the_server(ground, capsys) -> None:
    from django.core.management import CommandError, call_command

    call_command("appoint", "administrator", "990001", "王管", "--username", "wang")
    printed = capsys.readouterr().out
    account = Account.objects.get(username="wang")
    assert account.check_password(re.findall(r"[a-z0-9]{12}", printed)[-1])
    assert may(account, "roster.edit", ground["west"].area_id, now=timezone.now())
    call_command("appoint", "auditor", "990001", "李审", "--post", "审计")
    for wrong in (["auditor", "nowhere", "甲"], ["administrator", "990001", "乙", "--username", "WANG"]):
        with pytest.raises(CommandError):
            call_command("appoint", *wrong)
    assert Person.objects.count() == 2
