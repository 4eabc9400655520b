"""Signing in: wrong passwords by account and device, sessions that end, one-time passwords, the owner's own page."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from gis.accounts import actions, lockout
from gis.accounts.devices import agent_of
from gis.accounts.models import Account, SignIn

RIGHT = "a right long sentence"


@pytest.fixture(autouse=True)
def plain_pages(settings) -> None:
    """Pages are read as text: no collected files are needed."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def sign_in(client: Client, username: str, password: str):
    return client.post("/accounts/login/", {"login": username, "password": password})


def browser() -> Client:
    """A browser that has seen the sign-in page, and so has a number."""
    client = Client()
    client.get("/accounts/login/")
    assert "device" in client.cookies
    return client


@pytest.fixture
def zhang(db) -> Account:
    return Account.objects.create_user("zhang", RIGHT)


def let_in(client: Client, username: str = "zhang", password: str = RIGHT) -> bool:
    return sign_in(client, username, password).status_code == 302


def test_too_many_wrong_passwords_stop_a_strange_device_for_a_while(zhang) -> None:
    client = browser()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _guess in range(10):
            assert not let_in(client, password="wrong")
        stopped = sign_in(client, "zhang", RIGHT)
        assert "15" in stopped.content.decode()
        assert SignIn.objects.latest("pk").outcome == SignIn.Outcome.LOCKED
        clock.shift(timedelta(minutes=16))
        assert let_in(client)


def test_who_guesses_from_elsewhere_never_locks_out_the_owner_on_the_own_device(zhang) -> None:
    own = browser()
    assert let_in(own)
    for _stranger in range(3):
        stranger = browser()
        for _guess in range(8):
            sign_in(stranger, "ZHANG", "wrong")
    assert not let_in(browser())  # strangers wait, whatever their cookie
    own.post("/accounts/logout/")
    assert let_in(own)


def test_a_new_one_time_password_counts_anew(zhang) -> None:
    """Who is told to ask for one gets in with it, whoever guessed before."""
    for _guess in range(12):
        let_in(Client(), password="wrong")
    assert not let_in(browser())
    actions.renew_password(zhang, password="a new one", actor="test", now=timezone.now())
    assert let_in(browser(), password="a new one")
    actions.renew_password(zhang, password="another one", actor="test", now=timezone.now())
    for _guess in range(10):
        let_in(Client(), password="wrong")
    assert not let_in(browser(), password="another one")


@pytest.mark.parametrize("told", ["unknown", "203.0.113.7:5555", "[2001:db8::1]:80", "fe80::1%eth0", "", ","])
def test_an_address_that_is_none_stops_nobody(zhang, settings, told: str) -> None:
    """Some proxies write the port too."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    body = {"login": "zhang", "password": RIGHT}
    assert Client().post("/accounts/login/", body, headers={"X-Forwarded-For": told}).status_code == 302


def test_a_known_device_has_its_own_count_that_a_success_clears(zhang) -> None:
    own = browser()
    assert let_in(own)
    for _morning in range(3):
        own.post("/accounts/logout/")
        for _typo in range(9):
            assert not let_in(own, password="wrong")
        assert let_in(own)
    own.post("/accounts/logout/")
    for _guess in range(10):
        sign_in(own, "zhang", "wrong")
    assert not let_in(own)


def test_many_people_behind_one_address_never_lock_each_other_out(db) -> None:
    """Each mistypes twice, on the first morning and on the second, and all of them on the own device."""
    people = [Account(username=f"desk{n}") for n in range(60)]
    Account.objects.bulk_create(people)
    now = timezone.now()
    for morning in range(2):
        for number, person in enumerate(people):
            for outcome in (SignIn.Outcome.FAILED, SignIn.Outcome.FAILED, SignIn.Outcome.DONE):
                device = f"{number:032x}" if morning or outcome == SignIn.Outcome.DONE else ""
                found = lockout.begin(person.username, device=device, agent="", address="10.0.0.1", now=now)
                assert found is not None
                lockout.settle(found, outcome)
    assert SignIn.objects.count() == 360


def test_a_device_that_fails_on_many_accounts_is_stopped(db) -> None:
    Account.objects.create_user("last", RIGHT)
    client = browser()
    for n in range(30):
        assert not let_in(client, f"nobody{n}", "Password1")
    assert not let_in(client, "last")
    assert let_in(browser(), "last")


def test_names_that_nobody_has_are_answered_alike_and_not_kept(zhang) -> None:
    client = browser()
    texts = set()
    for name in ("zhang", "nobody-at-all"):
        for _guess in range(10):
            sign_in(client, name, "wrong")
        texts.add(sign_in(client, name, "wrong").content.decode().split('role="alert"')[1].split("</div>")[0])
    assert len(texts) == 1
    kept = SignIn.objects.filter(account=None).values_list("key", flat=True)
    assert all(len(key) == 64 for key in kept)
    assert not any("nobody" in key for key in kept)


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_together_see_each_other() -> None:
    Account.objects.create_user("zhang", RIGHT)
    allowed = []

    def guess() -> None:
        try:
            found = lockout.begin("zhang", device="", agent="", address=None, now=timezone.now())
            allowed.append(found is not None)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(allowed) == 24
    assert sum(allowed) <= 10


def test_a_session_ends_when_it_is_not_used_and_when_it_is_old(zhang) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = browser()
        assert let_in(client)
        assert client.get("/api/jobs").status_code == 200
        clock.shift(timedelta(minutes=119))
        assert client.get("/api/jobs").status_code == 200
        clock.shift(timedelta(minutes=119))
        assert client.get("/api/jobs").status_code == 200
        clock.shift(timedelta(minutes=121))
        assert client.get("/api/jobs").status_code == 401
        assert let_in(client)
        for _half_hour in range(23):
            clock.shift(timedelta(minutes=31))
            assert client.get("/api/jobs").status_code == 200
        clock.shift(timedelta(minutes=31))
        assert client.get("/api/jobs").status_code == 401


def test_signing_out_everywhere_and_a_new_password_end_every_other_session(zhang) -> None:
    here, there = browser(), browser()
    assert let_in(here)
    assert let_in(there)
    here.post("/accounts/password/", {"old": RIGHT, "new": "another long sentence", "again": "another long sentence"})
    assert here.get("/api/jobs").status_code == 200
    assert there.get("/api/jobs").status_code == 401
    assert let_in(there, password="another long sentence")
    assert there.post("/accounts/everywhere/").status_code == 302
    assert here.get("/api/jobs").status_code == there.get("/api/jobs").status_code == 401


def test_a_closed_account_is_out_at_once(zhang) -> None:
    client = browser()
    assert let_in(client)
    actions.close_account(zhang, actor="test", now=timezone.now())
    assert client.get("/api/jobs").status_code == 401
    assert not let_in(client)


def test_a_one_time_password_must_be_replaced_before_anything_else(db) -> None:
    password = actions.one_time_password("key")
    assert password == actions.one_time_password("key") != actions.one_time_password("other key")
    account = actions.open_account(
        username="li", display_name="李", password=password, actor="test", now=timezone.now()
    )
    client = browser()
    assert let_in(client, "li", password)
    assert client.get("/?room=tickets")["Location"] == "/accounts/password/?next=%2F%3Froom%3Dtickets"
    assert client.get("/api/jobs").json()["code"] == "password-change-needed"
    assert client.get("/tiles/tickets/14/13270/6402.mvt").status_code == 401
    form = {"old": password, "new": password, "again": password, "next": "/?room=tickets"}
    assert client.post("/accounts/password/", form).status_code == 422
    form |= {"new": "12345678", "again": "12345678"}
    assert client.post("/accounts/password/", form).status_code == 422
    form |= {"new": RIGHT, "again": "a wrong long sentence"}
    assert client.post("/accounts/password/", form).status_code == 422
    form |= {"again": RIGHT}
    assert client.post("/accounts/password/", form | {"old": "wrong"}).status_code == 422
    assert client.post("/accounts/password/", form)["Location"] == "/?room=tickets"
    assert client.get("/api/jobs").status_code == 200
    account.refresh_from_db()
    assert not account.must_change_password


def test_a_one_time_password_that_waited_too_long_is_no_use(db) -> None:
    begun = timezone.now()
    actions.open_account(username="li", display_name="", password="one-time-word", actor="test", now=begun)
    with time_machine.travel(begun + timedelta(days=8), tick=False):
        assert not let_in(browser(), "li", "one-time-word")


def test_the_way_on_after_a_new_password_stays_on_this_site(zhang) -> None:
    client = browser()
    let_in(client)
    form = {"old": RIGHT, "new": "another long sentence", "again": "another long sentence", "next": "//evil.example/"}
    assert client.post("/accounts/password/", form)["Location"] == "/"


def test_the_owner_sees_the_last_sign_ins(zhang) -> None:
    stranger = browser()
    sign_in(stranger, "zhang", "wrong")
    client = browser()
    client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/120.0 Safari/537"
    let_in(client)
    page = client.get("/accounts/me/").content.decode()
    assert "Chrome · Windows" in page
    assert page.count("<time") == 2
    assert client.get("/accounts/password/").status_code == 200
    assert Client().get("/accounts/me/").status_code == 302


def test_old_sign_ins_are_forgotten(zhang) -> None:
    SignIn.objects.create(account=zhang, key="x", at=timezone.now() - timedelta(days=201), outcome="done")
    assert let_in(browser())
    assert SignIn.objects.filter(account=zhang).count() == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0 Chrome/120", "WeChat · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) Version/17 Safari/604", "Safari · iPhone"),
        ("curl/8", ""),
    ],
)
def test_browsers_are_named_as_people_name_them(rf, told: str, words: str) -> None:
    assert agent_of(rf.get("/", headers={"User-Agent": told})) == words
