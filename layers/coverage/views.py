"""An area's coverage on paper: a sentence, a small map, the table of what lies in it, and what it all rests on."""

import uuid
from typing import Any

import numpy as np
import shapely
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gis.catalogue.models import Place
from gis.shared.functions import AsWKB
from gis.shared.geometry import xy_to_metres
from grids.models import Boundary
from layers.coverage import overview, queries
from layers.coverage.overview import Asked
from layers.sites.models import Site
from layers.streets import network

WIDE = 640
STEPS = (0.5, 0.7, 0.85, 0.95)


@require_safe
@never_cache
def paper(request: HttpRequest, area_id: uuid.UUID) -> HttpResponse:
    """The printed page of one area; what an asker may not read stands on it as "–"."""
    now = timezone.now()
    profile = queries.profile_of(request.GET.get("profile", ""), now=now)
    asked = Asked(profile, request.GET.get("gates", "as-is"), area_id, request.GET.get("tier", ""))
    answer = overview.overview(asked, asker=request.user, now=now)
    context = {
        "answer": answer,
        "name": _name(answer["area"]),
        "chain": " › ".join(_name(area) for area in answer["chain"]),
        "share": _share(answer["area"]),
        "rings": [
            {"minutes": minutes, "share": share, "people": people}
            for minutes, share, people in zip(
                answer["minutes"],
                answer["area"]["share"] or answer["area"]["grids_share"],
                answer["area"]["within"] or [None] * len(answer["minutes"]),
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
        "drawing": _drawing(answer, now=now),
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


def _drawing(answer: dict[str, Any], *, now: Any) -> dict[str, Any] | None:
    """The area, its parts tinted by their share, and its sites, as SVG paths of WIDE units."""
    walkable = network.current()
    tint = {row["id"]: _tint(_share(row)) for row in answer["rows"]}
    ids = [answer["area"]["id"], *tint]
    rows = Boundary.objects.at(now).filter(area_id__in=ids).values_list("area_id", AsWKB("geometry"))
    found = {str(area): shapely.from_wkb(bytes(wkb)) for area, wkb in rows}
    outline = found.get(answer["area"]["id"])
    if outline is None or walkable is None:
        return None
    epsg = walkable.walking.epsg
    metres = {key: shapely.transform(shape, lambda xy: xy_to_metres(xy, epsg)) for key, shape in found.items()}
    west, south, east, north = metres[answer["area"]["id"]].bounds
    scale = WIDE / max(east - west, 1.0)

    def path(shape: Any) -> str:
        lines = []
        for ring in shapely.get_rings(shapely.get_parts(shape)):  # of a MultiPolygon itself there are none
            xy = (shapely.get_coordinates(ring) - (west, north)) * (scale, -scale)
            lines.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in xy.tolist()) + "Z")
        return "".join(lines)

    points = [
        (row.geometry.x, row.geometry.y)
        for row in Site.objects.at(now).filter(geometry__within=Boundary.objects.at(now).get(area_id=ids[0]).geometry)
    ]
    dots = (xy_to_metres(np.array(points), epsg) - (west, north)) * (scale, -scale) if points else np.empty((0, 2))
    return {
        "box": f"-8 -8 {WIDE + 16} {(north - south) * scale + 16:.0f}",
        "outline": path(metres[answer["area"]["id"]]),
        "parts": [{"path": path(metres[key]), "tint": tint[key]} for key in tint if key in metres],
        "sites": [{"x": round(x, 1), "y": round(y, 1)} for x, y in dots.tolist()],
    }


def _tint(share: float | None) -> int:
    """The step of the ramp, 1 to 5; 0 where nothing is known."""
    return 0 if share is None else 1 + sum(share >= least for least in STEPS)
