"""What everybody may see of tickets, declared once: category, state, place rounded, day, reply. Nothing else.

The public layer of the map, `GET /api/tickets/public` and open data read this and never a ticket. Why these five, and
why so: docs/decisions/0020. A place is told as the middle of its cell, a square of 2^16 on the web's map (some 400 m),
so a cell lies in one tile with its whole count, and all doors tell one and the same place.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, ClassVar

from django.contrib.gis.db.models import PointField
from django.contrib.gis.geos import Polygon
from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Concat, TruncDate
from django.utils.functional import Promise
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from psycopg.sql import SQL, Literal

from gis.shared.layer import Kind, Layer
from layers.tickets import workflow
from layers.tickets.callers import without_numbers
from layers.tickets.models import Category, TicketEvent
from layers.tickets.models.spot import Spot, Tally
from layers.tickets.sight import months
from layers.tickets.spots import CELL_BITS, EQUATOR_M, WORLD_BITS, tile_stretch

CELL_ZOOM = 16
CELLS = 2**CELL_ZOOM
SHIFT = WORLD_BITS - CELL_ZOOM
CELLS_A_SIDE_BITS = 2
HAIR = 1e-4
KEPT = timedelta(days=90)
"""Matters that ended are news for so long after they were reported."""

RECEIVED, IN_HAND, DONE = "received", "in_hand", "done"
STATES: dict[str, tuple[str, ...]] = {
    RECEIVED: (workflow.REPORTED, workflow.ACCEPTED, workflow.DISPATCHED, workflow.RETURNED, workflow.REOPENED),
    IN_HAND: (workflow.SIGNED, workflow.IN_HAND, workflow.PAUSED, workflow.HANDLED),
    DONE: (workflow.VERIFIED, workflow.CLOSED, workflow.RATED),
}
"""The public's three states, and ours behind each; what was refused or merged into another stands nowhere."""
STATE_NAMES: dict[str, str | Promise] = {
    RECEIVED: pgettext_lazy("public matter", "received"),
    IN_HAND: pgettext_lazy("public matter", "in hand"),
    DONE: pgettext_lazy("public matter", "done"),
}
OURS = [state for states in STATES.values() for state in states]
COLUMNS = ("category", "state", "cell_x", "cell_y", "day", "reply")
"""All that leaves the house; of names and codes of the category those of the catalogue."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of the rounding: column and row of 2^16, from the west and from the north."""

    x: int
    y: int

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle as (lon, lat), to five digits: it is no exact place."""
        lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (self.y + 0.5) / CELLS))))
        return round((self.x + 0.5) / CELLS * 360 - 180, 5), round(lat, 5)


def cell_of(lon: float, lat: float) -> Cell:
    """The cell that holds a place in degrees; beyond the map's edge the nearest one."""
    bent = math.asinh(math.tan(math.radians(max(-85.05, min(85.05, lat)))))
    column, row = (lon + 180) / 360 * CELLS, (1 - bent / math.pi) / 2 * CELLS
    return Cell(*(max(0, min(CELLS - 1, math.floor(value))) for value in (column, row)))


def shown(now: datetime, of: str = "") -> Q:
    """Which rows (tickets or their spots) everybody may see: not private, still open or reported of late."""
    late = Q(reported_at__gt=now - KEPT) | ~Q(state__in=STATES[DONE])
    return Q(state__in=STATES.get(of, ()) if of else OURS, category__private=False) & late


def matters(now: datetime) -> QuerySet[Any, Any]:
    """One dict a matter with COLUMNS alone, newest day first; the order tells nothing that they do not.

    Read from the narrow rows of tickets, whose index answers by place; `pk` only keeps pages apart.
    """
    answered = TicketEvent.objects.filter(ticket=OuterRef("pk"), verb="reply", account__isnull=False)
    return (
        Spot.objects.filter(shown(now))
        .order_by()
        .values(
            cell_x=F("x").bitrightshift(SHIFT),
            cell_y=F("y").bitrightshift(SHIFT),
            day=TruncDate("reported_at"),
            reply=Subquery(answered.order_by("-seq").values("reason")[:1]),
            code_=F("category__code"),
            name_zh=F("category__name_zh"),
            name_en=F("category__name_en"),
            told=Case(*(When(state__in=ours, then=Value(public)) for public, ours in STATES.items())),
        )
        .order_by("-day", "code_", "told", "cell_x", "cell_y", "pk")
    )


def page(wanted: Q, now: datetime, *, first: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Some matters from a place in the list on, and how many there are in all.

    They are counted by day, so that only those of the days of the page are put in order.
    """
    days: Counter[date] = Counter()
    late = Q(reported_at__gt=now - KEPT)
    for part in (Q(state__in=STATES[DONE]) & late, Q(state__in=[*STATES[RECEIVED], *STATES[IN_HAND]])):
        found = Spot.objects.filter(part, wanted, category__private=False).order_by()
        days.update(dict(found.values_list(TruncDate("reported_at")).annotate(count=Count("*"))))
    before = 0
    chosen: list[date] = []
    for day in sorted(days, reverse=True):
        if before + days[day] <= first:
            before += days[day]
        elif before + sum(days[one] for one in chosen) < first + limit:
            chosen.append(day)
    if not chosen:
        return [], sum(days.values())
    since = make_aware(datetime.combine(chosen[-1], time()))
    until = make_aware(datetime.combine(chosen[0] + timedelta(days=1), time()))
    rows = matters(now).filter(wanted, reported_at__gte=since, reported_at__lt=until)
    return list(rows[first - before : first - before + limit]), sum(days.values())


def within(x0: int, y0: int, x1: int, y1: int) -> Q:
    """Rows in the cells from one column and row to another, both included: four stretches of the index at most."""
    back = 0
    while max((x1 >> back) - (x0 >> back), (y1 >> back) - (y0 >> back)) > 1:
        back += 1
    wanted = Q()
    for x in range(x0 >> back, (x1 >> back) + 1):
        for y in range(y0 >> back, (y1 >> back) + 1):
            low, high = tile_stretch(CELL_ZOOM - back, x, y)
            wanted |= Q(code__gte=low, code__lt=high)
    inside = Q(x__gte=x0 << SHIFT, x__lt=(x1 + 1) << SHIFT, y__gte=y0 << SHIFT, y__lt=(y1 + 1) << SHIFT)
    return wanted & inside


def documents(rows: Iterable[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Matters as JSON documents; `language` is "zh…" or "en…"."""
    name = "name_zh" if language.startswith("zh") else "name_en"
    found = []
    for row in rows:
        lon, lat = Cell(row["cell_x"], row["cell_y"]).middle
        found.append(
            {
                "category": row["code_"],
                "category_name": row[name] or row["name_zh"],
                "state": row["told"],
                "state_name": STATE_NAMES[row["told"]],
                "lon": lon,
                "lat": lat,
                "day": row["day"],
                "reply": without_numbers(row["reply"] or ""),
            }
        )
    return found


class _PlaceOf(Func):
    """A point in EPSG:4326 from metres east and north on the web's map."""

    template = "ST_Transform(ST_SetSRID(ST_MakePoint(%(expressions)s), 3857), 4326)"
    output_field = PointField(srid=4326)


def _metres(number: Any, bits: int, sign: int) -> Any:
    """Metres from the map's middle to the middle of a column (sign 1) or row (-1) of 2^bits.

    A hair beside the middle, which is the corner of nearer tiles: so the cell lies in one of them, not between four.
    """
    side = EQUATOR_M / 2**bits
    beside = (0.5 + HAIR) * side - EQUATOR_M / 2
    return ExpressionWrapper(sign * (number * side + beside), output_field=FloatField())


class PublicTicketLayer(Layer):
    """How many matters stand in a cell, and how many of them are done: the same for everybody, signed in or not."""

    name = "public_tickets"
    title = _("Public matters")
    kind: ClassVar[Kind] = "cluster"
    group: ClassVar[str] = "public_tickets"
    order = 79
    shown = False
    narrowed = True
    min_zoom = 9
    fields = ("id", "count", "done")
    exported: ClassVar[tuple[str, ...] | None] = ()

    def shown_to(self, asker: Any) -> bool:
        """Switched on for visitors, who have no other layer of tickets."""
        return not getattr(asker, "is_authenticated", False)

    def rows(self, *, asker: Any, moment: datetime, zoom: int, box: Polygon | None = None) -> QuerySet[Any, Any]:
        """One row a cell, the finest from zoom 15 on: four along a tile's side, so that names stand between them.

        `id` is bits:column:row.
        """
        tile = min(zoom - 1, CELL_ZOOM)
        bits = min(CELL_ZOOM, tile + CELLS_A_SIDE_BITS)
        found = Spot.objects.filter(shown(moment))
        if box is not None:
            low, high = self._codes(box, tile)
            found = found.filter(code__gte=low, code__lt=high)
        shift = WORLD_BITS - bits
        cells = found.values(cell_x=F("x").bitrightshift(shift), cell_y=F("y").bitrightshift(shift)).order_by()
        # A wide cell stands where its matters are: at the mean of cells that are wider than those every door tells.
        column, row = (
            (Avg(F(name).bitrightshift(WORLD_BITS - CELL_BITS)) for name in ("x", "y"))
            if bits < CELL_BITS
            else (F("cell_x"), F("cell_y"))
        )
        told = max(bits, CELL_BITS)
        return cells.annotate(
            id=Concat(Value(f"{bits}:"), F("cell_x"), Value(":"), F("cell_y"), output_field=CharField()),
            count=Count("*"),  # not of ids, which the index by place does not hold
            done=Count("state", filter=Q(state__in=STATES[DONE])),
            geom=_PlaceOf(_metres(column, told, 1), _metres(row, told, -1)),
        )

    def tile_rows(self, z: int, x: int, y: int, *, asker: Any, now: datetime) -> tuple[str, list[Any]] | None:
        """The same from tallies, where cells are theirs or made of theirs; of done matters, whole months alone."""
        bits = z + CELLS_A_SIDE_BITS
        if bits > CELL_BITS or z + 1 < self.min_zoom:
            return None
        low, high = tile_stretch(z, x, y)
        private = list(Category.objects.filter(private=True).values_list("pk", flat=True))
        since = now - KEPT
        month = months(since, None)
        assert month is not None
        begun = month[0]
        assert begun is not None
        shift = 2 * (WORLD_BITS - CELL_BITS)
        done, all_of_them = list(STATES[DONE]), [Tally.ALL, *private]
        params = [
            Tally.ALL, done, all_of_them, OURS, low >> shift, high >> shift, done, begun.date(),
            done, low, high, since, begun, private,
        ]  # fmt: skip
        return _cells_of_tallies(bits), params

    @staticmethod
    def _codes(box: Polygon, tile: int) -> tuple[int, int]:
        """The codes of the square that a tile's box stands for: whole cells, so that each is counted whole."""
        west, south, east, north = box.extent
        middle = cell_of((west + east) / 2, (south + north) / 2)
        if tile >= CELL_ZOOM:
            return tile_stretch(CELL_ZOOM, middle.x, middle.y)
        back = CELL_ZOOM - tile
        return tile_stretch(tile, middle.x >> back, middle.y >> back)


# What private categories count is taken off what all count. The mean of columns of one cell lies in the cell, too.
CELLS_OF_TALLIES = SQL("""
SELECT {bits} || ':' || (cell_x >> {wider}) || ':' || (cell_y >> {wider}) AS id,
       sum(count)::int AS count, sum(done)::int AS done,
       ST_Transform(ST_SetSRID(ST_MakePoint(
           sum(cell_x::float8 * count) / sum(count) * {side} + {beside},
           -(sum(cell_y::float8 * count) / sum(count) * {side} + {beside})), 3857), 4326) AS geom
FROM (
    SELECT div(sum(x), sum(n) * {steps})::int AS cell_x, div(sum(y), sum(n) * {steps})::int AS cell_y,
           sum(n)::int AS count, sum(done)::int AS done
    FROM (
        SELECT cell, sign * n AS n, sign * sum_x AS x, sign * sum_y AS y,
               CASE WHEN ended THEN sign * n ELSE 0 END AS done
        FROM (SELECT *, CASE WHEN category_id = %s THEN 1 ELSE -1 END AS sign, state = ANY(%s) AS ended
              FROM tickets_tally
              WHERE category_id = ANY(%s::bigint[]) AND state = ANY(%s) AND cell >= %s AND cell < %s) AS tally
        WHERE NOT (state = ANY(%s)) OR month >= %s
        UNION ALL
        SELECT (code >> {shift})::int, 1, x, y, 1 FROM tickets_spot
        WHERE state = ANY(%s) AND code >= %s AND code < %s AND reported_at > %s AND reported_at < %s
          AND NOT (category_id = ANY(%s::bigint[]))) AS part
    GROUP BY cell HAVING sum(n) > 0) AS cells
GROUP BY cell_x >> {wider}, cell_y >> {wider}
""")


@cache
def _cells_of_tallies(bits: int) -> str:
    """The statement for cells of 2^bits columns and rows, each one of the tallies' cells or several of them."""
    side = EQUATOR_M / 2**CELL_BITS
    return CELLS_OF_TALLIES.format(
        bits=Literal(str(bits)),
        wider=Literal(CELL_BITS - bits),
        side=Literal(side),
        beside=Literal((0.5 + HAIR) * side - EQUATOR_M / 2),
        steps=Literal(2 ** (WORLD_BITS - CELL_BITS)),
        shift=Literal(2 * (WORLD_BITS - CELL_BITS)),
    ).as_string()


LAYERS: tuple[type[Layer], ...] = (PublicTicketLayer,)
