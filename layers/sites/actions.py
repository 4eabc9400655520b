"""The only writes to sites."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Stale
from gis.shared.geometry import snap_coordinates, snap_to_grid
from grids.permissions import demand
from layers.sites import filling
from layers.sites.facts import WORDS, tidy
from layers.sites.models import Duty, Offer, Room, Service, Site, SiteKind
from layers.sites.placing import Spot, area_for, cautions, demand_agreed, spots
from layers.sites.records import SiteRecord
from layers.sites.refusals import guarded
from layers.sites.wording import demand_hours

BATCH = 1000
CONTENTS: dict[str, Callable[..., None]] = {
    "rooms": filling.set_rooms,
    "services": filling.set_offers,
    "duties": filling.set_duties,
}


@guarded()
def store_sites(
    records: Sequence[SiteRecord], *, now: datetime, actor: Any, since: datetime | None = None
) -> list[Site]:
    """Store many sites at once with what stands in them, all or none, open to the public since `since` (now if None).

    Raises Invalid naming the first row with wrong hours, kind or service.
    """
    kinds = {kind.code: kind for kind in SiteKind.objects.at(now)}
    services = dict(Service.objects.values_list("code", "pk"))
    begun = since or now
    sites, rooms, offers, duties = [], [], [], []
    for row in records:
        place = snap_to_grid(row.point)
        demand_hours(row.hours, row.name_zh)
        if row.kind not in kinds:
            raise Invalid(
                _("%(name)s: there is no kind of site called %(kind)s.") % {"name": row.name_zh, "kind": row.kind},
                code="unknown-site-kind",
            )
        strange = [code for code in row.services if code not in services]
        if strange:
            raise Invalid(_("There is no service “%(code)s” in the catalogue.") % {"code": strange[0]})
        words = {name: getattr(row, name) for name in WORDS}
        site = Site(
            id=row.id, kind=kinds[row.kind], area_id=row.area, geometry=Point(place.x, place.y, srid=4326),
            hours=row.hours, valid_from=begun, **words,
        )  # fmt: skip
        sites.append(site)
        for order, room in enumerate(row.rooms):
            size = {"floor": room.floor, "capacity": room.capacity, "order": order}
            rooms.append(Room(site=site, name_zh=room.name_zh, name_en=room.name_en, valid_from=begun, **size))
        offers += [Offer(site=site, service_id=services[code], valid_from=begun) for code in row.services]
        for order, duty in enumerate(row.duties):
            demand_hours(duty.hours, duty.post_zh, field="duties")
            post = {"post_zh": duty.post_zh, "post_en": duty.post_en, "hours": duty.hours, "order": order}
            duties.append(Duty(site=site, person_id=duty.person, valid_from=begun, **post))
    Site.objects.bulk_create(sites, batch_size=BATCH)
    Room.objects.bulk_create(rooms, batch_size=BATCH)
    Offer.objects.bulk_create(offers, batch_size=BATCH)
    Duty.objects.bulk_create(duties, batch_size=BATCH)
    record(actor=actor, verb="sites.store", subject=f"{len(sites)} sites", now=now)
    return sites


@guarded()
def add_site(
    *, site_id: uuid.UUID, facts: dict[str, Any], now: datetime, actor: Any, agreed: Sequence[str] = ()
) -> Site:
    """A new site: its facts (names, kind, place, perhaps the area it serves, hours, …) and what stands in it.

    Raises Invalid beside what is wrong, Conflict with cautions that were not agreed to.
    """
    demand(actor, "site.edit", now=now)
    told = tidy(facts)
    if "name_zh" not in told or "kind" not in told or told.get("lon") is None or told.get("lat") is None:
        raise Invalid(
            _("A site has a name, a kind and a place."),
            fields={"name_zh" if not told.get("name_zh") else "place": _("Needed")},
        )
    site = Site(id=site_id, valid_from=now)
    _place(site, told, now=now, agreed=agreed)
    demand(actor, "site.edit", site.area_id, now=now)
    if Site.objects.filter(pk=site_id).exists():
        raise Conflict(_("There is a site of this id already."), code="id-taken")
    _words(site, told)
    _demand_own_name(site, now)
    site.save(force_insert=True)
    for name, fill in CONTENTS.items():
        if told.get(name) is not None:
            fill(site, told[name], now=now)
    record(actor=actor, verb="site.add", subject=site.pk, now=now, detail=_told_of(told))
    return site


@guarded()
def change_site(
    *,
    site_id: uuid.UUID,
    facts: dict[str, Any],
    version: int,
    now: datetime,
    actor: Any,
    agreed: Sequence[str] = (),
) -> Site:
    """Change what is told of a site; what is not told stays. Stale when somebody changed it since `version`."""
    site = _locked(site_id, version, now=now, actor=actor)
    told = tidy(facts)
    if {"kind", "area", "lon", "lat"} & set(told):
        _place(site, told, now=now, agreed=agreed)
        demand(actor, "site.edit", site.area_id, now=now)
    _words(site, told)
    if {"name_zh", "area"} & set(told):
        _demand_own_name(site, now)
    for name, fill in CONTENTS.items():
        if told.get(name) is not None:
            fill(site, told[name], now=now)
    site.version, site.changed_at = site.version + 1, now
    site.save()
    record(actor=actor, verb="site.change", subject=site.pk, now=now, detail=_told_of(told))
    return site


def write_facts(
    site: Site, facts: dict[str, Any], *, kind: SiteKind, area: uuid.UUID, spot: Spot, now: datetime
) -> None:
    """Write what a file says of a site that is there; who calls has judged it by the same rules, and tells the log."""
    site = Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    site.kind, site.area_id, site.geometry = kind, area, Point(spot.lon, spot.lat, srid=4326)
    _words(site, facts)
    told = facts | filling.as_told_before(site, facts, now=now)
    for name, fill in CONTENTS.items():
        if name in told:
            fill(site, told[name], now=now)
    site.version, site.changed_at = site.version + 1, now
    site.save()


def change_hours(*, site_id: uuid.UUID, hours: Any, version: int, now: datetime, actor: Any) -> Site:
    """Give a site new opening hours; Stale when somebody changed it since `version`, Invalid for wrong hours."""
    return change_site(site_id=site_id, facts={"hours": hours}, version=version, now=now, actor=actor)


@guarded()
def end_site(*, site_id: uuid.UUID, version: int, now: datetime, actor: Any) -> Site:
    """Take a site out of service now, with all that stands in it; past moments still show it."""
    site = _locked(site_id, version, now=now, actor=actor)
    for model in filling.CONTENTS:
        filling.end(model, model.objects.at(now).filter(site=site), now=now)
    site.valid_until, site.version = now, site.version + 1
    site.save(update_fields=["valid_until", "version"])
    record(actor=actor, verb="site.end", subject=site.pk, now=now)
    return site


@guarded()
def reopen_site(*, site_id: uuid.UUID, version: int, now: datetime, actor: Any) -> Site:
    """Undo the end of a site: as if it had never ended."""
    site = Site.objects.select_for_update(of=("self",)).select_related("kind").filter(pk=site_id).first()
    if site is None:
        raise Missing(_("There is no such site."))
    demand(actor, "site.edit", site.area_id, now=now)
    _demand_version(site, version)
    if site.valid_until is None:
        raise Conflict(_("This site is in service."), code="not-ended")
    ended, site.valid_until = site.valid_until, None
    _demand_own_name(site, now)
    _demand_room_for(site, site.changed_at)
    for model in filling.CONTENTS:
        model.objects.filter(site=site, valid_until=ended).update(valid_until=None)
    site.version += 1
    site.save(update_fields=["valid_until", "version"])
    record(actor=actor, verb="site.reopen", subject=site.pk, now=now)
    return site


def _told_of(told: dict[str, Any]) -> dict[str, Any]:
    """What the log keeps of a change: which facts, and who was put on duty (by id, as the roster does)."""
    people = sorted({str(duty.person) for duty in told.get("duties") or () if duty.person})
    return {"what": sorted(told)} | ({"on_duty": people} if people else {})


def _locked(site_id: uuid.UUID, version: int, *, now: datetime, actor: Any) -> Site:
    """The site, locked, for who may edit it; raises Missing, Refused or Stale."""
    site = Site.objects.at(now).select_for_update(of=("self",)).select_related("kind").filter(pk=site_id).first()
    if site is None:
        raise Missing(_("There is no such site."))
    demand(actor, "site.edit", site.area_id, now=now)
    _demand_version(site, version)
    return site


def _demand_version(site: Site, version: int) -> None:
    """Go on, or raise Stale with what is stored now."""
    if site.version != version:
        raise Stale(_("This site was changed in the meantime."), version=site.version, hours=site.hours)


def _place(site: Site, told: dict[str, Any], *, now: datetime, agreed: Sequence[str]) -> None:
    """Kind, position and area of a site, judged together."""
    if "kind" in told:
        kind = SiteKind.objects.at(now).select_related("tier").filter(code=told["kind"]).first()
        if kind is None:
            words = _("There is no kind of site called %(kind)s.") % {"kind": str(told["kind"])[:60]}
            raise Invalid(words, code="unknown-site-kind", fields={"kind": words})
        site.kind = kind
    given = [told.get(name) is not None for name in ("lon", "lat")]
    if any(given) and not all(given):
        words = _("A place has a longitude and a latitude; only one of them was told.")
        raise Invalid(words, code="half-a-place", fields={"place": words})
    moved = all(given)
    lon, lat = (told["lon"], told["lat"]) if moved else (site.geometry.x, site.geometry.y)
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # false for NaN
        words = _("This is not a longitude and latitude in degrees.")
        raise Invalid(words, code="bad-position", fields={"place": words})
    spot = spots(snap_coordinates(np.array([[lon, lat]])), now=now)[0]
    asked = told.get("area", site.area_id)  # None: the area is found from the place
    site.area_id = area_for(spot, site.kind, asked=asked, now=now)
    site.geometry = Point(spot.lon, spot.lat, srid=4326)
    demand_agreed(cautions(spot, site.area_id, now=now), agreed)
    _demand_room_for(site, now)


def _demand_room_for(site: Site, since: datetime) -> None:
    """Go on, or raise Conflict when its area has, or had since then, as many sites of this kind as it may have."""
    if site.kind.most is None:
        return
    others = Site.objects.kept(since).filter(kind=site.kind, area=site.area_id).exclude(pk=site.pk)
    if others.count() >= site.kind.most:
        words = _("%(name)s is there already: an area has one %(kind)s. Choose another kind or another area.")
        raise Conflict(words % {"name": others[0].name, "kind": site.kind.name}, code="most-sites")


def _demand_own_name(site: Site, now: datetime) -> None:
    """Go on, or raise Conflict when another site of the same area is called so."""
    others = Site.objects.at(now).filter(area=site.area_id, name_zh=site.name_zh).exclude(pk=site.pk)
    if others.exists():
        words = _("Another site of this area is called “%(name)s”.") % {"name": site.name_zh}
        raise Conflict(words, code="same-name", fields={"name_zh": words})


def _words(site: Site, told: dict[str, Any]) -> None:
    """Write names, address, operator, telephone and hours down."""
    for name in (*WORDS, "hours"):
        if name in told:
            setattr(site, name, told[name])
