"""What the worker does for tickets by itself."""

from datetime import datetime

from gis.jobs.registry import upkeep
from layers.tickets.reporters import anonymise

MINUTE, SECONDS = 17, 20
"""Once an hour: the worker asks three times a minute, and this reads every reporter that is kept."""


@upkeep
def anonymise_reporters(now: datetime) -> None:
    """Empty the reporters that have outlived their matter."""
    if now.minute == MINUTE and now.second < SECONDS:
        anonymise(now=now, actor="worker")
