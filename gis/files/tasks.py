"""What the worker does for pictures by itself."""

from datetime import datetime

from gis.files.actions import sweep
from gis.jobs.registry import upkeep


@upkeep
def sweep_pictures(now: datetime) -> None:
    """Remove pictures that were never given to anything."""
    sweep(now=now)
