"""Tickets by a part of their number against the plainest way to look for them."""

import pytest
from django.contrib.auth.models import AnonymousUser

from layers.tickets import numbered
from layers.tickets.models import Ticket

from .test_spots import LATER, many

__all__ = ["many"]


SIZES = {"NEWEST": 1_000, "FEW": 50_000, "LOOKED_THROUGH": 4_000, "HIGHEST": 2_000}
SMALL = {"NEWEST": 7, "LOOKED_THROUGH": 0}


def sizes(monkeypatch, **changed: int) -> None:
    for name, size in {**SIZES, **changed}.items():
        monkeypatch.setattr(numbered, name, size)


@pytest.mark.parametrize("changed", [{}, {"NEWEST": 7}, SMALL, SMALL | {"FEW": 0}, SMALL | {"MOST_FREE": 0}])
def test_a_part_of_a_number_finds_the_newest_that_one_may_see(many, monkeypatch, changed) -> None:
    sizes(monkeypatch, **changed)
    numbers = list(Ticket.objects.order_by("number").values_list("number", flat=True))
    whole, head = numbers[40], numbers[0][:-6]
    for asker in (many.people["desk"], many.people["west_worker"], many.people["two"], AnonymousUser()):
        visible = Ticket.objects.visible_to(asker, LATER).order_by("-reported_at", "-pk")
        for part in (
            head,
            head[:4],
            whole[:-1],
            whole[-4:],
            whole[-9:-3],
            numbers[3][-5:],
            whole,
            "9999",
            "_000",
            "0%0",
            "²²²",
            head[-3:] + "²",
            head[-3:] + "٠",
        ):
            got = [ticket.number for ticket in numbered.newest(part, asker, now=LATER, limit=5)]
            told = [number for number in visible.values_list("number", flat=True) if part in number][:5]
            assert got == ([whole] if part == whole and whole in told else told), (str(asker), part)


def test_where_thousands_begin_so_the_highest_numbers_are_looked_through_and_nothing_is_lost(many, monkeypatch) -> None:
    sizes(monkeypatch, NEWEST=1, LOOKED_THROUGH=0, HIGHEST=20)
    head = Ticket.objects.order_by("number").values_list("number", flat=True)[0][:-6]
    asked: list[str] = []
    reading = numbered._by_reading
    monkeypatch.setattr(numbered, "_by_reading", lambda *given: asked.append(given[0]) or reading(*given))
    for asker, limit in ((many.people["desk"], 5), (many.people["west_worker"], 40), (many.people["two"], 5)):
        asked.clear()
        visible = Ticket.objects.visible_to(asker, LATER).order_by("-reported_at", "-pk")
        part = head[3:] + "0"
        everything = [ticket.number for ticket in visible if part in ticket.number]
        got = [ticket.number for ticket in numbered.newest(part, asker, now=LATER, limit=limit)]
        highest = sorted(Ticket.objects.filter(number__startswith=head).values_list("number", flat=True))[-20:]
        among = [number for number in everything if number in highest]
        assert got == (everything if asked else among)[:limit], str(asker)
        few = len(among) < limit and visible.count() > 1
        assert bool(asked) == few, "read only where the highest are too few"


def test_where_a_part_can_stand_is_told_exactly() -> None:
    head = "1402-2026-"
    every = [f"{serial:06d}" for serial in range(1, 12_346)]
    for part in ("402-", "26-0", "2026-01", "6-0123", "-00", "2026-9", "0123", "2345", "99999"):
        held = {serial for serial in every if part in head + serial}
        told = set()
        for start in set(numbered._after(part, head)):
            for low, high, width in numbered._stretches(start, range(6, 7), 12_345):
                told |= {f"{serial:0{width}d}" for serial in range(low, high + 1)}
        if part.isdigit():
            told |= numbered._around(part, 6) & set(every)
        assert told == held, part
    longer = [one for start in ("1", "") for one in numbered._stretches(start, range(6, 8), 1_100_000)]
    assert longer == [(100_000, 199_999, 6), (1_000_000, 1_100_000, 7), (1, 999_999, 6), (1_000_000, 1_100_000, 7)]
