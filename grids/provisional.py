"""Plain logic: ground for a place whose divisions nobody has drawn yet: county, street and community from a hull.

All three have the same shape, so that each tiles the one above it. Everything is marked as provisional by its
name and by a code that no real division has (GB/T 2260 codes begin with 11 to 82).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from uuid import UUID, uuid5

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from gis.shared.geometry import epsg_of, snap_to_grid, to_degrees, to_metres
from grids.records import AreaRecord

NAMESPACE = UUID("b0f6f0a4-9d0f-5c1a-8a55-3d3f5a0c7e21")
MARGIN_M = 100.0
COUNTY, STREET, COMMUNITY = "990001", "990001001", "990001001001"
TIERS = (
    ("county", COUNTY, "%s（暂定）", "%s (provisional)"),
    ("street", STREET, "暂定街道", "Provisional street"),
    ("community", COMMUNITY, "暂定社区", "Provisional community"),
)
"""Tier, code and names; the county carries the place's name, so that a chain of areas says it once."""
SHORTEST_NUMBER = 3
"""Digits a tier adds to the code of the area above it, at least."""


def hull(shapes: Sequence[BaseGeometry], *, margin_m: float = MARGIN_M) -> Polygon:
    """The convex hull of shapes in lon, lat with a margin in metres, on the fixed grid; ValueError for no shape."""
    given = [shape for shape in shapes if not shape.is_empty]
    if not given:
        raise ValueError("no shape to put a hull round")
    around = shapely.convex_hull(shapely.geometrycollections(given))
    epsg = epsg_of(around)
    wide = to_metres(around, epsg).buffer(margin_m, quad_segs=4)
    return Polygon(snap_to_grid(to_degrees(wide, epsg)).exterior)


def frame(around: Polygon, *, name_zh: str, name_en: str) -> list[AreaRecord]:
    """County, street and community of one shape, top first; their ids are the same in every making of this name."""
    rows: list[AreaRecord] = []
    for tier, code, kind_zh, kind_en in TIERS:
        rows.append(
            AreaRecord(
                id=uuid5(NAMESPACE, f"{name_zh}/{code}"),
                tier=tier,
                parent=rows[-1].id if rows else None,
                code=code,
                name_zh=kind_zh.replace("%s", name_zh),
                name_en=kind_en.replace("%s", name_en or name_zh),
                geometry=around,
            )
        )
    return rows


def in_reading_order(shapes: Sequence[BaseGeometry]) -> NDArray[np.int64]:
    """Positions of shapes as one reads a page: bands from north to south, each from west to east."""
    if not shapes:
        return np.empty(0, np.int64)
    centres = np.array([[point.x, point.y] for point in (shape.representative_point() for shape in shapes)])
    top, bottom = centres[:, 1].max(), centres[:, 1].min()
    bands = ceil(sqrt(len(shapes)))
    height = max((top - bottom) / bands, 1e-9)
    band = np.minimum((top - centres[:, 1]) // height, bands - 1)
    return np.lexsort((centres[:, 1], centres[:, 0], band)).astype(np.int64)


def codes_below(parent: str, count: int) -> list[str]:
    """Codes of `count` children in order: the parent's code and a number of equal length."""
    digits = max(SHORTEST_NUMBER, len(str(count)))
    return [f"{parent}{number:0{digits}d}" for number in range(1, count + 1)]
