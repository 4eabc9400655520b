"""Tickets high, coverage low: both answers joined by area, and what cannot be joined."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from grids.models import AgeBand, Population
from layers.atlas import needs
from layers.coverage import actions
from layers.hotspots import exports, painting
from layers.sites.models import Site, SiteKind
from tests.coverage.askers import client_of
from tests.grids.ground import T0
from tests.hotspots.test_many_cells import grey, look
from tests.streets.yards import at

DOOR = "/api/atlas/needs"


@pytest.fixture
def covered(monkeypatch, ground):
    """Coverage as told: `covered(east=(100, 20))`."""

    def tell(**rows):
        told = {ground.areas[name]: row for name, row in rows.items()}
        answer = SimpleNamespace(rows=told, coarse=0, network="1.0", made_at=None, stale=False, exact=True)
        monkeypatch.setattr(needs, "shares", lambda *args, **kwargs: answer)

    return tell


def test_areas_are_sorted_by_both_answers(as_, covered, monkeypatch) -> None:
    monkeypatch.setattr(needs, "HOT", {"none", "hot-99", "hot-95", "hot-90"})  # two areas are too few for a hot one
    covered(east=(100, 20), west=(200, 180))
    told = as_("planner").get(f"{DOOR}?cells=community").json()
    found = {f["properties"]["name_zh"]: f["properties"] for f in told["features"]}
    assert [found[name]["need"] for name in ("east 区", "west 区")] == ["both", "tickets"]
    assert (found["east 区"]["share"], found["east 区"]["not_reached"]) == (0.2, 80)
    monkeypatch.setattr(needs, "HOT", {"hot-99"})
    again = as_("planner").get(f"{DOOR}?cells=community&below=10").json()
    assert {f["properties"]["need"] for f in again["features"]} == {"neither"}
    covered(east=(None, None), west=(200, 0))
    last = as_("planner").get(f"{DOOR}?cells=community").json()
    assert {f["properties"]["need"] for f in last["features"]} == {"unknown", "coverage"}
    assert last["coverage"]["minutes"] == 15


def test_impossible_limits_are_refused_and_so_is_who_may_not(as_, covered) -> None:
    covered()
    client = as_("planner")
    assert client.get(f"{DOOR}?cells=community&minutes=0").status_code == 422
    assert client.get(f"{DOOR}/cell?cells=community&below=0").status_code == 422
    assert as_("worker").get(DOOR).status_code == 403
    assert as_(None).get(DOOR).status_code == 401


def told(client, **query) -> dict[str, dict]:
    """What is said of each cell, by its name or, of a hexagon, by its id."""
    answer = look(client, DOOR, **query)
    assert answer.status_code == 200, answer.content
    return {
        one["properties"]["name_en"] or one["properties"]["name_zh"] or one["id"]: one["properties"]
        for one in answer.json()["features"]
    }


def test_coverage_of_any_cells_is_that_of_those_who_live_there(peopled, site) -> None:
    assert actions.settle(now=timezone.now(), actor="test") is not None
    client = client_of(peopled["county"])
    found = told(client, cells="building", area=peopled["community"].area_id)
    left, right = found["left 楼"], found["right 楼"]
    assert (left["need"], left["share"], left["within"], left["not_reached"]) == ("coverage", 0.0, 0, 100)
    assert (right["need"], right["share"], right["within"], right["not_reached"]) == ("neither", 1.0, 60, 0)
    cells = told(client, cells="hexagon", width=150, area=peopled["community"].area_id)
    lived_in = [cell for cell in cells.values() if cell["need"] != "nobody"]
    assert sorted((cell["need"], cell["within"], cell["not_reached"]) for cell in lived_in) == [
        ("coverage", 0, 100), ("neither", 60, 0),
    ]  # fmt: skip
    assert {cell["share"] for cell in cells.values() if cell["need"] == "nobody"} == {None}
    whole = client.get("/api/coverage", {"area": peopled["community"].area_id}).json()["area"]
    assert sum(cell["within"] or 0 for cell in lived_in) == whole["within"][2]
    leader = told(client_of(peopled["county"], "leader"), cells="building", area=peopled["community"].area_id)
    assert leader["left 楼"]["need"] == "coverage", "leaders may read residents"


def test_very_many_cells_are_painted_and_the_worst_listed(peopled, site, monkeypatch) -> None:
    monkeypatch.setattr(needs, "HOT", {"none", "too-few", "hot-99"})
    assert actions.settle(now=timezone.now(), actor="test") is not None
    client, words = (
        client_of(peopled["county"]),
        {"cells": "hexagon", "width": 150, "area": peopled["community"].area_id},
    )
    all_cells = look(client, DOOR, **words).json()
    monkeypatch.setattr(exports, "MOST_SHAPES", 10)
    painting.forget()
    answer = look(client, DOOR, **words).json()
    assert answer["summary"]["pictured"]
    assert answer["coverage"]["counts"] == all_cells["coverage"]["counts"]
    assert (answer["coverage"]["counts"]["both"], answer["coverage"]["counts"]["tickets"]) == (1, 1)
    (worst,) = answer["features"]
    assert worst == next(one for one in all_cells["features"] if one["properties"]["need"] == "both")
    assert (worst["properties"]["not_reached"], worst["properties"]["where"]) == (100, ["Test Community", "left 院"])
    link, view = answer["summary"]["link"], {"wide": 300, "high": 300}
    (west, south), (east, north) = at(0, 0), at(12, 12)
    painted = look(client, f"{DOOR}/picture?{link}", west=west, south=south, east=east, north=north, **view).json()
    spots = {one["properties"]["need"]: one["properties"] for one in all_cells["features"]}
    assert {"both", "tickets", "hot-nobody"} == set(spots)
    for need in ("both", "tickets"):  # the others reach beyond the view
        lon, lat = spots[need]["lon"], spots[need]["lat"]
        assert grey(painted, lon, lat) == need
        one = look(client, f"{DOOR}/cell?{link}", lon=lon, lat=lat).json()
        assert one["properties"]["need"] == need
        known = next(cell["properties"] for cell in all_cells["features"] if cell["id"] == one["id"])
        assert one["properties"] == {name: value for name, value in known.items() if name != "where"}


def test_figures_of_larger_areas_are_no_figures_of_the_cells_in_them(place, site) -> None:
    Population.objects.create(
        area=place["left"].area, age_band=AgeBand.objects.get(code="18-59"), residents=90, source="test", valid_from=T0
    )
    assert actions.settle(now=timezone.now(), actor="test") is not None
    client = client_of(place["county"])
    answer = look(client, DOOR, cells="building", area=place["community"].area_id).json()
    assert {one["properties"]["need"] for one in answer["features"]} == {"unknown"}
    assert answer["coverage"]["coarse"] == 1
    compounds = told(client, cells="compound", area=place["community"].area_id)
    assert (compounds["left 院"]["need"], compounds["right 院"]["need"]) == ("coverage", "unknown")


def test_a_past_moment_meets_the_sites_of_then(peopled) -> None:
    Site.objects.create(
        kind=SiteKind.objects.get(code="community_centre"), area=peopled["community"].area, name_zh="试社区中心",
        geometry=Point(*at(3, 1.5), srid=4326), valid_from=T0 + timedelta(days=40),
    )  # fmt: skip
    assert actions.settle(now=timezone.now(), actor="test") is not None
    client, words = client_of(peopled["county"]), {"area": peopled["community"].area_id}
    for cells in ("building", "compound"):
        then = told(client, cells=cells, moment=(T0 + timedelta(days=20)).isoformat(), **words)
        now = told(client, cells=cells, **words)
        name = {"building": "right 楼", "compound": "right 院"}[cells]
        assert (then[name]["share"], now[name]["share"]) == (0.0, 1.0), cells
