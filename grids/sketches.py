"""Unsaved drawings: kept on the server for whoever draws, never shown to anybody else, gone once saved or discarded."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gis.shared.errors import Conflict, Invalid, SignInNeeded, Stale
from gis.shared.geojson import MAX_VERTICES
from grids.fields import LONGEST_NAME
from grids.models import Boundary, Sketch, Tier
from grids.permissions import demand

WORDS = frozenset({"code", "name_zh", "name_en", "walled"})
PURPOSES = frozenset({"outer", "part", "hole", "redraw"})
MOST_BYTES = 2_000_000


def keep_sketch(
    *,
    task: str,
    area: UUID,
    drawing: Any,
    words: Mapping[str, str],
    revision: int,
    tier: str | None = None,
    new_area: UUID | None = None,
    made_from: int | None = None,
    actor: Any,
    now: datetime,
) -> Sketch:
    """Store what is drawn so far; `revision` is the one this page had (0: none yet), the answer carries the next.

    The same content under the revision before is the same act sent twice. Raises Stale with what another page or
    device has kept since, Conflict when the drawing was saved or discarded meanwhile, Refused, Invalid.
    """
    demand_task(actor, task, area, now=now)
    content = {
        "drawing": checked_drawing(drawing),
        "words": checked_words(words),
        "tier": Tier.objects.filter(code=tier).first() if tier else None,
        "new_area": new_area,
        "made_from": made_from,
    }
    with transaction.atomic():
        stored = mine(actor).select_for_update().filter(task=task, area=area).first()
        if stored is None:
            return _begin(actor, task, area, content, revision, now)
        if stored.revision == revision + 1 and all(getattr(stored, name) == value for name, value in content.items()):
            return stored
        if stored.revision != revision:
            raise Stale(
                _("You went on drawing this on another page or device."), code="stale-sketch", sketch=told(stored)
            )
        for name, value in content.items():
            setattr(stored, name, value)
        stored.revision, stored.updated_at = revision + 1, now
        stored.save()
    return stored


def _begin(actor: Any, task: str, area: UUID, content: dict[str, Any], revision: int, now: datetime) -> Sketch:
    """The first revision; a page that thinks it has one already is late."""
    if revision:
        raise Conflict(_("This drawing was saved or discarded on another page."), code="sketch-gone")
    try:
        with transaction.atomic():
            return Sketch.objects.create(account=actor, task=task, area_id=area, updated_at=now, **content)
    except IntegrityError:  # two pages began in the same moment
        stored = mine(actor).get(task=task, area=area)
        raise Stale(
            _("You went on drawing this on another page or device."), code="stale-sketch", sketch=told(stored)
        ) from None


def drop_sketch(*, task: str, area: UUID, actor: Any) -> bool:
    """Throw away what was not saved; whether there was anything."""
    count, _by_model = mine(actor).filter(task=task, area=area).delete()
    return bool(count)


def demand_task(actor: Any, task: str, area: UUID, *, now: datetime) -> None:
    """Go on when the actor may do what the sketch is for: draw in the area, or move its boundary."""
    if task not in Sketch.Task.values:
        raise Invalid(_("There is no such task."), code="bad-task", fields={"task": _("draw or move")})
    row = Boundary.objects.still().filter(area=area).values_list("parent_id", flat=True).first()
    place = row if task == Sketch.Task.MOVE and row else area
    demand(actor, "area.draw", place, now=now)


def mine(actor: Any) -> Any:
    """The asker's own; raises SignInNeeded."""
    if not getattr(actor, "is_authenticated", False):
        raise SignInNeeded(_("Sign in to do this."))
    return Sketch.objects.filter(account=actor)


def told(sketch: Sketch) -> dict[str, Any]:
    """A sketch as the editor takes it up again."""
    return {
        "task": sketch.task,
        "area": str(sketch.area_id),
        "tier": sketch.tier.code if sketch.tier else None,
        "new_area": str(sketch.new_area) if sketch.new_area else None,
        "made_from": sketch.made_from,
        "drawing": sketch.drawing,
        "words": sketch.words,
        "revision": sketch.revision,
        "updated_at": sketch.updated_at.isoformat(),
    }


def listed(actor: Any, *, now: datetime) -> list[dict[str, Any]]:
    """What the asker began and did not finish, newest first, by the names of the areas."""
    sketches = list(mine(actor))
    names = {
        row.area_id: row for row in Boundary.objects.at(now).filter(area__in=[sketch.area_id for sketch in sketches])
    }
    return [
        {
            "task": sketch.task,
            "area": sketch.area_id,
            "name_zh": names[sketch.area_id].name_zh,
            "name_en": names[sketch.area_id].name_en,
            "words": sketch.words,
            "updated_at": sketch.updated_at,
        }
        for sketch in sketches
        if sketch.area_id in names
    ]


def checked_words(words: Mapping[str, str]) -> dict[str, str]:
    """Names and code as typed so far, cut to what could ever be right; NUL is no letter."""
    return {
        name: text.replace("\0", "")[: 2 * LONGEST_NAME]
        for name, text in words.items()
        if name in WORDS and isinstance(text, str)
    }


def checked_drawing(drawing: Any) -> dict[str, Any]:
    """{"polygons": [[ring, hole…], …], "line": {"purpose", "points"} | null}, as an editor holds it; raises Invalid.

    It may be unfinished or cross itself: only its form, its size and its numbers are judged.
    """
    wrong = _("This is not a drawing.")
    if not isinstance(drawing, dict) or len(json.dumps(drawing, default=str)) > MOST_BYTES:
        raise Invalid(wrong, code="bad-drawing", fields={"drawing": wrong})
    polygons, line = drawing.get("polygons"), drawing.get("line")
    points = line.get("points") if isinstance(line, dict) and line.get("purpose") in PURPOSES else None
    if not isinstance(polygons, list) or not (line is None or isinstance(points, list)):
        raise Invalid(wrong, code="bad-drawing", fields={"drawing": wrong})
    for at, position in enumerate((*_positions(polygons, 3), *_positions(points or [], 1))):
        if at >= MAX_VERTICES or not _is_position(position):
            raise Invalid(wrong, code="bad-drawing", fields={"drawing": wrong})
    kept = None if line is None else {"purpose": line["purpose"], "points": points, "start": _start(line.get("start"))}
    return {"polygons": polygons, "line": kept}


def _start(value: Any) -> list[int] | None:
    """Which corner a line that replaces a run begins at: part, ring, corner."""
    whole = isinstance(value, list) and len(value) == 3 and all(type(number) is int for number in value)
    return value if whole else None


def _positions(value: Any, depth: int) -> Iterator[Any]:
    """What stands so many lists deep; None where a list was expected and there is none."""
    if depth == 0:
        yield value
    elif not isinstance(value, list):
        yield None
    else:
        for item in value:
            yield from _positions(item, depth - 1)


def _is_position(value: Any) -> bool:
    """Whether this is [lon, lat] in degrees."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value):
        return False
    lon, lat = value
    return -180 <= lon <= 180 and -90 <= lat <= 90
