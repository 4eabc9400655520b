"""How long a sign-in lasts, and what must be done before it counts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.db import DEFAULT_DB_ALIAS
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from gis.accounts.models import Account
from gis.shared import prepared
from gis.shared.errors import Refused
from gis.shared.responses import problem_response, wants_json

BEGAN, SEEN = "began", "seen"
SEEN_EVERY = timedelta(seconds=60)
"""A session's last use is written down at most so often: a map asks for many tiles."""
LAZY = ("/tiles/", "/jsi18n/")
"""Answers that may be the same for everybody: who asks is found out only when a view wants to know."""
OPEN = ("/accounts/", "/i18n/", "/jsi18n/", "/static/")
"""What somebody reaches who must first choose a password of their own."""


@receiver(user_logged_in)
def begin(request: HttpRequest, **kwargs: Any) -> None:
    """A sign-in begins its session."""
    now = timezone.now().timestamp()
    request.session[BEGAN] = request.session[SEEN] = now


SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
COLUMNS = ("password", "id", "is_active", "must_change_password", "session_round")
"""In the order of the model's fields."""
ACCOUNT = (
    "SELECT password, id, is_active, must_change_password, session_round FROM accounts_account WHERE id = %s::uuid"
)


def known(request: HttpRequest, *, now: datetime) -> Account | None:
    """Whose request this is, by two planned statements and the rules of the long way (Django's and ours).

    None where nobody is signed in, and where the long way has something to do besides: a session that is over, a last
    use to write down, a password to choose, a secret of before.
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    found = prepared.rows(SESSION, [key, now]) if key and key.isalnum() else []
    if not found:
        return None
    session = SessionStore().decode(found[0][0])
    if is_over(session, now=now) or now.timestamp() - session.get(SEEN, 0) > SEEN_EVERY.total_seconds():
        return None
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS or not session.get(SESSION_KEY):
        return None
    rows = prepared.rows(ACCOUNT, [session[SESSION_KEY]])
    if not rows:
        return None
    account = Account.from_db(DEFAULT_DB_ALIAS, COLUMNS, rows[0])
    same = constant_time_compare(session.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash())
    return account if same and account.is_active and not account.must_change_password else None


def is_over(session: Any, *, now: datetime) -> bool:
    """Whether a session lasted too long, or was not used for too long."""
    began, seen = (session.get(name, 0) for name in (BEGAN, SEEN))
    return bool(
        now.timestamp() - began > settings.SESSION_HOURS * 3600
        or now.timestamp() - seen > settings.SESSION_IDLE_MINUTES * 60
    )


class SessionRulesMiddleware:
    """After Django's authentication: ends sessions that are over, and asks for a password of one's own first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the stack."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at who asks only where the answer depends on it: a look at the session forbids shared caches."""
        signed = request.user
        lazy = request.path.startswith(LAZY)
        request.user = SimpleLazyObject(lambda: _ruled(request, signed, lazy=lazy))  # type: ignore[assignment]
        if lazy or settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith(OPEN):
            return self.get_response(request)
        if getattr(request.user, "must_change_password", False):
            return _choose_first(request)
        return self.get_response(request)


def _ruled(request: HttpRequest, signed: Any, *, lazy: bool) -> Any:
    """The account behind a request, if its session still holds."""
    if not signed.is_authenticated:
        return signed
    now = timezone.now()
    if is_over(request.session, now=now):
        request.session.flush()
        return AnonymousUser()
    if lazy and signed.must_change_password:
        return AnonymousUser()
    if now.timestamp() - request.session.get(SEEN, 0) > SEEN_EVERY.total_seconds():
        request.session[SEEN] = now.timestamp()
    return signed


def _choose_first(request: HttpRequest) -> HttpResponse:
    """Nothing else until the one-time password is replaced."""
    if wants_json(request):
        words = _("Choose a password of your own first: sign in on the page and follow it.")
        return problem_response(request, Refused(words, code="password-change-needed"))
    return HttpResponseRedirect(f"{reverse('account_password')}?{urlencode({'next': request.get_full_path()})}")
