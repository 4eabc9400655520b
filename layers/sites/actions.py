"""The only writes to sites."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Invalid, Missing, Stale
from gis.shared.geometry import snap_to_grid
from grids.permissions import demand
from layers.sites import hours as opening
from layers.sites.models import FormerHours, Site, SiteKind
from layers.sites.records import SiteRecord


@transaction.atomic
def store_sites(
    records: Sequence[SiteRecord], *, now: datetime, actor: Any, since: datetime | None = None
) -> list[Site]:
    """Store many sites at once, all or none, open to the public since `since` (now when None).

    Raises Invalid naming the first row with wrong hours or kind.
    """
    kinds = {kind.code: kind for kind in SiteKind.objects.at(now)}
    sites = []
    for row in records:
        place = snap_to_grid(row.point)
        _demand_hours(row.hours, row.name_zh)
        if row.kind not in kinds:
            raise Invalid(
                _("%(name)s: there is no kind of site called %(kind)s.") % {"name": row.name_zh, "kind": row.kind},
                code="unknown-site-kind",
            )
        sites.append(
            Site(
                id=row.id,
                kind=kinds[row.kind],
                area_id=row.area,
                name_zh=row.name_zh,
                name_en=row.name_en,
                geometry=Point(place.x, place.y, srid=4326),
                address_zh=row.address_zh,
                address_en=row.address_en,
                hours=row.hours,
                valid_from=since or now,
            )
        )
    Site.objects.bulk_create(sites, batch_size=1000)
    record(actor=actor, verb="sites.store", subject=f"{len(sites)} sites", now=now)
    return sites


@transaction.atomic
def change_hours(*, site_id: uuid.UUID, hours: Any, version: int, now: datetime, actor: Any) -> Site:
    """Give a site new opening hours; Stale when somebody changed it since `version`, Invalid for wrong hours."""
    site = Site.objects.at(now).select_for_update(of=("self",)).select_related("kind").filter(pk=site_id).first()
    if site is None:
        raise Missing(_("There is no such site."))
    demand(actor, "site.edit", site.area_id, now=now)
    if site.version != version:
        raise Stale(_("The opening hours were changed in the meantime."), version=site.version, hours=site.hours)
    _demand_hours(hours, site.name)
    _keep_hours(site, now)
    site.hours, site.version = hours, site.version + 1
    site.save(update_fields=["hours", "version"])
    record(actor=actor, verb="site.hours", subject=site.pk, now=now, detail={"version": site.version})
    return site


def _keep_hours(site: Site, now: datetime) -> None:
    """Write down which hours held until now, since they were set."""
    last = site.former_hours.order_by("-valid_until").values_list("valid_until", flat=True).first()
    since = last or site.valid_from
    if since < now:
        FormerHours.objects.create(site=site, hours=site.hours, valid_from=since, valid_until=now)


def _demand_hours(hours: Any, name: str) -> None:
    """Go on, or raise Invalid saying whose hours are wrong and why."""
    try:
        opening.check_hours(hours)
    except ValueError as error:
        raise Invalid(
            _("%(name)s: these are not opening hours: %(reason)s") % {"name": name, "reason": str(error)},
            code="bad-hours",
            fields={"hours": str(error)},
        ) from error
