"""What a file says against itself: rows that stand on the map already, and signs that it was named wrongly."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from django.conf import settings
from django.utils.translation import gettext as _

from grids.filing.offset import Suspicion, inside, same, suspicion, wholly
from grids.filing.reference import ROUGH_METRES
from grids.models import Boundary, Tier
from grids.proposals.columns import markup
from grids.proposals.known import Known, alike
from grids.proposals.said import Caution, RowProblem
from grids.proposals.wording import note_words
from grids.records import AreaRecord

if TYPE_CHECKING:
    from grids.proposals.proposal import Proposal

SAME_DEGREES = 2e-8
"""Two grid steps: rings that only gained nodes of their neighbours, or were written with one digit less."""
SAMPLE = 300
AROUND = 0.02
"""Degrees round a file in which its homes are looked for: an offset datum moves by half as much."""


def standing_as(
    numbers: Sequence[int], records: Sequence[AreaRecord], known: Known
) -> tuple[set[int], list[RowProblem]]:
    """(rows that are stored exactly so, problems of rows whose code or id means something else on the map)."""
    standing: set[int] = set()
    problems: list[RowProblem] = []
    pairs = [(number, row, known.twin(row)) for number, row in zip(numbers, records, strict=True) if row.tier]
    met = [(number, row, twin) for number, row, twin in pairs if twin is not None]
    same = alike([row for _number, row, _twin in met], [twin for _number, _row, twin in met], degrees=SAME_DEGREES)
    words = _("“%(name)s” on the map has the code “%(code)s” already, with another shape, name or parent.")
    for (number, row, twin), as_stored in zip(met, same.tolist(), strict=True):
        if as_stored:
            standing.add(number)
            continue
        field = "id" if twin.area_id == row.id else "code"
        told = words % {"name": twin.name, "code": twin.code}
        problems.append(RowProblem(number, "taken", told, field, point=_middle(twin.shape)))
    return standing, problems


def _middle(shape: Any) -> tuple[float, float]:
    point = shape.representative_point()
    return point.x, point.y


def cautions_of(proposal: "Proposal", known: Known, parents: Sequence[str]) -> list[Caution]:
    """What a person should look at before storing: notes of the reader, rough ways between datums, an offset."""
    table, where = proposal.table, proposal.reference
    told = [Caution(note.code, note_words(note.code, note.values)) for note in table.notes]
    accuracy = where.accuracy_m(shapely.get_coordinates(table.shapes))
    if accuracy > ROUGH_METRES:
        values = {"name": where.title, "metres": round(accuracy)}
        told.append(Caution("rough-datum", note_words("rough-datum", values), ask=True, values=values))
    if where.offset:
        told.append(Caution("offset-datum", note_words("offset-datum", {"name": where.title})))
    suspect = _suspect(proposal, known, parents)
    if suspect is not None:
        title = {"gcj02": "GCJ-02", "bd09": "BD-09", "wgs84": "WGS 84"}.get(suspect.reading, "")
        values = {
            "metres": round(suspect.metres), "title": title, "fits": round(100 * suspect.fits),
            "now": round(100 * suspect.now),
        }  # fmt: skip
        code = "looks-swapped" if suspect.reading == "swapped" else "looks-offset"
        words = note_words(code, values)
        if suspect.reading in {"gcj02", "bd09"} and not settings.ALLOW_OFFSET_DATUMS:
            words = f"{words} {note_words('offset-off', {})}"
        told.append(Caution(code, words, ask=True, values={**values, "try": suspect.reading}))
    rows = markup(proposal.records, proposal.numbers)
    if rows:
        told.append(Caution("markup", note_words("markup", {"count": len(rows), "row": rows[0]})))
    return told


def _suspect(proposal: "Proposal", known: Known, parents: Sequence[str]) -> Suspicion | None:
    """Whether another reading of the coordinates fits what is known much better: twins first, then named parents."""
    twins: list[tuple[Any, Any]] = []
    homes: list[tuple[Any, Any]] = []
    loose: list[AreaRecord] = []
    step = max(1, len(proposal.records) // SAMPLE)
    for at in range(0, len(proposal.records), step):
        record = proposal.records[at]
        if not record.tier or record.geometry.is_empty or not record.geometry.is_valid:
            continue
        twin = known.twin(record)
        if twin is not None:
            twins.append((record.geometry, twin.shape))
        elif record.parent in known.rows and parents[at]:
            homes.append((record.geometry, known.rows[record.parent].shape))
        elif not parents[at]:
            loose.append(record)
    for pairs, fit in ((twins, same), (homes, inside)):
        if pairs:
            shapes, others = (np.array(side, object) for side in zip(*pairs, strict=True))
            return suspicion(shapes, fit(others))
    return _suspect_loose(loose)


def _suspect_loose(rows: Sequence[AreaRecord]) -> Suspicion | None:
    """The same for rows that name no parent: they should lie wholly in areas of the nearest tier above theirs."""
    if not rows:
        return None
    deepest = min(Tier.objects.filter(code__in={row.tier for row in rows}).values_list("rank", flat=True))
    shapes = np.array([row.geometry for row in rows], object)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    near = Boundary.objects.still().near(west - AROUND, south - AROUND, east + AROUND, north + AROUND)
    above = near.filter(tier__rank__lt=deepest).select_related("tier")
    rank = above.order_by("-tier__rank").values_list("tier__rank", flat=True).first()
    homes = [row.shape for row in above.filter(tier__rank=rank)] if rank is not None else []
    return suspicion(shapes, wholly(homes)) if homes else None
