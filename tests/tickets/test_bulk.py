"""Many rows: the same rules as one report, each stored once, bad ones listed, histories replayed."""

import math
import threading
import uuid
from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from gis.shared.tables import renew_statistics, rows_known
from layers.tickets import deadlines
from layers.tickets.actions import bulk, import_rows, report_ticket
from layers.tickets.models import Ticket, TicketEvent
from layers.tickets.records import Happening, TicketRow

from .conftest import BEGINNING, IN_BUILDING, IN_COMPOUND, IN_EAST, IN_WEST, NOW, OUTSIDE


def row(line: int, place=IN_EAST, **changes) -> TicketRow:
    """A good row, or one with something changed."""
    given = {"lon": place[0], "lat": place[1], "category": "litter", "reported_at": NOW - timedelta(days=9)}
    return TicketRow(line=line, **(given | changes))


CASES = [
    row(1, IN_BUILDING), row(2, IN_COMPOUND), row(3, IN_WEST), row(4, OUTSIDE), row(5, accuracy_m=8.0),
    row(6, text="<script>alert(1)</script>"), row(7, text="x" * 2000), row(8, text="x" * 2001), row(9, text="\x07"),
    row(10, lon=math.nan), row(11, lat=math.inf), row(12, lon=IN_EAST[1], lat=IN_EAST[0]), row(13, lon=2.3, lat=48.9),
    row(14, category="moon_dust"), row(15, accuracy_m=-2.0), row(16, accuracy_m=math.nan), row(17, lon=181.0),
    row(18, IN_EAST, datum=Datum.GCJ02),
]  # fmt: skip


def test_both_doors_accept_and_refuse_the_same_rows_and_place_them_alike(ground) -> None:
    actor = ground.people["desk"]
    single: dict[int, tuple | str] = {}
    for case in CASES:
        try:
            ticket, _new = report_ticket(
                ticket_id=uuid.uuid4(), actor=actor, lon=case.lon, lat=case.lat, category=case.category, text=case.text,
                accuracy_m=case.accuracy_m, datum=case.datum, now=NOW,
            )  # fmt: skip
        except Invalid as problem:
            single[case.line] = str(problem.detail)
        else:
            single[case.line] = placed(ticket)
    known = set(Ticket.objects.values_list("pk", flat=True))
    outcome = import_rows(
        [row(c.line, lon=c.lon, lat=c.lat, category=c.category, text=c.text, accuracy_m=c.accuracy_m, datum=c.datum,
             external_number=str(c.line)) for c in CASES],
        now=NOW, source="test",
    )  # fmt: skip
    bulk: dict[int, tuple | str] = dict(outcome.refused)
    for ticket in Ticket.objects.exclude(pk__in=known):
        bulk[int(ticket.external_number)] = placed(ticket)
    assert bulk == single
    assert outcome.stored == sum(isinstance(told, tuple) for told in single.values()) == 8


def placed(ticket: Ticket) -> tuple:
    """What both doors must agree on."""
    return (
        ticket.located_area_id, tuple(ticket.located_chain), ticket.responsible_area_id,
        tuple(ticket.responsible_chain), ticket.responsible_because, ticket.point.coords, ticket.text,
    )  # fmt: skip


def test_sent_twice_it_is_stored_once(ground) -> None:
    rows = [row(n, external_number=f"A{n}") for n in range(1, 6)]
    first = import_rows(rows, now=NOW, source="12345")
    again = import_rows([*rows, row(9, external_number="A9")], now=NOW, source="12345")
    other = import_rows(rows[:1], now=NOW, source="another")
    assert [(o.stored, o.already) for o in (first, again, other)] == [(5, 0), (1, 5), (1, 0)]
    assert Ticket.objects.count() == 7


def test_a_number_twice_in_one_file_is_listed(ground) -> None:
    outcome = import_rows([row(1, external_number="A"), row(2, external_number="A"), row(3)], now=NOW, source="x")
    assert (outcome.stored, [line for line, _ in outcome.refused]) == (2, [2])


def test_the_planner_is_told_of_rows_by_the_thousand_and_only_where_it_knew_of_few(ground, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    monkeypatch.setattr(bulk, "MANY", 10)
    renew_statistics(Ticket, TicketEvent)  # what is known outlives the transactions of other tests
    with CaptureQueriesContext(connection) as asked:
        import_rows([row(n, external_number=f"A{n}") for n in range(1, 31)], now=NOW, source="12345")
    assert [one for one in asked.captured_queries if "ANALYZE" in one["sql"]]
    assert 10 <= rows_known(Ticket, TicketEvent) < 30
    with CaptureQueriesContext(connection) as asked:  # a few more beside many need no new count
        import_rows([row(n, external_number=f"B{n}") for n in range(1, 31)], now=NOW, source="12345")
    assert not [one for one in asked.captured_queries if "ANALYZE" in one["sql"]]
    assert Ticket.objects.count() == 60


def test_without_commit_everything_is_found_out_and_nothing_stored(ground) -> None:
    outcome = import_rows(CASES, now=NOW, source="x", commit=False)
    assert (outcome.stored, len(outcome.refused)) == (8, 10)
    assert not Ticket.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_file_sent_by_four_at_once_is_stored_once(racing_ground) -> None:
    rows = [row(n, external_number=f"A{n}") for n in range(40)]
    outcomes, barrier = [], threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        try:
            outcomes.append(import_rows(rows, now=NOW, source="12345"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(o.stored for o in outcomes) == [0, 0, 0, 40]
    assert Ticket.objects.count() == 40


def history(*steps: tuple[str, float], reason: str = "因为") -> tuple[Happening, ...]:
    """Moves so many hours after the report of `row`."""
    start = NOW - timedelta(days=9)
    return tuple(Happening(verb, start + timedelta(hours=hours), "李明", reason) for verb, hours in steps)


def test_histories_become_events_state_and_clocks(ground) -> None:
    whole = history(
        ("accept", 1), ("dispatch", 1), ("sign", 2), ("start", 3), ("handle", 9), ("verify", 20), ("close", 21)
    )
    rows = [row(1, history=whole), row(2, history=whole[:3]), row(3, history=history(("settle", 30)))]
    assert import_rows(rows, now=NOW, channel="sample").stored == 3
    tickets = list(Ticket.objects.select_related("category").order_by("number"))
    assert [ticket.state for ticket in tickets] == ["closed", "signed", "closed"]
    assert [ticket.version for ticket in tickets] == [8, 4, 2]
    for ticket in tickets:
        clocks = deadlines.replay([event.step for event in ticket.events.order_by("seq")], ticket.category.hours)
        assert ticket.due_at == clocks.due_at
    assert TicketEvent.objects.filter(by_rule=True).count() == 0
    assert [number[-6:] for number in Ticket.objects.order_by("number").values_list("number", flat=True)] == [
        "000001", "000002", "000003",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "steps",
    [
        history(("sign", 1)), history(("accept", 1), ("close", 2)), history(("fly", 1)),
        history(("accept", 2), ("dispatch", 1)), history(("refuse", 1), reason=""),
        (Happening("accept", NOW + timedelta(hours=1)),), (Happening("accept", BEGINNING),),
    ],
)  # fmt: skip
def test_impossible_histories_are_listed(ground, steps) -> None:
    outcome = import_rows([row(7, history=steps)], now=NOW)
    assert (outcome.stored, [line for line, _ in outcome.refused]) == (0, [7])


def test_the_ground_of_the_event_counts_and_before_there_was_any_the_first(ground) -> None:
    rows = [row(1, IN_BUILDING, reported_at=BEGINNING - timedelta(days=400)), row(2, IN_BUILDING)]
    assert import_rows(rows, now=NOW).stored == 2
    assert set(Ticket.objects.values_list("located_area", flat=True)) == {ground.areas["building"]}
    years = sorted(number[7:11] for number in Ticket.objects.values_list("number", flat=True))
    assert years == ["2018", "2026"]


def test_points_for_statistics(ground) -> None:
    import_rows([row(n, IN_EAST, category="litter" if n % 2 else "noise") for n in range(6)], now=NOW)
    import_rows([row(9, IN_WEST)], now=NOW)
    asker = ground.people["worker"]
    xy, ids = Ticket.objects.points(asker, NOW - timedelta(days=30), NOW, "litter", now=NOW)
    assert xy.shape == (3, 2)
    assert ids.shape == (3,)
    assert Point(*xy[0]).coords == pytest.approx(IN_EAST)
    nothing, none = Ticket.objects.points(asker, NOW, None, now=NOW)
    assert nothing.shape == (0, 2)
    assert none.shape == (0,)
