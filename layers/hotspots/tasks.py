"""What the worker does for hot spots: long files, and by itself dropping old changes."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from gis.catalogue.clock import place_zone
from gis.jobs.registry import job, upkeep
from gis.jobs.running import Run
from layers.hotspots import actions, files, held, warming
from layers.hotspots.analysis import answer
from layers.hotspots.models import Touched
from layers.hotspots.questions import read
from layers.hotspots.taking import JOB, taken

KEPT = timedelta(days=7)
"""No process holds tickets for longer than a day (`held.OLDEST`), and no transaction lasts for days."""
MINUTE, SECONDS = 23, 20
JUST_NOW = timedelta(minutes=2)
"""Several turns of the worker; what took longer to be committed is found by the turn of every five minutes."""


@job(JOB)
def write(run: Run, *, kind: str, asked: dict[str, str] | None = None, kept: str | None = None) -> dict[str, Any]:
    """Write the file of a question, or of a kept result; rights are those of the time of writing."""
    now = run.now()
    run.progress(0, None, _("Comparing the cells"), now=True)
    with tempfile.TemporaryDirectory() as folder, timezone.override(place_zone()):
        if kept:
            result = actions.result_of(actions.own(UUID(kept), asker=run.actor, now=now))
        else:
            result = files.of_analysis(answer(read(asked or {}, now=now), run.actor, now=now))
        path = Path(folder) / f"hotspots.{kind}"
        files.write(kind, result, path, run.progress)
        name = files.filename(result.question, kind)
        run.keep(name, path)
    taken(kind, len(result), asker=run.actor, now=now)
    return {"rows": len(result), "filename": name}


@upkeep
def drop_old_changes(now: datetime) -> None:
    """Forget changes that every process has read long ago; once an hour."""
    if now.minute == MINUTE and now.second < SECONDS:
        Touched.objects.filter(written_at__lt=now - KEPT).delete()


@upkeep
def read_edited_residents(now: datetime) -> None:
    """Read residents anew when somebody has just changed them, so that who asks next does not have to."""
    if Touched.objects.filter(residents=True, written_at__gt=now - JUST_NOW).exists():
        warming.read_residents()


@upkeep
def keep_tickets_shared(now: datetime) -> None:
    """Read tickets and residents anew for analyses before somebody has to wait for it; every five minutes."""
    if now.minute % 5 == 0 and now.second < SECONDS and held.large():
        held.keep_shared()
        warming.read_residents()
