"""Making the network anew in the background: when a gate was drawn or moved, when a wall was."""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from gis.jobs.actions import start
from gis.jobs.models import Job
from layers.streets import network
from layers.streets.actions import renode
from layers.streets.models import Gate, Network

MAKE = "streets-network"
JOBS = uuid.UUID("0e0a8d0c-4a52-4c0e-8f3c-6b8d3e2f9a51")
"""Namespace of the jobs' ids: one making for one cause."""


def begin(gate: Gate, *, now: datetime, actor: Any) -> uuid.UUID | None:
    """Queue the making that a gate waits for, in the caller's transaction; None when it waits for none."""
    if gate.noded is not None and gate.noded.coords == gate.geometry.coords:
        return None
    return _start(f"{gate.pk} {gate.version}", now=now, actor=actor)


def keep_up(*, now: datetime) -> None:
    """Queue a making when walls or gates changed and none is under way; one that failed is tried again in an hour."""
    newest = Network.objects.order_by("-id").first()
    if newest is None or Job.objects.filter(kind=MAKE, ended_at__isnull=True).exists():
        return
    if network.stale(newest.made_at):
        _start(f"{newest.pk} {newest.made_at.isoformat()} {now:%Y-%m-%d %H}", now=now, actor=None)


def make(*, now: datetime, actor: Any) -> Network | None:
    """Make the network anew unless another making has brought what was waited for, and leave its arrays to all."""
    newest = Network.objects.order_by("-id").first()
    if newest is not None and not network.stale(newest.made_at):
        return newest
    made = renode(now=now, actor=actor)
    network.current()
    return made


def _start(cause: str, *, now: datetime, actor: Any) -> uuid.UUID:
    """The job of a cause, queued once."""
    job_id = uuid.uuid5(JOBS, cause)
    start(MAKE, job_id=job_id, title=_("Walking network"), actor=actor, args={}, now=now)
    return job_id
