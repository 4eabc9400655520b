"""A patched index answers as one made anew; whole rows, edges and corners of both versions are asked."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.covering import GRID, edges_of, shapes_of
from grids.locating import PointIndex
from grids.patching import PatchedIndex, changed_boxes, inside_any
from tests.grids.coverages import SOUTH, WEST, Ring, covers, polygon, quads

CODES = [f"{n:03d}" for n in range(60)]
SHIFTS = st.lists(st.integers(-45, 45), min_size=50, max_size=50)


def edges(rings: list[Ring]) -> np.ndarray:
    return edges_of(shapes_of(np.array([polygon(rings)], dtype=object)), 0)


def probes(*rings: list[Ring]) -> list[tuple[int, int]]:
    """Corners, points on edges and their neighbours, and a lattice over all."""
    found = set()
    for ring in (ring for shape in rings for ring in shape):
        for (xa, ya), (xb, yb) in zip(ring, ring[1:] + ring[:1], strict=True):
            for k in range(5):
                x, y = xa + (xb - xa) * k // 4, ya + (yb - ya) * k // 4
                found |= {(x, y), (x + 1, y), (x, y - 1)}
    xs, ys = [x for x, _ in found], [y for _, y in found]
    for x in np.linspace(min(xs) - 9, max(xs) + 9, 20):
        found |= {(int(x), int(y)) for y in np.linspace(min(ys) - 9, max(ys) + 9, 20)}
    return sorted(found)


@settings(max_examples=40)
@given(SHIFTS, SHIFTS, st.sets(st.integers(0, 24), max_size=4))
def test_outside_the_changed_boxes_nothing_is_covered_otherwise(before, after, moved) -> None:
    """Some corners of a ring move, some points are put on its edges: only the boxes may differ."""
    now = [after[k] if k // 2 in moved else before[k] for k in range(50)]
    old, new = quads(4, 4, before, CODES).rings[0], quads(4, 4, now, CODES).rings[0]
    boxes = changed_boxes(edges(old), edges(new))
    points = probes(old, new)
    outside = ~inside_any(np.array(points), boxes)
    for (x, y), far in zip(points, outside.tolist(), strict=True):
        if far:
            assert covers(old, x, y) == covers(new, x, y)


def test_the_same_shape_written_the_other_way_has_no_changed_box() -> None:
    ring = quads(3, 3, [0] * 32, CODES).rings[0][0]
    assert not len(changed_boxes(edges([ring]), edges([ring[::-1]])))
    assert not len(changed_boxes(edges([ring]), edges([ring[5:] + ring[:5]])))


def test_two_far_corners_make_two_small_boxes() -> None:
    ring: Ring = [(WEST, SOUTH), (WEST + 10_000, SOUTH), (WEST + 10_000, SOUTH + 10_000), (WEST, SOUTH + 10_000)]
    node = [ring[0], (WEST + 4, SOUTH + 1), ring[1], ring[2], (WEST + 9_000, SOUTH + 9_999), ring[3]]
    boxes = changed_boxes(edges([ring]), edges([node]))
    assert sorted((boxes[:, 3] - boxes[:, 1]).tolist()) == [1, 1]


@settings(max_examples=25)
@given(SHIFTS, SHIFTS, st.sets(st.integers(0, 24), max_size=3), st.permutations(CODES), st.sampled_from([None, 0, 1]))
def test_a_patched_index_answers_as_one_made_anew(before, after, moved, codes, rank) -> None:
    now = [after[k] if k // 2 in moved else before[k] for k in range(50)]
    old, new = quads(4, 4, before, codes), quads(4, 4, now, codes)
    words = {"ranks": old.ranks, "parents": old.parents, "codes": old.codes}
    base, fresh = PointIndex(old.polygons(), **words), PointIndex(new.polygons(), **words)
    boxes = [changed_boxes(edges(a), edges(b)) for a, b in zip(old.rings, new.rings, strict=True)]
    # a small index of the areas that meet a box, each with those above it
    shapes = shapes_of(np.array(new.polygons(), dtype=object))
    every = np.vstack(boxes)
    meets = [
        bool(((every[:, 0] <= b[2]) & (every[:, 2] >= b[0]) & (every[:, 1] <= b[3]) & (every[:, 3] >= b[1])).any())
        for b in shapes.box
    ]
    chosen = [n for n in range(len(meets)) if meets[n]]
    position = {n: at for at, n in enumerate(chosen)}
    over = PointIndex(
        [new.polygons()[n] for n in chosen],
        ranks=[new.ranks[n] for n in chosen],
        parents=[position.get(new.parents[n], -1) for n in chosen],
        codes=[codes[n] for n in chosen],
    )
    patched = PatchedIndex(base, every, over, np.array(chosen, dtype=np.int32))
    points = np.array(probes(*old.rings[:2], *new.rings[:2], *new.rings[-4:])) / GRID
    found, wanted = patched.locate(points, deepest_rank=rank), fresh.locate(points, deepest_rank=rank)
    assert found.deepest.tolist() == wanted.deepest.tolist()
    assert found.chain.tolist() == wanted.chain.tolist()


@settings(max_examples=15)
@given(SHIFTS, st.permutations(CODES), st.integers(0, 1))
def test_leaving_lower_tiers_out_of_the_answer_is_leaving_them_out_of_the_index(shifts, codes, rank) -> None:
    every = quads(4, 4, shifts, codes)
    index = PointIndex(every.polygons(), ranks=every.ranks, parents=every.parents, codes=every.codes)
    upper = [n for n, of in enumerate(every.ranks) if of <= rank]
    place = {n: at for at, n in enumerate(upper)} | {-1: -1}
    fewer = PointIndex(
        [every.polygons()[n] for n in upper],
        ranks=[every.ranks[n] for n in upper],
        parents=[place[every.parents[n]] for n in upper],
        codes=[codes[n] for n in upper],
    )
    found, wanted = index.locate(every.degrees(), deepest_rank=rank), fewer.locate(every.degrees())
    assert [place[n] for n in found.deepest.tolist()] == wanted.deepest.tolist()
    assert (found.chain[:, rank + 1 :] == -1).all()
