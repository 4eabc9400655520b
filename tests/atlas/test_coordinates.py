"""Coordinates as people type them: every system by its name, nothing guessed, other words left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from gis.shared.datums import Datum, from_wgs84
from layers.atlas.finding.coordinates import parse

AT = (111.2985, 35.7465)


@pytest.mark.parametrize(
    "words",
    [
        "111.2985, 35.7465", "35.7465, 111.2985", "111.2985，35.7465", "111.2985 35.7465", "35.7465N 111.2985E",
        "N35.7465 E111.2985", "北纬35.7465 东经111.2985", "东经111.2985°，北纬35.7465°", "经度：111.2985 纬度：35.7465",
        "111°17'54.6\"E 35°44'47.4\"N", "111度17分54.6秒 35度44分47.4秒", "（111.2985；35.7465）",
        "WGS84 111.2985 35.7465", "wgs-84: 111.2985/35.7465", "CGCS2000 111.2985,35.7465", "GPS 35.7465,111.2985",
        "大地2000 111.2985,35.7465", "lat: 35.7465 lng: 111.2985", "EPSG:4490 111.2985,35.7465",
        "lon=111.2985 lat=35.7465",
    ],
)  # fmt: skip
def test_ways_to_write_one_place(words) -> None:
    lonlat = parse(words)[0].lonlat()
    assert lonlat == pytest.approx(AT, abs=1e-7)


@pytest.mark.parametrize(
    "words",
    ["", "新华路", "3号楼", "12 号院 5", "12 3", "141024-2026-000123", "Building 3, Unit 2", "200, 95", "1234567",
     "1.5", "和平社区 1.5 2.5", "111.2 35.7 9.9", "中央经线", "nan, nan", "GCJ-02", "高德", "1e5, 2e5", "—",
     "12号院 3.5"],
)  # fmt: skip
def test_other_words_are_no_coordinates(words) -> None:
    assert parse(words) == []


@pytest.mark.parametrize("name", ["GCJ-02", "gcj02", "火星坐标", "高德", "腾讯地图", "Amap"])
def test_gcj02_is_named_in_many_ways(name) -> None:
    x, y = from_wgs84([AT], Datum.GCJ02)[0]
    (typed,) = parse(f"{name} {x:.9f}, {y:.9f}")
    assert typed.offset
    assert typed.lonlat() == pytest.approx(AT, abs=2e-9)


@settings(max_examples=50)
@given(
    st.floats(76, 134),
    st.floats(19, 53),
    st.sampled_from([("GCJ-02", Datum.GCJ02), ("百度", Datum.BD09), ("WGS 84", Datum.WGS84)]),
)
def test_degrees_of_any_datum_come_back(lon, lat, system) -> None:
    name, datum = system
    x, y = from_wgs84([(lon, lat)], datum)[0]
    found = parse(f"{name} {x:.10f} {y:.10f}")[0]
    assert found.named
    assert found.lonlat() == pytest.approx((lon, lat), abs=1e-8)


def zones(lon: float) -> list[tuple[int, str]]:
    """EPSG codes of CGCS2000 zones around a longitude, with what must be said beside the numbers."""
    three, six = round(lon / 3), int(lon // 6) + 1
    return [
        (4513 + three - 25, ""),
        (4534 + three - 25, f"中央经线{three * 3}"),
        (4534 + three - 25, f"3度带 {three}带"),
        (4491 + six - 13, "6度带"),
        (4502 + six - 13, f"第{six}带"),
    ]


@settings(max_examples=20)
@given(st.sampled_from([87.3, 111.2985, 117.9]), st.floats(19, 53), st.integers(0, 4), st.booleans())
def test_metres_of_every_chinese_zone_come_back_in_either_order(lon, lat, way, north_first) -> None:
    code, said = zones(lon)[way]
    east, north = Transformer.from_crs(4326, code, always_xy=True).transform(lon, lat)
    numbers = f"X={north:.4f}, Y={east:.4f}" if north_first else f"{east:.4f} {north:.4f}"
    (typed,) = parse(f"CGCS2000 {said} {numbers}")
    assert typed.system == f"epsg:{code}"
    assert typed.lonlat() == pytest.approx((lon, lat), abs=1e-8)
    assert parse(f"EPSG:{code} {numbers}")[0].lonlat() == pytest.approx((lon, lat), abs=1e-8)


def test_metres_without_a_zone_take_that_of_the_place_and_without_a_system_none() -> None:
    assert parse("CGCS2000 512345.6 3889123.4", zone_epsg=4546)[0].system == "epsg:4546"
    assert parse("CGCS2000 512345.6 3889123.4") == []
    (unnamed,) = parse("37512345.6 3889123.4")
    assert unnamed.system == ""
    assert unnamed.lonlat() is None


@pytest.mark.parametrize(
    "words", ["EPSG:999999 1 2", "EPSG:4978 1 2", "EPSG:3857 1e9 2", "EPSG:32649 12890000 3950000"]
)
def test_systems_and_places_that_are_not_there_are_no_place(words) -> None:
    for typed in parse(words):
        lonlat = typed.lonlat()
        assert lonlat is None or all(abs(value) <= 180 for value in lonlat)


def test_both_ways_are_told_when_nothing_says_which_comes_first() -> None:
    assert [(typed.x, typed.y) for typed in parse("35.5, 76.25")] == [(35.5, 76.25), (76.25, 35.5)]
    assert [(typed.x, typed.y) for typed in parse("E35.5, N76.25")] == [(35.5, 76.25)]


@settings(max_examples=200)
@given(st.text(alphabet="0123456789.,-+°'\"′″NSEWnsew东西南北经纬度分秒带CGS2000 EPSG:号楼gcjbd", max_size=40))
def test_any_words_are_taken_apart_without_an_error(words) -> None:
    for typed in parse(words):
        lonlat = typed.lonlat()
        assert lonlat is None or (abs(lonlat[0]) <= 180 and abs(lonlat[1]) <= 90)
