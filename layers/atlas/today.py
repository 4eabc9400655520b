"""The start page of whoever is signed in: what needs them now, by their appointments, and one sentence of figures."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gis.shared.errors import SignInNeeded
from grids.models import Appointment, Role
from grids.permissions import areas_with, may
from grids.roster_lists import vacancies
from grids.sketches import mine
from layers.atlas import figures
from layers.coverage.shares import not_reached
from layers.sites.models import Duty, SiteThen, place_zone
from layers.tickets import public
from layers.tickets.listing import Wish, listed
from layers.tickets.models.words import State
from layers.tickets.spots import by_state

SOON = timedelta(days=1)
OWN_SITES = 5
"""So many of the own sites are told one by one."""
STEPS = (Role.CHIEF, Role.WORKER, Role.DEPARTMENT, Role.FRONT_DESK)
"""The roles that move tickets on; others read them."""


def today(asker: Any, *, now: datetime) -> dict[str, Any]:
    """What waits for the asker, the most urgent first, each with the way to it; raises SignInNeeded.

    JSON-ready: `lines` of {title, detail, count, tone ("red", "amber" or ""), room, params}; the figures are those of
    the lists behind them, so that nobody reads one number here and another there.
    """
    if not getattr(asker, "is_authenticated", False):
        raise SignInNeeded(_("Sign in to see what needs you."))
    roles = set(Appointment.objects.held_by(asker, now).values_list("role", flat=True))
    sentences = [figures.ticket_sentence(asker=asker, now=now) or figures.ground_sentence(moment=now)]
    return {
        "moment": now,
        "appointed": bool(roles),
        "lines": [
            *_tickets(asker, roles, now),
            *_ground(asker, roles, now),
            *_services(asker, roles, now),
            *_sites(asker, roles, now),
        ],
        "sentences": sentences,
    }


def _tickets(asker: Any, roles: set[str], now: datetime) -> Iterator[dict[str, Any]]:
    """Tickets whose next step is the asker's; for those who only read, what is overdue in their areas."""
    if roles.intersection(STEPS):
        waiting = Wish(view="needs_me").sight(asker, now=now)
        rows = by_state(waiting, now=now, soon=now + SOON)
        total, late, soon = sum(row[1] for row in rows), sum(row[2] for row in rows), sum(row[3] for row in rows)
        told = sorted(rows, key=lambda row: (-row[1], row[0]))
        names = _(", ").join(f"{State(row[0]).label} {figures.grouped(row[1])}" for row in told)
        words = ngettext("%(count)s ticket waits for you", "%(count)s tickets wait for you", total)
        if total:
            yield _line(words, total, names, "", "tickets", view="needs_me")
        if late:
            words = ngettext("%(count)s of them is overdue", "%(count)s of them are overdue", late)
            yield _line(words, late, _("These come first in the list."), "red", "tickets", view="needs_me", overdue="1")
        if soon:
            words = ngettext("%(count)s is due within a day", "%(count)s are due within a day", soon)
            yield _line(words, soon, "", "amber", "tickets", view="needs_me")
    elif may(asker, "ticket.read", now=now):
        overdue = listed(asker, Wish(state="open", overdue=True), now, order="due", after="", limit=0).total
        if overdue:
            words = ngettext("%(count)s open ticket is overdue", "%(count)s open tickets are overdue", overdue)
            yield _line(words, overdue, _("in your areas"), "red", "tickets", view="area", overdue="1")


def _ground(asker: Any, roles: set[str], now: datetime) -> Iterator[dict[str, Any]]:
    """Drawings that were begun, and posts that nobody holds, for those who can do something about it."""
    begun = mine(asker).count() if may(asker, "area.draw", now=now) else 0
    if begun:
        words = ngettext(
            "%(count)s drawing of yours is not saved yet", "%(count)s drawings of yours are not saved yet", begun
        )
        yield _line(words, begun, _("Only you can see it until you save it."), "amber", "grids")
    if roles.intersection({Role.ADMINISTRATOR, Role.CHIEF, Role.LEADER}):
        vacant = vacancies(areas_with(asker, "roster.read", now=now), now).count()
        if vacant:
            words = ngettext(
                "%(count)s grid has nobody to answer for it", "%(count)s grids have nobody to answer for them", vacant
            )
            yield _line(
                words, vacant, _("Until somebody is appointed the area above answers."), "", "roster", view="vacant"
            )


def _services(asker: Any, roles: set[str], now: datetime) -> Iterator[dict[str, Any]]:
    """Who is not reached by any site, for those who plan."""
    missed = not_reached(asker, now=now) if Role.PLANNER in roles else None
    if missed:
        words = ngettext(
            "%(count)s resident walks to no site in 15 minutes",
            "%(count)s residents walk to no site in 15 minutes",
            missed,
        )
        yield _line(
            words,
            missed,
            _("Where most of them live, and what a further site would change."),
            "",
            "services",
            view="coverage",
        )


def _sites(asker: Any, roles: set[str], now: datetime) -> Iterator[dict[str, Any]]:
    """The own sites: open, closed or not known, until when, posts that nobody holds, and what is done near by."""
    if Role.SITE_MANAGER not in roles:
        return
    areas = areas_with(asker, "site.edit", now=now)
    found = SiteThen.objects.at(now).within(areas, now).with_open(now).select_related("kind")
    total = found.count()
    for site in found.order_by("kind__order", "name_zh", "pk")[:OWN_SITES]:
        way = {"room": "map", "site": str(site.pk)}
        if site.open is None:
            title, told, tone = _("%(name)s: opening hours not known"), _("Edit it to say when it is open."), "amber"
        else:
            title = _("%(name)s is open now") if site.open else _("%(name)s is closed now")
            told, tone = _hours(site, now), ""
        yield _line("", 1, told, tone, **way) | {"title": title % {"name": site.name}}
        empty = Duty.objects.at(now).filter(site=site.pk, person__isnull=True).count()
        if empty:
            words = ngettext("%(count)s post has no name", "%(count)s posts have no name", empty)
            told = _("%(name)s: edit it to say who is on duty.") % {"name": site.name}
            yield _line(words, empty, told, "amber", **way)
        here = public.cell_of(site.geometry.x, site.geometry.y)
        wanted = public.within(here.x, here.y, here.x, here.y)
        _rows, near = public.page(wanted, now, first=0, limit=1)
        if near:
            words = ngettext("%(count)s public matter near it", "%(count)s public matters near it", near)
            yield _line(words, near, site.name, "", room="map", matters=f"{public.CELL_ZOOM}:{here.x}:{here.y}")
    if total > OWN_SITES:
        words = ngettext("%(count)s further site is yours", "%(count)s further sites are yours", total - OWN_SITES)
        yield _line(words, total - OWN_SITES, "", "", "services")


def _hours(site: Any, now: datetime) -> str:
    """The hours of today, where they are known, and when the site opens or closes next; needs `with_open`."""
    told = None if site.today is None else site.today.replace(" ", _(", ")) or _("closed today")
    change = site.changes_at(now)
    if change is None:
        return told or ""
    when = f"{change.astimezone(place_zone()):{'%H:%M' if change - now < SOON else '%m-%d %H:%M'}}"
    ends = _("closes at %(when)s") if site.open else _("opens at %(when)s")
    return " · ".join(filter(None, (told, ends % {"when": when})))


def _line(words: str, count: int, detail: str, tone: str, room: str, **params: str) -> dict[str, Any]:
    """One thing that waits, and the room and filters that show it."""
    title = words % {"count": figures.grouped(count)}
    return {"title": title, "detail": detail, "count": count, "tone": tone, "room": room, "params": params}
