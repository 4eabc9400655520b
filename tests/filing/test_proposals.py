"""What a file would become, with every problem by row; and that it comes back exactly as it left."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import shapely
from django.db import transaction

from gis.shared.datums import Datum, from_wgs84
from gis.shared.errors import Invalid
from gis.shared.geometry import to_metres
from grids.filing.columns import Source
from grids.filing.reading import read
from grids.imports import store_areas
from grids.models import Area, Boundary, BoundaryChange, Role
from grids.proposals import report
from grids.proposals.filing import check_file, store_checked
from grids.proposals.proposal import Proposal, propose
from grids.proposals.said import Said, said_from
from grids.records import AreaRecord
from layers.atlas.exports import export_layer
from tests.filing.files import feature, geojson, gpkg
from tests.grids.ground import T0, put, small_county, square
from tests.grids.test_permissions import appoint

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]
NOW = T0 + timedelta(days=30)
FILE = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture
def ground() -> dict[str, Boundary]:
    return small_county()


def rows(*shapes: tuple[shapely.Geometry, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [feature(shape, **words) for shape, words in shapes]


def building(x: float, y: float, side: float = 2, **words: Any) -> dict[str, Any]:
    """A building's feature; x, y, side in thousandths of a degree from the county's corner."""
    return feature(square(x, y, side), **({"tier": "building"} | words))


def proposed(folder: Path, features: Any, said: Said | None = None, *, anywhere: bool = True) -> Proposal:
    table = read(geojson(folder / "areas.geojson", features))
    return propose(table, said or Said(), namespace=FILE, may_draw_in=lambda parent: anywhere)


def told(proposal: Proposal) -> list[tuple[int, str]]:
    return [(one.row, one.code) for one in proposal.problems]


def test_words_of_every_kind_name_tiers_parents_and_walls(ground: Any, tmp_path: Path) -> None:
    made = proposed(
        tmp_path,
        [
            building(3, 3, 编码="B1", 名称="1号楼", tier="楼栋", 上级编码=ground["west"].code),
            building(6, 3, 编码="B2", 名称="2号楼", tier="二级网格"),
            building(9, 3, 编码="B3", 名称="3号楼", tier="2", 上级编码=str(ground["west"].area_id)),
            feature(square(3, 3, 1), 编码="U1", 名称="1单元", tier="三级", 上级编码="B1"),
            feature(square(26, 2, 5), 编码="C9", 名称="新院", tier="小区", 围合="是"),
        ],
    )
    assert told(made) == []
    assert [row.tier for row in made.records] == ["building"] * 3 + ["unit", "compound"]
    west, community = ground["west"].area_id, ground["community"].area_id
    assert [row.parent for row in made.records] == [west, west, west, made.records[0].id, community]
    assert made.records[4].walled == "yes"
    assert made.sound


def test_reading_a_file_again_gives_the_same_ids(ground: Any, tmp_path: Path) -> None:
    features = [building(3, 3, code="B1", name="1号楼")]
    assert proposed(tmp_path, features).records[0].id == proposed(tmp_path, features).records[0].id


def test_codes_that_are_missing_follow_those_that_are_taken(ground: Any, tmp_path: Path) -> None:
    put("building", square(10, 10, 1), ground["west"], code=f"{ground['west'].code}001")
    chosen = Said(map={"tier": Source(value="building"), "code": Source()})
    made = proposed(
        tmp_path, [feature(square(x, y, 1), name="楼") for x, y in ((5, 3), (3, 3), (3, 9), (15, 3))], chosen
    )
    west, east = ground["west"].code, ground["east"].code
    assert told(made) == []
    assert [row.code for row in made.records] == [f"{west}004", f"{west}003", f"{west}002", f"{east}001"]


def test_everything_wrong_is_told_by_row_at_once(ground: Any, tmp_path: Path) -> None:
    bow = shapely.Polygon([(110.003, 35.003), (110.005, 35.005), (110.005, 35.003), (110.003, 35.005)])
    made = proposed(
        tmp_path,
        [
            building(2, 2, code="B1", name="好"),
            building(3, 3, code="B2", name="压好"),
            building(5, 5, code="B1", name="重码"),
            building(8, 2, code="B 4", name=""),
            building(8, 5, code="B5", name="楼", tier="palace"),
            building(8, 8, code="B6", name="楼", parent="nobody"),
            building(160, 160, 1, code="B7", name="荒野"),
            building(11, 8, code="B8", name="出墙"),
            feature(bow, tier="building", code="B9", name="打结"),
            building(5, 8, code="B10", name="长" * 4000),
            feature(None, tier="building", code="B11", name="空"),
            feature(square(20, 5, 1), tier="building", code="B12", name="<b>粗</b>"),
            feature(square(14, 2, 10), tier="compound", code=ground["east"].code, name="东院改"),
        ],
    )
    assert told(made) == [
        (1, "overlap"), (3, "code-twice"), (4, "bad-code"), (4, "bad-name_zh"), (5, "bad-tier"), (6, "bad-parent"),
        (7, "no-parent"), (8, "escape"), (9, "crossing"), (10, "bad-name_zh"), (11, "no-shape"), (13, "taken"),
    ]  # fmt: skip
    assert [one.code for one in made.cautions] == ["markup"]
    assert not made.sound
    crossing = next(one for one in made.problems if one.code == "crossing")
    assert crossing.geometry["type"] == "MultiPoint"
    overlap = next(one for one in made.problems if one.code == "overlap")
    assert (overlap.row, overlap.other_row) == (1, 2)
    assert "4000" in next(one.message for one in made.problems if one.row == 10)
    document = report.report(made, file="areas.geojson")
    assert json.loads(json.dumps(document))["problem_count"] == len(made.problems)
    assert document["tiers"][0]["code"] == "compound"


def test_rows_that_stand_already_are_left_alone(ground: Any, tmp_path: Path) -> None:
    west = ground["west"]
    same = feature(west.shape, id=str(west.area_id), tier="compound", code=west.code, name=west.name_zh)
    made = proposed(tmp_path, [same, building(3, 3, code="B1", name="1号楼")])
    assert made.standing == {1}
    assert [row.code for row in made.new] == ["B1"]
    assert made.sound
    assert not proposed(tmp_path, [same]).sound


def test_where_the_asker_may_not_draw_each_row_says_so(ground: Any, tmp_path: Path) -> None:
    features = [building(3, 3, code="B1", name="西"), building(15, 3, code="B2", name="东")]
    chief = appoint(Role.CHIEF, ground["west"])
    path = geojson(tmp_path / "areas.geojson", features)
    kept = tmp_path / "rows"
    found = check_file(path, Said(), rows=kept, namespace=FILE, actor=chief, now=NOW)
    assert [(one["row"], one["code"]) for one in found["problems"]] == [(2, "not-yours")]
    county = feature(square(200, 200, 9), tier="county", code="990002", name="邻县")
    found = check_file(geojson(path, [county]), Said(), rows=kept, namespace=FILE, actor=chief, now=NOW)
    assert [one["code"] for one in found["problems"]] == ["not-yours"]
    assert check_file(path, Said(), rows=kept, namespace=FILE, actor=None, now=NOW)["sound"]


@pytest.mark.parametrize("named", ["by parent", "by place", "by code"])
def test_gcj02_said_to_be_wgs84_is_noticed_by_what_is_known(
    named: str, ground: Any, tmp_path: Path, settings: Any
) -> None:
    houses = [square(2 + 3 * i, 2 + 3 * j, 2) for i in range(3) for j in range(3)]
    if named == "by code":
        for at, shape in enumerate(houses):
            put("building", shape, ground["west"], code=f"B{at}")
    parent = {"parent": ground["west"].code} if named == "by parent" else {}
    features = [
        feature(
            shapely.transform(shape, lambda xy: from_wgs84(xy, Datum.GCJ02)), tier="building", code=f"B{at}", name="楼",
            **parent,
        )
        for at, shape in enumerate(houses)
    ]  # fmt: skip
    made = proposed(tmp_path, features)
    caution = next(one for one in made.cautions if one.code == "looks-offset")
    assert caution.ask
    assert caution.values["try"] == "gcj02"
    assert "ALLOW_OFFSET_DATUMS" in caution.message
    settings.ALLOW_OFFSET_DATUMS = True
    again = proposed(tmp_path, features, Said(crs="gcj02"))
    assert "looks-offset" not in [one.code for one in again.cautions]
    if named != "by code":
        assert told(again) == []
        exact = shapely.hausdorff_distance([row.geometry for row in again.records], houses).max()
        assert exact <= 2e-8
    settings.ALLOW_OFFSET_DATUMS = False
    with pytest.raises(Exception, match="offset-off"):
        proposed(tmp_path, features, Said(crs="gcj02"))


def test_a_file_without_coordinate_system_is_asked_for_and_read_in_the_zone_that_is_chosen(
    ground: Any, tmp_path: Path
) -> None:
    house = square(3, 3, 2)
    path = gpkg(tmp_path / "a.gpkg", [(to_metres(house, 4545), {"code": "B1", "name": "楼"})], crs=None)
    kept = tmp_path / "rows"
    with pytest.raises(Invalid) as refused:
        check_file(path, Said(), rows=kept, namespace=FILE, actor=None, now=NOW)
    assert refused.value.kind == "file-no-crs"
    with pytest.raises(Invalid) as refused:
        check_file(path, Said(crs="EPSG:4490"), rows=kept, namespace=FILE, actor=None, now=NOW)
    assert refused.value.kind == "file-metres-not-degrees"
    found = check_file(path, Said(crs="EPSG:4545"), rows=kept, namespace=FILE, actor=None, now=NOW)
    assert found["sound"]
    assert shapely.hausdorff_distance(report.kept(kept)[0].geometry, house) <= 2e-8


def test_what_is_stored_is_what_was_checked_as_one_change_and_once(ground: Any, tmp_path: Path) -> None:
    path = geojson(tmp_path / "areas.geojson", [building(2 + 3 * at, 2, code=f"B{at}", name="楼") for at in range(3)])
    kept = tmp_path / "rows"
    chief = appoint(Role.CHIEF, ground["west"])
    assert check_file(path, Said(), rows=kept, namespace=FILE, actor=chief, now=NOW)["sound"]
    assert not Boundary.objects.filter(code__startswith="B").exists()
    change = uuid4()
    for _again in range(2):
        done = store_checked(kept, change_id=change, reason="survey", actor=chief, now=NOW)
    assert done["areas"] == 3
    stored = Boundary.objects.filter(code__startswith="B")
    assert [row.opened_by_id for row in stored] == [change] * 3
    assert BoundaryChange.objects.get(pk=change).account == chief


def test_answers_of_a_stranger_are_looked_at() -> None:
    sound = said_from({"crs": "EPSG:4549", "map": {"code": ["DM", ""]}, "swapped": True})
    assert said_from(sound.plain()) == sound
    for bad in (
        [], {"crs": 7}, {"map": {"palace": ["a", ""]}}, {"map": {"code": "DM"}}, {"encoding": "x"},
        {"layer": "x" * 999}, {"map": {"code": ["x" * 999, ""]}},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            said_from(bad)


def tree() -> list[tuple[Any, ...]]:
    """Everything in force, to the last digit; where a ring begins and which way it runs is the file's own matter."""
    return sorted(
        (row.area_id, row.tier.code, row.parent_id, row.code, row.name_zh, row.name_en, row.walled, normal(row.shape))
        for row in Boundary.objects.still().select_related("tier")
    )


def normal(shape: shapely.MultiPolygon) -> str:
    return shapely.to_wkb(shapely.normalize(shape), hex=True)


def drawn() -> None:
    """A county with odd corners: a hole, two parts, slanted walls, full digits, names that break careless writers."""
    ids = [uuid4() for _row in range(4)]
    yard = shapely.affinity.rotate(square(2, 2, 12), 17)
    holed = shapely.Polygon(shapely.affinity.rotate(square(5, 5, 3), 17).exterior, [square(6.2, 6.2, 0.4).exterior])
    parts = shapely.MultiPolygon([square(3, 9, 1), shapely.affinity.rotate(square(9, 9, 2), 30)])
    tiers = [("county", square(0, 0, 90)), ("street", square(0, 0, 50)), ("community", square(0, 0, 40))]
    rows = [
        AreaRecord(ids[at], tier, ids[at - 1] if at else None, f"99000{at}", f"{tier}名", shape)
        for at, (tier, shape) in enumerate([*tiers, ("compound", yard)])
    ]
    rows += [
        AreaRecord(uuid4(), "building", ids[3], "B1", "带院", holed, "Yard"),
        AreaRecord(uuid4(), "building", ids[3], "B2", '\'=1+1 "引号", 逗号;<b>', parts, walled="no"),
    ]
    store_areas(rows, reason="survey", now=T0)


@pytest.mark.parametrize("word", ["geojson", "gpkg", "shp", "parquet"])
def test_an_export_that_is_imported_elsewhere_is_the_same_to_the_last_digit(word: str, tmp_path: Path) -> None:
    point = transaction.savepoint()
    drawn()
    before = tree()
    made = export_layer("areas", word, tmp_path, asker=None, moment=NOW, now=NOW)
    transaction.savepoint_rollback(point)
    assert not Area.objects.exists()
    kept = tmp_path / "rows"
    found = check_file(made.path, Said(), rows=kept, namespace=FILE, actor=None, now=NOW)
    assert found["problems"] == []
    assert [one["code"] for one in found["cautions"]] == ["markup"]
    store_checked(kept, change_id=uuid4(), reason="moved", actor=None, now=NOW)
    assert tree() == before
    again = check_file(made.path, Said(), rows=kept, namespace=FILE, actor=None, now=NOW)
    assert (again["new"], again["standing"], again["problems"]) == (0, len(before), [])


@pytest.mark.parametrize("word", ["geojson", "gpkg", "shp", "parquet"])
def test_ogr2ogr_reads_what_we_write(word: str, tmp_path: Path) -> None:
    if not shutil.which("ogr2ogr"):
        pytest.skip("no ogr2ogr on this machine (Debian: gdal-bin)")
    formats = subprocess.run(["ogr2ogr", "--formats"], check=True, capture_output=True, text=True).stdout
    if word == "parquet" and "Parquet" not in formats:
        pytest.skip("this GDAL reads no Parquet")
    drawn()
    made = export_layer("areas", word, tmp_path, asker=None, moment=NOW, now=NOW)
    source = f"/vsizip/{made.path}" if word == "shp" else str(made.path)
    target = tmp_path / "theirs.geojson"
    command = ["ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=10", str(target), source]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    theirs = read(target)
    stored = {row.code: row for row in Boundary.objects.still()}
    assert sorted(theirs.columns["code"]) == sorted(stored)
    for code, name, shape in zip(theirs.columns["code"], theirs.columns["name_zh"], theirs.shapes, strict=True):
        assert name == stored[code].name_zh
        assert shapely.hausdorff_distance(shape, stored[code].shape) < 1e-9
