"""Coverage for other analyses: residents and how many of them walk to a site in time, by area or place by place."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from gis.shared.errors import Problem
from grids.models import Tier
from layers.coverage import covering, overview, queries
from layers.coverage.covering import Flags, Floats, Ints, Land
from layers.coverage.models import Settlement, SpeedProfile
from layers.coverage.whens import When


@dataclass(frozen=True)
class Shares:
    """Residents and those within the limit, by area (None: not known, or not for this asker), and what they rest on.

    The numbers may be told to the asker: small figures in them were replaced for who has no duty there. `coarse`: so
    many areas of a tier above were counted only as a whole, and are in none of the rows.
    """

    rows: dict[uuid.UUID, tuple[int | None, int | None]]
    coarse: int
    network: str
    made_at: datetime
    stale: bool
    exact: bool


def shares(
    asker: Any,
    *,
    tier: str,
    tops: list[uuid.UUID] | None,
    minutes: int,
    profile: SpeedProfile | None = None,
    when: When | None = None,
    now: datetime,
) -> Shares:
    """The column for areas of a tier (a compound or above) at and below some areas (None: everywhere), now or then.

    Raises Conflict (`no-network`) while nothing can be said.
    """
    pace = profile or queries.profile_of("", now=now)
    view = overview.view_of(pace, "as-is", asker=asker, now=now, when=when)
    land = view.land
    walk, _off = view.ways.nearest(view.sites)
    found = covering.figures(land, view.parts, walk, [pace.metres(minutes)], [])
    numbers = [land.number_of[area] for area in tops or [] if area in land.number_of]
    inside = land.below(numbers) if tops is not None else np.ones(len(land.ids), dtype=bool)
    told = view.readable & found.known
    rank = Tier.objects.filter(code=tier).values_list("rank", flat=True).first() or 0
    return Shares(
        rows={
            land.ids[area]: (int(found.residents[area]), int(found.within[area, 0])) if told[area] else (None, None)
            for area in np.flatnonzero(inside).tolist()
            if land.tiers[area] == tier
        },
        coarse=coarser(land, inside[land.of] & view.mine & land.known, rank),
        network=view.ways.walkable.label,
        made_at=view.ways.settled.made_at,
        stale=view.ways.settled.stale,
        exact=view.exact,
    )


@dataclass(frozen=True)
class Reached:
    """The n places where people live, and who of them walks to a site within the limit.

    `points` (n, 2) lon, lat of the places of a `land`, named by `key`; `inside` (n): in the areas asked about; `known`
    (n): its residents may be told to the asker; `people` (n) how many there are (0 where they are not known) and `near`
    (n) which of the places lie within the limit. As in Shares, what is added up of them may be told; but `exact` says
    whether one to four are.
    """

    land: Land
    points: Floats
    key: tuple[Any, ...]
    inside: Flags
    known: Flags
    people: Ints
    near: Flags
    exact: bool
    network: str
    made_at: datetime
    stale: bool


def reached(asker: Any, *, tops: list[uuid.UUID], minutes: int, when: When | None = None, now: datetime) -> Reached:
    """Every place as this asker may have it counted, for cells of another kind than areas. Raises as `shares`."""
    pace = queries.profile_of("", now=now)
    view = overview.view_of(pace, "as-is", asker=asker, now=now, when=when)
    land, settled = view.land, view.ways.settled
    walk, _off = view.ways.nearest(view.sites)
    known = land.known & view.mine
    return Reached(
        land=land,
        points=land.points,
        key=settled.key,
        inside=overview.places_in(land, tops, moment=view.when.moment),
        known=known,
        people=np.where(known, view.parts.sum(axis=1), 0),
        near=walk <= pace.metres(minutes),
        exact=view.exact,
        network=view.ways.walkable.label,
        made_at=settled.made_at,
        stale=settled.stale,
    )


def coarser(land: Land, places: Flags, rank: int) -> int:
    """How many areas that some places stand for were counted only as a whole, above the tiers from a rank down."""
    return len(np.unique(land.leaf[places & (land.leaf_rank >= 0) & (land.leaf_rank < rank)]))


def not_reached(asker: Any, *, now: datetime) -> int | None:
    """How many residents of the asker's areas walk to no site within the widest ring; None while nobody can say.

    Safe to tell to this asker, as `shares` is. Where everybody lives is not read for it: a start page does not wait.
    """
    if not Settlement.objects.exists():
        return None
    try:
        view = overview.view_of(queries.profile_of("", now=now), "as-is", asker=asker, now=now)
    except Problem:
        return None
    land, pace = view.land, queries.profile_of("", now=now)
    walk, _off = view.ways.nearest(view.sites)
    people = np.where(land.known & view.mine, view.parts.sum(axis=1), 0)
    return int(people[walk > pace.metres(overview.MINUTES[-1])].sum())
