"""Questions about tickets, in words; `visible_to` stands before every other one on the way out of the house."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

import numpy as np
from django.apps import apps
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.db import models
from django.db.models import Exists, Func, OuterRef, Q
from numpy.typing import NDArray

from grids.models import Appointment, Area, Role
from grids.models.area import subtree_ids
from grids.permissions import Grant, grants
from layers.tickets import workflow

OPEN = Q(state__in=workflow.OPEN)
IN_OFFICE = (Role.WORKER, Role.CHIEF)
"""The roles whose holder answers for an area."""
METRES_IN_A_DEGREE = 111_000
NONE = Q(pk__in=[])


def by_categories(found: Iterable[Grant]) -> dict[tuple[str, ...], list[uuid.UUID]]:
    """The areas of grants, by the categories they are limited to (none: all)."""
    areas: dict[tuple[str, ...], list[uuid.UUID]] = {}
    for grant in found:
        areas.setdefault(grant.categories, []).append(grant.area)
    return areas


def granted(found: Iterable[Grant]) -> Q:
    """Tickets whose place or whose responsible area lies under a grant, of its categories where it has some."""
    wanted = NONE
    for categories, ids in by_categories(found).items():
        there = Q(located_chain__overlap=ids) | Q(responsible_chain__overlap=ids)
        wanted |= there & Q(category__code__in=categories) if categories else there
    return wanted


def across(found: Iterable[Grant]) -> Q:
    """Tickets that lie close to the border of an area under a grant, on its other side, of its categories."""
    borders = apps.get_model("tickets", "TicketBorder").objects
    wanted = NONE
    for categories, ids in by_categories(found).items():
        there = Q(pk__in=borders.filter(areas__overlap=ids).values("ticket"))
        wanted |= there & Q(category__code__in=categories) if categories else there
    return wanted


class _Coordinate(Func):
    """ST_X or ST_Y of a point, for reading many coordinates without building geometries."""

    arity = 1
    output_field = models.FloatField()


class TicketQuerySet(models.QuerySet[Any, Any]):
    """Words for questions about tickets. `visible_to` stands before every other one on the way out."""

    def visible_to(self, asker: Any, now: datetime) -> Self:
        """Tickets located in, or answered for by, an area under one of the asker's appointments that read."""
        return self.filter(granted(grants(asker, "ticket.read", now=now)))

    def readable_by(self, asker: Any, now: datetime) -> Self:
        """Visible ones, those just across a border, and what the asker reported: who reports sees what comes of it.

        For single tickets and the own list; tiles, counts and searches keep to `visible_to`.
        """
        own = Q(reported_by=asker.pk) if asker.is_authenticated else NONE
        found = grants(asker, "ticket.read", now=now)
        return self.filter(own | granted(found) | across(found))

    def beside(self, asker: Any, now: datetime) -> Self:
        """Tickets outside the asker's areas, but so close to their border that both sides are told of them."""
        found = grants(asker, "ticket.read", now=now)
        return self.filter(across(found)).exclude(granted(found))

    def under(self, areas: Iterable[uuid.UUID]) -> Self:
        """Tickets whose place or whose responsible area lies at or below one of these areas."""
        ids = list(areas)
        if not ids:
            return self.none()
        return self.filter(Q(located_chain__overlap=ids) | Q(responsible_chain__overlap=ids))

    def located_in(self, area: "Area | uuid.UUID") -> Self:
        """Tickets whose place lay in an area, as the ground was when they were reported."""
        return self.filter(located_chain__contains=[area.pk if isinstance(area, Area) else area])

    def open(self) -> Self:
        """Tickets that have not ended."""
        return self.filter(OPEN)

    def overdue(self, now: datetime) -> Self:
        """Tickets with a clock that has run out."""
        return self.filter(due_at__lte=now)

    def in_period(self, since: datetime | None, until: datetime | None) -> Self:
        """Reported from `since` (inclusive) until `until` (exclusive); None leaves that side open."""
        found = self if since is None else self.filter(reported_at__gte=since)
        return found if until is None else found.filter(reported_at__lt=until)

    def in_box(self, west: float, south: float, east: float, north: float) -> Self:
        """Tickets whose point lies in a box of degrees."""
        box = Polygon.from_bbox((west, south, east, north))
        box.srid = 4326
        return self.filter(point__bboverlaps=box)

    def points(
        self,
        asker: Any,
        since: datetime | None,
        until: datetime | None,
        category: str | None = None,
        *,
        now: datetime,
    ) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        """Places for statistics: (n, 2) lon, lat and (n,) ticket ids, of what the asker may see, oldest first."""
        found = self.visible_to(asker, now).in_period(since, until)
        if category:
            found = found.filter(category__code=category)
        columns = found.order_by("reported_at", "id").values_list(
            "id", _Coordinate("point", function="ST_X"), _Coordinate("point", function="ST_Y")
        )
        rows = list(columns)
        ids, xs, ys = zip(*rows, strict=True) if rows else ((), (), ())
        xy = np.column_stack([np.array(xs, dtype=np.float64), np.array(ys, dtype=np.float64)])
        return xy, np.array([str(key) for key in ids], dtype=np.str_)

    def needing(self, asker: Any, now: datetime) -> Self:
        """Tickets whose next step is the asker's: in the field where they are in office, at the desk where they sit.

        A post that fell vacant since is answered for by whoever is in office above; a desk is asked only where no
        desk sits nearer to the ticket.
        """
        if not getattr(asker, "is_authenticated", False):
            return self.none()
        held = list(Appointment.objects.held_by(asker, now).values_list("area_id", "role", "categories"))
        office = [Grant(area, tuple(codes)) for area, role, codes in held if role in IN_OFFICE]
        desks = [area for area, role, _codes in held if role == Role.FRONT_DESK]
        wanted = NONE
        filled = Appointment.objects.at(now).filter(
            Q(categories=[]) | Q(categories__contains=[OuterRef("category__code")]),
            role__in=IN_OFFICE,
            area=OuterRef("responsible_area"),
        )
        for categories, areas in by_categories(office).items():
            vacated = ~Exists(filled) & Q(responsible_chain__overlap=areas)
            own = Q(state__in=workflow.FIELD_STATES) & (Q(responsible_area__in=areas) | vacated)
            wanted |= own & Q(category__code__in=categories) if categories else own
        if desks:
            below = Appointment.objects.at(now).filter(role=Role.FRONT_DESK, area_id__in=subtree_ids(desks, now))
            nearer = list(set(below.values_list("area_id", flat=True)) - set(desks))
            at_desk = Q(state__in=workflow.DESK_STATES, responsible_chain__overlap=desks)
            wanted |= at_desk & ~Q(responsible_chain__overlap=nearer) if nearer else at_desk
        return self.visible_to(asker, now).filter(wanted)

    def around(self, lon: float, lat: float, metres: float) -> Self:
        """Tickets within so many metres of a point (up to a few km), nearest first, with `away` (Distance)."""
        point = Point(lon, lat, srid=4326)
        high = metres / METRES_IN_A_DEGREE * 1.1
        wide = high / max(0.01, float(np.cos(np.radians(lat))))
        near = self.in_box(lon - wide, lat - high, lon + wide, lat + high)
        return (
            near.filter(point__distance_lte=(point, D(m=metres)))
            .annotate(away=Distance("point", point))
            .order_by("away", "id")
        )
