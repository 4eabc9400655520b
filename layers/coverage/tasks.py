"""What the worker does for coverage: reads anew where everybody lives, when asked or when something changed."""

from datetime import datetime
from typing import Any

from gis.jobs.registry import job, upkeep
from gis.jobs.running import Run
from layers.coverage import actions
from layers.coverage.reading import age_bands, reading

SETTLE = "coverage-settle"


@job(SETTLE)
def settle(run: Run) -> dict[str, Any]:
    """Read it anew for who asked; done twice it is the same."""
    made = actions.settle(now=run.now(), actor=run.actor)
    return {"places": made.places if made else None}


@upkeep
def keep_settled(now: datetime) -> None:
    """By itself, once editing has paused; what circles of counties are cut from too, so that nobody waits for it."""
    if actions.keep_settled(now=now):
        reading(now, age_bands())
