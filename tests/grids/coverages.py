"""Coverages on integer grid steps for tests, and a slow judge of covering that shares no code with the product."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import shapely

GRID = 100_000_000
WEST, SOUTH = 110 * GRID, 35 * GRID
Ring = list[tuple[int, int]]


@dataclass
class Coverage:
    """Areas of three tiers as integer rings, with parents, codes and the points worth asking about."""

    rings: list[list[Ring]]  # of each area
    ranks: list[int]
    parents: list[int]
    codes: list[str]
    points: list[tuple[int, int]]  # every vertex, three points on every edge (all on whole steps), cell centres

    def polygons(self) -> list[shapely.Polygon]:
        return [polygon(rings) for rings in self.rings]

    def degrees(self) -> np.ndarray:
        return np.array(self.points) / GRID


def polygon(rings: list[Ring]) -> shapely.Polygon:
    shell, *holes = [np.array(ring) / GRID for ring in rings]
    return shapely.Polygon(shell, holes)


def quads(columns: int, rows: int, shifts: list[int], codes: list[str]) -> Coverage:
    """A slanted, noded coverage: jittered quads (rank 2) in blocks of 2 x 2 (rank 1) in one county (rank 0).

    `shifts` has two numbers a vertex; all coordinates are multiples of four, so edges have whole points on them.
    """

    def vertex(i: int, j: int) -> tuple[int, int]:
        k = 2 * (j * (columns + 1) + i)
        x, y = 400 * i + 4 * shifts[k], 400 * j + 4 * shifts[k + 1]
        return WEST + x + (y // 12) * 4, SOUTH + y - (x // 28) * 4  # slanted

    def outline(i0: int, j0: int, i1: int, j1: int) -> Ring:
        """Counter-clockwise, with every node on the way."""
        south = [vertex(i, j0) for i in range(i0, i1)]
        east = [vertex(i1, j) for j in range(j0, j1)]
        north = [vertex(i, j1) for i in range(i1, i0, -1)]
        west = [vertex(i0, j) for j in range(j1, j0, -1)]
        return [*south, *east, *north, *west]

    rings, ranks, parents = [[outline(0, 0, columns, rows)]], [0], [-1]
    points = {vertex(i, j) for i in range(columns + 1) for j in range(rows + 1)}
    for bi in range(0, columns, 2):
        for bj in range(0, rows, 2):
            block = len(rings)
            rings.append([outline(bi, bj, min(bi + 2, columns), min(bj + 2, rows))])
            ranks.append(1)
            parents.append(0)
            for i in range(bi, min(bi + 2, columns)):
                for j in range(bj, min(bj + 2, rows)):
                    ring = outline(i, j, i + 1, j + 1)
                    rings.append([ring])
                    ranks.append(2)
                    parents.append(block)
                    for (xa, ya), (xb, yb) in zip(ring, ring[1:] + ring[:1], strict=True):
                        points |= {(xa + (xb - xa) * k // 4, ya + (yb - ya) * k // 4) for k in (1, 2, 3)}
                    points.add((sum(x for x, _ in ring) // 4, sum(y for _, y in ring) // 4))
    return Coverage(rings, ranks, parents, codes[: len(rings)], sorted(points))


def covers(rings: list[Ring], x: int, y: int) -> bool:
    """Closed even-odd covering with fractions."""
    inside = False
    for ring in rings:
        for (xa, ya), (xb, yb) in zip(ring, ring[1:] + ring[:1], strict=True):
            if ya == yb:
                if y == ya and min(xa, xb) <= x <= max(xa, xb):
                    return True
                continue
            share = Fraction(y - ya, yb - ya)
            if not 0 <= share <= 1:
                continue
            at = xa + share * (xb - xa)
            if at == x:
                return True
            if at > x and min(ya, yb) <= y < max(ya, yb):
                inside = not inside
    return inside


def owner_chain(coverage: Coverage, x: int, y: int) -> list[int]:
    """The rule, word for word: descend; lowest (rank, code) of the children that cover the point."""
    chain: list[int] = []
    while True:
        top = chain[-1] if chain else -1
        below = [
            (coverage.ranks[n], coverage.codes[n], n)
            for n, parent in enumerate(coverage.parents)
            if parent == top and covers(coverage.rings[n], x, y)
        ]
        if not below:
            return chain
        chain.append(min(below)[2])


TOWER = ((8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (1, 1))
"""Blocks of quads, tier by tier from the top: six tiers, each tiling the one above."""


def tower(shifts: list[int], codes: list[str]) -> Coverage:
    """Six tiers that tile each other over 8 x 8 jittered quads; points are every corner and three on every edge."""
    lattice = quads(8, 8, shifts, codes)

    def corner(i: int, j: int) -> tuple[int, int]:
        k = 2 * (j * 9 + i)
        x, y = 400 * i + 4 * shifts[k], 400 * j + 4 * shifts[k + 1]
        return WEST + x + (y // 12) * 4, SOUTH + y - (x // 28) * 4

    rings, ranks, parents = [], [], []
    of_block: dict[tuple[int, int, int], int] = {}
    for rank, (wide, high) in enumerate(TOWER):
        for i in range(0, 8, wide):
            for j in range(0, 8, high):
                ring = [corner(a, j) for a in range(i, i + wide)] + [corner(i + wide, b) for b in range(j, j + high)]
                ring += [corner(a, j + high) for a in range(i + wide, i, -1)]
                ring += [corner(i, b) for b in range(j + high, j, -1)]
                above = TOWER[rank - 1]
                parent = of_block[rank - 1, i // above[0], j // above[1]] if rank else -1
                of_block[rank, i // wide, j // high] = len(rings)
                rings.append([ring])
                ranks.append(rank)
                parents.append(parent)
    return Coverage(rings, ranks, parents, codes[: len(rings)], lattice.points)
