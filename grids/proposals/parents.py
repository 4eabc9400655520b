"""Which area each row lies in: as the file says by id or code, else by place; and codes where the file has none."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import shapely
from django.utils.translation import gettext as _
from shapely import MultiPolygon

from grids.models import Boundary
from grids.proposals.columns import TierWords, short
from grids.proposals.known import Known, is_uuid
from grids.proposals.said import RowProblem
from grids.provisional import in_reading_order
from grids.records import AreaRecord

DIGITS = 3


def find_parents(
    numbers: Sequence[int],
    records: Sequence[AreaRecord],
    texts: Sequence[str],
    known: Known,
    tiers: TierWords,
) -> tuple[list[AreaRecord], list[RowProblem]]:
    """The records with their parents; a row whose parent cannot be told has a problem and keeps None."""
    by_id = {record.id: record for record in records}
    by_code: dict[str, list[AreaRecord]] = defaultdict(list)
    for record in records:
        if record.code:
            by_code[record.code].append(record)
    found: list[UUID | None] = [None] * len(records)
    problems: list[RowProblem] = []
    by_place: list[int] = []
    top = _top_rank(tiers, records, known)
    for at, (record, text) in enumerate(zip(records, texts, strict=True)):
        if not record.tier:
            continue
        if not text:
            if tiers.rank(record.tier) > top:
                by_place.append(at)
            continue
        found[at] = _named(text, record, by_id, by_code, known, tiers)
        if found[at] is None:
            words = _("No area “%(code)s” of a higher tier is known, neither in the file nor on the map.")
            problems.append(RowProblem(numbers[at], "bad-parent", words % {"code": short(text)}, "parent"))
    placed = _placed(by_place, records, known, tiers)
    for at in by_place:
        found[at] = placed.get(at)
        sound = records[at].geometry.is_valid and not records[at].geometry.is_empty  # else that is told already
        if found[at] is None and sound:
            words = _("It lies in no area of a higher tier.")
            point = records[at].geometry.representative_point()
            problems.append(RowProblem(numbers[at], "no-parent", words, "parent", point=(point.x, point.y)))
    return [replace(record, parent=parent) for record, parent in zip(records, found, strict=True)], problems


def _top_rank(tiers: TierWords, records: Sequence[AreaRecord], known: Known) -> int:
    """The rank at and above which a row needs no parent: a county's, unless something above it is known."""
    ranks = [tiers.rank(record.tier) for record in records if record.tier]
    ranks += [row.rank for row in known.rows.values()]
    county = tiers.rank("county")
    return min([county, *ranks])


def _named(
    text: str,
    record: AreaRecord,
    by_id: Mapping[UUID, AreaRecord],
    by_code: Mapping[str, Sequence[AreaRecord]],
    known: Known,
    tiers: TierWords,
) -> UUID | None:
    """The area above a row by id or by code: of the nearest tier above, the file's own before the map's."""
    own = tiers.rank(record.tier)
    if is_uuid(text):
        given = UUID(text)
        if given in by_id:
            tier = by_id[given].tier
            return given if tier and tiers.rank(tier) < own else None
        return given if given in known.rows and known.rows[given].rank < own else None
    above = [(tiers.rank(row.tier), 1, row.id) for row in by_code.get(text, ()) if row.tier]
    above += [(row.rank, 0, row.area_id) for row in known.by_code.get(text, ())]
    above = [entry for entry in above if entry[0] < own]
    return max(above, key=lambda entry: entry[:2])[2] if above else None


def _placed(rows: Sequence[int], records: Sequence[AreaRecord], known: Known, tiers: TierWords) -> dict[int, UUID]:
    """For rows without a word for their parent: the deepest area of a higher tier that covers a point inside."""
    if not rows:
        return {}
    ids: list[UUID] = []
    ranks: list[int] = []
    shapes: list[MultiPolygon] = []
    for record in records:
        if record.tier and record.geometry.is_valid and not record.geometry.is_empty:
            ids.append(record.id)
            ranks.append(tiers.rank(record.tier))
            shapes.append(record.geometry)
    for row in known.rows.values():
        ids.append(row.area_id)
        ranks.append(row.rank)
        shapes.append(row.shape)
    usable = [at for at in rows if not records[at].geometry.is_empty]
    points = [_inside(records[at].geometry) for at in usable]
    one, other = shapely.STRtree(shapes).query(points, predicate="covered_by")
    placed: dict[int, tuple[int, UUID]] = {}
    for which, home in zip(one.tolist(), other.tolist(), strict=True):
        at = usable[which]
        if ranks[home] < tiers.rank(records[at].tier) and (at not in placed or ranks[home] > placed[at][0]):
            placed[at] = (ranks[home], ids[home])
    return {at: home for at, (_rank, home) in placed.items()}


def _inside(shape: MultiPolygon) -> Any:
    """A point inside, also of a shape whose rings cross."""
    return shape.representative_point() if shape.is_valid else shape.centroid


def number_codes(records: Sequence[AreaRecord], known: Known) -> list[AreaRecord]:
    """Codes for rows that came without any: the parent's and the next free number, west to east, north to south."""
    code_of = {row.area_id: row.code for row in known.rows.values()} | {row.id: row.code for row in records}
    tiers = {record.tier for record in records if record.tier and not record.code}
    stored = Boundary.objects.filter(tier__code__in=tiers).values_list("tier__code", "code")
    taken = set(stored) | {(record.tier, record.code) for record in records}
    families: dict[tuple[UUID | None, str], list[int]] = defaultdict(list)
    for at, record in enumerate(records):
        if not record.code and record.tier:
            families[record.parent, record.tier].append(at)
    depths = _depths(records)
    done = list(records)
    # from the top down: a parent that has just been numbered gives its code to its children
    for parent, tier in sorted(families, key=lambda family: depths.get(family[0], -1)):
        members = families[parent, tier]
        stem = code_of.get(parent, "") if parent else ""
        digits = max(DIGITS, len(str(len(members))))
        number = 0
        for place in in_reading_order([records[at].geometry.envelope for at in members]).tolist():
            number += 1
            while (tier, code := f"{stem}{number:0{digits}d}") in taken:
                number += 1
            taken.add((tier, code))
            code_of[records[members[place]].id] = code
            done[members[place]] = replace(records[members[place]], code=code)
    return done


def _depths(records: Sequence[AreaRecord]) -> dict[UUID | None, int]:
    """How many rows of the file lie above each row."""
    parents = {record.id: record.parent for record in records}
    depths: dict[UUID | None, int] = {}
    for area in parents:
        chain: list[UUID] = []
        above: UUID | None = area
        while above is not None and above in parents and above not in chain:
            chain.append(above)
            above = parents[above]
        depths[area] = len(chain)
    return depths
