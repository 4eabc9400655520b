"""Tickets held by the process against the database: after every kind of change, whoever commits first."""

import threading
import uuid
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils import timezone

from grids.models import AgeBand, Population
from layers.hotspots import bases, held, living, snapshots, tasks, tilings, warming
from layers.hotspots.living import Span
from layers.hotspots.models import Touched
from layers.hotspots.queries import AT_HOME, Whole
from layers.hotspots.questions import Question
from layers.hotspots.snapshots import State
from layers.tickets.actions import import_rows
from layers.tickets.models import Category, Ticket
from layers.tickets.records import TicketRow
from layers.tickets.sight import category_ids, sight_of
from layers.tickets.tallies import keeper
from tests.hotspots.conftest import SPOT, strew
from tests.tickets.conftest import BEGINNING, IN_WEST, NOW, make_ground, past_guards

LATER = NOW + timedelta(days=1)
READERS = ("planner", "chief", "west_chief", "leader", "worker", "desk", "site_manager")


def row(number: int, place: tuple[float, float] = SPOT, category: str = "other") -> TicketRow:
    reported = NOW - timedelta(hours=number + 1)
    return TicketRow(line=number, lon=place[0], lat=place[1], category=category, reported_at=reported, text="又一件")


def put(*rows: TicketRow, source: str) -> None:
    assert import_rows(list(rows), now=NOW, channel="import", source=source).stored == len(rows)


def seen(asker, *, since=None, until=None, category=None) -> list[tuple[float, float]]:
    """Places of the tickets that somebody sees, from what is held."""
    tickets = held.held()
    number = category_ids([category])[category] if category else None
    old, new = tickets.chosen(sight_of(asker, None, now=LATER), since=since, until=until, category=number)
    return sorted(map(tuple, np.vstack([tickets.base.columns.xy[old], tickets.later.xy[new]]).tolist()))


def of_tickets(asker, *, since=None, until=None, category=None):
    """The tickets themselves that somebody sees."""
    found = Ticket.objects.visible_to(asker, LATER).in_period(since, until)
    return found.filter(category__code=category) if category else found


def truth(asker, **asked) -> list[tuple[float, float]]:
    """The same places from the tickets themselves."""
    return sorted((ticket.point.x, ticket.point.y) for ticket in of_tickets(asker, **asked))


def newest(asker, most: int) -> list[uuid.UUID]:
    """Ids of the newest tickets that somebody sees, from what is held."""
    tickets = held.held()
    chosen = tickets.chosen(sight_of(asker, None, now=LATER), since=None, until=None, category=None)
    return [uuid.UUID(int=one << 64 | two) for one, two in tickets.newest(*chosen, most)[0].tolist()]


@pytest.fixture
def kept(ground):
    """A base of all tickets, as another process without changes of its own would keep it; let go of afterwards."""
    where = held.database_key()
    base = held._bases[where] = held._read(before_this())
    Touched.objects.all().delete()
    yield base
    held.forget()


def before_this() -> State:
    """The snapshot that a transaction before this one had: nothing that this one writes is in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (own,) = cursor.fetchone()
    return State(f"{own}:{own}:", snapshots.now()[0].filenode)


def test_everybody_sees_what_the_tickets_themselves_tell(ground, kept) -> None:
    middle = NOW - timedelta(days=40)
    for post in READERS:
        asker = ground.people[post]
        for asked in ({}, {"since": middle}, {"until": middle}, {"category": "street_lamp"}):
            assert seen(asker, **asked) == truth(asker, **asked), (post, asked)
    assert seen(ground.people["planner"])
    assert seen(ground.people["west_chief"]) != seen(ground.people["planner"])


def test_no_change_is_missed_whichever_it_is(ground, kept) -> None:
    planner, west = ground.people["planner"], ground.people["west_chief"]

    def same(what: str) -> None:
        assert held.held().base is kept, f"{what}: read again as a whole"
        for asker in (planner, west):
            assert seen(asker) == truth(asker), what
            assert seen(asker, category="litter") == truth(asker, category="litter"), what
            in_order = list(of_tickets(asker).order_by("-reported_at", "-id").values_list("pk", flat=True))
            assert [newest(asker, 7), newest(asker, 10_000)] == [in_order[:7], in_order], what

    put(row(1), row(2, IN_WEST), source="one")
    same("stored")
    put(row(1, IN_WEST), row(1), source="two")
    same("stored at the same moment")
    first, second, third = Ticket.objects.order_by("reported_at", "number")[:3]
    with past_guards():
        Ticket.objects.filter(pk=first.pk).update(point=Point(first.point.x + 2e-8, first.point.y, srid=4326))
    same("moved by two millimetres, less than a step of the narrow rows")
    with past_guards():
        Ticket.objects.filter(pk=second.pk).update(category=Category.objects.get(code="litter"))
        Ticket.objects.filter(pk=third.pk).update(reported_at=third.reported_at - timedelta(days=1))
    same("of another category, of another day")
    told = Touched.objects.count()
    with past_guards():
        Ticket.objects.filter(pk=second.pk).update(version=second.version + 1)
    assert Touched.objects.count() == told, "what is not held is not told"
    with keeper(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_spot WHERE ticket_id = %s", [first.pk])
    assert len(seen(planner)) == len(truth(planner)) - 1, "what has no narrow row is nowhere in lists and counts either"


def test_what_is_taken_back_is_forgotten(ground, kept) -> None:
    planner = ground.people["planner"]
    before = seen(planner)
    with transaction.atomic():
        put(row(5), source="taken back")
        assert len(seen(planner)) == len(before) + 1, "one's own changes count at once"
        transaction.set_rollback(True)
    assert seen(planner) == before


def test_very_many_changes_are_told_as_one(ground, kept, monkeypatch) -> None:
    put(*(row(n, (SPOT[0], SPOT[1] + n * 1e-6)) for n in range(1100)), source="many")
    assert Touched.objects.filter(ticket_id=None, residents=False).exists()
    asker = ground.people["planner"]
    assert seen(asker) == truth(asker)
    assert held.held().base is not kept
    assert held._bases[held.database_key()] is kept, "what this transaction alone sees is not kept for others"


def test_the_worker_reads_anew_before_somebody_who_asks_has_to(ground, settings, tmp_path, monkeypatch) -> None:
    settings.GROUND_DIR = str(tmp_path)
    assert not held.keep_shared(), "few tickets are not worth a file"
    for module in (bases, held):
        monkeypatch.setattr(module, "SHARED_FROM", 1)
    assert [held.keep_shared(), held.keep_shared()] == [True, False]
    held.forget()
    held.warm_up()
    planner = ground.people["planner"]
    with monkeypatch.context() as patched:
        patched.setattr(held, "_read", None)
        assert seen(planner) == truth(planner)
    put(row(1), row(2, IN_WEST), source="two more")
    assert not held.keep_shared()
    monkeypatch.setattr(held, "MOST_LATER", 4)
    assert held.keep_shared(), "two are half of the most"
    held.forget()


def test_a_starting_server_maps_tickets_and_reads_where_residents_live(ground, settings, tmp_path, monkeypatch) -> None:
    settings.GROUND_DIR = str(tmp_path)
    for module in (bases, held):
        monkeypatch.setattr(module, "SHARED_FROM", 1)
    held.forget()
    living.forget()
    let_go: list[bool] = []
    monkeypatch.setattr(warming, "connection", SimpleNamespace(close=lambda: let_go.append(True)))
    tilings.forget()
    warming.warm_up()
    assert (held._bases, len(living._kept)) == ({}, 0), "nothing is read where the worker has left nothing"
    assert held.keep_shared()
    Touched.objects.all().delete()  # what a transaction changed itself is kept for nobody
    warming.warm_up()
    assert list(held._bases) == [held.database_key()]
    with monkeypatch.context() as patched:
        patched.setattr(living, "residents_below", None)
        tops = [ground.areas["county"]]
        question = Question(moment=timezone.now(), cells="hexagon", width_m=500.0)
        assert tilings.tiling(question, tops).residents(question.moment, exact=False) is None
        patched.setattr(tilings, "cells_for", None)
        first = tilings.tiling(Question(moment=timezone.now()), tops)
        assert first._tickets is not None, "what is asked first is counted before anybody comes"
        assert first._tickets[0]() is held.held().base
    assert let_go == [True, True]
    held.forget()
    tilings.forget()
    living.forget()


def test_a_base_goes_through_a_file_unchanged(ground, kept, settings, tmp_path, monkeypatch) -> None:
    settings.GROUND_DIR = str(tmp_path)
    monkeypatch.setattr(bases, "SHARED_FROM", 1)
    shared = bases.shared(kept, "here")
    assert shared is not kept
    for name in ("xy", "at", "category", "pair", "ward"):
        assert (getattr(shared.columns, name) == getattr(kept.columns, name)).all(), name
    assert (shared.state, shared.made_at) == (kept.state, kept.made_at)
    ticket = Ticket.objects.order_by("number").first()
    at = shared.position(ticket.pk)
    assert tuple(shared.columns.xy[at]) == (ticket.point.x, ticket.point.y)
    assert shared.position(uuid.UUID(int=ticket.pk.int ^ 1)) == -1
    (file,) = (tmp_path / "here").glob("*.tickets")
    assert file.stat().st_mode & 0o77 == 0, "for nobody else"
    file.write_bytes(file.read_bytes()[:-40])
    assert bases.newest("here") is None, "a damaged one is left aside"


def test_residents_are_counted_again_when_they_change(ground) -> None:
    moment = LATER
    tiled = tilings.tiling(Question(moment=moment, cells="community"), [ground.areas["county"]])
    assert tilings.tiling(Question(moment=moment, cells="community"), [ground.areas["county"]]) is tiled
    assert tiled.residents(moment, exact=True) is None
    then = before_this()  # as if another process had looked before
    tiled._people[True] = tilings.People(np.array([7.0, 7.0]), Span(then, None, LATER + timedelta(days=9)))
    assert Population.objects.count() == 0
    Touched.objects.filter(residents=True).delete()
    assert tiled.residents(moment, exact=True).tolist() == [7, 7], "nothing has changed since"
    assert tiled.residents(LATER + timedelta(days=10), exact=True) is None, "other figures may count by then"
    tiled._people[True] = tilings.People(np.array([7.0, 7.0]), Span(then, None, None))
    Population.objects.create(
        area_id=ground.areas["west"], age_band=AgeBand.objects.first(), residents=40, source="t", valid_from=BEGINNING
    )
    assert np.nansum(tiled.residents(moment, exact=True)) == 40


def test_who_lives_where_is_read_once_for_cells_of_every_kind(ground) -> None:
    tops = [ground.areas["county"]]
    wide, narrow, last = (
        tilings.tiling(Question(moment=LATER, cells="hexagon", width_m=width), tops) for width in (500.0, 300.0, 200.0)
    )
    houses = tilings.tiling(Question(moment=LATER, cells="building"), tops)
    key = (held.database_key(), wide.ground, tuple(tops), True)
    ranks = np.array([AT_HOME, wide.cells.rank - 1, wide.cells.rank], dtype=np.int16)
    living._kept[key, None] = living.Living(
        np.array([SPOT, SPOT, SPOT]), np.array([7.0, 100.0, 20.0]), ranks, Span(before_this(), None, None)
    )
    Touched.objects.filter(residents=True).delete()
    assert [np.nansum(one.residents(LATER, exact=True)) for one in (wide, narrow)] == [27, 27]
    assert wide.people(LATER, exact=True).whole == Whole(1, 100)
    assert houses.people(LATER, exact=True).whole == Whole(2, 120), "nobody knows in which house they live"
    Population.objects.create(
        area_id=ground.areas["building"],
        age_band=AgeBand.objects.first(),
        residents=40,
        source="t",
        valid_from=BEGINNING,
    )
    assert [np.nansum(one.residents(LATER, exact=True)) for one in (last, wide)] == [40, 40]
    tilings.forget()
    living.forget()


def test_the_worker_reads_edited_residents_before_somebody_asks(ground, settings, tmp_path, monkeypatch) -> None:
    settings.GROUND_DIR = str(tmp_path)
    monkeypatch.setattr(living, "SHARED_FROM", 1)
    living.forget()
    tilings.forget()
    Population.objects.create(
        area_id=ground.areas["building"], age_band=AgeBand.objects.first(), residents=40, source="t", valid_from=NOW
    )
    now = timezone.now()
    Touched.objects.all().delete()  # what a transaction changed itself is kept for nobody
    tasks.read_edited_residents(now)
    assert not list(tmp_path.glob("*/*.living")), "nobody has changed any"
    edit = Touched.objects.create(residents=True, written_by=1, written_at=now - timedelta(minutes=9))
    tasks.read_edited_residents(now)
    assert not list(tmp_path.glob("*/*.living")), "long ago"
    Touched.objects.filter(pk=edit.pk).update(written_at=now - timedelta(seconds=30))
    tasks.read_edited_residents(now)
    living.forget()  # as another process
    with monkeypatch.context() as patched:
        patched.setattr(living, "residents_below", None)
        for cells in ("hexagon", "building"):
            tiled = tilings.tiling(Question(moment=now, cells=cells), [ground.areas["county"]])
            assert np.nansum(tiled.residents(now, exact=False)) == 40
    living.forget()
    tilings.forget()


def test_workers_share_where_residents_live_and_never_for_longer_than_changes_are_told(
    ground, settings, tmp_path, monkeypatch
) -> None:
    settings.GROUND_DIR = str(tmp_path)
    monkeypatch.setattr(living, "SHARED_FROM", 1)
    living.forget()
    tops, place = [ground.areas["county"]], {"area_id": ground.areas["west"], "age_band": AgeBand.objects.first()}
    today = timezone.now()
    tomorrow = today + timedelta(days=1)
    Population.objects.create(**place, residents=40, source="t", valid_from=NOW, valid_until=tomorrow)
    Population.objects.create(**place, residents=15, source="t", valid_from=BEGINNING, valid_until=NOW)

    def counted(moment=today) -> list[float]:
        living.forget()  # as another worker
        return living.living("the ground", tops, moment, exact=True).count.tolist()

    Touched.objects.all().delete()  # what a transaction changed itself is kept for nobody
    assert counted() == [40]
    (file,) = tmp_path.glob("*/*.living")
    assert (file.stat().st_mode & 0o77, file.parent.stat().st_mode & 0o77) == (0, 0), "small figures are in it"
    assert counted(tomorrow) == [], "the figure has ended by then"
    assert counted(NOW - timedelta(days=1)) == [15]
    with monkeypatch.context() as patched:
        patched.setattr(living, "residents_below", None)
        assert counted() == [40], "what was, or will be, has not taken the place of what is"
    assert living.living("the ground", tops, BEGINNING, exact=True).count.tolist() == [15]
    with monkeypatch.context() as patched:
        patched.setattr(living, "residents_below", None)
        for moment, people in ((today, [40]), (NOW - timedelta(days=2), [15]), (today, [40])):
            assert living.living("the ground", tops, moment, exact=True).count.tolist() == people
    Touched.objects.all().delete()
    assert counted() == [40]
    with monkeypatch.context() as patched:
        patched.setattr(living, "OLDEST", timedelta(0))
        patched.setattr(
            living, "residents_below", lambda *_asked, **_how: (np.zeros((1, 2)), np.array([41.0]), np.array([AT_HOME]))
        )
        assert counted() == [41], "what is old is read again: its changes may be forgotten"
    file.write_bytes(file.read_bytes()[:-40])
    assert counted() == [40], "a damaged one is left aside"
    living.forget()


@pytest.mark.django_db(transaction=True)
def test_two_writers_commit_in_the_other_order(db) -> None:
    """Who began first commits last: a count by number or clock would have passed it by."""
    ground = make_ground()
    strew()
    held.forget()
    asker = ground.people["planner"]
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                put(row(24 * 365), source="slow")  # of another year: numbers of one are given one after the other
                begun.set()
                assert go_on.wait(120)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert begun.wait(120)
        put(row(2, IN_WEST), source="quick")  # began later, is there already
        assert seen(asker) == truth(asker)
        base = held.held().base
        assert held._bases[held.database_key()] is base, "read by a transaction that wrote nothing: kept"
    finally:
        go_on.set()
        thread.join()
    assert seen(asker) == truth(asker)
    assert held.held().base is base
    assert len(held.held().later) == 1, "the slow one alone was read again"
    held.forget()
