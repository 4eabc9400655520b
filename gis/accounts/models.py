"""Who signs in, and when they did. An account is not a person on the roster: `grids.Person` may point to one."""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "Account":
        """A new account; without a password nobody can sign in with it."""
        account = self.model(username=self.model.normalize_username(username), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> "Account":
        """An account for the system owner, beside all roles."""
        return self.create_user(username, password, is_superuser=True, **fields)


class Account(AbstractBaseUser, PermissionsMixin):
    """A sign-in. Rights come from appointments on areas, not from groups."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(_("user name"), max_length=150, unique=True, validators=[UnicodeUsernameValidator()])
    display_name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demonstration"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    must_change_password = models.BooleanField(_("must choose a password of their own"), default=False)
    password_expires_at = models.DateTimeField(_("one-time password ends"), null=True, blank=True)
    session_round = models.PositiveIntegerField(_("round of sessions"), default=0, editable=False)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        """User names differ by more than their case."""

        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [models.UniqueConstraint(Lower("username"), name="accounts_account_username_any_case")]

    def __str__(self) -> str:
        """The name people know."""
        return self.display_name or self.username

    def get_session_auth_hash(self) -> str:
        """What a session must carry to be this account's: a new password or a new round ends every other one."""
        return self._round_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under the secrets of before."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._round_hash(secret)

    def _round_hash(self, secret: Any = None) -> str:
        told = f"{self.session_round}:{self.password}"
        return salted_hmac("accounts.session", told, secret=secret, algorithm="sha256").hexdigest()


class SignIn(models.Model):
    """One try to sign in. What was typed as a name is kept as a keyed hash only: it may have been a password."""

    class Outcome(models.TextChoices):
        """What came of it."""

        TRYING = "trying", _("not finished")
        DONE = "done", _("signed in")
        FAILED = "failed", _("wrong password")
        LOCKED = "locked", _("not tried: too many before")

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, null=True, related_name="sign_ins", verbose_name=_("account")
    )
    key = models.CharField(_("name typed (keyed hash)"), max_length=64)
    device = models.CharField(_("device"), max_length=32, blank=True)
    known = models.BooleanField(_("a device they signed in from before"), default=False)
    at = models.DateTimeField(_("when"), db_index=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, default=Outcome.TRYING)
    agent = models.CharField(_("browser and system"), max_length=60, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        """Found by name, device and time."""

        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        indexes = [
            models.Index(fields=["key", "at"], name="accounts_signin_key_at"),
            models.Index(fields=["device", "at"], name="accounts_signin_device_at"),
        ]

    def __str__(self) -> str:
        """When, what."""
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.get_outcome_display()}"
