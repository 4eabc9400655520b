"""How allauth signs people in here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gis.accounts import lockout
from gis.accounts.devices import address_of, agent_of, device_of
from gis.accounts.models import Account, SignIn


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: accounts are made by those who appoint. Wrong passwords are counted by `lockout`."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing of allauth's own counting."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """The account, if name and password belong together; raises ValidationError while it is locked."""
        now = timezone.now()
        username = str(credentials.get("username", ""))
        attempt = lockout.begin(
            username, device=device_of(request), agent=agent_of(request), address=address_of(request), now=now
        )
        if attempt is None:
            raise ValidationError(locked_words(), code="too_many_login_attempts")
        account: Account | None = super().authenticate(request, **credentials)
        if account is None:
            lockout.settle(attempt, SignIn.Outcome.FAILED)
            return None
        if not account.is_active:
            lockout.settle(attempt, SignIn.Outcome.FAILED)
            raise ValidationError(
                _("This account is closed. Ask whoever looks after your community's accounts."), code="inactive"
            )
        if account.password_expires_at is not None and account.password_expires_at <= now:
            lockout.settle(attempt, SignIn.Outcome.FAILED)
            raise ValidationError(
                _("This one-time password has ended. Ask whoever gave it to you for a new one."), code="ended"
            )
        lockout.settle(attempt, SignIn.Outcome.DONE)
        lockout.forget_old(now=now)
        return account


def locked_words() -> str:
    """What somebody is told who must wait; the same for names that nobody has."""
    minutes = round(lockout.window().total_seconds() / 60)
    words = ngettext(
        "Too many wrong passwords. Wait %(minutes)d minute and try again, or ask for a new one-time password.",
        "Too many wrong passwords. Wait %(minutes)d minutes and try again, or ask for a new one-time password.",
        minutes,
    )
    return words % {"minutes": minutes}
