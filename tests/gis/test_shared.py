"""The shared ground: geometry, datums, moments, strangers' GeoJSON, settings from the environment."""

import gc
import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from gis.environment import Environment
from gis.shared import datums, geojson, geometry, tiles
from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from gis.shared.periods import moment_from
from gis.shared.tables import ROWS_WITHOUT_CYCLES, few_collections

CHINA = st.tuples(st.floats(75, 134), st.floats(18, 53))
NOW = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [(75, 40, 4534), (110.4, 35.2, 4546), (111.4, 35.2, 4546), (111.6, 35.2, 4546), (112.6, 35.2, 4547),
     (135, 48, 4554), (120.99, 24.79, 4549), (37.4, 55.8, 32637), (-51.2, -30.0, 32722), (-73.9, 40.7, 32618)],
)  # fmt: skip
def test_the_metric_zone_is_cgcs2000_in_china_and_utm_elsewhere(lon: float, lat: float, epsg: int) -> None:
    assert geometry.metric_epsg(lon, lat) == epsg


@given(CHINA)
def test_metres_and_back_stay_on_the_same_grid_point(place: tuple[float, float]) -> None:
    point = geometry.snap_coordinates(np.array([place]))
    epsg = geometry.metric_epsg(*place)
    back = geometry.snap_coordinates(geometry.xy_to_degrees(geometry.xy_to_metres(point, epsg), epsg))
    assert np.array_equal(point, back)


def test_an_area_in_square_metres() -> None:
    side = 0.01
    square = shapely.box(110.0, 35.0, 110.0 + side, 35.0 + side)
    expected = (side * 111_320 * math.cos(math.radians(35.005))) * (side * 110_941)
    assert geometry.area_m2(square) == pytest.approx(expected, rel=0.005)
    assert geometry.area_m2(shapely.Polygon()) == 0


@given(CHINA, st.sampled_from([Datum.GCJ02, Datum.BD09, Datum.CGCS2000, Datum.WGS84]))
def test_datums_come_back_within_a_tenth_of_a_millimetre(place: tuple[float, float], datum: Datum) -> None:
    point = np.array([place])
    back = datums.to_wgs84(datums.from_wgs84(point, datum), datum)
    assert np.abs(back - point).max() < 1e-9


def test_gcj02_moves_beijing_by_half_a_kilometre_and_new_york_not_at_all() -> None:
    beijing, new_york = np.array([[116.397, 39.908]]), np.array([[-73.98, 40.75]])
    metres = np.hypot(*((datums.wgs84_to_gcj02(beijing) - beijing) * [85_000, 111_000])[0])
    assert 400 < metres < 700
    assert np.array_equal(datums.wgs84_to_gcj02(new_york), new_york)


def test_a_date_means_the_end_of_that_local_day_and_today_means_now() -> None:
    assert moment_from("", now=NOW) == NOW
    assert moment_from("2026-03-05", now=NOW) == NOW
    yesterday = moment_from("2026-03-04", now=NOW).astimezone(ZoneInfo("Asia/Shanghai"))
    assert (yesterday.day, yesterday.hour, yesterday.minute, yesterday.microsecond) == (4, 23, 59, 999_999)
    assert moment_from("2026-03-04T10:02:00+08:00", now=NOW) == datetime(2026, 3, 4, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-02-30", "2026-13-01T00:00", "'; drop table", "2026", "9999-12-31", "0001-01-01"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        moment_from(text, now=NOW)


RING = [[110, 35], [110.1, 35], [110.1, 35.1], [110, 35]]


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (None, "Polygon"),
        ({"type": "Point", "coordinates": [110, 35]}, "Point"),
        ({"type": ["Polygon"], "coordinates": [RING]}, "Polygon"),
        ({"type": {}, "coordinates": [RING]}, "Polygon"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Polygon", "coordinates": [RING[:3]]}, "four"),
        ({"type": "Polygon", "coordinates": [[*RING[:3], [110, 35.01]]]}, "closed"),
        ({"type": "Polygon", "coordinates": [[[110, math.nan], *RING[1:]]]}, "finite"),
        ({"type": "Polygon", "coordinates": [[[35, 110], *RING[1:]]]}, "swapped"),
        ({"type": "Polygon", "coordinates": [[[500, 500], *RING[1:]]]}, "outside"),
        ({"type": "Polygon", "coordinates": [["110", "35"]]}, "finite"),
        ({"type": "Polygon", "coordinates": [[[True, 35], *RING[1:]]]}, "finite"),
        ({"type": "MultiPolygon", "coordinates": [RING]}, "four"),
        ({"type": "Polygon", "coordinates": [[[110 + i * 1e-7, 35] for i in range(20_100)]]}, "20000"),
    ],
)
def test_strangers_shapes_are_refused_with_the_spot(document: object, word: str) -> None:
    from django.utils import translation

    with translation.override("en"), pytest.raises(Invalid) as caught:
        geojson.polygons_from(document)
    assert word in str(caught.value.detail)


def test_a_shape_goes_out_as_it_came_in() -> None:
    shape = geojson.polygons_from({"type": "Polygon", "coordinates": [RING]})
    assert geojson.mapping(shape) == {"type": "MultiPolygon", "coordinates": [[RING]]}


@given(st.integers(0, 22), st.floats(0, 0.999999), st.floats(0, 0.999999))
def test_a_tile_ends_where_the_next_begins(z: int, fx: float, fy: float) -> None:
    x, y = int(fx * 2**z), int(fy * 2**z)
    assert tiles.exists(z, x, y)
    west, south, east, north = tiles.bounds(z, x, y)
    assert west < east
    assert south < north
    assert tiles.bounds(z, x + 1, y)[0] == east or x + 1 == 2**z
    assert not tiles.exists(z, 2**z, y)


def test_settings_come_from_the_environment_before_the_file() -> None:
    env = Environment(
        {"PLACE": "moscow", "EMPTY": ""}, {"PLACE": "town", "EMPTY": "local", "CLUSTER_URL": "postgres://u:p@/?host=/s"}
    )
    assert env.place() == "moscow"
    assert env.text("EMPTY") == "local"
    entry = env.database()
    assert entry["NAME"] == "wangge_moscow"
    assert entry["OPTIONS"]["host"] == "/s"
    assert entry["TEST"] == {"TEMPLATE": "template_postgis"}
    assert Environment({"DATABASE_URL": "postgis://u:p@h:5433/n"}, {}).database()["NAME"] == "n"


@pytest.mark.parametrize("name", ["../etc", "Town", "1st", "a" * 41, "a;b"])
def test_a_place_is_a_plain_word(name: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        Environment({"PLACE": name}, {}).place()


def test_a_setting_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured):
        Environment({"DEBUG": "perhaps"}, {}).flag("DEBUG")
    with pytest.raises(ImproperlyConfigured):
        Environment({"N": "many"}, {}).number("N", 1)


def test_the_collector_comes_by_as_often_as_before_once_the_rows_have_gone_by() -> None:
    before = gc.get_threshold()

    @few_collections()
    def bring(fails: bool) -> int:
        with few_collections():  # one door within another
            assert gc.get_threshold()[0] >= ROWS_WITHOUT_CYCLES
        assert gc.get_threshold()[0] >= ROWS_WITHOUT_CYCLES
        return 1 // (not fails)

    assert bring(fails=False) == 1
    with pytest.raises(ZeroDivisionError):
        bring(fails=True)
    assert gc.get_threshold() == before
