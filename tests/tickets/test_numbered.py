"""Tickets by a part of their number against the plainest way to look for them."""

import pytest
from django.contrib.auth.models import AnonymousUser

from layers.tickets import numbered
from layers.tickets.models import Ticket

from .test_spots import LATER, many

__all__ = ["many"]


@pytest.mark.parametrize(("newest", "few"), [(1_000, 50_000), (7, 50_000), (7, 0)])
def test_a_part_of_a_number_finds_the_newest_that_one_may_see(many, monkeypatch, newest, few) -> None:
    monkeypatch.setattr(numbered, "NEWEST", newest)
    monkeypatch.setattr(numbered, "FEW", few)
    numbers = list(Ticket.objects.order_by("number").values_list("number", flat=True))
    whole, head = numbers[40], numbers[0][:-6]
    for asker in (many.people["desk"], many.people["west_worker"], many.people["two"], AnonymousUser()):
        visible = Ticket.objects.visible_to(asker, LATER).order_by("-reported_at", "-pk")
        for part in (head, head[:4], whole[:-1], whole[-4:], numbers[3][-5:], whole, "9999", "_000", "0%0"):
            got = [ticket.number for ticket in numbered.newest(part, asker, now=LATER, limit=5)]
            told = [number for number in visible.values_list("number", flat=True) if part in number][:5]
            assert got == ([whole] if part == whole and whole in told else told), (str(asker), part)
