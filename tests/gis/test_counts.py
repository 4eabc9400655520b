"""Small counts of people: never told to who has no duty, not by subtraction either."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gis.shared.counts import FEW, told, told_rising


def test_small_counts_are_few_and_nobody_is_nobody() -> None:
    assert [told(count, exact=False) for count in (None, 0, 1, 4, 5)] == [None, 0, FEW, FEW, 5]
    assert [told(count, exact=True) for count in (None, 0, 1, 4, 5)] == [None, 0, 1, 4, 5]


@settings(max_examples=200)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_no_step_between_rings_tells_of_one_to_four(steps: list[int]) -> None:
    counts = [sum(steps[: number + 1]) for number in range(len(steps))]
    shown = told_rising(counts, exact=False)
    numbers = [0, *(count for count in shown if isinstance(count, int))]
    assert all(after == before or after - before >= 5 for before, after in zip(numbers, numbers[1:], strict=False))
    assert all(count <= real for count, real in zip(shown, counts, strict=True) if isinstance(count, int))
    assert told_rising(counts, exact=True) == counts
