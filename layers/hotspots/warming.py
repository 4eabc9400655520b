"""What a server does for hot spots before its first person comes: maps the tickets that the worker left."""

import logging

import numpy as np
import shapely
from django.db import DatabaseError, connection
from django.utils import timezone

from grids.ground import version_of
from grids.locating import PointIndex
from grids.models import Boundary
from grids.raster import OUTSIDE
from layers.hotspots import held
from layers.hotspots.living import living

log = logging.getLogger(__name__)


def warm_up() -> None:
    """The kernels that find cells are loaded, too. No tickets are read: the port must open soon."""
    square = shapely.box(0, 0, 1, 1)
    PointIndex([square], ranks=[0], parents=[OUTSIDE], codes=[""]).locate(np.array([[0.5, 0.5]]))
    try:
        if held.warm_up():
            read_residents()
    except DatabaseError as error:
        log.info("no tickets were mapped: %s", error)
    finally:
        connection.close()


def read_residents() -> None:
    """Where residents live, as somebody asks who analyses the whole place by hexagons; from a file if there is one."""
    now = timezone.now()
    drawn = Boundary.objects.at(now)
    tops = list(drawn.filter(parent=None).values_list("area_id", flat=True))
    living(version_of(drawn), tops, now, from_rank=0, exact=False)
