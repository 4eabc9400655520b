"""Tickets of another system in this place: stored with ground round them where there is none yet."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.errors import Invalid
from gis.town.posts import demo_posts, fill_posts
from grids.imports import store_areas
from grids.models import Boundary
from grids.provisional import frame, hull
from layers.tickets.columns import instant
from layers.tickets.imports import Manner, Part, Survey, parts
from layers.tickets.receiving import Progress, Told, receive
from layers.tickets.tables import Sheet

ACTOR = "import_tickets"
HULL_MARGIN_M = 500.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the sender asks for besides reading: whose tickets they are and what may be made for them."""

    source: str
    county_from_hull: bool = False
    new_categories: bool = False
    name_zh: str = ""
    name_en: str = ""
    commit: bool = False
    refused_to: Path | None = None


@transaction.atomic
def receive_here(
    sheet: Sheet,
    manner: Manner,
    survey: Survey,
    wish: Wish,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> Told:
    """Store the good rows of a file, or with commit=False find out what would happen and store nothing."""
    county = ""
    if wish.county_from_hull and not Boundary.objects.exists():
        read = replace(manner, form=survey.form)
        county = make_county(parts(sheet, read, {}), manner, wish, now)
    told = receive(
        sheet, manner, survey, source=wish.source, now=now, new_categories=wish.new_categories or wish.county_from_hull,
        commit=wish.commit, progress=progress, refused_to=wish.refused_to,
    )  # fmt: skip
    told.county = county
    if not wish.commit:
        transaction.set_rollback(True)
    return told


def make_county(read: Iterable[Part], manner: Manner, wish: Wish, now: datetime) -> str:
    """A provisional county, street and community round the points, with demonstration posts; returns its name."""
    places, begins = [], [now]
    for part in read:
        columns = part.columns
        sound = (np.abs(columns.lon) <= 180) & (np.abs(columns.lat) <= 85)
        if sound.any():
            places.append(columns.only(sound).positions())
            begins.append(instant(columns.reported[sound].min()))
    if not places:
        raise Invalid(_("No row has a position, so there is nothing to put a county round."), code="no-points")
    xy = np.vstack(places)
    name_zh = wish.name_zh or wish.source
    name_en = wish.name_en or name_zh
    around = hull([shapely.multipoints(xy)], margin_m=HULL_MARGIN_M)
    areas = frame(around, name_zh=name_zh, name_en=name_en)
    # in force from the first ticket on, so that every ticket lies in the ground of its own time
    store_areas(areas, reason=_("Provisional ground round imported tickets"), now=min(begins), actor=ACTOR)
    fill_posts(demo_posts(areas), now=now, actor=ACTOR)
    Place.objects.update_or_create(
        id=1,
        defaults={
            "name_zh": name_zh,
            "name_en": name_en,
            "kind": Place.Kind.IMPORTED,
            "provisional": True,
            "time_zone": manner.zone.key,
        },
    )
    record(actor=ACTOR, verb="place.county-from-hull", subject=name_zh, now=now, detail={"points": len(xy)})
    return areas[0].name_zh


def name_of(path: Path) -> str:
    """How a file's system is called where nobody says it: the file's name without its ending."""
    return path.name.split(".")[0][:80]
