"""Reads settings from the environment, and from the clone's own `.local/settings.env` where the environment is silent.

The set-up writes that file (mode 0600) when it makes the clone's cluster; a server sets the variables itself and
has no such file.
"""

import os
import re
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_FILE = BASE_DIR / ".local" / "settings.env"
TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}
PLACE_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,39}")


def local_values(path: Path = LOCAL_FILE) -> dict[str, str]:
    """The KEY=VALUE lines of the set-up's file; empty when there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


class Environment:
    """One look-up for settings: the process's environment first, then the set-up's file."""

    def __init__(self, values: dict[str, str] | None = None, local: dict[str, str] | None = None) -> None:
        """Take the two sources, by default the real ones."""
        self.values = dict(os.environ) if values is None else values
        self.local = local_values() if local is None else local

    def text(self, name: str, default: str = "") -> str:
        """A text setting; an empty variable counts as not set."""
        return self.values.get(name) or self.local.get(name) or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes/no setting; raises ImproperlyConfigured on any other word."""
        word = self.text(name, "1" if default else "0").lower()
        if word not in TRUE_WORDS | FALSE_WORDS:
            raise ImproperlyConfigured(f"{name}={word!r}: say yes or no (1/0, true/false, on/off).")
        return word in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        """A whole-number setting; raises ImproperlyConfigured on anything else."""
        word = self.text(name, str(default))
        if not re.fullmatch(r"-?\d+", word):
            raise ImproperlyConfigured(f"{name}={word!r} is not a whole number.")
        return int(word)

    def words(self, name: str, default: str = "") -> list[str]:
        """A list setting, separated by commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def place(self) -> str:
        """The place whose database is open: letters, digits and `_`, `town` when not said."""
        place = self.text("PLACE", "town")
        if not PLACE_PATTERN.fullmatch(place):
            raise ImproperlyConfigured(
                f"PLACE={place!r}: use lower-case letters, digits and _, beginning with a letter, 40 at most."
            )
        return place

    def database(self) -> dict[str, Any]:
        """Django's DATABASES entry: DATABASE_URL as it is, or this place's database in the clone's cluster."""
        url = self.text("DATABASE_URL")
        options: dict[str, Any] = {
            "engine": "django.contrib.gis.db.backends.postgis",
            "conn_max_age": 60,
            "conn_health_checks": True,
        }
        if url:
            return dict(dj_database_url.parse(url, **options))
        entry: dict[str, Any] = dict(dj_database_url.parse(self.text("CLUSTER_URL", "postgres:///"), **options))
        entry["NAME"] = f"wangge_{self.place()}"
        # The clone's cluster has a template with the extensions: the application's role need not be a superuser.
        if self.text("CLUSTER_URL"):
            entry["TEST"] = {"TEMPLATE": "template_postgis"}
        return entry
