"""Long work on sites: a file is checked, or stored."""

import csv
import io
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from gis.jobs import spool
from gis.jobs.models import Job
from gis.jobs.registry import job
from gis.jobs.running import Run
from gis.shared.errors import Conflict
from gis.shared.sheets import cell
from layers.sites.imports import bring_in, said_from

CHECK, STORE = "sites-check", "sites-import"
LEFT_OUT = "left-out.csv"


@job(CHECK)
def check(run: Run, *, source: str, said: dict[str, Any]) -> dict[str, Any]:
    """Read the file that the job `source` brought (perhaps this one) and say what it would become."""
    return _done(run, source, said, (), commit=False)


@job(STORE)
def store(run: Run, *, source: str, said: dict[str, Any], agreed: list[str]) -> dict[str, Any]:
    """Store it; done twice, the second time finds everything there and changes nothing."""
    return _done(run, source, said, tuple(agreed), commit=True)


def _done(run: Run, source: str, said: dict[str, Any], agreed: tuple[str, ...], *, commit: bool) -> dict[str, Any]:
    """Examine or store, keep the list of the lines that were left out, return the report."""
    brought = Job.objects.filter(pk=source).first()
    path = spool.folder_of(UUID(source)) / "upload" / brought.upload if brought and brought.upload else None
    if brought is None or path is None or not path.is_file():
        raise Conflict(_("The file is not kept any more. Choose it again."), code="file-gone")
    found = bring_in(
        path, said_from(said, agreed=agreed), actor=run.actor, now=run.now(), name=brought.upload, commit=commit,
        tell=run.progress,
    )  # fmt: skip
    if found.faults:
        run.keep(LEFT_OUT, left_out(found.faults))
    return {**found.report, "job": source, "said": said}


def left_out(faults: list[tuple[int, str]]) -> bytes:
    """The lines that were left out, as a CSV file that a spreadsheet opens."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_("Line"), _("What is wrong")])
    writer.writerows([line, cell(message)] for line, message in faults)
    return ("\ufeff" + text.getvalue()).encode()
