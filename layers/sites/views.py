"""The page of one site: everything a resident asks before going there, to print or to send on."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gis.catalogue.models import Place
from gis.shared.periods import moment_from
from layers.sites import telling
from layers.sites.hours import DAYS, EXCEPTIONS, dates_of, week_known
from layers.sites.models import place_zone
from layers.sites.surroundings import surroundings
from layers.sites.wording import day_name

MOST_SPECIAL = 12
WHOLE_DAY = [["00:00", "24:00"]]


@require_safe
@never_cache
def site_page(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """One site as it was at a moment; who is on duty is named to people in office only, as on the map."""
    now = timezone.now()
    moment = request.GET.get("moment", "")
    at = moment_from(moment, now=now)
    site = telling.details(site_id, request.user, at, now=now)
    here = at.astimezone(place_zone())
    context = {
        "site": site,
        "steps": {"yes": _("without steps"), "no": _("steps at the door")}.get(site["step_free"], ""),
        "chain": " › ".join(area["name"] for area in site["chain"]),
        "state": _state(site, here, past=at != now),
        "week": list(week(site["hours"])),
        "special": list(special(site["hours"], here.date()))[:MOST_SPECIAL],
        "duties": [
            row | {"when": "; ".join(map(" ".join, week(row["hours"], closed=False)))} for row in site["duties"]
        ],
        "drawing": surroundings(site["lon"], site["lat"], at=at),
        "place": Place.objects.first(),
        "moment": moment,
        "at": here,
    }
    return render(request, "sites/page.html", context)


def week(hours: dict[str, Any], *, closed: bool = True) -> Iterator[tuple[str, str]]:
    """The week as (days, times); neighbouring days with the same hours stand in one line, closed days if wanted.

    A week that nobody told has no lines.
    """
    if not week_known(hours):
        return
    first = 0
    for after in range(1, len(DAYS) + 1):
        row = hours.get(DAYS[first]) or []
        if after < len(DAYS) and (hours.get(DAYS[after]) or []) == row:
            continue
        if row or closed:
            words = {"first": day_name(DAYS[first]), "last": day_name(DAYS[after - 1])}
            days = words["first"] if after == first + 1 else _("%(first)s to %(last)s") % words
            yield _("Every day") if after - first == len(DAYS) else days, times(row)
        first = after


def special(hours: dict[str, Any], today: date) -> Iterator[tuple[str, str]]:
    """Exceptions from a day on as (days, times), the soonest first."""
    for key, row in sorted((hours.get(EXCEPTIONS) or {}).items()):
        begun, ended = dates_of(key)
        if ended >= today:
            words = {"first": date_format(begun, "DATE_FORMAT"), "last": date_format(ended, "DATE_FORMAT")}
            yield words["first"] if begun == ended else _("%(first)s to %(last)s") % words, times(row)


def times(row: list[list[str]]) -> str:
    """The spans of a day in words."""
    if not row:
        return _("not open")
    if row == WHOLE_DAY:
        return _("all day")
    return _(", ").join(f"{start}–{end}{_(' (next day)') if end <= start else ''}" for start, end in row)


def _state(site: dict[str, Any], here: datetime, *, past: bool) -> str:
    """Open, closed or not known, and until when."""
    if site["open"] is None:
        return _("opening hours not known")
    if past:
        return _("open at that time") if site["open"] else _("closed at that time")
    state = _("open now") if site["open"] else _("closed now")
    change = site["changes_at"]
    if change is None:
        return state
    change = change.astimezone(here.tzinfo)
    when = f"{change:{'%H:%M' if change.date() == here.date() else '%Y-%m-%d %H:%M'}}"
    ends = _("closes at %(when)s") if site["open"] else _("opens at %(when)s")
    return f"{state} · {ends % {'when': when}}"
