"""Nothing that circles, coverage, what-if, files, the printed page or an area's card say together tells a small count.

Worlds that differ in nothing but figures of one to four must look alike to who has no duty there, byte for byte: then
no arithmetic over any answers, however many, can find a small figure.
"""

import io
import re
import tempfile
from datetime import timedelta
from itertools import product
from pathlib import Path

import pyogrio
import pytest
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone
from openpyxl import load_workbook

from grids.discretion import PARTS, counted
from grids.models import AgeBand, Population, PopulationPoint
from layers.coverage import actions, settling
from layers.coverage.models import Edit
from tests.coverage.askers import client_of
from tests.grids.ground import T0
from tests.streets.yards import at

pytestmark = pytest.mark.django_db

WORLDS = [(1, 1, 1, 1, 1), (4, 4, 4, 4, 4), (3, 1, 4, 1, 2)]
"""The old and the young of one house, all of another, and two places of the community's own, in each world."""
HOUSEHOLDS = [(1, 1, 1), (4, 4, 2), (3, 4, 1)]
"""Small numbers of households in each world: of the house of a few, and of two places. A large one stands beside small
figures of residents everywhere, and would say how large they are at least."""
SPOTS = (at(3, 4.4), at(7.5, 1.6), at(5, 1.5))
HOMES = ((2.5, 1.4), (5.0, 1.6), (7.4, 1.5), (30, 30))


def fill(place, small, few=(2, 1, 3)) -> None:
    """The figures of one world."""
    bands = {band.code: band for band in AgeBand.objects.all()}
    old, young, alone, first, second = small
    rows = (
        ("left house", "18-59", 80, 81), ("left house", "80+", old, None), ("left house", "0-2", young, None),
        ("right house", "60-79", alone, few[0]), ("right house", "18-59", 0, None),
    )  # fmt: skip
    Population.objects.bulk_create(
        Population(
            area=place[name].area, age_band=bands[band], residents=count, households=households, source="test",
            valid_from=T0,
        )
        for name, band, count, households in rows
    )  # fmt: skip
    people, homes = (20, first, 11, second), (9, few[1], None, few[2])
    figure = Population.objects.create(
        area=place["community"].area, age_band=bands["all"], residents=sum(people), source="test", valid_from=T0,
        households=sum(count or 0 for count in homes),
    )  # fmt: skip
    PopulationPoint.objects.bulk_create(
        PopulationPoint(population=figure, point=Point(*at(*spot), srid=4326), residents=count, households=households)
        for spot, count, households in zip(HOMES, people, homes, strict=True)
    )
    assert actions.settle(now=T0 + timedelta(days=40), actor="test") is not None
    Edit.objects.all().delete()  # whether a transaction sees its own depends on what else ends meanwhile


def questions(place, site):
    """Every door that says something of residents, asked in many ways."""
    areas = [place[name].area_id for name in ("county", "community", "left", "right", "left house", "right house")]
    for minutes in ("5,10,15", "1,2,3,4,6,8", "7,9,11,12,13,14"):
        yield "/api/circles", {"site": site.pk, "minutes": minutes}
    for (lon, lat), gates in product(SPOTS, ("as-is", "open")):
        yield "/api/circles", {"lon": lon, "lat": lat, "gates": gates, "minutes": "2,5,10,15"}
        yield "/api/coverage/what-if", {"lon": lon, "lat": lat, "gates": gates, "instead": site.pk}
        yield "/api/coverage/what-if", {"lon": lon, "lat": lat, "gates": gates, "area": areas[1]}
    for area in areas[1:4]:
        yield "/api/circles", {"site": site.pk, "of": area}
        yield "/api/coverage", {"area": area}
        yield f"/coverage/{area}/", {}
    for cells, width in (("building", ""), ("hexagon", 300), ("compound", "")):
        words = {"cells": cells, "width": width, "area": areas[1]}
        yield "/api/atlas/needs", words
        for lon, lat in (at(3, 3), at(7, 3)):
            yield "/api/atlas/needs/cell", {**words, "lon": lon, "lat": lat}
        (west, south), (east, north) = at(0, 0), at(10, 10)
        view = {"west": west, "south": south, "east": east, "north": north, "wide": 200, "high": 200}
        yield "/api/atlas/needs/picture", {**words, **view}
    yield "/api/coverage", {"tier": "compound"}
    yield "/api/coverage/file.csv", {}
    yield "/api/circles/file.csv", {"site": site.pk, "minutes": "2,5,10,15"}
    yield "/api/circles/file.geojson", {"lon": SPOTS[0][0], "lat": SPOTS[0][1], "instead": site.pk}
    for kind in ("xlsx", "gpkg"):
        yield f"/api/circles/file.{kind}", {"site": site.pk}
        yield f"/api/circles/file.{kind}", {"lon": SPOTS[0][0], "lat": SPOTS[0][1], "instead": site.pk}
    yield "/api/coverage/file.gpkg", {}
    for area in areas:
        yield f"/api/areas/{area}", {}
        yield f"/api/atlas/areas/{area}", {}


def spelled(path: str, body: bytes) -> str:
    """What an answer says, in letters: all tables of a workbook or a GeoPackage, with their shapes."""
    if path.endswith(".xlsx"):
        return repr([(page.title, list(page.values)) for page in load_workbook(io.BytesIO(body), read_only=True)])
    if path.endswith(".gpkg"):
        with tempfile.NamedTemporaryFile(suffix=".gpkg") as file:
            Path(file.name).write_bytes(body)
            layers = [name for name, _kind in pyogrio.list_layers(file.name)]
            told = [(name, pyogrio.read_dataframe(file.name, layer=name).to_wkb(hex=True)) for name in layers]
        return repr([(name, frame.to_csv()) for name, frame in told])
    return body.decode()


def answers(place, site, client) -> list[str]:
    """All that is said, without the moments at which it was read."""
    told = []
    for path, query in questions(place, site):
        answer = client.get(path, query)
        assert answer.status_code == 200, (path, query, answer.content)
        body = spelled(path, answer.content)
        told.append(f"{path} {query} " + re.sub(r'"\w{64}"|\d\d:\d\d(:\d\d)?|T\d\d(%3A\d\d)+', "", body))
    return told


def test_worlds_with_other_small_figures_look_alike_to_a_planner(place, site, settings):
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    planner, worker = client_of(place["county"]), client_of(place["county"], "worker")
    told, true = [], []
    for small, few in zip(WORLDS, HOUSEHOLDS, strict=True):
        with transaction.atomic():
            fill(place, small, few)
            told.append(answers(place, site, planner))
            area = worker.get("/api/coverage").json()["area"]
            true.append((area["residents"], area["households"]))
            transaction.set_rollback(True)
    for other in told[1:]:
        for first, second in zip(told[0], other, strict=True):
            assert first == second
    exact = [(111 + sum(small), 90 + sum(few)) for small, few in zip(WORLDS, HOUSEHOLDS, strict=True)]
    assert true == exact, "who has a duty reads the truth"


def test_circle_coverage_and_card_tell_one_total(place, site):
    fill(place, (3, 2, 4, 1, 2))
    for role in ("planner", "worker"):
        client = client_of(place["county"], role)
        area = place["community"].area_id
        circle = client.get("/api/circles", {"site": site.pk}).json()
        covered = client.get("/api/coverage", {"area": area}).json()["area"]
        assert circle["basis"]["id"] == str(area)
        assert circle["basis"]["residents"] == covered["residents"]
        rings = [ring["properties"] for ring in circle["rings"]["features"]]
        assert [ring["residents"] for ring in rings] == covered["within"]
        assert [ring["grids"] for ring in rings] == covered["grids_within"]
        card = client.get(f"/api/areas/{area}").json()["residents"]
        assert card["count"] == covered["residents"]
        assert [ring["households"] for ring in rings] == covered["households_within"]
        assert circle["basis"]["households"] == covered["households"] == card["households"]
        # one place of four; in coverage the four are one grid, with some number of households at others of them
        assert circle["basis"]["households_unknown"] == covered["households_unknown"] == card["unhoused"] == 1


def test_the_database_and_this_process_replace_alike(place, site):
    fill(place, (3, 2, 4, 1, 2))
    land = settling.gather(moment=timezone.now())
    found = counted(Population.objects.below(place["county"].area, timezone.now()), exact=False)
    assert found is not None
    assert found.about
    assert [getattr(found, part) for part in PARTS] == land.discreet.sum(axis=0).tolist()
    assert found.households == land.homes_discreet[land.homes_discreet >= 0].sum()
    exact = counted(Population.objects.below(place["county"].area, timezone.now()), exact=True)
    assert exact.total == land.parts.sum()
    assert exact.households == land.homes[land.homes >= 0].sum()
    assert exact.unhoused == found.unhoused == 1
