"""What saving a boundary would do, read from the database and computed plainly; writes nothing."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.db.models import GeometryField
from django.db.models import F, Func, Q
from django.utils.translation import gettext as _
from shapely import MultiPolygon

from gis.shared.errors import Invalid, Missing
from gis.shared.geojson import polygons_from
from grids.ledger import as_stored
from grids.models import Boundary, Tier
from grids.models.area import BoundaryQuerySet
from grids.noding import nodes_added, on_grid
from grids.snapping import METRES_A_DEGREE, SNAP_METRES
from grids.topology import Plan, Shape, Surroundings, plan
from grids.wording import problem

SEQUENCE_DIGITS = 3
NAMES = {"building": ("{}号楼", "Building {}"), "unit": ("{}单元", "Unit {}")}


@dataclass(frozen=True)
class Draft:
    """A boundary that somebody means to store: the plan, and the rows in force that it touches."""

    area: UUID
    tier: Tier
    parent: Boundary | None
    current: Boundary | None
    plan: Plan
    standing: Mapping[UUID, Boundary]

    @property
    def names(self) -> dict[UUID, str]:
        """Names of the areas that findings may mention."""
        return {area: boundary.name for area, boundary in self.standing.items()}

    def problems(self) -> list[dict[str, Any]]:
        """What is wrong, in words and with places."""
        return [problem(finding, self.names) for finding in self.plan.findings]

    def noded(self) -> list[dict[str, Any]]:
        """Which neighbours gain how many nodes, their shapes otherwise unchanged."""
        return [
            {
                "id": str(area),
                "name": self.standing[area].name,
                "nodes": nodes_added(self.standing[area].shape, geometry),
            }
            for area, geometry in self.plan.noded.items()
        ]

    def demand_sound(self) -> None:
        """Go on, or raise Invalid with every problem and its place."""
        if self.plan.sound:
            return
        problems = self.problems()
        places = [{"geometry": told["geometry"], "message": told["message"]} for told in problems]
        raise Invalid(problems[0]["message"], code="bad-boundary", places=places, problems=problems)


def shape_from(sent: Any) -> MultiPolygon:
    """A client's GeoJSON as a shape on the grid; raises Invalid saying what is wrong and where."""
    shape = on_grid(polygons_from(sent))
    if shape.is_empty:
        empty = _("Nothing is left of the shape.")
        raise Invalid(empty, code="bad-geometry", fields={"geometry": empty})
    return shape


def in_force(area: UUID) -> Boundary:
    """The boundary of an area that still holds; raises Missing."""
    found = Boundary.objects.still().select_related("tier").filter(area=area).first()
    if found is None:
        raise Missing(_("There is no such area, or it is no more."), code="no-area")
    return found


def tier_below(parent: Boundary, code: str | None) -> Tier:
    """The tier for a new child: the named one, else the next below the parent's; raises Invalid."""
    below = Tier.objects.filter(rank__gt=parent.tier.rank).order_by("rank")
    tier = below.filter(code=code).first() if code else below.first()
    if tier is None:
        words = _("Nothing of this tier can lie in “%(name)s”.") % {"name": parent.name}
        raise Invalid(words, code="bad-tier", fields={"tier": words})
    return tier


def prepare(
    *,
    shape: MultiPolygon,
    area: UUID,
    tier: Tier,
    parent: Boundary | None,
    current: Boundary | None = None,
    before: Boundary | None = None,
    moment: datetime | None = None,
    reach_m: float = 2 * SNAP_METRES,
) -> Draft:
    """Plan a boundary among everything that stands now, or that stood at a moment, and lies so many metres around.

    `current` is the version it would replace, `before` the one it was made from (the same, when none is given).
    """
    stood = Boundary.objects.still() if moment is None else Boundary.objects.at(moment)
    standing = {row.area_id: row for row in _near(shape, area, tier, stood, reach_m)}
    if parent is not None:
        standing[parent.area_id] = parent
    shapes = {at: Shape(at, row.shape) for at, row in standing.items()}
    around = Surroundings(
        parent=shapes[parent.area_id] if parent else None,
        siblings=[shapes[at] for at, row in standing.items() if row.tier_id == tier.pk],
        children=[shapes[at] for at, row in standing.items() if row.parent_id == area],
        others=list(shapes.values()),
    )
    base = before or current
    planned = plan(shape, around, area=area, before=base.shape if base else None)
    return Draft(area, tier, parent, current, planned, standing)


def _near(shape: MultiPolygon, area: UUID, tier: Tier, stood: BoundaryQuerySet, reach_m: float) -> list[Boundary]:
    """Siblings that may overlap, all children, and whatever has its edge where the shape has its own."""
    found = {row.pk: row for row in touching(shape, tier, stood, reach_m).exclude(area=area).select_related("tier")}
    children = stood.filter(parent=area).select_related("tier")
    found.update({row.pk: row for row in children})
    return list(found.values())


def touching(
    shape: MultiPolygon, tier: Tier, rows: BoundaryQuerySet, reach_m: float = 2 * SNAP_METRES
) -> BoundaryQuerySet:
    """Rows of the tier so many metres around, and those of any tier whose edge lies where the shape has its own."""
    west, south, east, north = shape.bounds
    reach = max(reach_m, 2 * SNAP_METRES) / (METRES_A_DEGREE * max(math.cos(math.radians(south)), 0.01))
    edge = Func(F("geometry"), function="ST_Boundary", output_field=GeometryField(srid=4326))
    line = as_stored(shape).boundary
    box = rows.near(west - reach, south - reach, east + reach, north + reach)
    return box.annotate(edge=edge).filter(Q(tier=tier) | Q(edge__dwithin=(line, reach)))


def suggestion(parent: Boundary, tier: Tier) -> dict[str, str]:
    """The next free code and number among the areas that lie or lay in the parent; to be edited by a person."""
    rows = list(Boundary.objects.filter(parent=parent.area_id, tier=tier).values_list("code", "name_zh"))
    tails = [code.removeprefix(parent.code) for code, _name in rows if code.startswith(parent.code)]
    ends = [match for tail in tails if (match := re.fullmatch(r"(\D*)(\d+)", tail))]
    digits = Counter(len(match[2]) for match in ends).most_common(1)[0][0] if ends else SEQUENCE_DIGITS
    joint = Counter(match[1] for match in ends).most_common(1)[0][0] if ends else ""
    number = max((int(match[2]) for match in ends), default=0) + 1
    alike = Boundary.objects.still().filter(tier=tier, code__startswith=parent.code)
    taken = set(alike.values_list("code", flat=True))
    while (code := f"{parent.code}{joint}{number:0{digits}d}") in taken:
        number += 1
    name_zh, name_en = NAMES.get(tier.code, ("", ""))
    pattern = re.compile(re.escape(name_zh).replace(re.escape("{}"), r"(\d+)")) if name_zh else None
    numbers = [int(match[1]) for _code, name in rows if pattern and (match := pattern.fullmatch(name))]
    following = max(numbers, default=0) + 1
    return {"code": code, "name_zh": name_zh.format(following), "name_en": name_en.format(following)}
