"""An area's coverage on paper: a sentence, a map with streets and sites, tables, and what it all rests on."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gis.catalogue.models import Place
from gis.shared.periods import moment_from
from layers.coverage import overview, queries
from layers.coverage.drawing import drawing, tint
from layers.coverage.overview import Asked
from layers.coverage.whens import hours_words, when_from

RANGES = ("50–70%", "70–85%", "85–95%")


@require_safe
@never_cache
def paper(request: HttpRequest, area_id: uuid.UUID) -> HttpResponse:
    """The printed page of one area; what an asker may not read stands on it as "–"."""
    now = timezone.now()
    when = when_from(request.GET.get("hours", ""), moment=moment_from(request.GET.get("moment"), now=now), now=now)
    profile = queries.profile_of(request.GET.get("profile", ""), now=now)
    asked = Asked(profile, request.GET.get("gates", "as-is"), area_id, request.GET.get("tier", ""), when)
    answer = overview.overview(asked, asker=request.user, now=now)
    context = {
        "answer": answer,
        "name": _name(answer["area"]),
        "chain": " › ".join(_name(area) for area in answer["chain"]),
        "share": _share(answer["area"]),
        "rings": [
            {"minutes": minutes, "share": share, "people": people, "households": households}
            for minutes, share, people, households in zip(
                answer["minutes"],
                answer["area"]["share"] or answer["area"]["grids_share"],
                answer["area"]["within"] or [None] * len(answer["minutes"]),
                answer["area"]["households_within"] or [None] * len(answer["minutes"]),
                strict=True,
            )
        ],
        "levels": [
            {**level, "share": share}
            for level, share in zip(
                answer["levels"],
                answer["area"]["levels_share"] or answer["area"]["levels_grids_share"],
                strict=True,
            )
        ],
        "rows": [{**row, "name": _name(row), "shown": _share(row)} for row in answer["rows"]],
        "gaps": [{**gap, "name": _name(gap)} for gap in answer["gaps"]],
        "place": Place.objects.first(),
        "drawing": drawing(area_id, {row["id"]: tint(_share(row)) for row in answer["rows"]}, when=when),
        "key": list(enumerate((_("not known, or too few to say"), _("under 50%"), *RANGES, _("95% and more")))),
        "when": when,
        "hours": hours_words(when),
        "tier": next((tier["name"] for tier in answer["tiers"] if tier["code"] == answer["tier"]), ""),
        "approval": settings.MAP_APPROVAL_NUMBER,
        "now": now,
    }
    return render(request, "coverage/paper.html", context)


def _name(area: dict[str, Any]) -> str:
    """The name in the active language."""
    english = overview.in_english() and area["name_en"]
    return str(area["name_en"] if english else area["name_zh"])


def _share(area: dict[str, Any]) -> float | None:
    """The share in the widest ring, of residents where they may be read, else of grids."""
    shares = area["share"] or area["grids_share"]
    return shares[-1] if shares else None
