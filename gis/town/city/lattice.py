"""The prefecture's warped lattice: two counties of blocks with a river between them. Plain logic, in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely import Polygon

from gis.town.lattice import STEP_M, Lattice, Line, Xy, woven
from gis.town.names import FIRST, Name

CELL_X_M = 430.0
CELL_Y_M = 400.0
BANK_M = 64.0
"""The riverside roads lie so far from the river's middle."""
EVERY_BRIDGE = 4
TURN = np.radians(4.0)
DIRECTIONS: tuple[Name, ...] = (("", ""), ("东", "East "), ("西", "West "), ("南", "South "), ("北", "North "))


@dataclass(frozen=True, slots=True)
class Extent:
    """How many blocks each of the two counties has from west to east, and from north to south."""

    columns: int
    rows: int

    @property
    def river(self) -> int:
        """The column line that is the river; the riverside roads are the lines beside it."""
        return self.columns + 1

    def x(self) -> np.ndarray:
        """Lattice x (metres) of every column line."""
        half = BANK_M + CELL_X_M * np.arange(self.columns + 1)
        return np.concatenate([-half[::-1], [0.0], half])

    def t(self) -> np.ndarray:
        """Lattice t (metres) of every row line, from the north."""
        return CELL_Y_M * (self.rows / 2.0 - np.arange(self.rows + 1))


def warp(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Positions (n, 2) in metres of lattice coordinates; gentle enough that no two lines ever cross."""
    east = x + 75.0 * np.sin(t / 900.0 + x / 5200.0) + 20.0 * np.sin(t / 300.0 + 1.3)
    north = t + 110.0 * np.sin(x / 1500.0 + 0.7) + 45.0 * np.sin(x / 640.0 + t / 2900.0)
    turned = np.column_stack([east * np.cos(TURN) - north * np.sin(TURN), east * np.sin(TURN) + north * np.cos(TURN)])
    return np.round(turned, 3)


def make_city_lattice(extent: Extent, seed: int) -> Lattice:
    """Streets, river and border of the prefecture, all noded; some minor stretches were never built."""
    rng = np.random.default_rng([seed, 21])
    junctions = _junctions(extent, rng)
    missing = _left_out(extent, rng)
    columns, rows = len(extent.x()), extent.rows + 1
    lines: list[Line] = []
    for row in range(rows):
        for column in range(columns - 1):
            kind = _row_kind(extent, row, column)
            if kind and ("row", row, column) not in missing:
                bridge = kind != "border" and column in (extent.river - 1, extent.river)
                ends = junctions[row, column : column + 2]
                lines.append(_line(kind, _street_name(row, "路", "Road"), ends, bridge=bridge))
    for column in range(columns):
        for row in range(rows - 1):
            kind = _column_kind(extent, row, column)
            if kind and ("column", row, column) not in missing:
                name = ("澄河", "Cheng River") if kind == "river" else _street_name(column, "街", "Street")
                lines.append(_line(kind, name, junctions[row : row + 2, column]))
    return woven(lines)


def corridor(extent: Extent) -> Polygon:
    """The strip between the two riverside roads (metres)."""
    t = np.arange(extent.t()[-1] - 60.0, extent.t()[0] + 61.0, 20.0)
    side = np.full_like(t, BANK_M - 1.0)
    return Polygon(np.vstack([warp(-side, t), warp(side, t)[::-1]]))


def river(extent: Extent) -> Polygon:
    """The water between the banks, from the northern border to the southern (metres)."""
    t = np.arange(extent.t()[-1], extent.t()[0] + 1.0, 20.0)
    half = 29.0 + 5.0 * np.sin(t / 240.0) + 3.0 * np.sin(t / 95.0)
    return Polygon(np.vstack([warp(-half, t), warp(half, t)[::-1]]))


def _junctions(extent: Extent, rng: np.random.Generator) -> np.ndarray:
    """Lattice coordinates (rows, columns, 2) of all junctions; the border and the river's bridges stay straight."""
    x, t = np.meshgrid(extent.x(), extent.t())
    by_x, by_t = rng.uniform(-38.0, 38.0, x.shape), rng.uniform(-32.0, 32.0, t.shape)
    by_x[:, [0, -1]] = by_t[[0, -1], :] = 0.0
    banks = slice(extent.river - 1, extent.river + 2)
    by_x[:, banks] = by_t[:, banks] = 0.0
    return np.stack([x + by_x, t + by_t], axis=-1)


def _left_out(extent: Extent, rng: np.random.Generator) -> set[tuple[str, int, int]]:
    """Minor stretches that were never built: no two of them meet, so that no road ends in a field."""
    columns, rows = len(extent.x()), extent.rows + 1
    choices = [
        ("row", row, column)
        for row in range(1, rows - 1)
        for column in range(1, columns - 2)
        if row % 4 and not extent.river - 2 <= column <= extent.river + 1
    ]
    out: set[tuple[str, int, int]] = set()
    touched: set[tuple[int, int]] = set()
    for index in rng.permutation(len(choices))[: len(choices) // 5]:
        way, row, column = choices[int(index)]
        ends = {(row, column), (row, column + 1)}
        if not ends & touched:
            out.add((way, row, column))
            touched |= ends
    return out


def _row_kind(extent: Extent, row: int, column: int) -> str:
    """What runs along a row from one column to the next ("" for nothing)."""
    if row in (0, extent.rows):
        return "border"
    by_river = column in (extent.river - 1, extent.river)
    at_border = column in (0, len(extent.x()) - 2)
    if (by_river or at_border) and row % EVERY_BRIDGE:
        return ""
    return "primary" if row % 8 == 4 else "secondary" if row % 4 == 0 else "tertiary"


def _column_kind(extent: Extent, row: int, column: int) -> str:
    """What runs along a column from one row to the next ("" for nothing)."""
    if column in (0, len(extent.x()) - 1):
        return "border"
    if column == extent.river:
        return "river"
    if row in (0, extent.rows - 1) and column % 4 and abs(column - extent.river) != 1:
        return ""
    return "primary" if column % 8 == 4 else "secondary" if column % 4 == 0 else "tertiary"


def _street_name(number: int, zh: str, en: str) -> Name:
    """The name of a row's or column's street: a pair of syllables, later with a direction."""
    again, index = divmod(number, len(FIRST))
    side = DIRECTIONS[again % len(DIRECTIONS)]
    return f"{FIRST[index][0]}{side[0]}{zh}", f"{side[1]}{FIRST[index][1]} {en}"


def _line(kind: str, name: Name, ends: np.ndarray, *, bridge: bool = False) -> Line:
    """One stretch from junction to junction, with a vertex about every 45 m."""
    length = float(np.hypot(*(ends[1] - ends[0])))
    parts = max(1, round(length / STEP_M))
    share = np.linspace(0.0, 1.0, parts + 1)[:, None]
    along = ends[0] * (1.0 - share) + ends[1] * share
    points: tuple[Xy, ...] = tuple((float(x), float(y)) for x, y in warp(along[:, 0], along[:, 1]))
    zh, en = ("", "") if kind == "border" else name
    return Line(kind, zh, en, points, bridge=bridge)
