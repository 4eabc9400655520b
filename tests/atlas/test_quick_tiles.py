"""The short way of public tiles: the same answers as the long one, and never a tile that is not for everybody."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from gis.accounts.models import Account
from gis.shared.layer import Layer
from grids import permissions
from grids.models import Appointment, Boundary, Person
from layers.atlas import quick, registry, tiles, views
from layers.atlas.models import Tile
from layers.tickets.actions import import_rows
from layers.tickets.records import TicketRow
from tests.atlas.test_tiles import column_row
from tests.grids.ground import put, small_county, square

pytestmark = pytest.mark.django_db(transaction=True)
NEAR = (110.005, 35.005)
SINCE = "2026-01-02T00:00Z"
LONG = HttpResponse("the long way", status=418)


@pytest.fixture
def county(transactional_db) -> dict[str, Boundary]:
    from django.core.management import call_command

    call_command("load_catalogues", verbosity=0)
    return small_county()


def address(name: str, z: int, place: tuple[float, float] = NEAR) -> str:
    x, y = column_row(*place, z)
    return f"/tiles/{name}/{z}/{x}/{y}.mvt"


def chief_of(area) -> Account:
    account = Account.objects.create_user(f"chief-{area.pk}", "x")
    person = Person.objects.create(name_zh="长", account=account)
    Appointment.objects.create(area=area, role="chief", person=person, valid_from=SINCE)
    return account


def short(path: str, method: str = "get", **extra) -> HttpResponse:
    return quick.TileMiddleware(lambda request: LONG)(getattr(RequestFactory(), method)(path, **extra))


def test_only_names_whose_every_layer_has_no_rule_of_its_own_are_public():
    public = registry.public_layers()
    assert {"base", "grids", "county", "unit"} <= set(public)
    ruled = {layer.name for layer in registry.LAYERS if type(layer).scope is not Layer.scope}
    assert {"tickets", "ticket_cells", "vacancies"} <= ruled
    for name, layers in public.items():
        assert name not in ruled
        assert not ruled & {layer.name for layer in layers}
        assert registry.scopes(layers, AnonymousUser()) == dict.fromkeys(layers, "public")


def test_one_layer_with_a_rule_takes_its_whole_group_off_the_short_way(monkeypatch):
    layer = registry.layers_of("county")[0]
    monkeypatch.setattr(type(layer), "scope", lambda self, asker: "public")
    assert not {"grids", "county"} & set(registry.public_layers())
    assert short(address("grids", 13)) is LONG


def test_private_tiles_take_the_long_way_even_when_they_are_kept(county, client):
    now = timezone.now()
    rows = [TicketRow(line=1, lon=110.005, lat=35.005, category="other", reported_at=now - timedelta(hours=2))]
    assert import_rows(rows, now=now, channel="import", source="test").stored == 1
    chief = chief_of(county["county"].area)
    client.force_login(chief)
    for z in (12, 16):
        assert client.get(address("tickets", z)).status_code == 200
    assert Tile.objects.filter(layer__in=("tickets", "ticket_cells")).count() == 2
    Tile.objects.update(scope="public")  # even then
    for name in ("tickets", "ticket_cells", "posts", "vacancies"):
        for z in (12, 16):
            assert short(address(name, z)) is LONG
    client.logout()
    assert client.get(address("tickets", 16)).status_code == 401


@pytest.mark.parametrize("path", ["/tiles/grids/15/1/99999.mvt", "/tiles/none/1/1/1.mvt", "/tiles/grids/1/1.mvt", "/"])
def test_what_is_no_public_tile_takes_the_long_way(county, path):
    assert short(path) is LONG
    assert short(address("grids", 13) + "?moment=2026-02-01") is LONG
    assert short(address("grids", 13), "post") is LONG


def test_both_ways_say_the_same_to_everybody(county, client, rf):
    chief = chief_of(county["county"].area)
    for z, name in ((9, "grids"), (13, "grids"), (16, "grids"), (15, "compound"), (15, "base"), (15, "barriers")):
        x, y = column_row(*NEAR, z)
        request = rf.get(address(name, z))
        request.user = chief
        long = views.tile_view(request, name=name, z=z, x=x, y=y)
        client.logout()
        visitor = client.get(address(name, z))
        client.force_login(chief)
        for told in (visitor, client.get(address(name, z))):
            assert (told.status_code, told.content) == (long.status_code, long.content)
            for header in ("ETag", "Cache-Control"):
                assert told[header] == long[header]
            assert told["X-Content-Type-Options"] == "nosniff"
            assert told["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in told["Content-Security-Policy"]
            assert "Cookie" not in told.get("Vary", "")
            assert "sessionid" not in told.cookies


def test_the_short_way_asks_one_thing_of_the_database(county, client, django_assert_num_queries):
    client.force_login(chief_of(county["county"].area))
    client.get(address("grids", 15))
    with django_assert_num_queries(1):
        assert client.get(address("grids", 15)).status_code == 200


@pytest.fixture
def reader(county, client) -> Account:
    """A chief who is signed in, with one ticket on the map."""
    rows = [
        TicketRow(line=1, lon=110.005, lat=35.005, category="other", reported_at=timezone.now() - timedelta(hours=2))
    ]
    assert import_rows(rows, now=timezone.now(), channel="import", source="test").stored == 1
    chief = chief_of(county["west"].area)
    client.force_login(chief)
    return chief


def cookie_of(client) -> str:
    return f"sessionid={client.cookies['sessionid'].value}"


def test_who_is_signed_in_has_private_tiles_the_short_way_too(reader, client, rf, django_assert_num_queries):
    for z in (12, 16):
        x, y = column_row(*NEAR, z)
        request = rf.get(address("tickets", z))
        request.user = reader
        long = views.tile_view(request, name="tickets", z=z, x=x, y=y)
        with django_assert_num_queries(4):  # session, account, grants, the kept tile
            told = short(address("tickets", z), headers={"cookie": cookie_of(client)})
        assert (told.status_code, told.content) == (200, long.content)
        for header in ("ETag", "Cache-Control", "Vary"):
            assert told[header] == long[header]
        assert "private" in told["Cache-Control"]
        assert told["X-Frame-Options"] == "DENY"
        assert short(address("tickets", z), headers={"cookie": "sessionid=" + 32 * "x"}) is LONG
        assert short(address("tickets", z), headers={"cookie": "sessionid=\0'--"}) is LONG
        assert short(address("tickets", z) + "?state=all", headers={"cookie": cookie_of(client)}) is LONG


def test_the_short_way_keeps_every_rule_of_sign_ins(reader, client, monkeypatch):
    path, cookie = address("tickets", 16), {"cookie": cookie_of(client)}
    assert short(path, headers=cookie).status_code == 200
    ended = [
        {"is_active": False}, {"must_change_password": True}, {"password": "another"}, {"session_round": 7},
    ]  # fmt: skip
    for change in ended:
        before = Account.objects.filter(pk=reader.pk).values(*change).get()
        Account.objects.filter(pk=reader.pk).update(**change)
        assert short(path, headers=cookie) is LONG, change
        Account.objects.filter(pk=reader.pk).update(**before)
        assert short(path, headers=cookie).status_code == 200
    begun = timezone.now()
    for later in (timedelta(minutes=2), timedelta(days=1)):  # a last use to write down; a session that is over
        with monkeypatch.context() as patched:
            patched.setattr(quick.timezone, "now", lambda later=later: begun + later)
            assert short(path, headers=cookie) is LONG, later
    assert client.get(path).status_code == 200
    Appointment.objects.filter(person__account=reader).update(valid_until=timezone.now())
    assert short(path, headers=cookie) is LONG
    assert client.get(path).status_code == 403
    client.logout()
    assert short(path, headers=cookie) is LONG
    assert client.get(path).status_code == 401


def test_an_unchanged_tile_is_304_until_an_edit(county, client):
    path = address("grids", 16)
    first = client.get(path)
    known = {"If-None-Match": first["ETag"]}
    again = client.get(path, headers=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert short(path, headers=known).status_code == 304
    put("building", square(3, 3, 2), county["west"], code="B1")
    changed = client.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.content != first.content
    assert client.head(path)["ETag"] == changed["ETag"]


def test_an_outage_is_503_and_a_foreign_host_400(county, client, monkeypatch, settings):
    def away(*args, **kwargs):
        raise OperationalError

    assert client.get(address("grids", 13), headers={"host": "elsewhere.example"}).status_code == 400
    monkeypatch.setattr(quick, "answer", away)
    assert short(address("grids", 13)) is LONG
    monkeypatch.setattr(views, "answer", away)
    told = client.get(address("grids", 13))
    assert told.status_code == 503
    assert told["Retry-After"]


def test_grants_are_looked_up_once_within_a_request_and_anew_in_the_next(county, django_assert_num_queries):
    chief = chief_of(county["west"].area)
    now = timezone.now()
    other = chief_of(county["east"].area)
    with permissions.asked_once():
        with django_assert_num_queries(1):
            first = permissions.grants(chief, "ticket.read", now=now)
            assert permissions.grants(chief, "ticket.read", now=now) == first
        assert permissions.grants(other, "ticket.read", now=now) == [permissions.Grant(county["east"].area_id)]
        assert permissions.grants(AnonymousUser(), "ticket.read", now=now) == []
    assert first == [permissions.Grant(county["west"].area_id)]
    Appointment.objects.filter(person__account=chief).update(valid_until=now)
    with permissions.asked_once():
        assert permissions.grants(chief, "ticket.read", now=now) == []
    assert permissions.grants(chief, "ticket.read", now=now) == []
    assert permissions.grants(chief, "no.such.verb", now=now) == []


def test_a_statement_composed_for_one_scope_serves_no_other_and_no_other_moment(county, client):
    """What was composed for one chief is not given to another, also after their posts change."""
    now = timezone.now()
    rows = [TicketRow(line=1, lon=110.005, lat=35.005, category="other", reported_at=now - timedelta(hours=2))]
    assert import_rows(rows, now=now, channel="import", source="test").stored == 1
    west, east = chief_of(county["west"].area), chief_of(county["east"].area)
    tiles._statements.clear()
    told = []
    for who in (west, east, west):
        Tile.objects.all().delete()
        client.force_login(who)
        told.append(client.get(address("tickets", 16)).status_code)
    assert told == [200, 204, 200]
    layer = registry.layers_of("ticket_cells")[0]
    pins = next(one for one in registry.layers_of("tickets") if one is not layer)
    assert len([key for key in tiles._statements if key[0] is pins]) == 2
    held = Appointment.objects.filter(person__account=west)
    person = held.get().person
    held.update(valid_until=timezone.now())
    Appointment.objects.create(area=county["east"].area, role="chief", person=person, valid_from=timezone.now())
    client.force_login(west)
    assert client.get(address("tickets", 16)).status_code == 204
    both, (x, y) = chief_of(county["community"].area), column_row(*NEAR, 16)
    for moment in (now - timedelta(days=3), now - timedelta(hours=1), now):
        alone = tiles.tile([pins], 16, x, y, asker=both, moment=moment)
        with permissions.asked_once():
            assert tiles.tile([pins], 16, x, y, asker=both, moment=moment) == alone
            assert tiles.tile([pins], 16, x, y, asker=both, moment=moment) == alone
        assert bool(alone) == (moment > now - timedelta(hours=2))
