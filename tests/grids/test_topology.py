"""A boundary among its neighbours: what is found wrong, where, and that noding keeps shared edges shared."""

import itertools
import math
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from gis.shared.geometry import area_m2
from grids.noding import NODE_TOLERANCE, node, on_grid
from grids.snapping import snap
from grids.topology import Plan, Shape, Surroundings, crossings, overlapping, plan

LON, LAT = 113.5, 35.2
METRE = 1 / 111_195.0


def place(points: list[tuple[float, float]], turn: float = 0.0) -> MultiPolygon:
    """Metres around the test place, turned by an angle, → degrees on the grid."""
    cos, sin = math.cos(turn), math.sin(turn)
    turned = [(x * cos - y * sin, x * sin + y * cos) for x, y in points]
    east = METRE / math.cos(math.radians(LAT))
    return on_grid(MultiPolygon([Polygon([(LON + x * east, LAT + y * METRE) for x, y in turned])]))


def rectangle(x: float, y: float, wide: float, high: float, turn: float = 0.0) -> MultiPolygon:
    """A rectangle with its lower left corner at (x, y) metres."""
    return place([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)], turn)


def ell(x: float, y: float, wide: float, high: float, turn: float = 0.0) -> MultiPolygon:
    """An L whose notch is its upper right quarter."""
    corners = [(0, 0), (1, 0), (1, 0.5), (0.5, 0.5), (0.5, 1), (0, 1)]
    return place([(x + a * wide, y + b * high) for a, b in corners], turn)


def draw(shape: MultiPolygon, parent: Shape, siblings: list[Shape], area: UUID | None = None) -> Plan:
    """Plan a new child of a parent."""
    around = Surroundings(parent=parent, siblings=siblings, others=[parent, *siblings])
    return plan(shape, around, area=area or uuid4())


def vertices(shape: MultiPolygon) -> list[tuple[float, float]]:
    """The shell's vertices in order, without the closing one."""
    return list(shape.geoms[0].exterior.coords)[:-1]


def is_subsequence(few: list, many: list) -> bool:
    """Whether all of `few` come in `many` in the same order."""
    rest = iter(many)
    return all(one in rest for one in few)


def test_overlap_names_the_sibling_the_square_metres_and_the_side() -> None:
    parent = Shape(uuid4(), rectangle(0, 0, 200, 200))
    other = Shape(uuid4(), rectangle(100, 50, 40, 20))
    found = draw(rectangle(60, 50, 50, 20), parent, [other]).findings
    assert [(f.code, f.other, f.side) for f in found] == [("overlap", other.area, "E")]
    assert found[0].numbers["m2"] == pytest.approx(200, rel=0.01)
    assert other.geometry.covers(found[0].place)


def test_escape_names_the_parent_and_the_part_outside() -> None:
    parent = Shape(uuid4(), rectangle(0, 0, 200, 200))
    (found,) = draw(rectangle(150, 50, 60, 20), parent, []).findings
    assert (found.code, found.other) == ("escape", parent.area)
    assert found.numbers["m2"] == pytest.approx(200, rel=0.01)
    assert found.point is not None
    assert not parent.geometry.covers(shapely.Point(found.point))


def test_a_move_that_leaves_a_child_outside_names_the_child() -> None:
    child = Shape(uuid4(), rectangle(80, 10, 15, 15))
    before = rectangle(0, 0, 100, 100)
    moved = rectangle(0, 0, 90, 100)
    found = plan(moved, Surroundings(children=[child], others=[child]), area=uuid4(), before=before).findings
    assert [(f.code, f.other) for f in found] == [("child_outside", child.area)]
    assert found[0].numbers["m2"] == pytest.approx(75, rel=0.02)


@pytest.mark.parametrize(
    ("points", "where"),
    [
        ([(0, 0), (40, 40), (40, 0), (0, 40)], (20, 20)),
        ([(0, 0), (40, 0), (40, 40), (20, 0), (0, 40)], (20, 0)),
    ],
)
def test_a_ring_that_crosses_or_touches_itself_is_told_the_point(
    points: list[tuple[float, float]], where: tuple[float, float]
) -> None:
    shape = place(points)
    (found,) = plan(shape, Surroundings(), area=uuid4()).findings
    assert found.code == "crossing"
    expected = vertices(place([where, (where[0] + 1, where[1]), (where[0], where[1] + 1)]))[0]
    assert found.place.geoms[0].distance(shapely.Point(expected)) < METRE


def test_crossings_always_say_some_point() -> None:
    hole_outside = MultiPolygon(
        [Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(5, 5), (6, 5), (6, 6), (5, 6)]])],
    )
    assert not crossings(hole_outside).is_empty


def test_a_scribble_is_told_in_bounded_work() -> None:
    """Twenty points, however many crossings there are: noding this one whole would take gigabytes."""
    scribble = np.random.default_rng(7).uniform((110.0, 35.0), (110.001, 35.001), (8_000, 2))
    found = crossings(MultiPolygon([Polygon(scribble)]))
    assert len(found.geoms) == 20
    bows = MultiPolygon([Polygon([(0, 0), (4, 4), (4, 0), (0, 4)]), Polygon([(10, 0), (14, 4), (14, 0), (10, 4)])])
    assert [(point.x, point.y) for point in crossings(bows).geoms] == [(2, 2), (12, 2)]


def test_swapped_and_far_places_are_said_to_be_so() -> None:
    parent = Shape(uuid4(), rectangle(0, 0, 500, 500))
    inside = rectangle(100, 100, 20, 20)
    swapped = shapely.transform(inside, lambda xy: xy[:, ::-1])
    assert [f.code for f in draw(swapped, parent, []).findings] == ["swapped"]
    far = shapely.transform(inside, lambda xy: xy + 1.0)
    (found,) = draw(far, parent, []).findings
    assert found.code == "far"
    assert found.numbers["m"] == pytest.approx(143_600, rel=0.01)


def test_a_speck_is_too_small() -> None:
    parent = Shape(uuid4(), rectangle(0, 0, 500, 500))
    assert [f.code for f in draw(rectangle(10, 10, 0.9, 0.9), parent, []).findings] == ["too_small"]


def test_snapping_pulls_to_corners_then_to_edges_and_leaves_old_vertices_alone() -> None:
    wall = rectangle(0, 0, 100, 100)
    drawn = place([(0.3, 0.2), (30, 0.4), (30, 20), (0.3, 20)])
    pulled = snap(drawn, [wall], tolerance_m=0.5)
    assert vertices(wall)[0] in vertices(pulled)
    free = place([(3, 3), (30, 3), (30, 20), (3, 20)])
    assert sum(wall.boundary.distance(shapely.Point(p)) < METRE / 100 for p in vertices(pulled)) == 3
    assert snap(free, [wall], tolerance_m=0.5).equals_exact(free, 0)
    assert snap(drawn, [wall], tolerance_m=0.5, before=drawn).equals_exact(drawn, 0)


def test_a_corner_of_a_neighbour_becomes_a_node_of_the_new_edge() -> None:
    neighbour = Shape(uuid4(), rectangle(50, 20, 20, 20))
    parent = Shape(uuid4(), rectangle(0, 0, 200, 200))
    result = draw(rectangle(30, 0, 20.2, 100), parent, [neighbour])
    assert result.sound
    assert vertices(neighbour.geometry)[0] in vertices(result.geometry)
    assert result.geometry.geoms[0].exterior.intersection(neighbour.geometry).length > 19 * METRE


shapes = st.tuples(
    st.sampled_from([rectangle, ell]),
    st.floats(-5, 190),
    st.floats(-5, 190),
    st.floats(5, 90),
    st.floats(5, 90),
)


@settings(max_examples=50, deadline=None)
@given(turn=st.floats(0, math.pi), drawings=st.lists(shapes, min_size=1, max_size=8))
def test_after_any_drawings_the_invariants_hold_exactly(turn: float, drawings: list) -> None:
    first = rectangle(0, 0, 200, 200, turn)
    parent = Shape(uuid4(), first)
    siblings: list[Shape] = []
    for make, x, y, wide, high in drawings:
        area = uuid4()
        result = draw(make(x, y, wide, high, turn), parent, siblings, area)
        if not result.sound:
            continue
        siblings = [Shape(s.area, result.noded.get(s.area, s.geometry)) for s in siblings]
        siblings.append(Shape(area, result.geometry))
        old, parent = parent, Shape(parent.area, result.noded.get(parent.area, parent.geometry))
        assert is_subsequence(vertices(old.geometry), vertices(parent.geometry))
    for at, one in enumerate(siblings):
        assert one.geometry.is_valid
        assert parent.geometry.covers(one.geometry)
        assert not any(overlapping(one.geometry, two.geometry) for two in siblings[:at])
    # each node may bend an edge by the tolerance, and no more
    slack = NODE_TOLERANCE * 1e-8 / METRE * first.length / METRE
    assert abs(area_m2(parent.geometry) - area_m2(first)) <= slack


@settings(max_examples=50, deadline=None)
@given(turn=st.floats(0, math.pi), shares=st.lists(st.floats(0.01, 0.99), min_size=2, max_size=6, unique=True))
def test_units_along_a_slanted_wall_share_every_node_with_all_that_carry_it(turn: float, shares: list[float]) -> None:
    wall = vertices(rectangle(0, 0, 60, 12, turn))
    cuts = [0.0, *sorted(shares), 1.0]

    def along(a: int, b: int, share: float) -> tuple[float, float]:
        (ax, ay), (bx, by) = wall[a], wall[b]
        return ax + share * (bx - ax), ay + share * (by - ay)

    parts = [
        Polygon([along(0, 1, left), along(0, 1, right), along(3, 2, right), along(3, 2, left)])
        for left, right in itertools.pairwise(cuts)
    ]
    units = [on_grid(MultiPolygon([part])) for part in parts if area_m2(part) > 1]
    building, *noded = node([MultiPolygon([Polygon(wall)]), *units])
    assert shapely.coverage_is_valid(noded)
    for unit in noded:
        assert building.covers(unit)
        assert set(vertices(unit)) <= set(vertices(building))


def test_noding_twice_changes_nothing_and_keeps_untouched_objects() -> None:
    one, two, away = rectangle(0, 0, 10, 10, 0.3), rectangle(10, 3, 5, 5, 0.3), rectangle(50, 50, 5, 5)
    first = node([one, two, away])
    assert first[2] is away
    again = node(first)
    assert all(a is b for a, b in zip(first, again, strict=True))
    assert len(vertices(first[0])) == len(vertices(one)) + 2


def test_old_shapes_learn_only_from_fresh_ones() -> None:
    old, unnoded = rectangle(0, 0, 10, 10), rectangle(10, 2, 5, 5)
    fresh = rectangle(-5, 2, 5, 5)
    after = node([fresh, old, unnoded], fresh=[True, False, False])
    assert len(vertices(after[1])) == 6
    assert after[2] is unnoded


def test_the_grid_is_kept_to_the_last_bit() -> None:
    shape = rectangle(0, 0, 10, 10, 0.3)
    steps = np.rint(shapely.get_coordinates(shape) * 1e8)
    assert (shapely.get_coordinates(shape) == steps / 1e8).all()
