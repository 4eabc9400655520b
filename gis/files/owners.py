"""Whose pictures they are: each app that keeps some says here who may add them and who may see them.

This app lies below all of those and knows none of them; `register` is called in their `AppConfig.ready()`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid


@dataclass(frozen=True, slots=True)
class Owner:
    """An app's answers: `may_add(asker, now)` raises what is missing, `readable(asker, owner_id, now)` is yes or no."""

    name: str
    may_add: Callable[[Any, datetime], None]
    readable: Callable[[Any, UUID, datetime], bool]


OWNERS: dict[str, Owner] = {}


def register(owner: Owner) -> None:
    """Let an app keep pictures under a name."""
    OWNERS[owner.name] = owner


def owner_of(name: str) -> Owner:
    """The owner registered under a name; raises Invalid."""
    if name not in OWNERS:
        told = _("There is nothing called %(owner)s that pictures can be added to.") % {"owner": repr(name[:40])}
        raise Invalid(told, code="no-owner", fields={"owner": told})
    return OWNERS[name]
