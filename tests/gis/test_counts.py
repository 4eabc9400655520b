"""Small counts of people are not told to who has no duty there (nor by subtraction: tests/coverage/test_discretion)."""

from gis.shared.counts import FEW, told


def test_small_counts_are_few_and_nobody_is_nobody() -> None:
    assert [told(count, exact=False) for count in (None, 0, 1, 4, 5)] == [None, 0, FEW, FEW, 5]
    assert [told(count, exact=True) for count in (None, 0, 1, 4, 5)] == [None, 0, 1, 4, 5]
