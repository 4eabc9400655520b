"""The keys of the audit chain: the present one signs, earlier ones are only read with."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from gis.audit.chain import key_name


def present() -> str:
    """The key that signs; raises ImproperlyConfigured without one."""
    key: str = settings.AUDIT_KEY
    if not key:
        raise ImproperlyConfigured("AUDIT_KEY is not set: `make run` makes one for a clone (docs/audit.md).")
    return key


def ring() -> dict[str, str]:
    """All known keys by their names."""
    return {key_name(key): key for key in [present(), *settings.AUDIT_OLD_KEYS]}
