"""A picture for the eye: the density of tickets in the plane, smoothed by a Gaussian kernel. It tests nothing."""

import base64
import io
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from gis.shared.errors import Invalid
from grids.locating import PointIndex
from grids.raster import OUTSIDE
from layers.hotspots.analysis import areas_asked
from layers.hotspots.queries import Places, top_areas
from layers.hotspots.questions import Question
from layers.tickets import spots
from layers.tickets.sight import Asked, category_ids, sight_of
from layers.tickets.strewn import columns_and_rows, strewn

MOST_PIXELS = 1024
"""Along the longer side of the picture."""
FINEST_BITS = spots.WORLD_BITS
"""As fine as places are counted: a small compound is a picture, too."""
KERNELS_M = (10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000)
WIDEST_KERNEL = 256
"""Pixels: a wider one takes many seconds and shows one even stain."""
STEPS = (0.05, 0.2, 0.4, 0.6, 0.8)
"""Shares of the highest density at which the colours change; below the first nothing is drawn."""
RAMP = ("#b9d8d6", "#7fb8b5", "#3f908e", "#1f7070", "#0a5252")
"""One hue, the denser the darker: of the page's ramp for densities what is seen on a pale ground."""


def heat(question: Question, asker: Any, *, now: datetime, kernel_m: float | None = None) -> dict[str, Any]:
    """The densities of a question's tickets: a PNG of the web's square map as data URL, its corners, what it means.

    Counted by cells of the narrow rows, so that a million tickets are one statement.
    """
    tops = areas_asked(question, asker, now=now)
    extent = top_areas(tops, question.moment)
    if not extent.ids:
        raise Invalid(_("Nothing is drawn here at this moment: there is nothing to cut up."), code="no-ground")
    west, south, east, north = shapely.total_bounds(extent.shapes).tolist()
    left, right = (_column(lon) for lon in (west, east))
    top, bottom = (_row(lat) for lat in (north, south))
    longer = max(right - left, bottom - top)
    bits = min(FINEST_BITS, int(np.floor(np.log2(MOST_PIXELS / longer))))
    x0, y0 = int(left * 2**bits), int(top * 2**bits)
    wide, high = int(right * 2**bits) - x0 + 1, int(bottom * 2**bits) - y0 + 1
    cell_m = spots.EQUATOR_M / 2**bits * float(np.cos(np.radians((south + north) / 2)))
    kernel = kernel_m or min(KERNELS_M, key=lambda metres: abs(np.log(metres / (max(wide, high) * cell_m / 60))))
    if kernel > WIDEST_KERNEL * cell_m:
        words = _("A number from %(low)g to %(high)g") % {"low": 10, "high": int(WIDEST_KERNEL * cell_m)}
        raise Invalid(_("This cannot be analysed as asked."), code="bad-question", fields={"kernel": words})
    categories = tuple(category_ids([question.category]).values()) if question.category else None
    asked = Asked(categories=categories, since=question.since, until=question.until)
    codes, counted = strewn(asked, sight_of(asker, question.area, now=now), bits, now=now)
    columns, rows = columns_and_rows(codes)
    columns, rows = columns - x0, rows - y0
    inside = (columns >= 0) & (columns < wide) & (rows >= 0) & (rows < high)
    counts = np.zeros((high, wide))
    np.add.at(counts, (rows[inside], columns[inside]), counted[inside])
    density = ndimage.gaussian_filter(counts, kernel / cell_m, mode="constant") / (cell_m / 1000) ** 2
    peak = float(density.max(initial=0))
    levels = np.digitize(density, np.array(STEPS) * peak).astype(np.uint8) if peak > 0 else density.astype(np.uint8)
    levels[~_inside(extent, x0, y0, bits, levels.shape)] = 0
    return {
        "picture": _picture(levels),
        "bbox": [_lon(x0 / 2**bits), _lat((y0 + high) / 2**bits), _lon((x0 + wide) / 2**bits), _lat(y0 / 2**bits)],
        "tickets": int(counts.sum()),
        "kernel_m": kernel,
        "peak_per_km2": round(peak, 1),
        "steps": [
            {"colour": colour, "from": round(peak * share, 1)} for colour, share in zip(RAMP, STEPS, strict=True)
        ],
        "since": question.since,
        "until": question.until,
    }


def _inside(extent: Places, x0: int, y0: int, bits: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which pixels have their middle in the areas asked about: what is beside them is not said to be empty or full."""
    flat = [OUTSIDE] * len(extent.ids)
    index = PointIndex(extent.shapes, ranks=[0] * len(flat), parents=flat, codes=extent.codes)
    lon = (x0 + np.arange(shape[1]) + 0.5) / 2**bits * 360 - 180
    lat = np.degrees(np.arctan(np.sinh((0.5 - (y0 + np.arange(shape[0]) + 0.5) / 2**bits) * 2 * np.pi)))
    middles = np.stack(np.meshgrid(lon, lat), axis=-1).reshape(-1, 2)
    inside: NDArray[np.bool_] = (index.locate(middles).deepest >= 0).reshape(shape)
    return inside


def _picture(levels: Any) -> str:
    image = Image.fromarray(levels, mode="P")
    colours = [0, 0, 0] + [int(colour[at : at + 2], 16) for colour in RAMP for at in (1, 3, 5)]
    image.putpalette(colours)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=0, optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _column(lon: float) -> float:
    """Share of the web's square map from its west side."""
    return (lon + 180) / 360


def _row(lat: float) -> float:
    """Share of the same from its north side."""
    return float(0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi))


def _lon(x: float) -> float:
    return x * 360 - 180


def _lat(y: float) -> float:
    return float(np.degrees(np.arctan(np.sinh((0.5 - y) * 2 * np.pi))))
