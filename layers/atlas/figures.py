"""Sentences and counts about an area and about the whole place. Every figure is counted now; unknown stays unknown."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from gis.catalogue.models import Place
from gis.shared.counts import FEW, LEAST, told
from gis.shared.errors import Missing
from gis.shared.geometry import metric_epsg, to_metres
from grids.discretion import Residents, counted
from grids.models import Appointment, Area, Boundary, Population, Tier
from grids.permissions import chain_ids, may
from grids.queries import grids_without_residents
from layers.sites.models import SiteThen
from layers.streets.models import Edge, Gate, Way
from layers.tickets.listing import Wish
from layers.tickets.spots import closed, totals

MOST_CHILDREN = 60
MONTH = timedelta(days=30)


def area_card(area_id: uuid.UUID, *, asker: Any, moment: datetime, now: datetime) -> dict[str, Any]:
    """What the panel says of one area at a moment; raises Missing when there is none then."""
    present = Boundary.objects.at(moment)
    row = present.filter(area_id=area_id).select_related("tier", "opened_by").first()
    if row is None:
        raise Missing(_("At this moment there is no such area on the map."))
    shape = row.shape
    centre = shape.envelope.centroid
    children = present.filter(parent_id=area_id).select_related("tier").defer("geometry").order_by("code")
    below = children.count()
    return {
        **named(row),
        "tier_name": row.tier.name,
        "area_m2": round(to_metres(shape, metric_epsg(centre.x, centre.y)).area, 1),
        "bbox": list(shape.bounds),
        "version": row.version,
        "valid_from": row.valid_from,
        "drawn_by": row.opened_by.actor_name if may(asker, "roster.read", now=now) else "",
        "chain": chain(row, moment=moment),
        "posts": posts(area_id, asker=asker, moment=moment, now=now),
        "contents": contents(area_id, moment=moment),
        "children": [named(child) for child in children[:MOST_CHILDREN]],
        "more": max(0, below - MOST_CHILDREN),
        "figure": residents(row.area, asker=asker, moment=moment, now=now),
    }


def named(row: Boundary) -> dict[str, Any]:
    """Identity and names of one boundary."""
    return {
        "id": str(row.area_id),
        "tier": row.tier.code,
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
    }


def chain(row: Boundary, *, moment: datetime) -> list[dict[str, Any]]:
    """The areas from the top down to this one."""
    ids = chain_ids(row.area_id, now=moment)
    found = {
        boundary.area_id: boundary
        for boundary in Boundary.objects.at(moment).filter(area_id__in=ids).select_related("tier").defer("geometry")
    }
    return [named(found[area_id]) for area_id in reversed(ids) if area_id in found]


def posts(area_id: uuid.UUID, *, asker: Any, moment: datetime, now: datetime) -> list[dict[str, str]]:
    """Who holds which post on this very area; names of persons only for who may read the roster."""
    rows = Appointment.objects.at(moment).filter(area_id=area_id).select_related("person", "organisation")
    inside = may(asker, "roster.read", now=now)
    found = []
    for row in rows.order_by("role", "post_zh"):
        holder = row.organisation.name if row.organisation else row.person.name if inside and row.person else ""
        found.append({"title": post_title(row), "holder": holder})
    return found


def post_title(row: Appointment) -> str:
    """The post's own name, else the role's."""
    own = row.post_en if (get_language() or "").startswith("en") else row.post_zh
    return own or str(row.get_role_display())


def contents(area_id: uuid.UUID, *, moment: datetime) -> list[dict[str, Any]]:
    """How many areas of each tier and how many sites lie inside."""
    counts = dict(
        Boundary.objects.inside(area_id, moment)
        .exclude(area_id=area_id)
        .order_by()
        .values_list("tier_id")
        .annotate(count=Count("pk"))
    )
    tiers = Tier.objects.filter(pk__in=counts).order_by("rank")
    lines = [{"title": tier.name, "count": counts[tier.pk]} for tier in tiers]
    sites = SiteThen.objects.at(moment).within([area_id], moment).count()
    return [*lines, *([{"title": _("Service sites"), "count": sites}] if sites else [])]


def residents(area: Area, *, asker: Any, moment: datetime, now: datetime) -> dict[str, str] | None:
    """A sentence on the residents of an area; None for those who may not read counts of residents there."""
    if not may(asker, "population.read", area.pk, now=now):
        return None
    exact = may(asker, "population.exact", area.pk, now=now)
    count = counted(Population.objects.below(area, moment), exact=exact)
    if count is None:
        return {"title": _("Residents: not known"), "detail": _("No figures have been entered for this area.")}
    total, old, aged = count.total, count.old, count.total - count.ageless
    title = ngettext("%(count)s resident", "%(count)s residents", total) % {"count": people(total, exact=exact)}
    # the rest of a small count must not be told either: the two together are the total
    small = not exact and (0 < old < LEAST or 0 < aged - old < LEAST)
    share = "–" if small or not aged else f"{old / aged:.0%}"
    known = FEW if small and old < LEAST else "…" if small else people(old, exact=exact)
    detail = [_("%(old)s of them are 60 or older (%(share)s)") % {"old": known, "share": share}]
    if count.ageless and not aged:
        detail = [_("nobody was counted by age")]
    elif count.ageless:
        detail.append(_("not all of them were counted by age"))
    detail.append(household_words(count, exact=exact))
    if count.about:
        detail.append(_("small figures in it are rounded"))
    missing = grids_without_residents(area.pk, moment)
    if missing:
        words = ngettext("%(count)s grid has no figure yet", "%(count)s grids have no figure yet", missing)
        detail.append(words % {"count": grouped(missing)})
    return {"title": title, "detail": _("; ").join(detail)}


def household_words(count: Residents, *, exact: bool) -> str:
    """In how many households they live, as far as it was counted; unknown is said to be unknown."""
    if count.households is None:
        return _("the number of households is not known")
    words = ngettext("%(count)s household", "%(count)s households", count.households)
    told_words = words % {"count": people(count.households, exact=exact)}
    if not count.unhoused:
        return told_words
    missing = ngettext(
        "not counted in %(count)s grid with residents",
        "not counted in %(count)s grids with residents",
        count.unhoused,
    )
    return _("%(households)s (%(missing)s)") % {
        "households": told_words, "missing": missing % {"count": grouped(count.unhoused)},
    }  # fmt: skip


def ticket_sentence(*, asker: Any, now: datetime) -> dict[str, str] | None:
    """How many of the matters closed in the last 30 days ended in a grid; None for who reads none, or has none."""
    if not may(asker, "ticket.read", now=now):
        return None
    wish = Wish(state="open")
    seen = wish.sight(asker, now=now)
    still_open, overdue = totals(wish.asked(), seen, now=now)
    standing = _("%(open)s are open, %(overdue)s of them overdue") % {
        "open": grouped(still_open),
        "overdue": grouped(overdue),
    }
    shares = []
    for until in (now, now - MONTH):
        total, in_grid = closed(seen, after=until - MONTH, until=until)
        shares.append((total, in_grid / total if total else 0.0))
    (total, share), (before_total, before) = shares
    if not total:
        if not still_open and not totals(Wish(state="all").asked(), seen, now=now)[0]:
            return None
        return {"title": _("No ticket was closed in the last 30 days"), "detail": standing}
    points = round(share * 100) - round(before * 100)
    compared = ""
    if before_total:
        more = _("%(points)s points more than in the 30 days before")
        less = _("%(points)s points less than in the 30 days before")
        same = _("the same as in the 30 days before")
        compared = (more if points > 0 else less if points else same) % {"points": abs(points)}
    title = _("%(share)s of the matters closed in the last 30 days ended in a grid") % {"share": f"{share:.0%}"}
    return {"title": title, "detail": _("; ").join(part for part in (compared, standing) if part)}


def ground_sentence(*, moment: datetime) -> dict[str, str]:
    """How many grids there are at a moment, among how many areas."""
    areas = Boundary.objects.at(moment).order_by()
    total, grids = areas.count(), areas.filter(tier__grid_level__isnull=False).count()
    if not grids:
        detail = _("%(total)s areas of the upper tiers are drawn.") % {"total": grouped(total)}
        return {"title": _("No grids yet"), "detail": detail}
    return {
        "title": ngettext("%(count)s grid", "%(count)s grids", grids) % {"count": grouped(grids)},
        "detail": _("on three levels, among %(total)s areas of all tiers") % {"total": grouped(total)},
    }


def _unknown_hours(sites: int) -> str:
    """What is said of sites whose opening hours nobody told; "" where there are none."""
    if not sites:
        return ""
    words = ngettext(
        "; of %(count)s site the hours are not known", "; of %(count)s sites the hours are not known", sites
    )
    return words % {"count": grouped(sites)}


def place_figures(*, asker: Any, moment: datetime, now: datetime) -> dict[str, Any]:
    """What is stored in this place, in sentences first."""
    place = Place.objects.first()
    counts = dict(Boundary.objects.at(moment).order_by().values_list("tier_id").annotate(count=Count("pk")))
    tiers = list(Tier.objects.order_by("rank"))
    sites = SiteThen.objects.at(moment).with_open(moment)
    kinds: dict[str, int] = {}
    open_now = unknown = 0
    for site in sites.select_related("kind"):
        kinds[site.kind.name] = kinds.get(site.kind.name, 0) + 1
        open_now += bool(site.open)
        unknown += site.open is None
    metres = Edge.objects.aggregate(sum=Sum("length_m"))["sum"] or 0
    sentences = [
        ground_sentence(moment=moment),
        {
            "title": _("%(open)s of %(all)s sites are open")
            % {"open": grouped(open_now), "all": grouped(sum(kinds.values()))},
            "detail": _("at the moment shown, by their opening hours") + _unknown_hours(unknown),
        }
        if kinds
        else {"title": _("No service sites yet"), "detail": _("Nobody has entered a site here.")},
        {
            "title": _("%(km)s km can be walked") % {"km": grouped(round(metres / 1000, 1))},
            "detail": _("along streets, paths and stairs of the walking network"),
        }
        if metres
        else {"title": _("No walking network yet"), "detail": _("Import streets to measure walking distances.")},
    ]
    tables = [
        {
            "title": _("Areas by tier"),
            "rows": [{"title": tier.name, "count": counts[tier.pk]} for tier in tiers if counts.get(tier.pk)],
            "empty": _("Nothing is drawn yet."),
        },
        {
            "title": _("Sites by kind"),
            "rows": [{"title": name, "count": count} for name, count in kinds.items()],
            "empty": _("There are none."),
        },
        {
            "title": _("Streets and gates"),
            "rows": [
                {"title": _("Streets and paths"), "count": Way.objects.count()},
                {"title": _("Gates of compounds"), "count": Gate.objects.count()},
            ],
            "empty": "",
        },
    ]
    if moment == now and (tickets := ticket_sentence(asker=asker, now=now)):
        sentences.insert(0, tickets)
    return {
        "moment": moment,
        "place": place.name if place else _("Empty place"),
        "source": place.attribution if place else "",
        "sentences": sentences,
        "tables": tables,
    }


def people(count: int, *, exact: bool) -> str:
    """A count of residents, grouped; a small one only for who has a duty there."""
    known = told(count, exact=exact)
    return known if isinstance(known, str) else grouped(known)


def grouped(value: float) -> str:
    """A figure with a comma at the thousands, as the map writes it (Django's Chinese format would group by four)."""
    return f"{value:,}"
