"""The answer to "who can walk here, and within how many minutes": shapes for all, residents for those who may."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from gis.shared.counts import told
from gis.shared.errors import Conflict, Invalid, Missing
from gis.shared.geojson import collection, feature
from gis.shared.geometry import Floats
from grids.models import Boundary, Tier
from grids.permissions import areas_with, chain_ids, may
from grids.queries import locate
from layers.coverage import circles, telling, walks
from layers.coverage.demand import Asked, Box, demand, ground, near, part
from layers.coverage.models import SpeedProfile
from layers.sites.models import SiteThen
from layers.streets import network
from layers.streets.network import Walkable
from layers.streets.walking import OUTSIDE, Snaps, WalkingNetwork

LONG_WALK = 4
"""Gaps are told how far they are up to so many times the last ring; beyond it they are "farther"."""
MOST_GAPS = 200
NEAR = 0.02
"""Degrees round the streets in which swapped coordinates are taken for a mistake."""


@dataclass(frozen=True)
class Question:
    """What is asked: from where (a site or a position in degrees), minutes rising, at whose pace, as of when.

    `of` is the area whose residents the share is of, where it is not the one that `scope` would choose; `gates` is one
    of `walks.GATES`.
    """

    lon: float
    lat: float
    site: SiteThen | None
    minutes: Sequence[int]
    profile: SpeedProfile
    moment: datetime
    of: uuid.UUID | None = None
    gates: str = "as-is"


def profile_of(code: str, *, now: datetime) -> SpeedProfile:
    """The walking speed by code, the default one for an empty code; raises Invalid for an unknown one."""
    known = list(SpeedProfile.objects.at(now))
    found = next((row for row in known if (row.code == code if code else row.is_default)), None)
    if found is None:
        codes = ", ".join(row.code for row in known)
        raise Invalid(
            _("There is no walking speed “%(code)s”; there are: %(codes)s.") % {"code": code, "codes": codes},
            code="unknown-profile",
            fields={"profile": _("Unknown")},
        )
    return found


def site_of(site_id: uuid.UUID, *, moment: datetime) -> SiteThen:
    """The site as it was at a moment; raises Missing."""
    site = SiteThen.objects.at(moment).filter(pk=site_id).first()
    if site is None:
        raise Missing(_("There is no such site."))
    return site


def circle(question: Question, *, asker: Any, now: datetime, every_gap: bool = False) -> dict[str, Any]:
    """Rings, residents, gaps (the largest, or every one) and what they rest on, JSON-ready.

    Raises Conflict when there is no network, or the place is shut in; Invalid when it lies far from every street.
    """
    walkable = network.current()
    if walkable is None or not walkable.walking.edge_count:
        raise Conflict(_("There are no streets to walk on in this place yet. Import them first."), code="no-network")
    maker = walks.maker(walkable, question.profile, gates=question.gates, moment=question.moment)
    walking = maker.network
    limits = [question.profile.metres(minutes) for minutes in question.minutes]
    xy = walkable.metres(np.array([[question.lon, question.lat]]))
    origin = snapped(question, walkable, walking, xy)
    drawn = [walkable.degrees(ring) for ring in maker.rings(origin, limits)]
    box = around(walkable, xy, limits[-1])
    basis, readable = scope(question, asker, now=now)
    exact = set(readable) <= set(areas_with(asker, "population.exact", now=now))
    area = basis.area_id if basis else None
    asked = Asked(readable, exact=exact, moment=question.moment)
    land, beside = ground(basis, asked), near(area, box, asked)
    reach = walking.reach(origin, limits[-1] * LONG_WALK)
    own = part(demand(land, walkable, walking, reach, xy), land.in_basis)
    found = circles.rings(own, limits)
    total = circles.total(own)
    households = circles.households(own)
    others = part(demand(beside, walkable, walking, reach, xy), ~beside.in_basis)
    everywhere = circles.rings(others, limits[-1:])[0].residents
    bands = [row.code for row in land.age_bands]
    tiers = dict(Tier.objects.values_list("rank", "code"))
    features = [
        feature(
            shapely.set_precision(shape, 10.0**-telling.DIGITS),
            minutes=minutes,
            metres=round(limit),
            grids=ring.places,
            grids_by_tier={tiers[rank]: count for rank, count in ring.ranks.items()},
            residents=told(ring.residents, exact=exact),
            straight=told(ring.straight, exact=exact),
            households=told(ring.homes, exact=exact),
            # in one house nearly every band is small: who may not know small counts gets no bands at all
            bands=dict(zip(bands, ring.bands, strict=True)) if exact and ring.residents is not None else None,
            ages=telling.told_ages(ring.parts, exact=exact) if ring.residents is not None else None,
        )
        for shape, minutes, limit, ring in zip(drawn, question.minutes, limits, found, strict=True)
    ]
    gaps = circles.gaps(own, limits[-1])
    return {
        "origin": telling.told_origin((question.lon, question.lat), question.site, walkable, walking, origin),
        "profile": telling.told_profile(question.profile),
        "rounded": not exact,
        "gates": question.gates,
        "profiles": [telling.told_profile(row) for row in SpeedProfile.objects.at(now)],
        "rings": collection(features),
        "residents": "counted" if total is not None else "unknown" if readable else "hidden",
        "basis": telling.told_basis(basis, land, own, total, households, exact=exact),
        "elsewhere": told(everywhere, exact=exact),
        "gap_count": len(gaps),
        "gaps": telling.told_gaps(
            gaps[: None if every_gap else MOST_GAPS], land, question.profile, drawn[-1], exact=exact
        ),
        "network": telling.told_network(walkable, box, question.moment, now=now),
    }


def snapped(question: Question, walkable: Walkable, walking: WalkingNetwork, xy: Floats) -> Snaps:
    """The origin on its street; raises Conflict or Invalid with the way out when there is none."""
    side = walking.sides_of(xy)
    origin = walking.snap(xy, sides=side)
    if origin.edge[0] >= 0:
        return origin
    if side[0] != OUTSIDE:
        raise Conflict(_("This place is inside a wall, and no street or gate of it is known."), code="shut-in")
    west, south, east, north = shapely.total_bounds(
        walkable.degrees(shapely.multipoints(walking.node_xy[np.isfinite(walking.node_xy[:, 0])]))
    )
    swapped = west - NEAR <= question.lat <= east + NEAR and south - NEAR <= question.lon <= north + NEAR
    hint = _("Longitude and latitude look swapped.") if swapped else _("Choose a place nearer to a street.")
    raise Invalid(
        _("No known street is within 500 m of this place.") + " " + hint,
        code="far-from-streets",
        fields={"lon": str(hint), "lat": str(hint)},
    )


def around(walkable: Walkable, xy: Floats, metres: float) -> Box:
    """West, south, east, north in degrees of the square that holds everything within so many metres."""
    (x, y) = xy[0]
    square = shapely.box(x - metres, y - metres, x + metres, y + metres)
    west, south, east, north = walkable.degrees(square).bounds
    return west, south, east, north


def scope(question: Question, asker: Any, *, now: datetime) -> tuple[Boundary | None, list[uuid.UUID]]:
    """Of which area the share is told, and the tops of the areas whose residents the asker may read.

    A site's own area, or the community of a place; what lies below a community is told by the community. An asker
    who may not read residents there is told of the own area instead.
    """
    moment = question.moment
    if question.of is not None:
        chain = chain_ids(question.of, now=moment)[:1]
    elif question.site is not None:
        chain = chain_ids(question.site.area_id, now=moment)
    else:
        chain = [row.area_id for row in reversed(locate(question.lon, question.lat, moment=moment))]
    rows = {row.area_id: row for row in Boundary.objects.at(moment).filter(area_id__in=chain).select_related("tier")}
    above = [rows[area] for area in chain if area in rows]
    if question.of is not None and not above:
        raise Missing(_("There is no such area."))
    basis = next((row for row in above if row.tier.grid_level is None), above[-1] if above else None)
    readable = areas_with(asker, "population.read", now=now)
    if readable and (basis is None or not may(asker, "population.read", basis.area_id, now=now)):
        own = (
            Boundary.objects.at(moment)
            .filter(area_id__in=readable)
            .select_related("tier")
            .order_by("tier__rank", "code")
        )
        basis = own.first() or basis
    return basis, readable
