"""What a further site would change, or one elsewhere: one bounded search and a recount of whom it reaches."""

import uuid
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from gis.shared.counts import LEAST, told
from gis.shared.geojson import mapping
from layers.coverage import covering, overview, queries, telling, walks
from layers.coverage.covering import Flags, Floats, Ints, Land
from layers.coverage.models import SpeedProfile
from layers.coverage.overview import MINUTES, Asked, View

MOST_AREAS = 8


def what_if(
    lon: float, lat: float, asked: Asked, *, instead: uuid.UUID | None, shapes: bool, asker: Any, now: datetime
) -> dict[str, Any]:
    """By how many residents and grids coverage would change, in all and where most; with `shapes` also its rings.

    `made_at` and `stale` are of the figures it rests on, `sites` of those that count by then.
    """
    view = overview.view_of(asked.profile, asked.gates, asker=asker, now=now, when=asked.when)
    if instead is not None and instead not in view.sites.ids:  # one that does not count by then may move, too
        queries.site_of(instead, moment=view.when.moment)
    land, limits = view.land, walks.limits_of(asked.profile, MINUTES)
    spot = np.array([[lon, lat]])
    before, _off = view.ways.nearest(view.sites)
    base, _off = view.ways.nearest(view.sites.without(instead))
    reached, walk, origin = view.ways.walk_from(spot, limits[-1])
    after = base.copy()
    after[reached] = np.minimum(base[reached], walk)
    root = overview.root_of(view, asked.area)
    inside = overview.inside_of(land, root)
    changed = np.flatnonzero(after != before)
    readable = view.readable[land.of]
    parts = np.where(readable[:, None], view.parts, 0)
    gained = covering.gained(land, parts, before, after[changed], changed, limits)
    answer: dict[str, Any] = {
        "minutes": list(MINUTES),
        "on_streets": bool(origin.edge[0] >= 0),
        "gates": asked.gates,
        "network": view.ways.walkable.label,
        "made_at": view.ways.settled.made_at,
        "stale": view.ways.settled.stale,
        "hours": view.when.hours,
        "sites": {"count": len(view.sites.ids), "closed": view.closed, "hours_unknown": view.hours_unknown},
        "area": overview.named(land, root) if root >= 0 else None,
        "grids": _grids(view, before, after, changed, limits, inside),
        "residents": None,
        "households": None,
        "areas": [],
    }
    tops = [root] if root >= 0 else np.flatnonzero(land.parent < 0).tolist()
    if view.readable[tops].all() and len(tops):
        answer["residents"] = _residents(view, before, gained, limits, tops)
        answer["households"] = _households(view, before, after, changed, limits, inside)
        answer["areas"] = _areas(view, gained, inside)
    else:
        answer["grids"] |= _shares(land, before, after, limits, inside)
    if shapes and answer["on_streets"]:
        answer["rings"] = rings(view, origin, asked.profile)
    return answer


def _residents(view: View, before: Floats, gained: Ints, limits: list[float], tops: list[int]) -> dict[str, Any]:
    """The shares of all residents before and after, and the difference in people."""
    land = view.land
    people = np.where(land.known & land.below(tops)[land.of], view.parts.sum(axis=1), 0)
    every = int(people.sum())
    within = [int(people[before <= limit].sum()) for limit in limits]
    change = gained[tops].sum(axis=0).tolist()
    least = 1 if view.exact else LEAST
    return {
        "gained": [_told(count, exact=view.exact) for count in change],
        "before": [round(count / every, 4) if every >= least else None for count in within],
        "after": [
            round((count + more) / every, 4) if every >= least else None
            for count, more in zip(within, change, strict=True)
        ],
    }


def _households(
    view: View, before: Floats, after: Floats, changed: Ints, limits: list[float], inside: Flags
) -> dict[str, Any] | None:
    """By how many households each ring grows or shrinks inside the area asked about; None where nobody counted any."""
    land = view.land
    if not (view.homes >= 0).any():
        return None
    met = changed[inside[land.of[changed]] & (view.homes[changed] >= 0)]
    homes = view.homes[met]
    change = [int(homes[after[met] <= limit].sum() - homes[before[met] <= limit].sum()) for limit in limits]
    return {"gained": [_told(count, exact=view.exact) for count in change]}


def _told(change: int, *, exact: bool) -> int | str:
    """A change as it may be told: small ones are "<5", with their sign."""
    found = told(abs(change), exact=exact)
    return f"−{found}" if isinstance(found, str) and change < 0 else found if isinstance(found, str) else change


def _areas(view: View, gained: Ints, inside: Flags) -> list[dict[str, Any]]:
    """The compounds and other areas where most would change, by the widest ring; the largest change first."""
    land = view.land
    lowest = np.ones(len(land.ids), dtype=bool)
    lowest[land.parent[land.parent >= 0]] = False
    change = np.where(inside & lowest, gained[:, -1], 0)
    order = np.argsort(-np.abs(change), kind="stable")[:MOST_AREAS]
    return [
        {**overview.named(land, area), "gained": _told(int(change[area]), exact=view.exact)}
        for area in order.tolist()
        if change[area]
    ]


def _grids(
    view: View, before: Floats, after: Floats, changed: Ints, limits: list[float], inside: Flags
) -> dict[str, Any]:
    """By how many grids each ring grows or shrinks inside the area asked about."""
    land = view.land
    met = changed[inside[land.of[changed]]]
    touched = np.isin(land.grids, land.grids[met])
    change = []
    for limit in limits:
        then = len(np.unique(land.grids[touched & (before <= limit)]))
        now = len(np.unique(land.grids[touched & (after <= limit)]))
        change.append(now - then)
    return {"gained": change}


def _shares(land: Land, before: Floats, after: Floats, limits: list[float], inside: Flags) -> dict[str, Any]:
    """The shares of the grids inside the area before and after, for who may not read residents."""
    here = inside[land.of]

    def met(chosen: Flags) -> int:
        found = np.zeros(int(land.grids.max(initial=-1)) + 1, dtype=bool)
        found[land.grids[here & chosen]] = True
        return int(found.sum())

    every = met(np.ones(len(land), dtype=bool))
    return {
        name: [round(met(walk <= limit) / every, 4) if every else None for limit in limits]
        for name, walk in (("before", before), ("after", after))
    }


def rings(view: View, origin: Any, profile: SpeedProfile) -> list[dict[str, Any]]:
    """The drawn rings round a snapped spot, the smallest first."""
    walkable = view.ways.walkable
    when = view.when
    maker = walks.maker(walkable, profile, gates=view.ways.gates, moment=when.moment, clock=when.clock)
    drawn = maker.rings(origin, walks.limits_of(profile, MINUTES))
    return [
        {
            "type": "Feature",
            "properties": {"minutes": minutes},
            "geometry": mapping(shapely.set_precision(walkable.degrees(ring), 10.0**-telling.DIGITS)),
        }
        for minutes, ring in zip(MINUTES, drawn, strict=True)
    ]
