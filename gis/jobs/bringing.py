"""A file brought in by jobs: handed in and checked, checked again with other answers, stored; the same for every app.

An app says which kinds of job do it, and how answers about the file are read; whoever calls has asked for permission.
A check's result holds `storable`, `cautions` of {code, message, ask} and `file` with its `name`.
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema

from gis.audit.receipts import key_of
from gis.jobs import actions, spool
from gis.jobs.api import shown
from gis.jobs.models import Job, State
from gis.shared.errors import Conflict, Invalid, Missing
from gis.shared.sheets import cell

LEFT_OUT = "left-out.csv"
LONGEST_NAME = 120


class CheckIn(Schema):
    """Other answers about a file that was handed in already."""

    said: Any


class StoreIn(Schema):
    """To which cautions a person agreed."""

    agreed: list[str] = []


@dataclass(frozen=True, slots=True)
class Bringing:
    """The jobs that check and store one kind of file; `read` refuses answers that make no sense by raising Invalid."""

    check: str
    store: str
    read: Callable[[Any], Any]

    def hand_in(self, request: HttpRequest, file: Any, said: str, *, now: datetime) -> dict[str, Any]:
        """Check a file; the Idempotency-Key is the job's id, so a second sending finds the first. `said`: JSON."""
        if file is None:
            words = _("Choose a file.")
            raise Invalid(words, code="no-file", fields={"file": words})
        try:
            answers = json.loads(said)
        except (ValueError, RecursionError):
            raise Invalid(_("The answers about the file are no JSON."), code="bad-request") from None
        self.read(answers)
        key = key_of(request)
        title = _("Check of %(file)s") % {"file": (file.name or "")[:LONGEST_NAME]}
        args = {"source": str(key), "said": answers}
        job = actions.start(self.check, job_id=key, title=title, actor=request.user, args=args, file=file, now=now)
        return shown(job)

    def check_again(self, request: HttpRequest, job_id: UUID, said: Any, *, now: datetime) -> dict[str, Any]:
        """Check the same file with other answers, as a new job."""
        before = self._mine(request, job_id)
        self.read(said)
        args = {"source": before.args["source"], "said": said}
        key = key_of(request)
        return shown(actions.start(self.check, job_id=key, title=before.title, actor=request.user, args=args, now=now))

    def put_in(self, request: HttpRequest, job_id: UUID, agreed: list[str], title: str, *, now: datetime) -> Any:
        """Store what a check found; rows that were left out stay out. `title` holds %(file)s."""
        checked = self._mine(request, job_id)
        found = checked.result or {}
        if checked.state != State.DONE or not found.get("storable"):
            raise Conflict(_("Nothing was stored: look at the report."), code="not-sound")
        asked = [one for one in found.get("cautions", ()) if one["ask"] and one["code"] not in agreed]
        if asked:
            raise Conflict(asked[0]["message"], code="not-agreed")
        words = title % {"file": found["file"]["name"]}
        args = {"source": checked.args["source"], "said": checked.args["said"], "agreed": agreed}
        key = key_of(request)
        return shown(actions.start(self.store, job_id=key, title=words, actor=request.user, args=args, now=now))

    def _mine(self, request: HttpRequest, job_id: UUID) -> Job:
        """A check that the asker started; raises Missing, also for another's."""
        found = Job.objects.filter(pk=job_id, account=request.user.pk, kind=self.check).first()
        if found is None:
            raise Missing(_("There is no such job."), code="no-job")
        return found


def brought(source: str) -> tuple[Path, str]:
    """Where the file lies that the job `source` brought, and its name; raises Conflict when it is not kept any more."""
    job = Job.objects.filter(pk=source).first()
    path = spool.folder_of(UUID(source)) / "upload" / job.upload if job and job.upload else None
    if job is None or path is None or not path.is_file():
        raise Conflict(_("The file is not kept any more. Choose it again."), code="file-gone")
    return path, job.upload


def left_out(faults: list[tuple[int, str]]) -> bytes:
    """The lines that were left out, as a CSV file that a spreadsheet opens."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_("Line"), _("What is wrong")])
    writer.writerows([line, cell(message)] for line, message in faults)
    return ("\ufeff" + text.getvalue()).encode()
