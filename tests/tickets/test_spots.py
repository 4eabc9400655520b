"""The narrow rows against the tickets themselves: counts of cells and lists, by every filter, through every door."""

import math
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL

from grids.models import Appointment, Tier
from layers.tickets import spots, workflow
from layers.tickets.actions import import_rows
from layers.tickets.keeping import Differences, rebuild, verify
from layers.tickets.layer import TicketCellLayer
from layers.tickets.listing import Wish, chosen, late, listed
from layers.tickets.models import Category, GridPair, Spot, Tally, Ticket
from layers.tickets.records import Happening, TicketRow
from layers.tickets.sight import sight_of
from layers.tickets.tallies import fold, keeper

from .conftest import IN_COMPOUND, IN_EAST, NOW, SOUTH, WEST, past_guards
from .test_moving import move
from .test_reporting import report

LATER = datetime(2026, 9, 1, tzinfo=UTC)
START, END = datetime(2026, 2, 20), datetime(2026, 8, 30)  # noqa: DTZ001 - hypothesis adds the zone itself
CODES = ("litter", "errand", "noise")
POSTS = ("desk", "east_desk", "worker", "chief", "west_worker", "west_chief", "leader", "two", "some_matters")
STEPS = ((), ("settle",), ("accept", "dispatch"), ("settle",), ("accept", "dispatch", "sign"), ("settle",), ("accept",))


def scatter(ground, count: int = 90) -> None:
    """Tickets over the county and beside it, of some months, categories and states, by the bulk door."""
    rows = []
    for n in range(count):
        reported = NOW + timedelta(days=(n * 37) % 150, hours=n % 24)
        steps = [Happening(verb, reported + timedelta(hours=3), "", "销号") for verb in STEPS[n % 7]]
        rows.append(
            TicketRow(
                line=n,
                id=None,
                lon=WEST + 0.0005 + (n * 7 % 45) / 1000,
                lat=SOUTH + 0.0005 + (n * 11 % 40) / 1000,
                category=CODES[n % 3],
                reported_at=reported,
                text=f"路灯不亮{n}" if n % 5 else "井盖",
                history=steps,
                external_number=str(n),
            )
        )
    assert import_rows(rows, now=LATER, channel="import", source="test").stored == count


def brute(asker, wish: Wish, now: datetime) -> tuple[set[uuid.UUID], int]:
    """The same question asked of the tickets themselves, in the plainest way."""
    found = chosen(asker, wish, now)
    return set(found.values_list("pk", flat=True)), late(found, now, then=None).count()


def counted(asker, wish: Wish, z: int, now: datetime) -> dict[str, tuple[int, int]]:
    """Cells of all tiles over the county and its surroundings: id to count and overdue."""
    sight, cells = wish.sight(asker, now=now), {}
    n = 2**z
    for x in range(int((WEST + 180) / 360 * n), int((WEST + 0.046 + 180) / 360 * n) + 1):
        for y in range(row_of(SOUTH + 0.041, n), row_of(SOUTH, n) + 1):
            sql, params = spots.cells(replace(wish.asked(), codes=spots.tile_stretch(z, x, y)), sight, z, now=now)
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                for key, count, overdue, _geom in cursor.fetchall():
                    assert key not in cells
                    cells[key] = (count, overdue)
    return cells


def row_of(lat: float, n: int) -> int:
    return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)


wishes = st.builds(
    Wish,
    view=st.sampled_from(["area", "needs_me"]),
    state=st.sampled_from(["", "open", "ended", "all", "reported", "reported,closed"]),
    category=st.sampled_from(["", "litter", "errand,noise", "nothing"]),
    area=st.sampled_from([None, "county", "east", "compound", "building"]),
    since=st.none() | st.datetimes(START, END, timezones=st.just(UTC)),
    until=st.none() | st.datetimes(START, END, timezones=st.just(UTC)),
    overdue=st.booleans(),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wish=wishes, post=st.sampled_from(POSTS), z=st.integers(7, 15),
    days=st.integers(0, 200), folded=st.booleans(),
)  # fmt: skip
def test_cells_totals_and_list_are_those_of_the_tickets_themselves(many, wish, post, z, days, folded) -> None:
    wish = replace(wish, area=many.areas[str(wish.area)] if wish.area else None)
    asker, now = many.people[post], NOW + timedelta(days=days)
    if folded:
        fold()
    keys, overdue = brute(asker, wish, now)
    cells = counted(asker, wish, z, now)
    assert (sum(n for n, _late in cells.values()), sum(late for _n, late in cells.values())) == (len(keys), overdue)
    for order in ("due", "newest"):
        whole = listed(asker, wish, now, order=order, after="", limit=200)
        assert (whole.total, whole.overdue, {ticket.pk for ticket in whole.tickets}) == (len(keys), overdue, keys)
    for cell, told in list(cells.items())[:3]:
        there = listed(asker, replace(wish, cell=cell), now, order="newest", after="", limit=200)
        assert (there.total, there.overdue, len(there.tickets)) == (*told, told[0])


@pytest.fixture
def many(ground):
    """The scattered tickets, people with posts limited to some matters, and posts that fall vacant after 100 days."""
    from django.contrib.auth import get_user_model

    from grids.models import Person

    for name, role, area, codes, days in (
        ("two", "worker", "west", ["litter"], 9),
        ("two", "chief", "building", [], 9),
        ("some_matters", "worker", "compound", ["litter"], 1),
        ("some_matters", "chief", "county", ["errand", "noise"], 1),
    ):
        account, _made = get_user_model().objects.get_or_create(username=name, password="!")
        person, _made = Person.objects.get_or_create(name_zh=name, account=account)
        Appointment.objects.create(
            area_id=ground.areas[area],
            role=role,
            person=person,
            categories=codes,
            valid_from=NOW - timedelta(days=days),
        )
        ground.people[name] = account
    scatter(ground)
    for name in ("chief", "west_worker"):  # after some of the time that is asked about
        Appointment.objects.filter(person__account=ground.people[name]).update(valid_until=NOW + timedelta(days=100))
    return ground


@pytest.mark.parametrize("order", ["due", "newest"])
@pytest.mark.parametrize("few", [0, 1000])
def test_pages_neither_skip_nor_repeat(many, order, few, monkeypatch) -> None:
    monkeypatch.setattr("layers.tickets.listing.FEW", few)
    seen, after = [], ""
    while True:
        got = listed(many.people["desk"], Wish(), LATER, order=order, after=after, limit=7)
        seen += [ticket.pk for ticket in got.tickets]
        after = got.following or ""
        if not after:
            break
    assert len(seen) == len(set(seen)) == 90
    places = [Ticket.objects.get(pk=key) for key in seen]
    if order == "newest":
        assert [one.reported_at for one in places] == sorted((one.reported_at for one in places), reverse=True)
    else:
        due = [one.due_at for one in places if one.due_at]
        assert due == sorted(due)
        assert all(one.due_at is None for one in places[len(due) :])


def test_every_change_moves_the_counts_with_it(many) -> None:
    ticket = report(many, IN_EAST)
    for hours, (verb, post) in enumerate([("sign", "worker"), ("start", "worker")], start=1):
        move(many, ticket, verb, post, hours=hours)
    agree()
    with past_guards():
        Ticket.objects.filter(pk=ticket.pk).update(point=Point(*IN_COMPOUND, srid=4326))
        Ticket.objects.filter(category__code="litter").update(category=Category.objects.get(code="errand"))
        Ticket.objects.filter(external_number="4").update(reported_at=NOW, due_at=LATER)
    agree()
    before = Tally.objects.count()
    with past_guards():
        Ticket.objects.update(urgency="urgent")
    assert Tally.objects.count() == before
    fold()
    agree()
    assert not Tally.objects.filter(folded=False).exists()
    assert fold() == 0


def agree() -> None:
    """Each spot stands where and as its ticket does, and the tallies are the sums of the spots."""
    tickets = {ticket.pk: ticket for ticket in Ticket.objects.all()}
    kept = {spot.pk: spot for spot in Spot.objects.select_related("pair", "ward")}
    assert set(tickets) == set(kept)
    sums: dict[tuple, list[int]] = {}
    for key, spot in kept.items():
        ticket = tickets[key]
        assert (spot.state, spot.category_id, spot.reported_at, spot.due_at) == (
            ticket.state, ticket.category_id, ticket.reported_at, ticket.due_at,
        )  # fmt: skip
        assert spot.pair.located_chain == ticket.located_chain
        assert spot.pair.responsible_chain == ticket.responsible_chain
        assert spot.ward_id == spot.pair.ward_id == spot.ward.ward_id
        assert set(spot.ward.located_chain) <= set(ticket.located_chain)
        world = 2**spots.WORLD_BITS
        assert spot.x == int((ticket.point.x + 180) / 360 * world)
        assert abs(spot.y - row_of(ticket.point.y, world)) <= 1
        assert spot.code == spots.code_of(spot.x, spot.y, spots.WORLD_BITS)
        cell = spot.code >> 2 * (spots.WORLD_BITS - spots.CELL_BITS)
        month = spot.reported_at.astimezone(UTC).date().replace(day=1)
        for category in (spot.category_id, Tally.ALL):
            total = sums.setdefault((cell, spot.ward_id, category, spot.state, month), [0, 0, 0])
            for index, more in enumerate((1, spot.x, spot.y)):
                total[index] += more
    told: dict[tuple, list[int]] = {}
    for tally in Tally.objects.all():
        total = told.setdefault((tally.cell, tally.ward_id, tally.category_id, tally.state, tally.month), [0, 0, 0])
        for index, more in enumerate((tally.n, tally.sum_x, tally.sum_y)):
            total[index] += more
    assert {key: total for key, total in told.items() if any(total)} == sums


def test_wards_are_chains_without_grids(many) -> None:
    wards = GridPair.objects.filter(pk__in=Spot.objects.values("ward"))
    grids = {many.areas["compound"], many.areas["building"]}
    assert wards.exists()
    assert all(grids.isdisjoint([*ward.located_chain, *ward.responsible_chain]) for ward in wards)
    assert wards.count() < GridPair.objects.count()


def test_nobody_but_the_triggers_writes_what_they_keep(many) -> None:
    for statement in (
        "UPDATE tickets_spot SET state = 'closed'",
        "DELETE FROM tickets_spot",
        "INSERT INTO tickets_gridpair (key, located_chain, responsible_chain, ward_id) VALUES (1, '{}', '{}', 1)",
        "UPDATE tickets_tally SET n = n + 1",
        "DELETE FROM tickets_tally",
        "INSERT INTO tickets_tally SELECT * FROM tickets_tally",
    ):
        refused = pytest.raises(DatabaseError, match="kept by triggers")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    fold()
    assert_refused = pytest.raises(DatabaseError, match="kept by triggers")
    with assert_refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_tally")  # the keeper's leave ends with the keeper


@pytest.mark.parametrize("table", ["tickets_spot", "tickets_gridpair", "tickets_tally", "tickets_ticketborder"])
def test_nobody_empties_what_the_triggers_keep(db, table) -> None:
    """The tests' own database has triggers of this kind switched off: each is switched on here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE '%%no_truncate'", [table]
        )
        ((name,),) = cursor.fetchall()
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
        with pytest.raises(DatabaseError, match="TRUNCATE is refused"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table}")


def test_a_place_on_the_edge_of_a_tile_belongs_to_the_tile_east_and_south_of_it() -> None:
    assert spots.tile_stretch(0, 0, 0) == (0, 4**spots.WORLD_BITS)
    low, high = spots.tile_stretch(9, 411, 200)
    parts = sorted(spots.tile_stretch(10, x, y) for x in (822, 823) for y in (400, 401))
    assert (parts[0][0], parts[-1][1]) == (low, high)
    assert all(one[1] == other[0] for one, other in zip(parts[:-1], parts[1:], strict=True))


def test_the_quick_way_tells_what_the_slow_way_tells(many) -> None:
    desk = many.people["desk"]
    for z in (8, 12, 14):
        slow = {
            row["id"]: (row["count"], row["overdue"], row["geom"].coords)
            for row in TicketCellLayer().rows(asker=desk, moment=LATER, zoom=z + 1)
        }
        sight, quick = sight_of(desk, None, now=LATER), {}
        asked = replace(Wish(state="open").asked(), codes=(0, 4**spots.WORLD_BITS))
        sql, params = spots.cells(asked, sight, z, now=LATER)
        with connection.cursor() as cursor:
            told = SQL("SELECT id, count, overdue, ST_X(geom), ST_Y(geom) FROM ({}) AS cells").format(sql)
            cursor.execute(told, params)
            for key, count, overdue, lon, lat in cursor.fetchall():
                quick[key] = (count, overdue, pytest.approx((lon, lat), abs=1e-7))
        assert slow == quick


def test_words_are_found_two_signs_long_and_counts_say_when_there_are_more(many, monkeypatch) -> None:
    desk = many.people["desk"]

    def told(words: str) -> tuple[int, bool]:
        got = listed(desk, Wish(q=words), LATER, order="newest", after="", limit=10)
        return got.total, got.more

    assert [told(words) for words in ("路灯", "井盖", "灯", "没有", "%", "不亮8")] == [
        (72, False), (18, False), (72, False), (0, False), (0, False), (9, False),
    ]  # fmt: skip
    number = Ticket.objects.order_by("number").first().number
    assert told(number[-5:].lower())[0] >= 1
    assert told("17")[0] == sum("17" in ticket.number + ticket.text for ticket in Ticket.objects.all())
    monkeypatch.setattr("layers.tickets.listing.MOST_COUNTED", 20)
    assert told("路灯") == (20, True)


def test_the_month_of_a_tally_is_whole_or_not_used() -> None:
    from layers.tickets.sight import months

    first, second = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert months(None, None) == (None, None)
    assert months(first, second) == (first, second)
    assert months(first + timedelta(seconds=1), second) is None
    assert months(first, second - timedelta(seconds=1)) is None
    assert months(datetime(2025, 12, 5, tzinfo=UTC), None) == (datetime(2026, 1, 1, tzinfo=UTC), None)
    assert set(workflow.STATES) >= set(Wish(state="all").asked().states)


def test_what_went_past_the_triggers_is_found_and_mended(many, capsys) -> None:
    call_command("tickets", "verify")
    assert "90 tickets" in capsys.readouterr().out
    second = Spot.objects.exclude(pair__located_chain=[]).order_by("ticket_id").first()
    first, third = Spot.objects.exclude(pk=second.pk).order_by("ticket_id")[:2]
    with past_guards(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_ticket DISABLE TRIGGER tickets_spots_update")
        cursor.execute("UPDATE tickets_ticket SET due_at = now() WHERE id = %s", [first.pk])
        cursor.execute("UPDATE tickets_ticket SET located_chain = '{}' WHERE id = %s", [second.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE tickets_ticket ENABLE TRIGGER tickets_spots_update")
        with keeper():
            cursor.execute("DELETE FROM tickets_spot WHERE ticket_id = %s", [third.pk])
            cursor.execute("UPDATE tickets_tally SET n = n + 3 WHERE id = (SELECT min(id) FROM tickets_tally)")
            cursor.execute("UPDATE tickets_gridpair SET ward_id = id, key = 0 WHERE id = %s", [first.pair_id])
    assert verify().spots >= 3
    with pytest.raises(CommandError, match="rebuild"):
        call_command("tickets", "verify")
    call_command("tickets", "rebuild")
    assert "put right" in capsys.readouterr().out
    agree()
    assert verify() == rebuild() == Differences(90, 0, 0, 0, 0)


def test_a_tier_that_becomes_a_grid_is_noticed(many) -> None:
    Tier.objects.filter(code="community").update(grid_level=0)
    assert verify().pairs
    rebuild()
    agree()
    assert verify().none
    east = many.areas["east"]
    assert not GridPair.objects.filter(pk__in=Spot.objects.values("ward"), located_chain__contains=[east]).exists()


def test_a_spot_knows_when_its_matter_was_closed(many) -> None:
    closed = Ticket.objects.filter(state="closed")
    assert closed.exists()
    assert not Spot.objects.exclude(state="closed").filter(closed_at__isnull=False).exists()
    told = dict(Spot.objects.filter(closed_at__isnull=False).values_list("pk", "closed_at"))
    assert told == dict(closed.values_list("pk", "changed_at"))
    with past_guards():
        closed.update(changed_at=LATER)
    assert set(Spot.objects.filter(state="closed").values_list("closed_at", flat=True)) == {LATER}


@pytest.mark.parametrize("post", ["desk", "chief", "some_matters"])
@pytest.mark.parametrize(("few", "most"), [(0, 2_000), (0, 3), (1_000, 2_000), (1_000, 3)])
def test_words_are_found_alike_in_every_way(many, monkeypatch, post, few, most) -> None:
    monkeypatch.setattr("layers.tickets.listing.LOOKED_THROUGH", few)
    monkeypatch.setattr("layers.tickets.listing.MOST_COUNTED", most)
    asker, now = many.people[post], NOW + timedelta(days=60)
    for wish in (
        Wish(q="路灯"),
        Wish(q="灯", state="open"),
        Wish(q="路灯不亮8"),
        Wish(q="_"),
        Wish(q="2026-0000", view="needs_me"),
    ):
        wanted = {ticket.pk for ticket in chosen(asker, wish, now) if wish.q in ticket.text + ticket.number}
        for order in ("due", "newest"):
            seen, after = [], ""
            while True:
                got = listed(asker, wish, now, order=order, after=after, limit=7)
                assert (got.total, got.more) == (min(len(wanted), most), len(wanted) > most)
                seen += [ticket.pk for ticket in got.tickets]
                after = got.following or ""
                if not after:
                    break
            assert len(seen) == len(wanted)
            assert set(seen) == wanted


def test_what_was_closed_is_counted_in_grids_and_in_all(many) -> None:
    for post in ("desk", "chief", "two"):
        asker = many.people[post]
        for after, until in ((NOW, LATER), (NOW + timedelta(days=30), NOW + timedelta(days=60))):
            found = Ticket.objects.visible_to(asker, LATER).filter(
                state="closed", changed_at__gt=after, changed_at__lte=until
            )
            in_grid = found.filter(responsible_area__tier__grid_level__isnull=False)
            told = spots.closed(sight_of(asker, None, now=LATER), after=after, until=until)
            assert told == (found.count(), in_grid.count())
    assert told[0]
