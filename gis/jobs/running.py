"""Doing one job: what its work is given (`Run`), and what becomes of what it returns or raises."""

import logging
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from gis.jobs import spool
from gis.jobs.models import Job, State
from gis.jobs.registry import work_of
from gis.jobs.slate import Slate
from gis.shared.errors import Failure, Problem
from gis.shared.outage import OUTAGES

logger = logging.getLogger(__name__)
TELL_EVERY_S = 0.3
MOST_ATTEMPTS = 5


class Cancelled(Exception):
    """The person who started the job asked to stop; let it pass through, so that transactions roll back."""


class Run:
    """What the work of a job may use."""

    def __init__(self, job: Job, slate: Slate) -> None:
        """For the runner alone."""
        self.id: UUID = job.id
        self.title = job.title
        self.actor: Any = job.account
        self._upload = job.upload
        self._slate = slate
        self._told = 0.0

    def now(self) -> datetime:
        """This instant."""
        return timezone.now()

    @property
    def file(self) -> Path | None:
        """Where the uploaded file lies, if there is one; its name is the person's own, made harmless."""
        return spool.folder_of(self.id) / "upload" / self._upload if self._upload else None

    def progress(self, done: int, total: int | None = None, message: str = "", *, now: bool = False) -> None:
        """Say how far it is (written at most three times a second, or `now`); raises Cancelled when asked to stop."""
        if not now and time.monotonic() - self._told < TELL_EVERY_S:
            return
        self._told = time.monotonic()
        if self._slate.tell(done, total, str(message)):
            raise Cancelled

    def keep(self, name: str, content: bytes | Path) -> None:
        """Keep a file for the person to fetch; a job keeps one, the last."""
        self._slate.keep(spool.put(self.id, name, content))


def execute(job_id: UUID) -> None:
    """Do a job's work, unless it has ended or another process is at it.

    An outage of the database leaves the job unended: whoever looks after the jobs lets it run again.
    """
    with Slate(job_id) as slate:
        if not slate.lock():
            return
        attempt = slate.begin()
        job = Job.objects.select_related("account").filter(pk=job_id).first()
        if job is None or not attempt:
            return
        with translation.override(job.language or None):
            if job.cancel_asked:
                slate.end(State.CANCELLED)
            elif attempt > MOST_ATTEMPTS:
                logger.error("job %s (%s) was broken off %d times", job.id, job.kind, MOST_ATTEMPTS)
                slate.end(State.FAILED, problem=_unexpected())
            else:
                _work(job, slate)


def _work(job: Job, slate: Slate) -> None:
    """Call the work and write down what came of it."""
    try:
        found = work_of(job.kind)
        result = found(Run(job, slate), **job.args)
    except Cancelled:
        slate.end(State.CANCELLED)
    except Problem as problem:
        slate.end(State.FAILED, problem=problem.document())
    except OUTAGES:
        raise
    except Exception:
        logger.exception("job %s (%s) failed", job.id, job.kind)
        slate.end(State.FAILED, problem=_unexpected())
    else:
        slate.end(State.DONE, result=result)


def _unexpected() -> dict[str, Any]:
    """A defect of ours; nothing of it is told but that it happened."""
    words = _(
        "Something went wrong on the server; what was not finished was not stored. Tell your administrator the time."
    )
    return Failure(words, code="unexpected").document()
