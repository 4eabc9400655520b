"""Log, receipts, accounts, the browser's headers and the answers when something is wrong."""

import json
import threading
import uuid
from datetime import UTC, datetime
from importlib import import_module
from unittest.mock import patch

import pytest
from django.contrib.auth import authenticate
from django.core.checks import run_checks
from django.db import DatabaseError, OperationalError, connection, connections, transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory, override_settings

from gis.accounts.models import Account
from gis.audit.actions import record
from gis.audit.models import Entry, Receipt
from gis.audit.receipts import idempotent
from gis.shared.errors import Conflict, Invalid, Stale
from gis.shared.responses import problem_response
from gis.shared.versions import version_of

NOW = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_the_log_only_grows() -> None:
    entry = record(actor=None, verb="area.draw", subject="x", now=NOW)
    for change in (lambda: Entry.objects.filter(pk=entry.pk).update(verb="nothing"), entry.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Entry.objects.get().verb == "area.draw"


@pytest.mark.django_db
def test_the_log_refuses_by_trigger_even_to_who_took_the_right_back() -> None:
    record(actor="import", verb="x", subject="y", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE, DELETE ON audit_entry TO CURRENT_USER")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("DELETE FROM audit_entry")


def request_for(key: str, body: object, account: Account) -> HttpRequest:
    request = RequestFactory().post(
        "/api/things", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key}
    )
    request.user = account
    return request


@pytest.mark.django_db(transaction=True)
def test_a_write_sent_eight_times_at_once_is_done_once() -> None:
    account = Account.objects.create_user("eight")
    key, answers, done = str(uuid.uuid4()), [], []

    @idempotent
    def write(request: HttpRequest) -> tuple[int, dict[str, str]]:
        done.append(1)
        return 201, {"id": str(uuid.uuid4())}

    def send() -> None:
        try:
            answers.append(write(request_for(key, {"a": 1}, account)))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(done) == 1
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert len(answers) == 8


@pytest.mark.django_db
def test_a_failed_write_leaves_no_receipt_and_may_be_tried_again() -> None:
    account = Account.objects.create_user("again")
    key, failing = str(uuid.uuid4()), [True]

    @idempotent
    def write(request: HttpRequest) -> dict[str, bool]:
        if failing:
            failing.pop()
            raise Conflict("not now")
        return {"done": True}

    with pytest.raises(Conflict):
        write(request_for(key, {}, account))
    assert not Receipt.objects.exists()
    assert json.loads(write(request_for(key, {}, account)).content) == {"done": True}


@pytest.mark.django_db
def test_a_key_belongs_to_one_request_and_one_asker() -> None:
    first, second = Account.objects.create_user("first"), Account.objects.create_user("second")
    key = str(uuid.uuid4())
    write = idempotent(lambda request: {"by": str(request.user)})
    write(request_for(key, {"a": 1}, first))
    with pytest.raises(Invalid) as caught:
        write(request_for(key, {"a": 2}, first))
    assert caught.value.kind == "key-reused"
    assert json.loads(write(request_for(key, {"a": 1}, second)).content) == {"by": "second"}
    with pytest.raises(Invalid):
        write(request_for("not-a-uuid", {}, first))


@pytest.mark.django_db
def test_passwords_are_kept_as_argon2_and_names_differ_by_more_than_case(settings) -> None:
    settings.PASSWORD_HASHERS = import_module("gis.settings").PASSWORD_HASHERS
    account = Account.objects.create_user("zhang", "one-time-password")
    assert account.password.startswith("argon2$")
    assert authenticate(RequestFactory().post("/"), username="zhang", password="one-time-password") == account
    with pytest.raises(DatabaseError), transaction.atomic():
        Account.objects.create_user("ZHANG")


@pytest.mark.django_db
def test_an_unknown_api_address_is_a_problem_document(client: Client) -> None:
    response = client.get("/api/nothing-here")
    assert response.status_code == 404
    assert response.json()["code"] == "missing"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "areas/neighbourhood?bbox=1,1,2,2&tier=%00",
        "sites?kind=%00",
        "circles?lon=1&lat=1&profile=%00",
        "atlas/search?q=%00",
    ],
)
def test_a_character_that_no_database_keeps_is_told_and_is_no_fault_of_the_server(client: Client, address: str) -> None:
    response = client.get(f"/api/{address}")
    assert response.status_code in (200, 422), response.content


def test_problems_say_what_where_and_why_as_problem_json() -> None:
    problem = Stale("changed", fields={"name": "x"}, places=[{"geometry": None, "message": "here"}], current=3)
    response = problem_response(RequestFactory().get("/api/x"), problem)
    assert response["Content-Type"] == "application/problem+json"
    document = json.loads(response.content)
    assert (response.status_code, document["status"], document["code"]) == (412, 412, "stale")
    assert document["fields"] == {"name": "x"}
    assert document["places"][0]["message"] == "here"
    assert document["current"] == 3


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/sites", "/", "/tiles/grids/15/26424/12896.mvt"])
def test_a_database_that_is_away_is_503_with_a_sentence(client: Client, path: str) -> None:
    with patch("django.db.backends.utils.CursorWrapper.execute", side_effect=OperationalError("connection refused")):
        response = client.get(path)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert b"connection refused" not in response.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError("connection refused"), 503), (RuntimeError("a defect"), 500)]
)
@pytest.mark.parametrize("path", ["/api/sites", "/accounts/login/"])
def test_what_fails_outside_a_view_is_told_in_the_askers_form(path: str, error: Exception, status: int) -> None:
    client = Client(raise_request_exception=False)
    with patch("django.middleware.locale.LocaleMiddleware.process_response", side_effect=error):
        response = client.get(path)
    assert response.status_code == status
    assert str(error).encode() not in response.content
    assert ("problem+json" in response["Content-Type"]) == path.startswith("/api/")


@pytest.mark.django_db
def test_no_shared_cache_keeps_what_the_api_answers(client: Client) -> None:
    assert client.get("/api/sites")["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_the_page_may_talk_to_its_own_host_only(client: Client) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"SECRET_KEY": "short"}, "wangge.E001"),
        ({"ALLOWED_HOSTS": ["*"]}, "wangge.E004"),
    ],
)
def test_unsafe_settings_are_named_with_a_hint(settings: dict[str, object], code: str) -> None:
    with override_settings(**settings):
        found = {message.id: message for message in run_checks(include_deployment_checks=True)}
    assert code in found
    assert found[code].hint


@pytest.mark.parametrize("text", ['"7"', "7", 'W/"7"', ' "7" '])
def test_an_edit_names_its_version(text: str) -> None:
    assert version_of(RequestFactory().put("/api/x", headers={"If-Match": text})) == 7


@pytest.mark.parametrize("text", ["", "*", '"x"', "-1", "²", "1" * 10, "1.5"])
def test_an_edit_without_a_version_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        version_of(RequestFactory().put("/api/x", headers={"If-Match": text.encode().decode("latin-1")}))


def test_what_cannot_be_stored_is_logged_without_the_value(rf, caplog):
    """The database repeats the value in its words, and it may be somebody's number."""
    from django.db import DataError

    from gis.api import on_unstorable

    for error in (DataError("value too long: 张三 13800138000"), UnicodeEncodeError("utf-8", "张三\ud800", 2, 3, "x")):
        answer = on_unstorable(rf.post("/api/tickets"), error)
        assert answer.status_code == 422
    assert "/api/tickets" in caplog.text
    assert not any(part in caplog.text for part in ("张三", "13800138000", "\ud800"))
