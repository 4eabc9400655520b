"""Long work on the roster: a file is checked, or stored."""

from typing import Any

from django.utils.translation import gettext as _

from gis.jobs.registry import job
from gis.jobs.running import Run
from gis.shared.errors import Invalid
from grids.models import Appointment
from grids.permissions import demand
from grids.roster_files import read
from grids.roster_import import RosterImport

KIND = "roster-import"
TELL_EVERY = 500


@job(KIND)
def import_roster(run: Run, *, commit: bool) -> dict[str, Any]:
    """Say what an XLSX file would do, row by row; with `commit` do it, all or nothing."""
    if run.file is None:
        raise Invalid(_("No file came with this."), code="no-file")
    now = run.now()
    demand(run.actor, "roster.edit", now=now)
    found = RosterImport(run.id, actor=run.actor, now=now)
    for row in read(run.file):
        found.take(row)
        if found.outcome.rows % TELL_EVERY == 0:
            run.progress(found.outcome.rows, message=_("Checking rows"))
    again = Appointment.objects.filter(pk__in=[made.pk for made in found.made[:1]]).exists()
    if commit and not again:
        run.progress(found.outcome.rows, found.outcome.rows, _("Storing"), now=True)
        found.store()
    return found.outcome.told() | {"stored": commit}
