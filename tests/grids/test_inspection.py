"""Everything wrong in a whole ground is found, by the same rules as at the doors, with its place."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon

from gis.shared.geometry import area_m2
from grids.inspection import inspect
from grids.noding import node
from grids.survey import Row, survey
from tests.grids.test_topology import rectangle, shapes

TILING = {"community", "unit"}


def whole(turn: float = 0.3) -> list[Row]:
    """A street of two communities, a compound in one, a building of three units: nothing wrong with it."""
    street, west, east, compound, building = (uuid4() for _ in range(5))
    rows = [
        Row(street, "street", None, rectangle(0, 0, 400, 200, turn)),
        Row(west, "community", street, rectangle(0, 0, 200, 200, turn)),
        Row(east, "community", street, rectangle(200, 0, 200, 200, turn)),
        Row(compound, "compound", west, rectangle(20, 20, 100, 100, turn)),
        Row(building, "building", compound, rectangle(30, 30, 60, 12, turn)),
    ]
    rows += [Row(uuid4(), "unit", building, rectangle(30 + 20 * at, 30, 20, 12, turn)) for at in range(3)]
    noded = node([row.geometry for row in rows])
    return [replace(row, geometry=shape) for row, shape in zip(rows, noded, strict=True)]


def found(rows: list[Row]) -> list[tuple[str, UUID | None]]:
    return [(finding.code, finding.area) for finding in inspect(rows, tiling=TILING)]


def test_nothing_is_told_of_a_sound_ground() -> None:
    assert found(whole()) == []
    assert found([]) == []


def test_a_missing_unit_and_a_missing_community_are_gaps_with_their_place() -> None:
    rows = whole()
    street, west, east, building = rows[0], rows[1], rows[2], rows[4]
    left = [row for row in rows if row.area not in {east.area, rows[-2].area}]
    gaps = list(inspect(left, tiling=TILING))
    assert [(gap.code, gap.severity, gap.area) for gap in gaps] == [
        ("uncovered", "warning", street.area),
        ("uncovered", "warning", building.area),
    ]
    assert gaps[0].place is not None
    assert gaps[0].place.equals(shapely.difference(street.geometry, west.geometry))
    assert gaps[1].numbers["m2"] == pytest.approx(20 * 12, rel=1e-3)
    assert gaps[1].point is not None
    assert len({gap.id for gap in gaps}) == 2


def test_a_building_without_units_and_a_compound_with_roads_have_no_gap() -> None:
    rows = [row for row in whole() if row.tier != "unit"]
    assert found(rows) == []


def test_a_strip_of_a_few_centimetres_is_a_gap_and_a_sliver_of_the_grid_is_none() -> None:
    rows = whole()
    narrow = [replace(row, geometry=rectangle(70, 30, 19.97, 12, 0.3)) if row is rows[-1] else row for row in rows]
    noded = node([row.geometry for row in narrow])
    narrow = [replace(row, geometry=shape) for row, shape in zip(narrow, noded, strict=True)]
    assert ("uncovered", rows[4].area) in found(narrow)


def test_overlaps_escapes_orphans_and_specks_are_told_once() -> None:
    rows = whole()
    compound = rows[3]
    rows += [
        Row(uuid4(), "building", compound.area, rectangle(40, 36, 60, 12, 0.3)),  # over the other building
        Row(uuid4(), "building", compound.area, rectangle(100, 60, 40, 12, 0.3)),  # out of the compound
        Row(uuid4(), "building", uuid4(), rectangle(30, 70, 20, 12, 0.3)),  # under nobody
        Row(uuid4(), "building", compound.area, rectangle(30, 90, 0.5, 0.5, 0.3)),  # a speck
    ]
    noded = node([row.geometry for row in rows])
    told = found([replace(row, geometry=shape) for row, shape in zip(rows, noded, strict=True)])
    assert sorted(code for code, _area in told) == ["escape", "orphan", "overlap", "too_small"]


def test_a_subtree_is_judged_by_itself() -> None:
    rows = whole()
    building = rows[4]
    assert list(inspect(rows[4:], tiling=TILING, root=building.area)) == []
    assert found(rows[4:]) == [("orphan", building.area)]


def test_an_edge_that_lacks_its_neighbours_corner_is_told() -> None:
    rows = [
        Row(uuid4(), "compound", None, rectangle(0, 0, 100, 100)),
        Row(uuid4(), "compound", None, rectangle(100, 0, 50, 40)),
        Row(uuid4(), "compound", None, rectangle(100, 40, 50, 60)),
    ]
    assert {code for code, _area in found(rows)} == {"unnoded"}
    noded = node([row.geometry for row in rows])
    assert found([replace(row, geometry=shape) for row, shape in zip(rows, noded, strict=True)]) == []


@settings(max_examples=40, deadline=None)
@given(turn=st.floats(0, 3), drawings=st.lists(shapes, min_size=1, max_size=6))
def test_the_inspection_finds_what_the_doors_refuse(turn: float, drawings: list) -> None:
    parent = Row(UUID(int=1), "compound", None, rectangle(0, 0, 200, 200, turn))
    rows = [parent]
    for at, (make, *numbers) in enumerate(drawings):
        rows.append(Row(UUID(int=at + 2), "building", parent.area, make(*numbers, turn)))
    noded = node([row.geometry for row in rows])
    rows = [replace(row, geometry=shape) for row, shape in zip(rows, noded, strict=True)]

    def pairs(findings) -> set:
        return {(f.code, frozenset({f.area, f.other})) for f in findings if f.code not in ("unnoded", "uncovered")}

    assert pairs(inspect(rows, tiling=set())) == pairs(survey(rows))


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 3), st.lists(st.integers(2, 98), min_size=1, max_size=5, unique=True), st.integers(0, 5))
def test_a_gap_is_told_exactly_where_a_child_is_missing(turn: float, cuts: list[int], drop: int) -> None:
    edges = [0, *sorted(cuts), 100]
    parent = Row(UUID(int=1), "building", None, rectangle(0, 0, 100, 12, turn))
    rows = [parent]
    for at, (west, east) in enumerate(zip(edges, edges[1:], strict=False)):
        rows.append(Row(UUID(int=at + 2), "unit", parent.area, rectangle(west, 0, east - west, 12, turn)))
    noded = node([row.geometry for row in rows])
    rows = [replace(row, geometry=shape) for row, shape in zip(rows, noded, strict=True)]
    assert found(rows) == []
    gone = rows.pop(1 + drop % (len(rows) - 1))
    told = list(inspect(rows, tiling={"unit"}))
    if len(rows) == 1:  # none is left: a building may have no units
        assert told == []
    else:
        (gap,) = told
        assert isinstance(gap.place, MultiPolygon)
        assert area_m2(gap.place.symmetric_difference(gone.geometry)) < 0.01
