"""What the blocks of the town are used for: homes, schools, works, markets, parks, fields. Plain logic, in metres."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from shapely import LineString, MultiPolygon, Point, Polygon, unary_union
from shapely.affinity import rotate, scale

from gis.town.blocks import Block, middle_of
from gis.town.compounds import CompoundPlan, ground_of, lay_out, outlines_of
from gis.town.lattice import Lattice, Xy, river_polygon
from gis.town.names import Name

LANDMARKS: tuple[tuple[str, str, Xy, Name], ...] = (
    ("civic", "campus", (150.0, 560.0), ("澄溪县人民政府", "County Government")),
    ("hospital", "campus", (-560.0, 880.0), ("县人民医院", "County Hospital")),
    ("school", "campus", (760.0, 960.0), ("澄溪一中", "Chengxi First Middle School")),
    ("school", "campus", (-1050.0, 420.0), ("书院小学", "Shuyuan Primary School")),
    ("school", "campus", (620.0, -560.0), ("文昌小学", "Wenchang Primary School")),
    ("school", "campus", (-520.0, -820.0), ("新华小学", "Xinhua Primary School")),
    ("school", "campus", (1330.0, -620.0), ("东关中学", "Dongguan Middle School")),
    ("market", "market", (-200.0, -420.0), ("南关市场", "Nanguan Market")),
    ("market", "market", (-700.0, 620.0), ("钟楼商业街", "Zhonglou Shopping Street")),
    ("market", "market", (1020.0, 560.0), ("东关商场", "Dongguan Mall")),
    ("market", "market", (60.0, 1050.0), ("北关菜市场", "Beiguan Food Market")),
    ("market", "market", (-1150.0, -420.0), ("油厂街便民市场", "Youchang Street Market")),
    ("station", "works", (320.0, -1480.0), ("澄溪汽车站", "Chengxi Bus Station")),
    ("works", "works", (-1500.0, -1250.0), ("油脂厂", "Oil Mill")),
    ("works", "works", (1500.0, -1300.0), ("农机厂", "Farm Machinery Works")),
    ("works", "works", (1550.0, 1350.0), ("面粉厂", "Flour Mill")),
    ("works", "works", (-1450.0, 1150.0), ("物流园", "Logistics Park")),
    ("park", "", (420.0, 820.0), ("古塔公园", "Guta Park")),
    ("park", "", (-420.0, -1250.0), ("枣园公园", "Zaoyuan Park")),
    ("park", "", (1250.0, 180.0), ("湿地公园", "Wetland Park")),
    ("park", "", (-1150.0, 900.0), ("书院公园", "Shuyuan Park")),
    ("park", "", (1050.0, -950.0), ("东岗公园", "Donggang Park")),
    ("park", "", (-250.0, 330.0), ("人民广场", "People's Square")),
)
LANDUSE_NAMES = ("civic", "hospital", "school", "market", "station", "works")


@dataclass(frozen=True, slots=True)
class Patch:
    """A polygon of the base map: kind "green", "water" or "landuse", with its name if it has one."""

    kind: str
    shape: Polygon | MultiPolygon
    name: Name = ("", "")


@dataclass(slots=True)
class Uses:
    """Everything that stands on the blocks."""

    compounds: list[CompoundPlan] = field(default_factory=list)
    grounds: list[tuple[str, Name, CompoundPlan]] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    park_paths: list[tuple[Xy, ...]] = field(default_factory=list)


def use_blocks(blocks: list[Block], lattice: Lattice, seed: int) -> Uses:
    """Give every block its use."""
    rng = np.random.default_rng([seed, 3])
    uses = Uses()
    river = river_polygon()
    county = unary_union([block.polygon for block in blocks])
    uses.patches.append(Patch("water", river.intersection(county), ("澄河", "Cheng River")))
    taken: set[int] = set()
    inner = [block for block in blocks if block.place == "inner"]
    middles = {block.number: middle_of(block.polygon) for block in inner}
    for kind, style, place, name in LANDMARKS:
        free = [block for block in inner if block.number not in taken]
        block = min(free, key=lambda b: middles[b.number].distance(Point(place)))
        taken.add(block.number)
        if kind == "park":
            _park(uses, block, lattice, name, with_lake=name[1] == "Wetland Park")
        else:
            _ground(uses, block, lattice, kind, style, name, rng)
    for block in blocks:
        if block.place == "corridor":
            _bank(uses, block, river)
        elif block.place == "fringe":
            _fields(uses, ground_of(block.polygon, lattice).difference(river.buffer(70.0)), rng, 0.55)
        elif block.number not in taken:
            _homes_or_fields(uses, block, middles[block.number], lattice, rng)
    return uses


def _homes_or_fields(uses: Uses, block: Block, middle: Point, lattice: Lattice, rng: np.random.Generator) -> None:
    """Homes near the middle of the town, fewer and lower ones further out, and fields between them."""
    away = float(np.hypot(middle.x, middle.y))
    roll = float(rng.random())
    homes = 0.9 if away < 1000 else 0.46 if away < 1500 else 0.3
    ground = ground_of(block.polygon, lattice)
    if roll > homes:
        if away < 1000:
            _ground(uses, block, lattice, "shops", "market", ("", ""), rng)
        elif away < 1500 and roll > 0.85:
            _ground(uses, block, lattice, "works", "works", ("", ""), rng)
        else:
            _fields(uses, ground, rng, 0.75)
        return
    outlines = outlines_of(ground, rng)
    old_town = np.hypot(middle.x + 700.0, middle.y - 500.0) < 620.0
    for outline in outlines:
        if away > 1500:
            style = str(rng.choice(["village", "village", "tower", "slab"]))
        elif old_town:
            style = str(rng.choice(["old", "old", "slab"]))
        else:
            style = str(rng.choice(["old", "slab", "slab", "garden", "garden", "tower"]))
        others = [other for other in outlines if other is not outline]
        plan = laid_out(block, outline, others, lattice, style, rng)
        if plan is None and style != "slab":
            plan = laid_out(block, outline, others, lattice, "slab", rng)
        if plan is not None:
            uses.compounds.append(plan)
        else:
            uses.patches.append(Patch("green", outline))


def laid_out(
    block: Block, outline: Polygon, others: list[Polygon], lattice: Lattice, style: str, rng: np.random.Generator
) -> CompoundPlan | None:
    """The compound on one outline of a block, if one fits."""
    ring = [(float(x), float(y)) for x, y in block.polygon.exterior.coords]
    return lay_out(
        block=block.number, outline=outline, block_ring=ring, lattice=lattice, others=others, style=style, rng=rng
    )


def _ground(
    uses: Uses, block: Block, lattice: Lattice, kind: str, style: str, name: Name, rng: np.random.Generator
) -> None:
    """A school, market, works …: buildings that are no grids, on a ground with a name."""
    outline = ground_of(block.polygon, lattice)
    plan = laid_out(block, outline, [], lattice, style, rng)
    if kind in LANDUSE_NAMES:
        uses.patches.append(Patch("landuse", outline, name))
    if plan is not None:
        uses.grounds.append((kind, name, plan))


def _park(uses: Uses, block: Block, lattice: Lattice, name: Name, *, with_lake: bool) -> None:
    """A park whose paths lead from the streets to a round in its middle; one of them has a lake."""
    ground = ground_of(block.polygon, lattice).buffer(3.0)
    uses.patches.append(Patch("green", ground, name))
    centre = middle_of(ground)
    radius = 0.45 * centre.distance(ground.exterior)
    angles = np.radians(np.arange(0, 360, 30) + 6.0)
    circle: list[Xy] = [
        (round(float(centre.x + radius * np.cos(a)), 3), round(float(centre.y + radius * np.sin(a)), 3))
        for a in angles
    ]
    uses.park_paths.append((*circle, circle[0]))
    if with_lake:
        lake = scale(rotate(centre.buffer(radius * 0.82), 20), 1.0, 0.72)
        uses.patches.append(Patch("water", lake, ("澄湖", "Cheng Lake")))
    ring = [(float(x), float(y)) for x, y in block.polygon.exterior.coords[:-1]]
    doors = [
        index
        for index in range(len(ring))
        if lattice.kind_between(ring[index - 1], ring[index]) not in ("", "river", "border")
    ]
    for index in doors[:: max(1, len(doors) // 4)][:4]:
        door = ring[index]
        nearest = min(circle, key=lambda p: float(np.hypot(p[0] - door[0], p[1] - door[1])))
        middle = ((door[0] + nearest[0]) / 2 + 4.0, (door[1] + nearest[1]) / 2 - 4.0)
        path = (door, (round(middle[0], 3), round(middle[1], 3)), nearest)
        if not LineString(path).buffer(0.1).intersects(Point(centre).buffer(radius * 0.8)):
            uses.park_paths.append(path)


def _bank(uses: Uses, block: Block, river: Polygon) -> None:
    """The strip of green between a riverside road and the water."""
    strip = block.polygon.buffer(-7.0).difference(river.buffer(5.0))
    for piece in getattr(strip, "geoms", [strip]):
        if piece.geom_type == "Polygon" and piece.area > 400.0:
            uses.patches.append(Patch("green", piece.simplify(0.5), ("滨河公园", "Riverside Park")))


def _fields(uses: Uses, ground: Polygon | MultiPolygon, rng: np.random.Generator, share: float) -> None:
    """A patchwork of fields and orchards, some left as bare land."""
    if ground.is_empty:
        return
    turn = float(rng.uniform(-8.0, 14.0))
    centre = ground.centroid
    flat = rotate(ground.buffer(-16.0), -turn, origin=centre)
    west, south, east, north = flat.bounds
    patches: list[Polygon] = []
    y = south
    while y < north:
        high = float(rng.uniform(70.0, 150.0))
        x = west
        while x < east:
            wide = float(rng.uniform(90.0, 240.0))
            cell = Polygon([(x, y), (x + wide - 7, y), (x + wide - 7, y + high - 7), (x, y + high - 7)])
            piece = cell.intersection(flat)
            if rng.random() < share:
                patches += [p for p in getattr(piece, "geoms", [piece]) if p.geom_type == "Polygon" and p.area > 1500]
            x += wide
        y += high
    if patches:
        turned = rotate(unary_union(patches), turn, origin=centre)
        uses.patches += [Patch("green", piece) for piece in getattr(turned, "geoms", [turned])]
