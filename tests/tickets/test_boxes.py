"""Lists of a box on the map, found among the narrow rows: exact to the last digit."""

import random

from hypothesis import given
from hypothesis import strategies as st

from layers.tickets.boxes import BITS, MOST_STRETCHES, WORLD, Box, Span, span_of, stretches
from layers.tickets.listing import Wish, listed
from layers.tickets.models import Ticket
from layers.tickets.spots import code_of

from .test_spots import LATER, many

__all__ = ["many"]


def test_a_box_holds_what_lies_in_it_to_the_last_digit(many) -> None:
    desk, points = many.people["desk"], [ticket.point.coords for ticket in Ticket.objects.order_by("external_number")]
    chance = random.Random(7)
    boxes = [(-180.0, -90.0, 180.0, 90.0), (*points[0], *points[0])]
    for turn in range(12):
        (x, y), (dx, dy) = chance.choice(points), (chance.uniform(0, 0.02), chance.uniform(0, 0.02))
        # now the edge runs through a point, now just beside it, now anywhere
        beside = (0, 1e-9, -1e-9, 3e-6)[turn % 4]
        boxes.append((x + beside, y - dy, x + dx, y) if turn % 2 else (x - dx, y + beside, x, y + dy))
    for box in boxes:
        wanted = set(Ticket.objects.in_box(*box).values_list("pk", flat=True))
        for few in ({}, {"overdue": True}, {"category": "litter"}):
            wish = Wish(bbox=",".join(map(repr, box)), **few)
            got = listed(desk, wish, LATER, order="newest", after="", limit=200)
            assert wish.is_narrow()
            assert {ticket.pk for ticket in got.tickets} == {
                ticket.pk for ticket in listed(desk, Wish(**few), LATER, order="newest", after="", limit=200).tickets
            } & wanted
            assert got.total == len(got.tickets)


sides = st.tuples(st.integers(0, WORLD - 1), st.integers(0, 5000)).map(lambda one: (one[0], min(WORLD - 1, sum(one))))


@given(sides, sides, st.floats(0, 1), st.floats(0, 1))
def test_few_stretches_hold_every_place_of_a_box(columns, rows, along, down):
    span = Span(*columns, *rows)
    found = stretches(span)
    assert 0 < len(found) <= MOST_STRETCHES
    assert all(one[1] < two[0] for one, two in zip(found, found[1:], strict=False))
    for share in ((along, down), (0, 0), (1, 1), (0, 1), (1, 0)):
        x, y = (round(low + part * (high - low)) for (low, high), part in zip((columns, rows), share, strict=True))
        assert any(begin <= code_of(x, y, BITS) < end for begin, end in found)


def test_the_whole_map_is_one_stretch():
    assert stretches(span_of(Box(-180, -90, 180, 90))) == [(0, 4**BITS)]
