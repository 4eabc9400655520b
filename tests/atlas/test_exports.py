"""Files of layers: read again by others they give the same rows, and nobody gets more than the map shows."""

import csv
import io
import json
import uuid
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from django.utils import timezone

from gis.accounts.models import Account
from gis.audit.models import Entry
from gis.jobs.models import Job
from gis.shared.errors import Invalid
from gis.shared.sheets import cell
from grids.models import Appointment, Boundary, Person
from layers.atlas import exports, taking
from layers.atlas.registry import LAYERS
from layers.atlas.writing import FORMATS
from tests.grids.ground import put, small_county, square

pytestmark = pytest.mark.django_db
SINCE = "2026-01-02T00:00Z"


@pytest.fixture
def county(catalogues) -> dict[str, Boundary]:
    return small_county()


def export(name: str, word: str, folder: Path, **asked) -> exports.Exported:
    now = timezone.now()
    return exports.export_layer(name, word, folder, **({"asker": None, "moment": now, "now": now} | asked))


def appointed(role: str, area) -> Account:
    account = Account.objects.create_user(f"{role}-{uuid.uuid4().hex[:6]}", "x")
    person = Person.objects.create(name_zh="员", account=account)
    Appointment.objects.create(area=area, role=role, person=person, valid_from=SINCE)
    return account


def read_again(made: exports.Exported, word: str) -> gpd.GeoDataFrame:
    if word == "parquet":
        return gpd.read_parquet(made.path)
    return gpd.read_file(f"/vsizip/{made.path}" if word == "shp" else made.path)


@pytest.mark.parametrize("word", ["geojson", "gpkg", "shp", "parquet"])
def test_a_file_read_again_has_the_same_shapes_to_the_last_digit(county, tmp_path, word):
    odd = shapely.Polygon(
        [(110.03000001, 35.01234567), (110.03999999, 35.01000003), (110.03500001, 35.02)],
        [[(110.034, 35.013), (110.036, 35.012), (110.035, 35.015)]],
    )
    put("compound", odd, county["community"], code="990001001001009", name_zh="“怪”院, <b>=1+1</b>", name_en="a,b;c")
    made = export("compound", word, tmp_path)
    assert made.rows == 3
    frame = read_again(made, word)
    assert frame.crs.to_epsg() == 4326
    stored = {row.code: row for row in Boundary.objects.of_tier("compound")}
    for _, row in frame.iterrows():
        boundary = stored[row["code"]]
        found = shapely.normalize(shapely.MultiPolygon(shapely.get_parts(row.geometry).tolist()))
        assert found.equals_exact(shapely.normalize(boundary.shape), 0)
        assert row["name_zh"] == boundary.name_zh
        assert (row["name_en"] or "") == boundary.name_en or (word == "shp" and boundary.name_en == "")
        assert row["id"] == str(boundary.area_id)
        assert row["parentcode" if word == "shp" else "parent_code"] == "990001001001"


def test_all_tiers_in_one_file_with_codes_of_the_areas_above(county, tmp_path):
    frame = read_again(export("areas", "gpkg", tmp_path), "gpkg")
    assert list(frame["tier"]) == ["county", "street", "community", "compound", "compound"]
    assert list(frame["parent_code"])[1:] == ["990001", "990001001", "990001001001", "990001001001"]


def test_ogr_reads_the_metadata_of_a_geopackage(county, tmp_path):
    made = export("community", "gpkg", tmp_path)
    told = pyogrio.read_info(made.path, layer="community")
    assert told["features"] == 1
    assert told["encoding"] == "UTF-8"


def test_a_shapefile_says_its_encoding_its_projection_and_its_source(county, tmp_path):
    with zipfile.ZipFile(export("compound", "shp", tmp_path).path) as archive:
        names = set(archive.namelist())
        assert {"compound.shp", "compound.dbf", "compound.shx", "compound.prj", "compound.cpg", "README.txt"} <= names
        assert archive.read("compound.cpg") == b"UTF-8"
        assert "moment: 20" in archive.read("README.txt").decode("utf-8-sig")


def test_what_a_shapefile_cannot_hold_is_said_with_its_row_not_cut(county, tmp_path):
    put("compound", square(30, 30, 2), county["community"], code="990001001001010", name_zh="长" * 100)
    with pytest.raises(Invalid, match=r"“name_zh”|name_zh") as told:
        export("compound", "shp", tmp_path)
    assert told.value.kind == "too-long-for-format"


def test_csv_opens_in_a_spreadsheet_unharmed(county, tmp_path):
    put("compound", square(30, 30, 2), county["community"], code="=cmd()", name_zh="-2+3", name_en="@x\ny")
    data = export("compound", "csv", tmp_path).path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    odd = rows[0] if rows[0]["name_zh"].startswith("'") else rows[-1]
    assert (odd["code"], odd["name_zh"], odd["name_en"]) == ("'=cmd()", "'-2+3", "'@x\ny")
    west = next(row for row in rows if row["name_zh"] == "西院")
    assert west["code"] == "990001001001001\t", "a spreadsheet must not make a rounded number of it"
    assert 110.002 < float(west["lon"]) < 110.012


@pytest.mark.parametrize(
    ("given", "kept"), [("007", "007\t"), ("0", "0"), ("42", "42"), ("＝1", "'＝1"), (-1.5, -1.5), (None, None)]
)
def test_cells(given, kept):
    assert cell(given) == kept


def test_every_layer_in_every_format_even_without_rows(catalogues, tmp_path):
    chief = appointed("chief", put("county", square(-50, -50, 3), code="990009").area)
    for layer in LAYERS:
        for word in FORMATS if exports.columns_of(layer) else ():
            folder = tmp_path / f"{layer.name}-{word}"
            folder.mkdir()
            assert export(layer.name, word, folder, asker=chief).path.stat().st_size > 0


def test_an_area_and_a_past_moment_narrow_it(county, client, tmp_path):
    west = county["west"]
    put("building", square(3, 3, 2), west, code="B1", valid_from="2026-03-01T00:00Z")
    put("building", square(15, 3, 2), county["east"], code="B2", valid_from="2026-03-01T00:00Z")
    told = client.get("/api/layers/building/export", {"area": str(west.area_id)})
    assert [f["properties"]["code"] for f in json.loads(told.getvalue())["features"]] == ["B1"]
    assert told["Content-Disposition"].startswith('attachment; filename="building-')
    told = client.get("/api/layers/areas/export", {"area": str(west.area_id)})
    assert [f["properties"]["code"] for f in json.loads(told.getvalue())["features"]] == ["990001001001001", "B1"]
    told = client.get("/api/layers/building/export", {"moment": "2026-02-01"})
    assert json.loads(told.getvalue())["features"] == []
    assert 'filename="building-2026-02-01.geojson"' in told["Content-Disposition"]


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("nothing", {}, 404, "no-layer"), ("ticket_cells", {}, 404, "no-layer"), ("tickets", {}, 401, "sign-in-needed"),
        ("compound", {"format": "dwg"}, 422, "bad-format"), ("compound", {"moment": "soon"}, 422, "bad-moment"),
        ("compound", {"area": "6e0c1f80-0000-4000-8000-000000000000"}, 404, "no-area"),
        ("compound", {"area": "x"}, 422, "bad-request"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(county, client, path, query, status, code):
    told = client.get(f"/api/layers/{path}/export", query)
    assert (told.status_code, told.json()["code"]) == (status, code)


def test_who_took_what_is_written_down_without_the_rows(county, client):
    account = appointed("leader", county["county"].area)
    client.force_login(account)
    assert client.get("/api/layers/tickets/export", {"format": "csv"}).status_code == 200
    entry = Entry.objects.get(verb="layer.export")
    assert (entry.subject, entry.actor_id) == ("tickets", str(account.pk))
    assert (entry.detail["rows"], entry.detail["format"]) == (0, "csv")


def test_the_list_names_only_what_the_asker_may_see(county, client):
    names = [layer["name"] for layer in client.get("/api/layers").json()["layers"]]
    assert names[0] == "areas"
    assert "tickets" not in names
    assert "ticket_cells" not in names
    client.force_login(appointed("worker", county["west"].area))
    assert "tickets" in [layer["name"] for layer in client.get("/api/layers").json()["layers"]]


def test_a_large_file_is_made_by_a_job(county, client, monkeypatch, run_jobs):
    monkeypatch.setattr(taking, "MOST_AT_ONCE", 1)
    told = client.get("/api/layers/compound/export")
    assert (told.status_code, told.json()["code"], told.json()["rows"]) == (409, "too-many-rows", 2)
    asked = {"id": str(uuid.uuid4()), "format": "gpkg"}
    send = {"content_type": "application/json", "headers": {"Idempotency-Key": str(uuid.uuid4())}}
    assert client.post("/api/layers/compound/export", asked, **send).status_code == 401
    client.force_login(appointed("worker", county["west"].area))
    send["headers"] = {"Idempotency-Key": str(uuid.uuid4())}
    assert client.post("/api/layers/compound/export", asked, **send).status_code == 202
    assert client.post("/api/layers/compound/export", asked, **send).status_code == 202
    assert Job.objects.count() == 1
    run_jobs()
    job = client.get(f"/api/jobs/{asked['id']}").json()
    assert (job["state"], job["result"]["rows"]) == ("done", 2), job
    assert client.get(job["file"]).getvalue().startswith(b"SQLite format 3")
