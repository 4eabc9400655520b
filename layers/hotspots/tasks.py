"""What the worker does for hot spots by itself."""

from datetime import datetime, timedelta

from gis.jobs.registry import upkeep
from layers.hotspots.models import Touched

KEPT = timedelta(days=7)
"""No process holds tickets for longer than a day (`held.OLDEST`), and no transaction lasts for days."""
MINUTE, SECONDS = 23, 20


@upkeep
def drop_old_changes(now: datetime) -> None:
    """Forget changes that every process has read long ago; once an hour."""
    if now.minute == MINUTE and now.second < SECONDS:
        Touched.objects.filter(written_at__lt=now - KEPT).delete()
