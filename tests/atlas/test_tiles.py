"""Tiles are decoded and compared with what is stored: names, places, moments, and who may see what."""

import mapbox_vector_tile
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gis.accounts.models import Account
from gis.shared.tiles import bounds
from grids.models import Appointment, Boundary, Person
from layers.atlas.registry import LAYERS, group_of
from layers.atlas.tiles import EXTENT
from tests.grids.ground import put, small_county, square

pytestmark = pytest.mark.django_db


def column_row(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile that holds a point."""
    import math

    n = 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * n), int(y * n)


@pytest.fixture
def county(catalogues) -> dict[str, Boundary]:
    return small_county()


def get(client, name: str, lon: float, lat: float, z: int, **query):
    x, y = column_row(lon, lat, z)
    return client.get(f"/tiles/{name}/{z}/{x}/{y}.mvt", query), (z, x, y)


def decoded(response) -> dict:
    return mapbox_vector_tile.decode(response.content, default_options={"y_coord_down": True})


def test_a_tile_carries_the_areas_with_names_ids_and_a_point_inside(client, county):
    response, _ = get(client, "grids", 110.005, 35.005, 15)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/vnd.mapbox-vector-tile"
    layers = decoded(response)
    west = next(f for f in layers["compound"]["features"] if f["properties"]["name_zh"] == "西院")["properties"]
    assert west["id"] == str(county["west"].area_id)
    assert west["parent"] == str(county["community"].area_id)
    assert west["code"] == "990001001001001"
    assert 110.002 < west["lon"] < 110.012
    assert 35.002 < west["lat"] < 35.012


def test_shapes_lie_where_they_are_stored(client, county):
    response, (z, x, y) = get(client, "compound", 110.005, 35.005, 15)
    feature = next(f for f in decoded(response)["compound"]["features"] if f["properties"]["name_zh"] == "西院")
    left, _, right, top = bounds(z, x, y)
    ring = feature["geometry"]["coordinates"][0]
    lons = [left + (right - left) * px / EXTENT for px, _ in ring]
    west = max(min(lons), left)
    assert abs(max(west, 110.002) - west) < (right - left) / EXTENT * 2 or west == left
    assert top > 35.0


@pytest.mark.parametrize(
    ("zoom", "seen"), [(9, {"county"}), (10, {"county", "street"}), (14, {"county", "street", "community", "compound"})]
)
def test_the_nearer_the_more_tiers(client, county, zoom, seen):
    response, _ = get(client, "grids", 110.02, 35.005, zoom - 1)
    assert set(decoded(response)) == seen


def test_a_past_moment_shows_the_ground_of_then(client, county):
    response, _ = get(client, "county", 110.02, 35.005, 12, moment="2025-06-01")
    assert response.status_code == 204
    response, _ = get(client, "county", 110.02, 35.005, 12, moment="2026-02-01T08:00")
    assert response.status_code == 200


def test_a_moment_that_is_none_is_explained(client, county):
    response, _ = get(client, "grids", 110.02, 35.005, 12, moment="yesterday")
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "bad-moment"


@pytest.mark.parametrize("path", ["grids/3/8/0", "grids/3/0/8", "grids/23/0/0", "nothing/3/1/1"])
def test_there_is_no_such_tile(client, catalogues, path):
    response = client.get(f"/tiles/{path}.mvt")
    assert response.status_code == 404
    assert response.json()["code"] == "missing"


@pytest.mark.parametrize("path", ["grids/-1/0/0", "grids/3/1/x", "grids/3/1/1.5"])
def test_words_are_no_tile_addresses(client, path):
    assert client.get(f"/tiles/{path}.mvt").status_code == 404


def test_an_empty_tile_is_204_and_an_unchanged_one_304(client, county):
    empty, _ = get(client, "grids", 10.0, 10.0, 15)
    assert empty.status_code == 204
    assert not empty.content
    first, (z, x, y) = get(client, "grids", 110.005, 35.005, 16)
    again = client.get(f"/tiles/grids/{z}/{x}/{y}.mvt", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    put("building", square(3, 3, 2), county["west"], code="B1")
    changed = client.get(f"/tiles/grids/{z}/{x}/{y}.mvt", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_one_tile_is_one_statement(client, county):
    x, y = column_row(110.02, 35.005, 15)
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/tiles/grids/15/{x}/{y}.mvt")
    assert len([query for query in queries if "ST_AsMVT" in query["sql"]]) == 1


def test_public_layers_may_be_kept_by_anybody_others_only_by_the_asker(client, county):
    response, _ = get(client, "grids", 110.02, 35.005, 14)
    assert response["Cache-Control"] == "public, no-cache"
    response, _ = get(client, "base", 110.02, 35.005, 14)
    assert "public" in response["Cache-Control"]


def test_tickets_need_a_sign_in_and_an_appointment(client, county):
    response, _ = get(client, "tickets", 110.02, 35.005, 14)
    assert response.status_code == 401
    client.force_login(Account.objects.create_user("nobody", "x"))
    response, _ = get(client, "tickets", 110.02, 35.005, 14)
    assert response.status_code == 403
    worker = Account.objects.create_user("worker", "x")
    person = Person.objects.create(name_zh="员", account=worker)
    Appointment.objects.create(area=county["west"].area, role="worker", person=person, valid_from="2026-01-02T00:00Z")
    client.force_login(worker)
    response, _ = get(client, "tickets", 110.02, 35.005, 14)
    assert response.status_code == 204
    assert response["Cache-Control"] == "private, no-cache"
    assert "Cookie" in response["Vary"]


def test_every_layer_can_be_drawn_at_every_zoom_it_names(client, county, rf):
    chief = Account.objects.create_user("chief", "x")
    person = Person.objects.create(name_zh="长", account=chief)
    Appointment.objects.create(area=county["county"].area, role="chief", person=person, valid_from="2026-01-02T00:00Z")
    client.force_login(chief)
    for layer in LAYERS:
        for zoom in {max(1, layer.min_zoom), 13, 17, min(layer.max_zoom, 22)}:
            response, _ = get(client, layer.name, 110.02, 35.005, zoom - 1)
            assert response.status_code in {200, 204}, (layer.name, zoom)


def test_names_of_layers_and_groups_are_one_space():
    names = [layer.name for layer in LAYERS]
    assert len(names) == len(set(names))
    for layer in LAYERS:
        for other in LAYERS:
            assert group_of(layer) != other.name or group_of(other) == group_of(layer)


def test_geometry_far_over_the_edge_does_not_fail(client, catalogues):
    put("county", square(-5000, -5000, 9000), code="990009", name_zh="大县")
    response, _ = get(client, "grids", 110.0, 35.0, 19)
    assert response.status_code == 200
