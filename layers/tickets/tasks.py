"""What the worker does for tickets by itself."""

from datetime import datetime

from gis.jobs.registry import job, upkeep
from layers.tickets import import_tasks
from layers.tickets.reporters import anonymise
from layers.tickets.tallies import fold

MINUTE, SECONDS = 17, 20
"""Once an hour: the worker asks three times a minute, and this reads every reporter that is kept."""


@upkeep
def anonymise_reporters(now: datetime) -> None:
    """Empty the reporters that have outlived their matter."""
    if now.minute == MINUTE and now.second < SECONDS:
        anonymise(now=now, actor="worker")


job(import_tasks.LOOK)(import_tasks.look)
job(import_tasks.CHECK)(import_tasks.check)
job(import_tasks.STORE)(import_tasks.store)


@upkeep
def fold_tallies(now: datetime) -> None:
    """Make one row of the tallies that count the same."""
    fold()
