"""Prefecture, counties, streets and communities: unions of blocks, named and numbered. Plain logic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely

from gis.town.blocks import Block
from gis.town.city.lattice import Extent, warp
from gis.town.communities import reading_order
from gis.town.ground import Areas, Zone, upper_area
from gis.town.lattice import Xy
from gis.town.names import FIRST, Name, Namer

PREFECTURE: Name = ("澄州市", "Chengzhou")
PREFECTURE_CODE = "149800"
COUNTIES: tuple[tuple[str, Name], ...] = (
    ("149801", ("澄西县", "Chengxi West County")),
    ("149802", ("澄东县", "Chengdong County")),
)
BLOCKS_A_COMMUNITY = 2.8
"""A community spans about so many blocks each way."""
STREET = (3, 3)
"""A street is made of so many communities from west to east and from north to south."""
FIRST_SIGNS: tuple[Name, ...] = (
    ("金", "Jin"), ("银", "Yin"), ("青", "Qing"), ("白", "Bai"), ("红", "Hong"), ("石", "Shi"), ("清", "Qing"),
    ("玉", "Yu"), ("龙", "Long"), ("凤", "Feng"), ("永", "Yong"), ("长", "Chang"), ("太", "Tai"), ("福", "Fu"),
    ("仁", "Ren"), ("双", "Shuang"), ("高", "Gao"), ("新", "Xin"), ("柳", "Liu"), ("梅", "Mei"),
)  # fmt: skip
LAST_SIGNS: tuple[Name, ...] = (
    ("河", "he"), ("山", "shan"), ("泉", "quan"), ("塬", "yuan"), ("岭", "ling"), ("桥", "qiao"), ("台", "tai"),
    ("湾", "wan"), ("沟", "gou"), ("坪", "ping"), ("川", "chuan"), ("井", "jing"), ("庄", "zhuang"), ("原", "yuan"),
    ("坡", "po"), ("林", "lin"),
)  # fmt: skip
NUMERALS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Division:
    """Where a community grows from (metres), and the county and street it belongs to."""

    centre: Xy
    county: int
    street: tuple[int, int]


def divide(extent: Extent, seed: int) -> list[Division]:
    """The communities' centres: a loose raster on each side of the river, cut into streets."""
    rng = np.random.default_rng([seed, 22])
    x, t = extent.x(), extent.t()
    wide = max(1, round(extent.columns / BLOCKS_A_COMMUNITY))
    tall = max(1, round(extent.rows / BLOCKS_A_COMMUNITY))
    across, down = max(1, round(wide / STREET[0])), max(1, round(tall / STREET[1]))
    found: list[Division] = []
    for county, (west, east) in enumerate(((x[0], x[extent.columns]), (x[extent.columns + 2], x[-1]))):
        for row in range(tall):
            for column in range(wide):
                loose = rng.uniform(0.3, 0.7, 2)
                place_x = west + (east - west) * (column + loose[0]) / wide
                place_t = t[0] + (t[-1] - t[0]) * (row + loose[1]) / tall
                centre = warp(np.array([place_x]), np.array([place_t]))[0]
                street = (row * down // tall, column * across // wide)
                found.append(Division((float(centre[0]), float(centre[1])), county, street))
    return found


def upper_tiers(
    areas: Areas,
    blocks: list[Block],
    owner: list[int],
    divisions: list[Division],
    town: list[bool],
    zone: Zone,
    seed: int,
) -> dict[int, UUID]:
    """Add every area above the compounds; gives the community's id by its number.

    They are unions of blocks: coverages that keep every block's vertices. `town` says which communities are built up.
    """
    faces = np.array([zone.polygon(list(block.polygon.exterior.coords)) for block in blocks], dtype=object)
    owners = np.array(owner)
    shapes = [shapely.coverage_union_all(faces[owners == number]) for number in range(len(divisions))]
    whole = shapely.coverage_union_all(faces)
    top = areas.add(upper_area(PREFECTURE_CODE, "prefecture", None, PREFECTURE, whole))
    found: dict[int, UUID] = {}
    names = _names(np.random.default_rng([seed, 26]))
    for county, (code, name) in enumerate(COUNTIES):
        streets: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, division in enumerate(divisions):
            if division.county == county:
                streets[division.street].append(number)
        mine = [shapes[number] for numbers in streets.values() for number in numbers]
        parent = areas.add(upper_area(code, "county", top, name, shapely.coverage_union_all(mine)))
        for place, key in enumerate(sorted(streets), start=1):
            members = streets[key]
            street_code = f"{code}{place:03d}"
            built = sum(town[number] for number in members) * 2 > len(members)
            base = next(names)
            kind = ("街道", "Street") if built else ("镇", "Town")
            shape = shapely.coverage_union_all([shapes[number] for number in members])
            name = (base[0] + kind[0], f"{base[1]} {kind[1]}")
            street = areas.add(upper_area(street_code, "street", parent, name, shape))
            order = reading_order([divisions[number].centre for number in members], 900.0)
            for sequence, position in enumerate(order, start=1):
                number = members[position]
                first = next(names)
                kind = ("社区", "Community") if town[number] else ("村", "Village")
                label = (first[0] + kind[0], f"{first[1]} {kind[1]}")
                code_here = f"{street_code}{sequence:03d}"
                found[number] = areas.add(upper_area(code_here, "community", street, label, shapes[number]))
    return found


def _names(rng: np.random.Generator) -> Iterator[Name]:
    """Names for streets and communities: none comes twice."""
    pairs = rng.permutation(len(FIRST_SIGNS) * len(LAST_SIGNS)).tolist()
    for pair in pairs:
        first, last = FIRST_SIGNS[pair % len(FIRST_SIGNS)], LAST_SIGNS[pair // len(FIRST_SIGNS)]
        yield first[0] + last[0], first[1] + last[1]
    for number, (zh, en) in enumerate(FIRST):  # a larger prefecture than the one that comes with the code
        yield zh, f"{en} {number}"


class CommunityNames:
    """Names of one community's compounds: houses of a village are numbered groups of it, others as in the town."""

    def __init__(self, community: Name, seed: int) -> None:
        """A supply of its own, so that the same name may stand in two communities, as it does in life."""
        self.namer = Namer(seed, works=())
        self.village = (community[0].removesuffix("社区").removesuffix("村"), community[1].rsplit(" ", 1)[0])
        self.groups = 0

    def compound(self, style: str) -> Name:
        """A name that fits how a compound was built."""
        if style != "village":
            return self.namer.compound(style)
        self.groups += 1
        return f"{self.village[0]}{numeral(self.groups)}组", f"{self.village[1]} Group {self.groups}"


def numeral(number: int) -> str:
    """A number below a hundred in Chinese signs."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens - 1]}十"
    return head + (NUMERALS[ones - 1] if ones else "")
