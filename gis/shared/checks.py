"""System checks of the settings: each says what is wrong and what to do (`manage.py check --deploy`)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured

from gis.shared import sealing

MIN_SECRET = 50


@register(Tags.security)
def secret_key_is_set(**kwargs: Any) -> list[CheckMessage]:
    """A server signs sessions with a secret of its own."""
    if len(settings.SECRET_KEY) < MIN_SECRET:
        return [
            Error(
                "SECRET_KEY is missing or short.",
                hint=f"Set SECRET_KEY to {MIN_SECRET} random characters or more; `make run` makes one for a clone.",
                id="wangge.E001",
            )
        ]
    return []


@register(Tags.security)
def audit_key_is_set(**kwargs: Any) -> list[CheckMessage]:
    """Without its key nothing can be written to the audit log, so nothing can be written at all."""
    if len(settings.AUDIT_KEY) < MIN_SECRET:
        hint = f"Set AUDIT_KEY to {MIN_SECRET} random characters or more, kept away from the database and its backups."
        return [Error("AUDIT_KEY is missing or short.", hint=hint, id="wangge.E006")]
    return []


@register(Tags.security)
def personal_data_can_be_sealed(**kwargs: Any) -> list[CheckMessage]:
    """Without its keys no reporter can be kept, and none that is kept can be read."""
    found: list[CheckMessage] = []
    try:
        sealing.ring()
    except ImproperlyConfigured as error:
        hint = "FIELD_KEYS=name:aes:KEY, KEY: base64 of 32 random bytes; kept away from the database and backups."
        found.append(Error(str(error), hint=hint, id="wangge.E007"))
    if len(settings.HASH_KEY) < MIN_SECRET:
        hint = f"Set HASH_KEY to {MIN_SECRET} random characters or more, kept away from the database and its backups."
        found.append(Error("HASH_KEY is missing or short.", hint=hint, id="wangge.E008"))
    return found


@register(Tags.database)
def database_is_named(**kwargs: Any) -> list[CheckMessage]:
    """Either DATABASE_URL or the clone's own cluster."""
    entry = settings.DATABASES["default"]
    if not entry.get("NAME"):
        return [
            Error("No database is named.", hint="End DATABASE_URL with /NAME, or run `make run`.", id="wangge.E002")
        ]
    if not (entry.get("HOST") or entry.get("OPTIONS", {}).get("host") or entry.get("USER")):
        return [
            Caution(
                "Neither DATABASE_URL nor a cluster of this clone is set; the machine's default PostgreSQL is tried.",
                hint="Run `make run` once, or set DATABASE_URL=postgres://user:password@host:5432/name.",
                id="wangge.W003",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def hosts_are_named(**kwargs: Any) -> list[CheckMessage]:
    """A star lets any host name through."""
    if "*" in settings.ALLOWED_HOSTS:
        return [Error("ALLOWED_HOSTS contains *.", hint="Name the server's host names.", id="wangge.E004")]
    return []


@register(Tags.staticfiles)
def libraries_are_fetched(**kwargs: Any) -> list[CheckMessage]:
    """The browser's libraries come by lock file at set-up."""
    if not (settings.BASE_DIR / ".local" / "static" / "lib").is_dir():
        return [
            Caution(
                "The browser's libraries are not there.",
                hint="Run `make run`; it fetches them by lock file.",
                id="wangge.W005",
            )
        ]
    return []
