"""Starting and cancelling jobs, and looking after those whose process died."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as queue
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from gis.audit.actions import record
from gis.jobs import spool
from gis.jobs.models import ENDED, Job, State
from gis.jobs.registry import KINDS
from gis.jobs.slate import held
from gis.shared.errors import Conflict

logger = logging.getLogger(__name__)
TASK = "gis.jobs.run"
KEEP_FILES = timedelta(days=1)
KEEP_JOBS = timedelta(days=90)


def start(
    kind: str,
    *,
    job_id: UUID,
    title: str,
    actor: Any,
    args: dict[str, Any],
    file: spool.Upload | None = None,
    now: datetime,
) -> Job:
    """Queue a job; the same id by the same person again is the same job. Raises Conflict when the id is another's.

    In the caller's transaction: when that rolls back, nothing was queued.
    """
    if kind not in KINDS:
        raise LookupError(f"No app registers the kind of job {kind!r}.")
    account = actor if getattr(actor, "is_authenticated", False) else None
    known = Job.objects.filter(pk=job_id).first()
    if known is None:
        upload = spool.take_in(job_id, file) if file is not None else ""
        try:
            with transaction.atomic():
                job = Job.objects.create(
                    id=job_id, kind=kind, title=title[:200], account=account, args=args, upload=upload, created_at=now,
                    language=translation.get_language() or "",
                )  # fmt: skip
                _enqueue(job_id)
                record(actor=actor, verb="job.start", subject=job_id, now=now, detail={"kind": kind})
        except IntegrityError:  # a second sender was quicker
            known = Job.objects.get(pk=job_id)
        else:
            return job
    if known.kind != kind or known.account_id != (account.pk if account else None):
        raise Conflict(_("This id belongs to another job."), code="id-taken")
    return known


def cancel(job: Job, *, actor: Any, now: datetime) -> Job:
    """Ask a job to stop: one that waits ends at once, one that runs at its next step; an ended one stays as it is."""
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        if job.ended or job.cancel_asked:
            return job
        job.cancel_asked = True
        if job.state == State.QUEUED:
            job.state, job.ended_at = State.CANCELLED, now
        job.save(update_fields=["cancel_asked", "state", "ended_at"])
        record(actor=actor, verb="job.cancel", subject=job.pk, now=now, detail={"kind": job.kind})
    return job


def look_after(*, now: datetime) -> list[UUID]:
    """Queue again what no process is at and nothing will begin; remove old files and old jobs. Returns the revived."""
    waiting = {str(args.get("job")) for args in _queued().filter(status="todo").values_list("args", flat=True)}
    open_jobs = list(Job.objects.filter(ended_at__isnull=True).values_list("pk", flat=True))
    lost = [pk for pk in open_jobs if str(pk) not in waiting]
    dead = [pk for pk in lost if pk not in held(lost)] if lost else []
    for pk in dead:
        logger.warning("job %s lost its process and is queued again", pk)
        _enqueue(pk)
    _clean(now=now)
    return dead


def _clean(*, now: datetime) -> None:
    """Files a day after their job's end (or their job never came to be), jobs after some months."""
    Job.objects.filter(ended_at__lt=now - KEEP_JOBS).delete()
    old = spool.older_than(now - KEEP_FILES)
    needed = set(
        Job.objects.filter(pk__in=old)
        .exclude(state__in=ENDED, ended_at__lt=now - KEEP_FILES)
        .values_list("pk", flat=True)
    )
    for pk in old:
        if pk not in needed:
            spool.discard(pk)


def _queued() -> Any:
    """The queue's own rows of our task."""
    return ProcrastinateJob.objects.filter(task_name=TASK)


def _enqueue(job_id: UUID) -> None:
    """Put a job into the queue once, in this transaction."""
    try:
        with transaction.atomic():
            queue.configure_task(TASK, queueing_lock=str(job_id)).defer(job=str(job_id))
    except AlreadyEnqueued:
        pass
