"""More cells than are drawn one by one: those that stand out, a picture of all, one by its place; and every file."""

import base64
import io
import json
import uuid
import zipfile
from datetime import timedelta
from itertools import zip_longest
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pyogrio
import pytest
import shapely
from openpyxl import load_workbook
from PIL import Image

from gis.audit.models import Entry
from grids.models import Appointment
from layers.hotspots import actions, exports, files, painting
from layers.hotspots.models import Run
from layers.tickets.actions import import_rows
from layers.tickets.records import TicketRow
from tests.hotspots.conftest import SPOT
from tests.hotspots.test_api import HOT, cell_at, settle, url
from tests.hotspots.test_runs import DOOR as RUNS
from tests.hotspots.test_runs import keep
from tests.tickets.conftest import IN_WEST, NOW, SOUTH, WEST

BOX = {"west": WEST - 0.01, "south": SOUTH, "east": WEST + 0.04, "north": SOUTH + 0.04, "wide": 250, "high": 250}
FILES = ("csv", "xlsx", "geojson", "gpkg")


def look(client, address: str, **query: object):
    """GET with more words behind those that the address has: the client itself would throw those away."""
    return client.get(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}")


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
    told = look(client, f"/api/hotspots/picture?{link}", **BOX).json()
    assert grey(told, *SPOT) == "hot-99"
    assert grey(told, WEST - 0.005, SOUTH + 0.02) == "", "beside the county there are no cells"
    rng = np.random.default_rng(4)
    for lon, lat in rng.uniform([WEST + 0.001, SOUTH + 0.001], [WEST + 0.039, SOUTH + 0.039], (12, 2)):
        one = look(client, f"/api/hotspots/cell?{link}", lon=lon, lat=lat).json()
        shape = shapely.from_geojson(json.dumps(one["geometry"]))
        assert shape.covers(shapely.Point(lon, lat))
        if shape.boundary.distance(shapely.Point(lon, lat)) > 0.0005:  # more than two pixels from another cell
            assert grey(told, lon, lat) == one["properties"]["class"]
        assert look(client, f"/api/hotspots/cell?{link}", cell=one["id"]).json() == one
    assert look(client, f"/api/hotspots/cell?{link}", lon=WEST - 0.005, lat=SOUTH).status_code == 404
    areas = look(client, "/api/hotspots/picture?cells=community", **BOX).json()
    assert grey(areas, *IN_WEST) in {*areas["classes"]} - {""}


class Sand:
    """Cells of which each pixel meets another, or none."""

    def __init__(self, cell: np.ndarray) -> None:
        self.cell = cell

    def raster(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return self.cell


def test_cells_too_small_to_be_seen_are_told_together() -> None:
    """A building of a prefecture is smaller than a pixel: sampled, hot ground would be a pixel here and there."""
    dice = np.random.default_rng(7)
    cell = np.where(dice.random((40, 50)) < 0.3, np.arange(2000).reshape(40, 50), -1)
    cell[:6, :6] = -1
    classes = dice.choice(np.array([0, 2, 3, -1], dtype=np.int8), 2000, p=[0.4, 0.3, 0.2, 0.1])
    told = painting.picture(Sand(cell), classes, box=(110.0, 35.0, 110.5, 35.4), wide=50, high=40)
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(told["picture"].partition(",")[2]))))
    assert (told["together"], image.shape) == (True, (40, 50))
    assert not image[:6, :6].any(), "where no cell is"
    for top, left in ((6, 6), (0, 12), (36, 48), (12, 30)):
        square = np.s_[top : top + 6, left : left + 6]
        inside = classes[cell[square][cell[square] >= 0]].tolist()
        shown = {told["classes"][value - 1] for value in np.unique(image[square]).tolist()}
        most = max(inside.count(value) for value in inside)
        assert len(shown) == 1
        assert shown <= {exports.CLASSES[value] for value in inside if inside.count(value) == most}
    large = painting.picture(Sand(cell // 100), classes, box=(110.0, 35.0, 110.5, 35.4), wide=50, high=40)
    assert large["together"] is False


def test_what_is_no_picture_is_refused(as_, few_are_many) -> None:
    client = as_("planner")
    for wrong in ({"west": 112.5}, {"north": 91}, {"south": "nan"}, {"wide": 0}, {"high": 100_000}):
        answer = look(client, "/api/hotspots/picture", **(BOX | wrong))
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), wrong
    large = look(client, "/api/hotspots/picture", **(BOX | {"wide": 4000, "high": 4000})).json()
    image = Image.open(io.BytesIO(base64.b64decode(large["picture"].partition(",")[2])))
    assert image.width * image.height <= 510_000


def test_nobody_sees_anothers_picture(as_, ground, few_are_many) -> None:
    link = as_("planner").get(url(width=200)).json()["summary"]["link"]
    told = look(as_("west_chief"), f"/api/hotspots/picture?{link}", **BOX).json()
    assert grey(told, *SPOT) == "", "the east is not theirs"
    assert grey(told, *IN_WEST)
    assert look(as_("west_chief"), f"/api/hotspots/cell?{link}", lon=SPOT[0], lat=SPOT[1]).status_code == 404
    assert look(as_("desk"), f"/api/hotspots/picture?{link}", **BOX).status_code == 403


def one_more() -> None:
    """Another ticket at the spot, after the result was kept."""
    row = TicketRow(line=1, lon=SPOT[0], lat=SPOT[1], category="other", reported_at=NOW - timedelta(hours=2), text="又")
    assert import_rows([row], now=NOW, channel="import", source="later").stored == 1


@pytest.mark.parametrize(("asked", "limit"), [({"width": 200}, 100), ({"cells": "community"}, 1)])
def test_very_many_cells_are_kept_and_read_again_as_they_were(as_, ground, monkeypatch, asked, limit) -> None:
    """Everything is in what was kept: nothing of it moves when tickets come in or the ground is drawn anew."""
    monkeypatch.setattr(exports, "MOST_SHAPES", limit)
    settle(ground, "building", 3)
    settle(ground, "west", 4000)
    client = as_("planner")
    run = keep(client, seed=7, chance="drawn", **asked).json()["id"]
    kept = client.get(f"{RUNS}/{run}").json()
    assert kept["run"]["stale"] is False
    assert (kept["question"]["seed"], kept["summary"]["pictured"]) == (7, True)
    link = kept["summary"]["link"]
    live = client.get(f"/api/hotspots?{link}").json()
    assert {name: kept[name] for name in live} == live
    one = look(client, f"/api/hotspots/cell?{link}", lon=SPOT[0], lat=SPOT[1]).json()
    painted = look(client, f"/api/hotspots/picture?{link}", **BOX).json()
    monkeypatch.setattr(exports, "MOST_MARKED", 3)
    listed = [look(client, f"/api/hotspots/standing?{link}", first=first).json() for first in (0, 3)]
    assert [told["count"] for told in listed] == [len(live["features"])] * 2
    assert listed[0]["features"] + listed[1]["features"] == live["features"][:6], "a page at a time"
    files_then = {kind: client.get(f"/api/hotspots/file.{kind}?{link}").content for kind in ("csv", "geojson")}

    one_more()
    settle(ground, "east", 900)
    painting.forget()
    actions.forget_unpacked()
    assert [look(client, f"{RUNS}/{run}/standing", first=first).json() for first in (0, 3)] == listed
    assert look(client, f"{RUNS}/{run}/standing", first=-1).status_code == 422
    monkeypatch.setattr(exports, "MOST_MARKED", 2_000)
    again = client.get(f"{RUNS}/{run}").json()
    assert {name: again[name] for name in live} == live
    assert (again["run"]["stale"], again["run"]["tickets_changed"], again["run"]["ground_changed"]) == (
        True,
        True,
        False,
    )
    assert look(client, f"{RUNS}/{run}/cell", cell=one["id"]).json() == one
    assert look(client, f"{RUNS}/{run}/cell", lon=SPOT[0], lat=SPOT[1]).json() == one
    assert look(client, f"{RUNS}/{run}/cell", lon=WEST - 0.005, lat=SOUTH).status_code == 404
    assert look(client, f"{RUNS}/{run}/picture", **BOX).json() == painted
    for kind, then in files_then.items():
        assert client.get(f"{RUNS}/{run}/file.{kind}").content == then, kind
    assert client.get(f"/api/hotspots/file.csv?{link}").content != files_then["csv"], "the same asked now is another"
    other = as_("analyst")
    for what in ("picture", "cell"):
        assert look(other, f"{RUNS}/{run}/{what}", **BOX).status_code == 404, "another's"


def test_few_cells_need_no_picture_of_a_kept_result(as_) -> None:
    client = as_("planner")
    run = keep(client, cells="community").json()["id"]
    assert look(client, f"{RUNS}/{run}/picture", **BOX).status_code == 404


def test_kept_results_have_room_and_no_more(as_, few_are_many, monkeypatch) -> None:
    client = as_("planner")
    assert keep(client, width=200).status_code == 201
    monkeypatch.setattr(actions, "MOST_BYTES", 1_000)
    assert keep(client, width=200).json()["code"] == "full"
    assert Run.objects.count() == 1


def test_an_id_that_its_owner_forgot_and_another_uses_tells_nothing_of_the_first(as_, ground, few_are_many) -> None:
    planner, analyst = as_("planner"), as_("analyst")
    mine = keep(planner, width=200).json()["id"]
    first = look(planner, f"{RUNS}/{mine}/picture", **BOX).json()
    assert planner.delete(f"{RUNS}/{mine}", headers={"Idempotency-Key": str(uuid.uuid4())}).status_code == 200
    assert keep(analyst, width=150, run_id=mine).status_code == 201
    assert look(analyst, f"{RUNS}/{mine}/picture", **BOX).json() != first


def by_job(client, address: str, **body: object):
    return client.post(
        address, json.dumps({"id": str(uuid.uuid4()), **body}), content_type="application/json",
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )  # fmt: skip


def test_a_long_workbook_is_made_by_a_job(as_, ground, few_are_many, monkeypatch, run_jobs) -> None:
    monkeypatch.setattr(files, "MOST_AT_ONCE", 100)
    client = as_("planner")
    run = keep(client, width=200).json()["id"]
    kept = client.get(f"{RUNS}/{run}").json()
    for address in (url("/file.xlsx", width=200), f"{RUNS}/{run}/file.xlsx"):
        refused = client.get(address)
        assert (refused.status_code, refused.json()["code"]) == (409, "too-many-rows")
    csv = client.get(f"{RUNS}/{run}/file.csv").content.decode("utf-8-sig").splitlines()
    words = dict(parse_qsl(kept["summary"]["link"]))
    for address, body in (("/api/hotspots/file.xlsx", {"asked": words}), (f"{RUNS}/{run}/file.xlsx", {})):
        asked = by_job(client, address, **body)
        assert asked.status_code == 202, asked.content
        (job,) = run_jobs()
        assert (job.state, job.result["rows"]) == ("done", kept["summary"]["cells"]), job.problem
        answer = client.get(f"/api/jobs/{job.pk}/file")
        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)), read_only=True)
        head, *rows = book["hotspots"].iter_rows(values_only=True)
        assert len(rows) == len(csv) - 1 == kept["summary"]["cells"]
        found = {row[0].lstrip("'"): dict(zip_longest(head, row)) for row in rows}  # -3,4 must be no formula
        for feature in kept["features"]:
            told = {name: value or None for name, value in feature["properties"].items()}  # an empty text is no value
            assert {name: value or None for name, value in found[feature["id"]].items()} | {
                "cell": feature["id"]
            } == told
        assert dict(book["method"].iter_rows(values_only=True))["asked_width"] == 200
    assert Entry.objects.filter(verb="hotspot.export", detail__format="xlsx").count() == 2
    assert by_job(client, "/api/hotspots/file.exe", asked={}).status_code == 404
    assert by_job(client, "/api/hotspots/file.xlsx", asked={"width": "3"}).status_code == 422, (
        "before anything is queued"
    )
    assert by_job(as_("desk"), "/api/hotspots/file.xlsx", asked={}).status_code == 403


def test_rights_are_those_of_the_time_of_writing(as_, ground, run_jobs) -> None:
    assert by_job(as_("west_chief"), "/api/hotspots/file.xlsx", asked={}).status_code == 202
    Appointment.objects.filter(person__account=ground.people["west_chief"]).update(valid_until=NOW - timedelta(days=1))
    (job,) = run_jobs()
    assert (job.state, job.kept) == ("failed", "")


@pytest.mark.parametrize("kind", FILES)
def test_it_is_told_how_far_a_file_is_and_it_can_be_stopped(kind, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(files, "STEP", 10)
    cells = 25
    columns = {"cell": [str(at) for at in range(cells)], "tickets": [*range(cells)], "residents": ["<5", *[None] * 24]}
    result = files.Result({}, {"cutoffs": {}}, columns, shapely.box(*np.repeat([np.arange(25.0)], 2, 0), 30, 30))
    told = []
    files.write(kind, result, tmp_path / f"whole.{kind}", lambda *step: told.append(step[:2]))
    assert told == [(0, 25), (10, 25), (20, 25)]

    def stop(done: int, _total: int, _doing: str) -> None:
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        files.write(kind, result, tmp_path / f"part.{kind}", stop)


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
