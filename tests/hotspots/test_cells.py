"""Neighbours and hexagons: who touches whom, and that every point falls into the hexagon drawn round it."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.hotspots.hexagons import AROUND, Hexagons, Table
from layers.hotspots.neighbours import Neighbourhoods, nearest, queen, within


def lists(near: Neighbourhoods) -> list[list[int]]:
    return [sorted(near.cells[a:b].tolist()) for a, b in zip(near.first[:-1], near.first[1:], strict=True)]


def test_queen_neighbours_share_an_edge_or_a_corner() -> None:
    boxes = [
        shapely.box(110 + x / 1000, 35 + y / 1000, 110.001 + x / 1000, 35.001 + y / 1000)
        for y in range(2)
        for x in range(3)
    ]
    boxes.append(shapely.box(111, 36, 111.1, 36.1))
    snapped = shapely.transform(np.array(boxes), lambda xy: np.rint(xy * 1e8) / 1e8)
    assert lists(queen(snapped)) == [[1, 3, 4], [0, 2, 3, 4, 5], [1, 4, 5], [0, 1, 4], [0, 1, 2, 3, 5], [1, 2, 4], []]


def test_queen_agrees_with_shapely_on_a_noded_coverage() -> None:
    seeds = np.random.default_rng(2).uniform([110, 35], [110.05, 35.05], (80, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds)))
    snapped = shapely.transform(cells, lambda xy: np.rint(xy * 1e8) / 1e8)
    tree = shapely.STRtree(snapped)
    one, other = tree.query(snapped, predicate="intersects")
    expected = [sorted(other[(one == i) & (other != i)].tolist()) for i in range(len(snapped))]
    assert lists(queen(snapped)) == expected


def test_distance_bands_are_closed_and_symmetric() -> None:
    xy = np.array([[0.0, 0], [30, 0], [60, 0], [0, 30.001]])
    assert lists(within(xy, 30)) == [[1], [0, 2], [1], []]
    with pytest.raises(ValueError, match="too many"):
        within(np.zeros((5000, 2)), 1)


def test_k_nearest_never_counts_the_point_itself() -> None:
    xy = np.array([[0.0, 0], [0, 0], [0, 0], [5, 0], [9, 0]])
    near = nearest(xy, 2)
    assert near.sizes.tolist() == [2] * 5
    assert all(cell not in those for cell, those in enumerate(lists(near)))
    assert lists(nearest(xy[:1], 3)) == [[]]
    assert lists(nearest(xy[3:], 8)) == [[1], [0]]


@settings(max_examples=40, deadline=None)
@given(
    st.floats(20, 2000),
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-5e6, 5e6)), min_size=1, max_size=40),
)
def test_a_point_lies_in_its_hexagon(width: float, points: list[tuple[float, float]]) -> None:
    metres, grid = np.array(points), Hexagons(width)
    cells = grid.of_points(metres)
    shapes = shapely.polygons(grid.outlines(cells))
    assert (shapely.distance(shapes, shapely.points(metres)) < 1e-6 * width + 1e-6).all()
    assert np.allclose(shapely.area(shapes), grid.area_m2)
    assert (grid.of_points(grid.centres(cells)) == cells).all()


def test_hexagons_cover_an_extent_and_each_has_six_neighbours_inside() -> None:
    grid = Hexagons(100)
    extent = shapely.box(403_000, 3_800_000, 405_000, 3_801_500).difference(
        shapely.box(403_800, 3_800_500, 404_200, 3_801_000)
    )
    cells = grid.over(extent)
    shapes = shapely.polygons(grid.outlines(cells))
    assert shapely.union_all(shapes).buffer(1e-3).covers(extent)
    assert shapely.intersects(shapes, extent).all()
    assert len(np.unique(cells, axis=0)) == len(cells)
    table = Table(cells)
    near = table.around()
    by_shape = within(grid.centres(cells), 101)
    assert lists(near) == lists(by_shape)
    assert near.sizes.max() == 6
    assert grid.count_over(*extent.bounds) >= len(cells)
    inside = shapely.get_coordinates(
        shapely.points(np.random.default_rng(0).uniform(extent.bounds[:2], extent.bounds[2:], (500, 2)))
    )
    found = table.positions(grid.of_points(inside))
    assert (found[shapely.contains_xy(extent, inside)] >= 0).all()


def test_positions_of_cells_that_are_not_there() -> None:
    cells = np.array([[0, 0], [1, -1], [-5, 3]])
    assert Table(cells).positions(np.array([[1, -1], [2, 2], [-5, 3], [0, 0]])).tolist() == [1, -1, 2, 0]
    assert Table(cells[:0]).positions(cells).tolist() == [-1, -1, -1]
    assert lists(Table(cells[:0]).around()) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-40, 40), st.integers(-3_000_000, 3_000_000) | st.integers(-9, 9)), unique=True))
def test_a_table_finds_each_of_its_cells_and_no_other(numbers: list[tuple[int, int]]) -> None:
    cells = np.array(numbers, dtype=np.int64).reshape(-1, 2)
    known = {cell: place for place, cell in enumerate(numbers)}
    table, asked = Table(cells), [(q + dq, r + dr) for q, r in numbers for dq, dr in [(0, 0), *AROUND.tolist()]]
    assert table.positions(np.array(asked, dtype=np.int64).reshape(-1, 2)).tolist() == [
        known.get(cell, -1) for cell in asked
    ]
    assert lists(table.around()) == [
        sorted(known[q + dq, r + dr] for dq, dr in AROUND.tolist() if (q + dq, r + dr) in known) for q, r in numbers
    ]


def test_a_hexagon_needs_a_width() -> None:
    for width in (0, -5, float("nan")):
        with pytest.raises(ValueError, match="width"):
            Hexagons(width)
