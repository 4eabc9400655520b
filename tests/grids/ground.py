"""A small hand-made ground for tests: one county of squares, made by plain inserts so that only the database judges."""

import uuid
from datetime import UTC, datetime
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry

from grids.models import Area, Boundary, BoundaryChange, Tier

T0 = datetime(2026, 1, 1, tzinfo=UTC)
WEST, SOUTH = 110.0, 35.0


def square(x: float, y: float, side: float) -> shapely.Polygon:
    """A square whose south-west corner lies x, y thousandths of a degree from the county's; side in the same unit."""
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return shapely.Polygon([(round(WEST + a / 1000, 8), round(SOUTH + b / 1000, 8)) for a, b in corners])


def put(
    tier: str, shape: shapely.Polygon, parent: Boundary | None = None, *, area: Area | None = None, **fields: Any
) -> Boundary:
    """Insert one boundary with an area of its own, without asking any action."""
    row = Tier.objects.get(code=tier)
    area = area or Area.objects.create(tier=row)
    change = BoundaryChange.objects.create(kind="draw", actor_name="test", effective_at=T0)
    county = area if tier == "county" else (parent.county if parent else None)
    values: dict[str, Any] = {
        "area": area,
        "tier": row,
        "parent": parent.area if parent else None,
        "county": county,
        "code": fields.pop("code", uuid.uuid4().hex[:12]),
        "name_zh": fields.pop("name_zh", tier),
        "geometry": GEOSGeometry(memoryview(shapely.to_wkb(shapely.MultiPolygon([shape]))), srid=4326),
        "valid_from": fields.pop("valid_from", T0),
        "opened_by": change,
    }
    return Boundary.objects.create(**values, **fields)


def small_county() -> dict[str, Boundary]:
    """County ⊃ street ⊃ community ⊃ two compounds a gap apart; keys by name."""
    county = put("county", square(0, 0, 100), code="990001", name_zh="试县")
    street = put("street", square(0, 0, 50), county, code="990001001", name_zh="试街道")
    community = put("community", square(0, 0, 40), street, code="990001001001", name_zh="试社区")
    west = put("compound", square(2, 2, 10), community, code="990001001001001", name_zh="西院")
    east = put("compound", square(14, 2, 10), community, code="990001001001002", name_zh="东院")
    return {"county": county, "street": street, "community": community, "west": west, "east": east}
