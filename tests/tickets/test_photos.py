"""Photos of tickets: one step's, seen by whoever may read the ticket, kept by the database."""

import threading
import uuid
from datetime import timedelta
from functools import cache

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from gis.files import store
from gis.files.models import Picture
from gis.files.pictures import Caps
from gis.files.pictures.drawing import draw
from gis.shared.errors import Conflict, Invalid, Refused, SignInNeeded
from layers.tickets import photos
from layers.tickets.models import Ticket, TicketPhoto
from tests.files.photos import PLANTED, photo

from .conftest import IN_COMPOUND, IN_EAST, IN_WEST, NOW, POSTS
from .test_api import send
from .test_reporting import report


@cache
def drawn():
    """One photo, drawn anew once for all tests here."""
    return draw(photo(), Caps())


def added(account, **changes) -> Picture:
    """A picture that somebody added and that lies in the store."""
    made = drawn()
    told = {
        "id": uuid.uuid4(), "owner": photos.OWNER, "account": account, "source_hash": b"x", "kind": "image/jpeg",
        "width": made.width, "height": made.height, "size": len(made.full), "sha256": "0" * 64, "stored": True,
        "created_at": NOW,
    } | changes  # fmt: skip
    picture = Picture.objects.create(**told)
    store.put(picture.pk, made.full, made.thumb)
    return picture


def give(ticket, pictures, actor, *, seq: int = 1) -> None:
    event = ticket.events.get(seq=seq)
    with transaction.atomic():
        photos.attach(event=event, ids=[picture.pk for picture in pictures], actor=actor, now=NOW)


def test_a_step_shows_its_photos_in_the_order_they_were_given(ground) -> None:
    worker = ground.people["worker"]
    ticket = report(ground)
    first, second, third = (added(worker) for _time in range(3))
    give(ticket, [third, first], worker)
    give(ticket, [third, first], worker)  # the same again
    give(ticket, [second], worker, seq=3)
    events = list(ticket.events.order_by("seq"))
    shown = photos.of_events(events)
    assert [one["id"] for one in shown[events[0].pk]] == [str(third.pk), str(first.pk)]
    assert shown[events[2].pk][0]["thumb"] == f"/api/files/{second.pk}/thumb"
    assert events[1].pk not in shown
    assert photos.ids_of(events[0]) == [third.pk, first.pk]
    assert set(Picture.objects.values_list("owner_id", flat=True)) == {ticket.pk}


def test_what_cannot_be_given_is_told_and_nothing_of_the_step_is_stored(ground) -> None:
    worker, chief = ground.people["worker"], ground.people["chief"]
    ticket, other = report(ground), report(ground)
    mine, his, taken = added(worker), added(chief), added(worker)
    give(other, [taken], worker)
    gone = Picture(id=uuid.uuid4())
    half = added(worker, stored=False)
    foreign = added(worker, owner="elsewhere")
    many = [added(worker) for _time in range(photos.MOST_PHOTOS + 1)]
    for pictures, kind, code in [
        ([mine, his], Invalid, "no-picture"),
        ([mine, gone], Invalid, "no-picture"),
        ([half], Invalid, "no-picture"),
        ([foreign], Invalid, "no-picture"),
        ([mine, taken], Conflict, "picture-taken"),
        ([mine, mine], Invalid, "photo-twice"),
        (many, Invalid, "many-photos"),
    ]:
        with pytest.raises(kind) as caught:
            give(ticket, pictures, worker)
        assert (caught.value.kind, "photos" in caught.value.fields) == (code, True)
    assert TicketPhoto.objects.filter(event__ticket=ticket).count() == 0
    mine.refresh_from_db()
    assert mine.owner_id is None
    give(ticket, [mine], worker)
    with pytest.raises(Conflict):  # of this ticket, but of an earlier step
        give(ticket, [mine], worker, seq=3)
    with pytest.raises(Conflict):  # a step is not added to
        give(ticket, [mine, many[0]], worker)


@pytest.mark.parametrize("post", [None, *POSTS])
def test_whoever_may_read_the_ticket_sees_its_photos_and_nobody_else(ground, client, post) -> None:
    ticket = report(ground, IN_COMPOUND)
    picture = added(ground.people["worker"])
    give(ticket, [picture], ground.people["worker"])
    if post:
        client.force_login(ground.people[post])
    readable = client.get(f"/api/tickets/{ticket.pk}").status_code == 200
    for url in (f"/api/files/{picture.pk}", f"/api/files/{picture.pk}/thumb"):
        assert client.get(url).status_code == (200 if readable else 401 if post is None else 404)
    assert readable == (post in {"desk", "east_desk", "chief", "worker", "leader", "planner", "analyst", "department"})


def test_who_reports_elsewhere_keeps_seeing_the_own_photos(ground, client) -> None:
    west = ground.people["west_worker"]
    ticket = report(ground, IN_EAST, post="west_worker")
    picture = added(west)
    give(ticket, [picture], west)
    client.force_login(west)
    assert client.get(f"/api/files/{picture.pk}").status_code == 200
    client.force_login(ground.people["west_chief"])
    assert client.get(f"/api/files/{picture.pk}").status_code == 404


def test_whoever_may_report_may_add(ground) -> None:
    from django.contrib.auth.models import AnonymousUser

    photos.may_add(ground.people["worker"], NOW)
    with pytest.raises(Refused):
        photos.may_add(ground.people["auditor"], NOW)
    with pytest.raises(SignInNeeded):
        photos.may_add(AnonymousUser(), NOW)


def test_a_photo_goes_from_the_door_to_the_ticket(ground, client) -> None:
    """Uploaded with position and words in it, sent with the report and with a move, served without them."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.force_login(ground.people["worker"])

    def upload() -> str:
        file = SimpleUploadedFile("IMG.HEIC", photo("heic"))
        answer = client.post(
            "/api/files?owner=ticket", {"file": file}, headers={"Idempotency-Key": str(uuid.uuid4())}
        )
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    body = {
        "id": str(uuid.uuid4()), "lon": IN_EAST[0], "lat": IN_EAST[1], "category": "street_lamp", "photos": [upload()],
    }  # fmt: skip
    told = send(client, "/api/tickets", body)
    assert told.status_code == 201, told.content
    assert [one["id"] for one in told.json()["events"][0]["photos"]] == body["photos"]
    assert send(client, "/api/tickets", body).status_code == 200
    late = upload()
    moved = send(
        client, f"/api/tickets/{body['id']}/moves", {"verb": "sign", "photos": [late]}, version=told.json()["version"]
    )
    assert moved.status_code == 200, moved.content
    assert [one["id"] for one in moved.json()["events"][-1]["photos"]] == [late]
    served = client.get(moved.json()["events"][-1]["photos"][0]["url"])
    assert PLANTED not in served.content
    wrong = send(client, "/api/tickets", body | {"id": str(uuid.uuid4())})
    assert (wrong.status_code, "photos" in wrong.json()["fields"]) == (409, True)
    assert Ticket.objects.count() == 1


def test_the_database_keeps_photos_with_their_step(ground) -> None:
    worker = ground.people["worker"]
    ticket, other = report(ground), report(ground, IN_WEST)
    picture, loose = added(worker), added(worker)
    give(ticket, [picture], worker)

    def tried(error, statement, *values) -> None:
        with pytest.raises(error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)

    tried(ProgrammingError, "UPDATE tickets_ticketphoto SET position = 2")
    tried(ProgrammingError, "DELETE FROM tickets_ticketphoto")
    insert = "INSERT INTO tickets_ticketphoto (event_id, position, picture_id) VALUES (%s, 1, %s)"
    tried(IntegrityError, insert, other.events.first().pk, loose.pk)  # belongs to no ticket
    Picture.objects.filter(pk=loose.pk).update(owner_id=ticket.pk, attached_at=NOW)
    tried(IntegrityError, insert, other.events.first().pk, loose.pk)  # belongs to another one


def test_two_steps_that_take_one_photo_at_once_one_of_them_gets_it(racing_ground) -> None:
    worker = racing_ground.people["worker"]
    tickets = [report(racing_ground), report(racing_ground)]
    picture = added(worker)
    start, told = threading.Barrier(2), []

    def take(ticket) -> None:
        start.wait()
        try:
            give(ticket, [picture], worker)
            told.append("given")
        except Conflict:
            told.append("refused")
        connection.close()

    threads = [threading.Thread(target=take, args=[ticket]) for ticket in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["given", "refused"]
    assert TicketPhoto.objects.count() == 1


def test_the_sweep_leaves_the_photos_of_tickets(ground) -> None:
    from gis.files.actions import sweep

    worker = ground.people["worker"]
    kept, left = added(worker), added(worker)
    give(report(ground), [kept], worker)
    assert sweep(now=NOW + timedelta(days=400)) == 1
    assert list(Picture.objects.values_list("pk", flat=True)) == [kept.pk]
    assert not store.path_of(left.pk, left.kind).exists()
    assert store.path_of(kept.pk, kept.kind, thumb=True).exists()
