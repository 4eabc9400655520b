"""What a server does for hot spots before its first person comes: maps the tickets that the worker left, and answers
what is asked first, so that who asks something else waits for little more than the counting."""

import logging
import uuid
from collections.abc import Iterable
from typing import get_args

import numpy as np
import shapely
from django.db import DatabaseError, connection
from django.utils import timezone

from gis.shared.errors import Problem
from grids.ground import version_of
from grids.locating import PointIndex
from grids.models import Boundary
from grids.raster import OUTSIDE
from layers.hotspots import held
from layers.hotspots.hexagons import Hexagons, Table
from layers.hotspots.laws import PValues
from layers.hotspots.living import living
from layers.hotspots.questions import Question
from layers.hotspots.statistics import analyse
from layers.hotspots.tilings import tiling

log = logging.getLogger(__name__)


def kernels(laws: Iterable[PValues] = get_args(PValues)) -> None:
    """Load all that is compiled of finding cells and of the statistic, or compile it where nobody has yet."""
    square = shapely.box(0, 0, 1, 1)
    PointIndex([square], ranks=[0], parents=[OUTSIDE], codes=[""]).locate(np.array([[0.5, 0.5]]))
    grid = Hexagons(0.1)
    table = Table(grid.over(square))
    table.positions(grid.of_points(np.array([[0.0, 0.0]])))
    near, counts = table.around(), np.arange(len(table.cells), dtype=np.float64) % 3
    for law in laws:
        analyse(counts, near, p_values=law)


def warm_up() -> None:
    """The kernels are loaded, and the whole place is cut and counted as a planner asks first.

    No tickets are read where the worker left no file of them: the port must open soon.
    """
    kernels(["permutation"])  # draws by chance take longer than loading what draws
    try:
        if held.warm_up():
            read_residents()
            _first_question()
    except (DatabaseError, Problem) as error:
        log.info("no tickets were mapped: %s", error)
    finally:
        connection.close()


def read_residents() -> None:
    """Where residents live, as somebody asks who analyses the whole place; from a file if there is one."""
    now = timezone.now()
    living(version_of(Boundary.objects.at(now)), _tops(), now, exact=False)


def _first_question() -> None:
    """Hexagons of the whole place with their tickets and residents, which every process begins with."""
    question = Question(moment=timezone.now())
    whole = tiling(question, _tops())
    whole.residents(question.moment, exact=False)
    near, _rule = whole.neighbours(question)
    cell = whole.of_base(held.held())
    analyse(np.bincount(cell[cell >= 0], minlength=len(near)).astype(np.float64), near)
    whole.cells.drawn(np.arange(1))


def _tops() -> list[uuid.UUID]:
    """The areas at the top, as the rights of who may analyse everything name them."""
    tops = Boundary.objects.at(timezone.now()).filter(parent=None)
    return list(tops.values_list("area_id", flat=True))
