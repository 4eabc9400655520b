"""The sample town's tickets: what happens in half a year, with two clusters that an analysis has to find.

Plain logic. Everything follows from the seed and the day: day 0 is the day before the load, and nothing happens
after its end, so that two towns made on one day are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from shapely import Point, STRtree

from gis.town.ground import Areas, Zone, stable_id
from gis.town.lattice import Lattice, Xy
from gis.town.people import Residents, Roster
from gis.town.uses import Uses
from gis.town.words import WORDS
from layers.tickets.records import Happening, TicketRow

DAYS = 180
WEIGHTS: dict[str, float] = {
    "street_lamp": 7, "road_damage": 6, "road_sign": 2, "drain_blocked": 6, "water_supply": 5, "heating": 7,
    "lift_fault": 5, "leaking_roof": 5, "charging_pile": 4, "litter": 11, "restaurant_fumes": 3, "noise": 8,
    "greenery": 3, "stray_animal": 4, "parking": 10, "blocked_exit": 4, "illegal_structure": 3, "wire_hazard": 5,
    "neighbour_quarrel": 6, "elder_care": 5, "errand": 5, "other": 3,
}  # fmt: skip
OUTDOORS = frozenset({"street_lamp", "road_damage", "road_sign", "parking", "litter", "greenery", "stray_animal"})
HANDLE_HOURS: dict[str, float] = {
    "lift_fault": 6, "blocked_exit": 1, "wire_hazard": 6, "water_supply": 7, "heating": 8, "drain_blocked": 7,
    "litter": 6, "noise": 5, "parking": 4, "elder_care": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cluster:
    """A planted concentration: so many tickets of one category about a place, in the last `days` days."""

    category: str
    place: Xy
    spread_m: float
    number: int
    days: int


def planted(uses: Uses) -> tuple[Cluster, Cluster]:
    """The two clusters: street lamps that went out in a quarter, fumes about a shopping street."""
    market = next(plan for _, name, plan in uses.grounds if name[1] == "Zhonglou Shopping Street")
    fumes = market.outline.centroid
    lamps = min(uses.compounds, key=lambda plan: plan.outline.centroid.distance(Point(560.0, -900.0)))
    dark = lamps.outline.centroid
    return (
        Cluster("street_lamp", (dark.x, dark.y), 85.0, 120, 60),
        Cluster("restaurant_fumes", (fumes.x, fumes.y), 80.0, 140, 90),
    )


@dataclass(slots=True)
class Town:
    """What tickets need to know of the town."""

    areas: Areas
    zone: Zone
    lattice: Lattice
    uses: Uses
    roster: Roster
    residents: list[Residents]


def make_tickets(
    town: Town,
    *,
    number: int,
    today: date,
    time_zone: ZoneInfo,
    seed: int,
    clusters: Sequence[Cluster] | None = None,
) -> list[TicketRow]:
    """About `number` tickets before `today`, oldest first, clusters included; same arguments, same tickets."""
    rng = np.random.default_rng([seed, 8])
    clusters = planted(town.uses) if clusters is None else clusters
    scattered = number - sum(cluster.number for cluster in clusters)
    names = list(WEIGHTS)
    shares = np.array([WEIGHTS[name] for name in names])
    categories = [names[int(i)] for i in rng.choice(len(names), scattered, p=shares / shares.sum())]
    places = _scattered(town, categories, rng)
    ages = rng.uniform(0.0, DAYS, scattered) ** 1.05 % DAYS
    for cluster in clusters:
        categories += [cluster.category] * cluster.number
        places += [
            (float(x), float(y)) for x, y in rng.normal(cluster.place, cluster.spread_m, (cluster.number, 2))
        ]
        ages = np.concatenate([ages, cluster.days * rng.random(cluster.number) ** 1.4])
    end = datetime.combine(today, time(0, 0), time_zone)
    desks = _Desks(town)
    lonlat = town.zone.degrees(np.array(places))
    moments = [_moment(end, float(age), rng) for age in ages]
    rows: list[TicketRow] = []
    for line, index in enumerate(sorted(range(len(places)), key=lambda i: (moments[i], i)), start=1):
        category, at = categories[index], moments[index]
        texts = WORDS[category]
        rows.append(
            TicketRow(
                line=line,
                id=stable_id("ticket", seed, index),
                lon=float(lonlat[index, 0]),
                lat=float(lonlat[index, 1]),
                category=category,
                reported_at=at,
                text=texts[int(rng.integers(len(texts)))],
                accuracy_m=float(np.round(rng.gamma(3.0, 3.0) + 3.0)),
                history=_history(category, at, end, desks.of(lonlat[index]), rng),
            )
        )
    return rows


class _Desks:
    """Who handles and who verifies at a place: by its community."""

    def __init__(self, town: Town) -> None:
        """Look the posts up once."""
        self.communities = town.areas.of_tier("community")
        self.tree = STRtree([row.geometry for row in self.communities])
        self.people: dict[Any, dict[str, list[str]]] = {row.id: {} for row in self.communities}
        for post in town.roster.posts:
            if post.area in self.people and post.person is not None:
                held = self.people[post.area].setdefault(post.role, [])
                held.append(town.roster.persons[post.person][0])

    def of(self, lonlat: np.ndarray) -> tuple[str, list[str]]:
        """The front desk's holder and the workers of the community at a place (lon, lat)."""
        nearest = self.communities[int(self.tree.nearest(Point(lonlat)))]
        people = self.people[nearest.id]
        return people["front_desk"][0], people["worker"]


def _scattered(town: Town, categories: list[str], rng: np.random.Generator) -> list[Xy]:
    """Where ordinary matters happen: at homes by the number of residents, or on the streets."""
    count: dict[Any, int] = {}
    for row in town.residents:
        count[row.area] = count.get(row.area, 0) + row.number
    weights = np.array([count[home.area] for home in town.areas.homes], dtype=float)
    homes = rng.choice(len(weights), len(categories), p=weights / weights.sum())
    streets = [line for line in town.lattice.lines if line.kind in ("primary", "secondary", "tertiary", "residential")]
    lengths = np.array([len(line.points) - 1 for line in streets], dtype=float)
    chosen = rng.choice(len(streets), len(categories), p=lengths / lengths.sum())
    outside = rng.random(len(categories)) < np.where([name in OUTDOORS for name in categories], 0.55, 0.08)
    places: list[Xy] = []
    for index, out in enumerate(outside):
        if out:
            points = streets[int(chosen[index])].points
            part = int(rng.integers(len(points) - 1))
            share = float(rng.random())
            middle = [points[part][k] * (1 - share) + points[part + 1][k] * share for k in (0, 1)]
            spread = 5.0
        else:
            middle, spread = list(town.areas.homes[int(homes[index])].place), 9.0
        x, y = rng.normal(middle, spread)
        places.append((float(x), float(y)))
    return places


def _moment(end: datetime, age_days: float, rng: np.random.Generator) -> datetime:
    """An instant so many days before `end`, at an hour when people are awake, to the second."""
    day = end - timedelta(days=1 + int(age_days))
    if day.weekday() >= 5 and rng.random() < 0.3:  # quieter weekends
        day -= timedelta(days=2)
    second = int(np.clip(rng.normal(13.5, 3.6), 6.2, 22.8) * 3600)
    return day + timedelta(seconds=second)


def _history(
    category: str, at: datetime, end: datetime, desk: tuple[str, list[str]], rng: np.random.Generator
) -> tuple[Happening, ...]:
    """The moves of one ticket until `end`: mostly straight through, some with a detour, some still under way."""
    front_desk, workers = desk
    worker = workers[int(rng.integers(len(workers)))]
    roll = float(rng.random())
    handle = HANDLE_HOURS.get(category, 40.0)
    steps: list[tuple[str, float, str, str]] = [("accept", 0.5, front_desk, "")]
    if roll < 0.03:
        steps = [("refuse", 2.0, front_desk, "不属于受理范围, 已告知来电人")]
    else:
        steps += [("dispatch", 0.4, front_desk, ""), ("sign", 1.5, worker, "")]
        if roll < 0.07:
            steps += [("return", 2.0, worker, "不在本网格"), ("dispatch", 2.0, front_desk, "")]
            steps.append(("sign", 3.0, worker, ""))
        steps.append(("start", 1.0, worker, ""))
        if roll < 0.11:
            steps += [("pause", 3.0, worker, "等待配件"), ("resume", 40.0, worker, "")]
        steps.append(("handle", handle, worker, ""))
        if 0.11 <= roll < 0.15:
            steps += [("redo", 8.0, front_desk, "现场未清理"), ("handle", handle, worker, "")]
        steps += [("verify", 6.0, front_desk, ""), ("close", 3.0, front_desk, "")]
        if 0.15 <= roll < 0.17:
            steps.append(("reopen", 90.0, front_desk, "居民反映又出现"))
            steps += [("dispatch", 1.0, front_desk, ""), ("sign", 3.0, worker, ""), ("start", 2.0, worker, "")]
            steps += [("handle", handle, worker, ""), ("verify", 6.0, front_desk, ""), ("close", 3.0, front_desk, "")]
    days = (end - at) / timedelta(days=1)
    # what is old has nearly all come to its end
    waiting = 0.6 if days < 1.2 else 0.15 if days < 5 else 0.03 if days < 14 else 0.004
    stuck = int(rng.integers(1, len(steps))) if rng.random() < waiting and len(steps) > 1 else len(steps)
    moves: list[Happening] = []
    for verb, hours, actor, reason in steps[:stuck]:
        at = at + timedelta(seconds=int(3600 * hours * float(rng.lognormal(0.0, 0.7))) + 60)
        if at >= end:
            break
        moves.append(Happening(verb, at, actor, reason))
    return tuple(moves)
