"""Correcting the past: told anew for its period, refused where it cannot have been, the earlier telling kept."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from gis.audit.models import Entry
from gis.shared.errors import Invalid, Refused, Stale
from grids.actions import move_boundary, rename
from grids.corrections import correct_past
from grids.layer import BuildingLayer
from grids.models import Boundary, BoundaryChange, WithdrawnBoundary, as_recorded
from tests.grids.test_any_sequence import faults
from tests.grids.test_drawing import BEFORE, NOW, TURN, appoint, current, draw, ground
from tests.grids.test_topology import rectangle

__all__ = ["ground"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]

HOUR = timedelta(hours=1)


def correct(ground: SimpleNamespace, area: object, version: int = 1, **wanted: object) -> BoundaryChange:
    """The chief corrects an hour after NOW."""
    given = {"reason": "survey sheet misread", "actor": ground.chief, "now": NOW + HOUR}
    return correct_past(area_id=area, version=version, **(given | wanted))


def at(area: object, moment: datetime) -> Boundary:
    """The version as told now."""
    return Boundary.objects.at(moment).get(area=area)


def test_a_former_name_is_corrected_and_the_present_stays(ground: SimpleNamespace) -> None:
    rename(area_id=ground.one, name_zh="一号楼", name_en="", version=1, actor=ground.chief, now=NOW)
    change = correct(ground, ground.one, words={"name_zh": "甲楼"})
    assert (at(ground.one, BEFORE).name_zh, at(ground.one, NOW).name_zh) == ("甲楼", "一号楼")
    told = at(ground.one, BEFORE)
    assert (change.kind, told.corrected_by, told.retold_by) == ("correction", change, change)
    assert (told.opened_by.kind, told.valid_until, told.closed_by.kind) == ("import", NOW, "rename")
    assert current(ground.one).version == 2  # who is editing the present is not disturbed
    old = as_recorded(ground.one, moment=BEFORE, recorded=NOW)
    assert old is not None
    assert (old.name_zh, WithdrawnBoundary.objects.count()) == ("1号楼", 1)
    entry = Entry.objects.get(verb="area.correct")
    assert entry.detail["words"] == ["name_zh"]


def test_a_part_of_a_period_is_corrected_and_the_rest_told_as_before(ground: SimpleNamespace) -> None:
    since, until = BEFORE + HOUR, BEFORE + 2 * HOUR
    change = correct(ground, ground.one, since=since, until=until, words={"name_zh": "甲楼"})
    rows = list(Boundary.objects.filter(area=ground.one).order_by("valid_from"))
    assert [(row.valid_from, row.name_zh) for row in rows] == [(BEFORE, "1号楼"), (since, "甲楼"), (until, "1号楼")]
    assert [row.corrected_by for row in rows] == [None, change, None]
    assert {row.retold_by for row in rows} == {change}
    assert current(ground.one).version == 1
    renamed = rename(area_id=ground.one, name_zh="乙楼", name_en="", version=1, actor=ground.chief, now=NOW + 2 * HOUR)
    assert renamed.version == 4  # a number nobody had


def test_a_former_shape_puts_its_nodes_on_the_neighbours_of_that_time_only(ground: SimpleNamespace) -> None:
    moved = move_boundary(
        area_id=draw(ground, rectangle(100.2, 200, 40, 12, TURN)).area_id,
        shape=rectangle(100.2, 200, 40, 20, TURN), version=1, actor=ground.chief, now=NOW + HOUR / 2,
    )  # fmt: skip
    walls = Boundary.objects.filter(area=ground.compound).count()
    correct(ground, moved.area_id, shape=rectangle(100.2, 204, 30, 12, TURN))
    then = at(moved.area_id, NOW + HOUR / 4)
    assert then.shape.distance(rectangle(100.2, 204, 30, 12, TURN)) == 0
    wall = at(ground.compound, NOW + HOUR / 4)
    assert wall.shape.boundary.intersection(then.shape.boundary).length > 0
    assert wall.corrected_by is None
    assert Boundary.objects.filter(area=ground.compound).count() >= walls
    assert current(ground.compound).shape.hausdorff_distance(wall.shape) < 2e-8  # nodes lie on it to the millimetre
    assert current(moved.area_id).version == moved.version
    instants = set(Boundary.objects.values_list("valid_from", flat=True))
    assert not [fault for moment in instants for fault in faults(moment)]


def test_a_correction_that_reaches_the_present_makes_edits_of_the_present_stale(ground: SimpleNamespace) -> None:
    correct(ground, ground.one, words={"name_zh": "甲楼"})
    assert current(ground.one).name_zh == "甲楼"
    assert current(ground.one).valid_from == BEFORE
    with pytest.raises(Stale):
        rename(area_id=ground.one, name_zh="乙楼", name_en="", version=1, actor=ground.chief, now=NOW + 2 * HOUR)
    with pytest.raises(Stale) as stale:
        correct(ground, ground.one, words={"name_zh": "丙楼"})
    assert stale.value.kind == "stale-history"


def test_what_cannot_have_been_is_refused_with_the_place_and_nothing_is_stored(ground: SimpleNamespace) -> None:
    drawn = draw(ground, rectangle(200, 200, 30, 12, TURN))
    with pytest.raises(Invalid) as refused:
        correct(ground, ground.one, shape=rectangle(195, 195, 30, 30, TURN))
    assert refused.value.kind == "bad-boundary"
    assert [(told["code"], told["other"]) for told in refused.value.extra["problems"]] == [
        ("overlap", str(drawn.area_id))
    ]
    assert refused.value.extra["problems"][0]["from"] == NOW  # only since then
    assert not BoundaryChange.objects.filter(kind="correction").exists()
    correct(ground, ground.one, until=NOW, shape=rectangle(195, 195, 30, 30, TURN))  # before, the place was free


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({"words": {"name_zh": "1号楼"}}, "nothing-new"),
        ({"words": {"name_zh": ""}}, "bad-words"),
        ({"words": {"name_zh": "甲"}, "reason": "  "}, "no-reason"),
        ({"words": {"name_zh": "甲"}, "since": BEFORE - HOUR}, "bad-period"),
        ({"words": {"name_zh": "甲"}, "until": NOW + 2 * HOUR}, "bad-period"),
        ({"words": {"name_zh": "甲"}, "since": NOW, "until": NOW}, "bad-period"),
    ],
)
def test_bad_input_is_told(ground: SimpleNamespace, wanted: dict, kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        correct(ground, ground.one, **wanted)
    assert refused.value.kind == kind
    assert not WithdrawnBoundary.objects.exists()


def test_a_code_means_one_area_in_the_past_too(ground: SimpleNamespace) -> None:
    with pytest.raises(Invalid) as refused:
        correct(ground, ground.one, words={"code": current(ground.two).code})
    assert refused.value.kind == "code-taken"


def test_only_who_draws_there_corrects_there(ground: SimpleNamespace) -> None:
    for asker, wanted in (
        (appoint(ground.compound, "worker"), {"words": {"name_zh": "甲"}}),
        (appoint(ground.two), {"words": {"name_zh": "甲"}}),
        (appoint(ground.one), {"shape": rectangle(195, 195, 30, 30, TURN)}),
    ):
        with pytest.raises(Refused):
            correct(ground, ground.one, actor=asker, **wanted)


def test_the_map_knows_what_was_corrected(ground: SimpleNamespace) -> None:
    rename(area_id=ground.one, name_zh="一号楼", name_en="", version=1, actor=ground.chief, now=NOW)
    correct(ground, ground.one, words={"name_zh": "甲楼"})

    def told(moment: datetime) -> dict:
        rows = BuildingLayer().rows(asker=None, moment=moment, zoom=18)
        return {row["name_zh"]: row["corrected"] for row in rows}

    assert told(BEFORE) == {"甲楼": True, "2号楼": None}
    assert told(NOW) == {"一号楼": None, "2号楼": None}
