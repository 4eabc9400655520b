"""Who may do what where: every role, every verb, inside and outside the appointment's subtree, then and now."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from gis.accounts.models import Account
from gis.shared.errors import Refused, SignInNeeded
from grids.models import Appointment, Boundary, Person, Role
from grids.permissions import PUBLIC, VERBS_OF_ROLE, areas_with, chain_ids, demand, may
from tests.grids.ground import T0, put, small_county, square

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]
NOW = T0 + timedelta(days=30)
VERBS = sorted(PUBLIC.union(*VERBS_OF_ROLE.values()))
AREAS = ["county", "street", "community", "west", "house", "east"]


@pytest.fixture
def ground() -> dict[str, Boundary]:
    made = small_county()
    made["house"] = put("building", square(4, 4, 2), made["west"])
    return made


def appoint(role: str, area: Boundary, **period) -> Account:
    account = Account.objects.create_user(f"{role}{Account.objects.count()}")
    person = Person.objects.create(name_zh=role, account=account)
    Appointment.objects.create(area=area.area, role=role, person=person, **({"valid_from": T0} | period))
    return account


def test_every_role_has_a_row() -> None:
    assert set(VERBS_OF_ROLE) == set(Role.values)


@pytest.mark.parametrize("role", Role.values)
def test_a_role_gives_its_verbs_on_its_subtree_and_nothing_else(role: str, ground: dict[str, Boundary]) -> None:
    account = appoint(role, ground["west"])
    inside = {"west", "house"}
    for verb in VERBS:
        for name in AREAS:
            expected = verb in PUBLIC or (verb in VERBS_OF_ROLE[role] and name in inside)
            assert may(account, verb, ground[name].area_id, now=NOW) == expected, (role, verb, name)


def test_nobody_signed_in_may_do_only_what_is_public(ground: dict[str, Boundary]) -> None:
    for verb in VERBS:
        assert may(AnonymousUser(), verb, ground["west"].area_id, now=NOW) == (verb in PUBLIC)


def test_rights_begin_and_end_with_the_appointment(ground: dict[str, Boundary]) -> None:
    ended = appoint(Role.CHIEF, ground["west"], valid_until=NOW)
    coming = appoint(Role.CHIEF, ground["west"], valid_from=NOW + timedelta(days=1))
    area = ground["west"].area_id
    assert may(ended, "area.draw", area, now=NOW - timedelta(seconds=1))
    assert not may(ended, "area.draw", area, now=NOW)
    assert not may(coming, "area.draw", area, now=NOW)
    assert may(coming, "area.draw", area, now=NOW + timedelta(days=1))


def test_a_refusal_says_whether_to_sign_in_or_where_the_own_ground_is(ground: dict[str, Boundary]) -> None:
    chief = appoint(Role.CHIEF, ground["west"])
    planner = appoint(Role.PLANNER, ground["county"])
    with pytest.raises(SignInNeeded):
        demand(AnonymousUser(), "area.draw", ground["west"].area_id, now=NOW)
    with pytest.raises(Refused, match=r"另一块|another part"):
        demand(chief, "area.draw", ground["east"].area_id, now=NOW)
    with pytest.raises(Refused, match=r"任职不包括|do not include"):
        demand(planner, "area.draw", ground["east"].area_id, now=NOW)


def test_an_account_without_appointment_has_no_ground() -> None:
    account = Account.objects.create_user("nobody")
    for verb in set(VERBS) - PUBLIC:
        assert areas_with(account, verb, now=NOW) == []


def test_the_chain_of_an_area_that_is_no_more_leads_to_where_it_was(ground: dict[str, Boundary]) -> None:
    house = ground["house"]
    Boundary.objects.filter(pk=house.pk).update(valid_until=T0 + timedelta(days=1))
    above = [ground[name].area_id for name in ("west", "community", "street", "county")]
    assert chain_ids(house.area_id, now=NOW) == [house.area_id, *above]
