"""Plain logic: the plain way out of each finding, as a shape to try; nothing is mended unasked."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import shapely
from shapely import MultiPolygon, Polygon

from gis.shared.geometry import GRID_DEGREES, area_m2
from grids.noding import node, on_grid
from grids.topology import SMALLEST_M2, Finding

MOST_LOST = 0.5
"""A way out that takes more than half of a shape away is not what was meant."""


def mended(
    shape: MultiPolygon,
    finding: Finding,
    *,
    siblings: Mapping[UUID, MultiPolygon],
    children: Mapping[UUID, MultiPolygon],
    parent: MultiPolygon | None,
) -> MultiPolygon | None:
    """The shape without this finding, on the grid; None where only a person can tell what is meant.

    Siblings, children and parent are the boundaries a finding may name, as they would stand after saving.
    """
    sibling = siblings.get(finding.other) if finding.other else None
    child = children.get(finding.other) if finding.other else None
    match finding.code:
        case "crossing":
            return _kept(shapely.make_valid(shape, method="structure", keep_collapsed=False), 0.0)
        case "swapped":
            return _kept(shapely.transform(shape, lambda xy: xy[:, ::-1]), 0.0)
        case "overlap" if sibling is not None:
            return _kept(shapely.difference(shape, sibling), area_m2(shape))
        case "escape" if parent is not None:
            return _kept(shapely.intersection(shape, parent), area_m2(shape))
        case "child_outside" if child is not None:
            return _kept(shapely.union(shape, child), 0.0)
        case "gap" if finding.place is not None:
            around = [*siblings.values(), *([] if parent is None else [parent])]
            # the strip takes the nodes of what it lies between, so that no hair is left along its edges
            own, strip, *_rest = node([shape, finding.place, *around], fresh=[True, True] + [False] * len(around))
            strip = shapely.make_valid(strip, method="structure", keep_collapsed=False)
            return _kept(shapely.union(own, strip, grid_size=GRID_DEGREES), 0.0)
    return None


def _kept(result: shapely.Geometry, before_m2: float) -> MultiPolygon | None:
    """The parts of a result that are areas of their own, when enough is left."""
    parts = [part for part in shapely.get_parts(result) if isinstance(part, Polygon) and area_m2(part) >= SMALLEST_M2]
    whole = on_grid(MultiPolygon(parts))
    if whole.is_empty or not whole.is_valid or area_m2(whole) < MOST_LOST * before_m2:
        return None
    return whole
