"""Wrong passwords are counted by account and device, in the database, so that all workers count together.

A device from which an account was signed in to before has a count of its own; all strange devices of an account share
one. So who guesses from elsewhere locks out other strangers, never the owner's own devices, and two hundred people
behind one address never lock each other out: the address is not counted at all. One device that fails on many
accounts is stopped as well.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac

from gis.accounts.models import Account, SignIn

Outcome = SignIn.Outcome
TRIES_A_DEVICE = 3
"""A device may fail so many times as often as an account, over all accounts: desks are shared."""
KNOWN_FOR = timedelta(days=180)


def key_of(username: str) -> str:
    """A keyed hash of what was typed as a name, in any case."""
    told: str = salted_hmac("accounts.sign-in", username.strip().lower(), algorithm="sha256").hexdigest()
    return told


def begin(username: str, *, device: str, agent: str, address: str | None, now: datetime) -> SignIn | None:
    """Write a try down before the password is looked at; None when there were too many wrong ones lately.

    The try itself is counted, and stored at once: a hundred guesses sent together see each other.
    """
    key = key_of(username)
    account = Account.objects.filter(username__iexact=username.strip()).first()
    known = bool(device) and _done(key, device, since=now - KNOWN_FOR) is not None
    attempt = SignIn.objects.create(
        account=account, key=key, device=device, known=known, at=now, agent=agent, address=address
    )
    if _wrong(attempt, now) > settings.SIGN_IN_TRIES or _wrong_by_device(device, now) > _most_by_device():
        settle(attempt, Outcome.LOCKED)
        return None
    return attempt


def settle(attempt: SignIn, outcome: str) -> None:
    """Write down what came of a try."""
    attempt.outcome = outcome
    attempt.save(update_fields=["outcome"])


def forget_old(*, now: datetime) -> None:
    """Remove tries older than they are kept."""
    SignIn.objects.filter(at__lt=now - timedelta(days=settings.SIGN_INS_KEPT_DAYS)).delete()


def window() -> timedelta:
    """How far back wrong passwords count."""
    return timedelta(minutes=settings.SIGN_IN_WINDOW_MINUTES)


def _most_by_device() -> int:
    return TRIES_A_DEVICE * int(settings.SIGN_IN_TRIES)


def _wrong(attempt: SignIn, now: datetime) -> int:
    """Tries of the same count that came to nothing: from this known device since it last succeeded, or from strangers.

    What does not end (a worker killed while it checked) counts as wrong.
    """
    since = max(now - window(), _renewed(attempt.account) or now - window())
    found = SignIn.objects.filter(
        Q(outcome=Outcome.FAILED) | Q(outcome=Outcome.TRYING), key=attempt.key, known=attempt.known, at__gt=since
    )
    if attempt.known:
        done = _done(attempt.key, attempt.device, since=since)
        found = found.filter(device=attempt.device, **({"pk__gt": done} if done else {}))
    return found.count()


def _renewed(account: Account | None) -> datetime | None:
    """When the account got the one-time password it has, if it has one: guesses at what was before count no more."""
    if account is None or account.password_expires_at is None:
        return None
    return account.password_expires_at - timedelta(days=settings.ONE_TIME_PASSWORD_DAYS)


def _wrong_by_device(device: str, now: datetime) -> int:
    """Tries of one device on any account that came to nothing."""
    if not device:
        return 0
    wrong = (Outcome.FAILED, Outcome.TRYING)
    return SignIn.objects.filter(device=device, outcome__in=wrong, at__gt=now - window()).count()


def _done(key: str, device: str, *, since: datetime) -> int | None:
    """The last time this device was let in to this account."""
    found = SignIn.objects.filter(key=key, device=device, outcome=Outcome.DONE, at__gt=since)
    last: int | None = found.order_by("-pk").values_list("pk", flat=True).first()
    return last
