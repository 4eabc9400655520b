"""One owner per tier for every point, exactly: against fractions, against shapely, and in awkward places."""

from random import Random

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.covering import GRID, shapes_of, snap
from grids.locating import PointIndex, locate_one, parents_of
from tests.grids.coverages import SOUTH, TOWER, WEST, Coverage, Ring, covers, owner_chain, polygon, quads, tower

CODES = [f"{n:03d}" for n in range(60)]


@st.composite
def coverages(draw: st.DrawFn) -> Coverage:
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    vertices = (columns + 1) * (rows + 1)
    shifts = draw(st.lists(st.integers(-45, 45), min_size=2 * vertices, max_size=2 * vertices))
    return quads(columns, rows, shifts, draw(st.permutations(CODES)))


def index_of(coverage: Coverage) -> PointIndex:
    return PointIndex(coverage.polygons(), ranks=coverage.ranks, parents=coverage.parents, codes=coverage.codes)


def one_by_one(coverage: Coverage, lon: float, lat: float) -> list[int]:
    shapes = [shapes_of(np.array([shape], dtype=object)) for shape in coverage.polygons()]
    keys = list(zip(coverage.ranks, coverage.codes, strict=True))
    return locate_one(lon, lat, shapes, parents=coverage.parents, keys=keys)


@settings(max_examples=40, deadline=None)
@given(coverages())
def test_every_vertex_and_edge_point_has_one_owner_in_every_tier(coverage: Coverage) -> None:
    chains = index_of(coverage).locate(coverage.degrees()).chain
    assert chains.shape == (len(coverage.points), 3)
    assert (chains >= 0).all(), "the coverage has no gap, so no point of it is without an owner"
    for chain, (x, y) in zip(chains.tolist(), coverage.points, strict=True):
        assert chain == owner_chain(coverage, x, y)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(-45, 45), min_size=162, max_size=162),
    st.permutations([f"{n:03d}" for n in range(130)]),
    st.randoms(use_true_random=False),
)
def test_through_six_tiers_the_owner_lies_in_the_owner_above(shifts: list[int], codes: list[str], rng: Random) -> None:
    coverage = tower(shifts, codes)
    chains = index_of(coverage).locate(coverage.degrees()).chain
    assert chains.shape[1] == len(TOWER)
    assert (chains >= 0).all(), "every corner and edge has an owner in every tier"
    parents = np.array(coverage.parents)
    assert (parents[chains[:, 1:]] == chains[:, :-1]).all(), "whose ancestors are the owners above"
    for at in rng.sample(range(len(coverage.points)), 60):
        assert chains[at].tolist() == owner_chain(coverage, *coverage.points[at])


@settings(max_examples=15, deadline=None)
@given(coverages(), st.data())
def test_one_point_and_many_points_agree(coverage: Coverage, data: st.DataObject) -> None:
    x, y = data.draw(st.sampled_from(coverage.points))
    found = index_of(coverage).locate(np.array([[x, y]]) / GRID)
    assert one_by_one(coverage, x / GRID, y / GRID) == found.chain[0].tolist()
    assert found.deepest[0] == found.chain[0, -1]


@settings(max_examples=20, deadline=None)
@given(coverages(), st.integers(0, 2**32 - 1))
def test_random_points_agree_with_shapely(coverage: Coverage, seed: int) -> None:
    polygons = np.array(coverage.polygons())
    west, south, east, north = shapely.total_bounds(polygons)
    xy = np.random.default_rng(seed).uniform([west - 1e-6, south - 1e-6], [east + 1e-6, north + 1e-6], (300, 2))
    xy = np.rint(xy * GRID) / GRID
    points = shapely.points(xy)
    edges = shapely.union_all(shapely.boundary(polygons))
    clear = shapely.distance(points, edges) > 2e-8  # nearer, the doubles that shapely sees are not the grid's
    units = np.flatnonzero(np.array(coverage.ranks) == 2)
    hit = shapely.covers(polygons[units][None, :], points[:, None])
    expected = np.where(hit.any(axis=1), units[hit.argmax(axis=1)], -1)
    assert (index_of(coverage).locate(xy).deepest[clear] == expected[clear]).all()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(0, 7)), min_size=18, max_size=120), st.integers(0, 2**32 - 1)
)
def test_long_rings_sorted_into_slabs_are_exact(spokes: list[tuple[int, int]], seed: int) -> None:
    angles = np.linspace(0, 2 * np.pi, len(spokes), endpoint=False)
    ring: Ring = [
        (WEST + round(4 * r * np.cos(a)), SOUTH + round(4 * r * np.sin(a)) + up)
        for a, (r, up) in zip(angles, spokes, strict=True)
    ]
    index = PointIndex([polygon([ring])], ranks=[0], parents=[-1], codes=["1"])
    rng = np.random.default_rng(seed)
    near = rng.integers(-1700, 1700, (200, 2)) + np.array([WEST, SOUTH])
    points = np.vstack([near, np.array(ring), np.array(ring) - [0, -1], np.array(ring) - [1, 0]])
    expected = [covers([ring], x, y) for x, y in points.tolist()]
    assert (index.locate(points / GRID).deepest == 0).tolist() == expected


def square(west: float, south: float, side: float) -> shapely.Polygon:
    return shapely.box(110 + west, 35 + south, 110 + west + side, 35 + south + side)


def test_the_edge_of_a_hole_belongs_to_the_lower_code() -> None:
    enclave = square(0.01, 0.01, 0.01)
    around = square(0, 0, 0.03).difference(enclave)
    at = np.array([[110.01, 35.015], [110.02, 35.02], [110.005, 35.005], [110.015, 35.015]])
    for codes, edge in ((["a", "b"], 0), (["b", "a"], 1)):
        index = PointIndex([around, enclave], ranks=[0, 0], parents=[-1, -1], codes=codes)
        assert index.locate(at).deepest.tolist() == [edge, edge, 0, 1]


def test_all_parts_of_an_area_are_its_own() -> None:
    two = shapely.MultiPolygon([square(0, 0, 0.01), square(0.02, 0, 0.01)])
    index = PointIndex([square(0, 0, 0.03), two], ranks=[0, 1], parents=[-1, 0], codes=["1", "2"])
    at = np.array([[110.005, 35.005], [110.025, 35.005], [110.015, 35.005], [110.03, 35.0], [110.04, 35.0]])
    found = index.locate(at)
    assert found.deepest.tolist() == [1, 1, 0, 1, -1]
    assert found.chain.tolist() == [[0, 1], [0, 1], [0, -1], [0, 1], [-1, -1]]


def test_a_child_does_not_own_what_its_parent_does_not() -> None:
    county, escaping = square(0, 0, 0.02), square(0.01, 0.01, 0.02)
    index = PointIndex([county, escaping], ranks=[0, 1], parents=[-1, 0], codes=["1", "2"])
    assert index.locate(np.array([[110.025, 35.025], [110.015, 35.015]])).deepest.tolist() == [-1, 1]


def test_a_point_on_the_border_of_two_parents_descends_into_the_owner_only() -> None:
    left, right = square(0, 0, 0.01), square(0.01, 0, 0.01)
    child = square(0.01, 0, 0.005)  # under the right one, on the border; the left parent owns the border
    index = PointIndex([left, right, child], ranks=[0, 0, 1], parents=[-1, -1, 1], codes=["1", "2", "0"])
    assert index.locate(np.array([[110.01, 35.002]])).chain.tolist() == [[0, -1]]


def test_where_siblings_overlap_the_lower_code_owns_however_small_it_is() -> None:
    large, small = square(0, 0, 0.1), square(0.042, 0.042, 0.001)
    at = np.array([[110.0425, 35.0425], [110.042, 35.0425], [110.0435, 35.0425]])
    for codes, owners in ((["2", "1"], [1, 1, 0]), (["1", "2"], [0, 0, 0])):
        index = PointIndex([large, small], ranks=[0, 0], parents=[-1, -1], codes=codes)
        assert index.locate(at).deepest.tolist() == owners


def test_equal_codes_fall_back_to_the_id() -> None:
    same = [square(0, 0, 0.01), square(0.01, 0, 0.01)]
    index = PointIndex(same, ranks=[0, 0], parents=[-1, -1], codes=["1", "1"], ids=["b", "a"])
    assert index.locate(np.array([[110.01, 35.005]])).deepest.tolist() == [1]


def test_very_long_edges_are_exact_or_refused() -> None:
    # 21 degrees: products of differences come near 2**62; the middle of the slanted edge is a whole step
    wide = shapely.Polygon([(90, 20), (111, 41), (90, 41)])
    index = PointIndex([wide], ranks=[0], parents=[-1], codes=["1"])
    step = 1e-8
    at = np.array([[100.5, 30.5], [100.5 + step, 30.5], [100.5, 30.5 - step], [100.5 - step, 30.5]])
    assert index.locate(at).deepest.tolist() == [0, -1, -1, 0]
    with pytest.raises(ValueError, match="21 degrees"):
        PointIndex([shapely.box(80, 20, 120, 40)], ranks=[0], parents=[-1], codes=["1"])


def test_what_is_no_position_is_refused_by_its_row() -> None:
    index = PointIndex([square(0, 0, 0.01)], ranks=[0], parents=[-1], codes=["1"])
    for bad in ([110.0, np.nan], [np.inf, 35.0], [35.0, 110.0], [-181.0, 0.0]):
        with pytest.raises(ValueError, match="position 1"):
            index.locate(np.array([[110.0, 35.0], bad]))


def test_wrong_trees_are_refused() -> None:
    two = [square(0, 0, 0.01), square(0.01, 0, 0.01)]
    for parents, words in (([1, 0], "ring"), ([-1, 2], "not in the list"), ([-1], "one length")):
        with pytest.raises(ValueError, match=words):
            PointIndex(two, ranks=[0, 1], parents=parents, codes=["1", "2"])


def test_an_empty_index_owns_nothing() -> None:
    nothing = PointIndex([], ranks=[], parents=[], codes=[]).locate(np.array([[110.0, 35.0]]))
    assert nothing.deepest.tolist() == [-1]
    only_empty = PointIndex([shapely.Polygon()], ranks=[0], parents=[-1], codes=["1"])
    assert only_empty.locate(np.array([[110.0, 35.0]])).deepest.tolist() == [-1]
    assert index_of(quads(1, 1, [0] * 8, CODES)).locate(np.empty((0, 2))).chain.shape == (0, 3)


def test_positions_are_snapped_to_the_nearest_step() -> None:
    assert snap(np.array([[110.000000004, 35.000000006]])).tolist() == [[110 * GRID, 35 * GRID + 1]]


def test_an_orphan_is_not_promoted_to_the_top() -> None:
    class Row:
        def __init__(self, area_id: str, parent_id: str | None) -> None:
            self.area_id, self.parent_id, self.code = area_id, parent_id, area_id

    rows = [Row("county", "prefecture"), Row("street", "county")]
    assert parents_of(rows, tops={"prefecture"}) == [-1, 0]
    with pytest.raises(ValueError, match="county"):
        parents_of(rows)
