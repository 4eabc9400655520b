"""Who may do what where: asked here for everything that hangs on the ground, by page, API, tile and export alike.

An appointment gives its role's verbs on its area and on all below it, at the moment asked. What nobody needs an
appointment for stands in PUBLIC.
"""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from gis.shared.errors import Refused, SignInNeeded
from grids.models import Appointment, Boundary, Role

PUBLIC = frozenset({"area.read", "site.read", "circle.read"})

OFFICE = frozenset({"roster.read"})
"""What every office brings with it: knowing by name who holds the others."""

HANDLING = frozenset({"ticket.read", "ticket.report", "ticket.sign", "ticket.handle"})
DESK = frozenset({"ticket.read", "ticket.report", "ticket.accept", "ticket.dispatch", "ticket.verify", "ticket.close"})
READING = frozenset({"ticket.read", "population.read", "hotspot.read"})

VERBS_OF_ROLE: dict[str, frozenset[str]] = {
    Role.CHIEF: OFFICE | HANDLING | DESK | READING | {"area.draw", "area.rename", "gate.edit"},
    Role.WORKER: OFFICE | HANDLING | {"population.read"},
    Role.FRONT_DESK: OFFICE | DESK,
    Role.DEPARTMENT: OFFICE | HANDLING,
    Role.PLANNER: OFFICE | READING | {"gate.edit"},
    Role.SITE_MANAGER: OFFICE | {"site.edit"},
    Role.ANALYST: OFFICE | READING,
    Role.LEADER: OFFICE | READING,
    Role.AUDITOR: OFFICE | {"audit.read"},
    Role.ADMINISTRATOR: OFFICE | {"roster.edit", "catalogue.edit", "population.read"},
}


def roles_for(verb: str) -> list[str]:
    """The roles whose appointment gives a verb."""
    return [role for role, verbs in VERBS_OF_ROLE.items() if verb in verbs]


def areas_with(asker: Any, verb: str, *, now: datetime) -> list[uuid.UUID]:
    """The areas on which the asker holds an appointment that gives the verb: the tops of the own subtrees."""
    if not getattr(asker, "is_authenticated", False):
        return []
    held = Appointment.objects.held_by(asker, now).filter(role__in=roles_for(verb))
    return list(held.order_by("area_id").values_list("area_id", flat=True).distinct())


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
                .order_by("-version")
                .values_list("parent_id", flat=True)
                .first()
            )
        current = row
    return chain


def may(asker: Any, verb: str, area: uuid.UUID | None = None, *, now: datetime) -> bool:
    """Whether the asker may do this on this area; without an area: anywhere at all."""
    if verb in PUBLIC:
        return True
    tops = areas_with(asker, verb, now=now)
    if area is None or not tops:
        return bool(tops)
    return not set(tops).isdisjoint(chain_ids(area, now=now))


def demand(asker: Any, verb: str, area: uuid.UUID | None = None, *, now: datetime) -> None:
    """Go on, or raise SignInNeeded (nobody is signed in) or Refused (wrong role or wrong area, and it says which)."""
    if may(asker, verb, area, now=now):
        return
    if not getattr(asker, "is_authenticated", False):
        raise SignInNeeded(_("Sign in to do this."))
    if areas_with(asker, verb, now=now):
        raise Refused(_("This area is not yours: your appointment covers another part of the map."), verb=verb)
    raise Refused(_("Your appointments do not include this."), verb=verb)
