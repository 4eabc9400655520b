"""Any sequence of drawings, moves and renamings keeps the invariants at every moment and the past as it was."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.shared.errors import Problem
from grids.actions import draw_area, move_boundary, rename
from grids.imports import store_areas
from grids.models import Boundary
from grids.survey import Row, survey
from tests.grids.test_bulk_door import tree
from tests.grids.test_drawing import appoint
from tests.grids.test_topology import ell, rectangle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]

START = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
Act = tuple[str, Any, float, float, float, float, int]
acts = st.tuples(
    st.sampled_from(["draw", "draw", "move", "rename"]),
    st.sampled_from([rectangle, ell]),
    st.floats(96, 290),
    st.floats(96, 290),
    st.floats(4, 60),
    st.floats(4, 60),
    st.integers(0, 20),
)


def picture(moment: datetime) -> dict[Any, tuple[bytes, str]]:
    """Everything in force at a moment, to the last bit."""
    rows = Boundary.objects.at(moment)
    return {row.area_id: (bytes(row.geometry.wkb), row.name_zh) for row in rows}


def faults(moment: datetime) -> list[Any]:
    """Whatever breaks an invariant at a moment."""
    rows = Boundary.objects.at(moment).select_related("tier")
    return list(survey([Row(row.area_id, row.tier.code, row.parent_id, row.shape) for row in rows]))


def do(act: Act, compound: Any, chief: Any, turn: float, now: datetime) -> None:
    """One act of the chief; whatever is refused leaves everything as it is."""
    verb, make, x, y, wide, high, which = act
    buildings = list(Boundary.objects.still().filter(parent=compound).order_by("code"))
    shape = make(x, y, wide, high, turn)
    if verb == "draw":
        code = f"d-{now.timestamp():.0f}"
        draw_area(area_id=uuid4(), parent_id=compound, shape=shape, code=code, name_zh="楼", actor=chief, now=now)
        return
    one = buildings[which % len(buildings)]
    if verb == "move":
        move_boundary(area_id=one.area_id, shape=shape, version=one.version, actor=chief, now=now)
    else:
        rename(area_id=one.area_id, name_zh=f"楼{which}", name_en="", version=one.version, actor=chief, now=now)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turn=st.floats(0, 3), sequence=st.lists(acts, min_size=1, max_size=6))
def test_any_sequence_keeps_the_invariants_and_the_past(turn: float, sequence: list[Act]) -> None:
    with transaction.atomic():
        rows = tree(turn)
        store_areas(rows, reason="survey", now=START)
        compound = rows[2].id
        chief = appoint(compound)
        seen = {START: picture(START)}
        for step, act in enumerate(sequence, start=1):
            now = START + timedelta(minutes=step)
            before = picture(now)
            try:
                do(act, compound, chief, turn, now)
            except Problem:
                assert picture(now) == before
            seen[now] = picture(now)
            assert not faults(now)
        for moment, then in seen.items():
            assert picture(moment) == then
        transaction.set_rollback(True)
