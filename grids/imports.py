"""The bulk door: many areas as one change, all or nothing, by the rules of the single door."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import shapely
from django.utils.translation import gettext as _
from shapely import MultiPolygon, Polygon

from gis.audit.actions import record
from gis.shared.errors import Invalid
from gis.shared.tables import any_text, any_uuid, copy_rows, renew_statistics
from grids.fields import tidy_name, wrong_fields
from grids.ledger import COUNTY, begin_change, guarded, lock, renew
from grids.models import Area, Boundary, BoundaryChange, Tier
from grids.noding import all_on_grid, node
from grids.records import AreaRecord
from grids.survey import Row, survey
from grids.topology import Finding
from grids.wording import problem

MOST_TOLD = 100
"""An answer names this many faults and counts the rest."""
MANY = 200
"""From this many rows on the table's statistics are renewed before the guard looks."""
STEPS = ("columns", "noding", "shapes", "storing", "guard")
"""What an import goes through, in this order; the guard is the database's own look at every row."""


def check_areas(records: Sequence[AreaRecord]) -> list[Finding]:
    """What is wrong with the shapes of rows that are not stored; `area` and `other` are their ids. Writes nothing."""
    tidied = _tidied(records)
    return list(survey(_noded(tidied, _shapes(_stored(tidied)))))


def store_areas(
    records: Sequence[AreaRecord],
    *,
    reason: str,
    now: datetime,
    actor: Any = "",
    kind: str = BoundaryChange.Kind.IMPORT,
    change_id: UUID | None = None,
    on_step: Callable[[str, int, int], None] | None = None,
) -> BoundaryChange:
    """Store areas with all their parents known, as one change; raises Invalid naming rows and places.

    Rows come in any order; a parent may be among them or stored already. Shapes are put on the grid and noded here.
    `on_step(name, number, of)` is called before each of STEPS; what it raises ends the import, and nothing is stored.
    """

    def step(name: str) -> None:
        if on_step is not None:
            on_step(name, STEPS.index(name), len(STEPS))

    step("columns")
    rows = _tidied(records)
    tiers = {tier.code: tier for tier in Tier.objects.all()}
    with guarded():
        parents = _parents(rows)
        _demand_sound_columns(rows, tiers, parents)
        counties = _counties(rows, parents)
        lock(set(counties.values()), top=True)
        stored = _stored(rows)
        standing = _shapes(stored)
        step("noding")
        noded = _noded(rows, standing)
        step("shapes")
        _demand_sound_shapes(rows, list(survey(noded)), stored)
        step("storing")
        began = [b.valid_from for b in (*stored.values(), *parents.values())]
        change = begin_change(
            kind=kind, now=now, latest=max(began, default=None), actor=actor, reason=reason, pk=change_id
        )
        for row in noded:
            if not row.fresh and row.geometry is not standing[row.area].geometry:
                renew(stored[row.area], change, geometry=row.geometry)
        _insert(rows, noded, tiers, counties, change)
        record(actor=actor, verb=f"area.{kind}", subject=change.pk, now=now, detail={"areas": len(rows)})
        step("guard")
    return change


def _tidied(rows: Sequence[AreaRecord]) -> list[AreaRecord]:
    """The rows with their shapes MultiPolygons on the grid and their names tidy."""
    shapes = all_on_grid([_as_many(row.geometry) for row in rows])
    return [
        replace(
            row,
            geometry=shape,
            name_zh=tidy_name(row.name_zh),
            name_en=tidy_name(row.name_en),
            code=row.code.strip(),
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]


def _as_many(shape: Polygon | MultiPolygon) -> MultiPolygon:
    """The polygons of a shape, without empty ones."""
    parts = [shape] if isinstance(shape, Polygon) else getattr(shape, "geoms", [])
    return MultiPolygon([part for part in parts if isinstance(part, Polygon) and not part.is_empty])


def _parents(rows: Sequence[AreaRecord]) -> dict[UUID, Boundary]:
    """The boundaries in force of parents that are not among the rows, by area."""
    wanted = {row.parent for row in rows if row.parent} - {row.id for row in rows}
    return {b.area_id: b for b in Boundary.objects.still().filter(area__in=any_uuid(wanted))}


def _stored(rows: Iterable[AreaRecord]) -> dict[UUID, Boundary]:
    """What stands where the rows are to stand, of every tier, by area; and their parents wherever they are."""
    rows = list(rows)
    shapes = [row.geometry for row in rows if not row.geometry.is_empty]
    found: dict[UUID, Boundary] = {}
    if shapes and Boundary.objects.still().exists():
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        found = {b.area_id: b for b in Boundary.objects.still().near(west, south, east, north)}
    return _parents(rows) | found


def _shapes(stored: Mapping[UUID, Boundary]) -> dict[UUID, Row]:
    """Stored boundaries as rows of the survey."""
    tiers = dict(Tier.objects.values_list("pk", "code"))
    return {
        area: Row(area, tiers[boundary.tier_id], boundary.parent_id, boundary.shape, fresh=False)
        for area, boundary in stored.items()
    }


def _noded(rows: Sequence[AreaRecord], standing: Mapping[UUID, Row]) -> list[Row]:
    """New rows and standing ones, each with the nodes of all it meets; new rows first, in their order."""
    fresh = [Row(row.id, row.tier, row.parent, row.geometry) for row in rows]
    every = [*fresh, *standing.values()]
    # an unsound ring stays as it is: noding could only hide what is wrong with it
    usable = [at for at, row in enumerate(every) if not row.fresh or row.geometry.is_valid]
    noded = node([every[at].geometry for at in usable], fresh=[every[at].fresh for at in usable])
    for at, geometry in zip(usable, noded, strict=True):
        if geometry is not every[at].geometry:
            every[at] = replace(every[at], geometry=geometry)
    return every


def _demand_sound_columns(
    rows: Sequence[AreaRecord], tiers: Mapping[str, Tier], parents: Mapping[UUID, Boundary]
) -> None:
    """Raise Invalid when words, codes, tiers or parents of any row are wrong."""
    ranks = {code: tier.rank for code, tier in tiers.items()}
    rank_of = {row.id: ranks.get(row.tier, -1) for row in rows}
    by_pk = {tier.pk: tier.rank for tier in tiers.values()}
    rank_of.update({area: by_pk[boundary.tier_id] for area, boundary in parents.items()})
    taken = set(Area.objects.filter(pk__in=any_uuid(row.id for row in rows)).values_list("pk", flat=True))
    same_code = Boundary.objects.still().filter(code__in=any_text(row.code for row in rows))
    codes = set(same_code.values_list("tier__code", "code"))
    told: list[str] = []
    for number, row in enumerate(rows, start=1):
        wrong = wrong_fields(code=row.code, name_zh=row.name_zh, name_en=row.name_en, walled=row.walled)
        if row.tier not in tiers:
            wrong["tier"] = _("There is no tier “%(tier)s”.") % {"tier": row.tier}
        elif row.parent is not None and rank_of.get(row.parent, 99) >= ranks[row.tier]:
            wrong["parent"] = _("The area above it is not known or not of a higher tier.")
        if row.id in taken:
            wrong["id"] = _("There is an area with this id already.")
        if (row.tier, row.code) in codes:
            wrong.setdefault("code", _("This code is taken."))
        taken.add(row.id)
        codes.add((row.tier, row.code))
        told += [f"{number} ({row.code}): {field}: {words}" for field, words in wrong.items()]
    if told:
        raise Invalid(
            _("Rows that cannot be stored: %(count)d.") % {"count": len(told)}, code="bad-rows", rows=told[:MOST_TOLD]
        )


def _demand_sound_shapes(
    rows: Sequence[AreaRecord], findings: Sequence[Finding], stored: Mapping[UUID, Boundary]
) -> None:
    """Raise Invalid with a place for every shape that may not stand."""
    if not findings:
        return
    names = {area: boundary.name for area, boundary in stored.items()} | {row.id: row.name_zh for row in rows}
    codes = {row.id: row.code for row in rows}
    places = []
    for finding in findings[:MOST_TOLD]:
        told = problem(finding, names)
        place = {"geometry": told["geometry"], "area": told["area"], "other": told["other"], "code": told["code"]}
        name = f"{names.get(finding.area, '')} ({codes.get(finding.area, '')})" if finding.area else ""
        places.append({**place, "message": f"{name}: {told['message']}"})
    raise Invalid(
        _("Shapes that cannot stand: %(count)d.") % {"count": len(findings)}, code="bad-shapes", places=places
    )


def _counties(rows: Sequence[AreaRecord], parents: Mapping[UUID, Boundary]) -> dict[UUID, UUID | None]:
    """The county each row lies in: itself for a county, None above."""
    parent_of = {row.id: row.parent for row in rows}
    tier_of = {row.id: row.tier for row in rows}
    county: dict[UUID, UUID | None] = {}

    def find(area: UUID) -> UUID | None:
        """Climb to a county, among the rows first, then where the stored parent says."""
        if area in county:
            return county[area]
        if area in parent_of:
            above = parent_of[area]
            found = area if tier_of[area] == COUNTY else find(above) if above else None
        else:
            found = parents[area].county_id
        county[area] = found
        return found

    return {row.id: find(row.id) for row in rows}


def _insert(
    rows: Sequence[AreaRecord],
    noded: Sequence[Row],
    tiers: Mapping[str, Tier],
    counties: Mapping[UUID, UUID | None],
    change: BoundaryChange,
) -> None:
    """COPY the new areas and their first versions."""
    copy_rows(Area, ["id", "tier_id"], ((row.id, tiers[row.tier].pk) for row in rows))
    columns = ["id", "area_id", "tier_id", "parent_id", "county_id", "code", "name_zh", "name_en", "walled"]
    columns += ["geometry", "version", "opened_by_id", "valid_from"]
    copy_rows(
        Boundary,
        columns,
        (
            (
                uuid4(), row.id, tiers[row.tier].pk, row.parent, counties[row.id], row.code, row.name_zh, row.name_en,
                row.walled, _hex(shape.geometry), 1, change.pk, change.effective_at,
            )
            for row, shape in zip(rows, noded, strict=False)
        ),
    )  # fmt: skip
    if len(rows) >= MANY:  # before the guard looks for neighbours of each
        renew_statistics(Area, Boundary)


def _hex(shape: MultiPolygon) -> str:
    """Hex EWKB, as COPY wants it."""
    return str(shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True))
