"""The two walled yards with streets, residents and a community centre."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point

from grids.models import AgeBand, Population
from layers.sites.models import Site, SiteKind
from layers.streets.actions import replace_network
from tests.grids.ground import T0
from tests.streets.yards import STREETS, at, gates, yards


@pytest.fixture
def place(catalogues):
    made = yards()
    replace_network(ways=STREETS, gates=gates(made), now=T0 + timedelta(days=1), actor="test")
    return made


@pytest.fixture
def peopled(place):
    bands = {band.code: band for band in AgeBand.objects.all()}
    for name, adults, old, homes in (("left house", 80, 20, 41), ("right house", 50, 10, 23)):
        for band, residents, households in (("18-59", adults, homes), ("60-79", old, None)):
            Population.objects.create(
                area=place[name].area, age_band=bands[band], residents=residents, households=households,
                source="test", valid_from=T0,
            )  # fmt: skip
    return place


@pytest.fixture
def site(place) -> Site:
    return Site.objects.create(
        kind=SiteKind.objects.get(code="community_centre"),
        area=place["community"].area,
        name_zh="试社区中心",
        geometry=Point(*at(3, 1.5), srid=4326),
        valid_from=T0,
    )
