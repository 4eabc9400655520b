"""The JSON doors to sites: public to read, as of any moment; written by who may edit sites there."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema

from gis.audit.actions import record_taking
from gis.audit.receipts import idempotent
from gis.shared.errors import Invalid, Missing
from gis.shared.periods import moment_from
from gis.shared.versions import version_of
from grids.permissions import demand
from layers.sites import actions, exports, telling
from layers.sites.facts import DutyFacts, OfferFacts, RoomFacts
from layers.sites.models import SiteQuerySet, SiteThen

router = Router(tags=["sites"])

MOST_SITES = 5_000


class HoursIn(Schema):
    """New opening hours, in the form of `layers.sites.hours`."""

    hours: dict[str, Any]


class RoomIn(Schema):
    """One room."""

    name_zh: str
    name_en: str = ""
    floor: str = ""
    capacity: int | None = None
    key: uuid.UUID | None = None


class OfferIn(Schema):
    """One service of the catalogue."""

    service: str
    note_zh: str = ""
    note_en: str = ""


class DutyIn(Schema):
    """One post, perhaps with its holder."""

    post_zh: str
    post_en: str = ""
    person: uuid.UUID | None = None
    hours: dict[str, Any] = {}


class SiteIn(Schema):
    """What is told of a site; what is left out stays as it is. `area` null: the one at the place."""

    kind: str = ""
    area: uuid.UUID | None = None
    lon: float | None = None
    lat: float | None = None
    name_zh: str = ""
    name_en: str = ""
    address_zh: str = ""
    address_en: str = ""
    hours: dict[str, Any] = {}
    operator_kind: str = ""
    operator_zh: str = ""
    operator_en: str = ""
    phone: str = ""
    step_free: str = ""
    rooms: list[RoomIn] = []
    services: list[OfferIn] = []
    duties: list[DutyIn] = []
    agreed: list[str] = []

    def facts(self) -> dict[str, Any]:
        """Only what was sent, as the actions take it."""
        told = {name: getattr(self, name) for name in self.model_fields_set if name not in ("agreed", "id")}
        for name, make in (("rooms", RoomFacts), ("services", OfferFacts), ("duties", DutyFacts)):
            if name in told:
                told[name] = [make(**row.model_dump()) for row in told[name]]
        return told


class NewSiteIn(SiteIn):
    """A new site; its id is made by the client."""

    id: uuid.UUID


@router.get("")
def list_sites(request: HttpRequest, moment: str = "", area: uuid.UUID | None = None, kind: str = "") -> Any:
    """All sites at a moment, those of one area and below, or of one kind; `open` says whether each is open then.

    Three states: true, false, and null where nobody told the hours.
    """
    now = timezone.now()
    at = moment_from(moment, now=now)
    rows: SiteQuerySet = SiteThen.objects.at(at)
    if area is not None:
        rows = rows.within([area], at)
    if kind:
        rows = rows.filter(kind__code=kind)
    found = rows.with_open(at).select_related("kind").order_by("kind__order", "name_zh", "pk")
    sites = [telling.summary(site) for site in found[:MOST_SITES]]
    return {"moment": at, "count": found.count(), "sites": sites}


@router.post("", response={201: Any})
@idempotent
def post_site(request: HttpRequest, body: NewSiteIn) -> Any:
    """Add a site; cautions about its place are told first (409 not-agreed), and agreed to by their codes."""
    now = timezone.now()
    site = actions.add_site(site_id=body.id, facts=body.facts(), agreed=body.agreed, now=now, actor=request.user)
    return 201, telling.details(site.pk, request.user, now, now=now)


@router.get("/lists")
def get_lists(request: HttpRequest) -> Any:
    """What a form offers: kinds of site, everyday services, kinds of operator, access."""
    return telling.lists(now=timezone.now())


@router.get("/file.{kind}")
def get_file(request: HttpRequest, kind: str, moment: str = "") -> HttpResponse:
    """All sites as a CSV, XLSX or GeoPackage file, in the form the import reads back."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    content = exports.written(kind, at)
    record_taking(actor=request.user, verb="sites.export", subject=kind, now=now, detail={"moment": at.isoformat()})
    name = f'attachment; filename="sites-{at:%Y%m%d}.{kind}"'
    return HttpResponse(content, content_type=exports.MEDIA[kind], headers={"Content-Disposition": name})


@router.get("/{uuid:site_id}")
def get_site(request: HttpRequest, site_id: uuid.UUID, moment: str = "") -> Any:
    """One site as it was at a moment: hours, address, areas it serves, rooms, services, who is on duty."""
    now = timezone.now()
    return telling.details(site_id, request.user, moment_from(moment, now=now), now=now)


@router.put("/{uuid:site_id}")
@idempotent
def put_site(request: HttpRequest, site_id: uuid.UUID, body: SiteIn) -> Any:
    """Change what is sent, leave the rest; If-Match carries the version it was made from."""
    now = timezone.now()
    version = version_of(request)
    facts = body.facts()
    if not facts:
        raise Invalid(_("Nothing is told that could be changed."))
    actions.change_site(
        site_id=site_id, facts=facts, version=version, agreed=body.agreed, now=now, actor=request.user
    )  # fmt: skip
    return telling.details(site_id, request.user, now, now=now)


@router.put("/{uuid:site_id}/hours")
@idempotent
def put_hours(request: HttpRequest, site_id: uuid.UUID, body: HoursIn) -> Any:
    """New opening hours; If-Match carries the version they were made from."""
    now = timezone.now()
    actions.change_hours(site_id=site_id, hours=body.hours, version=version_of(request), now=now, actor=request.user)
    return telling.details(site_id, request.user, now, now=now)


@router.post("/{uuid:site_id}/end")
@idempotent
def post_end(request: HttpRequest, site_id: uuid.UUID) -> Any:
    """Take a site out of service now; past moments still show it."""
    now = timezone.now()
    site = actions.end_site(site_id=site_id, version=version_of(request), now=now, actor=request.user)
    return {"id": site.pk, "version": site.version, "valid_until": site.valid_until}


@router.post("/{uuid:site_id}/reopen")
@idempotent
def post_reopen(request: HttpRequest, site_id: uuid.UUID) -> Any:
    """Undo the end of a site."""
    now = timezone.now()
    actions.reopen_site(site_id=site_id, version=version_of(request), now=now, actor=request.user)
    return telling.details(site_id, request.user, now, now=now)


@router.get("/{uuid:site_id}/staff")
def get_staff(request: HttpRequest, site_id: uuid.UUID) -> Any:
    """Who may be put on duty here: people with a post on the area it serves, above it or below it."""
    now = timezone.now()
    area = SiteThen.objects.at(now).filter(pk=site_id).values_list("area_id", flat=True).first()
    demand(request.user, "site.edit", area, now=now)
    if area is None:
        raise Missing(_("There is no such site."))
    return {"staff": telling.staff(area, now=now)}
