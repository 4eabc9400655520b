"""Sites out of a file: every row judged by the rules of the page and told, then added or changed, in one transaction.

A row is a site that is there already when it has its id, or its name in the area it serves; it then changes what the
file has columns for. The same file again changes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.datums import Datum
from gis.shared.errors import Conflict, Invalid
from grids import population_wording
from grids.filing.faults import Unreadable
from grids.permissions import demand
from layers.sites import files
from layers.sites.actions import store_sites, write_facts
from layers.sites.columns import HEADS, NEEDED, guess
from layers.sites.judging import VERB, Judge, Judged, Row
from layers.sites.records import RoomRecord, SiteRecord
from layers.sites.refusals import guarded

SAMPLES = 3
Tell = Callable[[int, int | None, str], Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about a file: columns (None: guessed), datum, the kind where no column says it."""

    columns: dict[str, str] | None = None
    datum: str = Datum.WGS84.value
    kind: str = "station"
    agreed: tuple[str, ...] = ()


def silent(done: int, total: int | None, words: str) -> None:
    """Tell nobody."""


def said_from(given: Any, *, agreed: Iterable[str] = ()) -> Said:
    """What a person said, out of JSON; raises Invalid naming the field."""
    if not isinstance(given, dict):
        raise Invalid(_("The answers about the file are no JSON."), code="bad-request")
    columns, datum, kind = given.get("columns"), given.get("datum") or Datum.WGS84.value, given.get("kind") or "station"
    plain = columns is None or (isinstance(columns, dict) and all(isinstance(head, str) for head in columns.values()))
    if not plain or not isinstance(datum, str) or not isinstance(kind, str):
        raise Invalid(_("The answers about the file cannot be read."), code="bad-request")
    if datum not in {row.value for row in Datum}:
        words = _("There is no datum “%(datum)s”.") % {"datum": datum[:40]}
        raise Invalid(words, code="bad-datum", fields={"datum": words})
    chosen = None if columns is None else {word: head for word, head in columns.items() if head}
    return Said(chosen, datum, kind, tuple(agreed))


class NotSound(Conflict):
    """Nothing was stored: the file has cautions that nobody agreed to; `found` says which."""

    code = "not-sound"

    def __init__(self, found: Judged) -> None:
        super().__init__(_("Nothing was stored: look at the report."))
        self.found = found


def examine(path: Path, said: Said, *, actor: Any, now: datetime, name: str = "", tell: Tell = silent) -> Judged:
    """Read a file and say what it would become; raises Invalid when it cannot be read at all.

    `actor` None is the server's administrator, who may edit sites everywhere.
    """
    if actor is not None:
        demand(actor, VERB, now=now)
    tell(0, None, _("Reading the file"))
    try:
        file = files.read(path)
    except Unreadable as fault:
        raise Invalid(population_wording.unreadable(fault), code=fault.code) from fault
    columns = guess(file.heads) if said.columns is None else _demanded(said.columns, file.heads)
    found = Judged(_about(file, columns, name or path.name))
    if any(word not in columns for word in NEEDED) or "lon" not in columns or "lat" not in columns:
        found.report["wanting"] = _("Choose the columns of the name, the longitude and the latitude.")
        return found
    tell(0, len(file.rows), _("Checking rows"))
    judge = Judge(columns, kind=said.kind, datum=Datum(said.datum), actor=actor, now=now)
    judge.take(file, found, agreed=said.agreed)
    return found


@guarded()
def bring_in(
    path: Path, said: Said, *, actor: Any, now: datetime, name: str = "", commit: bool, tell: Tell = silent
) -> Judged:
    """Examine a file and, with `commit`, store what it found; nothing is stored by halves."""
    found = examine(path, said, actor=actor, now=now, name=name, tell=tell)
    if commit and (found.fresh or found.changed):
        if not found.sound:
            raise NotSound(found)
        tell(0, None, _("Storing"))
        store_sites([_record(row) for row in found.fresh], now=now, actor=actor or "import_sites")
        for row in found.changed:
            assert row.standing is not None
            write_facts(row.standing, row.facts, kind=row.kind, area=row.area, spot=row.spot, now=now)
        told = {"new": len(found.fresh), "changed": len(found.changed)}
        record(
            actor=actor or "import_sites",
            verb="sites.import",
            subject=found.report["file"]["name"],
            now=now,
            detail=told,
        )
        found.report["stored"] = told
    return found


def _record(row: Row) -> SiteRecord:
    """A new site as the bulk door takes it."""
    facts = {
        name: value for name, value in row.facts.items() if name not in ("rooms", "services", "kind", "lon", "lat")
    }
    rooms = tuple(
        RoomRecord(room.name_zh, room.name_en, room.floor, room.capacity) for room in row.facts.get("rooms", ())
    )
    services = tuple(offer.service for offer in row.facts.get("services", ()))
    point = shapely.Point(row.spot.lon, row.spot.lat)
    return SiteRecord(
        id=row.id, kind=row.kind.code, area=row.area, point=point, rooms=rooms, services=services,
        **{"name_en": "", **facts},
    )  # fmt: skip


def _demanded(columns: dict[str, str], heads: list[str]) -> dict[str, str]:
    """The chosen columns, when the file has them; raises Invalid."""
    for word, head in columns.items():
        if word not in HEADS:
            message = population_wording.no_word(word, list(HEADS))
            raise Invalid(message, code="bad-map", fields={"map": message})
        if head not in heads:
            message = population_wording.no_column(head, heads)
            raise Invalid(message, code="no-such-column", fields={f"map.{word}": message})
    return columns


def _about(file: files.SiteFile, columns: dict[str, str], name: str) -> dict[str, Any]:
    """What the report says before any row is judged."""
    samples = {head: [row[head][:40] for _line, row in file.rows[:SAMPLES] if row.get(head)] for head in file.heads}
    return {
        "file": {
            "name": name, "kind": file.kind, "rows": len(file.rows) + len(file.odd),
            "columns": [{"name": head, "samples": samples[head]} for head in file.heads],
        },
        "map": columns, "words": list(HEADS), "sound": False, "storable": False, "wanting": "", "cautions": [],
        "new": 0, "changed": 0, "unchanged": 0, "nothing_new": False, "fault_count": 0, "faults": [], "preview": [],
    }  # fmt: skip
