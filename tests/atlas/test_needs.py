"""Tickets high, coverage low: both answers joined by area, and what cannot be joined."""

from types import SimpleNamespace

import pytest

from layers.atlas import needs
from tests.hotspots.conftest import as_, ground  # noqa: F401

DOOR = "/api/atlas/needs"


@pytest.fixture
def covered(monkeypatch, ground):  # noqa: F811
    """Coverage as told: `covered(east=(100, 20))`."""

    def tell(**rows):
        told = {ground.areas[name]: row for name, row in rows.items()}
        answer = SimpleNamespace(rows=told, network="1.0", made_at=None, stale=False)
        monkeypatch.setattr(needs, "shares", lambda *args, **kwargs: answer)

    return tell


def test_areas_are_sorted_by_both_answers(as_, covered, monkeypatch) -> None:  # noqa: F811
    monkeypatch.setattr(needs, "HOT", {"none", "hot-99", "hot-95", "hot-90"})  # two areas are too few for a hot one
    covered(east=(100, 20), west=(200, 180))
    told = as_("planner").get(f"{DOOR}?cells=community").json()
    found = {f["properties"]["name_zh"]: f["properties"] for f in told["features"]}
    assert [found[name]["need"] for name in ("east 区", "west 区")] == ["both", "tickets"]
    assert (found["east 区"]["share"], found["east 区"]["not_reached"]) == (0.2, 80)
    monkeypatch.setattr(needs, "HOT", {"hot-99"})
    again = as_("planner").get(f"{DOOR}?cells=community&below=10").json()
    assert {f["properties"]["need"] for f in again["features"]} == {"neither"}
    covered(east=(None, None), west=(200, 0))
    last = as_("planner").get(f"{DOOR}?cells=community").json()
    assert {f["properties"]["need"] for f in last["features"]} == {"unknown", "coverage"}
    assert last["coverage"]["minutes"] == 15


def test_hexagons_and_impossible_limits_are_refused_and_so_is_who_may_not(as_, covered) -> None:  # noqa: F811
    covered()
    client = as_("planner")
    assert client.get(f"{DOOR}?cells=hexagon").json()["fields"].keys() == {"cells"}
    assert client.get(f"{DOOR}?cells=community&minutes=0").status_code == 422
    assert as_("worker").get(DOOR).status_code == 403
    assert as_(None).get(DOOR).status_code == 401
