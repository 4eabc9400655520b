"""Real connections at the same time: of many corrections of one telling one is stored; never an overlap in the past."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.utils import timezone

from gis.shared.errors import Invalid, Problem, Stale
from grids.corrections import correct_past
from grids.models import Boundary, BoundaryChange, WithdrawnBoundary
from tests.grids.test_any_sequence import faults
from tests.grids.test_drawing import TURN
from tests.grids.test_races import drawing, ground, together
from tests.grids.test_topology import rectangle

__all__ = ["ground"]
pytestmark = pytest.mark.django_db(transaction=True)


def correcting(ground: SimpleNamespace, **news: object) -> Callable[[], BoundaryChange]:
    """The chief corrects the first telling of a building."""
    return lambda: correct_past(
        area_id=ground.one, version=1, reason="why", actor=ground.chief, now=timezone.now(), **news
    )  # fmt: skip


def test_of_many_corrections_of_one_telling_one_is_stored_and_the_others_are_told(ground: SimpleNamespace) -> None:
    answers = together(*(correcting(ground, words={"name_zh": f"楼{at}"}) for at in range(6)))
    assert sorted(type(answer).__name__ for answer in answers) == ["BoundaryChange"] + ["Stale"] * 5
    assert (WithdrawnBoundary.objects.count(), Boundary.objects.filter(area=ground.one).count()) == (1, 1)


def test_a_correction_and_a_drawing_on_one_spot_never_both_stand(ground: SimpleNamespace) -> None:
    for at in range(3):
        spot = rectangle(180, 150 + 20 * at, 30, 12, TURN)
        row = Boundary.objects.still().get(area=ground.one)
        grow = partial(
            correct_past, area_id=ground.one, version=row.version, shape=spot, reason="why", actor=ground.chief,
            since=row.valid_from,
        )  # fmt: skip
        draw = drawing(ground, rectangle(185, 153 + 20 * at, 30, 8, TURN), f"99-r{at}")
        answers = together(lambda act=grow: act(now=timezone.now()), draw)
        refused = [answer for answer in answers if isinstance(answer, Problem)]
        assert len(refused) == 1, answers
        assert isinstance(refused[0], Invalid | Stale) or refused[0].kind == "no_overlap"
        instants = {*Boundary.objects.values_list("valid_from", flat=True), timezone.now() + timedelta(seconds=5)}
        assert not [fault for moment in instants for fault in faults(moment)]
