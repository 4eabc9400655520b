"""Cut the faces of the lattice into blocks by lanes, always from one existing vertex to another.

Plain logic, in metres. Cutting at vertices that both sides already have keeps the whole plan noded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely import Point, Polygon
from shapely.ops import polylabel

from gis.town.lattice import STEP_M, Lattice, Line, Xy, corridor_polygon

LANE_NAMES = (
    ("杏花巷", "Xinghua Lane"),
    ("仓门巷", "Cangmen Lane"),
    ("井儿巷", "Jing'er Lane"),
    ("豆腐巷", "Doufu Lane"),
    ("柳荫巷", "Liuyin Lane"),
    ("书院巷", "Shuyuan Lane"),
    ("粮市巷", "Liangshi Lane"),
    ("染坊巷", "Ranfang Lane"),
    ("石桥巷", "Shiqiao Lane"),
    ("东升巷", "Dongsheng Lane"),
    ("槐树巷", "Huaishu Lane"),
    ("铁匠巷", "Tiejiang Lane"),
    ("桂花巷", "Guihua Lane"),
    ("棋盘巷", "Qipan Lane"),
    ("药王巷", "Yaowang Lane"),
    ("水井巷", "Shuijing Lane"),
    ("麻市巷", "Mashi Lane"),
    ("清风巷", "Qingfeng Lane"),
    ("戏楼巷", "Xilou Lane"),
    ("后坡巷", "Houpo Lane"),
    ("梨园巷", "Liyuan Lane"),
    ("鼓楼巷", "Gulou Lane"),
    ("车站巷", "Chezhan Lane"),
    ("苗圃巷", "Miaopu Lane"),
    ("炭市巷", "Tanshi Lane"),
    ("永安巷", "Yong'an Lane"),
    ("太平巷", "Taiping Lane"),
    ("兴隆巷", "Xinglong Lane"),
    ("育才巷", "Yucai Lane"),
    ("惠民巷", "Huimin Lane"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One face of the final street plan; `place` says what kind of ground it is before it is put to use."""

    number: int
    polygon: Polygon
    place: str  # "inner" | "fringe" | "corridor"


def make_blocks(lattice: Lattice, seed: int, *, corridor: Polygon | None = None) -> list[Block]:
    """All blocks of the place (they cover it exactly) and, added to the lattice, the lanes between them.

    No lane crosses the `corridor` between the riverside roads (the town's, if none is given).
    """
    rng = np.random.default_rng([seed, 2])
    corridor = corridor_polygon() if corridor is None else corridor
    lanes = 0
    found: list[tuple[Polygon, str]] = []
    for face in lattice.faces:
        place = _place_of(face, lattice, corridor)
        waiting = [face]
        while waiting:
            polygon = waiting.pop()
            limit_m2 = float(rng.uniform(60_000, 122_000))
            if place != "inner" or polygon.area < limit_m2:
                found.append((polygon, place))
                continue
            cut = _best_cut(polygon, lattice, rng)
            if cut is None:
                found.append((polygon, place))
                continue
            lane_points, halves = cut
            name_zh, name_en = _lane_name(lanes)
            lane = Line("residential", name_zh, name_en, lane_points)
            lattice.lines.append(lane)
            lattice.register(lane)
            lanes += 1
            waiting.extend(halves)
    return [Block(number, polygon, place) for number, (polygon, place) in enumerate(found)]


def middle_of(polygon: Polygon) -> Point:
    """The point of a polygon that lies deepest inside (metres)."""
    return polylabel(polygon, 5.0)


def _lane_name(number: int) -> tuple[str, str]:
    """The name of the lane made as the number-th: each name once, then a second lane of it, the rest have none."""
    again, index = divmod(number, len(LANE_NAMES))
    zh, en = LANE_NAMES[index]
    if again == 0:
        return zh, en
    return (f"{zh[:-1]}二巷", f"{en.removesuffix(' Lane')} 2nd Lane") if again == 1 else ("", "")


def _place_of(face: Polygon, lattice: Lattice, corridor: Polygon) -> str:
    """Whether a face lies between streets, at the county's edge or between the riverside roads."""
    if corridor.intersection(face).area > 0.55 * face.area:
        return "corridor"
    ring = list(face.exterior.coords)
    border = any(lattice.kind_between(a, b) == "border" for a, b in zip(ring, ring[1:], strict=False))
    return "fringe" if border else "inner"


def _best_cut(
    polygon: Polygon, lattice: Lattice, rng: np.random.Generator
) -> tuple[tuple[Xy, ...], list[Polygon]] | None:
    """The lane that halves a face best across its long axis, with the two halves; None if there is none."""
    ring: list[Xy] = [(float(x), float(y)) for x, y in polygon.exterior.coords[:-1]]
    points = np.array(ring)
    count = len(ring)
    street = [_street_here(ring, index, lattice) for index in range(count)]
    long_axis = _long_axis(polygon)
    shoelace = np.concatenate([[0.0], np.cumsum(_cross(points, np.roll(points, -1, axis=0)))])
    total = abs(shoelace[-1])
    wanted = float(rng.uniform(0.42, 0.58))
    i, j = np.triu_indices(count, 3)
    able = np.array(street, bool)
    pairs = able[i] & able[j] & (count - (j - i) >= 3)
    i, j = i[pairs], j[pairs]
    way = points[j] - points[i]
    length = np.hypot(way[:, 0], way[:, 1])
    slant = np.abs(way @ long_axis) / np.maximum(length, 1.0)
    part = np.abs(shoelace[j] - shoelace[i] + _cross(points[j], points[i])) / total
    uneven = np.minimum(np.abs(part - wanted), np.abs(1.0 - part - wanted))
    good = (length >= 90.0) & (slant < 0.35) & (uneven < 0.16)
    i, j, cost = i[good], j[good], (uneven + 0.45 * slant)[good]
    cost = cost + 0.02 * rng.random(len(cost))
    best = np.lexsort((j, i, cost))[:12]
    for begin, end in zip(i[best].tolist(), j[best].tolist(), strict=True):
        cut = _cut(ring, begin, end, rng)
        if cut is not None:
            return cut
    return None


def _cut(
    ring: list[Xy], i: int, j: int, rng: np.random.Generator
) -> tuple[tuple[Xy, ...], list[Polygon]] | None:
    """Lane from ring vertex i to j, slightly bowed, and the halves; None if it would touch the ring."""
    a, b = np.array(ring[i]), np.array(ring[j])
    length = float(np.hypot(*(b - a)))
    parts = max(2, round(length / STEP_M))
    share = np.linspace(0.0, 1.0, parts + 1)[1:-1]
    across = np.array([-(b - a)[1], (b - a)[0]]) / length
    bow = float(rng.uniform(-0.035, 0.035)) * length * np.sin(np.pi * share)
    inner = np.round(a + (b - a) * share[:, None] + across * bow[:, None], 3)
    lane: tuple[Xy, ...] = (ring[i], *[(float(x), float(y)) for x, y in inner], ring[j])
    one = Polygon(ring[i : j + 1] + list(reversed(lane[1:-1])))
    two = Polygon(ring[j:] + ring[: i + 1] + list(lane[1:-1]))
    for half in (one, two):
        if not half.is_valid or half.buffer(-24.0).is_empty or half.buffer(-24.0).geom_type != "Polygon":
            return None
    return lane, [one, two]


def _street_here(ring: list[Xy], index: int, lattice: Lattice) -> bool:
    """Whether a lane may end at this vertex: a street on both sides, and no corner of the face."""
    here, before, after = ring[index], ring[index - 1], ring[(index + 1) % len(ring)]
    kinds = (lattice.kind_between(before, here), lattice.kind_between(here, after))
    if any(kind in ("", "border", "river") for kind in kinds):
        return False
    one = np.array(here) - np.array(before)
    two = np.array(after) - np.array(here)
    return float(one @ two) / float(np.hypot(*one) * np.hypot(*two)) > 0.9


def _long_axis(polygon: Polygon) -> np.ndarray:
    """Unit vector along the longer side of the smallest rectangle round a polygon."""
    corners = np.array(polygon.minimum_rotated_rectangle.exterior.coords)
    one, two = corners[1] - corners[0], corners[2] - corners[1]
    longer = one if np.hypot(*one) >= np.hypot(*two) else two
    return np.asarray(longer / np.hypot(*longer))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """z of the cross product of two rows of vectors."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])

