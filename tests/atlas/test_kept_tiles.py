"""Kept tiles are always the tiles one would make now: through every door, in every race, for every asker and moment."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from gis.accounts.models import Account
from gis.shared.tiles import bounds
from grids.actions import move_boundary
from grids.models import Appointment, Boundary, Person
from layers.atlas import keeping
from layers.atlas.models import Edit, Tile
from layers.atlas.registry import LAYERS, layers_of
from layers.atlas.tiles import map_zoom, tile
from layers.streets.models import Barrier
from layers.tickets.models import Ticket
from tests.atlas.test_tiles import column_row
from tests.grids.ground import put, small_county, square
from tests.tickets.conftest import past_guards

pytestmark = pytest.mark.django_db(transaction=True)
NEAR, FAR = (110.005, 35.005), (110.09, 35.09)
ZOOMS = (9, 13, 15, 17)
SINCE = "2026-01-02T00:00Z"


@pytest.fixture
def county(transactional_db) -> dict[str, Boundary]:
    from django.core.management import call_command

    call_command("load_catalogues", verbosity=0)
    return small_county()


def ask(name: str, place: tuple[float, float], z: int, *, asker=None, moment=None, now=None) -> keeping.Answer:
    now = now or timezone.now()
    scopes = {layer: layer.scope(asker) for layer in layers_of(name)}
    x, y = column_row(*place, z)
    return keeping.answer(scopes, z, x, y, asker=asker, moment=moment or now, now=now)


def fresh(name: str, place: tuple[float, float], z: int, *, asker=None, moment=None) -> bytes:
    x, y = column_row(*place, z)
    return tile(layers_of(name), z, x, y, asker=asker, moment=moment or timezone.now())


@pytest.fixture
def makings(monkeypatch) -> list[list[str]]:
    """Which layers were made, one entry a statement."""
    seen: list[list[str]] = []
    make = keeping._make

    def counted(scopes, *args, **kwargs):
        seen.append([layer.name for layer in scopes])
        return make(scopes, *args, **kwargs)

    monkeypatch.setattr(keeping, "_make", counted)
    return seen


def fill() -> None:
    for place in (NEAR, FAR):
        for z in ZOOMS:
            ask("grids", place, z)


def check() -> None:
    for place in (NEAR, FAR):
        for z in ZOOMS:
            assert ask("grids", place, z).body == fresh("grids", place, z), (place, z)


def test_a_tile_is_made_once(county, makings):
    first = ask("grids", NEAR, 15)
    assert ask("grids", NEAR, 15) == first
    assert first.body == fresh("grids", NEAR, 15)
    assert len(makings) == 1


def test_an_edit_makes_only_its_own_layer_and_its_own_tiles_new(county, makings):
    fill()
    makings.clear()
    put("building", square(3, 3, 2), county["west"], code="B1")
    check()
    assert makings == [["building"], ["building"]], "two zooms that show buildings, near alone"


def test_every_door_is_heard(county):
    west = county["west"]
    chief = Account.objects.create_user("chief", "x")
    person = Person.objects.create(name_zh="长", account=chief)
    Appointment.objects.create(area=county["county"].area, role="chief", person=person, valid_from=SINCE)
    fill()
    move_boundary(area_id=west.area_id, shape=_multi(square(2, 2, 9)), version=1, actor=chief, now=timezone.now())
    check()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE grids_boundary SET valid_until = now(), closed_by_id = opened_by_id WHERE area_id = %s"
            " AND valid_until IS NULL",
            [county["east"].area_id],
        )
    check()
    with connection.cursor() as cursor, cursor.copy("COPY streets_barrier (kind, geometry) FROM STDIN") as copy:
        copy.write_row(("wall", "SRID=4326;LINESTRING(110.004 35.004, 110.006 35.006)"))
    assert ask("barriers", NEAR, 17).body == fresh("barriers", NEAR, 17) != b""
    Barrier.objects.all().delete()
    assert ask("barriers", NEAR, 17).body == b""
    check()


def _multi(polygon):
    import shapely

    return shapely.MultiPolygon([polygon])


def test_what_was_edited_and_taken_back_changes_nothing(county, makings):
    fill()
    makings.clear()
    with transaction.atomic():
        put("building", square(3, 3, 2), county["west"], code="B1")
        transaction.set_rollback(True)
    check()
    assert makings == []
    assert not Edit.objects.filter(layer="building").exists()


def test_exactly_the_tiles_that_meet_the_old_or_the_new_shape_go(county):
    import shapely
    from shapely.geometry import box

    l_shape = square(52, 52, 40).difference(square(56, 56, 40))
    area = put("street", l_shape, county["county"], code="S2")
    places = [(110 + i / 150, 35 + j / 150) for i in range(16) for j in range(16)]
    for place in places:
        ask("street", place, 15)
    before = {(row.x, row.y) for row in Tile.objects.filter(layer="street", z=15)}
    old, new, now = area.shape, square(80, 80, 4), timezone.now()
    Boundary.objects.filter(pk=area.pk).update(valid_until=now, closed_by=area.opened_by)
    put("street", new, county["county"], area=area.area, code="S2", version=2, valid_from=now)
    layer = layers_of("street")[0]
    meeting = {
        (x, y) for x, y in before
        if box(*bounds(15, x, y, margin=keeping.margin_of(layer))).intersects(shapely.union(old, new))
    }  # fmt: skip
    gone = before - {(row.x, row.y) for row in Tile.objects.filter(layer="street", z=15)}
    assert gone == meeting
    assert 0 < len(gone) < len(before)


def test_a_tile_made_while_somebody_saves_is_never_given_to_anybody(county):
    writer = connection.copy()
    try:
        writer.set_autocommit(False)
        west = county["west"]
        with writer.cursor() as cursor:
            cursor.execute(
                "UPDATE grids_boundary SET valid_until = now(), closed_by_id = opened_by_id WHERE id = %s", [west.pk]
            )
        early = ask("compound", NEAR, 15)  # sees the ground before, and is kept after the writer's deletion
        assert Tile.objects.filter(layer="compound").exists()
        writer.commit()
        late = ask("compound", NEAR, 15)
        assert late.body == fresh("compound", NEAR, 15)
        assert late != early
    finally:
        writer.close()


def test_two_who_edit_one_tile_do_not_wait_for_each_other(county):
    fill()
    writer = connection.copy()
    try:
        writer.set_autocommit(False)
        with writer.cursor() as cursor:
            cursor.execute("INSERT INTO streets_barrier (kind, geometry) VALUES ('wall', %s)", [WALL])
        ask("barriers", NEAR, 17)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
            cursor.execute("INSERT INTO streets_barrier (kind, geometry) VALUES ('wall', %s)", [WALL])
            cursor.execute("RESET lock_timeout")
        writer.rollback()
        assert ask("barriers", NEAR, 17).body == fresh("barriers", NEAR, 17) != b""
    finally:
        writer.close()


WALL = "SRID=4326;LINESTRING(110.004 35.004, 110.006 35.006)"


def test_what_comes_into_force_later_shows_then(county, makings):
    now = timezone.now()
    put("building", square(3, 3, 2), county["west"], code="B1", valid_from=now + timedelta(hours=1))
    before = ask("building", NEAR, 17, now=now)
    after = ask("building", NEAR, 17, now=now + timedelta(hours=2))
    assert before.body == b""
    assert after.body == fresh("building", NEAR, 17, moment=now + timedelta(hours=2)) != b""
    assert ask("building", NEAR, 17, now=now + timedelta(hours=3)) == after
    assert len(makings) == 2


def test_the_past_is_kept_through_edits_of_today_and_told_anew_when_it_is_told_otherwise(county, makings):
    moment = timezone.now() - timedelta(days=1)
    ask("compound", NEAR, 15, moment=moment)
    put("compound", square(30, 2, 3), county["community"], code="C3", valid_from=timezone.now())
    makings.clear()
    ask("compound", NEAR, 15, moment=moment)
    assert makings == []
    put("compound", square(0.5, 2, 1), county["community"], code="C4")
    assert ask("compound", NEAR, 15, moment=moment).body == fresh("compound", NEAR, 15, moment=moment)
    assert makings == [["compound"]]


def test_many_rows_at_once_leave_one_place_a_layer(county):
    fill()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO streets_barrier (kind, geometry) SELECT 'wall', ST_SetSRID(ST_MakeLine("
            "ST_MakePoint(110 + i / 1e4, 35), ST_MakePoint(110 + i / 1e4, 35.01)), 4326) FROM generate_series(1, 500) i"
        )
    assert Edit.objects.filter(layer="barriers").count() == 1
    assert ask("barriers", NEAR, 17).body == fresh("barriers", NEAR, 17) != b""


def worker(area) -> Account:
    account = Account.objects.create_user(f"worker-{uuid.uuid4().hex[:6]}", "x")
    Appointment.objects.create(
        area=area, role="worker", person=Person.objects.create(name_zh="员", account=account), valid_from=SINCE
    )
    return account


def test_private_tiles_are_never_shared_between_scopes(county, client, makings):
    from layers.tickets.actions import import_rows
    from layers.tickets.records import TicketRow

    west, east, both = worker(county["west"].area), worker(county["east"].area), worker(county["community"].area)
    now = timezone.now()
    rows = [TicketRow(line=1, lon=110.005, lat=35.005, category="other", reported_at=now - timedelta(hours=2))]
    assert import_rows(rows, now=now, channel="import", source="test").stored == 1
    url = "/tiles/tickets/{}/{}/{}.mvt".format(16, *column_row(*NEAR, 16))
    assert client.get(url).status_code == 401
    told = {}
    for who in (both, west, east, both, west, east):
        client.force_login(who)
        told.setdefault(who.username, []).append(client.get(url))
    assert [one.status_code for one in told[east.username]] == [204, 204]
    assert [one.status_code for one in told[west.username] + told[both.username]] == [200] * 4
    scopes = set(Tile.objects.filter(layer="tickets").values_list("scope", flat=True))
    assert len(scopes) == 3
    assert "public" not in scopes
    client.logout()
    assert client.get(url).status_code == 401
    with past_guards():
        Ticket.objects.update(urgency="urgent")
    client.force_login(west)
    assert client.get(url).content != told[west.username][0].content


def test_every_layer_that_is_kept_is_told_of_every_table_it_draws_from(county):
    """A layer that draws from a table without triggers must not be kept."""
    # codes never change; an event comes with its ticket, by trigger, and its spot is kept by triggers of the ticket;
    # a site or a gate as it was is a view of it and of its former states, which a trigger of its own table writes
    silent = {"grids_tier", "tickets_ticketevent", "tickets_spot", "service_sites_sitethen", "streets_gatethen"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger"
            " WHERE tgname ~ '_tiles_(insert|update|delete|truncate)$' GROUP BY 1"
        )
        heard = dict(cursor.fetchall())
    now = timezone.now()
    chief = worker(county["county"].area)
    for layer in LAYERS:
        if layer.cached:
            rows = layer.rows(asker=chief, moment=now, zoom=max(layer.min_zoom, 17))
            tables = {name for name, count in rows.query.alias_refcount.items() if count}
            tables = {rows.query.alias_map[name].table_name for name in tables}
            assert tables - silent <= {table for table, count in heard.items() if count == 4}, layer.name


def test_an_unchanged_tile_is_304_and_costs_no_making(county, client, makings):
    x, y = column_row(*NEAR, 15)
    first = client.get(f"/tiles/grids/15/{x}/{y}.mvt")
    makings.clear()
    again = client.get(f"/tiles/grids/15/{x}/{y}.mvt", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, makings) == (304, b"", [])
    put("building", square(3, 3, 2), county["west"], code="B1")
    changed = client.get(f"/tiles/grids/15/{x}/{y}.mvt", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == (200 if map_zoom(15) >= 16 else 304)


def test_tidying_leaves_what_counts_and_keeps_to_its_size(county, settings):
    fill()
    later = timezone.now() + timedelta(hours=2)
    count = Tile.objects.count()
    put("building", square(3, 3, 2), county["west"], code="B1")
    keeping.tidy(now=later)
    assert not Edit.objects.exists()
    assert 0 < Tile.objects.count() <= count
    check()
    settings.TILE_CACHE_MB = 0
    keeping.tidy(now=later)
    assert not Tile.objects.exists()
    check()


def test_a_tile_of_now_is_never_given_for_a_past_moment_nor_that_of_one_past_for_another(county):
    before = timezone.now() - timedelta(hours=1)
    put("compound", square(30, 2, 3), county["community"], code="C5", valid_from=timezone.now() - timedelta(minutes=30))
    ask("compound", NEAR, 15)  # now is kept first
    for moment in (before, timezone.now() - timedelta(minutes=1), before):
        assert ask("compound", NEAR, 15, moment=moment).body == fresh("compound", NEAR, 15, moment=moment)
    assert ask("compound", NEAR, 15).body == fresh("compound", NEAR, 15)
