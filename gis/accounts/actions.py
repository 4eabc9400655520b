"""The only writes to accounts: opened and renewed with a one-time password, closed, and the owner's own."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from gis.accounts.models import Account
from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that are easily taken for each other: one-time passwords are typed from a screen or from paper."""
LENGTH = 12


def one_time_password(key: object) -> str:
    """The password that belongs to one write's key: the same write sent twice gets the same, and none is stored."""
    told = hmac.new(settings.SECRET_KEY.encode(), f"one-time password {key}".encode(), sha256).digest()
    number, signs = int.from_bytes(told, "big"), []
    for _place in range(LENGTH):
        number, rest = divmod(number, len(LETTERS))
        signs.append(LETTERS[rest])
    return "".join(signs)


def open_account(*, username: str, display_name: str, password: str, actor: Any, now: datetime) -> Account:
    """A new account with a one-time password; raises Invalid for a name that cannot be, Conflict for a taken one."""
    account = Account(username=Account.normalize_username(username.strip()), display_name=display_name[:80])
    _set_one_time(account, password, now)
    try:
        account.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        message = "; ".join(error.messages)
        raise Invalid(message, code="bad-username", fields={"username": message}) from None
    try:
        with transaction.atomic():
            account.save(force_insert=True)
            record(actor=actor, verb="account.open", subject=account.pk, now=now)
    except IntegrityError:
        taken = _("This user name is taken; add a number or the street's name.")
        raise Conflict(taken, code="username-taken", fields={"username": taken}) from None
    return account


@transaction.atomic
def renew_password(account: Account, *, password: str, actor: Any, now: datetime) -> None:
    """A new one-time password; every session of the account ends."""
    _set_one_time(account, password, now)
    account.is_active = True
    account.save(update_fields=["password", "must_change_password", "password_expires_at", "is_active"])
    record(actor=actor, verb="account.renew", subject=account.pk, now=now)


@transaction.atomic
def close_account(account: Account, *, actor: Any, now: datetime) -> None:
    """Nobody signs in with it any more, and every session ends; what its owner did stays theirs."""
    account.is_active = False
    account.save(update_fields=["is_active"])
    record(actor=actor, verb="account.close", subject=account.pk, now=now)


@transaction.atomic
def choose_password(account: Account, *, password: str, now: datetime) -> None:
    """The owner's own password; every other session of the account ends."""
    account.set_password(password)
    account.must_change_password, account.password_expires_at = False, None
    account.save(update_fields=["password", "must_change_password", "password_expires_at"])
    record(actor=account, verb="account.password", subject=account.pk, now=now)


@transaction.atomic
def leave_everywhere(account: Account, *, now: datetime) -> None:
    """End every session of the account, this one too."""
    Account.objects.filter(pk=account.pk).update(session_round=F("session_round") + 1)
    account.refresh_from_db(fields=["session_round"])
    record(actor=account, verb="account.leave-everywhere", subject=account.pk, now=now)


def _set_one_time(account: Account, password: str, now: datetime) -> None:
    account.set_password(password)
    account.must_change_password = True
    account.password_expires_at = now + timedelta(days=settings.ONE_TIME_PASSWORD_DAYS)
