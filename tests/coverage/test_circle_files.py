"""A circle taken away as a file says what its answer says, to the same asker, and runs nothing in a spreadsheet."""

import csv
import io
import json
import math
from uuid import uuid4

import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from gis.audit.models import Entry
from grids.models import Population
from layers.coverage import actions, queries
from layers.coverage.models import Edit, Settlement
from layers.sites.models import Offer, Service, Site, SiteKind
from tests.coverage.askers import client_of
from tests.grids.ground import T0
from tests.streets.yards import at

pytestmark = pytest.mark.django_db


def rings_of(client: Client, **query) -> list[dict[str, str]]:
    return [row for row in rows_of(client, **query) if row["what"] == "ring"]


def rows_of(client: Client, **query) -> list[dict[str, str]]:
    answer = client.get("/api/circles/file.csv", query)
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def cells(*values) -> list[str]:
    return ["" if value is None else str(value) for value in values]


def test_a_file_says_what_the_answer_says(peopled, site, tmp_path):
    Offer.objects.create(site=site, service=Service.objects.first(), valid_from=T0)
    client = client_of(peopled["county"], "chief")
    query = {"site": str(site.pk), "gates": "open", "profile": "adult"}
    answer = client.get("/api/circles", query).json()
    rows = rings_of(client, **query)
    rings = [ring["properties"] for ring in answer["rings"]["features"]]
    for row, ring in zip(rows, rings, strict=True):
        assert [row[name] for name in ("minutes", "metres", "residents", "households", "grids")] == cells(
            *(ring[name] for name in ("minutes", "metres", "residents", "households", "grids"))
        )
        assert (row["old"], row["young"]) == tuple(cells(ring["ages"]["old"], ring["ages"]["young"]))
        assert {name[4:]: row[name] for name in row if name.startswith("age_")} == {
            code: str(count) for code, count in (ring["bands"] or {}).items()
        }
        assert sum(ring["grids_by_tier"].values()) == ring["grids"]
        assert row["grids_building"] == str(ring["grids_by_tier"].get("building", 0))
        assert row["straight_circle"] == str(ring["straight"])
        assert float(row["share"]) == round(ring["residents"] / answer["basis"]["residents"], 4)
    told = rows[0]
    assert [told[name] for name in ("area", "residents_of_area", "households_of_area", "grids_of_area")] == cells(
        *(answer["basis"][name] for name in ("name", "residents", "households", "grids"))
    )
    assert [told[name] for name in ("profile", "km_per_hour", "gates", "network", "site", "services")] == [
        "adult", "4.0", "open", answer["network"]["version"], "试社区中心", Service.objects.first().name,
    ]  # fmt: skip
    assert told["as_of"][:10] > "2026"

    book = load_workbook(io.BytesIO(client.get("/api/circles/file.xlsx", query).content))
    assert book.sheetnames == ["circle", "not_reached"]
    heads = [cell.value for cell in book["circle"][1]]
    assert heads == list(told)[: len(heads)]
    assert [row[heads.index("residents")].value for row in list(book["circle"].rows)[1:]] == [
        ring["residents"] for ring in rings
    ]
    heads, *lines = book["not_reached"].values or [()]
    missed = [dict(zip(heads, line, strict=True)) for line in lines]
    assert [(row["name_zh"], row["residents"], row["households"]) for row in missed] == [
        (gap["name_zh"], gap["residents"], gap["households"]) for gap in answer["gaps"]
    ]

    drawn = json.loads(client.get("/api/circles/file.geojson", query).content)["features"][: len(rings)]
    assert [one["geometry"] for one in drawn] == [one["geometry"] for one in answer["rings"]["features"]]
    assert [(one["properties"]["what"], one["properties"]["grids"]) for one in drawn] == [
        ("ring", ring["grids"]) for ring in rings
    ]

    closed = {"site": str(site.pk)}  # gates as they are: the left yard is far, and told as a gap
    (tmp_path / "a.gpkg").write_bytes(client.get("/api/circles/file.gpkg", closed).content)
    now = client.get("/api/circles", closed).json()
    frame = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="circle")
    assert frame["residents"].tolist() == [one["properties"]["residents"] for one in now["rings"]["features"]]
    for ours, ring in zip(frame.geometry, now["rings"]["features"], strict=True):
        assert ours.symmetric_difference(shapely.geometry.shape(ring["geometry"])).area < 1e-12
    gaps = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="not_reached")
    assert (
        [(row.id, row.residents, row.households) for row in gaps.itertuples()]
        == [(gap["id"], gap["residents"], gap["households"]) for gap in now["gaps"]]
        == [(str(peopled["left"].area_id), 100, 41)]
    )
    assert Entry.objects.filter(verb="circle.export").count() == 4


def test_files_of_one_table_tell_who_is_not_reached_as_well(peopled, site, monkeypatch):
    client = client_of(peopled["county"])
    query = {"site": str(site.pk), "minutes": "1,2"}  # hardly anybody
    answer = client.get("/api/circles", query).json()
    told = [[gap[name] for name in ("id", "name_zh", "residents", "households", "minutes")] for gap in answer["gaps"]]
    names = ("id", "name_zh", "residents", "households", "walk_minutes")
    assert len(told) == 2
    monkeypatch.setattr(queries, "MOST_GAPS", 1)  # the page stops somewhere, files do not
    rows = rows_of(client, **query)
    assert [row["what"] for row in rows] == ["ring", "ring", "not_reached", "not_reached"]
    assert [[row[name] for name in names] for row in rows[2:]] == [cells(*gap) for gap in told]
    assert {(row["area"], row["profile"], row["network"]) for row in rows} == {
        (answer["basis"]["name"], "adult", answer["network"]["version"])
    }
    assert [row["minutes"] for row in rows] == ["1", "2", "", ""], "a ring's minutes are not how far somebody lives"
    drawn = json.loads(client.get("/api/circles/file.geojson", query).content)["features"]
    assert [[one["properties"][name] for name in names] for one in drawn[2:]] == told
    assert [one["geometry"] for one in drawn[2:]] == [gap["shape"] for gap in answer["gaps"]]
    assert rows_of(Client(), site=str(site.pk))[-1]["what"] == "ring", "not for who may not read residents"


def test_a_place_tells_what_a_site_there_would_change(peopled, site):
    actions.settle(now=T0, actor="test")
    client = client_of(peopled["county"])
    lon, lat = at(3, 2.2)
    query = {"lon": lon, "lat": lat, "instead": str(site.pk)}
    change = client.get("/api/coverage/what-if", query).json()
    rows = rings_of(client, **query)
    for number, row in enumerate(rows):
        gained = [change[name]["gained"][number] for name in ("residents", "households", "grids")]
        assert [row[f"gained_{name}"] for name in ("residents", "households", "grids")] == cells(*gained)
    assert (rows[0]["instead_of"], rows[0]["site"], rows[0]["opening_hours"]) == (str(site.pk), "", "any")
    odd = rings_of(client, **query, minutes="7,15")
    assert (odd[0]["gained_grids"], odd[1]["gained_grids"]) == ("", rows[2]["gained_grids"])


def settle():
    settled = actions.settle(now=timezone.now(), actor="test")
    Edit.objects.all().delete()  # whether a transaction sees its own depends on what else ends meanwhile
    return settled


def test_a_file_says_that_the_change_rests_on_former_figures(peopled, site):
    settled = settle()
    client = client_of(peopled["county"])
    lon, lat = at(3, 4.4)
    query = {"lon": lon, "lat": lat}
    row = rings_of(client, **query)[0]
    assert (row["residents"], row["gained_residents"], row["out_of_date"]) == ("100", "100", "no")
    Population.objects.filter(area=peopled["left house"].area, age_band__code="18-59").update(residents=580)
    Settlement.objects.update(rule="of the release before")  # stale, whatever this transaction sees of its own edit
    row = rings_of(client, **query)[0]
    assert (row["residents"], row["gained_residents"], row["out_of_date"]) == ("600", "100", "yes")
    assert row["read_at"] == timezone.localtime(settled.made_at).isoformat(timespec="seconds")
    change = client.get("/api/coverage/what-if", query).json()
    assert (change["stale"], change["made_at"][:19]) == (True, settled.made_at.isoformat()[:19])
    assert rings_of(client, site=str(site.pk))[0]["out_of_date"] == "no", "a circle alone reads the figures of now"
    settle()
    row = rings_of(client, **query)[0]
    assert (row["gained_residents"], row["out_of_date"]) == ("600", "no")


def test_a_change_by_opening_hours_says_whose_are_not_known(peopled, site):
    actions.settle(now=T0, actor="test")
    kind = SiteKind.objects.get(code="station")
    for name, hours in (("乙", {"sat": [["09:00", "12:00"]]}), ("丙", {"sun": [["09:00", "12:00"]]})):
        Site.objects.create(
            kind=kind, area=peopled["community"].area, name_zh=name, hours=hours, valid_from=T0,
            geometry=Point(*at(3, 1.5), srid=4326),
        )  # fmt: skip
    client = client_of(peopled["county"])
    lon, lat = at(3, 4.4)
    for hours, told in (("any", (3, 0, 0)), ("sat-10:00", (1, 1, 1))):
        query = {"lon": lon, "lat": lat, "hours": hours}
        change = client.get("/api/coverage/what-if", query).json()
        sites = change["sites"]
        assert change["hours"] == hours
        assert (sites["count"], sites["closed"], sites["hours_unknown"]) == told
        row = rings_of(client, **query)[0]
        assert (row["sites"], row["sites_closed"], row["sites_hours_unknown"]) == tuple(map(str, told))
        assert row["opening_hours"] == hours
    query = {"lon": lon, "lat": lat, "hours": "sat-10:00", "instead": str(site.pk)}  # which is not open by then
    change = client.get("/api/coverage/what-if", query)
    assert (change.status_code, change.json()["residents"]["gained"]) == (200, [100, 100, 100])
    assert rings_of(client, **query)[0]["gained_residents"] == "100"
    assert client.get("/api/coverage/what-if", {**query, "instead": str(uuid4())}).status_code == 404
    for query, field in (({"hours": "sat-10:00"}, "hours"), ({"instead": str(site.pk)}, "instead")):
        answer = client.get("/api/circles/file.csv", {"site": str(site.pk), **query})
        assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (
            422,
            "not-of-a-site",
            [field],
        )
    assert client.get("/api/circles/file.csv", {"site": str(site.pk), "hours": "any"}).status_code == 200


def test_a_table_of_numbers_tells_too_few_from_not_known(peopled, site, tmp_path):
    Population.objects.filter(area=peopled["left house"].area, age_band__code="60-79").delete()
    Population.objects.filter(area=peopled["left house"].area).update(residents=3, households=None)
    client = client_of(peopled["county"])
    query = {"site": str(site.pk)}
    (tmp_path / "a.gpkg").write_bytes(client.get("/api/circles/file.gpkg", query).content)
    (gap,) = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="not_reached").to_dict("records")
    assert math.isnan(gap["residents"])
    assert math.isnan(gap["households"])
    assert gap["too_few"] == "residents <5", "nobody counted the households"
    rings = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="circle")
    assert rings["too_few"].tolist() == ["straight_circle <5", "", ""]
    settle()
    (tmp_path / "b.gpkg").write_bytes(client.get("/api/coverage/file.gpkg", {"tier": "compound"}).content)
    areas = pyogrio.read_dataframe(tmp_path / "b.gpkg").set_index("id")
    left, right = (areas.loc[str(peopled[name].area_id), "too_few"] for name in ("left", "right"))
    assert (left.split(", ")[0], right) == ("residents <5", ""), "coverage's own says it alike"


def test_who_may_not_read_residents_takes_none_away_and_nothing_runs(peopled, site):
    Site.objects.filter(pk=site.pk).update(name_zh="=cmd|' /C calc'!A0")
    rows = rows_of(Client(), site=str(site.pk))
    assert [row["residents"] + row["households"] + row["straight_circle"] for row in rows] == [""] * 3
    assert [row["grids"] for row in rows] == [
        str(ring["properties"]["grids"])
        for ring in Client().get("/api/circles", {"site": str(site.pk)}).json()["rings"]["features"]
    ]
    assert rows[0]["site"].startswith("'=")
    assert not Entry.objects.filter(verb="circle.export").exists(), "a visitor leaves no row"
    assert Client().get("/api/circles/file.shp", {"site": str(site.pk)}).status_code == 404
    assert Client().get("/api/circles/file.csv").json()["code"] == "no-place"
    assert Client().get("/api/circles/file.csv", {"lon": 1, "lat": 1}).json()["code"] == "far-from-streets"
