"""What a position of limited accuracy may claim, and what somebody may name instead."""

import uuid
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.shared.errors import Invalid
from layers.tickets.answering import who_answers
from layers.tickets.precision import claimed, reaches

from .conftest import IN_BUILDING, IN_COMPOUND, NOW, OUTSIDE, WEST

METRE = 1 / 111_320


def test_a_reach_is_the_radius_of_the_smallest_circle_in_metres() -> None:
    narrow = METRE / np.cos(np.radians(36.84))
    box = shapely.box(WEST, 36.84 - 15 * METRE, WEST + 40 * narrow, 36.84 + 15 * METRE)
    equator = shapely.Point(0, 0).buffer(100 * METRE)
    assert reaches(np.array([box, equator], dtype=object)) == pytest.approx([25.0, 100.0], rel=1e-3)


@given(
    st.lists(st.floats(1, 1e5), min_size=1, max_size=7).map(lambda reach: sorted(reach, reverse=True)),
    st.lists(st.floats(0, 1e6), min_size=2, max_size=6).map(sorted),
)
@settings(max_examples=50)
def test_the_worse_the_accuracy_the_less_is_claimed_and_never_nothing(reach, accuracies) -> None:
    chain = list(range(len(reach)))
    kept = [list(claimed(chain, reach, accuracy)) for accuracy in accuracies]
    assert all(more[: len(less)] == less for more, less in pairwise(kept))
    assert all(part for part in kept)
    assert list(claimed(chain, reach, None)) == chain
    for part, accuracy in zip(kept, accuracies, strict=True):
        assert len(part) == 1 or accuracy <= reach[len(part) - 1]
        assert len(part) == len(chain) or accuracy > reach[len(part)]


# the building measures about 142 m from its middle to a corner, the compound 710 m
@pytest.mark.parametrize(
    ("accuracy", "deepest", "placing"),
    [(None, "building", "point"), (8, "building", "point"), (200, "compound", "accuracy"), (900, "east", "accuracy")],
)
def test_gps_that_cannot_tell_areas_apart_stays_above_them(ground, accuracy, deepest, placing) -> None:
    chain, answer = who_answers(*IN_BUILDING, accuracy_m=accuracy, now=NOW)
    assert (answer.located[-1], answer.placing) == (ground.areas[deepest], placing)
    assert len(chain) == 5


def test_somebody_may_name_the_area_that_gps_cannot_tell(ground) -> None:
    for name in ("building", "compound", "county"):
        _chain, answer = who_answers(*IN_BUILDING, accuracy_m=200, area=ground.areas[name], now=NOW)
        assert (answer.located[-1], answer.placing) == (ground.areas[name], "list")


@pytest.mark.parametrize("place", [IN_COMPOUND, OUTSIDE])
def test_an_area_that_does_not_hold_the_point_is_refused(ground, place) -> None:
    for area in (ground.areas["building"], uuid.uuid4()):
        with pytest.raises(Invalid) as refused:
            who_answers(*place, area=area, now=NOW)
        assert refused.value.kind == "not-there"
        assert "area" in refused.value.fields
