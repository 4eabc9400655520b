"""Work of the atlas in the background: large exports, and what the map keeps."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from gis.catalogue.clock import place_zone
from gis.jobs.registry import job, upkeep
from gis.jobs.running import Run
from layers.atlas import keeping, outlines
from layers.atlas.exports import export_layer

EXPORT = "layer-export"


@job(EXPORT)
def export(
    run: Run, *, layer: str, word: str, moment: str, area: str | None = None, filters: dict[str, str] | None = None
) -> dict[str, Any]:
    """Write a layer's file for who asked; done twice it is the same file. Rights are those of the time of writing."""
    at = parse_datetime(moment)
    assert at is not None
    with tempfile.TemporaryDirectory() as folder, timezone.override(place_zone()):
        made = export_layer(
            layer,
            word,
            Path(folder),
            asker=run.actor,
            moment=at,
            now=run.now(),
            area=UUID(area) if area else None,
            filters=filters,
            told=run.progress,
        )
        run.keep(made.filename, made.path)
    return {"rows": made.rows, "filename": made.filename}


@upkeep
def keep_the_map(now: datetime) -> None:
    """Simplify what was edited, find places for new names, throw away old tiles."""
    outlines.renew(now=now)
    keeping.tidy(now=now)
