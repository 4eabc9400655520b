"""Tests of one group run in one process: what is dear is made once, not once for each process."""

import pytest

pytestmark = pytest.mark.xdist_group("kept together")


def test_a_group_is_told_to_who_deals_the_tests_out(request: pytest.FixtureRequest) -> None:
    """xdist and pytest did not understand each other for a while, and nobody saw it: all tests passed, only slower."""
    dealt_out = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@kept together") == bool(dealt_out)
