"""What stands on the map where a file speaks of it, as light rows: a prefecture of 89,000 is looked up in seconds."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import F, Q
from django.utils.translation import get_language
from numpy.typing import NDArray
from shapely import MultiPolygon

from gis.shared.functions import AsWKB
from gis.shared.tables import any_text, any_uuid
from grids.models import Boundary
from grids.records import AreaRecord


@dataclass(slots=True)
class Standing:
    """One area in force; `tier` by code, `rank` of the tier (lower is above)."""

    area_id: UUID
    parent_id: UUID | None
    tier: str
    rank: int
    code: str
    name_zh: str
    name_en: str
    walled: str
    shape: MultiPolygon

    @property
    def name(self) -> str:
        """In the active language; the Chinese one where there is no other."""
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name_zh


class Known:
    """The areas in force that a file may speak of: near its shapes, or named by it."""

    def __init__(self, shapes: NDArray[Any], texts: Iterable[str], codes: Iterable[str], ids: Iterable[UUID]) -> None:
        words = {text for text in (*texts, *codes) if text}
        named = {UUID(text) for text in words if is_uuid(text)}
        drawn = shapes[shapely.get_num_coordinates(shapes) > 0]
        spoken = Q(area__in=any_uuid(named.union(ids))) | Q(code__in=any_text(words))
        if len(drawn):
            box = Polygon.from_bbox(shapely.total_bounds(drawn).tolist())
            box.srid = 4326
            spoken |= Q(geometry__bboverlaps=box)
        columns = ("area_id", "parent_id", "tier__code", "tier__rank", "code", "name_zh", "name_en", "walled")
        rows: list[Any] = list(Boundary.objects.still().filter(spoken).values_list(*columns, AsWKB(F("geometry"))))
        stored = shapely.from_wkb([bytes(row[-1]) for row in rows])
        self.rows = {row[0]: Standing(*(*row[:-1], shape)) for row, shape in zip(rows, stored, strict=True)}
        self.by_code: dict[str, list[Standing]] = defaultdict(list)
        for row in self.rows.values():
            self.by_code[row.code].append(row)

    def twin(self, record: AreaRecord) -> Standing | None:
        """The area in force that has this row's id, or its tier and code."""
        if record.id in self.rows:
            return self.rows[record.id]
        return next((row for row in self.by_code.get(record.code, ()) if row.tier == record.tier), None)


def alike(records: list[AreaRecord], twins: list[Standing], *, degrees: float) -> NDArray[np.bool_]:
    """Which rows say what is stored, apart from nodes that neighbours put on its edges."""
    words = [
        (row.tier, row.code, row.name_zh, row.name_en, row.parent)
        == (twin.tier, twin.code, twin.name_zh, twin.name_en, twin.parent_id)
        and row.walled in {twin.walled, "unknown"}
        for row, twin in zip(records, twins, strict=True)
    ]
    told = np.array(words, bool)
    drawn = np.array([row.geometry for row in records], object)
    stored = np.array([twin.shape for twin in twins], object)
    told[told] = shapely.is_valid(drawn[told]) & ~shapely.is_empty(drawn[told])
    told[told] = (np.abs(shapely.bounds(drawn[told]) - shapely.bounds(stored[told])) <= degrees).all(axis=1)
    edges = shapely.boundary(drawn[told]), shapely.boundary(stored[told])
    told[told] = shapely.hausdorff_distance(*edges) <= degrees
    return told


def is_uuid(text: str) -> bool:
    """Whether a text is an identifier."""
    if len(text) not in {32, 36}:
        return False
    try:
        UUID(text)
    except ValueError:
        return False
    return True
