"""Writes that may be sent twice: the client's key, the write and its answer are stored in one transaction.

The receipt's unique row is inserted first, so a second sender of the same key waits for the first to commit and then
reads its answer; when the first fails, nothing of it is stored and the second does the work.
"""

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.audit.models import Receipt
from gis.shared.errors import Conflict, Invalid
from gis.shared.sealing import keyed_digest

HEADER = "Idempotency-Key"
TRIES = 4
CROSSED = {"40P01", "40001"}
"""Deadlock, and two transactions that cannot be put in an order: PostgreSQL ended one of them."""


def key_of(request: HttpRequest) -> uuid.UUID:
    """The client's key; raises Invalid when there is none or it is no UUID."""
    text = request.headers.get(HEADER, "")
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid(
            _("Every write carries an %(header)s header with a UUID made by the client.") % {"header": HEADER},
            code="no-idempotency-key",
        ) from None


def digest(request: HttpRequest) -> bytes:
    """What was asked: method, path and body. Keyed, for a body may hold a caller's number that could be tried out."""
    told = f"{request.method} {request.get_full_path()} {request.headers.get('If-Match', '')}\n".encode()
    return keyed_digest(told, request.body)


def asker_of(request: HttpRequest) -> str:
    """Whose key it is: the account, or the world."""
    return str(request.user.pk) if request.user.is_authenticated else "public"


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate an API write that returns a JSON-able answer or (status, answer): the same key gets the same answer."""

    @wraps(view)
    def once(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key, told, asker = key_of(request), digest(request), asker_of(request)

        @transaction.atomic
        def work() -> HttpResponse:
            first = _take(key, asker, told)
            receipt = Receipt.objects.get(asker=asker, key=key)
            if not first:
                if bytes(receipt.request_hash) != told:
                    raise Invalid(_("This key was used for another request."), code="key-reused")
                return _answer(receipt.status or 200, receipt.body)
            answer = view(request, *args, **kwargs)
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            receipt.status, receipt.body = status, _plain(body)
            receipt.save(update_fields=["status", "body"])
            return _answer(status, receipt.body)

        return again_after_a_deadlock(work)

    return once


def again_after_a_deadlock(work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do a whole transaction again when the database ended it for others' sake; raises Conflict when that goes on.

    The database is there and nothing is half done, so it is no outage: who asked is told to try again, not to wait.
    """
    tries = 1 if connection.in_atomic_block else TRIES
    for left in reversed(range(tries)):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in CROSSED:
                raise
            if not left:
                raise Conflict(
                    _("Others are changing the same at this moment. Nothing was changed; try again."), code="busy"
                ) from error
            # at once: what it touches first is locked by whoever was let go on, and is waited for there
    raise AssertionError("unreachable")


def _take(key: uuid.UUID, asker: str, told: bytes) -> bool:
    """Insert the receipt's row; False when it is there already (waits for a transaction that is writing it)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_receipt (key, asker, request_hash, created_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (asker, key) DO NOTHING",
            [key, asker, told, timezone.now()],
        )
        return cursor.rowcount == 1


def _plain(body: Any) -> Any:
    """The answer as JSON values (schemas, dates and UUIDs made plain)."""
    if hasattr(body, "model_dump"):
        body = body.model_dump(mode="json")
    return json.loads(json.dumps(body, cls=DjangoJSONEncoder))


def _answer(status: int, body: Any) -> HttpResponse:
    """The JSON response, built the same way the first time and every time."""
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
