"""The JSON doors: every door for every post, hostile input, pages without gaps, versions, and safe repeats."""

import base64
import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from layers.tickets.actions import import_rows
from layers.tickets.models import Ticket

from .conftest import IN_COMPOUND, IN_EAST, IN_WEST, NOW, OUTSIDE, POSTS
from .test_bulk import row
from .test_reporting import report

READS = {
    "desk",
    "east_desk",
    "chief",
    "worker",
    "west_worker",
    "west_chief",
    "leader",
    "planner",
    "analyst",
    "department",
}
REPORTS = {"desk", "east_desk", "chief", "worker", "west_worker", "west_chief", "department"}


def send(client, url: str, body: dict, *, key=None, version=None):
    """A write as the page makes it."""
    headers = {"Idempotency-Key": str(key or uuid.uuid4())}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


def pin(place=IN_EAST, **changes) -> dict:
    """A report's body."""
    return {
        "id": str(uuid.uuid4()),
        "lon": place[0],
        "lat": place[1],
        "category": "street_lamp",
        "text": "灯不亮",
    } | changes


@pytest.fixture
def as_(client, ground):
    """`as_("worker")`: a client signed in as that post; `as_(None)`: nobody."""

    def sign_in(post):
        client.logout()
        if post:
            client.force_login(ground.people[post])
        return client

    return sign_in


@pytest.mark.parametrize("post", [None, *POSTS])
def test_every_door_for_every_post(as_, ground, post) -> None:
    ticket = report(ground, IN_COMPOUND)
    client = as_(post)
    barred = 401 if post is None else 403
    reads = 200 if post in READS else barred
    reports = 200 if post in REPORTS else barred
    inside = post in READS - {"west_worker", "west_chief"}
    lon, lat = IN_COMPOUND
    listed = client.get("/api/tickets")
    assert listed.status_code == reads
    if reads == 200:
        assert listed.json()["total"] == inside
    assert client.get("/api/tickets/categories").status_code == reads
    assert client.get(f"/api/tickets/answerable?lon={lon}&lat={lat}").status_code == reports
    near = client.get(f"/api/tickets/nearby?lon={lon}&lat={lat}")
    assert near.status_code == reports
    if reports == 200:
        assert near.json()["total"] == inside
    assert client.get(f"/api/tickets/{ticket.pk}").status_code == (200 if inside else 404 if post in READS else barred)
    moved = send(client, f"/api/tickets/{ticket.pk}/moves", {"verb": "sign"}, version=3)
    assert moved.status_code == (200 if post in {"chief", "worker", "department"} else _refusal(post))
    assert send(client, "/api/tickets", pin()).status_code == (201 if post in REPORTS else barred)


def _refusal(post: str | None) -> int:
    """What somebody who may not sign in the compound is told."""
    if post is None:
        return 401
    if post in READS - {"west_worker", "west_chief"}:
        return 403
    return 404 if post in READS else 403


@pytest.mark.parametrize("caller", ["13912345678", ["13912345678"], 13912345678])
def test_a_caller_in_another_form_is_refused_not_lost(as_, caller) -> None:
    answer = send(as_("worker"), "/api/tickets", pin() | {"caller": caller})
    assert answer.status_code == 422
    assert "13912345678" not in answer.content.decode()


def test_tiles_for_every_post(as_, ground) -> None:
    report(ground, IN_COMPOUND)
    for post in (None, *POSTS):
        for layer in ("ticket_cells", "tickets"):
            answer = as_(post).get(f"/tiles/{layer}/10/829/398.mvt")
            assert answer.status_code in ({200, 204} if post in READS else {401, 403, 404}), (post, layer)


def test_a_double_press_stores_once_and_both_get_the_same_answer(as_, ground) -> None:
    client, body, key = as_("worker"), pin(), uuid.uuid4()
    first, again = (send(client, "/api/tickets", body, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other_key = send(client, "/api/tickets", body)
    assert (other_key.status_code, other_key.json()["number"]) == (200, first.json()["number"])
    assert Ticket.objects.count() == 1
    assert send(client, "/api/tickets", pin(), key=key).json()["code"] == "key-reused"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"category": "moon_dust"}, 422, "unknown-category"),
        ({"lon": IN_EAST[1], "lat": IN_EAST[0]}, 422, "bad-place"),
        ({"lon": 0.0, "lat": 0.0}, 422, "far-away"),
        ({"lon": "NaN"}, 422, None),
        ({"lon": None}, 422, "bad-request"),
        ({"id": "not-a-uuid"}, 422, "bad-request"),
        ({"text": "x" * 5000}, 422, "bad-text"),
        ({"datum": "mars"}, 422, "bad-request"),
        ({"accuracy_m": -5}, 422, "bad-accuracy"),
    ],
)
def test_bad_input_is_a_problem_and_stores_nothing(as_, ground, changes, status, code) -> None:
    answer = send(as_("worker"), "/api/tickets", pin(**changes))
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert code in {None, problem["code"]}
    assert problem["detail"]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("body", ['{"lon": NaN, "lat": 1}', "{", "[]", '"x"', "\x00"])
def test_a_body_that_is_no_report_is_a_problem(as_, ground, body) -> None:
    answer = as_("worker").post(
        "/api/tickets", body, content_type="application/json", headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    assert answer.status_code == 422
    assert not Ticket.objects.exists()


def test_html_stays_text(as_, ground) -> None:
    text = "<img src=x onerror=alert(1)> & \"'"
    answer = send(as_("worker"), "/api/tickets", pin(text=text))
    assert answer.json()["text"] == text
    assert answer["Content-Type"].startswith("application/json")
    assert Ticket.objects.get().text == text


def test_answerable_names_the_chain_and_who_answers(as_, ground) -> None:
    told = as_("worker").get(f"/api/tickets/answerable?lon={IN_COMPOUND[0]}&lat={IN_COMPOUND[1]}").json()
    assert [area["tier"] for area in told["located"]] == ["county", "street", "community", "compound"]
    assert told["responsible"]["id"] == str(ground.areas["compound"])
    assert told["posts"][0]["role"] == "chief"
    assert told["then"]["id"] == str(ground.areas["east"])
    assert told["edge_m"] == pytest.approx(178, abs=3)
    outside = as_("worker").get(f"/api/tickets/answerable?lon={OUTSIDE[0]}&lat={OUTSIDE[1]}").json()
    assert (outside["located"], outside["because"]) == ([], "outside")
    swapped = as_("worker").get(f"/api/tickets/answerable?lon={IN_EAST[1]}&lat={IN_EAST[0]}")
    assert swapped.status_code == 422


def test_nearby_lists_open_ones_within_sixty_metres_nearest_first(as_, ground) -> None:
    near = [report(ground, (IN_EAST[0] + step, IN_EAST[1])) for step in (0.0004, 0.0001, 0.0008)]
    import_rows([row(1, IN_EAST, history=())], now=NOW)
    told = as_("worker").get(f"/api/tickets/nearby?lon={IN_EAST[0]}&lat={IN_EAST[1]}").json()
    assert [item["id"] for item in told["items"]][1:] == [str(near[1].pk), str(near[0].pk)]
    assert told["items"][1]["away_m"] == pytest.approx(8.9, abs=0.2)
    wide = as_("worker").get(f"/api/tickets/nearby?lon={IN_EAST[0]}&lat={IN_EAST[1]}&metres=100").json()
    assert (wide["total"], wide["metres"]) == (4, 100)
    for bad in ("nan", "-1", "501", "inf"):
        told = as_("worker").get(f"/api/tickets/nearby?lon={IN_EAST[0]}&lat={IN_EAST[1]}&metres={bad}")
        assert (told.status_code, told.json()["code"]) == (422, "bad-distance"), bad


def test_moves_by_api_with_versions(as_, ground) -> None:
    made = send(as_("worker"), "/api/tickets", pin()).json()
    url = f"/api/tickets/{made['id']}/moves"
    assert [move["verb"] for move in made["moves"]] == ["sign", "return", "escalate", "relocate", "request", "reply"]
    assert [move["reason"] for move in made["moves"]] == [False, True, True, True, True, True]
    listed = next(move for move in made["moves"] if move["verb"] == "return")["reasons"]
    assert {"code": "return_other", "name": "其他", "words": True} in listed
    client = as_("worker")
    assert send(client, url, {"verb": "sign"}).json()["code"] == "no-version"
    assert send(client, url, {"verb": "sign"}, version="9" * 5000).json()["code"] == "no-version"
    key = uuid.uuid4()
    first, again = (send(client, url, {"verb": "sign"}, version=3, key=key) for _ in range(2))
    assert (first.status_code, first.json(), first.json()["version"]) == (200, again.json(), 4)
    conflict = send(client, url, {"verb": "sign"}, version=3)
    assert conflict.status_code == 409
    assert [move["verb"] for move in conflict.json()["possible"]] == [
        "start",
        "return",
        "escalate",
        "relocate",
        "request",
        "reply",
    ]
    stale = send(client, url, {"verb": "start"}, version=3)
    assert (stale.status_code, stale.json()["version"], stale.json()["since"][0]["verb"]) == (412, 4, "sign")
    missing = send(client, url, {"verb": "return"}, version=4)
    assert (missing.status_code, list(missing.json()["fields"])) == (422, ["reason"])
    assert send(client, url, {"verb": "fly"}, version=4).status_code == 422
    assert send(as_("leader"), url, {"verb": "start"}, version=4).status_code == 403


def test_pages_neither_skip_nor_repeat_while_tickets_come_in(as_, ground) -> None:
    import_rows([row(n, IN_EAST, reported_at=NOW - timedelta(hours=n % 7)) for n in range(45)], now=NOW)
    import_rows([row(n, IN_WEST) for n in range(5)], now=NOW)
    for order in ("due", "newest"):
        seen, after = [], ""
        before = Ticket.objects.located_in(ground.areas["east"]).count()
        while after is not None:
            told = as_("worker").get(f"/api/tickets?limit=20&order={order}&after={after}").json()
            seen += [item["id"] for item in told["items"]]
            after = told["next"]
            report(ground, IN_EAST, now=NOW + timedelta(days=400) if order == "due" else NOW)
        assert len(seen) == len(set(seen))
        assert len(seen) >= before
    dues = [item["due_at"] for item in as_("desk").get("/api/tickets?limit=200&state=open").json()["items"]]
    assert dues == sorted(dues)


def test_filters_and_true_totals(as_, ground) -> None:
    import_rows([row(n, IN_EAST, category="noise") for n in range(3)], now=NOW)
    import_rows([row(n, IN_WEST, reported_at=NOW - timedelta(days=40)) for n in range(2)], now=NOW)
    report(ground, IN_EAST, now=timezone.now())

    def total(query: str, post: str = "desk") -> int:
        return as_(post).get(f"/api/tickets?limit=1&{query}").json()["total"]

    assert total("") == 6
    assert total("state=reported") == 5
    assert total("state=open,closed") == 6
    assert total("category=noise,litter") == 5
    assert total(f"area={ground.areas['west']}") == 2
    assert total(f"area={ground.areas['west']}", "worker") == 0
    assert total("bbox=111.77,36.84,111.785,36.86") == 2
    assert total("overdue=true") == 5
    assert total("view=mine", "worker") == 1
    assert total("q=000002") == 1
    since = (NOW - timedelta(days=10)).isoformat().replace("+", "%2B")
    assert total(f"since={since}") == 4
    deep = base64.urlsafe_b64encode(b"[" * 4000).decode()
    for bad in (f"after={deep}", "category=%00", "q=%00"):
        assert as_("desk").get(f"/api/tickets?{bad}").status_code == 422, bad
    for bad in ("state=lost", "bbox=1,2,3", "bbox=9,9,1,1", "after=rubbish", "view=all", "ids=x", "area=x"):
        assert as_("desk").get(f"/api/tickets?{bad}").status_code == 422, bad


def test_who_reports_outside_the_own_area_reads_what_comes_of_it_and_nothing_else(as_, ground) -> None:
    """The report is one's own; the area, its other tickets, its tiles and its moves stay the others'."""
    own = report(ground, IN_WEST, now=timezone.now())
    others = report(ground, IN_WEST, post="west_worker", now=timezone.now())
    client = as_("worker")
    told = client.get(f"/api/tickets/{own.pk}")
    assert told.status_code == 200
    assert told.json()["moves"] == []
    assert client.get("/api/tickets?view=mine").json()["total"] == 1
    assert client.get("/api/tickets").json()["total"] == 0
    assert client.get(f"/api/tickets/{others.pk}").status_code == 404
    assert client.get(f"/api/tickets?ids={own.pk},{others.pk}").json()["total"] == 0


def test_what_needs_me(as_, ground) -> None:
    inside = report(ground, IN_COMPOUND)
    east = report(ground, IN_EAST)
    lost = report(ground, OUTSIDE)

    def needed(post: str) -> set[str]:
        return {item["id"] for item in as_(post).get("/api/tickets?view=needs_me").json()["items"]}

    assert needed("chief") == {str(inside.pk)}
    assert needed("worker") == {str(east.pk)}
    assert needed("desk") == {str(lost.pk)}
    assert needed("east_desk") == needed("west_worker") == needed("leader") == set()
    for verb, version in (("sign", 3), ("start", 4), ("handle", 5)):
        send(as_("worker"), f"/api/tickets/{east.pk}/moves", {"verb": verb}, version=version)
    assert needed("worker") == set()
    assert needed("east_desk") == {str(east.pk)}, "the nearest desk verifies"
    assert needed("desk") == {str(lost.pk)}
    ground.people["chief"].person.appointments.update(valid_until=NOW - timedelta(days=1))
    assert needed("worker") == {str(inside.pk)}, "a post that fell vacant is answered for by the next above"


def test_the_search_box_finds_numbers_of_own_tickets_only(as_, ground) -> None:
    ticket = report(ground, IN_EAST)

    def found(post) -> list[str]:
        results = as_(post).get("/api/atlas/search", {"q": "2026-000001"}).json()["results"]
        return [result["id"] for result in results if result["kind"] == "ticket"]

    assert found("worker") == found("desk") == [str(ticket.pk)]
    assert found("west_worker") == found("auditor") == found(None) == []
