"""Looking the ground over: gaps with their place, allowed ones with a reason, by who answers for the ground."""

import json
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID, uuid4

import pytest
import shapely
from django.core.management import CommandError, call_command
from django.db import connection

from gis.accounts.models import Account
from gis.shared.errors import Conflict, Invalid, Refused
from grids.imports import store_areas
from grids.models import AllowedGap, Appointment, Boundary, Person
from grids.records import AreaRecord
from grids.soundness import allow_gap, end_allowance, look_over
from tests.grids.test_topology import rectangle

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


@pytest.fixture
def ground() -> dict[str, UUID]:
    """A street of two communities, and a building with two of its three units."""
    ids = {name: uuid4() for name in ("county", "street", "west", "east", "compound", "building", "one", "two")}
    whole = rectangle(0, 0, 400, 200, 0.2)

    def row(name: str, tier: str, parent: str | None, code: str, shape) -> AreaRecord:
        return AreaRecord(ids[name], tier, ids[parent] if parent else None, code, f"{name}区", shape)

    store_areas(
        [
            row("county", "county", None, "140000", whole),
            row("street", "street", "county", "140000001", whole),
            row("west", "community", "street", "140000001001", rectangle(0, 0, 200, 200, 0.2)),
            row("east", "community", "street", "140000001002", rectangle(200, 0, 200, 200, 0.2)),
            row("compound", "compound", "west", "140000001001001", rectangle(20, 20, 100, 100, 0.2)),
            row("building", "building", "compound", "140000001001001001", rectangle(30, 30, 60, 12, 0.2)),
            row("one", "unit", "building", "14000000100100100101", rectangle(30, 30, 20, 12, 0.2)),
            row("two", "unit", "building", "14000000100100100102", rectangle(50, 30, 20, 12, 0.2)),
        ],
        reason="first survey",
        now=NOW,
    )
    return ids


@pytest.fixture
def chief(ground):
    account = Account.objects.create_user("chief", password="x")
    person = Person.objects.create(name_zh="某人", account=account)
    Appointment.objects.create(area_id=ground["west"], role="chief", person=person, valid_from=NOW)
    return account


def test_a_gap_is_told_with_its_place_and_is_no_error(ground) -> None:
    found = look_over(LATER)
    (gap,) = found.problems
    assert (gap.code, gap.area) == ("uncovered", ground["building"])
    assert gap.numbers["m2"] == pytest.approx(20 * 12, rel=1e-3)
    assert found.sound
    assert look_over(LATER, root=ground["east"]).problems == []
    assert look_over(NOW.replace(year=2025)).rows == 0


def test_an_allowed_gap_is_told_as_such_until_it_is_taken_back_or_grows(ground, chief) -> None:
    key = uuid4()
    gap = allow_gap(gap_id=key, area=ground["building"], reason="Passage", actor=chief, now=LATER)
    assert allow_gap(gap_id=key, area=ground["building"], reason="again", actor=chief, now=LATER) == gap
    found = look_over(LATER)
    assert (found.problems, found.allowed) == ([], [gap])
    assert AllowedGap.objects.get().reason == "Passage"
    assert look_over(NOW).problems, "before it was allowed it was a problem"

    two = Boundary.objects.still().get(area=ground["two"])
    with connection.cursor() as cursor:  # a unit ends: the gap is larger than what was allowed
        cursor.execute("UPDATE grids_boundary SET valid_until = %s WHERE id = %s", [LATER, two.pk])
    (left,) = look_over(LATER).problems
    assert left.place is not None
    assert shapely.symmetric_difference(left.place, two.shape).area < 1e-15

    end_allowance(gap_id=key, actor=chief, now=LATER)
    end_allowance(gap_id=key, actor=chief, now=LATER)
    (whole,) = look_over(LATER).problems
    assert whole.numbers["m2"] == pytest.approx(40 * 12, rel=1e-3)


def test_who_does_not_answer_for_the_ground_allows_nothing(ground, chief) -> None:
    with pytest.raises(Refused):
        allow_gap(gap_id=uuid4(), area=ground["street"], reason="x", actor=chief, now=LATER)
    with pytest.raises(Invalid):
        allow_gap(gap_id=uuid4(), area=ground["building"], reason="  ", actor=chief, now=LATER)
    with pytest.raises(Conflict):
        allow_gap(gap_id=uuid4(), area=ground["compound"], reason="no gap here", actor=chief, now=LATER)
    assert not AllowedGap.objects.exists()


def test_the_doors_answer_the_chief_in_words_and_a_stranger_not_at_all(ground, chief, client) -> None:
    address = f"/api/ground/{ground['building']}"
    assert client.get(f"{address}/problems").status_code == 401
    client.force_login(chief)
    answer = client.get(f"{address}/problems").json()
    assert answer["looked_at"] == 3
    (problem,) = answer["problems"]
    assert problem["severity"] == "warning"
    assert problem["point"]
    assert "240" in problem["message"]
    assert client.get(f"/api/ground/{ground['street']}/problems").status_code == 403
    headers = {"Idempotency-Key": str(uuid4())}
    key = str(uuid4())
    for _sent in range(2):
        stored = client.post(
            f"{address}/gaps", {"id": key, "reason": "Passage"}, content_type="application/json", headers=headers
        )
        assert stored.status_code == 201
    answer = client.get(f"{address}/problems").json()
    assert (answer["count"], [gap["reason"] for gap in answer["allowed"]]) == (0, ["Passage"])
    headers = {"Idempotency-Key": str(uuid4())}
    assert client.post(f"{address}/gaps/{key}/end", headers=headers).status_code == 200
    assert client.get(f"{address}/problems").json()["count"] == 1


def test_the_command_says_what_and_where_and_fails_on_errors_only(ground) -> None:
    out = StringIO()
    call_command("check_ground", stdout=out)
    assert "building区" in out.getvalue()
    assert "8 areas looked at" in out.getvalue()
    out = StringIO()
    call_command("check_ground", "--json", "--area", "140000001002", stdout=out)
    assert json.loads(out.getvalue())["looked_at"] == 1
    with pytest.raises(CommandError, match="no area with the code"):
        call_command("check_ground", "--area", "7")
    with connection.cursor() as cursor:  # what the guard would refuse, without the guard
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE grids_boundary DISABLE TRIGGER USER")
        cursor.execute("UPDATE grids_boundary SET valid_until = %s WHERE area_id = %s", [LATER, ground["compound"]])
    with pytest.raises(CommandError, match="not sound"):
        call_command("check_ground", stdout=StringIO())
