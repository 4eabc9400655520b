"""What is told of sites, JSON-ready, as of any moment."""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from gis.shared.errors import Missing
from grids.models import Appointment, Boundary
from grids.permissions import chain_ids, may
from layers.sites import hours as opening
from layers.sites.models import Duty, Offer, Room, Service, SiteKind, SiteThen
from layers.sites.models.site import Operator, StepFree

MOST_STAFF = 300


def summary(site: Any) -> dict[str, Any]:
    """What a list shows of one site; needs `with_open`. `open` and `today` are None where nobody knows the hours."""
    return {
        "id": site.pk,
        "name": site.name,
        "name_zh": site.name_zh,
        "name_en": site.name_en,
        "kind": {"code": site.kind.code, "name": site.kind.name, "symbol": site.kind.symbol},
        "area": site.area_id,
        "lon": site.geometry.x,
        "lat": site.geometry.y,
        "open": site.open,
        "today": site.today,
    }


def details(site_id: uuid.UUID, asker: Any, at: datetime, *, now: datetime) -> dict[str, Any]:
    """Everything about one site as it was at a moment; raises Missing.

    Who is on duty is named to those who may know by name who holds an office in the area it serves.
    """
    site = SiteThen.objects.at(at).with_open(at).select_related("kind").filter(pk=site_id).first()
    if site is None:
        raise Missing(_("There is no such site."))
    named = may(asker, "roster.read", site.area_id, now=now)
    return summary(site) | {
        "address": site.address,
        "address_zh": site.address_zh,
        "address_en": site.address_en,
        "hours": site.hours,
        "hours_known": opening.week_known(site.hours),
        "changes_at": site.changes_at(at),
        "operator_kind": site.operator_kind,
        "operator_kind_name": site.get_operator_kind_display() if site.operator_kind else "",
        "operator": site.operator,
        "operator_zh": site.operator_zh,
        "operator_en": site.operator_en,
        "phone": site.phone,
        "step_free": site.step_free,
        "opened_at": site.opened_at,
        "changed_at": site.valid_from,
        "rooms": [_room(row) for row in Room.objects.at(at).filter(site=site_id)],
        "services": [_offer(row) for row in Offer.objects.at(at).filter(site=site_id).select_related("service")],
        "duties": [
            _duty(row, named=named) for row in Duty.objects.at(at).filter(site=site_id).select_related("person")
        ],
        "version": site.version,
        "chain": chain_of(site.area_id, at),
        "may_edit": at == now and may(asker, "site.edit", site.area_id, now=now),
    }


def _room(row: Any) -> dict[str, Any]:
    """One room."""
    names = {"name": row.name, "name_zh": row.name_zh, "name_en": row.name_en}
    return names | {"key": row.key, "floor": row.floor, "capacity": row.capacity}


def _offer(row: Any) -> dict[str, Any]:
    """One service that is offered, with what the catalogue says of it."""
    told = _service(row.service)
    return told | {"note": row.note, "note_zh": row.note_zh, "note_en": row.note_en}


def _service(row: Any) -> dict[str, Any]:
    """One service of the catalogue."""
    return {"service": row.code, "name": row.name, "who": row.who, "bring": row.bring, "minutes": row.minutes}


def _duty(row: Any, *, named: bool) -> dict[str, Any]:
    """One post; who holds it only for those who may know."""
    told = {"post": row.post, "post_zh": row.post_zh, "post_en": row.post_en, "hours": row.hours}
    return (
        told
        | {"held": row.person_id is not None, "name": row.person.name if named and row.person else ""}
        | ({"person": row.person_id} if named else {})
    )


def lists(*, now: datetime) -> dict[str, Any]:
    """What a form offers."""
    kinds = SiteKind.objects.at(now).select_related("tier")
    return {
        "kinds": [
            {"code": row.code, "name": row.name, "tier": row.tier.name if row.tier else "", "most": row.most}
            for row in kinds
        ],
        "services": [_service(row) for row in Service.objects.at(now)],
        "operators": [{"code": code, "name": str(label)} for code, label in Operator.choices],
        "step_free": [{"code": code, "name": str(label)} for code, label in StepFree.choices],
    }


def staff(area: uuid.UUID, *, now: datetime) -> list[dict[str, Any]]:
    """People in office on an area, above it and below it: the nearest first, each once."""
    near = {*chain_ids(area, now=now), *Boundary.objects.inside(area, now).values_list("area_id", flat=True)}
    rows = Appointment.objects.at(now).filter(person__isnull=False, area_id__in=near).select_related("person")
    names = dict(Boundary.objects.at(now).filter(area_id__in=rows.values("area_id")).values_list("area_id", "name_zh"))
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda one: (one.area_id != area, one.person.name_zh)):
        if row.person is None:
            continue
        post = row.post_zh or row.get_role_display()
        found.setdefault(
            row.person.pk,
            {"id": row.person.pk, "name": row.person.name, "post": post, "area": names.get(row.area_id, "")},
        )
    return list(found.values())[:MOST_STAFF]


def chain_of(area_id: uuid.UUID, at: datetime) -> list[dict[str, Any]]:
    """The area a site serves and those above it, county first."""
    chain: list[dict[str, Any]] = []
    current: uuid.UUID | None = area_id
    while current is not None:
        row = Boundary.objects.at(at).filter(area_id=current).select_related("tier").first()
        if row is None:
            break
        chain.append({"id": row.area_id, "name": row.name, "tier": row.tier.code, "tier_name": row.tier.name})
        current = row.parent_id
    return chain[::-1]
