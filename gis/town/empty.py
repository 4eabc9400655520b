"""An empty place: lists and nothing else, or provisional ground to draw on; and posts for ground without a roster."""

from datetime import datetime
from typing import Any

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.errors import Conflict, Invalid
from gis.town.posts import demo_posts, fill_posts
from grids.imports import store_areas
from grids.models import Appointment, Boundary
from grids.provisional import frame, hull
from grids.records import AreaRecord

Box = tuple[float, float, float, float]
LARGEST_SPAN_DEGREES = 5.0


@transaction.atomic
def make_empty_place(
    *, name_zh: str, name_en: str = "", around: Box | None = None, time_zone: str, now: datetime, actor: Any
) -> Place:
    """Make this database an empty place, with provisional ground when a box (west, south, east, north) is given.

    Making it again changes nothing; raises Conflict when the database holds another kind of place.
    """
    ground = None if around is None else hull([shapely.box(*checked(around))], margin_m=0.0)
    place = Place.objects.first()
    if place is not None and place.kind != Place.Kind.EMPTY:
        raise Conflict(_("This database holds a place already: %(name)s.") % {"name": place.name}, code="place-filled")
    if place is None:
        place = Place.objects.create(
            name_zh=name_zh, name_en=name_en or name_zh, kind=Place.Kind.EMPTY, time_zone=time_zone
        )
        record(actor=actor, verb="place.empty", subject=name_zh, now=now)
    if ground is not None and not Boundary.objects.exists():
        rows = frame(ground, name_zh=name_zh, name_en=name_en)
        store_areas(rows, reason=_("Provisional ground"), now=now, actor=actor)
        fill_posts(demo_posts(rows), now=now, actor=actor)
        place.provisional = True
        place.save(update_fields=["provisional"])
    return place


def make_posts(*, now: datetime, actor: Any) -> int:
    """Fill demonstration posts on the ground there is, when nobody holds any post; returns how many."""
    if Appointment.objects.exists():
        return 0
    rows = [
        AreaRecord(row.area_id, row.tier.code, row.parent_id, row.code, row.name_zh, row.shape, row.name_en)
        for row in Boundary.objects.at(now)
        .of_tier("county", "community", "compound")
        .select_related("tier")
        .order_by("tier__rank", "code")
    ]
    return len(fill_posts(demo_posts(rows), now=now, actor=actor))


def checked(box: Box) -> Box:
    """The box itself; raises Invalid when it is no box on the globe or larger than a prefecture."""
    west, south, east, north = box
    on_globe = -180 <= west < east <= 180 and -85 <= south < north <= 85
    if not on_globe or east - west > LARGEST_SPAN_DEGREES or north - south > LARGEST_SPAN_DEGREES:
        raise Invalid(
            _("Give west, south, east and north in degrees, at most %(most)d degrees apart.")
            % {"most": LARGEST_SPAN_DEGREES},
            code="bad-box",
        )
    return box
