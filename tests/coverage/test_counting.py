"""Who is inside which ring: exact, nested, and unknown is never nobody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.coverage.circles import Demand, gaps, households, rings, total


def demand(walk, residents, *, straight=None, area=None, group=None, cut_off=None, homes=None, rank=None) -> Demand:
    n = len(walk)
    people = np.asarray(residents, dtype=float)
    return Demand(
        walk=np.asarray(walk, dtype=float),
        straight=np.asarray(straight if straight is not None else walk, dtype=float),
        residents=people,
        parts=np.column_stack((np.zeros(n), people, np.zeros(n), np.zeros(n))),
        bands=np.column_stack((people, np.zeros(n))) if n else np.zeros((0, 2)),
        area=np.asarray(area if area is not None else np.arange(n), dtype=np.int64),
        rank=np.asarray(rank if rank is not None else np.full(n, 6), dtype=np.int64),
        group=np.asarray(group if group is not None else np.arange(n), dtype=np.int64),
        cut_off=np.asarray(cut_off if cut_off is not None else np.zeros(n), dtype=bool),
        homes=np.asarray(homes if homes is not None else np.full(n, np.nan), dtype=float),
    )


def test_each_ring_counts_everybody_within_it():
    found = rings(demand([100, 400, 900, np.inf], [10, 20, 30, 40], straight=[90, 300, 500, 600]), [333, 667, 1000])
    assert [ring.residents for ring in found] == [10, 30, 60]
    assert [ring.straight for ring in found] == [30, 100, 100]
    assert [ring.places for ring in found] == [1, 2, 3]
    assert found[2].bands == [60, 0]


def test_areas_are_counted_by_the_rank_of_their_tier_each_once():
    found = rings(demand([1, 2, 3, 400], [1] * 4, area=[0, 0, 1, 2], rank=[5, 5, 6, 5]), [10, 500])
    assert [ring.ranks for ring in found] == [{5: 1, 6: 1}, {5: 2, 6: 1}]


def test_an_area_with_several_places_is_one_area():
    found = rings(demand([100, 200, 900], [10, 20, 5], area=[0, 0, 0]), [300, 1000])
    assert [(ring.places, ring.residents) for ring in found] == [(1, 30), (1, 35)]


def test_unknown_residents_are_left_out_and_said():
    found = rings(demand([100, 200], [np.nan, 7]), [300])
    assert (found[0].residents, found[0].places) == (7, 2)


def test_households_are_counted_where_they_are_known_and_the_others_are_said():
    told = demand([100, 400, 900, 950], [10, 20, 30, np.nan], homes=[4, np.nan, 13, np.nan], area=[0, 1, 2, 3])
    assert [ring.homes for ring in rings(told, [333, 667, 1000])] == [4, 4, 17]
    assert households(told) == (17, 1), "of whom nobody knows the residents nobody asks for the households"
    uncounted = demand([100], [10])
    assert (rings(uncounted, [333])[0].homes, households(uncounted)) == (None, (None, 0)), "unknown is not 0"


def test_where_nothing_is_known_the_answer_is_not_zero():
    nothing = demand([100, 200], [np.nan, np.nan])
    assert rings(nothing, [300])[0].residents is None
    assert total(nothing) is None
    assert gaps(nothing, 10) == []


def test_gaps_are_told_by_compound_largest_first():
    found = gaps(
        demand([50, 1500, 1800, 2000, np.inf], [5, 10, 30, 11, 99], group=[0, 0, 1, 1, 2], cut_off=[0, 0, 0, 0, 1]),
        1000,
    )
    assert [(gap.group, gap.residents, gap.whole) for gap in found] == [(2, 99, True), (1, 41, True), (0, 10, False)]
    assert [gap.metres for gap in found] == [np.inf, 1800, 1500]
    assert [gap.cut_off for gap in found] == [True, False, False]


def test_households_of_a_gap_are_told_where_they_are_known_of_all_who_are_missed():
    people, homes = [1000, 10, 7, 0, np.nan], [np.nan, 6, 3, np.nan, np.nan]
    (gap,) = gaps(demand([1500] * 5, people, group=[0] * 5, homes=homes), 1000)
    assert (gap.residents, gap.homes) == (1017, None), "nine households of ten people are not those of all"
    (gap,) = gaps(demand([500, *[1500] * 4], people, group=[0] * 5, homes=homes), 1000)
    assert (gap.residents, gap.homes) == (17, 9), "who is reached, and a place of nobody, take no part"


def test_no_places_at_all():
    nowhere = demand([], [])
    assert (rings(nowhere, [100])[0].places, total(nowhere), gaps(nowhere, 1)) == (0, None, [])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 3000), st.integers(0, 500)), min_size=1, max_size=40), st.floats(1, 2500))
def test_inside_and_gaps_add_up_to_everybody(places, limit):
    told = demand([walk for walk, _ in places], [people for _, people in places])
    inside = rings(told, [limit])[0].residents
    assert inside is not None
    assert inside + sum(gap.residents for gap in gaps(told, limit)) == total(told)


@pytest.mark.parametrize("limits", [[100, 200, 300], [5, 50, 5000]])
def test_rings_never_shrink(limits):
    rng = np.random.default_rng(1)
    found = rings(demand(rng.uniform(0, 4000, 60), rng.integers(0, 90, 60)), limits)
    counts = [ring.residents for ring in found]
    assert counts == sorted(counts)
