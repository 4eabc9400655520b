"""A person's own jobs: how far they are, what came of them, stopping them. Nobody sees another's."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from gis.audit.receipts import idempotent
from gis.jobs import actions, spool
from gis.jobs.models import Job, State
from gis.jobs.slate import attended
from gis.shared.errors import Missing, SignInNeeded

router = Router(tags=["jobs"])
MOST_LISTED = 50


@router.get("")
def get_jobs(request: HttpRequest) -> Any:
    """The asker's own jobs, newest first."""
    return {"jobs": [shown(job) for job in _mine(request).order_by("-created_at", "-id")[:MOST_LISTED]]}


@router.get("/{uuid:job_id}")
def get_job(request: HttpRequest, job_id: UUID) -> Any:
    """One of the asker's own jobs."""
    return shown(_one(request, job_id))


@router.post("/{uuid:job_id}/cancel")
@idempotent
def post_cancel(request: HttpRequest, job_id: UUID) -> Any:
    """Ask it to stop."""
    return shown(actions.cancel(_one(request, job_id), actor=request.user, now=timezone.now()))


@router.get("/{uuid:job_id}/file")
def get_file(request: HttpRequest, job_id: UUID) -> Any:
    """The file that the job made."""
    job = _one(request, job_id)
    path = spool.folder_of(job.pk) / "kept" / job.kept
    if not job.kept or job.state != State.DONE or not path.is_file():
        raise Missing(_("This job has no file any more: files are kept for one day."), code="no-file")
    return FileResponse(path.open("rb"), as_attachment=True, filename=job.kept)


def shown(job: Job) -> dict[str, Any]:
    """What the page is told of a job."""
    return {
        "id": job.pk,
        "kind": job.kind,
        "title": job.title,
        "state": job.state,
        "unattended": job.state == State.QUEUED and not attended(now=timezone.now()),
        "stopping": job.cancel_asked and not job.ended,
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "result": job.result,
        "problem": job.problem,
        "file": f"/api/jobs/{job.pk}/file" if job.kept and job.state == State.DONE else None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }


def _mine(request: HttpRequest) -> Any:
    """Jobs the asker started; raises SignInNeeded."""
    if not request.user.is_authenticated:
        raise SignInNeeded(_("Sign in to do this."))
    return Job.objects.filter(account=request.user)


def _one(request: HttpRequest, job_id: UUID) -> Job:
    """One of them; raises Missing, also for another's."""
    found: Job | None = _mine(request).filter(pk=job_id).first()
    if found is None:
        raise Missing(_("There is no such job."), code="no-job")
    return found
