"""Many boundaries at once are judged by the same rules as one."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.noding import node
from grids.survey import Row, survey
from grids.topology import Shape, Surroundings, plan
from tests.grids.test_topology import rectangle, shapes


def test_an_unsound_row_is_told_once() -> None:
    speck = Row(uuid4(), "building", None, rectangle(0, 0, 0.5, 0.5))
    other = Row(uuid4(), "building", None, rectangle(-1, -1, 3, 3))
    assert [finding.code for finding in survey([speck, other])] == ["too_small"]


def test_only_fresh_rows_are_told() -> None:
    one = Row(uuid4(), "building", None, rectangle(0, 0, 10, 10), fresh=False)
    two = Row(uuid4(), "building", None, rectangle(5, 5, 10, 10), fresh=False)
    three = Row(uuid4(), "building", None, rectangle(12, 12, 10, 10))
    assert list(survey([one, two])) == []
    assert [(f.area, f.other) for f in survey([one, three, two])] == [(three.area, two.area)]


@settings(max_examples=40, deadline=None)
@given(turn=st.floats(0, 3), drawings=st.lists(shapes, min_size=1, max_size=6))
def test_both_doors_accept_and_refuse_the_same_shapes(turn: float, drawings: list) -> None:
    parent = Shape(UUID(int=1), rectangle(0, 0, 200, 200, turn))
    drawn = [Shape(UUID(int=at + 2), make(*numbers, turn)) for at, (make, *numbers) in enumerate(drawings)]
    noded = node([parent.geometry, *(shape.geometry for shape in drawn)])
    rows = [Row(parent.area, "compound", None, noded[0])]
    rows += [Row(shape.area, "building", parent.area, g) for shape, g in zip(drawn, noded[1:], strict=True)]
    told = {(finding.code, frozenset({finding.area, finding.other})) for finding in survey(rows)}
    one_by_one = set()
    stored = [Shape(row.area, row.geometry) for row in rows]
    for shape in stored[1:]:
        others = [other for other in stored[1:] if other is not shape]
        around = Surroundings(parent=stored[0], siblings=others, others=stored)
        found = plan(shape.geometry, around, area=shape.area, before=shape.geometry).findings
        one_by_one |= {(finding.code, frozenset({finding.area, finding.other})) for finding in found}
    assert told == one_by_one


def test_a_row_far_from_its_parent_is_said_to_be_far() -> None:
    parent = Row(uuid4(), "compound", None, rectangle(0, 0, 100, 100))
    child = Row(uuid4(), "building", parent.area, rectangle(20_000, 0, 10, 10))
    (finding,) = survey([parent, child])
    assert finding.code == "far"
    assert finding.numbers["m"] == pytest.approx(19_900, rel=0.01)
