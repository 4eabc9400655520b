"""The past through its doors: paged stories, earlier tellings with their shapes, corrections looked at and stored."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from grids.actions import rename
from grids.models import Boundary
from tests.grids.test_api import call, ground, sent
from tests.grids.test_drawing import TURN
from tests.grids.test_topology import rectangle

__all__ = ["ground"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


def story(ground: SimpleNamespace, area: object, query: str = "", account: object = None) -> dict:
    """A page of an area's life."""
    return call("GET", f"/areas/{area}/history{query}", account=account).json()


def test_a_long_life_is_told_in_pages_without_a_gap_or_a_repetition(ground: SimpleNamespace) -> None:
    now = timezone.now()
    for at in range(7):
        rename(
            area_id=ground.one, name_zh=f"楼{at}", name_en="", version=at + 1, actor=ground.chief,
            now=now + timedelta(microseconds=at),
        )  # fmt: skip
    pages, query = [], "?limit=3"
    while query:
        page = story(ground, ground.one, query)
        pages.append(page["versions"])
        query = page["next"] and f"?limit=3&before={page['next'].replace('+', '%2B')}"
    told = [version["version"] for page in pages for version in page]
    assert told == [8, 7, 6, 5, 4, 3, 2, 1]
    assert (page["count"], [len(versions) for versions in pages]) == (8, [3, 3, 2])
    assert all(
        name in pages[0][2]["story"] for name in ("楼3", "楼4")
    )  # what a page's last version changed is known too


def test_a_correction_is_looked_at_then_stored_once_and_the_story_says_so(ground: SimpleNamespace) -> None:
    now = timezone.now()
    rename(area_id=ground.one, name_zh="一号楼", name_en="", version=1, actor=ground.chief, now=now)
    address, body = f"/areas/{ground.one}/corrections", {"name_zh": "甲楼", "reason": "图纸看错"}
    looked = call("POST", f"{address}/check", body, account=ground.chief, version=1)
    assert looked.json()["sound"] is True
    assert looked.json()["changes"] is True
    assert not Boundary.objects.filter(name_zh="甲楼").exists()
    key = str(uuid4())
    first, again = (call("POST", address, body, account=ground.chief, version=1, key=key) for _time in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    page = story(ground, ground.one, account=ground.chief)
    present, past = page["versions"]
    assert present["corrected"] is None
    assert past["corrected"]["reason"] == "图纸看错"
    assert past["corrected"]["by"]
    assert "甲楼" in present["story"]
    (earlier,) = past["earlier"]
    assert "1号楼" in earlier["words"]
    assert page["may"] == {"words": True, "shape": True}
    stranger = story(ground, ground.one)
    assert stranger["may"] == {"words": False, "shape": False}
    assert "by" not in stranger["versions"][1]["corrected"]
    shape = Client().get(f"/api/areas/{ground.one}/tellings/{earlier['id']}").json()
    assert (shape["withdrawn"], shape["name_zh"], shape["geometry"]["type"]) == (True, "1号楼", "MultiPolygon")
    assert Client().get(f"/api/areas/{ground.two}/tellings/{earlier['id']}").status_code == 404


def test_a_shape_that_cannot_have_stood_comes_back_with_its_place_and_its_time(ground: SimpleNamespace) -> None:
    across = {"geometry": sent(rectangle(80, 125, 60, 30, TURN)), "reason": "x"}
    looked = call("POST", f"/areas/{ground.one}/corrections/check", across, account=ground.chief, version=1).json()
    assert looked["sound"] is False
    assert {problem["code"] for problem in looked["problems"]} >= {"escape"}
    assert all(problem["geometry"] and problem["from"] for problem in looked["problems"])
    stored = call("POST", f"/areas/{ground.one}/corrections", across, account=ground.chief, version=1)
    assert stored.status_code == 422
    assert stored.json()["places"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name_zh": "甲", "reason": ""}, "reason"),
        ({"name_zh": "甲", "reason": "x", "from": "2026-03-05"}, "from"),
        ({"name_zh": "甲", "reason": "x", "until": "gestern"}, None),
        ({"name_zh": "x" * 4000, "reason": "x"}, "name_zh"),
        ({"geometry": {"type": "Point", "coordinates": [1, 2]}, "reason": "x"}, "geometry"),
    ],
)
def test_bad_corrections_are_told(ground: SimpleNamespace, body: dict, field: str | None) -> None:
    answer = call("POST", f"/areas/{ground.one}/corrections", body, account=ground.chief, version=1)
    assert answer.status_code == 422, answer.content
    assert field is None or field in answer.json()["fields"]
