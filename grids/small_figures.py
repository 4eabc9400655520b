"""What stands for small figures of residents and households, for who has no duty among them. Plain logic.

It depends on nothing that is not told: the figures of five and more, which of the others are none at all, the area and
its tier (docs/decisions/0021). `grids.discretion` has the database do the same.
"""

import hashlib
import struct
import uuid
from bisect import bisect
from collections.abc import Sequence

from gis.shared.counts import LEAST

LARGER = (8, 12, 20, 40)
"""From how many persons in large parts on more of a small one are to be expected."""
BESIDE = {
    "old": (2.4, 2.4, 2.5, 2.7, 3.0),
    "others": (3.05, 3.2, 3.3, 3.3, 3.3),
    "ageless": (2.25, 2.25, 2.25, 2.25, 2.25),
    "young": (1.45, 1.6, 1.85, 2.4, 2.75),
}
"""What a small figure of a part counts as on average beside large ones: five persons or more, or from one of LARGER on.
What small figures come to in a town, in a prefecture and in houses of every size with many shares of ages."""
STAIRWELL = "unit"
"""The tier of what is a part of a house with several homes."""
FLATS = {"old": 2.3, "others": 2.85, "ageless": 2.5, "young": 1.3}
"""The same where no part is large, in a stairwell: a few flats are lived in."""
HOUSE = {"old": 1.42, "others": 1.65, "ageless": 2.5, "young": 1.08}
"""And elsewhere, as in a cottage: most houses of a village hold two or three persons, some hold one or five."""
RULE = (LARGER, BESIDE, STAIRWELL, FLATS, HOUSE)
"""What is kept of figures that were replaced is named by it: another rule makes them anew."""
SHARES = {
    part: tuple(round(256 * mean) for mean in (*means, FLATS[part], HOUSE[part])) for part, means in BESIDE.items()
}
"""Those averages by part in parts of 256: beside large figures, then in stairwells, then elsewhere."""


def spot_name(lon: float, lat: float) -> str:
    """What a place is called where small figures are replaced: its point's well-known bytes, as the database has."""
    return struct.pack("<BIdd", 1, 1, lon, lat).hex()


def stand_ins(
    area: uuid.UUID, figures: Sequence[int], spot: tuple[float, float] | None = None, *, stairwell: bool
) -> tuple[int, ...]:
    """The figures of an area's own residents by part, or of those at one place of it, with small ones replaced.

    What stands for one follows from a name that is the same for ever: area/part[/spot].
    """
    name, place = str(area), f"/{spot_name(*spot)}" if spot else ""  # once: a city asks for 60,000 areas
    shown = _shown(figures)
    kind = bisect(LARGER, shown) if shown else len(LARGER) + (1 if stairwell else 2)
    return tuple(
        (SHARES[part][kind] + _chance(f"{name}/{part}{place}")) // 256 if 0 < count < LEAST else count
        for part, count in zip(SHARES, figures, strict=True)
    )


def _shown(figures: Sequence[int]) -> int:
    """How many persons are told as they are."""
    return sum(count for count in figures if count >= LEAST)


def _chance(name: str) -> int:
    """0 to 255 from a name."""
    return hashlib.md5(name.encode(), usedforsecurity=False).digest()[0]


def households_told(
    area: uuid.UUID,
    households: int,
    figures: Sequence[int],
    spot: tuple[float, float] | None = None,
    *,
    stairwell: bool,
) -> int:
    """The households of an area, or of one place of it, as they are added up for who has no duty there.

    A small number counts as that in which so many persons as are told usually live. Those who live at a place
    (`figures`, by part) have no more households than persons: beside a small figure there are never more told than
    the persons who are told as they are.
    """
    shown = _shown(figures)
    beyond = households > shown and any(0 < count < LEAST for count in figures)
    if 0 < households < LEAST or (beyond and households and not shown):
        return usual_households(sum(stand_ins(area, figures, spot, stairwell=stairwell)))
    return shown if beyond and households else households


def usual_households(persons: int) -> int:
    """In how many households, one to four, so many persons usually live: two and a half in each."""
    return min(4, max(1, (4 * persons + 5) // 10))
