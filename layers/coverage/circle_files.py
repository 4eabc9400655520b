"""A circle as files (CSV, XLSX, GeoPackage, GeoJSON): its rings with all that the panel says, and who is not reached.

Written out of the answer itself (`queries.circle`), so that a file says what the page says, to the same asker. A file
of one table (CSV, GeoJSON) tells who is not reached in rows of its own behind the rings, as the column `what` says.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry import shape

from gis.audit.actions import record_taking
from gis.catalogue.models import Place
from gis.shared.errors import Conflict, Invalid
from gis.shared.geojson import collection
from layers.coverage import tables
from layers.coverage.overview import Asked
from layers.coverage.queries import Question, circle
from layers.coverage.tables import Sheet, as_csv, as_gpkg, as_xlsx, demand_kind
from layers.coverage.whatif import what_if
from layers.coverage.whens import ANY, When
from layers.sites.models import Offer

KINDS = {**tables.KINDS, "geojson": "application/geo+json"}
"""The files there are, and what the web calls them."""
GAINED = ("residents", "households", "grids")
TEXT = frozenset({
    "site", "site_id", "services", "area", "area_id", "area_tier", "residents_are", "profile", "stairs", "gates",
    "as_of", "network", "network_made_at", "out_of_date", "small_figures_replaced", "source", "instead_of",
    "opening_hours", "read_at", "id", "name_zh", "name_en", "whole", "no_gate_known", "what",
})  # fmt: skip
"""Columns of words; all others hold numbers."""


def written(kind: str, question: Question, *, instead: UUID | None, when: When, asker: Any, now: datetime) -> bytes:
    """The rings of a circle as a file; the log keeps who took one.

    Of a place without a site it also says what a site there would change for the whole place: beside all that stand
    (`when`: at what hours they count), or `instead` of one; a site's own circle knows neither, and refuses them.
    """
    demand_kind(kind, tuple(KINDS))
    if question.site:
        _demand_no_change(instead, when)
    answer = circle(question, asker=asker, now=now, every_gap=True)
    found = None if question.site else _found(question, instead, when, asker=asker, now=now)
    basis = _basis(answer, question, stale=bool(found and found["stale"]))
    change = {} if found is None else _change(found, question, instead, when)
    features = answer["rings"]["features"]
    rows = [
        _ring(answer, ring["properties"]) | change.get(ring["properties"]["minutes"], {}) | basis for ring in features
    ]
    record_taking(actor=asker, verb="circle.export", subject=kind, now=now, detail={"rows": len(rows), "format": kind})
    gaps = answer["gaps"]
    missed = [_gap(gap) | basis for gap in gaps]
    if kind == "geojson":
        shapes = [ring["geometry"] for ring in features] + [gap["shape"] for gap in gaps]
        told = [
            {"type": "Feature", "geometry": drawn, "properties": row}
            for drawn, row in zip(shapes, rows + missed, strict=True)
        ]
        return json.dumps(collection(told), ensure_ascii=False).encode()
    if kind == "csv":
        return as_csv(Sheet("circle", _alike(rows + missed), TEXT))
    rings = Sheet("circle", rows, TEXT, _shapes(ring["geometry"] for ring in features))
    others = Sheet("not_reached", missed, TEXT, _shapes(gap["shape"] for gap in gaps))
    return as_xlsx([rings, others]) if kind == "xlsx" else as_gpkg([rings, others])


def _alike(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of several kinds as one table: each with the columns of all, empty where its kind has no such figure."""
    heads = dict.fromkeys(head for row in rows for head in row)
    return [{head: row.get(head) for head in heads} for row in rows]


def _ring(answer: dict[str, Any], ring: dict[str, Any]) -> dict[str, Any]:
    """One ring: who lives in it, and of how many; empty where that is unknown or not for the asker."""
    tiers = answer["rings"]["features"][-1]["properties"]["grids_by_tier"]  # rings lie in each other: the last has all
    whole = answer["basis"] or {}
    ages, every = ring["ages"] or {}, whole.get("ages") or {}
    return {
        "what": "ring",
        "minutes": ring["minutes"],
        "metres": ring["metres"],
        "residents": ring["residents"],
        "residents_of_area": whole.get("residents"),
        "share": _share(ring["residents"], whole.get("residents")),
        "households": ring["households"],
        "households_of_area": whole.get("households"),
        "grids": ring["grids"],
        "grids_of_area": whole.get("grids"),
        **{f"grids_{tier}": ring["grids_by_tier"].get(tier, 0) for tier in tiers},
        "old": ages.get("old"),
        "old_of_area": every.get("old"),
        "young": ages.get("young"),
        "young_of_area": every.get("young"),
        **{f"age_{code}": count for code, count in (ring["bands"] or {}).items()},
        "straight_circle": ring["straight"],
        "grids_unknown": whole.get("unknown"),
        "grids_without_households": whole.get("households_unknown"),
        "elsewhere_in_last_ring": answer["elsewhere"],
    }


def _gap(gap: dict[str, Any]) -> dict[str, Any]:
    """One area whose residents are not reached, in whole or in part."""
    return {
        "what": "not_reached",
        "id": str(gap["id"]),
        **{name: gap[name] for name in ("name_zh", "name_en", "residents", "households")},
        "walk_minutes": gap["minutes"],
        "whole": "yes" if gap["whole"] else "no",
        "no_gate_known": "yes" if gap["cut_off"] else "no",
        "gap_lon": gap["lon"],
        "gap_lat": gap["lat"],
    }


def _basis(answer: dict[str, Any], question: Question, *, stale: bool) -> dict[str, Any]:
    """From where, of which area, and what it all rests on: in every row, so that a row stands for itself."""
    origin, profile, network, area = answer["origin"], answer["profile"], answer["network"], answer["basis"] or {}
    site, place = origin["site"] or {}, Place.objects.first()
    offers = Offer.objects.at(question.moment).filter(site=question.site.pk) if question.site else Offer.objects.none()
    return {
        "site_id": str(site["id"]) if site else "",
        "site": site.get("name", ""),
        "services": "、".join(row.service.name for row in offers.select_related("service")),
        "lon": origin["lon"],
        "lat": origin["lat"],
        "metres_to_street": origin["walk_m"],
        "area_id": str(area.get("id", "")),
        "area": area.get("name", ""),
        "area_tier": area.get("tier", ""),
        "residents_are": answer["residents"],
        "profile": profile["code"],
        "km_per_hour": profile["km_per_hour"],
        "stairs": "yes" if profile["steps_allowed"] else "no",
        "gates": answer["gates"],
        "gates_inferred": network["gates"]["inferred"],
        "compounds_walls_unknown": network["walls_unknown"],
        "as_of": timezone.localtime(question.moment).isoformat(timespec="seconds"),
        "network": network["version"],
        "network_made_at": timezone.localtime(network["made_at"]).isoformat(timespec="seconds"),
        "out_of_date": "yes" if network["stale"] or stale else "no",
        "small_figures_replaced": "yes" if answer["rounded"] else "no",
        "source": place.attribution if place else "",
    }


def _demand_no_change(instead: UUID | None, when: When) -> None:
    """Raise Invalid for a question of another place's, where a site's own circle is asked for."""
    told = _("Ask this of a place without a site: a site's own circle does not depend on other sites.")
    asked = [name for name, there in (("instead", instead is not None), ("hours", when.hours != ANY)) if there]
    if asked:
        raise Invalid(told, code="not-of-a-site", fields=dict.fromkeys(asked, told))


def _found(question: Question, instead: UUID | None, when: When, *, asker: Any, now: datetime) -> dict[str, Any]:
    """What a site here would change for the whole place; nothing while coverage cannot be told."""
    asked = Asked(question.profile, question.gates, when=when)
    try:
        return what_if(question.lon, question.lat, asked, instead=instead, shapes=False, asker=asker, now=now)
    except Conflict:
        return {"minutes": [], "made_at": None, "stale": False, "sites": {}}


def _change(found: dict[str, Any], question: Question, instead: UUID | None, when: When) -> dict[int, dict[str, Any]]:
    """The same by ring, with what it rests on; columns are empty where it is not told."""
    gained = {name: (found.get(name) or {}).get("gained") for name in GAINED}
    at = {minutes: number for number, minutes in enumerate(found["minutes"])}
    made_at, sites = found["made_at"], found["sites"]
    rests = {
        "instead_of": str(instead or ""),
        "opening_hours": when.hours,
        "sites": sites.get("count"),
        "sites_closed": sites.get("closed"),
        "sites_hours_unknown": sites.get("hours_unknown"),
        "read_at": timezone.localtime(made_at).isoformat(timespec="seconds") if made_at else "",
    }
    return {
        minutes: {
            f"gained_{name}": counts[at[minutes]] if counts and minutes in at else None
            for name, counts in gained.items()
        }
        | rests
        for minutes in question.minutes
    }


def _share(part: Any, whole: Any) -> float | None:
    """The share of an area's residents; None where either is not known, or too small to be told."""
    return round(part / whole, 4) if isinstance(part, int) and isinstance(whole, int) and whole else None


def _shapes(told: Iterable[dict[str, Any] | None]) -> list[Any]:
    """Shapes out of GeoJSON; None stays None."""
    return [shape(one) if one else None for one in told]
