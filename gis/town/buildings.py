"""Forms of houses: slabs, slanted and stepped slabs, L-shapes, towers, each cut into its units.

Plain logic, in the metres of a compound's own frame (u along the rows, v across, south to north). The ring of a
house carries every corner of its units, so that the units tile it exactly and stay so after any rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Uv = tuple[float, float]


@dataclass(frozen=True, slots=True)
class House:
    """One house: outer ring, rings of its units (none in a cottage), storeys, and its row counted from the south."""

    ring: tuple[Uv, ...]
    units: tuple[tuple[Uv, ...], ...]
    floors: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class Style:
    """How one compound was built: sizes in metres, storeys, and how often its slabs differ from a plain box."""

    code: str
    depth_m: float
    unit_m: float
    gap_m: float
    longest_units: int
    floors: tuple[int, int]
    forms: tuple[str, ...]
    has_units: bool = True
    least_houses: int = 4


STYLES = {
    "old": Style("old", 11.0, 14.0, 17.0, 5, (4, 6), ("box", "box", "slant", "box")),
    "slab": Style("slab", 12.5, 17.0, 24.0, 4, (6, 6), ("box", "box", "step", "ell")),
    "garden": Style("garden", 13.0, 18.0, 29.0, 3, (6, 11), ("step", "box", "ell", "slant")),
    "tower": Style("tower", 17.0, 21.0, 36.0, 2, (17, 26), ("box", "slant", "box")),
    "village": Style("village", 9.5, 12.0, 9.0, 1, (1, 3), ("box",), False),
    "campus": Style("campus", 14.0, 24.0, 34.0, 3, (3, 5), ("box", "ell"), least_houses=1),
    "works": Style("works", 32.0, 30.0, 24.0, 3, (1, 2), ("box",), least_houses=1),
    "market": Style("market", 13.0, 14.0, 15.0, 6, (2, 4), ("box", "ell"), least_houses=1),
}


def row_of_houses(
    *, style: Style, west: float, east: float, south: float, leg_m: float, rng: np.random.Generator
) -> list[House]:
    """Houses side by side from `west` to `east` (u), their south faces at `south` (v); leg_m is room below."""
    gap = 6.0 if style.code == "village" else 10.0
    houses: list[House] = []
    at = west
    while True:
        room = int((east - at) // style.unit_m)
        if room < 1 or (style.has_units and room < 2 and style.code != "tower"):
            return _centred(houses, east)
        count = min(room, style.longest_units)
        if style.longest_units > 2 and room > style.longest_units:
            count = int(rng.integers(max(2, style.longest_units - 2), style.longest_units + 1))
        form = str(rng.choice(style.forms))
        houses.append(_house(style=style, form=form, at=at, south=south, count=count, leg_m=leg_m, rng=rng))
        at += count * style.unit_m + gap + float(rng.uniform(0.0, 4.0))


def _centred(houses: list[House], east: float) -> list[House]:
    """The same row with the room left over at its east end shared between both ends."""
    left_over = east - max((u for house in houses for u, _ in house.ring), default=east)
    shift = max(0.0, left_over) / 2.0
    return [
        House(_moved(house.ring, shift), tuple(_moved(unit, shift) for unit in house.units), house.floors)
        for house in houses
    ]


def _moved(ring: tuple[Uv, ...], shift: float) -> tuple[Uv, ...]:
    """A ring moved east by `shift` metres."""
    return tuple((u + shift, v) for u, v in ring)


def _house(
    *, style: Style, form: str, at: float, south: float, count: int, leg_m: float, rng: np.random.Generator
) -> House:
    """One house of `count` units whose south-west corner lies at (at, south)."""
    floors = int(rng.integers(style.floors[0], style.floors[1] + 1))
    depth, unit = style.depth_m, style.unit_m
    if not style.has_units:
        wide = unit - float(rng.uniform(0.0, 3.0))
        deep = depth - float(rng.uniform(0.0, 2.0))
        corners = ((at, south), (at + wide, south), (at + wide, south + deep), (at, south + deep))
        return House(corners, (), floors)
    if form == "step" and count >= 2:
        rise = float(rng.choice([-1.6, 1.6]))
        return _stepped(at, south - rise * (count - 1) / 2, unit, depth, count, rise, floors)
    lean = float(rng.choice([-4.0, 4.0])) if form == "slant" else 0.0
    below = [(at + k * unit, south) for k in range(count + 1)]
    above = [(at + k * unit + lean, south + depth) for k in range(count + 1)]
    units: list[tuple[Uv, ...]] = [(below[k], below[k + 1], above[k + 1], above[k]) for k in range(count)]
    ring = (*below, *reversed(above))
    if form == "ell" and count >= 2 and leg_m >= 10.0:
        return _with_leg(ring, units, below, min(leg_m, 15.0), floors, bool(rng.random() < 0.5))
    return House(tuple(ring), tuple(units), floors)


def _with_leg(
    ring: tuple[Uv, ...],
    units: list[tuple[Uv, ...]],
    below: list[Uv],
    leg: float,
    floors: int,
    at_east: bool,
) -> House:
    """The same slab with one more unit hanging south from its east or west end."""
    left, right = (below[-2], below[-1]) if at_east else (below[0], below[1])
    foot_left, foot_right = (left[0], left[1] - leg), (right[0], right[1] - leg)
    corners = list(ring)
    place = corners.index(right)
    corners[place:place] = [foot_left, foot_right]
    leg_unit = (foot_left, foot_right, right, left)
    return House(tuple(corners), (*units, leg_unit), floors)


def _stepped(
    at: float, south: float, unit: float, depth: float, count: int, rise: float, floors: int
) -> House:
    """A slab whose units step forward one after the other."""
    low = [south + k * rise for k in range(count)]
    units: list[tuple[Uv, ...]] = []
    for k in range(count):
        west, east = at + k * unit, at + (k + 1) * unit
        bottom, top = low[k], low[k] + depth
        ring: list[Uv] = [(west, bottom), (east, bottom)]
        if k + 1 < count:  # the neighbour's corner that lies on this wall
            ring.append((east, low[k + 1] if rise > 0 else low[k + 1] + depth))
        ring += [(east, top), (west, top)]
        if k > 0:
            ring.append((west, low[k - 1] + depth if rise > 0 else low[k - 1]))
        units.append(tuple(ring))
    bottom_line: list[Uv] = []
    top_line: list[Uv] = []
    for k in range(count):
        west, east = at + k * unit, at + (k + 1) * unit
        bottom_line += [(west, low[k]), (east, low[k])]
        top_line += [(west, low[k] + depth), (east, low[k] + depth)]
    return House((*bottom_line, *reversed(top_line)), tuple(units), floors)
