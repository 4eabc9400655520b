"""The doors of pictures: sent twice stored once, told what is wrong, served so that nothing runs, asked each time."""

import threading
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from gis.files import actions, owners, store
from gis.files.models import Picture
from gis.files.pictures import draw_apart
from gis.files.pictures.drawing import draw
from gis.shared.errors import SignInNeeded
from tests.files import photos

OPEN_TO: set[str] = set()


def demand_sign_in(asker, now) -> None:
    if not asker.is_authenticated:
        raise SignInNeeded("sign in")


@pytest.fixture(autouse=True)
def owner(monkeypatch):
    """An app that keeps pictures and lets those in OPEN_TO see them."""
    monkeypatch.setitem(
        owners.OWNERS, "case", owners.Owner("case", demand_sign_in, lambda asker, key, now: asker.username in OPEN_TO)
    )
    OPEN_TO.clear()


def account(name: str):
    from gis.accounts.models import Account

    return Account.objects.create(username=name, display_name=name, password="!")


def browser(who=None) -> Client:
    client = Client()
    if who is not None:
        client.force_login(who)
    return client


def add(client: Client, content: bytes | None = None, *, key=None, name: str = "IMG_0001.JPG", owner: str = "case"):
    file = SimpleUploadedFile(name, photos.photo() if content is None else content, "image/jpeg")
    headers = {"Idempotency-Key": str(key or uuid.uuid4())}
    return client.post(f"/api/files?owner={owner}", {"file": file}, headers=headers)


def lying() -> list[Path]:
    """What lies in the store, of pictures."""
    return [path for path in store.root().rglob("*") if path.is_file() and not path.name.startswith("slot-")]


@pytest.fixture(autouse=True)
def empty_store(settings, tmp_path):
    """A store of the test's own."""
    settings.FILES_DIR = str(tmp_path)


@pytest.fixture(autouse=True)
def drawn_here(monkeypatch):
    """Drawn in this process, which is quicker; the first test here and those of pictures use the child."""
    monkeypatch.setattr(actions, "draw_apart", draw)


@pytest.fixture
def anna(db):
    return account("anna")


@pytest.mark.parametrize("kind", photos.FORMATS)
def test_not_one_byte_of_what_a_camera_wrote_lies_in_the_store(anna, kind, monkeypatch):
    """Position, words, profile and XMP are in what is sent, in nothing that is stored and in nothing that is served."""
    monkeypatch.setattr(actions, "draw_apart", draw_apart)
    client = browser(anna)
    sent = photos.photo(kind)
    assert photos.PLANTED in sent
    told = add(client, sent, name=f"photo.{kind}")
    assert told.status_code == 201, told.content
    document = told.json()
    assert (document["width"], document["height"]) == (96, 64)
    assert len(lying()) == 2
    served = [client.get(document[name]) for name in ("url", "thumb")]
    for content in [path.read_bytes() for path in lying()] + [answer.content for answer in served]:
        assert [word for word in photos.SAYS if word in content] == []
    assert {path.stat().st_mode & 0o777 for path in lying()} == {0o600}
    for answer in served:
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"] == "private, no-cache"
        assert answer["Content-Disposition"].startswith("inline")
    again = client.get(document["url"], headers={"If-None-Match": served[0]["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_same_id_again_is_the_same_picture_and_another_one_is_refused(anna):
    client, key = browser(anna), uuid.uuid4()
    sent = photos.photo()
    assert [add(client, sent, key=key).status_code for _time in range(3)] == [201, 200, 200]
    assert Picture.objects.count() == 1
    other = add(client, photos.photo("png"), key=key)
    assert (other.status_code, other.json()["code"]) == (409, "id-taken")
    assert add(browser(account("boris")), sent, key=key).status_code == 409
    assert len(lying()) == 2


def test_what_is_wrong_is_told_beside_the_file_and_nothing_of_it_is_stored(anna, settings):
    client = browser(anna)
    for name, (content, code, _what) in {
        "svg": (b"<svg onload='x'/>", "picture-other-kind", ""),
        "polyglot": (photos.photo() + photos.zip_bytes(), "picture-two-in-one", ""),
        "large": (photos.png_claiming(20_000, 20_000), "picture-too-many-pixels", ""),
        "empty": (b"", "picture-empty", ""),
    }.items():
        answer = add(client, content, name=f"{name}.jpg")
        assert (answer.status_code, answer.json()["code"]) == (422, code), name
        assert answer.json()["fields"]["file"]
    settings.FILES_MAX_MB = 0
    assert add(client).json()["code"] == "picture-too-large"
    settings.FILES_MAX_MB = 1
    assert add(client, b"\xff\xd8\xff" + b"\0" * (2 << 20)).json()["code"] == "picture-too-large"
    nothing = client.post("/api/files?owner=case", {}, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert nothing.json()["code"] == "no-file"
    assert client.post("/api/files?owner=case", {}).json()["code"] == "no-idempotency-key"
    assert add(client, owner="nobody").json()["code"] == "no-owner"
    assert (Picture.objects.count(), lying()) == (0, [])


def test_a_file_too_large_is_refused_before_it_is_read(anna, settings, monkeypatch):
    settings.FILES_MAX_MB = 1
    monkeypatch.setattr("django.http.request.HttpRequest._load_post_and_files", lambda self: pytest.fail("it was read"))
    assert add(browser(anna), b"\xff\xd8\xff" + b"\0" * (2 << 20)).json()["code"] == "picture-too-large"
    assert add(browser()).status_code == 401


def test_who_may_see_it_is_asked_each_time(anna):
    boris = account("boris")
    document = add(browser(anna)).json()
    urls = [document["url"], document["thumb"]]
    assert [browser(anna).get(url).status_code for url in urls] == [200, 200]
    assert [browser(boris).get(url).status_code for url in urls] == [404, 404]
    assert [browser().get(url).status_code for url in urls] == [401, 401]
    actions.attach(
        ids=[uuid.UUID(document["id"])], owner="case", owner_id=uuid.uuid4(), actor=anna, now=timezone.now()
    )
    assert [browser(anna).get(url).status_code for url in urls] == [404, 404]
    OPEN_TO.add("boris")
    assert [browser(boris).get(url).status_code for url in urls] == [200, 200]
    OPEN_TO.clear()
    answer = browser(boris).get(urls[0], headers={"If-None-Match": f'"{Picture.objects.get().sha256[:32]}"'})
    assert answer.status_code == 404


def test_one_takes_away_the_own_while_it_belongs_to_nothing(anna, django_capture_on_commit_callbacks):
    client = browser(anna)

    def remove(who, url):
        with django_capture_on_commit_callbacks(execute=True):
            return who.delete(url, headers={"Idempotency-Key": str(uuid.uuid4())})

    first, second = (add(client).json() for _time in range(2))
    assert remove(browser(account("boris")), first["url"]).status_code == 404
    assert remove(client, first["url"]).status_code == 200
    assert client.get(first["url"]).status_code == 404
    assert remove(client, first["url"]).status_code == 404
    assert len(lying()) == 2
    assert Picture.objects.count() == 1
    now = timezone.now()
    actions.attach(ids=[uuid.UUID(second["id"])], owner="case", owner_id=uuid.uuid4(), actor=anna, now=now)
    assert remove(client, second["url"]).json()["code"] == "picture-taken"
    assert len(lying()) == 2


def test_what_was_never_given_to_anything_goes_after_a_day(anna):
    kept, left = (uuid.UUID(add(browser(anna)).json()["id"]) for _time in range(2))
    now = timezone.now()
    actions.attach(ids=[kept], owner="case", owner_id=uuid.uuid4(), actor=anna, now=now)
    assert actions.sweep(now=now + timedelta(hours=23)) == 0
    assert actions.sweep(now=now + timedelta(hours=25)) == 1
    assert list(Picture.objects.values_list("pk", flat=True)) == [kept]
    assert {path.name[:36] for path in lying()} == {str(kept)}
    assert left != kept


def test_too_many_that_wait_are_told(anna, monkeypatch):
    monkeypatch.setattr(actions, "MOST_WAITING", 2)
    assert [add(browser(anna)).status_code for _time in range(3)] == [201, 201, 409]


def test_a_writer_killed_before_the_bytes_leaves_nothing_that_is_shown_and_the_retry_stores(anna, monkeypatch):
    client, key, put = browser(anna), uuid.uuid4(), store.put
    client.raise_request_exception = False

    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        add(client, key=key)
    picture = Picture.objects.get()
    assert not picture.stored
    assert client.get(f"/api/files/{key}").status_code == 404
    monkeypatch.setattr(store, "put", put)
    assert add(client, key=key).status_code == 201
    assert client.get(f"/api/files/{key}").status_code == 200


def test_a_full_disk_is_told_and_stores_nothing(anna, monkeypatch):
    import errno

    def full(*args):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(store, "put", full)
    answer = add(browser(anna))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not Picture.objects.filter(stored=True).exists()


def test_the_store_refuses_what_is_not_bare(anna):
    from gis.files.pictures.bare import NotBareError

    for content in (photos.photo(), photos.photo("webp"), b"<svg/>"):
        with pytest.raises(NotBareError):
            store.put(uuid.uuid4(), content, content)
    assert lying() == []


def test_the_database_keeps_what_belongs_to_something(anna):
    picture = Picture.objects.get(pk=add(browser(anna)).json()["id"])
    refused = (IntegrityError, InternalError, ProgrammingError)

    def tried(statement):
        with pytest.raises(refused), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    tried("UPDATE files_picture SET sha256 = 'x'")
    tried("UPDATE files_picture SET account_id = account_id, width = width + 1")
    tried("DELETE FROM files_picture")  # its bytes still lie in the store
    tried("UPDATE files_picture SET owner_id = gen_random_uuid()")  # since when?
    actions.attach(ids=[picture.pk], owner="case", owner_id=uuid.uuid4(), actor=anna, now=timezone.now())
    tried("UPDATE files_picture SET owner_id = NULL, attached_at = NULL")
    tried("UPDATE files_picture SET stored = false")
    tried("DELETE FROM files_picture")


def test_the_same_id_sent_by_eight_at_once_is_stored_once(transactional_db):
    """Real senders on connections of their own: one is told 201, the others 200, and one row with two files lies."""
    anna, key, sent = account("anna"), uuid.uuid4(), photos.photo()
    told, start = [], threading.Barrier(8)

    def send() -> None:
        client = browser(anna)
        start.wait()
        told.append(add(client, sent, key=key).status_code)
        connection.close()

    senders = [threading.Thread(target=send) for _time in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(told) == [200] * 7 + [201]
    assert Picture.objects.filter(stored=True).count() == 1
    assert len(lying()) == 2
    assert lying()[0].read_bytes()[:2] == b"\xff\xd8"
