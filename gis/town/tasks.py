"""Long work that makes a place: reading an extract of OpenStreetMap, storing what was read."""

import csv
import io
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gis.catalogue.models import Place
from gis.jobs import spool
from gis.jobs.registry import job
from gis.jobs.running import Run
from gis.shared.errors import Conflict, Invalid
from gis.shared.sheets import cell
from gis.town.imported import demand_room, store_import
from gis.town.opening.apart import plan_apart
from gis.town.opening.fitted import Fitted
from gis.town.opening.kept import load
from gis.town.osm_wording import STAGES, document, listed_words, why_unreadable
from grids.models import BoundaryChange
from grids.permissions import demand_open
from layers.streets.osm import UnreadableFile

CHECK, STORE = "osm-check", "osm-import"
LINK = "https://www.openstreetmap.org/"


def plan_of(check: UUID) -> Path:
    """Where a check keeps its plan; it goes a day after its end."""
    return spool.folder_of(check) / "plan" / "plan.arrow"


@job(CHECK)
def check(run: Run) -> dict[str, Any]:
    """Read and fit the file, keep the plan for the map and for storing, and the list of what to look at as a file."""
    path = run.file
    if path is None or not path.is_file():
        raise Conflict(_("The file is not kept any more. Choose it again."), code="file-gone")
    try:
        plan = plan_apart(
            path,
            keep=plan_of(run.id),
            waiting=lambda stage, count: run.progress(count, None, str(STAGES[stage]), now=True),
        )
    except UnreadableFile as error:
        raise Invalid(why_unreadable(error, name=path.name), code=f"osm-{error.why}") from error
    run.keep(f"{path.name.split('.')[0]}-report.csv", report_file(plan))
    return document(plan)


@job(STORE)
def store(run: Run, *, checked: str, name_zh: str, name_en: str, time_zone: str, demo: bool) -> dict[str, Any]:
    """Store the plan of a check, as one change named after this job: done twice, it is stored once."""
    if not BoundaryChange.objects.filter(pk=run.id).exists():
        demand_open(run.actor, now=run.now())
        demand_room()
        path = plan_of(UUID(checked))
        if not path.is_file():
            raise Conflict(_("The file is not kept any more. Choose it again."), code="file-gone")
        demand_zone(time_zone)
        plan = load(path)
        store_import(
            plan.renamed(name_zh or plan.name_zh, name_en or name_zh or plan.name_en),
            now=run.now(),
            time_zone=time_zone,
            actor=run.actor,
            change_id=run.id,
            demo=demo,
            tell=lambda done, total, words: run.progress(done, total, words, now=True),
        )
    place = Place.objects.get()
    return {"name_zh": place.name_zh, "name_en": place.name_en, "demo": demo}


def demand_zone(name: str) -> None:
    """Raise Invalid when no time zone is called so."""
    if name not in available_timezones():
        words = _("No time zone is called %(name)s.") % {"name": name[:60]}
        raise Invalid(words, code="bad-zone", fields={"time_zone": words})


def report_file(plan: Fitted) -> bytes:
    """Every object to look at as CSV (UTF-8 with a mark, so that spreadsheets know it), with where to look it up."""
    out = io.StringIO()
    rows = csv.writer(out)
    what, name = (pgettext("column of a list of objects", "what"), pgettext("column of a list of objects", "name"))
    rows.writerow([_("object"), what, _("why"), name, _("longitude"), _("latitude"), _("look it up")])
    for one in plan.listed:
        what, reason = listed_words(one)
        rows.writerow(
            [cell(value) for value in (one.address, what, reason, one.name, one.lon, one.lat, LINK + one.address)]
        )
    return ("\ufeff" + out.getvalue()).encode()
