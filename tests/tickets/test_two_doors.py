"""One report and a million: the same rules, the same place, the same rows in the tables, whichever door is taken."""

import math
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.shared.datums import Datum
from gis.shared.errors import Problem
from layers.tickets import rules, workflow
from layers.tickets.actions import import_rows
from layers.tickets.actions.reporting import current_categories
from layers.tickets.actions.storing import Placed, Sender, positions, store
from layers.tickets.answering import who_answers
from layers.tickets.beyond import Beyond
from layers.tickets.columns import columns_of
from layers.tickets.models import Ticket, TicketEvent
from layers.tickets.records import Happening, TicketRow
from layers.tickets.sieve import surely_good

from .conftest import IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, NOW, OUTSIDE

PLACES = (IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, OUTSIDE)
WORDS = st.one_of(
    st.sampled_from(
        ["", "两盏路灯不亮", "a\tb\\n\nc\r\n", "\\N", "\\.", "=1+1", "<b>", "x" * 2001, "\x00", "\ud800", "  "]
    ),
    st.text(max_size=20),
)
WAYS = [
    tuple(way.split())
    for way in (
        "", "settle", "accept dispatch", "accept dispatch sign start pause", "accept dispatch return dispatch",
        "accept dispatch sign start pause resume handle verify close reopen", "refuse", "close", "link", "fly",
    )
]  # fmt: skip


@st.composite
def happenings(draw, start: datetime) -> tuple[Happening, ...]:
    """Moves, mostly possible and in order."""
    told, at = [], start
    for verb in draw(st.sampled_from(WAYS)):
        at += timedelta(hours=draw(mostly(st.floats(0, 10), -0.5)))
        told.append(
            Happening(verb, at, draw(mostly(st.just("李明"), "y" * 151)), draw(mostly(st.just("因为"), "", "z" * 501)))
        )
    return tuple(told)


def mostly(good, *bad):
    """A good value, and now and then a bad one."""
    return st.integers(0, 9).flatmap(lambda roll: st.sampled_from(bad) if roll == 0 else good)


@st.composite
def rows(draw) -> list[TicketRow]:
    """Some rows, good and bad."""
    found = []
    for line in range(1, draw(st.integers(1, 6)) + 1):
        lon, lat = draw(st.sampled_from(PLACES))
        start = draw(
            mostly(
                st.sampled_from([NOW - timedelta(days=9), NOW]),
                NOW + timedelta(days=1),
                datetime(1890, 1, 1, tzinfo=UTC),
            )
        )
        found.append(
            TicketRow(
                line=line,
                lon=draw(mostly(st.just(lon), lat, math.nan, math.inf, -181.0)),
                lat=draw(mostly(st.just(lat), lon, -math.inf, 91.0)),
                category=draw(mostly(st.sampled_from(["litter", "noise"]), "moon_dust")),
                reported_at=draw(mostly(st.just(start), start.replace(tzinfo=None))),
                text=draw(WORDS),
                datum=draw(st.sampled_from(list(Datum))),
                accuracy_m=draw(mostly(st.sampled_from([None, 3.0, 80.0, 500.0, 5e5]), -1.0, math.nan, math.inf)),
                external_number=draw(mostly(st.just(f"A{line}"), "9" * 81, "\x07")),
                history=draw(happenings(start)),
                by=draw(mostly(st.sampled_from(["", "张某"]), "x" * 151)),
            )
        )
    return found


@pytest.fixture
def categories(ground):
    """The catalogue as it is."""
    return current_categories(NOW)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows())
def test_no_row_that_one_report_would_refuse_is_taken_for_surely_good(categories, given_rows) -> None:
    columns = columns_of(given_rows)
    sure = surely_good(columns, categories=categories, now=NOW)
    for index, row in enumerate(given_rows):
        if row.reported_at.tzinfo is not None and not math.isnan(row.lon) and not math.isnan(row.accuracy_m or 0):
            assert columns.row(index) == row
        try:
            rules.check(row, categories=categories, now=NOW)
        except Problem:
            assert not sure[index], row


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows())
def test_a_table_row_is_the_same_through_copy_as_stored_by_itself(categories, given_rows) -> None:
    """All columns of both tables, but ids, numbers and the order in which they were given."""
    alone, refused = [], []
    with transaction.atomic():
        for row in given_rows:
            try:
                category = rules.check(row, categories=categories, now=NOW)
                (x, y) = positions([row])[0].tolist()
                moment = row.reported_at
                _chain, answer = who_answers(
                    x, y, category=row.category, accuracy_m=row.accuracy_m, now=NOW, ground=moment
                )
                store([Placed(row, category, (x, y), answer)], Sender(channel="import", source="s"), now=NOW)
            except Problem as problem:
                refused.append((row.line, str(problem.detail)))
        alone = stored()
        transaction.set_rollback(True)
    with transaction.atomic():
        outcome = import_rows(given_rows, now=NOW, source="s")
        together = stored()
        transaction.set_rollback(True)
    assert together == alone
    assert outcome.refused == refused


def stored() -> list[tuple]:
    """Every ticket and its events, without what differs from run to run."""
    told = []
    for ticket in Ticket.objects.order_by("external_number").values():
        events = TicketEvent.objects.filter(ticket_id=ticket.pop("id")).order_by("seq").values()
        told.append((ticket, [{k: v for k, v in event.items() if k not in ("id", "ticket_id")} for event in events]))
    return sorted(told, key=lambda pair: pair[0]["external_number"])


def test_a_move_that_needs_no_reason_and_one_that_does() -> None:
    """The sieve reads the same table as the rules."""
    from layers.tickets.sieve import WITH_REASON

    assert {verb for verb, move in workflow.BY_VERB.items() if move.reason} == WITH_REASON


def test_points_outside_cost_no_query_each(ground, django_assert_max_num_queries) -> None:
    def batch(count: int, source: str) -> list[TicketRow]:
        spots = np.random.default_rng(1).uniform((111.815, 36.84), (111.9, 36.88), (count, 2)).tolist()
        return [
            TicketRow(
                line=n, lon=x, lat=y, category="litter", reported_at=NOW - timedelta(days=9),
                external_number=f"{source}{n}",
            )
            for n, (x, y) in enumerate(spots)
        ]  # fmt: skip

    with django_assert_max_num_queries(40):
        assert import_rows(batch(500, "a"), now=NOW, source="a").stored == 500
    assert set(Ticket.objects.values_list("responsible_area", "located_area")) == {(ground.areas["county"], None)}


def test_far_points_are_told_by_how_much(ground) -> None:
    beyond = Beyond(NOW)
    tops, problems = beyond.nearest(np.array([OUTSIDE, (2.3, 48.9), (0.0, 0.0), (111.81, 35.0)]))
    assert {beyond.tops[top].area_id for top in tops.tolist()} == {ground.areas["county"]}
    paris, null_island, south = (str(problem.detail) for problem in problems[1:] if problem is not None)
    assert any(f"{km}" in paris.replace(",", "") for km in range(8235, 8245)), paris
    assert null_island != paris
    assert "204" in south, "a degree of latitude has 111 km there"


def test_ids_of_the_client_stay_and_come_in_once(ground) -> None:
    known = uuid.uuid4()
    row = TicketRow(line=1, lon=IN_EAST[0], lat=IN_EAST[1], category="litter", reported_at=NOW, id=known)
    other = replace(row, line=2, id=None)
    assert import_rows([row, other], now=NOW).stored == 2
    assert Ticket.objects.filter(pk=known).exists()
    again = import_rows([row, other], now=NOW)
    assert (again.stored, again.already) == (1, 1)


def test_a_stop_on_the_way_takes_everything_back(ground, monkeypatch) -> None:
    from layers.tickets.actions import bulk

    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    rows_ = [
        TicketRow(
            line=n, lon=IN_EAST[0], lat=IN_EAST[1], category="litter", reported_at=NOW, external_number=str(n)
        )
        for n in range(35)
    ]  # fmt: skip

    def stop(done: int) -> None:
        if done >= 20:
            assert Ticket.objects.count() == 20
            raise RuntimeError("asked to stop")

    with pytest.raises(RuntimeError), transaction.atomic():
        import_rows(rows_, now=NOW, source="x", progress=stop)
    assert Ticket.objects.count() == 0
    assert import_rows(rows_, now=NOW, source="x").stored == 35


def test_a_point_is_stored_where_it_was_told(ground) -> None:
    row = TicketRow(line=1, lon=IN_EAST[0], lat=IN_EAST[1], category="litter", reported_at=NOW, datum=Datum.GCJ02)
    import_rows([row], now=NOW)
    ticket = Ticket.objects.get()
    assert ticket.point.distance(Point(*positions([row])[0].tolist(), srid=4326)) < 1e-12
    assert (ticket.raw_lon, ticket.raw_lat) == IN_EAST


def plain_rows(count: int) -> list[TicketRow]:
    """Good rows with a few moves each."""
    start = NOW - timedelta(days=9)
    moves = ("accept", "dispatch", "sign", "start", "handle")
    return [
        TicketRow(
            line=n, lon=IN_EAST[0], lat=IN_EAST[1], category="litter", reported_at=start, external_number=str(n),
            history=tuple(Happening(verb, start + timedelta(hours=k)) for k, verb in enumerate(moves)),
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_database_killed_on_the_way_keeps_nothing_and_the_same_file_again_stores_it(
    racing_ground, monkeypatch
) -> None:
    from layers.tickets.actions import bulk

    monkeypatch.setattr(bulk, "AT_ONCE", 10)

    def kill(done: int) -> None:
        if done == 30:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (pid,) = cursor.fetchone()
            other = connection.copy()
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            other.close()

    with pytest.raises(DatabaseError):
        import_rows(plain_rows(45), now=NOW, source="x", progress=kill)
    connection.close()
    assert (Ticket.objects.count(), TicketEvent.objects.count()) == (0, 0)
    assert import_rows(plain_rows(45), now=NOW, source="x").stored == 45
    assert TicketEvent.objects.count() == 45 * 6


STEPS = {
    "in order": [(2, "accept", "reported", "accepted", 1), (3, "dispatch", "accepted", "dispatched", 2)],
    "a gap": [(3, "dispatch", "accepted", "dispatched", 1)],
    "another state before": [(2, "dispatch", "accepted", "dispatched", 1)],
    "no such move": [(2, "accept", "reported", "closed", 1)],
    "back in time": [(2, "accept", "reported", "accepted", -1)],
    "back in time within": [(2, "accept", "reported", "accepted", 2), (3, "dispatch", "accepted", "dispatched", 1)],
    "reported again": [(2, "report", "", "reported", 1)],
    "the ticket stays behind": [(2, "accept", "reported", "accepted", 1)],
}


def test_the_database_judges_steps_by_the_statement(ground) -> None:
    """By whichever order the two tables are written within a transaction."""
    import_rows([replace(plain_rows(1)[0], history=())], now=NOW, source="x")
    ticket = Ticket.objects.get()

    def step(steps) -> None:
        TicketEvent.objects.bulk_create(
            TicketEvent(
                ticket=ticket, seq=seq, verb=verb, from_state=before, to_state=after, recorded_at=NOW,
                at=ticket.reported_at + timedelta(hours=hours), responsible_area_id=ticket.responsible_area_id,
            )
            for seq, verb, before, after, hours in steps
        )  # fmt: skip

    def move(steps) -> None:
        for version, (*_seq_and_verb, state, hours) in enumerate(steps, start=2):
            at = ticket.reported_at + timedelta(hours=hours)
            follow = {"state": state, "version": version, "changed_at": at, "due_at": None}
            Ticket.objects.filter(pk=ticket.pk).update(**follow)

    def write(name: str, works) -> None:
        steps = STEPS[name]
        with transaction.atomic():
            for work in works:
                work([] if work is move and name == "the ticket stays behind" else steps)
            connection.check_constraints()
            assert TicketEvent.objects.count() == 1 + len(steps)
            transaction.set_rollback(True)

    for works in ((step, move), (move, step)):
        write("in order", works)
        for name in STEPS.keys() - {"in order"}:
            with pytest.raises(IntegrityError):
                write(name, works)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tickets_owed")
        assert cursor.fetchone() == (0,)
