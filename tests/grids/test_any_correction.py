"""Any sequence of acts and corrections: invariants at every moment, and what was believed then can be read for good."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.shared.errors import Problem
from grids.corrections import correct_past
from grids.imports import store_areas
from grids.models import Area, Boundary, as_recorded
from tests.grids.test_any_sequence import START, do, faults, picture
from tests.grids.test_bulk_door import tree
from tests.grids.test_drawing import appoint
from tests.grids.test_topology import ell, rectangle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]

acts = st.tuples(
    st.sampled_from(["draw", "move", "rename", "correct", "correct", "correct words"]),
    st.sampled_from([rectangle, ell]),
    st.floats(96, 290),
    st.floats(96, 290),
    st.floats(4, 60),
    st.floats(4, 60),
    st.integers(0, 20),
)


def correct(act: Any, compound: Any, chief: Any, turn: float, now: datetime) -> None:
    """Tell some row, or a part of it, of some building anew."""
    verb, make, x, y, wide, high, which = act
    rows = list(Boundary.objects.filter(parent=compound).order_by("valid_from", "code"))
    row = rows[which % len(rows)]
    end = row.valid_until or now
    part = {"since": row.valid_from + (end - row.valid_from) / 3} if which % 2 else {}
    if which % 3 == 0:
        part["until"] = end - (end - row.valid_from) / 4
    news: Any = {"shape": make(x, y, wide, high, turn)} if verb == "correct" else {"words": {"name_zh": f"正{which}"}}
    correct_past(
        area_id=row.area_id, version=row.version, reason="why", actor=chief, now=now, **part, **news
    )  # fmt: skip


def believed(moment: datetime, recorded: datetime) -> dict[Any, tuple[bytes, str]]:
    """The picture of a moment as it was told at another."""
    told = [as_recorded(area, moment=moment, recorded=recorded) for area in Area.objects.values_list("pk", flat=True)]
    return {row.area_id: (bytes(row.geometry.wkb), row.name_zh) for row in told if row is not None}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turn=st.floats(0, 3), sequence=st.lists(acts, min_size=2, max_size=6))
def test_any_correction_keeps_the_invariants_and_what_was_believed(turn: float, sequence: list[Any]) -> None:
    with transaction.atomic():
        rows = tree(turn)
        store_areas(rows, reason="survey", now=START)
        chief = appoint(rows[2].id)
        seen: dict[tuple[datetime, datetime], Any] = {}
        for step, act in enumerate(sequence, start=1):
            now = START + timedelta(minutes=10 * step)
            earlier = [START + timedelta(minutes=10 * at) for at in range(step)]
            before = {moment: picture(moment) for moment in earlier}
            try:
                (correct if act[0].startswith("correct") else do)(act, rows[2].id, chief, turn, now)
            except Problem:
                assert before == {moment: picture(moment) for moment in earlier}
            else:
                if not act[0].startswith("correct"):
                    assert before == {moment: picture(moment) for moment in earlier}
            instants = set(Boundary.objects.order_by().values_list("valid_from", flat=True))
            assert not [fault for moment in instants for fault in faults(moment)]
            seen |= {(moment, now): picture(moment) for moment in (*earlier, now)}
        for (moment, recorded), then in seen.items():
            assert believed(moment, recorded) == then
        transaction.set_rollback(True)
