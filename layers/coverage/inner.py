"""A point surely inside each boundary, kept by the process: boundaries never change."""

import uuid
from collections import OrderedDict
from threading import Lock

import numpy as np

from gis.shared.functions import AsWKB, PointOnSurface
from gis.shared.geometry import Floats
from gis.shared.tables import any_uuid
from grids.models import Boundary

_POINTS: "OrderedDict[uuid.UUID, tuple[float, float]]" = OrderedDict()
_POINTS_LOCK = Lock()
_KEPT_POINTS = 200_000


def inner_points(boundaries: list[uuid.UUID]) -> Floats:
    """A point surely inside each boundary, (n, 2) lon, lat."""
    found = {pk: point for pk in boundaries if (point := _POINTS.get(pk))}
    missing = [pk for pk in boundaries if pk not in found]
    if missing:
        rows = Boundary.objects.filter(pk__in=any_uuid(missing)).values_list("pk", AsWKB(PointOnSurface("geometry")))
        for pk, wkb in rows:
            x, y = np.frombuffer(bytes(wkb), dtype="<f8", offset=5)
            found[pk] = (float(x), float(y))
        with _POINTS_LOCK:
            _POINTS.update(found)
            while len(_POINTS) > _KEPT_POINTS:
                _POINTS.popitem(last=False)
    return np.array([found[pk] for pk in boundaries], dtype=float).reshape(-1, 2)
