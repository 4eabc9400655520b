"""Long work on the ground: reading and checking a file of areas, storing what was checked."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from gis.jobs import spool
from gis.jobs.models import Job
from gis.jobs.registry import job
from gis.jobs.running import Run
from gis.shared.errors import Conflict
from grids.proposals.filing import check_file, store_checked
from grids.proposals.said import said_from

CHECK, STORE = "area-check", "area-import"
ROWS = "rows.arrow"


def rows_of(check: UUID) -> Path:
    """Where a check keeps its rows; they go a day after its end."""
    return spool.folder_of(check) / "kept" / ROWS


@job(CHECK)
def check(run: Run, *, source: str, said: dict[str, Any]) -> dict[str, Any]:
    """Read the file that the job `source` brought (perhaps this one), say everything about it, keep its rows."""
    brought = Job.objects.filter(pk=source).first()
    path = spool.folder_of(UUID(source)) / "upload" / brought.upload if brought and brought.upload else None
    if path is None or not path.is_file():
        raise Conflict(_("The file is not kept any more. Choose it again."), code="file-gone")
    with tempfile.TemporaryDirectory(prefix="checking-") as folder:
        rows = Path(folder) / ROWS
        found = check_file(
            path,
            said_from(said),
            rows=rows,
            namespace=UUID(source),
            actor=run.actor,
            now=run.now(),
            tell=run.progress,
        )
        run.keep(ROWS, rows)
    return {**found, "source": source, "said": said}


@job(STORE)
def store(run: Run, *, checked: str, reason: str) -> dict[str, Any]:
    """Store the rows that a check kept, as one change named after this job: done twice, it is stored once."""
    return store_checked(
        rows_of(UUID(checked)),
        change_id=run.id,
        reason=reason,
        actor=run.actor,
        now=run.now(),
        tell=lambda done, total, words: run.progress(done, total, words, now=True),
    )
