"""What is nearly wrong (gaps), the plain way out of each finding, and two changes of one boundary in one shape."""

from uuid import uuid4

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon

from gis.shared.geometry import area_m2
from grids.gaps import gaps, uncovered
from grids.mending import mended
from grids.merging import together
from grids.noding import on_grid
from grids.topology import Shape, plan
from tests.grids.test_topology import Surroundings, place, rectangle

TURN = 0.37


def test_a_strip_to_a_neighbour_and_to_the_wall_is_a_gap_and_a_lane_is_none() -> None:
    wall = Shape(uuid4(), rectangle(0, 0, 100, 100, TURN))
    beside = Shape(uuid4(), rectangle(50, 20, 20, 30, TURN))
    lane = Shape(uuid4(), rectangle(20, 60, 20, 10, TURN))
    drawn = rectangle(0.4, 20, 49.2, 30, TURN)
    found = {finding.other: finding for finding in gaps(drawn, [beside, lane], wall, width_m=1.0, area=uuid4())}
    assert set(found) == {wall.area, beside.area}
    assert found[beside.area].numbers["m2"] == pytest.approx(0.4 * 30, rel=0.05)
    assert found[wall.area].numbers["m2"] == pytest.approx(0.4 * 30, rel=0.05)
    assert {finding.severity for finding in found.values()} == {"warning"}
    assert found[beside.area].place is not None
    assert found[beside.area].place.intersection(drawn).area < 1e-12


def test_shared_edges_and_inner_corners_are_no_gaps() -> None:
    wall = Shape(uuid4(), rectangle(0, 0, 100, 100, TURN))
    beside = Shape(uuid4(), rectangle(50, 20, 20, 30, TURN))
    drawn = place([(0, 20), (50, 20), (50, 50), (30, 50), (30, 35), (10, 35), (10, 50), (0, 50)], TURN)
    around = Surroundings(parent=wall, siblings=[beside], others=[wall, beside])
    planned = plan(drawn, around, area=uuid4())
    assert planned.sound
    noded = [Shape(shape.area, planned.noded.get(shape.area, shape.geometry)) for shape in (beside, wall)]
    assert gaps(planned.geometry, noded[:1], noded[1], width_m=2.0, area=uuid4()) == []


def test_what_a_tier_leaves_uncovered_is_told_without_slivers() -> None:
    whole = rectangle(0, 0, 60, 20)
    rest = uncovered(whole, [rectangle(0, 0, 20, 20), rectangle(20, 0, 20, 20)])
    assert area_m2(rest) == pytest.approx(400, rel=0.01)
    assert uncovered(whole, [whole]).is_empty


def test_a_closed_gap_leaves_no_hair_and_no_hole() -> None:
    wall = Shape(uuid4(), rectangle(0, 0, 100, 100, TURN))
    beside = Shape(uuid4(), rectangle(50, 20, 20, 30, TURN))
    around = Surroundings(parent=wall, siblings=[beside], others=[wall, beside])
    area = uuid4()
    planned = plan(rectangle(0.7, 20, 48.6, 30, TURN), around, area=area)
    for _ in range(2):
        wall_now, beside_now = (planned.noded.get(shape.area, shape.geometry) for shape in (wall, beside))
        found = gaps(
            planned.geometry, [Shape(beside.area, beside_now)], Shape(wall.area, wall_now), width_m=1, area=area
        )
        closed = mended(planned.geometry, found[0], siblings={beside.area: beside_now}, children={}, parent=wall_now)
        assert closed is not None
        planned = plan(closed, around, area=area)
        assert planned.sound
        assert not planned.geometry.geoms[0].interiors
    wall_now, beside_now = (planned.noded.get(shape.area, shape.geometry) for shape in (wall, beside))
    assert (
        gaps(planned.geometry, [Shape(beside.area, beside_now)], Shape(wall.area, wall_now), width_m=1, area=area) == []
    )
    assert area_m2(planned.geometry) == pytest.approx(50 * 30, rel=0.001)
    assert shapely.relate_pattern(planned.geometry, beside_now, "F***1****")


ALONE = {"siblings": {}, "children": {}, "parent": None}
shifts = st.tuples(st.floats(-40, 40), st.floats(-40, 40), st.floats(5, 60), st.floats(5, 60))


@given(shift=shifts, turn=st.floats(0, 1.5))
@settings(max_examples=40)
def test_a_way_out_takes_its_finding_away_and_its_shape_may_be_saved_again(
    shift: tuple[float, float, float, float], turn: float
) -> None:
    x, y, wide, high = shift
    wall = Shape(uuid4(), rectangle(-40, -40, 80, 80, turn))
    beside = Shape(uuid4(), rectangle(0, 0, 25, 25, turn))
    around = Surroundings(parent=wall, siblings=[beside], others=[wall, beside])
    area = uuid4()
    planned = plan(rectangle(x, y, wide, high, turn), around, area=area)
    for _ in range(4):
        if not planned.findings:
            break
        finding = planned.findings[0]
        wall_now, beside_now = (planned.noded.get(shape.area, shape.geometry) for shape in (wall, beside))
        way_out = mended(planned.geometry, finding, siblings={beside.area: beside_now}, children={}, parent=wall_now)
        if way_out is None:
            assert (
                area_m2(shapely.intersection(planned.geometry, beside.geometry)) > 0 or x + wide > 40 or y + high > 40
            )
            return
        planned = plan(way_out, around, area=area)
        assert finding.id not in {later.id for later in planned.findings}
    assert planned.sound


def test_a_bow_tie_is_untangled_and_swapped_numbers_are_turned_round() -> None:
    bow = place([(0, 0), (20, 20), (20, 0), (0, 20)])
    planned = plan(bow, Surroundings(), area=uuid4())
    untangled = mended(bow, planned.findings[0], **ALONE)
    assert untangled is not None
    assert untangled.is_valid
    assert area_m2(untangled) == pytest.approx(200, rel=0.01)
    wall = Shape(uuid4(), rectangle(0, 0, 100, 100))
    turned = shapely.transform(rectangle(10, 10, 20, 20), lambda xy: xy[:, ::-1])
    planned = plan(turned, Surroundings(parent=wall), area=uuid4())
    assert mended(turned, planned.findings[0], **ALONE) == rectangle(10, 10, 20, 20)


def moved(shape: MultiPolygon, changes: dict[int, tuple[float, float]]) -> MultiPolygon:
    """The shape with some corners elsewhere (degrees added)."""
    corners = list(shape.geoms[0].exterior.coords)[:-1]
    for at, (dx, dy) in changes.items():
        corners[at] = (corners[at][0] + dx, corners[at][1] + dy)
    return on_grid(MultiPolygon([shapely.Polygon(corners)]))


OUT = 1e-5


def octagon() -> MultiPolygon:
    """Eight corners, so that two people can work on different sides."""
    return place([(20, 0), (40, 0), (60, 20), (60, 40), (40, 60), (20, 60), (0, 40), (0, 20)])


def test_changes_on_different_sides_stand_together_whoever_saves_first() -> None:
    base = octagon()
    mine, theirs = moved(base, {0: (0, -OUT)}), moved(base, {4: (0, OUT)})
    both = moved(base, {0: (0, -OUT), 4: (0, OUT)})
    assert together(base, mine, theirs).equals(both)
    assert together(base, theirs, mine).equals(both)
    assert together(base, base, theirs).equals(theirs)


def test_changes_of_one_edge_are_for_people_to_choose_between() -> None:
    base = octagon()
    mine = moved(base, {0: (0, -OUT)})
    assert together(base, mine, moved(base, {1: (OUT, 0)})) is None  # two ends of one edge
    assert together(base, mine, mine) is None
    assert together(base, mine, moved(base, {0: (0, -2 * OUT)})) is None
    assert together(base, moved(base, {0: (0, -OUT), 4: (0, OUT)}), moved(base, {3: (OUT, 0)})) is None
    hole = MultiPolygon([shapely.Polygon(base.geoms[0].exterior, [rectangle(25, 25, 5, 5).geoms[0].exterior])])
    assert together(base, mine, hole) is None


@given(
    ring=st.lists(st.integers(0, 7), unique=True, max_size=4),
    other=st.lists(st.integers(0, 7), unique=True, max_size=4),
)
@settings(max_examples=50)
def test_what_stands_together_has_every_change_of_both_and_nothing_else(ring: list[int], other: list[int]) -> None:
    base = octagon()
    mine = moved(base, dict.fromkeys(ring, (OUT, OUT / 2)))
    theirs = moved(base, dict.fromkeys(other, (-OUT / 2, OUT)))
    both = together(base, mine, theirs)
    edges = [{at for corner in changed for at in ((corner - 1) % 8, corner)} for changed in (ring, other)]
    if both is None:
        assert edges[0] & edges[1] or len(set(ring) | set(other)) == 8
        return
    wanted = dict.fromkeys(ring, (OUT, OUT / 2)) | dict.fromkeys(other, (-OUT / 2, OUT))
    assert both.normalize() == moved(base, wanted).normalize()
