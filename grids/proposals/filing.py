"""The two acts on a file of areas, for job, command and test alike: check it, and store what a check kept."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import shapely
from django.utils.translation import gettext as _

from gis.shared.errors import Conflict
from grids.filing import Unreadable
from grids.filing.apart import read_apart
from grids.imports import store_areas
from grids.models import BoundaryChange
from grids.permissions import demand, may
from grids.proposals import report
from grids.proposals.proposal import propose
from grids.proposals.said import Said
from grids.proposals.wording import told
from grids.records import AreaRecord

Tell = Callable[[int, int | None, str], Any]


def silent(done: int, total: int | None, words: str) -> None:
    """Tell nobody."""


def check_file(
    path: Path,
    said: Said,
    *,
    rows: Path,
    namespace: UUID,
    actor: Any,
    now: datetime,
    tell: Tell = silent,
) -> dict[str, Any]:
    """Read a file, write its rows to `rows` and return the report; raises Invalid when it cannot be read at all.

    `actor` None is the server's administrator, who may add areas anywhere.
    """
    reading = _("Reading the file")
    tell(0, None, reading)

    def may_draw_in(parent: UUID | None) -> bool:
        return actor is None or (parent is not None and may(actor, "area.draw", parent, now=now))

    try:
        table = read_apart(path, layer=said.layer, encoding=said.encoding, waiting=lambda: tell(0, None, reading))
        count = len(table)
        proposal = propose(
            table, said, namespace=namespace, may_draw_in=may_draw_in, tell=lambda words: tell(count, None, words)
        )
    except Unreadable as fault:
        raise told(fault) from fault
    report.keep(proposal, rows)
    return report.report(proposal, file=path.name)


def store_checked(
    rows: Path,
    *,
    change_id: UUID,
    reason: str,
    actor: Any,
    now: datetime,
    tell: Tell = silent,
) -> dict[str, Any]:
    """Store kept rows as one change, or nothing; the same `change_id` again finds it done. Raises Problem."""
    try:
        records = report.kept(rows)
    except FileNotFoundError:
        raise Conflict(_("The file is not kept any more. Choose it again."), code="file-gone") from None
    except ValueError:
        raise Conflict(_("Some rows have problems; nothing of the file is stored until they are mended.")) from None
    if not BoundaryChange.objects.filter(pk=change_id).exists():
        _demand_all(records, actor, now)
        words = {
            "columns": _("Checking words and codes"),
            "noding": _("Fitting shared edges together"),
            "shapes": _("Checking shapes"),
            "storing": _("Storing %(count)d areas") % {"count": len(records)},
            "guard": _("The database checks everything once more"),
        }
        store_areas(
            records,
            reason=reason[:500],
            now=now,
            actor=actor or "import_areas",
            change_id=change_id,
            on_step=lambda name, number, of: tell(number, of, words[name]),
        )
    return {
        "change": str(change_id),
        "areas": len(records),
        "tiers": dict(Counter(row.tier for row in records)),
        "bbox": shapely.total_bounds([row.geometry for row in records]).tolist(),
    }


def _demand_all(records: list[AreaRecord], actor: Any, now: datetime) -> None:
    """Raise Refused where the actor may not add areas (any more): asked again, for a check may be hours old."""
    if actor is None:
        return
    own = {row.id for row in records}
    for parent in {row.parent for row in records if row.parent not in own}:
        demand(actor, "area.draw", parent, now=now)
    if any(row.parent is None for row in records):
        words = _("An area without one above it is added by the administrator of the server (import_areas).")
        raise Conflict(words, code="not-yours")
