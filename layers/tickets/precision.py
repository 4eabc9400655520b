"""What a position of limited accuracy may claim: an area only while the accuracy is not larger than the area itself.

Units partition a building's footprint and GPS cannot tell them apart. So a matter reported "±15 m" inside a unit that
measures 9 m from its middle lies at the building, until somebody says which unit it is. Plain numpy and shapely.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

Key = TypeVar("Key")
METRES_IN_A_DEGREE = 111_320.0


def reaches(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """(n,) metres: the radius of the smallest circle round each of (n,) lon, lat shapes."""
    boxes = shapely.bounds(shapes)
    west, narrow = boxes[:, 0], np.cos(np.radians((boxes[:, 1] + boxes[:, 3]) / 2))
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    flat = np.column_stack([(xy[:, 0] - west[of]) * narrow[of], xy[:, 1]]) * METRES_IN_A_DEGREE
    return np.asarray(shapely.minimum_bounding_radius(shapely.set_coordinates(shapes.copy(), flat)))


def reach(shape: Any) -> float:
    """The same for one shape."""
    return float(reaches(np.array([shape], dtype=object))[0])


def claimed(chain: Sequence[Key], reach_of: Sequence[float], accuracy_m: float | None) -> Sequence[Key]:
    """The areas of a chain (from the top down, with their reaches in metres) that a position of this accuracy may name.

    Without an accuracy (somebody pressed the map or named the place) all of them. The highest is never cut off.
    """
    if accuracy_m is None:
        return chain
    kept = len(chain)
    while kept > 1 and accuracy_m > reach_of[kept - 1]:
        kept -= 1
    return chain[:kept]
