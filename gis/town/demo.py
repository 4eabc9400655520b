"""Sign-ins for demonstration: one for every holder of a post marked so, with a new random password each time."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gis.accounts.models import Account
from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.errors import Refused
from grids.models import Appointment, Boundary, Person

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that are easily taken for each other: passwords are typed from a screen."""
PASSWORD_LENGTH = 12
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in as it is printed once; the password is stored nowhere in clear."""

    username: str
    password: str
    person: Person
    post: Appointment


@transaction.atomic
def renew_sign_ins(*, now: datetime, actor: Any) -> list[SignIn]:
    """Make or renew the account of every demo post's holder; former passwords end. Refused where data are live."""
    place = Place.objects.first()
    if place is not None and place.kind == Place.Kind.REAL:
        raise Refused(_("This database holds live data: demonstration sign-ins are not made here."), code="live-data")
    found: dict[Any, SignIn] = {}
    taken: set[str] = set()
    for post in _posts(now):
        person = post.person
        assert person is not None
        if person.pk in found:
            continue
        username = _free_name(post.role, taken)
        password = _password()
        _open_account(person, username, password)
        found[person.pk] = SignIn(username, password, person, post)
    record(actor=actor, verb="account.demo", subject=f"{len(found)} sign-ins", now=now)
    return list(found.values())


@transaction.atomic
def renew_owner(*, now: datetime, actor: Any) -> tuple[str, str] | None:
    """(user name, password) of the system's owner in a place where nothing is drawn; None where something is.

    There nobody can hold a post yet, and somebody must be able to open the place from the page.
    """
    place = Place.objects.first()
    if Boundary.objects.exists() or (place is not None and place.kind != Place.Kind.EMPTY):
        return None
    password = _password()
    owner = Account.objects.filter(username=OWNER, is_demo=True).first() or Account(username=OWNER, is_demo=True)
    owner.display_name, owner.is_superuser, owner.is_active = _("System owner"), True, True
    owner.set_password(password)
    owner.save()
    record(actor=actor, verb="account.demo", subject=OWNER, now=now)
    return OWNER, password


def _password() -> str:
    return "".join(secrets.choice(LETTERS) for _sign in range(PASSWORD_LENGTH))


def _posts(now: datetime) -> list[Appointment]:
    """Demo posts held by persons, by role; the smallest area first, so that `chief` is a compound's."""
    posts = Appointment.objects.at(now).filter(is_demo=True, person__isnull=False).select_related("person__account")
    where = {
        area: (-rank, code)
        for area, rank, code in Boundary.objects.at(now)
        .filter(area__in=[post.area_id for post in posts])
        .values_list("area_id", "tier__rank", "code")
    }
    return sorted(posts, key=lambda post: (post.role, where.get(post.area_id, (0, "")), str(post.pk)))


def _free_name(role: str, taken: set[str]) -> str:
    """chief, chief-2, chief-3 …"""
    name, number = role.replace("_", "-"), 1
    while name in taken:
        number += 1
        name = f"{role.replace('_', '-')}-{number}"
    taken.add(name)
    return name


def _open_account(person: Person, username: str, password: str) -> None:
    """The person's account under this name with this password; an account of that name is renewed, never doubled."""
    account = person.account or Account.objects.filter(username=username, is_demo=True).first() or Account()
    account.username, account.display_name = username, person.name_zh
    account.is_demo, account.is_active = True, True
    account.set_password(password)
    account.save()
    if person.account_id != account.pk:
        Person.objects.filter(account=account).update(account=None)
        person.account = account
        person.save(update_fields=["account"])
