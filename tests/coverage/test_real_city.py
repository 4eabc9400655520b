"""Porto Alegre: 15,886 streets, 812,935 people at 1,227 places, 15 sites: a planner presses, drags, reads, prints."""

import csv
import re
from datetime import timedelta
from io import StringIO

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.utils import timezone

from grids.models import Boundary, PopulationPoint
from layers.coverage import actions
from layers.coverage.models import SpeedProfile
from layers.sites.models import Site, SiteKind
from layers.streets import network
from layers.streets.actions import replace_network
from layers.streets.osm.extract import extract
from layers.streets.osm.source import read
from tests.coverage.askers import client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]
EVERYBODY = 812_935


@pytest.fixture
def city(shared_data):
    """The city with its streets, people and places as sites; its community."""
    streets = shared_data / "osm" / "r5r_porto_alegre.osm.pbf"
    people = shared_data / "population" / "poa_hexgrid.csv"
    places = shared_data / "population" / "poa_points_of_interest.csv"
    if not all(path.is_file() for path in (streets, people, places)):
        pytest.skip("no Porto Alegre in the shared data")
    words = ("--county-from-hull", "--name", "阿雷格里港", "--name-en", "Porto Alegre", "--commit")
    call_command("import_population", str(people), *words, stdout=StringIO())
    now = timezone.now()
    replace_network(ways=extract(read(streets)).ways, gates=[], now=now, actor="test")
    community = Boundary.objects.at(now).of_tier("community").get()
    kind = SiteKind.objects.get(code="station")
    with places.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    Site.objects.bulk_create(
        Site(
            kind=kind, area=community.area, name_zh=row["id"], geometry=Point(float(row["lon"]), float(row["lat"])),
            valid_from=now - timedelta(days=1), changed_at=now,
        )
        for row in rows
    )  # fmt: skip
    assert actions.settle(now=now, actor="test") is not None
    return community, rows


def test_a_planner_reads_the_city_and_every_figure_is_a_count_place_by_place(city):
    community, rows = city
    planner = client_of(community)
    # by hand: everybody's walk from each site alone, one search a site
    pace = SpeedProfile.objects.get(is_default=True)
    walkable = network.current()
    homes = list(PopulationPoint.objects.order_by("pk").values_list("point", "residents"))
    xy = walkable.metres(np.array([(point.x, point.y) for point, _count in homes]))
    residents = np.array([count for _point, count in homes])
    snaps = walkable.walking.snap(xy)
    walk = np.full(len(homes), np.inf)
    for row in rows:
        origin = walkable.walking.snap(walkable.metres(np.array([[float(row["lon"]), float(row["lat"])]])))
        walk = np.minimum(walk, walkable.walking.distances(walkable.walking.reach(origin, 3_000.0), snaps))
    within = [int(residents[walk <= pace.metres(minutes)].sum()) for minutes in (5, 10, 15)]

    answer = planner.get("/api/coverage", {"area": community.area_id}).json()
    small = int(((residents > 0) & (residents < 5)).sum())
    assert answer["sites"]["count"] == 15
    assert abs(answer["area"]["residents"] - EVERYBODY) <= 2 * small, "small figures count as two or three"
    for told, true in zip(answer["area"]["within"], within, strict=True):
        assert abs(told - true) <= 2 * small
    assert within[0] < within[1] < within[2] < EVERYBODY
    assert (answer["gap_count"] > 20, len(answer["spots"]) > 1_000) == (True, True)
    first = answer["gaps"][0]
    assert first["cell"] is True
    assert [gap["residents"] for gap in answer["gaps"]] == sorted(
        (gap["residents"] for gap in answer["gaps"]), reverse=True
    )

    # a press where most are not reached, and a drag: what it foretells comes true
    spot = {"lon": first["lon"], "lat": first["lat"]}
    circle = planner.get("/api/circles", spot)
    assert circle.status_code == 200
    rings = [ring["properties"]["residents"] for ring in circle.json()["rings"]["features"]]
    assert rings == sorted(rings)
    told = planner.get("/api/coverage/what-if", {**spot, "area": community.area_id}).json()
    assert told["residents"]["gained"][2] > 0
    Site.objects.create(
        kind=SiteKind.objects.get(code="station"), area=community.area, name_zh="新站",
        geometry=Point(spot["lon"], spot["lat"]), valid_from=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    after = planner.get("/api/coverage", {"area": community.area_id}).json()
    assert after["area"]["share"] == told["residents"]["after"]
    gained = [there - here for there, here in zip(after["area"]["within"], answer["area"]["within"], strict=True)]
    assert gained == told["residents"]["gained"]

    page = planner.get(f"/coverage/{community.area_id}/").content.decode()
    assert re.search(r"\d+% of residents walk to a site in 15 minutes", page)
    assert 'class="road"' in page
