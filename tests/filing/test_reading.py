"""Every kind of file gives the same table; what is bad is told with its code, and never breaks the asker."""

import json
import os
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.filing import Unreadable
from grids.filing import kinds as kinds_module
from grids.filing.apart import read_apart
from grids.filing.columns import from_words, guess
from grids.filing.reading import read
from grids.filing.table import LAYER, Table
from tests.filing.files import (
    feature,
    frame,
    geojson,
    gpkg,
    lying_zip,
    parquet,
    shapefile,
    square,
    two_buildings,
    zipped,
)

NAMES = ["幸福里1号楼", "幸福里2号楼"]


def refused(path: Path, **options: str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(path, **options)
    return caught.value


def make(kind: str, folder: Path) -> Path:
    rows = two_buildings()
    if kind == "geojson":
        return geojson(folder / "a.geojson", [feature(shape, **words) for shape, words in rows])
    if kind == "shapefile":
        return shapefile(folder / "a.zip", rows)
    return gpkg(folder / "a.gpkg", rows) if kind == "geopackage" else parquet(folder / "a.parquet", rows)


@pytest.mark.parametrize("kind", ["geojson", "shapefile", "geopackage", "geoparquet"])
def test_every_kind_gives_the_same_table(kind: str, tmp_path: Path) -> None:
    table = read(make(kind, tmp_path))
    assert table.kind == kind
    assert table.columns["MC"] == NAMES
    assert table.columns["DM"] == ["B1", "B2"]
    drawn = [shape for shape, _words in two_buildings()]
    assert shapely.equals_exact(shapely.normalize(table.shapes), shapely.normalize(drawn)).all()
    assert table.crs == ("OGC:CRS84" if kind == "geojson" else "EPSG:4490")
    assert table.numbers.tolist() == [1, 2]
    assert not table.faults
    kept = tmp_path / "kept.arrow"
    table.write(kept)
    again = Table.load(kept)
    assert again.columns == table.columns
    assert shapely.equals_exact(again.shapes, table.shapes).all()


@pytest.mark.parametrize("kind", ["geojson", "shapefile", "geopackage", "geoparquet"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_file_cut_anywhere_is_told(kind: str, share: float, tmp_path: Path) -> None:
    path = make(kind, tmp_path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    fault = refused(path)
    assert fault.code in {"ends-early", "truncated", "bad-zip", "bad-part", "broken", "no-geometry-column"}


def test_texts_of_a_shapefile_without_cpg_are_recognised(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.zip", two_buildings(), encoding="GB18030", leave_out=[".cpg"])
    table = read(path)
    assert table.columns["MC"] == NAMES
    assert table.encoding == "gb18030"
    assert [note.code for note in table.notes] == ["guessed-encoding"]


def test_a_cpg_that_lies_is_not_believed(tmp_path: Path) -> None:
    shapefile(tmp_path / "b.zip", two_buildings(), encoding="GB18030")
    parts = {f"a{part.suffix}": part.read_bytes() for part in (tmp_path / "b").iterdir()}
    table = read(zipped(tmp_path / "a.zip", parts | {"a.cpg": b"UTF-8"}))
    assert table.columns["MC"] == NAMES
    assert [note.code for note in table.notes] == ["wrong-cpg"]


def test_a_shapefile_without_prj_says_nothing_of_its_coordinates(tmp_path: Path) -> None:
    assert read(shapefile(tmp_path / "a.zip", two_buildings(), leave_out=[".prj"])).crs == ""


@pytest.mark.parametrize(
    ("part", "code"), [(".shx", "missing-part"), (".dbf", "missing-part"), (".shp", "nothing-in-zip")]
)
def test_missing_parts_are_named(part: str, code: str, tmp_path: Path) -> None:
    assert refused(shapefile(tmp_path / "a.zip", two_buildings(), leave_out=[part])).code == code


def test_parts_of_two_shapefiles_do_not_become_one(tmp_path: Path) -> None:
    shapefile(tmp_path / "one.zip", two_buildings())
    shapefile(tmp_path / "two.zip", two_buildings()[:1])
    one, two = ({part.suffix: part.read_bytes() for part in (tmp_path / name).iterdir()} for name in ("one", "two"))
    mixed = {"a.shp": one[".shp"], "a.shx": one[".shx"], "a.dbf": two[".dbf"]}
    fault = refused(zipped(tmp_path / "a.zip", mixed))
    assert (fault.code, fault.values["shapes"], fault.values["rows"]) == ("parts-disagree", 2, 1)


def test_headers_that_promise_more_than_there_is(tmp_path: Path) -> None:
    shapefile(tmp_path / "one.zip", two_buildings())
    parts = {f"a{part.suffix}": part.read_bytes() for part in (tmp_path / "one").iterdir()}
    for name, at, kind, value in (("a.shp", 24, ">i", 10**8), ("a.dbf", 4, "<I", 10**9), ("a.dbf", 10, "<H", 60000)):
        lying = bytearray(parts[name])
        struct.pack_into(kind, lying, at, value)
        fault = refused(zipped(tmp_path / "lie.zip", parts | {name: bytes(lying)}))
        assert fault.code == "truncated"
        assert fault.values["part"] == name[1:]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"%PDF-1.7 ...", "wrong-kind"),
        (b"<?xml version='1.0'?><OGRVRTDataSource/>", "wrong-kind"),
        (b"\x00\x00\x27\x0a" + bytes(96), "lonely-shp"),
        (b"SQLite format 3\x00" + bytes(200), "wrong-kind"),
        (b"PAR1 and nothing more", "truncated"),
        (b"PK\x03\x04 and nothing more", "bad-zip"),
        (b'{"type": "Topology", "objects": {}}', "not-geojson"),
        (b'{"type": "FeatureCollection"}', "not-geojson"),
        (b'{"type": "FeatureCollection", "features": []}', "no-rows"),
        (b'{"type": "FeatureCollection", "features": [' + b"[" * 100_000, "bad-json"),
        (b'{"type": "FeatureCollection", "features": [{"type": "Feat', "ends-early"),
        (b'{"type": "FeatureCollection", "features": [] } trailing', "bad-json"),
        (b'{"n": ' + b"9" * 5000 + b', "type": "FeatureCollection", "features": []}', "bad-json"),
        (b"{\xff\xfe\x00\x81", "not-text"),
    ],
)
def test_what_is_no_file_of_areas_is_told(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "areas.geojson"
    path.write_bytes(content)
    assert refused(path).code == code


def test_bad_features_are_told_by_row_and_the_others_read(tmp_path: Path) -> None:
    ring = [[111.5, 36.2], [111.6, 36.2], [111.6, 36.3], [111.5, 36.2]]
    bad = [
        (None, "no-shape"),
        ({"type": "Point", "coordinates": [111.5, 36.2]}, "not-an-area"),
        ({"type": "Polygon", "coordinates": []}, "no-shape"),
        ({"type": "Polygon", "coordinates": [ring[:3]]}, "short-ring"),
        ({"type": "Polygon", "coordinates": [[*ring[:3], [111.5, 36.25]]]}, "open-ring"),
        ({"type": "Polygon", "coordinates": [[*ring[:2], [float("nan"), 36.3], ring[3]]]}, "bad-position"),
        ({"type": "Polygon", "coordinates": [[*ring[:2], ["x", 36.3], ring[3]]]}, "bad-position"),
        ({"type": "Polygon", "coordinates": [[*ring[:2], 7, ring[3]]]}, "bad-position"),
        ({"type": "Polygon", "coordinates": [[*ring[:2], [10**400, 36.3], ring[3]]]}, "bad-position"),
        ({"type": "Polygon", "coordinates": {"a": 1}}, "no-shape"),
    ]
    rows = [feature(square(0, 0), n=0), *(feature(shape, n=at) for at, (shape, _code) in enumerate(bad, start=1)), "x"]
    table = read(geojson(tmp_path / "a.geojson", rows))
    assert [(fault.row, fault.code) for fault in table.faults] == [
        *((at, code) for at, (_shape, code) in enumerate(bad, start=2)),
        (len(bad) + 2, "not-a-feature"),
    ]
    assert [shape is not None for shape in table.shapes] == [True] + [False] * (len(bad) + 1)


def test_other_things_than_areas_in_a_geopackage_are_told_by_row(tmp_path: Path) -> None:
    rows = [
        (square(0, 0), {"code": "1"}),
        (shapely.Point(111.5, 36.2), {"code": "2"}),
        (None, {"code": "3"}),
        (shapely.force_3d(square(20, 0), 400.0), {"code": "4"}),
    ]
    table = read(gpkg(tmp_path / "a.gpkg", rows))
    assert [(fault.row, fault.code) for fault in table.faults] == [(2, "not-an-area"), (3, "no-shape")]
    assert not shapely.has_z(table.shapes).any()


def test_a_ring_of_a_million_vertices_is_told_without_reading_it_further(tmp_path: Path) -> None:
    angles = np.linspace(0, 2 * np.pi, 1_000_001)
    ring = shapely.Polygon(np.column_stack([111.5 + 0.01 * np.cos(angles), 36.2 + 0.01 * np.sin(angles)]))
    table = read(parquet(tmp_path / "a.parquet", [(ring, {"code": "1"}), (square(0, 0), {"code": "2"})]))
    assert [(fault.row, fault.code) for fault in table.faults] == [(1, "too-many-vertices-in-row")]


def test_layers_of_a_geopackage_come_together_and_know_their_names(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", two_buildings(), layer="building")
    gpkg(path, [(square(0, 0, 30), {"code": "C1", "name": "幸福里"})], layer="compound")
    table = read(path)
    assert table.columns[LAYER] == ["building", "building", "compound"]
    assert table.columns["DM"] == ["B1", "B2", ""]
    assert guess(table)["tier"].column == LAYER
    assert read(path, layer="compound").columns["name"] == ["幸福里"]
    assert refused(path, layer="palace").code == "no-such-layer"


def test_a_geopackage_that_hides_rows_or_tables(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", two_buildings())
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM gpkg_geometry_columns")
    assert refused(path).code == "no-layer"
    path = gpkg(tmp_path / "b.gpkg", two_buildings())
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA writable_schema = on")
        file.execute("DROP TABLE building")
    assert refused(path).code == "bad-part"


def test_an_archive_that_becomes_too_large_is_stopped_while_it_grows(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(kinds_module, "MOST_UNPACKED", 1 << 20)
    bomb = b" " * (8 << 20)
    assert refused(zipped(tmp_path / "a.zip", {"a.geojson": bomb})).code == "zip-bomb"
    assert refused(lying_zip(tmp_path / "b.zip", "a.geojson", bomb, says=100)).code in {"zip-bomb", "bad-zip"}


def test_archives_that_say_strange_things(tmp_path: Path) -> None:
    inner = geojson(tmp_path / "a.geojson", [feature(square(0, 0))]).read_bytes()
    assert len(read(zipped(tmp_path / "ok.zip", {"../../../escape.geojson": inner, "__MACOSX/._x.geojson": b"x"}))) == 1
    assert not (tmp_path.parent.parent / "escape.geojson").exists()
    assert refused(zipped(tmp_path / "two.zip", {"a.geojson": inner, "b.geojson": inner})).code == "many-in-zip"
    assert refused(zipped(tmp_path / "none.zip", {"readme.txt": b"hello"})).code == "nothing-in-zip"
    nested = zipped(tmp_path / "in.zip", {"a.geojson": inner}).read_bytes()
    assert refused(zipped(tmp_path / "nested.zip", {"a.gpkg": nested})).code == "wrong-kind"
    assert refused(zipped(tmp_path / "many.zip", {f"{n}.txt": b"" for n in range(2001)})).code == "too-many-members"


def test_geojson_in_gb18030_and_with_the_old_crs_member(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    path = geojson(tmp_path / "a.geojson", [feature(square(0, 0), MC="幸福里")], crs=crs)
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))
    table = read(path)
    assert table.columns["MC"] == ["幸福里"]
    assert table.crs == "EPSG:4549"
    assert [note.code for note in table.notes] == ["not-utf8"]


def test_columns_are_recognised_by_their_usual_names(tmp_path: Path) -> None:
    rows = [(square(0, 0), {"网格编码": 140106001, "网格名称": "甲", "网格级别": "小区", "FID_": 1})]
    found = guess(read(gpkg(tmp_path / "a.gpkg", rows)))
    assert {word: source.column for word, source in found.items() if source.given} == {
        "code": "网格编码", "name_zh": "网格名称", "tier": "网格级别",
    }  # fmt: skip
    assert from_words(["code=DM", "tier=:building"])["tier"].value == "building"
    with pytest.raises(Unreadable):
        from_words(["palace=DM"])


def test_reading_apart_gives_the_same_and_survives_what_kills_the_reader(tmp_path: Path) -> None:
    path = make("geopackage", tmp_path)
    assert read_apart(path).columns == read(path).columns
    with pytest.raises(Unreadable) as caught:
        read_apart(path, memory_mb=200)
    assert caught.value.code in {"reader-died", "too-much-memory"}


@settings(max_examples=50)
@given(st.data())
def test_whatever_bytes_are_changed_a_file_is_read_or_told(damaged: list[Path], data: st.DataObject) -> None:
    """Each part of a shapefile (zip's own checksums would hide the damage), a GeoPackage, a GeoJSON."""
    path = data.draw(st.sampled_from(damaged))
    raw = bytearray(path.read_bytes())
    for _change in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 2))
        if data.draw(st.booleans()):
            raw[at] = data.draw(st.integers(0, 255))
        else:
            del raw[at : min(at + data.draw(st.integers(1, 40)), len(raw) - 2)]
    other = path.parent.parent / "damaged"
    if path.parent.name == "parts":
        content = {f"a{part.suffix}": part.read_bytes() for part in path.parent.iterdir()}
        zipped(other, content | {f"a{path.suffix}": bytes(raw)})
    else:
        other.write_bytes(raw)
    try:
        table = read(other)
    except Unreadable:
        return
    assert len(table.shapes) == len(table)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("whole")
    shapefile(folder / "parts.zip", two_buildings())
    one = gpkg(folder / "a.gpkg", two_buildings())
    two = geojson(folder / "a.geojson", [feature(shape, **words) for shape, words in two_buildings()])
    inner = folder / "in"
    inner.mkdir()
    return [*sorted((folder / "parts").iterdir()), one.rename(inner / one.name), two.rename(inner / two.name)]


def test_whoever_waits_can_end_the_reader(tmp_path: Path) -> None:
    pipe = tmp_path / "never.geojson"
    os.mkfifo(pipe)

    class Stop(Exception):
        """Enough."""

    def enough() -> None:
        raise Stop

    with pytest.raises(Stop):
        read_apart(pipe, waiting=enough)


def test_the_writer_of_geojson_is_anybody(tmp_path: Path) -> None:
    """GDAL's own GeoJSON and ours are read alike, to the last digit."""
    rows = two_buildings()
    path = tmp_path / "gdal.geojson"
    frame(rows, 4326).to_file(path, driver="GeoJSON", COORDINATE_PRECISION=15)
    assert json.loads(path.read_text("utf-8"))["type"] == "FeatureCollection"
    assert shapely.equals_exact(
        shapely.normalize(read(path).shapes), shapely.normalize([shape for shape, _words in rows]), 1e-12
    ).all()
