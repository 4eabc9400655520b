"""Coordinates of every named system come to lon, lat; what contradicts its name is told, nothing is guessed."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.shared.datums import Datum, from_wgs84, to_wgs84
from gis.shared.geometry import xy_to_metres
from grids.filing import Unreadable
from grids.filing.offset import inside, same, suspicion, wholly
from grids.filing.reference import NUMBERED_ZONES, ZONES, hint, reference
from tests.filing.files import square

# WGS 84 → GCJ-02 → BD-09 by the package coordTransform 0.2.1, which shares no line with ours.
PUBLISHED = [
    ((75.99, 39.47), (75.9929556381645, 39.47022749677051), (75.99946519930792, 39.476187842272964)),
    ((87.62, 43.82), (87.62285319208286, 43.82121134776029), (87.62932116463496, 43.82731545031974)),
    ((105.0, 35.0), (105.00328624145706, 34.99909863223526), (105.00966682831948, 35.00540366845696)),
    ((108.95, 34.27), (108.95467932781345, 34.268431485361816), (108.96107233409342, 34.27474318285508)),
    ((111.5, 36.2), (111.50629146269252, 36.19995856194995), (111.51275405374388, 36.20601776937057)),
    ((116.397, 39.909), (116.40324350604497, 39.91040339728811), (116.40961569346796, 39.916744221722645)),
    ((121.4737, 31.2304), (121.47822305927693, 31.22845773757727), (121.484781468503, 31.234310593689997)),
    ((131.16, 46.65), (131.16810736421075, 46.6522264590956), (131.1744611132513, 46.658578380957024)),
]
MILLIMETRE = 0.9e-8  # degrees of latitude


def gcj_by_hand(lon: float, lat: float) -> tuple[float, float]:
    """The public formula once more, one point at a time, so that the inverse is judged by something else."""
    x, y, pi, a, e2 = lon - 105, lat - 35, math.pi, 6378245.0, 0.00669342162296594323
    sine = lambda n: math.sin(n * pi)  # noqa: E731
    common = (20 * sine(6 * x) + 20 * sine(2 * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + common
    north += (20 * sine(y) + 40 * sine(y / 3) + 160 * sine(y / 12) + 320 * sine(y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
    east += (20 * sine(x) + 40 * sine(x / 3) + 150 * sine(x / 12) + 300 * sine(x / 30)) * 2 / 3
    w = 1 - e2 * math.sin(math.radians(lat)) ** 2
    radius_n, radius_e = a * (1 - e2) / w**1.5, a / math.sqrt(w) * math.cos(math.radians(lat))
    return lon + math.degrees(east / radius_e), lat + math.degrees(north / radius_n)


def test_forward_is_what_an_independent_package_gives() -> None:
    wgs = np.array([row[0] for row in PUBLISHED])
    assert np.abs(from_wgs84(wgs, Datum.GCJ02) - [row[1] for row in PUBLISHED]).max() < 1e-12
    assert np.abs(from_wgs84(wgs, Datum.BD09) - [row[2] for row in PUBLISHED]).max() < 1e-12


def test_inverse_of_what_an_independent_package_gives_errs_by_less_than_a_millimetre() -> None:
    for name, column in (("gcj02", 1), ("bd09", 2)):
        found = reference(name, "", allow_offset=True).convert(np.array([row[column] for row in PUBLISHED]))
        assert np.abs(found - [row[0] for row in PUBLISHED]).max() < MILLIMETRE / 100


@given(st.floats(73.5, 135), st.floats(18, 53.5))
def test_inverse_errs_by_less_than_a_millimetre_anywhere(lon: float, lat: float) -> None:
    found = to_wgs84(np.array([[lon, lat]]), Datum.GCJ02)[0]
    assert np.abs(np.array(gcj_by_hand(*found)) - (lon, lat)).max() < MILLIMETRE / 100


@pytest.mark.parametrize("at", range(21))
def test_every_zone_of_cgcs2000_comes_back_to_its_meridian(at: int) -> None:
    meridian = 75 + 3 * at
    plain, numbered = (reference(zones[at], "", allow_offset=False) for zones in (ZONES, NUMBERED_ZONES))
    northing = 3_900_000.0
    one = plain.convert(np.array([[500_000.0, northing]]))[0]
    two = numbered.convert(np.array([[(25 + at) * 1e6 + 500_000.0, northing]]))[0]
    assert one == pytest.approx((meridian, 35.229), abs=1e-4)
    assert np.abs(one - two).max() < 1e-9
    metres = xy_to_metres(np.array([[meridian + 0.3, 36.2]]), 4534 + at)
    assert plain.convert(metres)[0] == pytest.approx((meridian + 0.3, 36.2), abs=MILLIMETRE / 10)


def test_degrees_of_wgs84_and_cgcs2000_are_stored_as_they_are() -> None:
    xy = np.array([[111.12345678, 36.87654321]])
    for name in ("EPSG:4326", "4490", "OGC:CRS84"):
        assert (reference(name, "", allow_offset=False).convert(xy) == xy).all()


def test_a_prj_of_esri_is_understood() -> None:
    prj = (
        'PROJCS["CGCS2000_3_Degree_GK_CM_111E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
        'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    found = reference("", prj, allow_offset=False)
    assert found.name == "EPSG:4546"
    assert found.accuracy_m(np.array([[500_000.0, 4_000_000.0]])) == 0
    own = reference("", prj.replace("111E", "own").replace("111.0", "110.5"), allow_offset=False)
    assert own.name == "CGCS2000_3_Degree_GK_CM_own"
    assert own.accuracy_m(np.array([[500_000.0, 4_000_000.0]])) == 0
    assert own.convert(np.array([[500_000.0, 4_000_000.0]]))[0][0] == pytest.approx(110.5)


@pytest.mark.parametrize(
    ("chosen", "said", "code"),
    [
        ("", "", "no-crs"),
        ("gcj02", "EPSG:4326", "offset-off"),
        ("BD09", "", "offset-off"),
        ("EPSG:999999", "", "unknown-crs"),
        ("/etc/passwd", "", "unknown-crs"),
        ("", "/etc/passwd", "unknown-crs"),
        ("+proj=longlat", "", "unknown-crs"),
        ("EPSG:5773", "", "unknown-crs"),
    ],
)
def test_what_is_not_known_or_not_allowed_is_told(chosen: str, said: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        reference(chosen, said, allow_offset=False)
    assert caught.value.code == code


def test_old_national_datums_are_called_rough() -> None:
    for name in ("EPSG:4610", "EPSG:4214", "EPSG:2383"):
        rough = reference(name, "", allow_offset=False)
        xy = np.array([[111.0, 36.0]]) if rough.degrees else np.array([[500_000.0, 4_000_000.0]])
        assert rough.accuracy_m(xy) > 1


@pytest.mark.parametrize(
    ("name", "xy", "code", "fits"),
    [
        ("EPSG:4490", (111.5, 36.2), None, ""),
        ("EPSG:4490", (36.2, 111.5), "swapped-file", ""),
        ("EPSG:4490", (544_000.0, 4_007_000.0), "metres-not-degrees", ""),
        ("EPSG:4490", (37_544_000.0, 4_007_000.0), "metres-not-degrees", "EPSG:4525"),
        ("EPSG:4546", (111.5, 36.2), "degrees-not-metres", ""),
        ("EPSG:4546", (37_544_000.0, 4_007_000.0), "numbered-zone", "EPSG:4525"),
        ("EPSG:4525", (544_000.0, 4_007_000.0), "plain-zone", "EPSG:4546"),
        ("EPSG:4525", (38_544_000.0, 4_007_000.0), "numbered-zone", "EPSG:4526"),
        ("EPSG:4546", (4_007_000.0, 544_000.0), "swapped-file", ""),
        ("EPSG:4546", (544_000.0, 4_007_000.0), None, ""),
    ],
)
def test_numbers_that_contradict_their_name(name: str, xy: tuple[float, float], code: str | None, fits: str) -> None:
    found = hint(np.array([xy]), reference(name, "", allow_offset=False))
    assert (found[0] if found else None) == code
    assert (found[1].get("try", "") if found else "") == fits


def test_shapes_that_lie_nowhere_are_marked_and_the_others_converted() -> None:
    zone = reference("EPSG:4546", "", allow_offset=False)
    shapes = np.array([shapely.box(500_000, 4e6, 500_100, 4.0001e6), None, shapely.box(1e12, 1e12, 2e12, 2e12)], object)
    placed, lost = zone.shapes(shapes)
    assert lost.tolist() == [False, False, True]
    assert placed[0].centroid.x == pytest.approx(111, abs=0.01)
    assert placed[1] is None
    assert placed[2] is None


def shifted(shapes: np.ndarray, datum: Datum) -> np.ndarray:
    return np.asarray(shapely.transform(shapes, lambda xy: from_wgs84(xy, datum)), object)


HOMES = np.array([square(30 * i, 30 * j, 20) for i in range(6) for j in range(6)], object)
HOUSES = np.array([square(30 * i + 5, 30 * j + 5, 8) for i in range(6) for j in range(6)], object)


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_an_offset_datum_said_to_be_wgs84_is_found_by_known_areas(datum: Datum) -> None:
    moved = shifted(HOUSES, datum)
    for fit in (inside(HOMES), same(HOUSES), wholly(HOMES)):
        found = suspicion(moved, fit)
        assert found is not None
        assert found.reading == datum.value
        assert found.fits > 0.99
        assert 300 < found.metres < 2000


def test_true_coordinates_are_under_no_suspicion() -> None:
    for fit in (inside(HOMES), same(HOUSES), wholly(HOMES)):
        assert suspicion(HOUSES, fit) is None


def test_needless_conversion_and_swapped_axes_are_found_too() -> None:
    converted = np.asarray(shapely.transform(HOUSES, lambda xy: to_wgs84(xy, Datum.GCJ02)), object)
    found = suspicion(converted, inside(HOMES))
    assert found is not None
    assert found.reading == "wgs84"
    turned = np.asarray(shapely.transform(HOUSES, lambda xy: xy[:, ::-1]), object)
    found = suspicion(turned, inside(HOMES))
    assert found is not None
    assert found.reading == "swapped"
