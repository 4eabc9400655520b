"""Real connections at the same time: never two overlapping siblings, never a lost edit, no deadlock."""

import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gis.shared.errors import Invalid, Problem, Stale
from grids.actions import draw_area, move_boundary
from grids.imports import store_areas
from grids.ledger import as_stored, begin_change
from grids.models import Area, Boundary, Tier
from grids.survey import Row, survey
from tests.grids.test_bulk_door import tree
from tests.grids.test_drawing import TURN, appoint
from tests.grids.test_topology import rectangle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ground(catalogues) -> SimpleNamespace:
    """A committed small county and the chief of its compound."""
    rows = tree(TURN)
    store_areas(rows, reason="survey", now=timezone.now() - timedelta(hours=1))
    return SimpleNamespace(one=rows[0].id, compound=rows[2].id, county=rows[3].id, chief=appoint(rows[2].id))


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts at the same moment, each in its thread on its own connection; their answers or errors."""
    barrier = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(at: int) -> None:
        try:
            barrier.wait(timeout=60)
            answers[at] = acts[at]()
        except (Problem, IntegrityError) as error:
            answers[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


def sound() -> bool:
    """Whether everything in force keeps the invariants, asked from outside."""
    rows = Boundary.objects.still().select_related("tier")
    return not list(survey([Row(b.area_id, b.tier.code, b.parent_id, b.shape) for b in rows]))


def drawing(ground: SimpleNamespace, shape: Any, code: str) -> Callable[[], Boundary]:
    """An act: draw a building through the action."""
    return lambda: draw_area(
        area_id=uuid4(), parent_id=ground.compound, shape=shape, code=code, name_zh="楼", actor=ground.chief,
        now=timezone.now(),
    )  # fmt: skip


def test_two_overlapping_drawings_at_once_are_never_both_stored(ground: SimpleNamespace) -> None:
    for at in range(8):
        y = 140 + 15 * at
        left = drawing(ground, rectangle(200, y, 30, 12, TURN), f"99-a{at}")
        right = drawing(ground, rectangle(220, y + 3, 30, 8, TURN), f"99-b{at}")
        answers = together(left, right)
        assert {type(answer) for answer in answers} == {Boundary, Invalid}
        refused = next(answer for answer in answers if isinstance(answer, Invalid))
        assert refused.extra["problems"][0]["code"] == "overlap"
    assert sound()


def test_the_database_alone_refuses_what_goes_round_the_actions(ground: SimpleNamespace) -> None:
    tier = Tier.objects.get(code="building")

    def insert(shape: Any, code: str) -> Callable[[], None]:
        def act() -> None:
            with transaction.atomic():
                now = timezone.now()
                change = begin_change(kind="draw", now=now, latest=None, actor="somebody", reason="")
                area = Area.objects.create(pk=uuid4(), tier=tier)
                Boundary.objects.create(
                    area=area, tier=tier, parent_id=ground.compound, county_id=ground.county, code=code, name_zh="楼",
                    geometry=as_stored(shape), valid_from=now, opened_by=change,
                )  # fmt: skip

        return act

    for at in range(8):
        y = 140 + 15 * at
        left = insert(rectangle(200, y, 30, 12, TURN), f"99-a{at}")
        answers = together(left, insert(rectangle(220, y + 3, 30, 8, TURN), f"99-b{at}"))
        refused = [answer for answer in answers if answer is not None]
        assert [type(answer) for answer in refused] == [IntegrityError]
        assert refused[0].__cause__.diag.constraint_name == "grids_boundary_no_overlap"
    assert sound()


def test_many_drawings_along_one_wall_all_succeed(ground: SimpleNamespace) -> None:
    acts = [drawing(ground, rectangle(100, 140 + 18 * at, 30, 12, TURN), f"99-w{at}") for at in range(6)]
    answers = together(*acts)
    assert [type(answer) for answer in answers] == [Boundary] * 6
    assert Boundary.objects.still().get(area=ground.compound).version == 7
    assert sound()


def test_two_movers_of_one_version_one_wins_and_the_other_is_told(ground: SimpleNamespace) -> None:
    def move(wide: float) -> Callable[[], Boundary]:
        shape = rectangle(100, 120, wide, 12, TURN)
        return lambda: move_boundary(area_id=ground.one, shape=shape, version=1, actor=ground.chief, now=timezone.now())

    answers = together(move(38), move(36))
    assert {type(answer) for answer in answers} == {Boundary, Stale}
    assert Boundary.objects.filter(area=ground.one).count() == 2
