"""The warped lattice a town grows on: streets that bend with the river, and the blocks between them.

Plain logic, in metres (x east, y north, the middle of the town at 0, 0). Everything is built from shared
vertices: two blocks that meet have exactly equal coordinates along their common edge, so that areas made of
blocks form a valid coverage without any repair.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from shapely import Polygon
from shapely.ops import polygonize

Xy = tuple[float, float]

TURN = np.radians(6.5)  # nobody's town stands square to north
RIVER_HALF_WIDTH_M = 29.0
STEP_M = 45.0

COLUMNS = (-2150.0, -1720.0, -1300.0, -870.0, -430.0, 0.0, 470.0, 900.0, 1330.0, 1750.0, 2150.0)
ROWS = (2060.0, 1640.0, 1240.0, 850.0, 460.0, 64.0, 0.0, -64.0, -470.0, -860.0, -1240.0, -1640.0, -2060.0)
RIVER_ROW = 6
BANK_ROWS = (5, 7)
BRIDGE_COLUMNS = (2, 5, 8)
FOOTBRIDGE_COLUMN = 6

COLUMN_STREETS = {
    1: ("secondary", "西环路", "Xihuan Road"),
    2: ("tertiary", "油厂街", "Youchang Street"),
    3: ("tertiary", "书院街", "Shuyuan Street"),
    4: ("secondary", "凤鸣街", "Fengming Street"),
    5: ("primary", "中心大街", "Zhongxin Avenue"),
    6: ("tertiary", "钟楼街", "Zhonglou Street"),
    7: ("tertiary", "文昌街", "Wenchang Street"),
    8: ("secondary", "东关街", "Dongguan Street"),
    9: ("secondary", "东环路", "Donghuan Road"),
}
ROW_STREETS = {
    1: ("secondary", "北环路", "Beihuan Road"),
    2: ("tertiary", "杏林路", "Xinglin Road"),
    3: ("primary", "人民路", "Renmin Road"),
    4: ("tertiary", "学府路", "Xuefu Road"),
    5: ("tertiary", "滨河北路", "North Binhe Road"),
    7: ("tertiary", "滨河南路", "South Binhe Road"),
    8: ("tertiary", "南关路", "Nanguan Road"),
    9: ("secondary", "新华路", "Xinhua Road"),
    10: ("tertiary", "枣园路", "Zaoyuan Road"),
    11: ("secondary", "南环路", "Nanhuan Road"),
}
EXIT_COLUMNS = (2, 5, 8)  # roads that lead out of the county
EXIT_ROWS = (3, 9)


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of the lattice from junction to junction; `kind` is a way kind, "river" or "border"."""

    kind: str
    name_zh: str
    name_en: str
    points: tuple[Xy, ...]
    bridge: bool = False
    row: int | None = None
    column: int | None = None


@dataclass(slots=True)
class Lattice:
    """Streets, river line and county border of the town, and the faces between them."""

    lines: list[Line]
    faces: list[Polygon]
    kind_of: dict[tuple[Xy, Xy], str] = field(default_factory=dict)
    name_of: dict[tuple[Xy, Xy], tuple[str, str]] = field(default_factory=dict)

    def register(self, line: Line) -> None:
        """Remember which kind of line, of what name, runs between each two neighbouring vertices."""
        for a, b in zip(line.points, line.points[1:], strict=False):
            side = (a, b) if a <= b else (b, a)
            self.kind_of[side] = line.kind
            self.name_of[side] = (line.name_zh, line.name_en)

    def name_between(self, a: Xy, b: Xy) -> tuple[str, str]:
        """Name of the street between two neighbouring vertices (empty where it has none)."""
        return self.name_of.get((a, b) if a <= b else (b, a), ("", ""))

    def kind_between(self, a: Xy, b: Xy) -> str:
        """Kind of the line between two neighbouring vertices ("" where nothing runs)."""
        return self.kind_of.get((a, b) if a <= b else (b, a), "")


def river_offset_m(x: np.ndarray) -> np.ndarray:
    """How far the river's middle lies off the x axis at each x (metres)."""
    return 290.0 * np.sin(x / 690.0 + 0.7) + 80.0 * np.sin(x / 330.0 + 2.0) - 0.06 * x


def warp(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Positions (n, 2) in metres of lattice coordinates: t runs across the river, whose bends fade with |t|."""
    fade = np.exp(-((np.abs(t) / 1050.0) ** 2))
    east = x + 42.0 * np.sin(t / 640.0 + x / 2400.0) + 18.0 * np.sin(t / 260.0 + 1.3)
    north = t + river_offset_m(x) * fade
    turned = np.column_stack(
        [east * np.cos(TURN) - north * np.sin(TURN), east * np.sin(TURN) + north * np.cos(TURN)]
    )
    return np.round(turned, 3)


def make_lattice(seed: int) -> Lattice:
    """The lattice of one seed: junctions moved a little, some minor stretches left out, all noded."""
    rng = np.random.default_rng([seed, 1])
    junctions = _junctions(rng)
    lines: list[Line] = []
    missing = _left_out(rng)
    for row in range(len(ROWS)):
        for column in range(len(COLUMNS) - 1):
            line = _row_line(junctions, row, column)
            if line is not None and ("row", row, column) not in missing:
                lines.append(line)
    for column in range(len(COLUMNS)):
        for row in range(len(ROWS) - 1):
            line = _column_line(junctions, row, column)
            if line is not None and ("column", row, column) not in missing:
                lines.append(line)
    return woven(lines)


def woven(lines: list[Line]) -> Lattice:
    """The lattice that these lines, joined at shared vertices, make."""
    segments = [pair for line in lines for pair in zip(line.points, line.points[1:], strict=False)]
    lattice = Lattice(lines=lines, faces=sorted(polygonize(segments), key=lambda face: face.bounds))
    for line in lines:
        lattice.register(line)
    return lattice


def river_polygon() -> Polygon:
    """The water between the banks, across the whole county (metres)."""
    x = np.arange(COLUMNS[0] - 60.0, COLUMNS[-1] + 61.0, 20.0)
    half = RIVER_HALF_WIDTH_M + 5.0 * np.sin(x / 240.0) + 3.0 * np.sin(x / 95.0)
    return Polygon(np.vstack([warp(x, half), warp(x, -half)[::-1]]))


def corridor_polygon() -> Polygon:
    """The strip between the two riverside roads' rows (metres)."""
    x = np.arange(COLUMNS[0] - 60.0, COLUMNS[-1] + 61.0, 20.0)
    return Polygon(np.vstack([warp(x, x * 0 + ROWS[5] - 1), warp(x, x * 0 + ROWS[7] + 1)[::-1]]))


def _junctions(rng: np.random.Generator) -> np.ndarray:
    """Lattice coordinates (rows, columns, 2) of all junctions, the inner ones moved by up to some 40 m."""
    x, t = np.meshgrid(np.array(COLUMNS), np.array(ROWS))
    x = x + rng.uniform(-38.0, 38.0, x.shape)
    shift = rng.uniform(-32.0, 32.0, t.shape)
    shift[RIVER_ROW - 1 : RIVER_ROW + 2] = 0.0
    for row in (RIVER_ROW - 1, RIVER_ROW, RIVER_ROW + 1):  # bridges stand straight
        x[row] = x[RIVER_ROW]
    x[:, 0], x[:, -1] = COLUMNS[0] + shift[:, 0] * 2, COLUMNS[-1] + shift[:, -1] * 2
    return np.stack([x, t + shift], axis=-1)


def _left_out(rng: np.random.Generator) -> set[tuple[str, int, int]]:
    """Minor stretches that were never built: no two of them meet, so that no road ends in a field."""
    out: set[tuple[str, int, int]] = set()
    touched: set[tuple[int, int]] = set()
    choices = [("row", row, column) for row in (2, 4, 8, 10) for column in range(1, 9)]
    choices += [("column", row, column) for column in (3, 6, 7) for row in (1, 2, 3, 8, 9, 10)]
    for index in rng.permutation(len(choices)):
        way, row, column = choices[int(index)]
        ends = [(row, column), (row, column + 1) if way == "row" else (row + 1, column)]
        if len(out) < 9 and not any(end in touched for end in ends):
            out.add((way, row, column))
            touched.update(ends)
    return out


def _stretch(a: np.ndarray, b: np.ndarray) -> tuple[Xy, ...]:
    """Vertices from one junction to the next, about every 45 m, bent by the warp."""
    length = float(np.hypot(*(b - a)))
    parts = max(1, round(length / STEP_M))
    share = np.linspace(0.0, 1.0, parts + 1)[:, None]
    along = a[None, :] * (1.0 - share) + b[None, :] * share
    points = warp(along[:, 0], along[:, 1])
    return tuple((float(px), float(py)) for px, py in points)


def _row_line(junctions: np.ndarray, row: int, column: int) -> Line | None:
    """The stretch of a row from `column` to the next, or None where the town has none."""
    points = _stretch(junctions[row, column], junctions[row, column + 1])
    if row in (0, len(ROWS) - 1):
        return Line("border", "", "", points, row=row)
    if row == RIVER_ROW:
        return Line("river", "澄河", "Cheng River", points, row=row)
    if column in (0, len(COLUMNS) - 2) and row not in EXIT_ROWS:
        return None
    kind, name_zh, name_en = ROW_STREETS[row]
    return Line(kind, name_zh, name_en, points, row=row)


def _column_line(junctions: np.ndarray, row: int, column: int) -> Line | None:
    """The stretch of a column from `row` to the next, or None where the town has none."""
    points = _stretch(junctions[row, column], junctions[row + 1, column])
    if column in (0, len(COLUMNS) - 1):
        return Line("border", "", "", points, column=column)
    if row in (0, len(ROWS) - 2) and column not in EXIT_COLUMNS:
        return None
    kind, name_zh, name_en = COLUMN_STREETS[column]
    if row in (RIVER_ROW - 1, RIVER_ROW):
        if column == FOOTBRIDGE_COLUMN:
            return Line("footway", "望河桥", "Wanghe Footbridge", points, bridge=True, column=column)
        if column not in BRIDGE_COLUMNS:
            return None
        return Line(kind, name_zh, name_en, points, bridge=True, column=column)
    return Line(kind, name_zh, name_en, points, column=column)
