"""Where ordinary matters happen: at homes by the number of residents, or on the streets. Plain logic, metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.town.ground import Areas, Zone
from gis.town.lattice import Lattice
from gis.town.people import Residents, Roster
from gis.town.seasons import Rng
from gis.town.uses import Uses

OUTDOORS = frozenset({"street_lamp", "road_damage", "road_sign", "parking", "litter", "greenery", "stray_animal"})
STREETS = ("primary", "secondary", "tertiary", "residential")
NOWHERE = -1


@dataclass(slots=True)
class Town:
    """What tickets need to know of the town."""

    areas: Areas
    zone: Zone
    lattice: Lattice
    uses: Uses
    roster: Roster
    residents: list[Residents]


@dataclass(slots=True)
class Places:
    """Places by column: metres, and the number of the home a matter is about (NOWHERE on a street)."""

    xy: NDArray[np.float64]  # (n, 2)
    home: NDArray[np.int64]  # (n,)

    def add(self, xy: NDArray[np.float64]) -> None:
        """More places, at no home."""
        self.xy = np.concatenate([self.xy, xy])
        self.home = np.concatenate([self.home, np.full(len(xy), NOWHERE)])

    def copy(self, to: NDArray[np.int64], source: NDArray[np.int64]) -> None:
        """Move places to where others are."""
        self.xy[to], self.home[to] = self.xy[source], self.home[source]

    def reorder(self, order: NDArray[np.int64]) -> None:
        """Put them into another order."""
        self.xy, self.home = self.xy[order], self.home[order]


def scattered(town: Town, names: Sequence[str], category: NDArray[np.int16], rng: Rng) -> Places:
    """A place for each matter by what it is about: outdoors mostly on a street, everything else where people live."""
    count: dict[Any, int] = {}
    for row in town.residents:
        count[row.area] = count.get(row.area, 0) + row.number
    weights = np.array([count[home.area] for home in town.areas.homes], dtype=float)
    home = rng.choice(len(weights), len(category), p=weights / weights.sum())
    lines = [np.array(line.points) for line in town.lattice.lines if line.kind in STREETS]
    begins, ends = np.concatenate([line[:-1] for line in lines]), np.concatenate([line[1:] for line in lines])
    part = rng.integers(0, len(begins), len(category))
    share = rng.random((len(category), 1))
    likely = np.array([0.55 if name in OUTDOORS else 0.08 for name in names])
    out = rng.random(len(category)) < likely[category]
    middles = np.array([home.place for home in town.areas.homes])
    xy = np.where(out[:, None], begins[part] * (1 - share) + ends[part] * share, middles[home])
    xy = xy + rng.normal(0.0, 1.0, xy.shape) * np.where(out, 5.0, 9.0)[:, None]
    return Places(xy, np.where(out, NOWHERE, home))
