"""The sample town's tickets: what happens in a year, with two clusters that an analysis has to find.

Plain logic, by column: a million tickets are a few dozen arrays, never a million objects. Everything follows from the
seed and the day: day 0 is the day before the load, and nothing happens after its end, so that two towns made on one
day are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from shapely import Point

from gis.shared.datums import Datum
from gis.town.callers import KEPT_DAYS, Callers, make_callers
from gis.town.courses import REASONS, VERBS, follow
from gis.town.holders import Holders
from gis.town.lattice import Xy
from gis.town.places import Places, Town, scattered
from gis.town.seasons import DAY_S, Rng, Seconds, moments, seconds_of_day
from gis.town.uses import Uses
from gis.town.words import WORDS
from layers.tickets.columns import DATUMS, Columns, Words
from layers.tickets.records import TicketRow

DAYS = 365
WEIGHTS: dict[str, float] = {
    "street_lamp": 7, "road_damage": 6, "road_sign": 2, "drain_blocked": 6, "water_supply": 5, "heating": 7,
    "lift_fault": 5, "leaking_roof": 5, "charging_pile": 4, "litter": 11, "restaurant_fumes": 3, "noise": 8,
    "greenery": 3, "stray_animal": 4, "parking": 10, "blocked_exit": 4, "illegal_structure": 3, "wire_hazard": 5,
    "neighbour_quarrel": 6, "elder_care": 5, "errand": 5, "lift_replacement": 0.5,
    "ill_alone": 0.7, "accident": 0.5, "gathering": 0.8, "household_change": 1.5, "policy_question": 2,
    "department_task": 1.5, "wish": 1.5, "project": 0.3, "other": 3,
}  # fmt: skip
NAMES = list(WEIGHTS)
RECURRING = ("litter", "parking", "noise", "drain_blocked", "blocked_exit", "road_damage", "stray_animal")
RECURS, TIMES = 0.06, 5
"""A share of all matters comes back at spots of its own, so many times a year at each."""


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
class Matters:
    """Tickets by column, oldest first, and their moves by column; `first` says where each ticket's moves begin.

    Instants are whole seconds since 1970 UTC; `names` are those of post holders; texts, verbs, reasons by index, too.
    """

    ids: NDArray[np.uint8]  # (n, 16)
    lonlat: NDArray[np.float64]  # (n, 2)
    category: NDArray[np.int16]  # (n,) in NAMES
    reported_at: Seconds  # (n,)
    text: NDArray[np.int16]  # (n,) in TEXTS
    accuracy_m: NDArray[np.float64]  # (n,)
    by: NDArray[np.int32]  # (n,) in names: who wrote it down
    first: NDArray[np.int64]  # (n + 1,)
    verb: NDArray[np.int8]  # (m,) in VERBS
    at: Seconds  # (m,)
    actor: NDArray[np.int32]  # (m,) in names
    reason: NDArray[np.int8]  # (m,) in REASONS
    names: list[str]
    callers: Callers

    def __len__(self) -> int:
        """How many tickets."""
        return len(self.category)

    def columns(self, start: int = 0, stop: int | None = None) -> Columns:
        """Some of the tickets as the bulk door takes them; their lines count from 1."""
        stop = len(self) if stop is None else min(stop, len(self))
        some, moves = slice(start, stop), slice(int(self.first[start]), int(self.first[stop]))
        return Columns(
            line=np.arange(start + 1, stop + 1, dtype=np.int64),
            lon=self.lonlat[some, 0],
            lat=self.lonlat[some, 1],
            datum=np.full(stop - start, DATUMS.index(Datum.WGS84), np.int8),
            category=Words(self.category[some].astype(np.int64), NAMES),
            reported=self.reported_at[some] * 1_000_000,
            text=Words(self.text[some].astype(np.int64), TEXTS),
            number=Words.same("", stop - start),
            accuracy=self.accuracy_m[some],
            measured=np.ones(stop - start, dtype=np.bool_),
            by=Words(self.by[some].astype(np.int64), self.names),
            starts=self.first[start : stop + 1] - self.first[start],
            verb=Words(self.verb[moves].astype(np.int64), VERBS),
            at=self.at[moves] * 1_000_000,
            actor=Words(self.actor[moves].astype(np.int64), self.names),
            reason=Words(self.reason[moves].astype(np.int64), REASONS),
            ids=self.ids[some],
        )

    def chunks(self, size: int) -> Iterator[Columns]:
        """All of them, so many at a time."""
        for start in range(0, len(self), size):
            yield self.columns(start, start + size)

    def rows(self) -> list[TicketRow]:
        """All of them as rows, which a test reads easily."""
        columns = self.columns()
        return [columns.row(index) for index in range(len(self))]


TEXTS: list[str] = [text for name in NAMES for text in WORDS[name]]
_FIRST_TEXT = np.cumsum([0, *(len(WORDS[name]) for name in NAMES)])


def make_tickets(
    town: Town,
    *,
    number: int,
    today: date,
    time_zone: ZoneInfo,
    seed: int,
    callers: float,
    clusters: Sequence[Cluster] | None = None,
) -> Matters:
    """`number` tickets before `today`, oldest first, clusters included; same arguments, same tickets.

    A share `callers` of what a desk wrote down about homes of late came from somebody who gave a name.
    """
    rng = np.random.default_rng([seed, 8])
    clusters = planted(town.uses) if clusters is None else clusters
    end_day = (today - date(1970, 1, 1)).days
    weights = np.array([WEIGHTS[name] for name in NAMES])
    alone = number - sum(cluster.number for cluster in clusters)
    category = rng.choice(len(NAMES), alone, p=weights / weights.sum()).astype(np.int16)
    places = scattered(town, NAMES, category, rng)
    _recur(category, places, rng)
    when = moments(NAMES, category, end_day, DAYS, rng)
    for cluster in clusters:
        code = np.full(cluster.number, NAMES.index(cluster.category), np.int16)
        ages = (cluster.days * rng.random(cluster.number) ** 1.4).astype(np.int64)
        days = (end_day - 1 - ages) * DAY_S
        when = np.concatenate([when, days + seconds_of_day(cluster.category, cluster.number, rng)])
        category = np.concatenate([category, code])
        places.add(rng.normal(cluster.place, cluster.spread_m, (cluster.number, 2)))
    order = np.lexsort((np.arange(number), when))
    category, when = category[order], when[order]
    places.reorder(order)
    steps = follow(when, category, NAMES, end_day * DAY_S, rng)
    holders = Holders(town.areas, town.roster)
    desk, workers = holders.of(town, places, rng)
    by_desk = rng.random(number) < np.where(places.home >= 0, 0.65, 0.4)
    owner = np.repeat(np.arange(number), np.diff(steps.first))
    return Matters(
        ids=_ids(number, rng),
        lonlat=town.zone.degrees(places.xy),
        category=category,
        reported_at=_utc(when, when, time_zone),
        text=(_FIRST_TEXT[category] + (rng.random(number) * np.diff(_FIRST_TEXT)[category]).astype(int)).astype(
            np.int16
        ),
        accuracy_m=np.round(rng.gamma(3.0, 3.0, number) + 3.0),
        by=np.where(by_desk, desk, workers).astype(np.int32),
        first=steps.first,
        verb=steps.verb,
        at=_utc(steps.at, when[owner], time_zone),
        actor=np.where(steps.who == 0, desk[owner], workers[owner]).astype(np.int32),
        reason=steps.reason,
        names=holders.names,
        callers=make_callers(town, places, by_desk & (when >= (end_day - KEPT_DAYS) * DAY_S), share=callers, rng=rng),
    )


def _recur(category: NDArray[np.int16], places: Places, rng: Rng) -> None:
    """Let some matters come back: the same category at the same spot, again and again."""
    codes = [NAMES.index(name) for name in RECURRING]
    likely = np.flatnonzero(np.isin(category, codes))
    members = rng.permutation(likely)[: int(len(category) * RECURS)]
    spots = max(1, len(members) // TIMES)
    model = members[rng.integers(0, spots, len(members))]
    category[members] = category[model]
    places.copy(members, model)
    places.xy[members] += rng.normal(0.0, 2.5, (len(members), 2))


def _ids(number: int, rng: Rng) -> NDArray[np.uint8]:
    """Random ids (version 4), the same for the same seed."""
    ids = rng.integers(0, 256, (number, 16), dtype=np.uint8)
    ids[:, 6] = ids[:, 6] & 0x0F | 0x40
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    return ids


def _utc(local: Seconds, reference: Seconds, zone: ZoneInfo) -> Seconds:
    """Seconds UTC of local ones; all moves of a ticket with the offset of its report, so that their order stays."""
    days, which = np.unique(reference // DAY_S, return_inverse=True)
    noons = [datetime.combine(date(1970, 1, 1), time(12), zone) + timedelta(days=int(day)) for day in days]
    offsets = np.array([int((noon.utcoffset() or timedelta()).total_seconds()) for noon in noons], dtype=np.int64)
    return np.asarray(local - offsets[which], dtype=np.int64)
