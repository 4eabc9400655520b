"""More cells than are drawn one by one: those that stand out, a picture of all, one by its place; and every file."""

import base64
import io
import json
import zipfile

import numpy as np
import pyogrio
import pytest
import shapely
from openpyxl import load_workbook
from PIL import Image

from gis.audit.models import Entry
from layers.hotspots import exports, files
from tests.hotspots.conftest import SPOT
from tests.hotspots.test_api import HOT, cell_at, settle, url
from tests.hotspots.test_runs import keep
from tests.tickets.conftest import IN_WEST, SOUTH, WEST

BOX = {"west": WEST - 0.01, "south": SOUTH, "east": WEST + 0.04, "north": SOUTH + 0.04, "wide": 250, "high": 250}
FILES = ("csv", "xlsx", "geojson", "gpkg")


def grey(told: dict, lon: float, lat: float) -> str:
    """The class of a place in a picture; empty where no cell is."""
    image = Image.open(io.BytesIO(base64.b64decode(told["picture"].partition(",")[2])))
    west, south, east, north = told["bbox"]
    column, line = int((lon - west) / (east - west) * image.width), int((north - lat) / (north - south) * image.height)
    value = image.getpixel((column, line)) % told["edge"]
    return told["classes"][value - 1] if value else ""


@pytest.fixture
def few_are_many(monkeypatch) -> None:
    monkeypatch.setattr(exports, "MOST_SHAPES", 100)


def test_a_picture_shows_what_the_cells_would(as_, few_are_many) -> None:
    client = as_("planner")
    many = client.get(url(width=200)).json()
    assert many["summary"]["pictured"] is True
    assert 0 < len(many["features"]) == many["summary"]["hot"] + many["summary"]["cold"] < many["summary"]["cells"]
    sure = [feature["properties"]["p"] for feature in many["features"]]
    assert sure == sorted(sure)
    link = many["summary"]["link"]
    told = client.get(f"/api/hotspots/picture?{link}", BOX).json()
    assert grey(told, *SPOT) == "hot-99"
    assert grey(told, WEST - 0.005, SOUTH + 0.02) == "", "beside the county there are no cells"
    rng = np.random.default_rng(4)
    for lon, lat in rng.uniform([WEST + 0.001, SOUTH + 0.001], [WEST + 0.039, SOUTH + 0.039], (12, 2)):
        one = client.get(f"/api/hotspots/cell?{link}", {"lon": lon, "lat": lat}).json()
        shape = shapely.from_geojson(json.dumps(one["geometry"]))
        assert shape.covers(shapely.Point(lon, lat))
        if shape.boundary.distance(shapely.Point(lon, lat)) > 0.0005:  # more than two pixels from another cell
            assert grey(told, lon, lat) == one["properties"]["class"]
        assert client.get(f"/api/hotspots/cell?{link}", {"cell": one["id"]}).json() == one
    assert client.get(f"/api/hotspots/cell?{link}", {"lon": WEST - 0.005, "lat": SOUTH}).status_code == 404
    areas = client.get("/api/hotspots/picture?cells=community", BOX).json()
    assert grey(areas, *IN_WEST) in {*areas["classes"]} - {""}


def test_what_is_no_picture_is_refused(as_, few_are_many) -> None:
    client = as_("planner")
    for wrong in ({"west": 112.5}, {"north": 91}, {"south": "nan"}, {"wide": 0}, {"high": 100_000}):
        answer = client.get("/api/hotspots/picture", BOX | wrong)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), wrong
    large = client.get("/api/hotspots/picture", BOX | {"wide": 4000, "high": 4000}).json()
    image = Image.open(io.BytesIO(base64.b64decode(large["picture"].partition(",")[2])))
    assert image.width * image.height <= 510_000


def test_nobody_sees_anothers_picture(as_, ground, few_are_many) -> None:
    link = as_("planner").get(url(width=200)).json()["summary"]["link"]
    told = as_("west_chief").get(f"/api/hotspots/picture?{link}", BOX).json()
    assert grey(told, *SPOT) == "", "the east is not theirs"
    assert grey(told, *IN_WEST)
    assert as_("west_chief").get(f"/api/hotspots/cell?{link}", {"lon": SPOT[0], "lat": SPOT[1]}).status_code == 404
    assert as_("desk").get(f"/api/hotspots/picture?{link}", BOX).status_code == 403


def test_too_many_are_neither_kept_nor_put_into_a_workbook(as_, few_are_many, monkeypatch) -> None:
    client = as_("planner")
    refused = keep(client, width=200)
    assert (refused.status_code, refused.json()["code"]) == (422, "too-many-cells")
    monkeypatch.setattr(files, "MOST_ROWS", 100)
    refused = client.get(url("/file.xlsx", width=200))
    assert (refused.status_code, refused.json()["code"]) == (422, "too-many-cells")
    text = client.get(url("/file.csv", width=200)).content.decode("utf-8-sig")
    assert len(text.splitlines()) > 300, "the table holds every cell"


def test_every_file_tells_every_cell_and_how_it_came_about(as_, ground, tmp_path) -> None:
    settle(ground, "building", 3)
    settle(ground, "west", 4000)
    client = as_("planner")
    shown = client.get(url(cells="community", chance="drawn", seed=11)).json()
    told = {}
    for kind in FILES:
        answer = client.get(f"/api/hotspots/file.{kind}?{shown['summary']['link']}")
        assert (answer.status_code, answer["Content-Type"]) == (200, files.KINDS[kind])
        assert answer["Content-Disposition"].endswith(f'.{kind}"')
        told[kind] = answer.content
    cells = {feature["properties"]["code"]: feature["properties"] for feature in shown["features"]}
    document = json.loads(told["geojson"])
    assert [feature["properties"] for feature in document["features"]] == [*cells.values()]
    assert document["question"]["seed"] == 11
    assert all(shapely.from_geojson(json.dumps(one["geometry"])).is_valid for one in document["features"])
    book = load_workbook(io.BytesIO(told["xlsx"]))
    head, *rows = book["hotspots"].iter_rows(values_only=True)
    for row in rows:
        cell = dict(zip(head, row, strict=True))
        assert cell | {"residents": None} == cells[cell["code"]] | {"residents": None}
    method = dict(book["method"].iter_rows(values_only=True))
    assert (method["asked_seed"], method["asked_chance"], method["asked_cells"]) == (11, "drawn", "community")
    assert {"cutoff_0.05", "asked_moment", "tickets", "outside", "least_events"} <= method.keys()
    assert zipfile.ZipFile(io.BytesIO(told["xlsx"])).testzip() is None
    path = tmp_path / "h.gpkg"
    path.write_bytes(told["gpkg"])
    assert {name for name, _kind in pyogrio.list_layers(path)} == {"hotspots", "method"}
    frame = pyogrio.read_dataframe(path, layer="hotspots")
    for _at, row in frame.iterrows():
        assert (row["tickets"], row["z"], row["class"]) == tuple(
            cells[row["code"]][n] for n in ("tickets", "z", "class")
        )
    few = frame[frame["code"] == "141024001001"]
    assert np.isnan(few["residents"].iloc[0]), "fewer than five are no number"
    about = pyogrio.read_dataframe(path, layer="method", read_geometry=False).set_index("name")["value"]
    assert about["asked_seed"] == "11"
    assert Entry.objects.filter(verb="hotspot.export").count() == len(FILES)


def test_a_kept_result_gives_the_same_files(as_, tmp_path) -> None:
    client = as_("planner")
    run = keep(client, cells="community").json()["id"]
    for kind in FILES:
        answer = client.get(f"/api/hotspots/runs/{run}/file.{kind}")
        assert answer.status_code == 200, kind
        path = tmp_path / f"kept.{kind}"
        path.write_bytes(answer.content)
    assert len(pyogrio.read_dataframe(tmp_path / "kept.gpkg", layer="hotspots")) == 2
    assert client.get(f"/api/hotspots/runs/{run}/file.exe").status_code == 404


def test_a_spot_is_found_among_very_many_cells(as_, few_are_many) -> None:
    many = as_("planner").get(url(width=50)).json()
    assert many["summary"]["cells"] > 6000
    assert cell_at(many, SPOT)["class"] in HOT
    assert many["summary"]["bbox"] == pytest.approx([WEST, SOUTH, WEST + 0.04, SOUTH + 0.04])
