"""What is known of residents beside tickets: nobody there, nobody knows, not for this asker; whatever the cells are."""

import io
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone

from gis.accounts.models import Account
from grids import permissions
from grids.models import AgeBand, Appointment, Person, Population, PopulationPoint
from layers.coverage import actions
from layers.coverage.models import Settlement
from tests.atlas.test_needs import DOOR, told
from tests.coverage.askers import client_of
from tests.grids.ground import T0, put, square
from tests.hotspots.test_many_cells import look
from tests.streets.yards import at

pytestmark = pytest.mark.django_db


def live(area, residents: int, spots=()) -> None:
    """Residents of an area, at some spots alike or anywhere in it."""
    figure = Population.objects.create(
        area=area.area, age_band=AgeBand.objects.get(code="all"), residents=residents, source="test", valid_from=T0
    )
    PopulationPoint.objects.bulk_create(
        PopulationPoint(population=figure, point=Point(*spot, srid=4326), residents=residents // len(spots))
        for spot in spots
    )


def settled() -> None:
    """Where everybody lives is read."""
    assert actions.settle(now=timezone.now(), actor="test") is not None


def asked(client, **query):
    """The whole answer of the door, and how many cells there are of each need that there is."""
    answer = look(client, DOOR, **query)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return body, {name: count for name, count in body["coverage"]["counts"].items() if count}


def test_a_figure_of_a_larger_area_is_no_figure_of_hexagons(place, site) -> None:
    live(place["community"], 600)
    settled()
    client, area = client_of(place["county"]), place["community"].area_id
    for cells in ({"cells": "hexagon", "width": 150}, {"cells": "building"}, {"cells": "compound"}):
        body, counts = asked(client, area=area, **cells)
        assert counts == {"unknown": len(body["features"])}, cells
        assert body["coverage"]["coarse"] == 1, cells
    whole = asked(client, area=area, cells="community")[0]
    assert (whole["features"][0]["properties"]["need"], whole["coverage"]["coarse"]) == ("coverage", 0)


def test_nobody_is_said_only_where_it_is_known(peopled, site) -> None:
    settled()
    client = client_of(peopled["county"])
    counted = asked(client, cells="hexagon", width=20, area=peopled["left"].area_id)[1]
    assert counted.pop("coverage") == 1
    assert set(counted) == {"nobody"}, "all houses of the yard were counted"
    Population.objects.filter(area=peopled["left house"].area).delete()
    settled()
    assert set(asked(client, cells="hexagon", width=20, area=peopled["left"].area_id)[1]) == {"unknown"}
    around = asked(client, cells="hexagon", width=50, area=peopled["community"].area_id)[0]["features"]
    by_place = {at(3, 1.4): "nobody", at(3.5, 2.4): "unknown", at(6.5, 2.4): "nobody"}  # street, uncounted, counted
    for spot, need in by_place.items():
        near = min(around, key=lambda one: np.hypot(*np.subtract([one["properties"][k] for k in ("lon", "lat")], spot)))
        assert near["properties"]["need"] == need, spot
        assert (near["properties"]["residents"], near["properties"]["share"]) == (None, None)


def test_places_that_a_file_said_lie_in_the_cells_they_lie_in(place, site) -> None:
    west, south, east, north = place["left house"].geometry.extent
    live(place["left"], 60, [(west + (east - west) * n / 7, south + (north - south) * n / 7) for n in range(1, 7)])
    live(place["right"], 60)
    settled()
    body, _counts = asked(client_of(place["county"]), cells="building", area=place["community"].area_id)
    found = {one["properties"]["name_zh"]: one["properties"] for one in body["features"]}
    assert (found["left 楼"]["residents"], found["left 楼"]["within"], found["left 楼"]["need"]) == (60, 0, "coverage")
    assert (found["right 楼"]["residents"], found["right 楼"]["need"]) == (None, "unknown")
    assert body["coverage"]["coarse"] == 1, "one area, not its points"


def test_who_serves_below_a_compound_reads_what_is_theirs(peopled, site) -> None:
    settled()
    house = peopled["left house"]
    chief = client_of(house, "chief")
    for cells in ({"cells": "building"}, {"cells": "hexagon", "width": 150}):
        body, counts = asked(chief, area=house.area_id, **cells)
        told_of = [one["properties"] for one in body["features"] if one["properties"]["residents"]]
        assert [(one["residents"], one["within"], one["need"]) for one in told_of] == [(100, 0, "coverage")], cells
        assert not body["coverage"]["hidden"]
        assert "unknown" not in counts
    assert look(chief, DOOR, cells="building", area=peopled["right"].area_id).status_code == 403


def test_who_serves_a_stairwell_reads_what_is_theirs(place, site) -> None:
    stairs = put("unit", square(2.85, 2.85, 0.2), place["left house"], code="9900010010010030101", name_zh="1 单元")
    live(stairs, 30)
    live(place["right house"], 50)
    settled()
    _body, counts = asked(client_of(place["left house"], "chief"), cells="unit", area=place["left house"].area_id)
    assert counts == {"coverage": 1}
    own = told(client_of(stairs, "chief"), cells="unit", area=stairs.area_id)
    assert (own["1 单元"]["residents"], own["1 单元"]["not_reached"]) == (30, 30)


@pytest.fixture
def no_residents(monkeypatch):
    """Leaders may analyse tickets and read no residents."""
    monkeypatch.setitem(permissions.VERBS_OF_ROLE, "leader", frozenset({"ticket.read", "hotspot.read"}))
    permissions._statement.cache_clear()
    yield
    permissions._statement.cache_clear()


def test_of_what_lies_outside_the_residents_one_may_read_nothing_is_told(peopled, site, no_residents) -> None:
    settled()
    account = Account.objects.create_user(f"both-{uuid4().hex[:6]}")
    person = Person.objects.create(name_zh="甲", account=account)
    for area, role in ((peopled["community"], "leader"), (peopled["left"], "planner")):
        Appointment.objects.create(area=area.area, role=role, person=person, valid_from=T0)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(account)
    for cells in ({"cells": "building"}, {"cells": "compound"}, {"cells": "hexagon", "width": 150}):
        body, _counts = asked(client, area=peopled["community"].area_id, **cells)
        assert body["coverage"]["hidden"] is True, cells
        told_of = [one["properties"] for one in body["features"] if one["properties"]["within"] is not None]
        assert [(one["within"], one["not_reached"], one["need"]) for one in told_of] == [(0, 100, "coverage")], cells
        others = [one["properties"] for one in body["features"] if one["properties"]["within"] is None]
        assert {one["residents"] for one in others} == {None}
        if cells["cells"] != "hexagon":
            assert {one["need"] for one in others} == {"unknown"}
            continue
        lon, lat = at(7, 3)  # the yard that others count
        there = look(client, f"{DOOR}/cell", lon=lon, lat=lat, area=peopled["community"].area_id, **cells).json()
        assert (there["properties"]["need"], there["properties"]["residents"]) == ("unknown", None)


def test_a_settlement_of_an_earlier_release_is_no_figure_of_finer_cells(peopled, site) -> None:
    settled()
    row = Settlement.objects.latest("id")
    with np.load(io.BytesIO(row.packed), allow_pickle=False) as file:
        older = {name: file[name] for name in file.files if name != "leaf_ids"}
    packed = io.BytesIO()
    np.savez(packed, **older)
    Settlement.objects.filter(pk=row.pk).update(packed=packed.getvalue(), rule="2", made_at=timezone.now())
    client, area = client_of(peopled["county"]), peopled["community"].area_id
    for cells in ({"cells": "building"}, {"cells": "hexagon", "width": 150}):
        body, counts = asked(client, area=area, **cells)
        assert set(counts) == {"unknown"}, cells
        assert (body["coverage"]["stale"], body["coverage"]["coarse"]) == (True, 0)
    assert told(client, area=area, cells="compound")["left 院"]["need"] == "coverage"
