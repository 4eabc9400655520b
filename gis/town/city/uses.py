"""Where people live in the prefecture: dense county seats, small towns, villages between fields. Plain logic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.town.blocks import Block
from gis.town.city.lattice import Extent, river, warp
from gis.town.compounds import CompoundPlan, ground_of, outlines_of
from gis.town.lattice import Lattice, Xy
from gis.town.uses import Patch, Uses, laid_out

SEAT_M = 2600.0
TOWN_M = 1000.0
"""How far a county's seat and a small town reach."""
TOWNS_A_COUNTY = 6
COUNTRYSIDE = 0.03
BUILT_UP = 0.35
"""From this density on a community is a town's, not a village's."""
FIELDS = 0.4


@dataclass(frozen=True, slots=True)
class Density:
    """How densely people live, from 0 to 1, at any place."""

    centres: np.ndarray
    radii: np.ndarray

    def at(self, xy: np.ndarray) -> np.ndarray:
        """(n, 2) metres → density."""
        away = np.hypot(*(xy[:, None, :] - self.centres[None, :, :]).transpose(2, 0, 1))
        return np.asarray(np.maximum(COUNTRYSIDE, np.exp(-((away / self.radii) ** 2)).max(axis=1)))


def density_of(extent: Extent, seed: int) -> Density:
    """A seat and some towns in each county."""
    rng = np.random.default_rng([seed, 23])
    x, t = extent.x(), extent.t()
    places, radii = [], []
    for west, east in ((x[0], x[extent.columns]), (x[extent.columns + 2], x[-1])):
        middle, half = (west + east) / 2, (east - west) / 2
        places.append((middle + half * rng.uniform(-0.25, 0.25), t[0] * rng.uniform(-0.2, 0.2)))
        radii.append(min(SEAT_M, 0.35 * half + 400.0))
        for _ in range(TOWNS_A_COUNTY):
            places.append((middle + half * rng.uniform(-0.85, 0.85), t[0] * rng.uniform(-0.85, 0.85)))
            radii.append(TOWN_M * rng.uniform(0.7, 1.2))
    found = np.array(places)
    return Density(warp(found[:, 0], found[:, 1]), np.array(radii))


def use_city_blocks(
    blocks: list[Block],
    owner: list[int],
    middles: np.ndarray,
    lattice: Lattice,
    density: Density,
    extent: Extent,
    *,
    grids: int,
    seed: int,
) -> Uses:
    """Homes on the likeliest blocks until there are so many grids, and in every community; fields on the others."""
    rng = np.random.default_rng([seed, 24])
    uses = Uses()
    uses.patches.append(Patch("water", river(extent), ("澄河", "Cheng River")))
    here = density.at(middles)
    rank = -np.log(rng.random(len(blocks))) / here
    inner = [int(i) for i in np.argsort(rank, kind="stable") if blocks[int(i)].place == "inner"]
    first: dict[int, list[int]] = {}
    for index in inner:
        first.setdefault(owner[index], []).append(index)
    made = 0
    used: set[int] = set()
    for number in sorted(first):
        for index in first[number]:
            plans = _homes(blocks[index], lattice, float(here[index]), rng)
            if plans:
                made += _keep(uses, plans)
                used.add(index)
                break
    for index in inner:
        if made >= grids:
            break
        if index not in used:
            made += _keep(uses, _homes(blocks[index], lattice, float(here[index]), rng))
            used.add(index)
    for index, block in enumerate(blocks):
        if index not in used and block.place != "corridor" and rng.random() < FIELDS:
            field = block.polygon.buffer(-18.0, join_style="mitre").simplify(2.0)
            if field.geom_type == "Polygon" and not field.is_empty:
                uses.patches.append(Patch("green", field))
    return uses


def _keep(uses: Uses, plans: list[CompoundPlan]) -> int:
    """Keep compounds; says how many grids they are."""
    uses.compounds += plans
    return sum(1 + len(plan.houses) + sum(len(house.units) for house in plan.houses) for plan in plans)


def _homes(block: Block, lattice: Lattice, density: float, rng: np.random.Generator) -> list[CompoundPlan]:
    """One compound or two on a block, older in the middle of a town, cottages in the country."""
    ground = ground_of(block.polygon, lattice)
    if ground.is_empty:
        return []
    if density > 0.75:
        styles = ["old", "old", "slab", "garden"]
    elif density > BUILT_UP:
        styles = ["old", "slab", "slab", "garden", "garden", "tower"]
    elif density > 0.1:
        styles = ["slab", "garden", "tower", "tower", "village"]
    else:
        styles = ["village", "village", "village", "slab"]
    outlines = outlines_of(ground, rng)
    found = []
    for outline in outlines:
        others = [other for other in outlines if other is not outline]
        style = str(rng.choice(styles))
        plan = laid_out(block, outline, others, lattice, style, rng)
        if plan is None and style != "slab":
            plan = laid_out(block, outline, others, lattice, "slab", rng)
        if plan is not None:
            found.append(plan)
    return found


def middles_of(blocks: list[Block]) -> np.ndarray:
    """A point inside each block (n, 2), metres."""
    found: list[Xy] = [block.polygon.representative_point().coords[0] for block in blocks]
    return np.array(found)
