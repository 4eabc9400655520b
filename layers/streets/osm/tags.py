"""What tags mean to this map: streets, walls, gates, buildings, compounds, water and green. Names and their languages.

Meanings follow the OpenStreetMap wiki ("Map features", "OSM tags for routing/Access restrictions").
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from layers.streets.osm.source import Tags
from layers.streets.records import GateKind, OpenTo, WayKind

NAME_LENGTH = 120
ROADS: dict[str, WayKind] = {
    "motorway": "motorway",
    "trunk": "trunk",
    "primary": "primary",
    "secondary": "secondary",
    "tertiary": "tertiary",
    "unclassified": "residential",
    "residential": "residential",
    "living_street": "residential",
    "road": "residential",
    "service": "service",
    "busway": "service",
    "pedestrian": "pedestrian",
    "footway": "footway",
    "corridor": "footway",
    "platform": "footway",
    "path": "path",
    "bridleway": "path",
    "steps": "steps",
    "cycleway": "cycleway",
    "track": "track",
}
"""`highway=*` → how the way is drawn; a `_link` counts as the road it belongs to."""
RAILS = {"rail", "light_rail", "subway", "tram", "monorail", "narrow_gauge", "funicular"}
NOT_THERE = {"construction", "proposed", "planned", "abandoned", "disused", "razed", "dismantled", "demolished"}
WALLS = {"wall", "fence", "hedge", "city_wall", "retaining_wall", "guard_rail"}
STOPPING_WALLS = {"wall", "fence", "city_wall"}
GATES: dict[str, GateKind] = {
    "gate": "gate",
    "lift_gate": "lift_gate",
    "swing_gate": "lift_gate",
    "sliding_gate": "gate",
    "hampshire_gate": "gate",
    "wicket_gate": "door",
    "kissing_gate": "door",
    "turnstile": "door",
    "full-height_turnstile": "door",
    "door": "door",
    "entrance": "entrance",
    "stile": "gap",
    "cycle_barrier": "gap",
    "bollard": "gap",
    "block": "gap",
    "chain": "gap",
}
"""`barrier=*` of a node → the kind of opening that people walk through."""
WATER_LINES_M = {"river": 12.0, "canal": 8.0, "stream": 3.0, "drain": 1.5, "ditch": 1.0}
"""Streams mapped as lines are drawn this wide, in metres, when nobody measured them."""
GREEN = {
    "leisure": {
        "park",
        "garden",
        "common",
        "pitch",
        "playground",
        "golf_course",
        "nature_reserve",
        "dog_park",
        "track",
    },
    "landuse": {
        "grass",
        "forest",
        "meadow",
        "recreation_ground",
        "village_green",
        "orchard",
        "vineyard",
        "farmland",
        "allotments",
        "cemetery",
        "greenfield",
        "flowerbed",
        "plant_nursery",
        "greenhouse_horticulture",
    },
    "natural": {"wood", "scrub", "grassland", "heath", "wetland"},
}
WATER = {
    "natural": {"water"},
    "landuse": {"reservoir", "basin"},
    "waterway": {"riverbank", "dock", "pond"},
    "leisure": {"swimming_pool"},
}
LAND = {
    "landuse": {
        "commercial",
        "retail",
        "industrial",
        "construction",
        "brownfield",
        "garages",
        "military",
        "railway",
        "education",
        "institutional",
        "religious",
        "farmyard",
    },
    "amenity": {"school", "university", "college", "kindergarten", "hospital", "clinic", "marketplace", "parking"},
    "leisure": {"stadium", "sports_centre"},
    "place": {"square"},
}
GroundKind = Literal["building", "compound", "water", "green", "landuse"]


@dataclass(frozen=True, slots=True)
class Street:
    """What a way's tags say of it as a line to move along."""

    kind: WayKind
    walkable: bool
    steps: bool
    bridge: bool
    tunnel: bool
    passage: bool
    layer: int


def not_there(tags: Tags) -> bool:
    """Whether the object is planned, being built or gone, so that nobody can use it."""
    return tags.get("highway") in NOT_THERE or tags.get("railway") in NOT_THERE or tags.get("building") in NOT_THERE


def street(tags: Tags) -> Street | None:
    """The street, path or railway that the tags describe, or None."""
    highway = tags.get("highway", "")
    kind = ROADS.get(highway.removesuffix("_link"))
    if kind is None and tags.get("railway") in RAILS:
        kind = "rail"
    if kind is None:
        return None
    passage = tags.get("tunnel") == "building_passage"
    return Street(
        kind=kind,
        walkable=_walkable(kind, tags),
        steps=kind == "steps",
        bridge=_said(tags, "bridge"),
        tunnel=_said(tags, "tunnel") and not passage,
        passage=passage,
        layer=_layer(tags),
    )


def _walkable(kind: WayKind, tags: Tags) -> bool:
    """Feet go on it: what `foot` says, else not on railways, motorways and where nobody may."""
    foot = tags.get("foot", "")
    if kind == "rail" or foot in {"no", "use_sidepath"}:
        return False
    if foot:
        return True
    if kind in {"motorway", "trunk"}:
        return tags.get("sidewalk", "no") not in {"no", "none", "separate"}
    # `private` stays walkable: the people of the compound walk there; the gate says who may pass.
    return tags.get("access") != "no" and tags.get("motorroad") != "yes" and tags.get("highway") != "busway"


def _layer(tags: Tags) -> int:
    """The level above or below ground, −5 to 5; 0 when absent or not a number."""
    text = tags.get("layer", "0").strip()
    return max(-5, min(5, int(text))) if text.lstrip("+-").isdecimal() and len(text) < 4 else 0


def _said(tags: Tags, key: str) -> bool:
    return tags.get(key, "no") != "no"


def ground(tags: Tags) -> GroundKind | None:
    """What an area with these tags is; a building before the land it stands on."""
    if tags.get("building", "no") != "no" and tags["building"] not in {"entrance"} | NOT_THERE:
        return "building"
    if tags.get("landuse") == "residential":
        return "compound"
    kinds: tuple[tuple[GroundKind, dict[str, set[str]]], ...] = (("water", WATER), ("green", GREEN), ("landuse", LAND))
    for kind, table in kinds:
        if any(tags.get(key) in values for key, values in table.items()):
            return kind
    return None


def wall(tags: Tags) -> str | None:
    """The kind of wall or fence that a way is, or None."""
    kind = tags.get("barrier", "")
    return kind if kind in WALLS else None


def stream_width_m(tags: Tags) -> float | None:
    """How wide a water line is drawn, in metres: measured where a width is given; None when it is no open stream."""
    usual = WATER_LINES_M.get(tags.get("waterway", ""))
    if usual is None or _said(tags, "tunnel") or tags.get("intermittent") == "abandoned":
        return None
    text = tags.get("width", "").removesuffix("m").strip()
    return min(float(text), 2000.0) if text.replace(".", "", 1).isdecimal() and float(text) > 0 else usual


def gate(tags: Tags) -> GateKind | None:
    """The kind of opening a node or a short way is, or None."""
    return GATES.get(tags.get("barrier", ""))


def open_to(tags: Tags) -> OpenTo:
    """Who passes a gate, as its access tags say."""
    said = tags.get("foot") or tags.get("access", "")
    if said in {"yes", "permissive", "public", "designated"}:
        return "all"
    return "residents" if said in {"private", "residents", "permit", "no"} or tags.get("locked") == "yes" else "unknown"


def walled(tags: Tags) -> Literal["yes", "no", "unknown"]:
    """What a compound's own tags say of a wall round it."""
    if tags.get("barrier") in STOPPING_WALLS or tags.get("gated") == "yes" or tags.get("residential") == "gated":
        return "yes"
    return "no" if tags.get("gated") == "no" or tags.get("fenced") == "no" or tags.get("barrier") == "no" else "unknown"


def names(tags: Tags) -> tuple[str, str]:
    """(Chinese or local name, English or local name); empty when the object has no name at all."""
    local, english = tags.get("name", ""), tags.get("name:en") or tags.get("int_name", "")
    chinese = next((tags[key] for key in ("name:zh-Hans", "name:zh-CN", "name:zh") if tags.get(key)), "")
    return clean(chinese or local or english), clean(english or local or chinese)


def address(tags: Tags) -> str:
    """The house number, or the name of the house, as mapped; empty when there is none."""
    return clean(tags.get("addr:housenumber") or tags.get("addr:housename", ""))


def clean(text: str) -> str:
    """One line without control characters, at most NAME_LENGTH characters."""
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in text)
    return " ".join(visible.split())[:NAME_LENGTH]
