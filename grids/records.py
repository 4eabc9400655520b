"""Plain rows for the bulk door: what an import or a town maker knows about one area."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shapely import MultiPolygon, Polygon


@dataclass(frozen=True, slots=True)
class AreaRecord:
    """One area to store: tier by code, parent by id (in this call or stored already), lon/lat geometry."""

    id: UUID
    tier: str
    parent: UUID | None
    code: str
    name_zh: str
    geometry: Polygon | MultiPolygon
    name_en: str = ""
    walled: str = "unknown"
