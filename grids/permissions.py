"""Who may do what where: asked here for everything that hangs on the ground, by page, API, tile and export alike.

An appointment gives its role's verbs on its area and on all below it, at the moment asked; one that is limited to some
categories gives those on tickets for matters of these categories only. The appointments of an organisation work for
its members. What nobody needs an appointment for stands in PUBLIC.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from gis.shared import prepared
from gis.shared.errors import Refused, SignInNeeded
from grids.models import Appointment, Boundary, Role
from grids.models.area import subtree_ids

PUBLIC = frozenset({"area.read", "site.read", "circle.read"})

OFFICE = frozenset({"roster.read"})
"""What every office brings with it: knowing by name who holds the others."""

REPORTER = frozenset({"reporter.read"})
"""Who handles a matter may ask who reported it (each reading is written down); others are told 张**, 138****1234."""
STAFF = frozenset({"ticket.read", "ticket.report", "ticket.correct", "ticket.escalate"}) | REPORTER
"""Whoever works on a matter may correct its pin and send it up a tier."""
HANDLING = STAFF | {"ticket.sign", "ticket.handle"}
DESK = STAFF | {"ticket.accept", "ticket.dispatch", "ticket.verify", "ticket.close", "reporter.find"}
DUTY = frozenset({"population.exact"})
"""Who works among residents knows small counts of them; others who read counts are told "<5"."""
READING = frozenset({"ticket.read", "population.read", "hotspot.read"})

VERBS_OF_ROLE: dict[str, frozenset[str]] = {
    Role.CHIEF: OFFICE | HANDLING | DESK | READING | DUTY | {"area.draw", "area.rename", "gate.edit"},
    Role.WORKER: OFFICE | HANDLING | DUTY | {"population.read"},
    Role.FRONT_DESK: OFFICE | DESK | {"ticket.import"},
    Role.DEPARTMENT: OFFICE | HANDLING | {"ticket.check_in"},
    Role.PLANNER: OFFICE | READING | {"gate.edit", "population.edit"},
    Role.SITE_MANAGER: OFFICE | {"site.edit"},
    Role.ANALYST: OFFICE | READING,
    Role.LEADER: OFFICE | READING,
    Role.AUDITOR: OFFICE | {"audit.read"},
    Role.ADMINISTRATOR: OFFICE
    | {"place.open", "roster.edit", "catalogue.edit", "population.read", "population.edit"}
    | {"ticket.import", "site.edit"},
}


def roles_for(verb: str) -> list[str]:
    """The roles whose appointment gives a verb."""
    return [role for role, verbs in VERBS_OF_ROLE.items() if verb in verbs]


class Grant(NamedTuple):
    """A verb on an area and all below it, for matters of some categories; an empty tuple means all."""

    area: uuid.UUID
    categories: tuple[str, ...] = ()


_known: ContextVar[dict[tuple[Any, str], list[Grant]] | None] = ContextVar("known grants", default=None)
SOMEBODY = uuid.UUID("00000000-0000-4000-8000-190102030405")
SOME_MOMENT = datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC)


@contextmanager
def asked_once() -> Iterator[None]:
    """Within this block each asker's grants of a verb are looked up once, and stay what they were then.

    For one request that asks the same several times, and only as of now: its answers rest on one and the same grants.
    """
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def is_asked_once() -> bool:
    """Whether grants stay the same here: inside `asked_once`."""
    return _known.get() is not None


def grants(asker: Any, verb: str, *, now: datetime) -> list[Grant]:
    """What the asker's appointments give of a verb, each once, in a fixed order."""
    if not getattr(asker, "is_authenticated", False) or not roles_for(verb):
        return []
    known = _known.get()
    if known is None:
        return _looked_up(asker.pk, verb, now)
    if (asker.pk, verb) not in known:
        known[asker.pk, verb] = _looked_up(asker.pk, verb, now)
    return list(known[asker.pk, verb])


def _looked_up(account: uuid.UUID, verb: str, now: datetime) -> list[Grant]:
    """The same from the database."""
    sql, params = _statement(verb)
    told: dict[Any, Any] = {SOMEBODY: account, SOME_MOMENT: now}
    rows = prepared.rows(sql, [told[one] for one in params])
    found = {Grant(area, tuple(sorted(codes))) for area, codes in rows}
    whole = {grant.area for grant in found if not grant.categories}
    return sorted(grant for grant in found if not grant.categories or grant.area not in whole)


@cache
def _statement(verb: str) -> prepared.Statement:
    """The question for a verb's grants, composed once: composing took several times as long as the answer.

    SOMEBODY and SOME_MOMENT stand where the account and the moment are filled in.
    """
    somebody = get_user_model()(pk=SOMEBODY)
    held = Appointment.objects.held_by(somebody, SOME_MOMENT).filter(role__in=roles_for(verb))
    sql, params = held.order_by().values_list("area_id", "categories").query.sql_with_params()
    return prepared.composed(
        sql, params, lambda value: "uuid" if value == SOMEBODY else "timestamptz" if value == SOME_MOMENT else None
    )


def scope_of(asker: Any, verb: str, *, now: datetime) -> str | None:
    """A key of what the asker's appointments give of a verb: those with the same key see the same; None: nothing."""
    found = grants(asker, verb, now=now)
    told = "|".join(" ".join((str(grant.area), *grant.categories)) for grant in found)
    return hashlib.sha256(told.encode()).hexdigest()[:32] if found else None


def areas_with(asker: Any, verb: str, *, now: datetime) -> list[uuid.UUID]:
    """The areas on which the asker holds an appointment that gives the verb: the tops of the own subtrees."""
    return list(dict.fromkeys(grant.area for grant in grants(asker, verb, now=now)))


def chain_ids(area_id: uuid.UUID, *, now: datetime) -> list[uuid.UUID]:
    """An area and the areas above it at a moment, deepest first; of an area that is no more, where it last was."""
    chain: list[uuid.UUID] = []
    current: uuid.UUID | None = area_id
    while current is not None and current not in chain:
        chain.append(current)
        row = Boundary.objects.at(now).filter(area_id=current).values_list("parent_id", flat=True).first()
        if row is None and len(chain) == 1:
            row = (
                Boundary.objects.filter(area_id=current)
                .order_by("-valid_from")
                .values_list("parent_id", flat=True)
                .first()
            )
        current = row
    return chain


def may(asker: Any, verb: str, area: uuid.UUID | None = None, *, category: str = "", now: datetime) -> bool:
    """Whether the asker may do this on this area; without an area: anywhere at all.

    `category` is that of the matter: a post that is limited to others gives nothing for it.
    """
    if verb in PUBLIC:
        return True
    found = grants(asker, verb, now=now)
    tops = {grant.area for grant in found if not (category and grant.categories) or category in grant.categories}
    if area is None or not tops:
        return bool(tops)
    return not tops.isdisjoint(chain_ids(area, now=now))


def demand(asker: Any, verb: str, area: uuid.UUID | None = None, *, now: datetime) -> None:
    """Go on, or raise SignInNeeded (nobody is signed in) or Refused (wrong role or wrong area, and it says which)."""
    if may(asker, verb, area, now=now):
        return
    if not getattr(asker, "is_authenticated", False):
        raise SignInNeeded(_("Sign in to do this."))
    if areas_with(asker, verb, now=now):
        raise Refused(_("This area is not yours: your appointment covers another part of the map."), verb=verb)
    raise Refused(_("Your appointments do not include this."), verb=verb)


OWNER = frozenset({"place.open"})
"""What the system's owner (`manage.py createsuperuser`) may beside all roles: in an empty place nobody has one yet."""


def verbs_of_owner(asker: Any) -> frozenset[str]:
    """What an asker may as the system's owner; nothing for everybody else."""
    return OWNER if getattr(asker, "is_superuser", False) and asker.is_active else frozenset()


def demand_open(asker: Any, *, now: datetime) -> None:
    """Go on, or raise SignInNeeded or Refused: who may fill an empty place."""
    if "place.open" not in verbs_of_owner(asker):
        demand(asker, "place.open", now=now)


APPOINTS: dict[str, frozenset[str]] = {
    Role.ADMINISTRATOR: frozenset(Role.values) - {Role.AUDITOR},
}
"""Which roles a role may fill, on the own area and below it. The own role only below: nobody makes an equal. Who audits
an administrator is not appointed by one: `manage.py appoint` on the server does it."""


def may_appoint(asker: Any, role: str, area: uuid.UUID, *, now: datetime) -> bool:
    """Whether the asker may put somebody into a role on an area, or out of it."""
    if not getattr(asker, "is_authenticated", False):
        return False
    chain = chain_ids(area, now=now)
    held = Appointment.objects.held_by(asker, now).filter(area_id__in=chain, role__in=APPOINTS)
    return any(
        role in APPOINTS[own] and (role != own or top != area) for own, top in held.values_list("role", "area_id")
    )


def appointable(asker: Any, posts: Iterable[tuple[str, uuid.UUID]], *, now: datetime) -> set[tuple[str, uuid.UUID]]:
    """Those of many (role, area) that the asker may fill: the same rule as `may_appoint`, with few questions."""
    wanted = set(posts)
    if not getattr(asker, "is_authenticated", False) or not wanted:
        return set()
    tops: dict[str, list[uuid.UUID]] = {}
    held = Appointment.objects.held_by(asker, now).filter(role__in=APPOINTS)
    for own, top in held.values_list("role", "area_id"):
        tops.setdefault(own, []).append(top)
    found: set[tuple[str, uuid.UUID]] = set()
    for own, areas in tops.items():
        for top in areas:
            here = Boundary.objects.at(now).filter(area_id__in=[area for _role, area in wanted])
            below = set(here.filter(area_id__in=subtree_ids([top], now)).values_list("area_id", flat=True))
            found |= {
                (role, area)
                for role, area in wanted
                if area in below and role in APPOINTS[own] and (role != own or area != top)
            }
    return found


def demand_appoint(asker: Any, role: str, area: uuid.UUID, *, now: datetime) -> None:
    """Go on, or raise SignInNeeded or Refused saying what is missing: the right, the area, or the role."""
    if may_appoint(asker, role, area, now=now):
        return
    demand(asker, "roster.edit", area, now=now)
    raise Refused(
        _("“%(role)s” on this area is not for you to fill: it is done on the server, or by the administrator above.")
        % {"role": Role(role).label},
        code="role-above",
    )


def fillable_roles(asker: Any, *, now: datetime) -> list[str]:
    """The roles that the asker may fill somewhere, in the order of the table."""
    held = Appointment.objects.held_by(asker, now) if getattr(asker, "is_authenticated", False) else []
    allowed = frozenset().union(*(APPOINTS.get(post.role, frozenset()) for post in held))
    return [role for role in Role.values if role in allowed]
