"""A matter within a few metres of a border is seen by both sides, and handled by the one that answers for it."""

import pytest

from gis.shared.errors import Missing
from layers.tickets.actions import move_ticket
from layers.tickets.actions.effects import Pin
from layers.tickets.actions.moving import open_moves
from layers.tickets.models import Ticket, TicketBorder

from .conftest import IN_COMPOUND, IN_EAST, NOW, SOUTH, WEST
from .test_api import as_  # noqa: F401
from .test_asking import METRE
from .test_moving import move
from .test_reporting import report

EDGE = SOUTH + 0.002
"""The latitude of the compound's southern edge."""


def at_edge(ground, metres: float, **changes) -> Ticket:
    """A report so many metres south of the compound, on the community's ground."""
    return report(ground, (WEST + 0.027, EDGE - metres * METRE), post="worker", **changes)


def test_the_chief_across_the_border_reads_and_does_not_handle(as_, ground) -> None:  # noqa: F811
    near, far = at_edge(ground, 2), at_edge(ground, 5)
    inside = report(ground, IN_COMPOUND)
    chief = ground.people["chief"]
    assert near.located_area_id == far.located_area_id == ground.areas["east"]
    assert set(Ticket.objects.visible_to(chief, NOW)) == {inside}, "counts and tiles stay those of the own ground"
    assert set(Ticket.objects.readable_by(chief, NOW)) == {inside, near}
    client = as_("chief")
    told = client.get("/api/tickets", {"view": "beside"}).json()
    assert [item["id"] for item in told["items"]] == [str(near.pk)]
    assert (told["total"], client.get("/api/tickets").json()["beside"]) == (1, 1)
    assert client.get(f"/api/tickets/{near.pk}").json()["moves"] == []
    assert client.get(f"/api/tickets/{far.pk}").status_code == 404
    assert open_moves(chief, near, NOW) == ()
    with pytest.raises(Missing):
        move_ticket(ticket_id=near.pk, verb="sign", actor=chief, version=near.version, now=NOW)
    for post in ("worker", "east_desk", "west_chief"):
        assert not Ticket.objects.beside(ground.people[post], NOW).exists(), post
    assert as_("west_chief").get(f"/api/tickets/{near.pk}").status_code == 404


def test_a_coarse_position_reaches_farther_and_a_corrected_pin_is_looked_at_anew(ground) -> None:
    chief = ground.people["chief"]
    coarse = at_edge(ground, 5, accuracy_m=8)
    assert list(Ticket.objects.beside(chief, NOW)) == [coarse]
    move(ground, coarse, "relocate", "worker", pin=Pin(*IN_EAST), reason_code="relocate_wrong")
    assert not TicketBorder.objects.exists()
    move(ground, coarse, "relocate", "worker", pin=Pin(WEST + 0.027, EDGE - METRE), reason_code="relocate_wrong")
    assert list(Ticket.objects.beside(chief, NOW)) == [coarse]
    move(ground, coarse, "relocate", "worker", pin=Pin(*IN_COMPOUND), reason_code="relocate_wrong")
    assert not Ticket.objects.beside(chief, NOW).exists(), "it lies on the own ground now"
    assert coarse in Ticket.objects.visible_to(chief, NOW)
