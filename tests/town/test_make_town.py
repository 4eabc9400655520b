"""`make_town` and `demo_accounts` on a real database: everything stored, within a minute, and never over something."""

import re
from io import StringIO
from time import process_time

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from shapely import MultiPolygon

from gis.accounts.models import Account
from gis.catalogue.models import Place
from gis.town.demo import renew_sign_ins
from gis.town.make import town_parameters
from gis.town.plan import make_plan
from grids.discretion import counted
from grids.models import Appointment, Boundary, BoundaryChange, Person, Population, Tier
from grids.queries import locate
from layers.sites.models import Site
from layers.streets.models import Edge, Feature, Gate, Way
from layers.tickets.models import Reporter, Ticket, TicketEvent

pytestmark = pytest.mark.django_db


def make(*arguments: str) -> str:
    out = StringIO()
    call_command("make_town", *arguments, stdout=out)
    return out.getvalue()


def test_the_town_is_stored_whole_within_a_minute_and_only_once():
    began = process_time()
    said = make()
    assert process_time() - began < 40, "CPU of this process, because a busy machine is not the town's fault"
    now = timezone.now()
    ground = Boundary.objects.at(now)
    tiers = {code: ground.of_tier(code).count() for code in Tier.objects.values_list("code", flat=True)}
    assert tiers["county"] == 1
    assert tiers["unit"] > 1500
    assert f"unit: {tiers['unit']}" in said
    place = Place.objects.get()
    assert place.kind == Place.Kind.SAMPLE
    assert place.attribution_zh
    assert Population.objects.residents() > 20_000
    assert Population.objects.filter(residents=0).exists(), "nobody is written as 0, not left out"
    assert Way.objects.exists()
    assert Edge.objects.filter(gate__isnull=False).exists()
    assert Gate.objects.exclude(status="confirmed").count() == 0, "no path crosses a wall but at a gate of the town"
    assert Feature.objects.filter(kind="building", area__isnull=False).count() == tiers["building"]
    assert Ticket.objects.count() == 3000
    assert TicketEvent.objects.count() > 3000 * 6
    assert not Ticket.objects.filter(located_area=None).exists()
    demand_told_by_people()
    demand_stand_ins_near_the_truth(now)
    demand_nothing_was_noded(now)
    demand_locates(now)
    demand_refuses()
    demand_sign_ins(now)


def demand_told_by_people() -> None:
    """Histories name holders of posts, never a program; callers are sealed, and only those of matters of late."""
    names = set(Person.objects.values_list("name_zh", flat=True))
    assert set(TicketEvent.objects.order_by().values_list("actor_name", flat=True).distinct()) <= names
    assert set(BoundaryChange.objects.values_list("actor_name", flat=True)) <= names
    callers = Reporter.objects.all()
    assert callers.count() > 200
    assert not any(re.search(rb"109\d{4}", bytes(row.phone)) for row in callers[:50])
    assert callers.exclude(phone_hash=None).values("phone_hash").distinct().count() < callers.count(), "some call again"


def demand_stand_ins_near_the_truth(now) -> None:
    """What is told of residents where small figures are replaced, as decision 0021 says it: 0.2 %, 2.7 % and 8.5 %."""
    def off(row) -> tuple[int, int]:
        rows = Population.objects.below(row.area, now)
        told, true = (counted(rows, exact=exact) for exact in (False, True))
        return (told.total, true.total) if told and true else (0, 0)

    ground = Boundary.objects.at(now).select_related("area")
    ((told, true),) = map(off, ground.of_tier("county"))
    assert abs(told / true - 1) < 0.005, (told, true)
    each = [(row.name_zh, *off(row)) for row in ground.of_tier("compound")]
    errors = [abs(told / true - 1) for _name, told, true in each if true]
    assert sum(errors) / len(errors) < 0.035, sum(errors) / len(errors)
    groups = [(told, true) for name, told, true in each if name.endswith("组")]
    told, true = map(sum, zip(*groups, strict=True))
    assert 0 < told / true - 1 < 0.11, (told, true)


def demand_nothing_was_noded(now) -> None:
    """The bulk door found every ring with the nodes of all it meets already: what is stored is what was made."""
    stored = {row.area_id: row.shape.normalize() for row in Boundary.objects.at(now)}
    made = make_plan(town_parameters(), today=timezone.localdate(now)).areas.records
    assert len(stored) == len(made)
    assert all(MultiPolygon([row.geometry]).normalize().equals_exact(stored[row.id], 0) for row in made)


def demand_locates(now) -> None:
    """A site is found where it stands: the chain from the county down ends at the area it serves or below."""
    for site in Site.objects.select_related("kind")[:15]:
        chain = [boundary.area_id for boundary in locate(site.geometry.x, site.geometry.y, moment=now)]
        assert site.area_id in chain, site.name_zh


def demand_refuses() -> None:
    """A second town is refused and nothing changes; with --if-empty it ends well."""
    before = (Boundary.objects.count(), Ticket.objects.count())
    with pytest.raises(CommandError, match=r"澄溪县|Chengxi"):
        make()
    assert "already" in make("--if-empty")
    assert (Boundary.objects.count(), Ticket.objects.count()) == before


def demand_sign_ins(now) -> None:
    """One for each role, two chiefs of compounds; the passwords work, are stored hashed, and end when renewed."""
    first = renew_sign_ins(now=now, actor="test")
    names = {sign_in.username for sign_in in first}
    assert {
        "chief", "chief-2", "worker", "front-desk", "department", "planner", "site-manager", "analyst", "leader",
        "auditor", "administrator",
    } <= names  # fmt: skip
    roles = set(Appointment.objects.filter(person__account__isnull=False).values_list("role", flat=True))
    assert len(roles) == 10
    for name in ("chief", "chief-2"):
        area = Appointment.objects.get(person__account__username=name).area
        assert Boundary.objects.at(now).get(area=area).tier.code == "compound"
    chosen = first[0]
    account = Account.objects.get(username=chosen.username)
    assert account.is_demo
    assert account.check_password(chosen.password)
    assert chosen.password not in account.password
    again = renew_sign_ins(now=now, actor="test")
    assert {sign_in.username for sign_in in again} == names
    assert Account.objects.filter(is_demo=True).count() == len(names)
    account.refresh_from_db()
    assert not account.check_password(chosen.password)
    assert Person.objects.filter(account__isnull=False).count() == len(names)


def test_live_data_get_no_demonstration_sign_ins():
    Place.objects.create(name_zh="真县", kind=Place.Kind.REAL)
    with pytest.raises(CommandError):
        call_command("demo_accounts", stdout=StringIO())
    with pytest.raises(CommandError):
        make()
    assert not Account.objects.exists()
