"""An imported place is worked on through the same doors as any other: draw, be refused, locate, walk, look."""

import uuid
from math import asinh, pi, radians, tan
from pathlib import Path

import mapbox_vector_tile
import pytest
import shapely
from django.test import Client
from django.utils import timezone

from gis.accounts.models import Account
from gis.town import imported
from gis.town.opening.fitted import Fitted
from gis.town.opening.plan import plan_import
from grids.models import Appointment, Boundary
from layers.streets.models import Gate
from tests.streets.drawn import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


@pytest.fixture(params=["drawn", "gh_moscow.osm.gz"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Fitted:
    if request.param == "drawn":
        path = town().save(tmp_path)
    else:
        path = request.getfixturevalue("shared_data") / "osm" / request.param
        if not path.is_file():
            pytest.skip(f"no {path}")
    plan = plan_import(path)
    imported.store_import(plan, now=timezone.now())
    return plan


def chief_of(compound: Boundary) -> Client:
    """A browser in which the demonstration chief of a compound has signed in."""
    person = Appointment.objects.get(area=compound.area, role="chief").person
    assert person is not None
    person.account = Account.objects.create_user(f"chief-{compound.code}")
    person.save()
    client = Client()
    client.force_login(person.account)
    return client


def draw(client: Client, parent: Boundary, shape: shapely.Polygon, number: int = 900) -> tuple[int, dict[str, object]]:
    body = {
        "id": str(uuid.uuid4()),
        "parent": str(parent.area_id),
        "geometry": shapely.geometry.mapping(shape),
        "code": f"{parent.code}{number}",
        "name_zh": "新画楼栋",
    }
    answer = client.post(
        "/api/areas", body, content_type="application/json", headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    return answer.status_code, answer.json()


def room_in(compound: Boundary) -> shapely.Polygon:
    """A small square inside a compound that meets none of its buildings."""
    built = [row.shape for row in Boundary.objects.still().of_tier("building").filter(parent=compound.area)]
    west, south, east, north = compound.shape.bounds
    for step in range(1, 400):
        x = west + (east - west) * ((step * 0.618034) % 1)
        y = south + (north - south) * ((step * 0.754878) % 1)
        square = shapely.box(x, y, x + 5e-5, y + 5e-5)
        if compound.shape.contains(square) and not any(square.intersects(shape) for shape in built):
            return square
    raise AssertionError("no room left in the compound")


def test_a_chief_draws_in_the_own_compound_and_nowhere_else(place: Fitted) -> None:
    compounds = Boundary.objects.still().of_tier("compound").order_by("code")
    own, other = compounds[0], compounds[1]
    client = chief_of(own)
    status, drawn = draw(client, own, room_in(own))
    assert status == 201, drawn
    assert Boundary.objects.still().of_tier("building").filter(parent=own.area, name_zh="新画楼栋").exists()
    status, told = draw(client, other, room_in(other))
    assert status == 403, told
    building = Boundary.objects.still().of_tier("building").filter(parent=own.area).exclude(name_zh="新画楼栋")[0]
    status, told = draw(client, own, building.shape.geoms[0], 901)
    assert status in {409, 422}
    assert told["places"], "the overlap is shown where it is"


def test_anybody_finds_the_chain_and_walks_a_circle_but_nobody_is_counted(place: Fitted) -> None:
    building = Boundary.objects.still().of_tier("building").order_by("code")[0]
    inside = building.shape.representative_point()
    where = {"lon": inside.x, "lat": inside.y}
    chain = Client().get("/api/locate", where).json()["chain"]
    assert [row["tier"] for row in chain] == ["county", "street", "community", "compound", "building"]
    circle = Client().get("/api/circles", where)
    assert circle.status_code == 200
    rings = [shapely.geometry.shape(feature["geometry"]) for feature in circle.json()["rings"]["features"]]
    areas = sorted(ring.area for ring in rings)
    assert len(areas) == 3
    assert areas[0] > 0


def test_gates_leave_the_house_as_inferred(place: Fitted) -> None:
    gate = Gate.objects.filter(status="inferred").first()
    assert gate is not None
    n = 2**16
    x = int((gate.geometry.x + 180) / 360 * n)
    y = int((1 - mercator(gate.geometry.y)) / 2 * n)
    answer = Client().get(f"/tiles/gates/16/{x}/{y}.mvt")
    assert answer.status_code == 200
    tile = mapbox_vector_tile.decode(answer.content)
    statuses = {feature["properties"]["status"] for feature in tile["gates"]["features"]}
    assert "inferred" in statuses


def mercator(lat: float) -> float:
    """The y of web Mercator as a share of half the world, north positive."""
    return asinh(tan(radians(lat))) / pi
