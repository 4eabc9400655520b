"""What objects of an extract mean, and that each is accounted for."""

from __future__ import annotations

from pathlib import Path

from layers.streets.osm import Extract, extract, read
from layers.streets.osm import tags as meaning
from tests.streets.drawn import Drawing, town


def taken(drawn: Drawing, folder: Path) -> Extract:
    drawn.way((-900, -900), (-890, -900), highway="footway")
    found = extract(read(drawn.save(folder)))
    assert set(found.report.missing().values()) == {0}, "every object is used or left for a reason"
    return found


def test_a_small_town_is_read_whole(tmp_path: Path) -> None:
    found = taken(town(), tmp_path)
    assert [(way.kind, way.name_zh, way.name_en) for way in found.ways][:1] == [
        ("residential", "解放街", "Jiefang Street")
    ]
    assert len(found.of_kind("compound")) == 2
    assert len(found.of_kind("building")) == 5
    assert [(row.what, row.reason, row.name) for row in found.report.listed] == [("building", "open", "残楼")]
    assert found.report.left["w", "beyond-repair:open"] == 1
    assert found.report.left["n", "no-meaning-here"] == 1
    assert [(gate.kind, gate.open_to) for gate in found.gates] == [("lift_gate", "residents")]
    river = found.of_kind("water")[0]
    assert river.geometry.area > 0


def test_relations_are_assembled_from_ways_in_any_order_and_direction(tmp_path: Path) -> None:
    drawn = Drawing()
    one = drawn.way((100, 0), (0, 0), (0, 100))
    two = drawn.way((100, 0), (100, 100), (0, 100))
    hole = drawn.box(40, 40, 60, 60)
    drawn.relation((two, "outer"), (hole, "inner"), (one, "outer"), building="yes", name="回字楼")
    building = taken(drawn, tmp_path).of_kind("building")[0]
    assert building.osm_type == "r"
    assert building.key < 0
    assert len(building.geometry.interiors) == 1


def test_rings_that_touch_at_a_node_are_two_parts(tmp_path: Path) -> None:
    drawn = Drawing()
    ways = [
        drawn.way((0, 0), (50, 0), (50, 50)),
        drawn.way((50, 50), (100, 50), (100, 100), (50, 100), (50, 50)),
        drawn.way((50, 50), (0, 50), (0, 0)),
    ]
    drawn.relation(*((way, "outer") for way in ways), leisure="park")
    assert len(taken(drawn, tmp_path).of_kind("green")[0].geometry.geoms) == 2


def test_an_old_style_relation_lends_its_holes_to_the_outer_way(tmp_path: Path) -> None:
    drawn = Drawing()
    outer, inner = drawn.box(0, 0, 100, 100, building="yes"), drawn.box(40, 40, 60, 60)
    drawn.relation((outer, "outer"), (inner, "inner"))
    found = taken(drawn, tmp_path)
    assert [len(ground.geometry.interiors) for ground in found.of_kind("building")] == [1]
    assert found.report.uses["r", "holes"] == 1


def test_a_building_mapped_as_way_and_as_relation_is_one(tmp_path: Path) -> None:
    drawn = Drawing()
    outer, inner = drawn.box(0, 0, 100, 100, building="yes"), drawn.box(40, 40, 60, 60)
    drawn.relation((outer, "outer"), (inner, "inner"), building="yes")
    assert len(taken(drawn, tmp_path).of_kind("building")) == 1


def test_what_cannot_be_built_is_listed_with_id_reason_and_place(tmp_path: Path) -> None:
    drawn = Drawing()
    half = drawn.way((0, 0), (50, 0), (50, 50))
    bow = drawn.way((0, 0), (50, 50), (50, 0), (0, 50), (0, 0), building="yes", name="蝴蝶楼")
    cut = drawn.way((200, 0), (250, 0), (250, 50), lost=1, building="yes")
    line = drawn.way((300, 0), (310, 0), building="yes")
    flat = drawn.way((0, 300), (50, 300), (100, 300), (0, 300), building="yes")
    open_relation = drawn.relation((half, "outer"), landuse="residential")
    absent = drawn.relation((half, "outer"), (4711, "outer"), landuse="residential")
    found = taken(drawn, tmp_path)
    listed = {row.address: row.reason for row in found.report.listed}
    assert listed == {
        f"relation/{open_relation}": "open",
        f"relation/{absent}": "missing-parts",
        f"way/{bow}": "crossing",
        f"way/{cut}": "missing-parts",
        f"way/{line}": "open",
        f"way/{flat}": "no-area",
    }
    assert not found.of_kind("building")


def test_a_spike_is_repaired_because_it_changes_no_area(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.way((0, 0), (50, 0), (50, 50), (60, 60), (50, 50), (0, 50), (0, 0), building="yes")
    building = taken(drawn, tmp_path).of_kind("building")[0].geometry
    assert building.is_valid
    assert building.geom_type == "Polygon"


def test_a_street_area_is_walked_round_its_edge(tmp_path: Path) -> None:
    drawn = Drawing()
    one, two = drawn.way((0, 0), (50, 0), (50, 50)), drawn.way((50, 50), (0, 50), (0, 0))
    relation = drawn.relation((one, "outer"), (two, "outer"), highway="pedestrian", name="文化广场")
    square = next(way for way in taken(drawn, tmp_path).ways if way.name_zh == "文化广场")
    assert square.osm_id == -relation
    assert square.geometry.is_closed


def test_who_walks_where() -> None:
    def walkable(**tags: str) -> bool:
        street = meaning.street(tags)
        assert street is not None
        return street.walkable

    assert walkable(highway="service", access="private"), "the people of the compound walk there"
    assert walkable(highway="cycleway")
    assert walkable(highway="trunk", sidewalk="both")
    assert walkable(highway="primary_link")
    assert not walkable(highway="motorway")
    assert not walkable(highway="path", foot="no")
    assert not walkable(highway="track", access="no")
    assert walkable(highway="track", access="no", foot="yes")
    assert not walkable(railway="rail")
    assert meaning.street({"highway": "construction"}) is None
    assert meaning.street({"highway": "steps", "layer": "1;2"}).layer == 0  # type: ignore[union-attr]


def test_a_passage_through_a_building_is_no_tunnel() -> None:
    street = meaning.street({"highway": "service", "tunnel": "building_passage"})
    assert street is not None
    assert (street.passage, street.tunnel) == (True, False)


def test_names_in_two_languages_and_without_tricks() -> None:
    assert meaning.names({"name": "улица Руставели"}) == ("улица Руставели", "улица Руставели")
    assert meaning.names({"name": "光復路", "name:zh-Hans": "光复路", "name:en": "Guangfu Road"}) == (
        "光复路",
        "Guangfu Road",
    )
    assert meaning.names({"name:en": "Elm Street"}) == ("Elm Street", "Elm Street")
    assert meaning.names({}) == ("", "")
    assert meaning.clean("<b>一\u202e\n二</b>\x00") == "<b>一 二</b>", (
        "one line; markup stays text and is escaped when shown"
    )
    assert len(meaning.clean("长" * 500)) == meaning.NAME_LENGTH
