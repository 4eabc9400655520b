"""The public door to tickets: nobody signs in, and everybody gets the same answer."""

import re
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router

from gis.shared.errors import Invalid
from layers.tickets import public

router = Router(tags=["public"])
MOST = 200
WIDEST_CELLS = 128
"""A question spans so many cells a side (some 50 km): open data of more is asked in parts."""
AGE_S = 60


@router.get("")
def list_matters(
    request: HttpRequest,
    response: HttpResponse,
    bbox: str = "",
    cell: str = "",
    category: str = "",
    state: str = "",
    page: int = 1,
    limit: int = 50,
) -> Any:
    """Matters of a part of the map (`bbox` west,south,east,north, or a `cell` of the layer), newest day first."""
    now = timezone.now()
    wanted = public.within(*(_cell(cell) if cell else _box(bbox)))
    if category:
        wanted &= Q(category__code__in=category.split(","))
    if state:
        if state not in public.STATES:
            raise _bad("state", _("There is no state %(state)s.") % {"state": repr(state)})
        wanted &= Q(state__in=public.STATES[state])
    if not (page >= 1 and 1 <= limit <= MOST):
        raise _bad("page", _("Pages begin with 1 and hold at most %(most)d.") % {"most": MOST})
    first = (page - 1) * limit
    rows, total = public.page(wanted, now, first=first, limit=limit)
    response["Cache-Control"] = f"public, max-age={AGE_S}"
    response["Vary"] = "Accept-Language"
    return {
        "items": public.documents(rows, get_language() or "zh"),
        "total": total,
        "next": page + 1 if first + limit < total else None,
    }


def _cell(text: str) -> tuple[int, int, int, int]:
    """First and last column and row of a cell as the layer names it: bits:column:row."""
    found = re.fullmatch(r"(\d{1,2}):(\d{1,5}):(\d{1,5})", text)
    bits, x, y = (int(part) for part in found.groups()) if found else (99, 0, 0)
    if bits > public.CELL_ZOOM or x >> bits or y >> bits:
        raise _bad("cell", _("This is no cell of the map of public matters."))
    more = public.CELL_ZOOM - bits
    return _checked("cell", x << more, y << more, ((x + 1) << more) - 1, ((y + 1) << more) - 1)


def _box(text: str) -> tuple[int, int, int, int]:
    """First and last column and row of the cells that a box in degrees meets."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _bad("bbox", _("Say which part of the map: bbox=west,south,east,north in degrees, or a cell."))
    low, high = public.cell_of(west, north), public.cell_of(east, south)
    return _checked("bbox", low.x, low.y, high.x, high.y)


def _checked(name: str, x0: int, y0: int, x1: int, y1: int) -> tuple[int, int, int, int]:
    """The range itself, when it is no wider than one question may be."""
    if max(x1 - x0, y1 - y0) >= WIDEST_CELLS:
        raise _bad(name, _("This part of the map is too wide for one question: ask for it in smaller parts."))
    return x0, y0, x1, y1


def _bad(name: str, message: str) -> Invalid:
    """A question that makes no sense."""
    return Invalid(message, code="bad-filter", fields={name: message})
