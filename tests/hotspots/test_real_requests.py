"""A city's real service requests, imported into an empty place, analysed by hexagons; nobody's residents are known."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from grids.models import Appointment

FILE = "tickets/nyc_311_animals_2025.csv"
COLUMNS = ["number=Unique Key", "reported=Created Date", "lon=Longitude", "lat=Latitude", "category=Complaint Type"]
PLACED, WITHOUT_POSITION = 4907, 62


@pytest.fixture
def city(db, shared_data, client):
    call_command("load_catalogues", verbosity=0)
    with pytest.raises(CommandError, match=str(WITHOUT_POSITION)):  # rows left out are listed, and end the command so
        call_command(
            "import_tickets", str(shared_data / FILE), map=COLUMNS, timezone="America/New_York", datum="wgs84",
            county_from_hull=True, commit=True, stdout=StringIO(),
        )  # fmt: skip
    call_command("demo_accounts", stdout=StringIO())
    planner = Appointment.objects.at(timezone.now()).filter(role="planner", person__account__isnull=False).first()
    client.force_login(planner.person.account)
    return client


def test_every_placed_request_is_counted_and_the_hot_quarters_are_found(city) -> None:
    for query in ("", "?width=500", "?width=2000"):
        figures = (answer := city.get(f"/api/hotspots{query}").json())["summary"]
        assert (figures["tickets"], figures["outside"]) == (PLACED, 0)
        assert figures["before"] > figures["after"] > 0
        assert figures["p_values"] == ("uneven" if figures["mean"] < 1 else "permutation")
        assert answer["spots"]
        assert figures["residents"] is None
        assert all(f["properties"]["residents"] is f["properties"]["per_1000"] is None for f in answer["features"])
    assert city.get("/api/hotspots?per=residents").json()["code"] == "no-residents"
    hottest = max(answer["features"], key=lambda feature: feature["properties"]["z"])
    behind = city.get(f"/api/hotspots/tickets?width=2000&cell={hottest['id']}").json()
    assert behind["count"] == hottest["properties"]["tickets"] > 10
