"""Coverage of a whole place in words for JSON: shares by area, levels one by one, gaps, and what they rest on."""

import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gis.shared.counts import LEAST, told
from gis.shared.errors import Conflict, Invalid, Missing
from grids.models import Area, Tier
from grids.models.area import subtree_ids
from grids.permissions import areas_with
from layers.coverage import covering, settling, telling, walks
from layers.coverage.covering import Figures, Flags, Ints, Land
from layers.coverage.models import ServiceLevel, SpeedProfile
from layers.coverage.walks import Standing, Ways
from layers.coverage.whens import When
from layers.sites.models import SiteKind
from layers.streets import network

MINUTES = (5, 10, 15)
MOST_GAPS = 100
MOST_SPOTS = 5_000


@dataclass(frozen=True)
class Asked:
    """What is asked: whose pace, which gates, of which area (None: what is the asker's, or the whole place), which tier
    is listed ("": the next one below), as of when (None: now)."""

    profile: SpeedProfile
    gates: str = "as-is"
    area: uuid.UUID | None = None
    tier: str = ""
    when: When | None = None


@dataclass(frozen=True)
class View:
    """One asker's view: of which areas (`readable`, a) and places (`mine`, n) residents may be told, exactly or with
    small figures replaced; the sites that count, and how many do not because they are closed, or nobody told their
    hours."""

    ways: Ways
    sites: Standing
    closed: int
    hours_unknown: int
    when: When
    readable: Flags
    mine: Flags
    exact: bool
    tops: list[int]

    @property
    def land(self) -> Land:
        """Where everybody lives."""
        return self.ways.land

    @property
    def parts(self) -> Ints:
        """Residents as this asker may have them counted."""
        return self.land.parts if self.exact else self.land.discreet

    @property
    def homes(self) -> Ints:
        """Households as this asker may have them counted."""
        return self.land.homes if self.exact else self.land.homes_discreet


def view_of(profile: SpeedProfile, gates: str, *, asker: Any, now: datetime, when: When | None = None) -> View:
    """What an asker may read of coverage now, or as of then; raises Conflict while there is no network."""
    as_of = when or When(now)
    walks.checked_gates(gates)
    walkable = network.current()
    if walkable is None or not walkable.walking.edge_count:
        raise Conflict(_("There are no streets to walk on in this place yet. Import them first."), code="no-network")
    settled = settling.then(as_of.moment, now=now) if as_of.past else settling.current(now=now)
    land = settled.land
    tops = areas_with(asker, "population.read", now=now)
    numbers = [land.number_of[area] for area in tops if area in land.number_of]
    exact = bool(tops) and set(tops) <= set(areas_with(asker, "population.exact", now=now))
    sites, closed, hours_unknown = walks.standing(as_of)
    ways = walks.ways(settled, walkable, profile, gates=gates, when=as_of)
    mine = places_in(land, tops, moment=as_of.moment)
    return View(ways, sites, closed, hours_unknown, as_of, land.below(numbers), mine, exact, numbers)


def places_in(land: Land, areas: list[uuid.UUID], *, moment: datetime) -> Flags:
    """Which places (n) lie in some areas; in those below a compound, of which no figures are told, by their grids."""
    inside: Flags = land.below([land.number_of[area] for area in areas if area in land.number_of])[land.of]
    finer = [area for area in areas if area not in land.number_of]
    if finer:
        rows = Area.objects.filter(pk__in=subtree_ids(finer, moment)).values_list("pk", flat=True)
        grids = [land.leaf_of[area.bytes] for area in rows if area.bytes in land.leaf_of]
        inside |= np.isin(land.leaf, grids)
    return inside


def figures_of(view: View, profile: SpeedProfile, levels: list[ServiceLevel]) -> Figures:
    """The figures of every area, kept until something changes."""
    walk, _off = view.ways.nearest(view.sites)
    own = [(view.ways.nearest(view.sites.of_kinds(level.kinds))[0], profile.metres(level.minutes)) for level in levels]
    return covering.figures(view.land, view.parts, walk, walks.limits_of(profile, MINUTES), own, view.homes)


def levels_at(now: datetime) -> list[ServiceLevel]:
    """The levels that are checked, from the nearest."""
    return list(ServiceLevel.objects.at(now).order_by("minutes", "order", "code"))


def root_of(view: View, area: uuid.UUID | None) -> int:
    """The number of the area that is asked about; of none, the asker's own one, or the top one; -1: all tops."""
    land = view.land
    if area is not None:
        if area not in land.number_of:
            raise Missing(_("There is no such area, or no figures are told of its tier."), code="no-area")
        return land.number_of[area]
    if len(view.tops) == 1:
        return view.tops[0]
    tops = np.flatnonzero(land.parent < 0)
    return int(tops[0]) if len(tops) == 1 else -1


def inside_of(land: Land, root: int) -> Flags:
    """Which areas lie in the one asked about, itself included."""
    return np.ones(len(land.ids), dtype=bool) if root < 0 else land.below([root])


def overview(asked: Asked, *, asker: Any, now: datetime) -> dict[str, Any]:
    """The answer of the door, JSON-ready."""
    view = view_of(asked.profile, asked.gates, asker=asker, now=now, when=asked.when)
    land, levels = view.land, levels_at(now)
    found = figures_of(view, asked.profile, levels)
    root = root_of(view, asked.area)
    inside = inside_of(land, root)
    tier, tiers = tier_of(view, root, inside, asked.tier, now=now)
    listed = [area for area in np.flatnonzero(inside).tolist() if land.tiers[area] == tier]
    # before anything was drawn nobody's residents are hidden from who may read some
    every = bool(view.readable.all()) if land.ids else bool(areas_with(asker, "population.read", now=now))
    readable = bool(view.readable[root]) if root >= 0 else every
    known = bool(found.known[root]) if root >= 0 else bool(found.known.any())
    return {
        **rests_on(view, asked, now=now),
        "area": whole(view, found, root),
        "chain": chain(land, root),
        "tier": tier,
        "tiers": tiers,
        "rows": [told_area(view, found, area) for area in listed],
        "residents": "hidden" if not readable else "counted" if known else "unknown",
        "levels": [told_level(level, view, now=now) for level in levels],
        "spots": spots(view, asked.profile, inside),
        **gaps(view, asked.profile, inside & view.readable),
    }


def rests_on(view: View, asked: Asked, *, now: datetime) -> dict[str, Any]:
    """What figures rest on, as it must be printed beside them."""
    walkable, settled = view.ways.walkable, view.ways.settled
    _walk, off = view.ways.nearest(view.sites)
    return {
        "minutes": list(MINUTES),
        "metres": [round(metres) for metres in walks.limits_of(asked.profile, MINUTES)],
        "profile": telling.told_profile(asked.profile),
        "profiles": [telling.told_profile(row) for row in SpeedProfile.objects.at(now)],
        "gates": asked.gates,
        "network": {"version": walkable.label, "made_at": walkable.made_at, "stale": walkable.stale()},
        "moment": view.when.moment if view.when.past else None,
        "hours": view.when.hours,
        "made_at": settled.made_at,
        "stale": settled.stale,
        "rounded": not view.exact,
        "sites": {
            "count": len(view.sites.ids),
            "off_streets": off,
            "closed": view.closed,
            "hours_unknown": view.hours_unknown,
            "on_islands": on_islands(view),
        },
    }


def on_islands(view: View) -> int:
    """How many of the sites stand on little pieces of street that do not hang together with the rest."""
    network = view.ways.network
    metres = network.island(view.ways.snapped(view.sites.points))
    least = min(telling.ISLAND_M, float(network.islands[1].max(initial=0.0)))
    return int(((metres > 0) & (metres < least)).sum())


def tier_of(view: View, root: int, inside: Flags, wanted: str, *, now: datetime) -> tuple[str, list[dict[str, str]]]:
    """The tier that is listed, and those there are below the area asked about."""
    land = view.land
    there = {land.tiers[area]: int(land.rank[area]) for area in np.flatnonzero(inside).tolist() if area != root}
    names = {row.code: row.name for row in Tier.objects.at(now)}
    tiers = [{"code": code, "name": names.get(code, code)} for code in sorted(there, key=lambda code: there[code])]
    codes = [row["code"] for row in tiers]
    if wanted and wanted not in codes:
        raise Invalid(
            _("There are no areas of the tier “%(tier)s” here.") % {"tier": wanted[:40]},
            code="bad-tier",
            fields={"tier": _("Unknown")},
        )
    return wanted or ("community" if "community" in codes else codes[0] if codes else ""), tiers


def named(land: Land, area: int) -> dict[str, Any]:
    """Who an area is and where."""
    zh, en = land.names[area]
    return {
        "id": str(land.ids[area]),
        "tier": land.tiers[area],
        "code": land.codes[area],
        "name_zh": zh,
        "name_en": en,
        "lon": round(float(land.middle[area, 0]), 7),
        "lat": round(float(land.middle[area, 1]), 7),
        "bbox": [round(float(side), 7) for side in land.box[area]],
    }


def in_english() -> bool:
    """Whether names are told in English."""
    return (get_language() or "").startswith("en")


def chain(land: Land, root: int) -> list[dict[str, Any]]:
    """The areas from the top down to the one asked about."""
    found = []
    while root >= 0:
        found.append(named(land, root))
        root = int(land.parent[root])
    return found[::-1]


def told_area(view: View, found: Figures, area: int) -> dict[str, Any]:
    """One area's figures: grids for everybody, residents for who may read them there."""
    return {
        **named(view.land, area),
        **told_figures(found, [area], readable=bool(view.readable[area]), exact=view.exact),
    }


def whole(view: View, found: Figures, root: int) -> dict[str, Any]:
    """The figures of the area asked about; of several top areas, their sum."""
    if root >= 0:
        return told_area(view, found, root)
    tops = np.flatnonzero(view.land.parent < 0).tolist()
    readable = bool(tops) and bool(view.readable[tops].all())
    return {"id": None, **told_figures(found, tops, readable=readable, exact=view.exact)}


def told_figures(found: Figures, areas: list[int], *, readable: bool, exact: bool) -> dict[str, Any]:
    """The figures of some areas together; residents are null where they may not be read or are not known."""
    least = 1 if exact else LEAST
    grids = int(found.grids[areas].sum())
    answer: dict[str, Any] = {
        "grids": grids,
        "grids_within": found.grids_within[areas].sum(axis=0).tolist(),
        "grids_share": [_share(count, grids, least=1) for count in found.grids_within[areas].sum(axis=0).tolist()],
        "levels_grids_share": [
            _share(count, grids, least=1) for count in found.grids_levels[areas].sum(axis=0).tolist()
        ],
        "residents": None,
        "within": None,
        "share": None,
        "old": None,
        "old_share": None,
        "levels_share": None,
        "outside": None,
        "unknown": None,
        "households": None,
        "households_within": None,
        "households_share": None,
        "households_outside": None,
        "households_unknown": None,
    }
    if not readable or not found.known[areas].any():
        return answer
    people, old = int(found.residents[areas].sum()), int(found.old[areas].sum())
    within = found.within[areas].sum(axis=0).tolist()
    old_within = found.old_within[areas].sum(axis=0).tolist()
    aged = not found.ageless[areas].any()  # where some have no known age, nobody knows how many are old
    return answer | {
        "residents": told(people, exact=exact),
        "within": [told(count, exact=exact) for count in within],
        "share": [_share(count, people, least=least) for count in within],
        "old": told(old, exact=exact) if aged else None,
        "old_share": [_share(count, old, least=least) for count in old_within] if aged else None,
        "levels_share": [_share(count, people, least=least) for count in found.levels[areas].sum(axis=0).tolist()],
        "outside": told(people - int(within[-1]), exact=exact),
        "unknown": int(found.unknown[areas].sum()),
        **_told_homes(found, areas, exact=exact),
    }


def _told_homes(found: Figures, areas: list[int], *, exact: bool) -> dict[str, Any]:
    """The households of some areas together, where any were counted; `households_unknown` grids have no number."""
    if not found.homes_known[areas].any():
        return {}
    homes, within = int(found.homes[areas].sum()), found.homes_within[areas].sum(axis=0).tolist()
    return {
        "households": told(homes, exact=exact),
        "households_within": [told(count, exact=exact) for count in within],
        "households_share": [_share(count, homes, least=1 if exact else LEAST) for count in within],
        "households_outside": told(homes - int(within[-1]), exact=exact),
        "households_unknown": int(found.unhoused[areas].sum()),
    }


def _share(part: int, total: int, *, least: int) -> float | None:
    """A share to four digits; None of too few people to say."""
    return round(part / total, 4) if total >= least else None


def told_level(level: ServiceLevel, view: View, *, now: datetime) -> dict[str, Any]:
    """One level of the standard: whose sites within how many minutes, and how many such sites there are."""
    kinds = {row.code: row.name for row in SiteKind.objects.at(now).only("code", "name_zh", "name_en")}
    return {
        "code": level.code,
        "name": level.name,
        "minutes": level.minutes,
        "kinds": [kinds.get(code, code) for code in level.kinds],
        "sites": len(view.sites.of_kinds(level.kinds).ids),
        "source": level.source,
    }


def _where(land: Land, gap: covering.Missed) -> dict[str, Any]:
    """Where to look at a gap: the area, or the places missed where the area has many of its own."""
    if not land.crowded[gap.places[0]]:
        return {}
    points = land.points[gap.places]
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    lon, lat = points.mean(axis=0).tolist()
    pad = covering.CELL_DEGREES / 2
    box = [west - pad, south - pad, east + pad, north + pad]
    return {"lon": round(lon, 7), "lat": round(lat, 7), "bbox": [round(side, 7) for side in box], "cell": True}


def spots(view: View, profile: SpeedProfile, inside: Flags) -> list[dict[str, Any]]:
    """Places of areas with many of their own, for the map: the first ring that reaches each (null: none)."""
    land = view.land
    walk, _off = view.ways.nearest(view.sites)
    chosen = np.flatnonzero(land.crowded & (inside & view.readable)[land.of] & land.known)[:MOST_SPOTS]
    ring = np.searchsorted(walks.limits_of(profile, MINUTES), walk[chosen])
    people = view.parts[chosen].sum(axis=1)
    return [
        {
            "lon": round(lon, 6),
            "lat": round(lat, 6),
            "residents": told(int(count), exact=view.exact),
            "minutes": MINUTES[at] if at < len(MINUTES) else None,
        }
        for (lon, lat), count, at in zip(land.points[chosen].tolist(), people, ring.tolist(), strict=True)
        if count
    ]


def _homes(homes: Ints) -> int | None:
    """The households of some places with residents together; None unless they are known of all of them."""
    return int(homes.sum()) if (homes >= 0).all() else None


def gaps(view: View, profile: SpeedProfile, inside: Flags) -> dict[str, Any]:
    """Where most residents are not reached within the last ring, largest first; `minutes` null: no way at all."""
    walk, _off = view.ways.nearest(view.sites)
    found, count = covering.missed(view.land, view.parts, walk, profile.metres(MINUTES[-1]), inside, MOST_GAPS)
    return {
        "gap_count": count,
        "gaps": [
            {
                **named(view.land, gap.area),
                **_where(view.land, gap),
                "residents": told(gap.residents, exact=view.exact),
                "households": told(_homes(view.homes[gap.places]), exact=view.exact),
                "minutes": math.ceil(profile.minutes(gap.metres)) if math.isfinite(gap.metres) else None,
                "whole": gap.whole,
            }
            for gap in found
        ],
    }
