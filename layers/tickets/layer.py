"""Open tickets on the map: counted cells from afar, single pins from near; only what the asker may see."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.gis.db.models import GeometryField, PointField
from django.contrib.gis.db.models.functions import Transform
from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.db.models import (
    Avg,
    Case,
    Count,
    F,
    FloatField,
    Func,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields import CharField
from django.db.models.functions import Ceil, Concat, Floor
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis.shared.layer import Kind, Layer
from grids.permissions import scope_of
from layers.tickets.models import Ticket, TicketQuerySet
from layers.tickets.then import due_at, open_then, state_at

EQUATOR_M = 40_075_016.685578488
CELLS_A_SIDE = 8
"""Cells along a tile's side of 512 px: one cell is 64 px, about a circle and its margin."""
FIRST_PIN_ZOOM = 17


class X(Func):
    """ST_X(point)."""

    function = "ST_X"
    output_field = FloatField()


class Y(Func):
    """ST_Y(point)."""

    function = "ST_Y"
    output_field = FloatField()


class MakePoint(Func):
    """A point in EPSG:4326 from longitude and latitude."""

    template = "ST_SetSRID(ST_MakePoint(%(expressions)s), 4326)"
    output_field = PointField(srid=4326)


class TicketsLayer(Layer):
    """What both layers share: open tickets at the moment, under the asker's own areas."""

    temporal = True
    cached = True
    clock = 60  # what is due becomes overdue
    uniform = True
    group: ClassVar[str] = "tickets"

    def scope(self, asker: Any) -> str | None:
        """Those who read tickets of the same areas share tiles; everybody else sees nothing."""
        return scope_of(asker, "ticket.read", now=timezone.now())

    def tickets(self, *, asker: Any, moment: datetime, box: Polygon | None) -> TicketQuerySet:
        """Tickets open at the moment, by their events where they changed since. Rights are today's."""
        found = open_then(Ticket.objects.visible_to(asker, timezone.now()), moment)
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

    def rows(self, *, asker: Any, moment: datetime, zoom: int, box: Polygon | None = None) -> QuerySet[Any, Any]:
        """One row a cell; cells are cut from the tile's square, so each lies in one tile with its whole count.

        `box` (degrees) narrows the tickets before they are counted; it must be made of whole cells.
        """
        side = Value(EQUATOR_M / 2 ** (zoom - 1) / CELLS_A_SIDE)
        place = Transform("point", 3857, output_field=GeometryField(srid=3857))
        # a cell owns its west and north edge, as a tile does
        cells = (
            self.tickets(asker=asker, moment=moment, box=box)
            .alias(due_then=due_at(moment))
            .values(cell_x=Floor(X(place) / side), cell_y=Ceil(Y(place) / side))
        )
        return cells.order_by().annotate(
            id=Concat(F("cell_x"), Value(":"), F("cell_y"), output_field=CharField()),
            count=Count("pk"),
            overdue=Count("pk", filter=Q(due_then__lte=moment)),
            geom=MakePoint(Avg(X("point")), Avg(Y("point"))),
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
