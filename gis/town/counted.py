"""Residents of a file in this place: stored, with a provisional county round their points where there is no ground."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.datums import Datum, to_wgs84
from gis.shared.errors import Invalid
from gis.shared.geometry import snap_coordinates
from gis.town.posts import demo_posts, fill_posts
from grids.filing.faults import Unreadable
from grids.imports import store_areas
from grids.models import Boundary
from grids.population_columns import PLAIN, count, guess
from grids.population_files import read_sheet
from grids.population_import import Found, Said, bring_in
from grids.population_wording import unreadable
from grids.provisional import frame, hull

ACTOR = "import_population"
MARGIN_M = 500.0


@dataclass(frozen=True, slots=True)
class Ground:
    """How a provisional county is called; empty: like the file."""

    name_zh: str = ""
    name_en: str = ""


@transaction.atomic
def receive(path: Path, said: Said, *, ground: Ground | None, now: datetime, commit: bool) -> tuple[Found, str]:
    """Store a file of residents, or with commit=False find out what would happen; also the provisional county's name.

    Raises Invalid and Conflict.
    """
    county = ""
    if ground is not None and not Boundary.objects.exists():
        county = make_county(path, said, ground, now)
    found = bring_in(path, said, actor=None, now=now, commit=commit)
    if not commit or "stored" not in found.report:
        transaction.set_rollback(True)
    return found, county


def make_county(path: Path, said: Said, ground: Ground, now: datetime) -> str:
    """A provisional county, street and community round the file's points, with demonstration posts; its name."""
    try:
        sheet = read_sheet(path)
    except Unreadable as fault:
        raise Invalid(unreadable(fault), code=fault.code) from fault
    columns = guess(sheet.heads, []) if said.columns is None else said.columns
    points = {word: columns[word] for word in ("lon", "lat") if columns.get(word) in sheet.heads}
    if len(points) < 2:
        raise Invalid(_("A county can be put round points only: choose the columns of longitude and latitude."))
    figures = {word: head for word, head in columns.items() if word not in ("code", *points) and head in sheet.heads}
    xy = count(sheet, points | figures, [word for word in figures if word not in PLAIN]).xy
    sound = xy[(np.abs(xy) <= [180.0, 85.0]).all(axis=1)]
    if not len(sound):
        raise Invalid(_("No row has a position, so there is nothing to put a county round."), code="no-points")
    name_zh = ground.name_zh or said.source or path.stem[:80]
    name_en = ground.name_en or name_zh
    placed = snap_coordinates(to_wgs84(sound, Datum(said.datum)))
    areas = frame(hull([shapely.multipoints(placed)], margin_m=MARGIN_M), name_zh=name_zh, name_en=name_en)
    begin = min(now, said.since or now)
    store_areas(areas, reason=_("Provisional ground round counted residents"), now=begin, actor=ACTOR)
    fill_posts(demo_posts(areas), now=now, actor=ACTOR)
    Place.objects.update_or_create(
        id=1,
        defaults={"name_zh": name_zh, "name_en": name_en, "kind": Place.Kind.IMPORTED, "provisional": True},
    )
    record(actor=ACTOR, verb="place.county-from-hull", subject=name_zh, now=now, detail={"points": len(sound)})
    return areas[0].name_zh
