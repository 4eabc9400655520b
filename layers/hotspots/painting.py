"""A picture of the classes of more cells than a browser draws one by one: each pixel shows the cell it lies in."""

import base64
import io
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from PIL import Image

from gis.shared.errors import Invalid, Missing
from grids.permissions import may
from layers.hotspots.analysis import Analysis, answer, areas_asked
from layers.hotspots.cells import Drawn
from layers.hotspots.exports import CLASSES, asked
from layers.hotspots.questions import Question, read
from layers.tickets.sight import sight_of

MOST_PIXELS = 500_000
LEAST_SIDE, MOST_SIDE = 16, 4_000
MOST_LATITUDE = 85.0
KEPT = 6
NAMES = list(CLASSES.values())
"""Colours are the page's; the picture says which class a pixel is of, by its place in this list from 1. 0 is none."""
EDGE = 64
"""Added to the class of a pixel beside another cell, where cells are wide enough to be told apart."""
WIDE_PX = 7
"""So many pixels a cell must be wide on the average for its edge to be drawn."""

LEAST_PX = 2
"""Of cells with fewer pixels each, the one that a pixel happens to meet would stand for many: they are put together."""
BLOCK_PX = 6
"""Then squares of so many pixels show what most of the cells in them are."""

_known: "OrderedDict[tuple[Any, ...], Analysis]" = OrderedDict()
_lock = Lock()


def remembered(question: Question, asker: Any, *, now: datetime) -> Analysis:
    """The answer to a question, from this process's memory where the same asker with the same rights just had it."""
    key = _key(question, asker, now=now)
    with _lock:
        found = _known.get(key)
    if found is None:
        found = answer(question, asker, now=now)
        _keep(key, found)
    return found


def remember(analysis: Analysis, asker: Any, *, now: datetime) -> None:
    """Keep an answer for the pictures that will be asked for by its link."""
    question = read(dict(parse_qsl(urlencode(asked(analysis)))), now=now)
    _keep(_key(question, asker, now=now), analysis)


def forget() -> None:
    """Let go of all answers."""
    with _lock:
        _known.clear()


def picture(
    cells: Drawn,
    classes: NDArray[np.int8],
    *,
    box: tuple[float, float, float, float],
    wide: int,
    high: int,
    names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Classes of the cells in a box of degrees (west, south, east, north): a PNG of the web's projection.

    Its grey values are places in `classes`, from 1; where a cell meets another EDGE is added. Where cells are too small
    to be seen one by one, squares show the class that most of them have, and `together` is true. With `names` the
    classes (n) are places in these, from 0, and not those of an analysis.
    """
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -MOST_LATITUDE <= south < north <= MOST_LATITUDE):
        raise Invalid(_("The box must have a west, south, east and north in degrees."), code="bad-question")
    if not (LEAST_SIDE <= wide <= MOST_SIDE and LEAST_SIDE <= high <= MOST_SIDE):
        raise Invalid(_("This cannot be analysed as asked."), code="bad-question", fields={"wide": _("Not a size")})
    shrink = min(1.0, (MOST_PIXELS / (wide * high)) ** 0.5)
    wide, high = max(1, round(wide * shrink)), max(1, round(high * shrink))
    lon = west + (np.arange(wide) + 0.5) / wide * (east - west)
    top, bottom = _mercator(north), _mercator(south)
    lat = np.degrees(np.arctan(np.sinh(top + (np.arange(high) + 0.5) / high * (bottom - top))))
    cell = cells.raster(lon, lat)
    place = {value: at for at, value in enumerate(CLASSES if names is None else range(len(names)), start=1)}
    of_cell = np.array([*(place[value] for value in classes.tolist()), 0], dtype=np.uint8)
    levels = of_cell[cell]
    pixels = int((cell >= 0).sum())
    each = pixels / max(1, len(np.unique(cell[cell >= 0])))
    together = 0 < each < LEAST_PX
    if together:
        levels = _mostly(levels, len(place))
    elif each >= WIDE_PX**2:
        levels[_edges(cell) & (levels > 0)] += EDGE
    file = io.BytesIO()
    Image.fromarray(levels, mode="L").save(file, "PNG")
    return {
        "picture": "data:image/png;base64," + base64.b64encode(file.getvalue()).decode(),
        "bbox": list(box),
        "classes": NAMES if names is None else list(names),
        "edge": EDGE,
        "together": together,
    }


def numbered(cells: Drawn, *, cell: str, lon: float | None, lat: float | None) -> int:
    """The cell of an id, or at a place; raises Missing."""
    number = -1
    if cell:
        number = cells.ids.index(cell) if cell in cells.ids else -1
    elif lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90:
        number = int(cells.of(np.array([[lon, lat]]))[0])
    if number < 0:
        raise Missing(_("There is no such cell in this analysis."))
    return number


def _edges(cell: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pixels whose neighbour to the right or below lies in another cell."""
    edge = np.zeros(cell.shape, dtype=np.bool_)
    edge[:, :-1] |= cell[:, :-1] != cell[:, 1:]
    edge[:-1] |= cell[:-1] != cell[1:]
    return edge


def _mostly(levels: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Squares of BLOCK_PX in the commonest of the levels 1…most among their pixels, the first of equal ones; 0 where no
    pixel meets a cell."""
    high, wide = levels.shape
    padded = np.pad(levels, ((0, -high % BLOCK_PX), (0, -wide % BLOCK_PX)))
    squares = padded.reshape(padded.shape[0] // BLOCK_PX, BLOCK_PX, -1, BLOCK_PX)
    counts = np.stack([(squares == level).sum(axis=(1, 3)) for level in range(1, most + 1)])
    commonest = np.where(counts.any(axis=0), counts.argmax(axis=0) + 1, 0).astype(np.uint8)
    return commonest.repeat(BLOCK_PX, axis=0).repeat(BLOCK_PX, axis=1)[:high, :wide]


def _mercator(lat: float) -> float:
    return float(np.arcsinh(np.tan(np.radians(lat))))


def _key(question: Question, asker: Any, *, now: datetime) -> tuple[Any, ...]:
    """Who asks what with which rights; raises Refused."""
    tops = areas_asked(question, asker, now=now)
    exact = tuple(may(asker, verb, top, now=now) for verb in ("population.read", "population.exact") for top in tops)
    sight = sight_of(asker, None, now=now)
    return (str(connection.settings_dict["NAME"]), asker.pk, tuple(sorted(tops)), exact, sight.groups, question)


def _keep(key: tuple[Any, ...], analysis: Analysis) -> None:
    with _lock:
        _known[key] = analysis
        while len(_known) > KEPT:
            _known.popitem(last=False)
