"""Many people at one moment: one winner for each edge, both for different sides, an end never beside a beginning."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import shapely
from django.utils import timezone
from shapely import MultiPolygon

from gis.shared.errors import Conflict, Missing, Stale
from grids.actions import draw_area, move_boundary
from grids.imports import store_areas
from grids.models import Boundary, Sketch
from grids.records import AreaRecord
from grids.retiring import retire
from grids.sketches import keep_sketch
from tests.grids.test_bulk_door import tree
from tests.grids.test_drawing import TURN, appoint
from tests.grids.test_races import sound, together
from tests.grids.test_topology import place, rectangle

pytestmark = pytest.mark.django_db(transaction=True)
AREAS, EACH = 10, 5


def eight(x: float, y: float) -> MultiPolygon:
    """Eight corners ten metres apart, so that two people can work on different sides."""
    corners = [(10, 0), (20, 0), (30, 10), (30, 20), (20, 30), (10, 30), (0, 20), (0, 10)]
    return place([(x + a, y + b) for a, b in corners], TURN)


def pulled(shape: MultiPolygon, shares: dict[int, float]) -> MultiPolygon:
    """The shape with some corners a share of the way towards its centre."""
    corners = list(shape.geoms[0].exterior.coords)[:-1]
    centre = shape.centroid
    for at, share in shares.items():
        x, y = corners[at]
        corners[at] = (round(x + share * (centre.x - x), 8), round(y + share * (centre.y - y), 8))
    return MultiPolygon([shapely.Polygon(corners)])


@pytest.fixture
def ground(catalogues) -> SimpleNamespace:
    """A compound with ten buildings of eight corners each, and its chief."""
    rows = tree(TURN)
    spots = [(105 + 38 * (at % 5), 145 + 50 * (at // 5)) for at in range(AREAS)]
    buildings = [
        AreaRecord(uuid4(), "building", rows[2].id, f"99-{at + 10}", f"{at}号楼", eight(x, y))
        for at, (x, y) in enumerate(spots)
    ]
    store_areas([*rows, *buildings], reason="survey", now=timezone.now() - timedelta(hours=1))
    return SimpleNamespace(
        one=rows[0].id, compound=rows[2].id, buildings=[row.id for row in buildings], chief=appoint(rows[2].id)
    )


def move(ground: SimpleNamespace, area: Any, shape: MultiPolygon, version: int = 1) -> Callable[[], Boundary]:
    """An act: give an area another shape, made from a version."""
    return lambda: move_boundary(area_id=area, shape=shape, version=version, actor=ground.chief, now=timezone.now())


def test_fifty_edits_at_once_have_one_winner_each_and_the_others_are_told(ground: SimpleNamespace) -> None:
    before = {row.area_id: row.shape for row in Boundary.objects.still().filter(area__in=ground.buildings)}
    tries = [(area, pulled(before[area], {3: 0.1 + 0.05 * at})) for at in range(EACH) for area in ground.buildings]
    answers = together(*(move(ground, area, shape) for area, shape in tries))
    assert Counter(type(answer) for answer in answers) == {Boundary: AREAS, Stale: AREAS * (EACH - 1)}
    for (area, shape), answer in zip(tries, answers, strict=True):
        stored = Boundary.objects.still().get(area=area)
        assert stored.version == 2
        if isinstance(answer, Boundary):
            assert stored.shape.equals(shape)
        else:
            assert (answer.status, answer.extra["version"]) == (412, 2)
            assert answer.extra["base"]
            assert answer.extra["geometry"]
    assert sound()


def test_two_people_on_different_sides_both_succeed(ground: SimpleNamespace) -> None:
    for area in ground.buildings[:4]:
        before = Boundary.objects.still().get(area=area).shape
        acts = [move(ground, area, pulled(before, {at: 0.2})) for at in (0, 4)]
        assert [type(answer) for answer in together(*acts)] == [Boundary, Boundary]
        after = Boundary.objects.still().get(area=area)
        assert after.version == 3
        assert after.shape.normalize() == pulled(before, {0: 0.2, 4: 0.2}).normalize()
    assert sound()


def test_an_area_never_ends_while_somebody_draws_in_it(ground: SimpleNamespace) -> None:
    for area in ground.buildings[:6]:
        inside = Boundary.objects.still().get(area=area).shape
        unit = pulled(inside, {0: 0.6, 1: 0.6})
        acts = (
            lambda area=area: retire(
                area_id=area, version=1, reason="torn down", agreed={}, actor=ground.chief, now=timezone.now()
            ),
            lambda area=area, unit=unit: draw_area(
                area_id=uuid4(), parent_id=area, shape=unit, code=f"u-{area.hex[:8]}", name_zh="1单元",
                actor=ground.chief, now=timezone.now(),
            ),
        )  # fmt: skip
        ended, drawn = together(*acts)
        assert isinstance(ended, Boundary) != isinstance(drawn, Boundary)
        assert isinstance(ended, Boundary | Conflict)
        assert isinstance(drawn, Boundary | Missing | Conflict)
    assert sound()


def test_two_pages_that_begin_a_drawing_at_once_do_not_lose_one(ground: SimpleNamespace) -> None:
    def begin(name: str) -> Callable[[], Sketch]:
        drawing = {"polygons": [], "line": {"purpose": "outer", "points": []}}
        return lambda: keep_sketch(
            task="draw", area=ground.compound, drawing=drawing, words={"name_zh": name}, revision=0,
            actor=ground.chief, now=timezone.now(),
        )  # fmt: skip

    answers = together(begin("甲"), begin("乙"))
    assert {type(answer) for answer in answers} == {Sketch, Stale}
    kept = next(answer for answer in answers if isinstance(answer, Sketch))
    told = next(answer for answer in answers if isinstance(answer, Stale))
    assert told.extra["sketch"]["words"] == kept.words
    assert Sketch.objects.count() == 1


def test_a_move_beside_a_new_neighbour_stays_exact(ground: SimpleNamespace) -> None:
    area = ground.buildings[0]
    before = Boundary.objects.still().get(area=area).shape

    def shed() -> Boundary:
        return draw_area(
            area_id=uuid4(), parent_id=ground.compound, shape=rectangle(115, 175, 10, 8, TURN), code="99-shed",
            name_zh="车棚", actor=ground.chief, now=timezone.now(),
        )  # fmt: skip

    answers = together(shed, move(ground, area, pulled(before, {0: 0.2})))
    assert [type(answer) for answer in answers] == [Boundary, Boundary]
    assert sound()
