"""A file of residents before it meets the ground: which column is what, and what its cells may be."""

import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from grids.filing.faults import Unreadable
from grids.population_columns import ALL, UNKNOWN, Band, count, guess, is_band
from grids.population_files import read_sheet

YOUNG = Band("0-2", ("0–2 岁", "0–2 years"), 0, 3)
OLD = Band("60-79", ("60–79 岁", "60–79 years"), 60, 80)
OLDEST = Band("80+", ("80 岁以上", "80 years and over"), 80, None)
ANY = Band(ALL, ("不分年龄", "All ages"), 0, None)
BANDS = [YOUNG, OLD, OLDEST, ANY]


def sheet(tmp_path, text: str, *, encoding: str = "utf-8"):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    return read_sheet(path)


def counted(tmp_path, text: str):
    found = sheet(tmp_path, text)
    columns = guess(found.heads, BANDS)
    return count(found, columns, [band.code for band in BANDS])


@pytest.mark.parametrize(
    ("head", "band"),
    [
        ("0-2", YOUNG), ("0–2岁", YOUNG), ("age_0_2", YOUNG), ("60至79岁", OLD), ("60-79", OLD), ("80+", OLDEST),
        ("80岁及以上", OLDEST), ("age 80 plus", OLDEST),
    ],
)  # fmt: skip
def test_a_head_is_known_by_its_ages(head, band):
    assert [row.code for row in BANDS if is_band(head, row)] == [band.code]


@pytest.mark.parametrize("head", ["2020-2021", "id 60 79", "band", "18-59", "6079", "0-2-4"])
def test_other_numbers_are_no_ages(head):
    assert not any(is_band(head, band) for band in BANDS)


def test_usual_columns_are_guessed_and_a_point_says_more_than_a_code():
    assert guess(["社区编码", "常住人口"], BANDS) == {"code": "社区编码", "residents": "常住人口"}
    assert guess(["code", "lon", "lat", "pop", "80+"], BANDS) == {
        "lon": "lon", "lat": "lat", "residents": "pop", "80+": "80+",
    }  # fmt: skip
    assert "lon" not in guess(["code", "lon", "pop"], BANDS)


def test_gb18030_and_utf8_and_semicolons_are_read(tmp_path):
    for encoding, told in (("utf-8-sig", "utf-8"), ("gb18030", "gb18030")):
        found = sheet(tmp_path, "编码;人口\n990001;12\n", encoding=encoding)
        assert (found.encoding, found.heads, found.rows) == (told, ["编码", "人口"], [(2, ["990001", "12"])])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"), (b"a,b\n", "no-rows"), (b"<html><table></table></html>", "no-sheet"),
        (b'{"a": 1}', "no-sheet"), ("编码,人口".encode("utf-16"), "utf-16"), (b"a\0b", "no-sheet"),
        (b"\x89PNG\r\n", "no-sheet"), (b"PK\x03\x04nonsense", "no-sheet"), (b"a,b\n\xff\xff\xff", "bad-encoding"),
        pytest.param(b"a,b\n" + b"x," * (3 << 20), "bad-csv", id="a row without an end"),
        pytest.param(b"a,b\n" + b'"\n",' * (3 << 20), "bad-csv", id="quoted line ends without an end"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_told(tmp_path, content, code):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        read_sheet(path)
    assert caught.value.code == code


def test_a_sheet_that_would_fill_the_memory_is_not_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 << 20))
    with pytest.raises(Unreadable) as caught:
        read_sheet(path)
    assert caught.value.code == "zip-bomb"


def test_a_spreadsheet_keeps_codes_and_figures(tmp_path):
    book = Workbook()
    book.active.append(["code", "population"])
    book.active.append([990001001001, 12.0])
    book.active.append([None, None])
    book.active.append(["990001001002", "1,234"])
    path = tmp_path / "people.xlsx"
    book.save(path)
    found = read_sheet(path)
    assert [cells for _line, cells in found.rows] == [["990001001001", "12"], ["990001001002", "1,234"]]
    assert count(found, guess(found.heads, BANDS), []).figures.ravel().tolist() == [12, 1234]


def test_bad_cells_are_told_by_line_and_the_others_stay(tmp_path):
    rows = ["a,1", "b,", "c,-3", "d,NaN", "e,=1+1", "f,1e99", "g,<b>1</b>", ",7", "a,2", "h,5,extra", "i,0"]
    found = counted(tmp_path, "code,population\n" + "\n".join(rows))
    assert found.codes == ["a", "i"]
    assert found.figures.ravel().tolist() == [1, 0], "nobody is 0, an empty cell is unknown"
    assert [(line, code) for line, code, _text in found.faults] == [
        (3, "no-figure"), (4, "bad-figure"), (5, "bad-figure"), (6, "bad-figure"), (7, "huge-figure"),
        (8, "bad-figure"), (9, "no-code"), (10, "twice"), (11, "cells"),
    ]  # fmt: skip


def test_places_that_are_none_are_told(tmp_path):
    rows = ["1,NaN,35,4", "2,110,inf,4", "3,200,35,4", "4,,35,4", "5,110,35,4", "6,110,x,4"]
    found = counted(tmp_path, "id,lon,lat,population\n" + "\n".join(rows))
    assert found.numbers == ["5"]
    assert [code for _line, code, _text in found.faults] == ["bad-lon", "bad-lat", "bad-lon", "no-lon", "bad-lat"]


def test_those_of_no_band_are_of_any_age_and_bands_never_exceed_the_whole(tmp_path):
    found = counted(tmp_path, "code,population,60-79,80+\na,100,20,5\nb,25,20,5\nc,10,20,5\nd,40,,5\n")
    assert found.bands == ["60-79", "80+", ALL]
    assert found.figures.tolist() == [[20, 5, 75], [20, 5, UNKNOWN], [UNKNOWN, 5, 35]]
    assert [code for _line, code, _text in found.faults] == ["bands-above-all"]


def test_households_are_read_beside_residents_and_an_empty_cell_is_unknown(tmp_path):
    assert guess(["社区编码", "常住人口", "家庭户数"], BANDS)["households"] == "家庭户数"
    assert guess(["code", "population", "Households"], BANDS)["households"] == "Households"
    rows = ["a,100,41", "b,30,", "c,9,x", "d,9,-1", "e,9,NaN", "f,9,99999999", "g,,4", "h,0,0", "i,9,2.5", "j,9,2.5"]
    found = counted(tmp_path, "code,population,households\n" + "\n".join(rows))
    assert found.codes == ["a", "b", "h", "i", "j"]
    assert found.households.tolist() == [41, UNKNOWN, 0, 3, 2], "their sum stays, as that of residents does"
    assert [(line, code) for line, code, _text in found.faults] == [
        (4, "bad-households"), (5, "bad-households"), (6, "bad-households"), (7, "huge-households"), (8, "no-figure"),
    ]  # fmt: skip
    assert counted(tmp_path, "code,population\na,1\n").households.tolist() == [UNKNOWN]


@settings(max_examples=50)
@given(st.lists(st.floats(0, 500, allow_nan=False), min_size=1, max_size=60))
def test_decimals_become_whole_people_and_their_sum_stays(tmp_path_factory, figures):
    text = "code,population\n" + "".join(f"{at},{figure:.6f}\n" for at, figure in enumerate(figures))
    found = counted(tmp_path_factory.mktemp("sheet"), text)
    assert abs(found.figures.sum() - found.given) <= 0.5 + 1e-6
    assert np.abs(found.figures[:, 0] - [round(figure, 6) for figure in figures]).max() <= 1.0 + 1e-6


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_large_file_is_never_held_whole(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "wide.csv"
    line = f"149901001001001,5,{'居民' * 4000}\n"
    path.write_text("编码,人口,备注\n" + line * 1000, encoding=encoding)
    tracemalloc.start()
    try:
        assert len(read_sheet(path).rows) == 1000
        assert tracemalloc.get_traced_memory()[1] < path.stat().st_size / 2
    finally:
        tracemalloc.stop()
