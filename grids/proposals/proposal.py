"""A file's rows as areas that could be stored, and everything that forbids it, row by row. Reads, never writes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from shapely import MultiPolygon

from gis.shared.geometry import as_multipolygon, snap_to_grid
from grids.filing import Table, Unreadable
from grids.filing.columns import Source, guess
from grids.filing.reference import Reference, hint, reference
from grids.imports import check_areas
from grids.noding import on_grid
from grids.proposals.columns import TierWords, records_of
from grids.proposals.known import Known
from grids.proposals.looking import cautions_of, standing_as
from grids.proposals.parents import find_parents, number_codes
from grids.proposals.said import Caution, RowProblem, Said
from grids.proposals.wording import fault_words
from grids.records import AreaRecord
from grids.topology import Finding
from grids.wording import problem

EMPTY = MultiPolygon()
LONGEST_PLACE = 500
"""Vertices of a place that is drawn in red; of a longer one its box is drawn."""
Tell = Callable[[str], Any]


@dataclass
class Proposal:
    """What storing a file would do. `records[i]` is row `numbers[i]`; `standing` are rows that are stored already."""

    table: Table
    reference: Reference
    map: dict[str, Source]
    numbers: list[int]
    records: list[AreaRecord]
    standing: set[int] = field(default_factory=set)
    problems: list[RowProblem] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)

    @property
    def new(self) -> list[AreaRecord]:
        """The rows to store."""
        return [row for number, row in zip(self.numbers, self.records, strict=True) if number not in self.standing]

    @property
    def sound(self) -> bool:
        """Whether nothing forbids storing them all."""
        return not self.problems and bool(self.new)


def propose(
    table: Table,
    said: Said,
    *,
    namespace: UUID,
    may_draw_in: Callable[[UUID | None], bool],
    tell: Tell = str,
) -> Proposal:
    """Everything that can be said of a file; raises Unreadable where its coordinates or columns make no sense at all.

    `may_draw_in(parent)` says where the asker may add areas; ids that the file lacks are made from `namespace`.
    """
    tiers = TierWords()
    where = reference(said.crs, table.crs, allow_offset=settings.ALLOW_OFFSET_DATUMS)
    shapes = np.array(table.shapes, object)
    if said.swapped:
        shapes = np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]), object)
    contradiction = hint(shapely.get_coordinates(shapes), where)
    if contradiction is not None:
        raise Unreadable(contradiction[0], name=where.title, **contradiction[1])
    tell(_("Converting coordinates"))
    placed, lost = where.shapes(shapes)
    chosen = {**guess(table), **said.map} if said.map is not None else guess(table)
    records, parents, problems = records_of(table, chosen, tiers, namespace=namespace)
    numbers = table.numbers.tolist()
    problems += [RowProblem(fault.row, fault.code, fault_words(fault.code, fault.values)) for fault in table.faults]
    problems += [RowProblem(numbers[at], "lost", fault_words("lost", {})) for at in np.flatnonzero(lost).tolist()]
    records = [replace(row, geometry=shape) for row, shape in zip(records, _grid(placed), strict=True)]
    tell(_("Looking for the areas above"))
    known = Known(placed, parents, [row.code for row in records], [row.id for row in records])
    records, orphans = find_parents(numbers, records, parents, known, tiers)
    problems += orphans
    if not chosen["code"].given:
        records = number_codes(records, known)
    proposal = Proposal(table, where, chosen, numbers, records, problems=problems)
    proposal.standing, taken = standing_as(numbers, records, known)
    proposal.problems += taken
    proposal.problems += _not_yours(proposal, known, may_draw_in)
    tell(_("Checking shapes against each other and the map"))
    proposal.problems += _shapes(proposal, tiers, known)
    proposal.cautions = cautions_of(proposal, known, parents)
    proposal.problems = sorted(_placed(proposal), key=lambda one: one.row)
    return proposal


def _placed(proposal: Proposal) -> Iterator[RowProblem]:
    """The problems, each with somewhere to go: where the row's shape is, if nothing better is known."""
    shapes = dict(zip(proposal.numbers, (row.geometry for row in proposal.records), strict=True))
    for one in proposal.problems:
        shape = shapes.get(one.row, EMPTY)
        if one.point is None and one.geometry is None and not shape.is_empty:
            inside = shape.envelope.centroid
            one = replace(one, point=(inside.x, inside.y))
        yield one


def _grid(shapes: NDArray[Any]) -> list[MultiPolygon]:
    """Shapes on the fixed grid as they are stored; rows without one get an empty shape. All at once where sound."""
    there = np.flatnonzero(shapely.get_num_coordinates(shapes) > 0)
    gridded = [EMPTY] * len(shapes)
    parts, owner = shapely.get_parts(snap_to_grid(shapes[there]), return_index=True)
    whole = shapely.multipolygons(parts, indices=owner)
    lean = shapely.get_num_coordinates(shapely.remove_repeated_points(whole)) == shapely.get_num_coordinates(whole)
    sound = lean & shapely.is_valid(whole)
    for at, shape, fine in zip(there.tolist(), whole, sound.tolist(), strict=True):
        gridded[at] = shape if fine else on_grid(as_multipolygon(shapes[at]))
    return gridded


def _not_yours(proposal: Proposal, known: Known, may_draw_in: Callable[[UUID | None], bool]) -> list[RowProblem]:
    """Rows whose parent stands on the map outside the asker's appointments, or which would be new tops."""
    own = {row.id for row in proposal.records}
    allowed: dict[UUID | None, bool] = {}
    told: list[RowProblem] = []
    orphans = {one.row for one in proposal.problems if one.field in {"parent", "tier"}}
    orphans |= {
        number
        for number, row in zip(proposal.numbers, proposal.records, strict=True)
        if row.parent is None and (row.geometry.is_empty or not row.geometry.is_valid)
    }
    for number, row in zip(proposal.numbers, proposal.records, strict=True):
        if number in proposal.standing or number in orphans or (row.parent in own and row.parent not in known.rows):
            continue
        if row.parent not in allowed:
            allowed[row.parent] = may_draw_in(row.parent)
        if allowed[row.parent]:
            continue
        if row.parent is None:
            words = _("An area without one above it is added by the administrator of the server (import_areas).")
        else:
            name = known.rows[row.parent].name if row.parent in known.rows else str(row.parent)
            words = _("You may not draw in “%(name)s”: your appointment covers another part of the map.")
            words %= {"name": name}
        told.append(RowProblem(number, "not-yours", words, "parent"))
    return told


def _shapes(proposal: Proposal, tiers: TierWords, known: Known) -> list[RowProblem]:
    """The survey's findings by row."""
    ready = [row for row in proposal.new if row.tier and not row.geometry.is_empty]
    first: dict[UUID, AreaRecord] = {}
    for row in ready:
        first.setdefault(row.id, row)
    once = list(first.values())
    number_of = {row.id: number for number, row in reversed(list(zip(proposal.numbers, proposal.records, strict=True)))}
    names = {row.area_id: row.name for row in known.rows.values()}
    names.update({row.id: row.name_zh[:120] or _("row %(row)d") % {"row": number_of[row.id]} for row in once})
    twins = {row.id: twin.area_id for row in once if (twin := known.twin(row)) is not None}
    told: list[RowProblem] = []
    for finding in check_areas(once):
        if finding.area and finding.other and twins.get(finding.area) == finding.other:
            continue  # a new telling of the very area is told as "taken"
        number = number_of.get(finding.area) if finding.area else None
        other = number_of.get(finding.other) if finding.other else None
        if number is None:
            number, other = other or 0, None
        told.append(_as_problem(finding, names, number, other))
    return told


def _as_problem(finding: Finding, names: dict[UUID, str], number: int, other: int | None) -> RowProblem:
    """One finding as a row's problem, its place short enough to be drawn."""
    place = finding.place
    if place is not None and shapely.get_num_coordinates(place) > LONGEST_PLACE:
        place = shapely.envelope(place)
    told = problem(replace(finding, place=place), names)
    message = told["message"]
    if other is not None:
        message = _("%(message)s (row %(row)d)") % {"message": message, "row": other}
    return RowProblem(number, finding.code, message, "", told["geometry"], finding.point, other)
