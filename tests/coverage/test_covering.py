"""Figures of every area at once equal a brute-force count, nest, and never fall when a site is added."""

import uuid

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.discretion import PARTS
from layers.coverage.covering import UNKNOWN, Land, figures, gained, missed

LIMITS = (300.0, 700.0, 1000.0)
FLAT = 60.0


def land(parent, of, leaf, parts, known, homes=None) -> Land:
    areas, places = len(parent), len(of)
    households = np.array([UNKNOWN] * places if homes is None else homes, dtype=np.int64)
    return Land(
        ids=[uuid.UUID(int=number) for number in range(areas)],
        tiers=["compound"] * areas,
        codes=[str(number) for number in range(areas)],
        names=[("", "")] * areas,
        parent=np.array(parent, dtype=np.int64),
        rank=np.zeros(areas, dtype=np.int64),
        box=np.zeros((areas, 4)),
        middle=np.zeros((areas, 2)),
        points=np.zeros((places, 2)),
        of=np.array(of, dtype=np.int64),
        leaf=np.array(leaf, dtype=np.int64),
        parts=np.array(parts, dtype=np.int64).reshape(-1, len(PARTS)),
        discreet=np.array(parts, dtype=np.int64).reshape(-1, len(PARTS)),
        known=np.array(known, dtype=bool),
        homes=households,
        homes_discreet=households,
        leaf_rank=np.full(len(parts), 5, dtype=np.int64),
        leaf_ids=np.empty((0, 16), dtype=np.uint8),
    )


@st.composite
def lands(draw):
    parent = [-1] + [draw(st.integers(-1, number - 1)) for number in range(1, draw(st.integers(1, 9)))]
    grids = draw(st.integers(1, 12))
    area_of = [draw(st.integers(0, len(parent) - 1)) for _ in range(grids)]
    leaf = sorted(draw(st.lists(st.integers(0, grids - 1), min_size=1, max_size=25)))
    parts = [[draw(st.integers(0, 40)) for _ in PARTS] for _ in leaf]
    known = [draw(st.booleans()) for _ in range(grids)]
    homes = [draw(st.integers(UNKNOWN, 30)) if known[g] else UNKNOWN for g in leaf]
    made = land(parent, [area_of[g] for g in leaf], leaf, parts, [known[g] for g in leaf], homes)
    metres = st.one_of(st.floats(0, 1500), st.just(float("inf")))
    walks = [np.array([draw(metres) for _ in leaf]) for _ in range(2)]
    return made, walks


def under(told: Land, area: int, top: int) -> bool:
    while area >= 0:
        if area == top:
            return True
        area = int(told.parent[area])
    return False


def brute(told: Land, walk, top: int, limit: float) -> tuple[int, int, int]:
    """Residents, the old, and grids of an area within a limit, one place after the other."""
    people = old = 0
    grids = set()
    for place in range(len(told)):
        if under(told, int(told.of[place]), top) and walk[place] <= limit:
            grids.add(int(told.leaf[place]))
            if told.known[place]:
                people += int(told.parts[place].sum())
                old += int(told.parts[place][0])
    return people, old, len(grids)


@settings(max_examples=40)
@given(lands())
def test_figures_equal_a_count_place_by_place(made):
    told, (walk, level) = made
    found = figures(told, told.parts, walk, LIMITS, [(level, 500.0)])
    for area in range(len(told.ids)):
        everybody = brute(told, walk, area, float("inf"))
        assert (found.residents[area], found.old[area], found.grids[area]) == everybody
        for ring, limit in enumerate(LIMITS):
            here = (found.within[area, ring], found.old_within[area, ring], found.grids_within[area, ring])
            assert here == brute(told, walk, area, limit)
        people, _old, grids = brute(told, level, area, 500.0)
        assert (found.levels[area, 0], found.grids_levels[area, 0]) == (people, grids)


@settings(max_examples=40)
@given(lands())
def test_households_equal_a_count_place_by_place_and_unknown_ones_are_told(made):
    told, (walk, _level) = made
    found = figures(told, told.parts, walk, LIMITS, [], told.homes)
    for top in range(len(told.ids)):
        here = [place for place in range(len(told)) if under(told, int(told.of[place]), top)]
        housed = [place for place in here if told.homes[place] != UNKNOWN]
        assert found.homes[top] == sum(told.homes[place] for place in housed)
        assert found.homes_known[top] == bool(housed)
        for ring, limit in enumerate(LIMITS):
            near = [place for place in housed if walk[place] <= limit]
            assert found.homes_within[top, ring] == sum(told.homes[place] for place in near)
        lived_in = [place for place in here if told.known[place] and told.parts[place].sum() > 0]
        missing = {told.leaf[place] for place in lived_in if told.homes[place] == UNKNOWN}
        if (told.homes != UNKNOWN).any():
            assert found.unhoused[top] == len(missing)
    unasked = figures(told, told.parts, walk, LIMITS, [])
    assert not unasked.homes_known.any()


@settings(max_examples=25)
@given(lands())
def test_rings_nest_and_a_further_site_never_lowers_a_figure(made):
    told, (walk, other) = made
    before = figures(told, told.parts, walk, LIMITS, [])
    nearer = np.minimum(walk, other)
    after = figures(told, told.parts, nearer, LIMITS, [])
    assert (np.diff(before.within, axis=1) >= 0).all()
    assert (before.within[:, -1] <= before.residents).all()
    assert (after.within >= before.within).all()
    assert (after.grids_within >= before.grids_within).all()
    chosen = np.flatnonzero(nearer < walk)
    change = gained(told, told.parts, walk, nearer[chosen], chosen, LIMITS)
    assert (change == after.within - before.within).all()


@settings(max_examples=25)
@given(lands())
def test_gaps_and_what_is_reached_add_up_to_everybody(made):
    told, (walk, _other) = made
    found = figures(told, told.parts, walk, LIMITS, [])
    every = np.ones(len(told.ids), dtype=bool)
    gaps, count = missed(told, told.parts, walk, LIMITS[-1], every, 100)
    tops = told.parent < 0
    assert sum(gap.residents for gap in gaps) + found.within[tops, -1].sum() == found.residents[tops].sum()
    assert [gap.residents for gap in gaps] == sorted((gap.residents for gap in gaps), reverse=True)
    assert count == len(gaps)
    assert all(gap.metres > LIMITS[-1] for gap in gaps)


def test_unknown_residents_are_counted_as_unknown_and_never_as_nobody():
    told = land([-1, 0], [1, 1, 0], [0, 1, 2], [[1, 2, 3, 0], [0, 0, 0, 0], [9, 9, 9, 9]], [True, False, False])
    found = figures(told, told.parts, np.array([100.0, 100.0, np.inf]), LIMITS, [])
    assert found.residents.tolist() == [6, 6]
    assert found.unknown.tolist() == [2, 1]
    assert found.known.tolist() == [True, True]
    nothing = land([-1], [0], [0], [[0, 0, 0, 0]], [False])
    assert figures(nothing, nothing.parts, np.zeros(1), LIMITS, []).known.tolist() == [False]


def test_a_place_without_people_or_areas():
    nobody = land([-1], [], [], [], [])
    found = figures(nobody, nobody.parts, np.zeros(0), LIMITS, [])
    assert (found.residents.tolist(), found.grids.tolist(), found.within.tolist()) == ([0], [0], [[0, 0, 0]])
    assert missed(nobody, nobody.parts, np.zeros(0), 1000.0, np.ones(1, dtype=bool), 9) == ([], 0)


def test_a_city_that_is_one_area_is_told_of_in_cells():
    many = 40
    told = land([-1], [0] * many, [0] * many, [[0, 0, 10, 0]] * many, [True] * many)
    told.points[:, 0] = np.arange(many) * 0.001
    gaps, count = missed(told, told.parts, np.full(many, np.inf), LIMITS[-1], np.ones(1, dtype=bool), 9)
    assert (count, [gap.residents for gap in gaps]) == (4, [100, 100, 100, 100])
    assert {gap.area for gap in gaps} == {0}
    few = land([-1], [0] * 20, [0] * 20, [[0, 0, 10, 0]] * 20, [True] * 20)
    assert missed(few, few.parts, np.full(20, np.inf), LIMITS[-1], np.ones(1, dtype=bool), 9)[1] == 1
