"""What everybody sees of tickets: five things, a rounded place, never a private matter; each door tells the same."""

import json
import uuid
from datetime import timedelta

import mapbox_vector_tile
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.atlas.session import sources
from layers.atlas.tiles import tile
from layers.tickets import public, workflow
from layers.tickets.actions import move_ticket, report_ticket
from layers.tickets.models import Category, Ticket
from layers.tickets.public import Cell, PublicTicketLayer, cell_of

from .conftest import IN_COMPOUND, IN_WEST, NOW, SOUTH, WEST
from .test_layer import features
from .test_spots import row_of, scatter

BOX = f"{WEST},{SOUTH},{WEST + 0.04},{SOUTH + 0.04}"
ITEM = {"category", "category_name", "state", "state_name", "lon", "lat", "day", "reply"}
LON, LAT = st.floats(-179.99, 179.99), st.floats(-84, 84)


def report(ground, place=IN_COMPOUND, *, category="street_lamp", now=None, text="张三说路灯不亮 13800138000"):
    ticket, _new = report_ticket(
        ticket_id=uuid.uuid4(), actor=ground.people["worker"], lon=place[0], lat=place[1], category=category, text=text,
        now=now or timezone.now(),
    )  # fmt: skip
    return ticket


def asked(query=f"bbox={BOX}", status=200):
    answer = Client().get(f"/api/tickets/public?{query}")
    assert answer.status_code == status, answer.content
    return answer.json()


@settings(max_examples=50)
@given(lon=LON, lat=LAT)
def test_a_place_is_told_as_the_middle_of_its_cell(lon, lat):
    cell = cell_of(lon, lat)
    assert cell_of(*cell.middle) == cell, "telling a told place again tells no more"
    middle = cell.middle
    assert abs(middle[0] - lon) <= 360 / public.CELLS / 2 + 1e-5


def test_everybody_reads_five_things_of_a_matter(ground):
    ticket = report(ground)
    told = asked()
    assert (told["total"], told["next"]) == (1, None)
    (item,) = told["items"]
    assert set(item) == ITEM
    lon, lat = cell_of(*IN_COMPOUND).middle
    assert (item["category"], item["state"], item["lon"], item["lat"]) == ("street_lamp", "received", lon, lat)
    assert item["day"] == str(timezone.localdate())
    words = json.dumps(told, ensure_ascii=False)
    for secret in (str(ticket.pk), ticket.number, "张三", "13800138000", "compound", "T0", str(IN_COMPOUND[0])):
        assert secret not in words, secret


def test_private_categories_refused_merged_and_old_matters_do_not_appear(ground):
    for code in ("neighbour_quarrel", "elder_care", "illegal_structure", "other"):
        report(ground, category=code)
    old = report(ground, now=timezone.now() - timedelta(days=100))
    assert [item["state"] for item in asked()["items"]] == ["received"], "open for a hundred days: that is news"
    Category.objects.filter(code="street_lamp").update(private=True)
    assert asked()["total"] == 0
    Category.objects.filter(code="street_lamp").update(private=False)
    ground_state(old, "closed")
    assert asked()["total"] == 0
    for state in ("refused", "merged"):
        ground_state(report(ground), state)
    assert asked()["total"] == 0


def ground_state(ticket, state):
    """A ticket put into a state past the workflow; its narrow row follows by trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE tickets_ticket DISABLE TRIGGER tickets_guard_move")
        cursor.execute("ALTER TABLE tickets_ticket DISABLE TRIGGER tickets_ticket_agrees")
        cursor.execute("UPDATE tickets_ticket SET state = %s WHERE id = %s", [state, ticket.pk])
        cursor.execute("ALTER TABLE tickets_ticket ENABLE TRIGGER tickets_guard_move")
        cursor.execute("ALTER TABLE tickets_ticket ENABLE TRIGGER tickets_ticket_agrees")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_every_state_is_told_as_one_of_three_or_not_at_all():
    told = [state for states in public.STATES.values() for state in states]
    assert sorted(told) == sorted(set(workflow.STATES) - {"refused", "merged"})
    assert set(public.STATE_NAMES) == set(public.STATES)


def test_a_reply_is_told_and_a_number_in_it_is_not(ground):
    ticket = report(ground)
    move_ticket(
        ticket_id=ticket.pk, verb="reply", actor=ground.people["chief"], version=ticket.version, now=timezone.now(),
        reason="已安排维修，周五前修好",
    )  # fmt: skip
    assert asked()["items"][0]["reply"] == "已安排维修，周五前修好"
    assert public.documents([row(reply="请打 １38 0013 8000，谢谢")], "zh")[0]["reply"] == "请打 ****，谢谢"


def row(**changes):
    plain = {"cell_x": 1, "cell_y": 1, "day": None, "code_": "x", "name_zh": "灯", "name_en": "", "told": "done"}
    return plain | {"reply": None} | changes


def test_filters_pages_and_mistakes(ground):
    for n in range(5):
        report(ground, (WEST + 0.001 + n * 0.006, SOUTH + 0.02), category="litter" if n % 2 else "street_lamp")
    assert asked(f"bbox={BOX}&category=litter")["total"] == 2
    assert asked(f"bbox={BOX}&state=done")["total"] == 0
    first, second = asked(f"bbox={BOX}&limit=3"), asked(f"bbox={BOX}&limit=3&page=2")
    assert [len(page["items"]) for page in (first, second)] == [3, 2]
    assert (first["next"], second["next"]) == (2, None)
    cell = cell_of(WEST + 0.001, SOUTH + 0.02)
    assert asked(f"cell=16:{cell.x}:{cell.y}")["total"] == 1
    assert asked(f"cell=14:{cell.x >> 2}:{cell.y >> 2}")["total"] >= 1
    for wrong in ("", "bbox=1,2,3", "bbox=nan,1,2,3", "bbox=100,20,120,40", "cell=17:1:1", "cell=16:99999:1", "cell=1",
                  f"bbox={BOX}&state=paused", f"bbox={BOX}&page=0", f"bbox={BOX}&limit=9999"):  # fmt: skip
        assert asked(wrong, status=422)["code"] == "bad-filter", wrong


@pytest.mark.parametrize("z", [8, 11, 13, 15, 16, 17])
def test_the_layer_counts_each_matter_once_in_its_cell_at_every_zoom(ground, z):
    places = [(WEST + 0.001 + n * 0.0057, SOUTH + 0.001 + n * 0.0049) for n in range(7)]
    for place in (*places, places[0]):
        report(ground, place)
    report(ground, IN_WEST, category="neighbour_quarrel")
    found = features(PublicTicketLayer(), z, AnonymousUser())
    assert sum(one["properties"]["count"] for one in found) == 8
    assert sum(one["properties"]["done"] for one in found) == 0
    assert {tuple(one["properties"]) for one in found} <= {("id", "count", "done")}
    bits = min(16, z + 2)
    cells = {f"{bits}:{cell.x >> 16 - bits}:{cell.y >> 16 - bits}" for cell in (cell_of(*at) for at in places)}
    assert {one["properties"]["id"] for one in found} == cells


def test_it_is_switched_on_for_visitors_alone(ground):
    def shown(asker):
        layers = [layer for source in sources(asker) for layer in source["layers"]]
        return next(layer["shown"] for layer in layers if layer["name"] == "public_tickets")

    assert shown(AnonymousUser()) is True
    assert shown(ground.people["worker"]) is False


def test_no_moment_tells_when_a_matter_was_reported_or_brings_an_old_one_back(ground):
    reported = timezone.now() - timedelta(days=30)
    ticket = report(ground, now=reported)
    ground_state(ticket, "closed")
    cell = cell_of(*IN_COMPOUND)
    at = reported + public.KEPT
    tiles = {
        Client().get(f"/tiles/public_tickets/16/{cell.x}/{cell.y}.mvt", {"moment": moment.isoformat()}).content
        for moment in (at - timedelta(seconds=1), at + timedelta(seconds=1), at - timedelta(days=400))
    }
    assert len(tiles) == 1


def test_map_and_list_tell_one_place(ground):
    report(ground)
    cell = cell_of(*IN_COMPOUND)
    data = tile([PublicTicketLayer()], 16, cell.x, cell.y, asker=AnonymousUser(), moment=timezone.now())
    (one,) = mapbox_vector_tile.decode(data)["public_tickets"]["features"]
    assert one["properties"]["id"] == f"16:{cell.x}:{cell.y}"
    assert all(abs(value - 2048) < 2 for value in one["geometry"]["coordinates"]), "the middle of its tile"
    (item,) = asked(f"cell={one['properties']['id']}")["items"]
    assert Cell(cell.x, cell.y).middle == (item["lon"], item["lat"])
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("z", "days"), [(13, 0), (13, 75), (13, 89), (13, 100), (13, 130), (12, 75), (10, 89), (8, 100)]
)
def test_tallies_tell_what_the_rows_tell(ground, z, days):
    now = NOW + timedelta(days=days)
    scatter(ground)
    Category.objects.filter(code="errand").update(private=True)
    n, layer = 2**z, PublicTicketLayer()
    slow, quick = {}, {}
    for row in layer.rows(asker=AnonymousUser(), moment=now, zoom=z + 1):
        slow[row["id"]] = (row["count"], row["done"], pytest.approx(row["geom"].coords, abs=1e-9))
    (x0, y0), (x1, y1) = (
        (int((lon + 180) / 360 * n), row_of(lat, n)) for lon, lat in ((WEST, SOUTH + 0.1), (WEST + 0.1, SOUTH))
    )
    for x in range(x0, x1 + 1):
        for y in range(y0, y1 + 1):
            sql, params = layer.tile_rows(z, x, y, asker=AnonymousUser(), now=now)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT id, count, done, ST_X(geom), ST_Y(geom) FROM ({sql}) AS cells", params)
                quick |= {key: (count, done, (lon, lat)) for key, count, done, lon, lat in cursor.fetchall()}
    assert quick == slow
    assert slow
    assert layer.tile_rows(14, x0, y0, asker=AnonymousUser(), now=now) is None
    assert layer.tile_rows(7, 0, 0, asker=AnonymousUser(), now=now) is None, "from so far nobody looks"


@pytest.mark.parametrize("limit", [1, 7, 60])
def test_pages_by_day_hold_each_matter_once(ground, limit):
    scatter(ground)
    now, wanted = NOW + timedelta(days=130), Q(category__code__in=["litter", "noise"])
    whole = list(public.matters(now).filter(wanted))
    told, first = [], 0
    while first < len(whole) + limit:
        rows, total = public.page(wanted, now, first=first, limit=limit)
        assert total == len(whole)
        told += rows
        first += limit
    assert told == whole
    assert len(whole) > 20
