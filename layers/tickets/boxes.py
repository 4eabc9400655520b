"""A box of degrees on the map's fixed grid: its columns and rows, and few stretches of the curve that cover it. Plain.

Columns and rows are 2^26 of each on the web's square map, as `tickets_spot` has them (migration 0008); a tile of any
zoom is one stretch of codes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

BITS = 26
WORLD = 2**BITS
MOST_STRETCHES = 24
"""More of them would fit the box better and cost more than the rows beside it."""


class Box(NamedTuple):
    """West, south, east, north in degrees, edges included."""

    west: float
    south: float
    east: float
    north: float


class Span(NamedTuple):
    """First and last column, first and last row (from the north), edges included."""

    left: int
    right: int
    top: int
    bottom: int

    def wider(self, by: int) -> Span:
        """So many columns and rows more on every side; narrower where it is less than none."""
        return Span(
            max(0, self.left - by), min(WORLD - 1, self.right + by), max(0, self.top - by),
            min(WORLD - 1, self.bottom + by),
        )  # fmt: skip


def span_of(box: Box) -> Span:
    """The columns and rows that a box touches."""
    return Span(_column(box.west), _column(box.east), _row(box.north), _row(box.south))


def _column(lon: float) -> int:
    return int(max(0, min(WORLD - 1, math.floor((lon + 180) / 360 * WORLD))))


def _row(lat: float) -> int:
    if abs(lat) >= 89.999999:  # the square map ends long before
        return 0 if lat > 0 else WORLD - 1
    share = 0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)
    return int(max(0, min(WORLD - 1, math.floor(share * WORLD))))


def stretches(span: Span) -> list[tuple[int, int]]:
    """Stretches of codes, from (inclusive) to (exclusive), that together hold every place of a span; few, in order.

    Squares of the curve are halved as long as there are few of them; one that lies inside is taken whole.
    """
    whole: list[tuple[int, int]] = []
    partly = [(0, 0, BITS)]  # column, row, bits of the side
    while partly:
        finer = [square for one in partly for square in _quarters(*one) if _meets(span, *square)]
        inside = [square for square in finer if _holds(span, *square)]
        rest = [square for square in finer if not _holds(span, *square)]
        whole += [_stretch(*square) for square in inside]
        if not rest or rest[0][2] == 0 or len(whole) + 4 * len(rest) > MOST_STRETCHES:
            whole += [_stretch(*square) for square in rest]
            break
        partly = rest
    whole.sort()
    joined: list[tuple[int, int]] = []
    for begin, end in whole:
        if joined and joined[-1][1] == begin:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return joined


def _quarters(x: int, y: int, bits: int) -> list[tuple[int, int, int]]:
    """The four squares of a square."""
    half = 1 << (bits - 1)
    return [(x + dx, y + dy, bits - 1) for dy in (0, half) for dx in (0, half)]


def _meets(span: Span, x: int, y: int, bits: int) -> bool:
    side = 1 << bits
    return x <= span.right and x + side > span.left and y <= span.bottom and y + side > span.top


def _holds(span: Span, x: int, y: int, bits: int) -> bool:
    """Whether a square lies inside the span."""
    side = 1 << bits
    return span.left <= x and x + side - 1 <= span.right and span.top <= y and y + side - 1 <= span.bottom


def _stretch(x: int, y: int, bits: int) -> tuple[int, int]:
    """The codes of a square."""
    low = sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(bits, BITS))
    return low, low + (1 << 2 * bits)
