"""What a server does for hot spots before its first person comes: maps the tickets that the worker left."""

import logging

import numpy as np
import shapely
from django.db import DatabaseError, connection

from grids.locating import PointIndex
from grids.raster import OUTSIDE
from layers.hotspots import held

log = logging.getLogger(__name__)


def warm_up() -> None:
    """The kernels that find cells are loaded, too. No tickets are read: the port must open soon."""
    square = shapely.box(0, 0, 1, 1)
    PointIndex([square], ranks=[0], parents=[OUTSIDE], codes=[""]).locate(np.array([[0.5, 0.5]]))
    try:
        held.warm_up()
    except DatabaseError as error:
        log.info("no tickets were mapped: %s", error)
    finally:
        connection.close()
