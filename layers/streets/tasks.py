"""What the worker does for streets: makes the walking network anew when walls or gates changed."""

from datetime import datetime
from typing import Any

from gis.jobs.registry import job, upkeep
from gis.jobs.running import Run
from layers.streets import making


@job(making.MAKE)
def make(run: Run) -> dict[str, Any]:
    """Done twice it is the same: the second time nothing is stale."""
    made = making.make(now=run.now(), actor=run.actor)
    return {"network": made.pk, "edges": made.edges} if made else {}


@upkeep
def keep_up(now: datetime) -> None:
    """By itself, after compounds were drawn."""
    making.keep_up(now=now)
