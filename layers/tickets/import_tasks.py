"""The work behind the page that takes in another system's tickets: look at a file, check it, store it."""

import csv
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from gis.jobs import spool
from gis.jobs.models import Job
from gis.jobs.running import Run
from gis.shared.errors import Conflict, Invalid
from grids.permissions import demand, grants
from layers.tickets.import_said import Said, guessed
from layers.tickets.imports import survey
from layers.tickets.receiving import Told, receive
from layers.tickets.tables import open_sheet

LOOK, CHECK, STORE = "ticket-look", "ticket-check", "ticket-import"
REFUSED = "refused.csv"
PERMIT = "ticket.import"
MOST_WORDS = 40
FIRST_ROWS = 8


def file_of(source: UUID) -> Path:
    """The file that a job brought; raises Conflict when it is not kept any more."""
    brought = Job.objects.filter(pk=source).first()
    path = spool.folder_of(source) / "upload" / brought.upload if brought and brought.upload else None
    if path is None or not path.is_file():
        raise Conflict(_("The file is not kept any more. Choose it again."), code="file-gone")
    return path


def look(run: Run) -> dict[str, Any]:
    """Read the headings of the file that this job brought, and guess what they mean."""
    path = file_of(run.id)
    sheet = open_sheet(path)
    return {
        "source": str(run.id),
        "file": {"name": path.name, "columns": sheet.columns, "kind": sheet.kind, "encoding": sheet.encoding},
        "guessed": guessed(sheet.columns),
    }


def check(run: Run, *, source: str, said: dict[str, Any]) -> dict[str, Any]:
    """Find out what storing the file would do, as it was said to be read; keep the rows that would be left out."""
    return _receive(run, source, said, commit=False)


def store(run: Run, *, source: str, said: dict[str, Any]) -> dict[str, Any]:
    """Store the good rows; a row is known by source and number, so that done twice it is stored once."""
    return _receive(run, source, said, commit=True)


def _receive(run: Run, source: str, said: dict[str, Any], *, commit: bool) -> dict[str, Any]:
    """The same for looking and doing."""
    now = run.now()
    demand(run.actor, PERMIT, now=now)
    answers = Said.of(said)
    path = file_of(UUID(source))
    manner = answers.manner()
    sheet = open_sheet(path, encoding=answers.encoding)
    reading = str(_("Reading"))
    run.progress(0, None, reading, now=True)
    try:
        found = survey(sheet, manner, progress=lambda done: run.progress(done, None, reading))
    except Invalid as problem:
        if problem.kind != "unclear-times":
            raise
        # a cell may be anybody's name: no result of a job quotes one
        words = _("The times can be read in several ways or in none that is known. Choose their form.")
        raise Invalid(words, code="unclear-times", fields={"form": words}, **problem.extra) from None
    words = str(_("Storing") if commit else _("Checking"))
    with tempfile.TemporaryDirectory(prefix="tickets-") as folder:
        refused = Path(folder) / REFUSED
        told = receive(
            sheet, manner, found, source=answers.source.strip(), now=now, actor=run.actor, words=answers.words,
            within=frozenset(grant.area for grant in grants(run.actor, PERMIT, now=now) if not grant.categories),
            commit=commit, refused_to=refused, progress=lambda done, total: run.progress(done, total, words),
        )  # fmt: skip
        run.keep(REFUSED, refused)
    return {"source": source, "said": said, "file": {"name": path.name, "columns": sheet.columns}, **document(told)}


def document(told: Told) -> dict[str, Any]:
    """What the page is told: sums, never a cell of the file but the short words it uses for categories."""
    unknown = [(word, count) for word, count in told.unknown if len(word) <= 40 and not any(map(str.isdigit, word))]
    return {
        "rows": told.rows, "form": told.form, "stored": told.stored, "already": told.already,
        "placeless": told.placeless, "bad": told.bad, "twice": told.twice, "left_out": told.left_out,
        "unknown": [{"word": word, "count": count} for word, count in unknown[:MOST_WORDS]],
        "doubts": [
            {"code": doubt.code, "message": doubt.message, "ask": doubt.ask, "values": doubt.values}
            for doubt in told.doubts
        ],
    }  # fmt: skip


def first_rows(source: UUID, encoding: str) -> list[list[str]]:
    """The first rows of a file, as they are."""
    sheet = open_sheet(file_of(source), encoding=encoding)
    return [[cell[:200] for cell in cells] for _line, cells in islice(sheet.records(), FIRST_ROWS)]


def refused_rows(job: UUID, most: int) -> list[dict[str, Any]]:
    """The first rows that a job left out, with line and reason."""
    path = spool.folder_of(job) / "kept" / REFUSED
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text)
        next(rows, None)
        return [{"line": int(row[0]), "reason": row[1]} for row in islice(rows, most)]
