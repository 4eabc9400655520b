"""An area that answers for open matters, or that a site serves, does not end; once others answer it does."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point

from gis.shared.errors import Conflict
from grids.dependants import hanging_on
from grids.retiring import retire
from layers.sites.models import Site, SiteKind
from layers.tickets.models import Ticket
from tests.tickets.conftest import IN_BUILDING, NOW, past_guards
from tests.tickets.test_reporting import report

pytestmark = pytest.mark.django_db


def test_open_tickets_and_serving_sites_forbid_the_end_by_name_and_number(ground) -> None:
    compound, building = ground.areas["compound"], ground.areas["building"]
    ticket = report(ground)
    with past_guards():
        Ticket.objects.filter(pk=ticket.pk).update(responsible_area=building, responsible_chain=[building])
    kind = SiteKind.objects.first()
    Site.objects.create(
        name_zh="邻里驿站", kind=kind, area_id=building, geometry=Point(*IN_BUILDING, srid=4326),
        valid_from=NOW - timedelta(days=1),
    )  # fmt: skip
    told = {found.kind: found for found in hanging_on(building, NOW)}
    assert (told["tickets"].count, told["tickets"].fate) == (1, "blocks")
    assert ticket.number in told["tickets"].names[0]
    assert (told["sites"].count, told["sites"].names) == (1, ["邻里驿站"])
    with pytest.raises(Conflict) as refused:
        retire(area_id=building, version=1, reason="x", agreed={}, actor=ground.people["chief"], now=NOW)
    assert refused.value.kind == "not-empty"
    assert {found["kind"] for found in refused.value.extra["dependants"]} == {"tickets", "sites"}
    assert {found.kind for found in hanging_on(compound, NOW)} == {"areas", "appointments"}

    with past_guards():
        Ticket.objects.filter(pk=ticket.pk).update(responsible_area=compound, responsible_chain=[compound])
    Site.objects.update(valid_until=NOW)
    ended = retire(area_id=building, version=1, reason="x", agreed={}, actor=ground.people["chief"], now=NOW)
    assert ended.valid_until == NOW
