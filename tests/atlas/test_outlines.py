"""Simplified tiers stay coverages: what the browser decodes has no gap and no overlap that was not there."""

from datetime import timedelta

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grids.models import Boundary
from layers.atlas import outlines
from layers.atlas.bands import band_of, bands, tolerance_m
from layers.atlas.models import Anchor, Edit, Outline
from layers.atlas.registry import LAYERS, layers_of
from layers.atlas.tiles import EXTENT, tile
from tests.atlas.test_tiles import column_row
from tests.grids.ground import put, small_county, square

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def catalogue(transactional_db) -> None:
    from django.core.management import call_command

    call_command("load_catalogues", verbosity=0)


def crooked(seed: int, count: int, wobble: float) -> list[shapely.Polygon]:
    """A square of 40 thousandths cut into pieces whose shared edges have many nodes, as a survey draws them."""
    random = np.random.default_rng(seed)
    frame = square(0, 0, 40)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.MultiPoint(random.uniform((110, 35), (110.04, 35.04), (count, 2))), extend_to=frame
        )
    )
    cells = shapely.coverage_clean(shapely.intersection(cells, frame))
    dense = shapely.segmentize(cells, 0.0004)
    nodes: dict[tuple[float, float], tuple[float, float]] = {}

    def moved(xy: np.ndarray) -> np.ndarray:
        out = np.rint(xy * 1e8) / 1e8
        for at, (x, y) in enumerate(out.tolist()):
            if (x, y) not in nodes:
                inner = 110 < x < 110.04 and 35 < y < 35.04
                dx, dy = random.uniform(-wobble, wobble, 2) if inner else (0.0, 0.0)
                nodes[x, y] = (x + dx, y + dy)
            out[at] = nodes[x, y]
        return np.rint(out * 1e8) / 1e8

    shapes = shapely.transform(dense, moved)
    return shapes.tolist() if shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes) else cells.tolist()


def decoded(name: str, x: int, y: int, z: int) -> np.ndarray:
    body = tile(layers_of(name), z, x, y, asker=None, moment=timezone.now())
    features = mapbox_vector_tile.decode(body)[name]["features"] if body else []
    return np.array([shapely.geometry.shape(feature["geometry"]) for feature in features], dtype=object)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(2, 40), st.floats(0, 0.00012), st.sampled_from([11, 12, 13, 15]))
@example(seed=1, count=30, wobble=0.0001, z=12)
def test_no_gap_opens_between_neighbours(catalogue, seed, count, wobble, z):
    east = 50 * Boundary.objects.of_tier("county").count()  # every example on ground of its own
    code = f"99{east:04d}"
    county = put("county", square(east, 0, 40), code=code)
    street = put("street", square(east, 0, 40), county, code=code)
    for number, shape in enumerate(crooked(seed, count, wobble)):
        put("community", moved_east(shape, east), street, code=f"{code}{number:03d}")
    assert outlines.renew(now=timezone.now(), patient=False)["outlines"] > 0
    x, y = column_row(110.02 + east / 1000, 35.02, z)
    found = decoded("community", x, y, z)
    frame = shapely.intersection(shapely.union_all(decoded("county", x, y, z)), shapely.box(0, 0, EXTENT, EXTENT))
    folded = ~shapely.is_valid(found)  # a corner that rounding to a sixteenth of a pixel has turned over
    inside = shapely.intersection(shapely.make_valid(found), frame)
    off = 1e-6 + folded.sum()
    wrong = shapely.coverage_invalid_edges(found[shapely.area(found) > 0])
    assert not shapely.intersects(wrong, shapely.box(1, 1, EXTENT - 1, EXTENT - 1)).any()
    assert shapely.area(frame) > 0
    assert abs(shapely.area(shapely.union_all(inside)) - shapely.area(frame)) < off
    assert abs(shapely.area(inside).sum() - shapely.area(frame)) < off


def moved_east(shape: shapely.Polygon, thousandths: int) -> shapely.Polygon:
    return shapely.transform(shape, lambda xy: np.rint((xy + np.array([thousandths / 1000, 0])) * 1e8) / 1e8)


def test_outlines_have_fewer_nodes_and_stay_near(catalogue):
    county = put("county", square(0, 0, 40), code="99")
    street = put("street", square(0, 0, 40), county, code="9901")
    for number, shape in enumerate(crooked(3, 20, 0.00001)):
        put("community", shape, street, code=f"9901{number:03d}")
    outlines.renew(now=timezone.now(), patient=False)
    layer = layers_of("community")[0]
    exact = {row.pk: shapely.transform(row.shape, outlines.mercator) for row in Boundary.objects.of_tier("community")}
    for band in bands(layer):
        rows = Outline.objects.filter(simplification__layer="community", simplification__band=band)
        assert {row.boundary for row in rows} == set(exact)
        for row in rows:
            coarse = shapely.from_wkb(bytes(row.geometry.wkb))
            assert shapely.hausdorff_distance(coarse, exact[row.boundary]) < 8 * tolerance_m(band)
    first = Outline.objects.filter(simplification__layer="community", simplification__band=bands(layer)[0])
    nodes = sum(shapely.get_num_coordinates(shapely.from_wkb(bytes(row.geometry.wkb))) for row in first)
    assert nodes < 0.5 * sum(map(shapely.get_num_coordinates, exact.values()))


def test_bands_end_where_a_pixel_shows_everything():
    for layer in LAYERS:
        assert band_of(layer, 18) is None
        assert all(band_of(layer, zoom) in {None, zoom // 2} for zoom in range(23))
    assert bands(layers_of("unit")[0]) == []
    assert bands(layers_of("community")[0]) == [6, 7, 8]


def test_after_an_edit_shapes_are_drawn_as_stored_until_they_are_simplified_again(catalogue):
    ground = small_county()
    now = timezone.now()
    assert outlines.renew(now=now, patient=False)["outlines"] > 0
    assert outlines.renew(now=now, patient=False) == {"outlines": 0, "anchors": 0}
    put("compound", square(30, 2, 3.3), ground["community"], code="C3")
    x, y = column_row(110.0315, 35.0035, 14)
    assert len(decoded("compound", x, y, 14)) == 2, "the new one is there at once, beside its neighbour"
    assert outlines.renew(now=timezone.now())["outlines"] == 0, "somebody may go on editing"
    later = timezone.now() + timedelta(minutes=1)
    assert outlines.renew(now=later)["outlines"] > 0
    assert outlines.renew(now=later)["outlines"] == 0


def test_a_change_on_its_way_makes_the_outlines_worthless_when_it_comes(catalogue):
    from django.db import connection

    ground = small_county()
    writer = connection.copy()
    try:
        writer.set_autocommit(False)
        with writer.cursor() as cursor:
            cursor.execute(
                "UPDATE grids_boundary SET valid_until = now(), closed_by_id = opened_by_id WHERE id = %s",
                [ground["west"].pk],
            )
        outlines.renew(now=timezone.now(), patient=False)
        writer.commit()
    finally:
        writer.close()
    assert Edit.objects.filter(layer="compound").exists()
    assert outlines.renew(now=timezone.now(), patient=False)["outlines"] > 0


def test_names_stand_well_inside(catalogue):
    u_shape = (
        square(2, 20, 12).difference(square(5, 23, 6)).difference(square(5, 26, 12).intersection(square(5, 20, 6)))
    )
    ground = small_county()
    u_area = put("compound", u_shape, ground["community"], code="U")
    outlines.renew(now=timezone.now(), patient=False)
    anchors = {row.boundary: row for row in Anchor.objects.all()}
    assert set(anchors) == set(Boundary.objects.values_list("pk", flat=True))
    for row in Boundary.objects.all():
        anchor = anchors[row.pk]
        assert row.shape.contains(shapely.Point(anchor.lon, anchor.lat))
        assert anchor.room_m > 100
    west = anchors[ground["west"].pk]
    assert (west.lon, west.lat) == pytest.approx((110.007, 35.007), abs=1e-4)
    assert anchors[u_area.pk].room_m > 130
