"""The JSON doors to sites: public to read, as of any moment; hours are edited by who manages the site."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from gis.audit.receipts import idempotent
from gis.shared.errors import Missing
from gis.shared.periods import moment_from
from gis.shared.versions import version_of
from grids.models import Boundary
from grids.permissions import may
from layers.sites import actions
from layers.sites.models import Site, SiteQuerySet

router = Router(tags=["sites"])

MOST_SITES = 5_000


class HoursIn(Schema):
    """New opening hours, in the form of `layers.sites.hours`."""

    hours: dict[str, Any]


@router.get("")
def list_sites(request: HttpRequest, moment: str = "", area: uuid.UUID | None = None, kind: str = "") -> Any:
    """All sites at a moment, those of one area and below, or of one kind; says whether each is open then."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    rows: SiteQuerySet = Site.objects.at(at)
    if area is not None:
        rows = rows.within([area], at)
    if kind:
        rows = rows.filter(kind__code=kind)
    found = rows.with_open(at).select_related("kind").order_by("kind__order", "name_zh", "pk")
    sites = [summary(site) for site in found[:MOST_SITES]]
    return {"moment": at, "count": found.count(), "sites": sites}


@router.get("/{uuid:site_id}")
def get_site(request: HttpRequest, site_id: uuid.UUID, moment: str = "") -> Any:
    """One site with hours, address, the chain of areas it serves and when it opens or closes next."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    site = Site.objects.at(at).with_open(at).select_related("kind").filter(pk=site_id).first()
    if site is None:
        raise Missing(_("There is no such site."))
    return details(site, request.user, at, now=now)


@router.put("/{uuid:site_id}/hours")
@idempotent
def put_hours(request: HttpRequest, site_id: uuid.UUID, body: HoursIn) -> Any:
    """New opening hours; If-Match carries the version they were made from."""
    now = timezone.now()
    actions.change_hours(site_id=site_id, hours=body.hours, version=version_of(request), now=now, actor=request.user)
    site = Site.objects.at(now).with_open(now).select_related("kind").get(pk=site_id)
    return details(site, request.user, now, now=now)


def summary(site: Any) -> dict[str, Any]:
    """What a list shows of one site; needs `with_open`."""
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
    }


def details(site: Any, asker: Any, at: datetime, *, now: datetime) -> dict[str, Any]:
    """Everything about one site."""
    english = site.name == site.name_en != site.name_zh
    return summary(site) | {
        "address": (english and site.address_en) or site.address_zh,
        "hours": site.hours_at(at),
        "changes_at": site.changes_at(at),
        "version": site.version,
        "chain": chain_of(site.area_id, at),
        "may_edit": may(asker, "site.edit", site.area_id, now=now),
    }


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
