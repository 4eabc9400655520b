"""The doors of the analysis: who may, what is found, what is said of what is unknown, what is refused."""

import csv
import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from django.db import connection
from django.utils import timezone

from gis.catalogue.models import Place
from gis.shared.sheets import harmless
from grids.imports import store_areas
from grids.models import AgeBand, Population
from grids.permissions import roles_for
from grids.records import AreaRecord
from layers.hotspots import cells as cutting
from layers.tickets.models import Ticket
from tests.hotspots.conftest import PLANTED, SCATTERED, SPOT
from tests.tickets.conftest import BEGINNING, IN_WEST, NOW, POSTS, SOUTH, WEST, past_guards

READERS = {"planner", "analyst", "leader", "chief", "west_chief"}
DOORS = ("", "/choices", "/file.csv", "/file.geojson", "/tickets?cell=0,0")
HOT = {"hot-99", "hot-95", "hot-90"}


def url(door: str = "", **query: object) -> str:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/api/hotspots{door}{'&' if '?' in door else '?'}{words}"


def cell_at(document: dict, place: tuple[float, float]) -> dict:
    """The properties of the cell that holds a place."""
    point = shapely.Point(place)
    return next(
        f["properties"] for f in document["features"] if shapely.from_geojson(json.dumps(f["geometry"])).covers(point)
    )


@pytest.mark.parametrize("post", [*POSTS, None])
def test_only_those_whose_appointment_analyses_may(as_, post) -> None:
    client = as_(post)
    for door in DOORS:
        status = client.get(url(door, width=500)).status_code
        if post in READERS:
            assert status == (404 if "tickets" in door else 200), door  # there is no cell 0,0
        else:
            assert status == (401 if post is None else 403), door


def test_the_room_is_shown_to_those_who_may() -> None:
    """The rail goes by role, the doors by verb: both must name the same people."""
    room = Path(__file__).parents[2] / "layers" / "hotspots" / "static" / "hotspots" / "room.js"
    (listed,) = re.findall(r"roles: \[(.*)\]", room.read_text())
    assert sorted(re.findall(r'"(\w+)"', listed)) == sorted(roles_for("hotspot.read"))


def test_choices_are_the_catalogues_of_the_place(as_) -> None:
    found = as_("planner").get(url("/choices")).json()
    assert [row["code"] for row in found["tiers"]] == ["street", "community", "compound", "building"], "no units here"
    assert "street_lamp" in [row["code"] for row in found["categories"]]


def test_the_planted_cluster_is_found_and_its_tickets_open(as_) -> None:
    document = as_("planner").get(url(width=200)).json()
    figures = document["summary"]
    assert figures["tickets"] == SCATTERED + PLANTED
    assert figures["p_values"] in {"permutation", "uneven", "poisson"}, "less than one a cell"
    assert 0 < figures["after"] < figures["before"]
    spot = cell_at(document, SPOT)
    assert spot["class"] == "hot-99"
    assert spot["p"] <= figures["cutoffs"]["0.05"]
    far = cell_at(document, IN_WEST)
    assert far["class"] not in HOT
    behind = as_("planner").get(url(f"/tickets?cell={spot['cell']}", width=200)).json()
    assert behind["count"] == spot["tickets"] == len(behind["tickets"])
    assert behind["tickets"] == sorted(behind["tickets"], key=lambda row: row["reported_at"], reverse=True)
    assert {"id", "number", "category", "text", "state_name", "lonlat"} <= set(behind["tickets"][0])


def test_every_ticket_is_counted_once_or_named_as_outside(as_) -> None:
    for cells in ("hexagon", "county", "community", "compound", "building"):
        document = as_("planner").get(url(cells=cells)).json()
        assert sum(f["properties"]["tickets"] for f in document["features"]) == document["summary"]["tickets"]
        assert document["summary"]["tickets"] + document["summary"]["outside"] == SCATTERED + PLANTED
    assert document["summary"]["few_cells"]


def test_areas_count_by_the_rule_of_the_ground_and_open_their_tickets(as_, ground) -> None:
    document = as_("planner").get(url(cells="community")).json()
    east, west = (f["properties"] for f in document["features"])
    assert (east["cell"], east["name_zh"]) == (str(ground.areas["east"]), "east 区")
    assert east["tickets"] + west["tickets"] == SCATTERED + PLANTED
    behind = as_("planner").get(url(f"/tickets?cell={west['cell']}", cells="community")).json()
    assert behind["count"] == west["tickets"] > 50
    assert (len(behind["tickets"]), behind["more"]) == (50, True)
    rest = as_("planner").get(url(f"/tickets?cell={west['cell']}", cells="community", page=1)).json()
    assert len(rest["tickets"]) == west["tickets"] - 50
    assert not {row["id"] for row in behind["tickets"]} & {row["id"] for row in rest["tickets"]}


def test_a_page_of_a_cell_reads_no_more_tickets_than_it_tells(as_) -> None:
    west = as_("planner").get(url(cells="community")).json()["features"][1]["properties"]
    read = 0

    def counting(execute, sql, params, many, context):
        nonlocal read
        found = execute(sql, params, many, context)
        read += max(context["cursor"].rowcount, 0) if 'FROM "tickets_ticket"' in sql else 0
        return found

    with connection.execute_wrapper(counting):
        behind = as_("planner").get(url(f"/tickets?cell={west['cell']}", cells="community")).json()
    assert behind["count"] == west["tickets"] > read == len(behind["tickets"])
    assert len(behind["places"]) == behind["count"]


def test_category_and_period_choose_the_tickets(as_) -> None:
    everything = as_("planner").get(url()).json()["summary"]["tickets"]
    lamps = as_("planner").get(url(category="street_lamp")).json()["summary"]["tickets"]
    assert (everything, lamps) == (SCATTERED + PLANTED, PLANTED)
    day = timezone.localtime(NOW - timedelta(days=50)).date()
    before = as_("planner").get(url(until=day)).json()
    after = as_("planner").get(url(since=day + timedelta(days=1))).json()
    assert before["summary"]["tickets"] + after["summary"]["tickets"] == everything
    assert before["question"]["until"] == str(day), "the last day is part of the period, and is said as it was asked"
    assert as_("planner").get(url(since="2030-01-01")).json()["summary"]["tickets"] == 0


def test_days_are_those_of_the_place(as_) -> None:
    """A ticket of 23:30 in New York lies on the next day in Shanghai."""
    Place.objects.create(name_zh="纽约", kind=Place.Kind.IMPORTED, time_zone="America/New_York")
    last = Ticket.objects.order_by("reported_at").last()
    with past_guards():
        Ticket.objects.filter(pk=last.pk).update(reported_at=datetime(2026, 3, 10, 3, 30, tzinfo=UTC))
    document = as_("planner").get(url(since="2026-03-09", until="2026-03-09")).json()
    assert (document["summary"]["tickets"], document["question"]["until"]) == (1, "2026-03-09")
    assert as_("planner").get(url(since="2026-03-10")).json()["summary"]["tickets"] == 0


def test_a_chief_analyses_the_own_ground_only(as_, ground) -> None:
    own = as_("west_chief").get(url()).json()
    assert own["summary"]["tickets"] < SCATTERED
    assert all(f["properties"]["lon"] < SPOT[0] for f in own["features"])
    assert as_("west_chief").get(url(area=ground.areas["east"])).status_code == 403
    assert as_("west_chief").get(url(area=ground.areas["county"])).status_code == 403
    asked = as_("planner").get(url(area=ground.areas["west"])).json()["summary"]
    assert {name for name in asked if asked[name] != own["summary"][name]} == {"link", "outside"}


def test_unknown_residents_are_missing_and_never_nobody(as_, ground) -> None:
    document = as_("planner").get(url(cells="community")).json()
    assert document["summary"]["residents"] is None
    for feature in document["features"]:
        assert feature["properties"]["residents"] is feature["properties"]["per_1000"] is None
    refused = as_("planner").get(url(cells="community", per="residents"))
    assert (refused.status_code, refused.json()["code"]) == (422, "no-residents")
    assert "per" in refused.json()["fields"]


def settle(ground, name: str, residents: int) -> None:
    band = AgeBand.objects.first()
    Population.objects.create(
        area_id=ground.areas[name], age_band=band, residents=residents, source="test", valid_from=BEGINNING
    )


def test_known_residents_give_rates_and_small_numbers_give_none(as_, ground) -> None:
    settle(ground, "building", 3)
    settle(ground, "west", 4000)
    east, west = (f["properties"] for f in as_("planner").get(url(cells="community")).json()["features"])
    assert (east["residents"], east["per_1000"]) == ("<5", None)
    assert (west["residents"], west["per_1000"]) == (4000, round(west["tickets"] / 4, 2))
    rates = as_("planner").get(url(cells="community", per="residents")).json()
    assert rates["summary"]["p_values"] == "poisson"
    buildings = as_("planner").get(url(cells="building")).json()["features"]
    assert [f["properties"]["residents"] for f in buildings] == ["<5"]
    hexagons = as_("planner").get(url(per="residents")).json()
    assert hexagons["summary"]["unknown"] == hexagons["summary"]["cells"] - 1
    took_part = [f["properties"]["tickets"] for f in hexagons["features"] if f["properties"]["class"] != "unknown"]
    assert hexagons["summary"]["compared_tickets"] == sum(took_part) < hexagons["summary"]["tickets"]
    unknown = [f["properties"] for f in hexagons["features"] if f["properties"]["class"] == "unknown"]
    assert all(cell["z"] is None and cell["residents"] is None for cell in unknown)


def test_a_figure_of_a_larger_area_is_in_none_of_the_cells_and_said_to_be(as_, ground) -> None:
    """All of a community stood in the hexagon that its middle falls into: one cell without tickets, and cold."""
    settle(ground, "west", 4000)
    client = as_("planner")
    for cells in ("hexagon", "building"):
        refused = client.get(url(cells=cells, per="residents"))
        assert (refused.status_code, refused.json()["code"]) == (422, "no-residents")
        assert "上一层级" in refused.json()["detail"]
    counted = client.get(url()).json()
    assert {feature["properties"]["residents"] for feature in counted["features"]} == {None}
    assert [counted["summary"][name] for name in ("coarse", "not_placed", "residents")] == [1, 4000, None]
    settle(ground, "building", 90)
    rates = client.get(url(per="residents")).json()
    figures = rates["summary"]
    assert [figures[name] for name in ("coarse", "not_placed", "residents")] == [1, 4000, 90]
    assert [one["properties"]["residents"] for one in rates["features"] if one["properties"]["z"] is not None] == [90]
    assert figures["unknown"] == figures["cells"] - 1
    lines = csv.DictReader(io.StringIO(client.get(url("/file.csv", per="residents")).content.decode("utf-8-sig")))
    assert {(line["coarse"], line["not_placed"]) for line in lines} == {("1", "4000")}
    whole = client.get(url(cells="community", per="residents")).json()["summary"]
    assert [whole[name] for name in ("coarse", "not_placed", "residents")] == [0, 0, 4090]
    Population.objects.filter(residents=4000).update(residents=3)
    told_to = {post: as_(post).get(url()).json()["summary"]["not_placed"] for post in ("planner", "west_chief")}
    assert told_to == {"planner": "<5", "west_chief": 3}


def test_who_has_no_duty_cannot_tell_one_small_figure_of_residents_from_another(as_, ground) -> None:
    """Two small parts make a figure that is told: it must not be their true sum."""
    young, old = (AgeBand.objects.filter(**which).first() for which in ({"age_from": 7}, {"age_from__gte": 60}))
    told = {post: set() for post in ("planner", "chief")}
    for counts in ((2, 3), (3, 4), (1, 4), (4, 4)):
        Population.objects.all().delete()
        for band, residents in zip((young, old), counts, strict=True):
            Population.objects.create(
                area_id=ground.areas["building"], age_band=band, residents=residents, source="t", valid_from=BEGINNING
            )
        for post, answers in told.items():
            client = as_(post)
            document = client.get(url(cells="building")).json()
            rates = [client.get(url(cells=cells, per="residents")).json() for cells in ("building", "hexagon")]
            features = json.dumps([one["features"] for one in rates])  # z, p, expected, rates: all that residents make
            answers.add(
                (document["summary"]["residents"], document["features"][0]["properties"]["residents"], features)
            )
    assert len(told["planner"]) == 1
    assert {total for total, *_rest in told["chief"]} >= {5, 7, 8}, "who has a duty there reads the truth"


def test_files_carry_everything_needed_to_repeat_them(as_) -> None:
    shown = as_("planner").get(url(cells="compound", neighbours="nearest", nearest=3)).json()
    for words in ("cells=compound&neighbours=nearest&nearest=3", shown["summary"]["link"].replace("+", "%2B")):
        answer = as_("planner").get(f"/api/hotspots/file.csv?{words}")
        assert answer["Content-Disposition"].startswith('attachment; filename="hotspots-compound-')
        assert answer.content.startswith(b"\xef\xbb\xbf")
        (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        cell = shown["features"][0]["properties"]
        assert (line["code"], line["class"], int(line["tickets"])) == (cell["code"], cell["class"], cell["tickets"])
        assert float(line["z"]) == cell["z"]
        assert (line["asked_neighbours"], line["asked_nearest"]) == ("nearest", "3")
        assert line["asked_moment"]
    again = as_("planner").get("/api/hotspots/file.geojson?cells=compound").json()
    assert again["type"] == "FeatureCollection"
    assert again["question"]["cells"] == "compound"


def test_names_cannot_become_formulas(as_, ground) -> None:
    trap = AreaRecord(
        id=uuid.uuid4(), tier="compound", parent=ground.areas["west"], code="141024001002-009", name_zh="院",
        name_en="=HYPERLINK(1)", geometry=shapely.box(WEST + 0.002, SOUTH + 0.002, WEST + 0.004, SOUTH + 0.004),
    )  # fmt: skip
    store_areas([trap], reason="test", now=BEGINNING + timedelta(days=1), actor="test")
    text = as_("planner").get(url("/file.csv", cells="compound")).content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in [line["name_en"] for line in csv.DictReader(io.StringIO(text))]
    given = ["+1", "-1", "@x", "\tx", -1.5, None, "a=b", ""]
    assert [harmless(value) for value in given] == ["'+1", "'-1", "'@x", "'\tx", -1.5, None, "a=b", ""]


BAD_QUESTIONS = [
    ({"cells": "galaxy"}, "cells"),
    ({"width": "5"}, "width"),
    ({"width": "nan"}, "width"),
    ({"width": "1e9"}, "width"),
    ({"area": "x"}, "area"),
    ({"category": "<b>x</b>"}, "category"),
    ({"since": "2026-02-30"}, "since"),
    ({"since": "yesterday"}, "since"),
    ({"since": "2026-03-02", "until": "2026-03-01"}, "until"),
    ({"per": "head"}, "per"),
    ({"neighbours": "friends"}, "neighbours"),
    ({"nearest": "0"}, "nearest"),
    ({"within": "-3"}, "within"),
    ({"chance": "luck"}, "chance"),
    ({"moment": "soon"}, "moment"),
]


def test_what_cannot_be_asked_is_said_field_by_field(as_) -> None:
    client = as_("planner")
    for query, field in BAD_QUESTIONS:
        for door in ("", "/file.csv"):
            answer = client.get(url(door, **query))
            assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), query
            assert field in answer.json()["fields"], query


def test_too_many_cells_names_a_width_that_fits(as_, monkeypatch) -> None:
    monkeypatch.setattr(cutting, "MOST_CELLS", 20_000)
    detail = as_("planner").get(url(width=20)).json()["detail"]
    assert "50" in detail
    assert as_("planner").get(url(width=50)).status_code == 200


@pytest.mark.parametrize("kind", ["exe", "csv.gz"])
def test_other_files_do_not_exist(as_, kind) -> None:
    assert as_("planner").get(url(f"/file.{kind}")).status_code == 404


def test_before_anything_was_drawn_there_is_nothing_to_cut_up(as_) -> None:
    answer = as_("planner").get(url(moment="2019-01-01"))
    assert (answer.status_code, answer.json()["code"]) == (422, "no-ground")
