"""The JSON doors to the ground: preview equals effect, wrong input is told what and where, nothing is stored."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
import shapely
from django.test import Client
from django.utils import timezone

from gis.accounts.models import Account
from grids.imports import store_areas
from grids.models import AgeBand, Area, Boundary, BoundaryChange, Population
from grids.records import AreaRecord
from tests.grids.test_bulk_door import tree
from tests.grids.test_drawing import TURN, appoint
from tests.grids.test_topology import LAT, LON, METRE, rectangle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


@pytest.fixture
def ground() -> SimpleNamespace:
    """A small county stored an hour ago, and its compound's chief."""
    rows = tree(TURN)
    store_areas(rows, reason="survey", now=timezone.now() - timedelta(hours=1))
    one, two, compound, county, street, community = (row.id for row in rows)
    return SimpleNamespace(
        one=one, two=two, compound=compound, county=county, street=street, community=community, chief=appoint(compound)
    )


def sent(shape: shapely.MultiPolygon) -> dict[str, Any]:
    """GeoJSON as a client sends it."""
    return json.loads(shapely.to_geojson(shape))


def call(
    method: str, path: str, body: Any = None, *, account: Account | None = None, version: int | None = None,
    key: UUID | None = None,
) -> Any:  # fmt: skip
    """One request to the API, as somebody."""
    client = Client()
    if account is not None:
        client.force_login(account)
    headers = {"Idempotency-Key": str(key or uuid4()), "Accept-Language": "en"}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    text = body if isinstance(body, str) else json.dumps(body)
    return client.generic(method, f"/api{path}", text, content_type="application/json", headers=headers)


def drawing(ground: SimpleNamespace, shape: Any, **changes: Any) -> dict[str, Any]:
    """The body of a new building."""
    wanted = {"id": str(uuid4()), "parent": str(ground.compound), "geometry": shape, "code": "99-7", "name_zh": "7号楼"}
    return wanted | changes


def test_what_the_preview_shows_is_what_is_stored(ground: SimpleNamespace) -> None:
    shape = sent(rectangle(100.3, 200, 40, 12, TURN))
    told = call("POST", "/areas/check", {"parent": str(ground.compound), "geometry": shape}, account=ground.chief)
    assert told.status_code == 200, told.content
    preview = told.json()
    assert preview["sound"] is True
    assert preview["problems"] == []
    assert preview["area_m2"]["before"] is None
    assert preview["area_m2"]["after"] == pytest.approx(483, abs=3)
    assert [noded["id"] for noded in preview["noded"]] == [str(ground.compound)]
    assert preview["suggestion"] == {"code": "99-3", "name_zh": "3号楼", "name_en": "Building 3"}
    assert BoundaryChange.objects.count() == 1
    body = drawing(ground, shape)
    stored = call("POST", "/areas", body, account=ground.chief)
    assert stored.status_code == 201, stored.content
    assert stored.json()["geometry"] == preview["geometry"]
    assert stored.json()["chain"][-1]["name_zh"] == "7号楼"
    assert stored.json()["may"] == {"draw": True, "move": True, "retire": True, "rename": True}


def test_problems_have_a_sentence_a_place_and_a_point(ground: SimpleNamespace) -> None:
    shape = sent(rectangle(80, 125, 60, 30, TURN))
    body = {"parent": str(ground.compound), "geometry": shape}
    preview = call("POST", "/areas/check", body, account=ground.chief).json()
    assert preview["sound"] is False
    escape, overlap = preview["problems"]
    assert escape["message"].endswith("lie outside “Jia”, on the west side.")
    assert overlap["message"].startswith("Overlaps “1号楼” by ")
    assert overlap["geometry"]["type"] == "MultiPolygon"
    assert shapely.from_geojson(json.dumps(overlap["geometry"])).covers(shapely.Point(overlap["point"]))
    refused = call("POST", "/areas", drawing(ground, shape), account=ground.chief)
    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert [place["message"] for place in refused.json()["places"]] == [escape["message"], overlap["message"]]
    assert Area.objects.count() == 6


def test_a_double_press_stores_once(ground: SimpleNamespace) -> None:
    body, key = drawing(ground, sent(rectangle(200, 200, 30, 12, TURN))), uuid4()
    first = call("POST", "/areas", body, account=ground.chief, key=key)
    second = call("POST", "/areas", body, account=ground.chief, key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Area.objects.count() == 7


def test_move_correct_and_look_back(ground: SimpleNamespace) -> None:
    body = drawing(ground, sent(rectangle(200, 200, 30, 12, TURN)))
    drawn = call("POST", "/areas", body, account=ground.chief).json()
    between = timezone.now()
    address = f"/areas/{drawn['id']}"
    wide = {"geometry": sent(rectangle(200, 200, 35, 12, TURN)), "reason": "measured again"}
    moved = call("PUT", f"{address}/boundary", wide, account=ground.chief, version=1)
    assert moved.status_code == 200, moved.content
    assert moved.json()["version"] == 2
    stale = call("PUT", f"{address}/boundary", wide | {"reason": ""}, account=ground.chief, version=1)
    assert stale.status_code == 412
    assert stale.json()["geometry"] == moved.json()["geometry"]
    assert stale.json()["version"] == 2
    then = Client().get(f"/api{address}", {"moment": between.isoformat()}).json()
    assert then["version"] == 1
    assert then["geometry"] == drawn["geometry"]
    story = call("GET", f"{address}/history", account=ground.chief).json()["versions"]
    assert [chapter["kind"] for chapter in story] == ["move", "draw"]
    assert story[0]["story"] == "Boundary moved: 360 m² → 420 m²."
    assert (story[0]["by"], story[0]["reason"]) == ("王某", "measured again")
    assert "by" not in Client().get(f"/api{address}/history").json()["versions"][0]
    assert Client().get(f"/api{address}", {"moment": "2020-01-01"}).json()["code"] == "not-then"


def test_rename_and_retire(ground: SimpleNamespace) -> None:
    address = f"/areas/{ground.one}"
    renamed = call("PUT", f"{address}/names", {"name_zh": "甲楼"}, account=ground.chief, version=1)
    assert renamed.json()["name_zh"] == "甲楼"
    ended = call("POST", f"{address}/retire", {"reason": "torn down"}, account=ground.chief, version=2)
    assert ended.status_code == 200, ended.content
    story = Client().get(f"/api{address}/history").json()["versions"]
    assert [chapter["kind"] for chapter in story] == ["retire", "rename", "import"]
    gone = Client().get(f"/api{address}").json()
    assert gone["code"] == "not-then"
    assert gone["known_until"]


def test_another_chief_is_refused_at_every_door(ground: SimpleNamespace) -> None:
    other = appoint(ground.one, name="李某")
    shape = sent(rectangle(200, 200, 30, 12, TURN))
    doors = [
        ("POST", "/areas/check", {"parent": str(ground.compound), "geometry": shape}, None),
        ("POST", "/areas/check", {"area": str(ground.two), "geometry": shape}, None),
        ("POST", "/areas", drawing(ground, shape), None),
        ("PUT", f"/areas/{ground.two}/boundary", {"geometry": shape}, 1),
        ("PUT", f"/areas/{ground.two}/names", {"name_zh": "乙"}, 1),
        ("POST", f"/areas/{ground.two}/retire", {}, 1),
    ]
    for method, path, body, version in doors:
        assert call(method, path, body, account=other, version=version).status_code == 403, path
        assert call(method, path, body, version=version).status_code == 401, path
    assert Boundary.objects.count() == 6


def test_residents_only_for_a_duty_there_and_unknown_is_not_nobody(ground: SimpleNamespace) -> None:
    assert Client().get(f"/api/areas/{ground.one}").json()["residents"] is None
    mine = call("GET", f"/areas/{ground.compound}", account=ground.chief).json()
    assert mine["residents"] == {"known": False, "count": None, "households": None, "unhoused": 0}
    band = AgeBand.objects.first()
    since = timezone.now() - timedelta(minutes=1)
    Population.objects.create(area_id=ground.one, age_band=band, residents=42, source="test", valid_from=since)
    mine = call("GET", f"/areas/{ground.compound}", account=ground.chief).json()
    assert mine["residents"] == {"known": True, "count": 42, "households": None, "unhoused": 0}
    assert mine["children"] == [{"tier": "building", "tier_zh": "楼栋", "tier_en": "Building", "count": 2}]
    assert mine["chief"]["name_zh"] == "王某"
    assert "name_zh" not in Client().get(f"/api/areas/{ground.compound}").json()["chief"]
    assert mine["may"] == {"draw": True, "move": False, "retire": False, "rename": True}


def test_the_neighbourhood_is_bounded_and_says_so(ground: SimpleNamespace) -> None:
    here = f"{LON - 0.01},{LAT - 0.01},{LON + 0.01},{LAT + 0.01}"
    near = Client().get("/api/areas/neighbourhood", {"bbox": here, "tier": "building"}).json()
    assert {f["properties"]["tier"] for f in near["features"]} == {"compound", "building"}
    assert near["more"] is False
    assert near["snap_m"] == 1.0
    for bbox in ("", "1,2,3", "NaN,0,1,1", "3,0,1,1", "0,0,1,inf"):
        assert Client().get("/api/areas/neighbourhood", {"bbox": bbox, "tier": "building"}).status_code == 422, bbox
    sheds = [
        AreaRecord(
            uuid4(), "building", ground.compound, f"99-x{at}", "棚",
            rectangle(105 + 4 * (at % 40), 180 + 4 * (at // 40), 1.5, 1.5, TURN),
        )
        for at in range(300)
    ]  # fmt: skip
    store_areas(sheds, reason="many", now=timezone.now())
    many = Client().get("/api/areas/neighbourhood", {"bbox": here, "tier": "building"}).json()
    assert len(many["features"]) == 300
    assert many["more"] is True


def test_locate_answers_the_chain(ground: SimpleNamespace) -> None:
    inside = Boundary.objects.get(area=ground.one).shape.centroid
    found = Client().get("/api/locate", {"lon": inside.x, "lat": inside.y}).json()["chain"]
    assert [step["tier"] for step in found] == ["county", "street", "community", "compound", "building"]
    assert Client().get("/api/locate", {"lon": 0, "lat": 0}).json()["chain"] == []
    for lon, lat in (("nan", "0"), ("0", "inf"), ("35", "113"), ("x", "y")):
        assert Client().get("/api/locate", {"lon": lon, "lat": lat}).status_code == 422


EAST = LON + 200 * METRE
BOX = [[EAST, LAT], [EAST + 1e-4, LAT], [EAST + 1e-4, LAT + 1e-4], [EAST, LAT + 1e-4], [EAST, LAT]]
BOWTIE = [BOX[0], BOX[2], BOX[1], BOX[3], BOX[0]]
BAD = {
    "crossing": {"type": "Polygon", "coordinates": [BOWTIE]},
    "nan": '{"type": "Polygon", "coordinates": [[[NaN, 1], [2, 3], [4, 5], [NaN, 1]]]}',
    "infinity": '{"type": "Polygon", "coordinates": [[[1e999, 1], [2, 3], [4, 5], [1e999, 1]]]}',
    "huge number": '{"type": "Polygon", "coordinates": [[[1' + "0" * 400 + ", 1], [2, 3], [4, 5], [6, 7]]]}",
    "swapped beyond the pole": {"type": "Polygon", "coordinates": [[[y, x] for x, y in BOX]]},
    "far away": {"type": "Polygon", "coordinates": [[[x - 20, y] for x, y in BOX]]},
    "unclosed": {"type": "Polygon", "coordinates": [BOX[:-1]]},
    "two points": {"type": "Polygon", "coordinates": [[BOX[0], BOX[1], BOX[0], BOX[0]]]},
    "empty": {"type": "MultiPolygon", "coordinates": []},
    "point": {"type": "Point", "coordinates": [EAST, LAT]},
    "nothing": None,
    "text": "here",
    "letters": {"type": "Polygon", "coordinates": [[["a", "b"], ["c", "d"], ["e", "f"], ["a", "b"]]]},
    "nested": '{"type": "Polygon", "coordinates": ' + "[" * 300 + "]" * 300 + "}",
    "too many": {"type": "Polygon", "coordinates": [[[LON + at * 1e-7, LAT] for at in range(20_050)]]},
    "speck": {"type": "Polygon", "coordinates": [[BOX[0], [EAST + 1e-8, LAT], [EAST, LAT + 1e-8], BOX[0]]]},
    "hole outside": {"type": "Polygon", "coordinates": [BOX, [[x + 1, y] for x, y in BOX]]},
    "no coordinates": {"type": "Polygon"},
}


@pytest.mark.parametrize("name", BAD)
def test_wrong_shapes_are_told_what_and_where_and_nothing_is_stored(ground: SimpleNamespace, name: str) -> None:
    shape = BAD[name]
    body = json.dumps(drawing(ground, "SHAPE"))
    body = body.replace('"SHAPE"', shape if isinstance(shape, str) and shape[0] == "{" else json.dumps(shape))
    answer = call("POST", "/areas", body, account=ground.chief)
    assert answer.status_code == 422, answer.content
    told = answer.json()
    assert told["detail"]
    assert told.get("fields") or told.get("places"), told
    assert Area.objects.count() == 6
    check = json.dumps({"parent": str(ground.compound), "geometry": "SHAPE"})
    check = check.replace('"SHAPE"', shape if isinstance(shape, str) and shape[0] == "{" else json.dumps(shape))
    looked = call("POST", "/areas/check", check, account=ground.chief)
    assert looked.status_code == 422 or looked.json()["sound"] is False


def test_swapped_degrees_inside_the_county_are_recognised(ground: SimpleNamespace) -> None:
    """Where longitude is below 90, swapped numbers are legal degrees: only the county can tell."""
    shape = rectangle(200, 200, 30, 12, TURN)
    turned = shapely.transform(shape, lambda xy: xy[:, ::-1])
    answer = call("POST", "/areas", drawing(ground, sent(turned)), account=ground.chief)
    assert answer.status_code == 422
    assert "swapped" in answer.json()["detail"]


def test_writes_need_a_key_and_a_version(ground: SimpleNamespace) -> None:
    shape = {"geometry": sent(rectangle(200, 200, 30, 12, TURN))}
    assert call("PUT", f"/areas/{ground.one}/boundary", shape, account=ground.chief).json()["code"] == "no-version"
    client = Client()
    client.force_login(ground.chief)
    keyless = client.post("/api/areas", json.dumps(drawing(ground, shape)), content_type="application/json")
    assert keyless.json()["code"] == "no-idempotency-key"
