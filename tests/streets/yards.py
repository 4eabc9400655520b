"""A hand-made place of two walled yards on one street: near as the crow flies, far on foot."""

import shapely

from grids.models import Boundary
from layers.streets.records import BarrierRecord, FeatureRecord, GateRecord, WayRecord
from tests.grids.ground import SOUTH, WEST, put, square


def at(x: float, y: float) -> tuple[float, float]:
    """Degrees of a spot given in thousandths of a degree from the county's south-west corner."""
    return round(WEST + x / 1000, 8), round(SOUTH + y / 1000, 8)


def street(*spots: tuple[float, float], kind: str = "residential", **fields) -> WayRecord:
    return WayRecord(kind, shapely.LineString([at(*spot) for spot in spots]), walkable=True, **fields)


STREETS = [
    street((0, 1.5), (12, 1.5), name_zh="南街", name_en="South Street"),
    street((0, 1.5), (0, 4.5), (3, 4.5), name_zh="西街"),
    street((3, 4.5), (3, 2.5), kind="footway"),  # through the north gate of the left yard
    street((7, 1.5), (7, 3.5), kind="footway"),  # through the south gate of the right yard
    street((8, 1.5), (8, 1.0), (9, 1.0), kind="steps", steps=True),
]


def yards(walled: str = "yes") -> dict[str, Boundary]:
    """County … community with a left and a right yard, both walled, and a house in each; keys by name."""
    made = small_county_without_yards()
    for name, x, code in (("left", 2, "990001001001003"), ("right", 6, "990001001001004")):
        made[name] = put("compound", square(x, 2, 2), made["community"], code=code, name_zh=f"{name} 院", walled=walled)
        house = square(x + 0.8, 2.8, 0.4)
        made[f"{name} house"] = put("building", house, made[name], code=f"{code}01", name_zh=f"{name} 楼")
    return made


def small_county_without_yards() -> dict[str, Boundary]:
    county = put("county", square(0, 0, 100), code="990001", name_zh="试县", name_en="Test County")
    town = put("street", square(0, 0, 50), county, code="990001001", name_zh="试街道")
    community = put(
        "community", square(0, 0, 40), town, code="990001001001", name_zh="试社区", name_en="Test Community"
    )
    return {"county": county, "street": town, "community": community}


def gates(made: dict[str, Boundary]) -> list[GateRecord]:
    """The left yard opens to the north, the right one to the south."""
    return [
        GateRecord(shapely.Point(at(3, 4)), made["left"].area_id, "mapped", open_to="residents"),
        GateRecord(shapely.Point(at(7, 2)), made["right"].area_id, "inferred"),
    ]


WALLS = [BarrierRecord(shapely.LineString([at(2, 2), at(4, 2)]), "wall")]
SHAPES = [
    FeatureRecord("water", shapely.MultiPolygon([square(14, 0, 3)]), name_zh="清河"),
    FeatureRecord("green", shapely.MultiPolygon([square(20, 0, 3)])),
    FeatureRecord("building", shapely.MultiPolygon([square(1, 5, 0.3)]), reason="outside"),
]
