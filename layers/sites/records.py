"""Plain rows for the bulk door: what an import or a town maker knows about one site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shapely import Point


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """One site: kind by code, the area it serves by id, position in WGS 84 degrees (lon, lat)."""

    id: UUID
    kind: str
    area: UUID
    name_zh: str
    name_en: str
    point: Point
    address_zh: str = ""
    address_en: str = ""
    hours: dict[str, Any] = field(default_factory=dict)
