"""Open tickets on the map: counted cells from afar, single pins from near; only what the asker may see."""

import hashlib
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.gis.db.models import PointField
from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.db.models import Avg, BigIntegerField, Case, Count, F, Func, Q, QuerySet, Value, When
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis.shared.layer import Kind, Layer
from grids.permissions import scope_of
from layers.tickets.listing import Wish, chosen, wish_from
from layers.tickets.models import Ticket, TicketQuerySet
from layers.tickets.spots import CELLS_A_SIDE_BITS, HALF_M, MOST_BITS, STEP_M, cells, tile_stretch
from layers.tickets.then import due_at, open_then, state_at
from layers.tickets.wording import indexed

FIRST_PIN_ZOOM = 17


class ShiftRight(Func):
    """A number without its last bits."""

    template = "(%(expressions)s)::bigint"
    arg_joiner = " >> "
    output_field = BigIntegerField()


class Middle(Func):
    """A point in EPSG:4326 from metres on the web's square map."""

    template = "ST_Transform(ST_SetSRID(ST_MakePoint(%(expressions)s), 3857), 4326)"
    output_field = PointField(srid=4326)


class TicketsLayer(Layer):
    """What both layers share: open tickets at the moment, under the asker's own areas."""

    temporal = True
    cached = True
    clock = 60  # what is due becomes overdue
    uniform = True
    group: ClassVar[str] = "tickets"

    wish: Wish | None = None
    """The filters of a request; None: what is open."""
    then: datetime | None = None
    """The past moment at which a wish reads states and clocks."""

    def asked(self, query: Mapping[str, str], *, moment: datetime, now: datetime) -> Self:
        """With the filters of the list, so that list, map and files show the same tickets."""
        wish = wish_from(query)
        if wish is None:
            return self
        asked = copy(self)
        asked.wish, asked.then = wish, None if moment == now else moment
        asked.uniform = False  # type: ignore[misc]  # a statement for each wish would be kept for nobody
        return asked

    def scope(self, asker: Any) -> str | None:
        """Those who read tickets of the same areas share tiles; everybody else sees nothing.

        Who asks by other filters shares with those who ask by the same; what is one's own is shared with nobody.
        """
        seen = scope_of(asker, "ticket.read", now=timezone.now())
        if seen is None or self.wish is None:
            return seen
        own = "" if self.wish.view == "area" else str(asker.pk)
        return hashlib.sha256(f"{seen}|{own}|{self.wish}".encode()).hexdigest()[:32]

    def tickets(self, *, asker: Any, moment: datetime, box: Polygon | None) -> TicketQuerySet:
        """Tickets open at the moment, or those wished for, by their events where they changed since.

        Rights are today's.
        """
        now = timezone.now()
        if self.wish is None:
            found = open_then(Ticket.objects.visible_to(asker, now), moment)
        else:
            found = indexed(chosen(asker, self.wish, now, then=self.then), self.wish.q)
        return found if box is None else found.filter(point__bboverlaps=box)


class TicketCellLayer(TicketsLayer):
    """From afar: how many lie in a cell and how many of them are overdue. No ticket is left out of a count."""

    name = "ticket_cells"
    title = _("Tickets (counts)")
    kind: ClassVar[Kind] = "cluster"
    order = 80
    narrowed = True
    min_zoom = 8
    max_zoom = FIRST_PIN_ZOOM - 1
    fields = ("id", "count", "overdue")
    exported: ClassVar[tuple[str, ...] | None] = ()

    def tile_rows(self, z: int, x: int, y: int, *, asker: Any, now: datetime) -> tuple[str, list[Any]] | None:
        """From narrow rows and tallies, at any number of tickets; None where the wish asks for more than they know."""
        wish = self.wish or Wish(state="open")
        if not wish.is_narrow() or wish.cell or z + 1 < self.min_zoom:
            return None
        asked = replace(wish.asked(), codes=tile_stretch(z, x, y))
        sql, params = cells(asked, wish.sight(asker, now=now), z, now=now)
        return sql.as_string(), params

    def rows(self, *, asker: Any, moment: datetime, zoom: int, box: Polygon | None = None) -> QuerySet[Any, Any]:
        """One row a cell, counted ticket by ticket: at past moments, and for what the narrow rows do not know.

        `box` (degrees) narrows the tickets before they are counted; it must be made of whole cells.
        """
        bits = zoom - 1 + CELLS_A_SIDE_BITS
        found = self.tickets(asker=asker, moment=moment, box=box).alias(due_then=due_at(moment))
        return (
            found.values(cell=ShiftRight(F("spot__code"), Value(MOST_BITS - 2 * bits)))
            .order_by()
            .annotate(
                id=Concat(Value(f"{bits}:"), Cast("cell", CharField()), output_field=CharField()),
                count=Count("pk"),
                overdue=Count("pk", filter=Q(due_then__lte=moment)),
                geom=Middle((Avg("spot__x") + 0.5) * STEP_M - HALF_M, HALF_M - (Avg("spot__y") + 0.5) * STEP_M),
            )
        )


class TicketPinLayer(TicketsLayer):
    """From near: every open ticket as a pin, by state, urgency and category."""

    name = "tickets"
    title = _("Tickets")
    kind: ClassVar[Kind] = "point"
    order = 81
    min_zoom = FIRST_PIN_ZOOM
    fields = ("id", "number", "state", "urgency", "name_zh", "name_en", "short_zh", "short_en", "due")
    columns: ClassVar[dict[str, str]] = {"state": "state_then", "category": "category_code"}
    exported: ClassVar[tuple[str, ...] | None] = (
        "id", "number", "state", "urgency", "category", "name_zh", "name_en", "due", "reported_at",
    )  # fmt: skip

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """One row a ticket as it stood at the moment; `due` is "overdue", "soon" (within a day) or ""."""
        soon = moment + timedelta(days=1)
        due = Case(
            When(due_then__lte=moment, then=Value("overdue")),
            When(due_then__lte=soon, then=Value("soon")),
            default=Value(""),
        )
        return (
            self.tickets(asker=asker, moment=moment, box=None)
            .alias(due_then=due_at(moment))
            .values(
                "id",
                "number",
                "urgency",
                state_then=state_at(moment),
                name_zh=F("category__name_zh"),
                name_en=F("category__name_en"),
                short_zh=F("category__short_zh"),
                short_en=F("category__short_en"),
                due=due,
                geom=F("point"),
            )
        )

    def export_rows(self, *, asker: Any, moment: datetime) -> QuerySet[Any, Any]:
        """Every pin, with when it was reported and the category's code; never what somebody wrote."""
        rows = self.rows(asker=asker, moment=moment, zoom=self.max_zoom)
        told = [*rows.query.values_select, *rows.query.annotation_select, "reported_at"]
        return rows.values(*told, category_code=F("category__code")).order_by("number")

    def inside(
        self, rows: QuerySet[Any, Any], *, area: UUID, shape: GEOSGeometry, moment: datetime
    ) -> QuerySet[Any, Any]:
        """Those whose place lay in the area when they were reported."""
        return rows.filter(located_chain__contains=[area])


LAYERS: tuple[type[Layer], ...] = (TicketCellLayer, TicketPinLayer)
