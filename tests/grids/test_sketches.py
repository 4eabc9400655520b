"""Unsaved drawings: one's own on any device, nobody else's, gone when saved; two pages never overwrite each other."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client

from grids.models import Sketch
from tests.grids.test_api import TURN, call, drawing, ground, sent
from tests.grids.test_drawing import appoint
from tests.grids.test_topology import LAT, LON, rectangle

__all__ = ["ground"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]

LINE = {"purpose": "outer", "points": [[LON, LAT], [LON + 1e-5, LAT]], "start": None}
DRAWING = {"polygons": [], "line": LINE}


def test_a_drawing_is_kept_for_its_author_on_any_device_and_for_nobody_else(ground: SimpleNamespace) -> None:
    door = f"/sketches/draw/{ground.compound}"
    body = {"drawing": DRAWING, "words": {"name_zh": "锅炉房"}, "tier": "building", "new_area": str(uuid4())}
    kept = call("PUT", door, body, account=ground.chief, version=0)
    assert kept.status_code == 200, kept.content
    assert kept.json()["revision"] == 1
    found = call("GET", door, account=ground.chief).json()["sketch"]
    assert (found["drawing"], found["words"], found["new_area"]) == (DRAWING, {"name_zh": "锅炉房"}, body["new_area"])
    [listed] = call("GET", "/sketches", account=ground.chief).json()["sketches"]
    assert (listed["task"], listed["area"], listed["name_zh"]) == ("draw", str(ground.compound), "甲小区")
    upper = appoint(ground.community, name="赵某")
    assert call("GET", door, account=upper).json() == {"sketch": None}
    assert call("GET", "/sketches", account=upper).json() == {"sketches": []}
    for path in (door, "/sketches"):
        assert Client().get(f"/api{path}").status_code == 401
    assert call("DELETE", door, account=upper).json() == {"dropped": False}
    assert call("DELETE", door, account=ground.chief).json() == {"dropped": True}
    assert call("DELETE", door, account=ground.chief).json() == {"dropped": False}


def test_two_pages_never_overwrite_each_other_and_a_repeat_is_no_second_page(ground: SimpleNamespace) -> None:
    door = f"/sketches/draw/{ground.compound}"
    first, second = {"drawing": DRAWING}, {"drawing": {"polygons": [], "line": None}, "words": {"code": "x"}}
    assert call("PUT", door, first, account=ground.chief, version=0).json()["revision"] == 1
    assert call("PUT", door, first, account=ground.chief, version=0).json()["revision"] == 1  # its answer was lost
    stale = call("PUT", door, second, account=ground.chief, version=0)
    assert stale.status_code == 412
    assert stale.json()["sketch"]["drawing"] == DRAWING
    assert call("PUT", door, second, account=ground.chief, version=1).json()["revision"] == 2
    assert call("PUT", door, first, account=ground.chief, version=1).status_code == 412
    call("DELETE", door, account=ground.chief)
    late = call("PUT", door, first, account=ground.chief, version=2)
    assert (late.status_code, late.json()["code"]) == (409, "sketch-gone")
    assert Sketch.objects.count() == 0


def test_saving_ends_the_drawing_of_whoever_saved(ground: SimpleNamespace) -> None:
    upper = appoint(ground.community, name="赵某")
    for account in (ground.chief, upper):
        for task, area in (("draw", ground.compound), ("move", ground.one)):
            put = call("PUT", f"/sketches/{task}/{area}", {"drawing": DRAWING}, account=account, version=0)
            assert put.status_code == 200, put.content
    body = drawing(ground, sent(rectangle(200, 200, 30, 12, TURN)))
    assert call("POST", "/areas", body, account=ground.chief).status_code == 201
    wide = {"geometry": sent(rectangle(100, 120, 38, 12, TURN))}
    assert call("PUT", f"/areas/{ground.one}/boundary", wide, account=ground.chief, version=1).status_code == 200
    assert set(Sketch.objects.values_list("account", flat=True)) == {upper.pk}
    assert Sketch.objects.count() == 2


def test_only_who_may_draw_keeps_drawings_and_only_drawings_are_kept(ground: SimpleNamespace) -> None:
    other = appoint(ground.one, name="李某")
    door = f"/sketches/draw/{ground.compound}"
    assert call("PUT", door, {"drawing": DRAWING}, account=other, version=0).status_code == 403
    assert call("PUT", door, {"drawing": DRAWING}, version=0).status_code == 401
    outer = call("PUT", f"/sketches/move/{ground.compound}", {"drawing": DRAWING}, account=ground.chief, version=0)
    assert outer.status_code == 403  # its outer border is drawn from above
    wrong = [
        None, [], "x", {}, {"polygons": None}, {"polygons": [], "line": []},
        {"polygons": [[[[1, 2, 3]]]], "line": None},
        {"polygons": [[[["a", 2]]]], "line": None}, {"polygons": [[[1, 2]]], "line": None},
        {"polygons": [], "line": {"purpose": "virus", "points": []}},
        {"polygons": [], "line": {"purpose": "hole", "points": [[181, 0]]}},
        {"polygons": [], "line": {"purpose": "hole", "points": [[LON, LAT]] * 20_001}},
        {"polygons": [[[True, False]]], "line": None},
    ]  # fmt: skip
    for bad in wrong:
        answer = call("PUT", door, {"drawing": bad}, account=ground.chief, version=0)
        assert answer.status_code == 422, bad
    assert call("PUT", "/sketches/steal/" + str(ground.compound), {"drawing": DRAWING}, account=ground.chief,
                version=0).status_code == 422  # fmt: skip
    words = {"name_zh": "楼" * 5000 + "\0", "evil": "x"}
    body = {"drawing": {"polygons": [], "line": LINE | {"start": "zero", "more": 1}}, "words": words}
    assert call("PUT", door, body, account=ground.chief, version=0).status_code == 200
    kept = Sketch.objects.get()
    assert (len(kept.words["name_zh"]), set(kept.words)) == (240, {"name_zh"})
    assert kept.drawing["line"] == LINE
