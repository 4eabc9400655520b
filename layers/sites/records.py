"""Plain rows for the bulk door: what an import or a town maker knows about one site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shapely import Point


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """One room: `capacity` in people, None where nobody said."""

    name_zh: str
    name_en: str = ""
    floor: str = ""
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class DutyRecord:
    """Who is on duty: a person of the roster by id, or the post alone."""

    post_zh: str
    post_en: str = ""
    person: UUID | None = None
    hours: dict[str, Any] = field(default_factory=dict)


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
    operator_kind: str = ""
    operator_zh: str = ""
    operator_en: str = ""
    phone: str = ""
    step_free: str = ""
    rooms: tuple[RoomRecord, ...] = ()
    services: tuple[str, ...] = ()
    """Codes of the catalogue of everyday services."""
    duties: tuple[DutyRecord, ...] = ()
