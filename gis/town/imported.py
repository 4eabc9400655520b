"""An OpenStreetMap extract as a place: read and check first, then store it whole or not at all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import shapely
from django.db import connection, transaction
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.errors import Conflict
from gis.town.posts import demo_posts, fill_posts
from grids.imports import store_areas
from grids.models import Boundary
from grids.noding import node, on_grid
from grids.provisional import codes_below, frame, hull, in_reading_order
from grids.records import AreaRecord
from grids.survey import Row, survey
from layers.streets.actions import replace_network
from layers.streets.models import Way
from layers.streets.osm import Extract, Layout, UnreadableFile, extract, lay_out, read
from layers.streets.osm.layout import leave_out
from layers.streets.osm.plots import Plot, multi
from layers.streets.osm.report import Listed
from layers.streets.records import FeatureRecord

ATTRIBUTION_ZH = "© OpenStreetMap 贡献者，依据 ODbL 许可"
ATTRIBUTION_EN = "© OpenStreetMap contributors, ODbL"
ACTOR = "import_osm"
LONGEST_NAME = 120
MOST_ROUNDS = 5


@dataclass
class Plan:
    """What an extract would become; nothing is stored yet. `listed` is what a person should look at."""

    path: Path
    name_zh: str
    name_en: str
    found: Extract
    layout: Layout
    areas: list[AreaRecord]
    features: list[FeatureRecord]
    listed: list[Listed] = field(default_factory=list)
    unnamed: Counter[str] = field(default_factory=Counter)
    """Compounds and buildings without a name, which are called by a number."""

    def counts(self) -> dict[str, int]:
        """How many rows of which kind would be stored."""
        tiers = Counter(row.tier for row in self.areas)
        return {
            **{tier: tiers[tier] for tier in ("county", "street", "community", "compound", "building")},
            "ways": len(self.found.ways),
            "walkable": sum(way.walkable for way in self.found.ways),
            "barriers": len(self.found.barriers),
            "gates-inferred": sum(gate.status == "inferred" for gate in self.layout.gates),
            "gates-mapped": sum(gate.status == "mapped" for gate in self.layout.gates),
            "features": len(self.features),
        }

    def document(self) -> dict[str, Any]:
        """The whole report as plain values: counts, the account of every object, the list."""
        account = self.found.report.document()
        account["listed"] = [row.document() for row in self.listed]
        return {"file": self.path.name, "stored": self.counts(), "unnamed": dict(self.unnamed), **account}


def demand_room() -> None:
    """Raise Conflict when this database holds a place already."""
    place = Place.objects.first()
    if Boundary.objects.exists() or Way.objects.exists() or (place is not None and place.kind != Place.Kind.EMPTY):
        raise Conflict(
            _(
                "This database holds a place already (%(name)s); an extract needs an empty one."
                " Choose another name: PLACE=another_name."
            )
            % {"name": place.name if place else "?"},
            code="place-filled",
        )


def plan_import(path: Path, *, name_zh: str = "", name_en: str = "") -> Plan:
    """Read an extract and fit it together; raises UnreadableFile. Needs no database."""
    found = extract(read(path))
    if not found.ways:
        raise UnreadableFile("no-streets", path, objects=sum(found.report.read.values()))
    layout = lay_out(found)
    name_zh = name_zh or name_en or name_of(path)
    plan = Plan(path, name_zh, name_en or name_zh, found, layout, [], [])
    for _round in range(MOST_ROUNDS):
        plan.unnamed.clear()
        plan.areas = _areas(plan)
        bad = refused(plan.areas)
        if not bad:
            break
        leave_out(layout, bad)
    plan.features = _features(found, layout, plan.areas)
    plan.listed = [*found.report.listed, *layout.listed]
    return plan


def refused(areas: Sequence[AreaRecord]) -> dict[UUID, str]:
    """Areas that storing in an empty database would refuse, with its word for why; judged without any database."""
    shapes = node([on_grid(multi(row.geometry)) for row in areas])
    rows = [Row(row.id, row.tier, row.parent, shape) for row, shape in zip(areas, shapes, strict=True)]
    return {finding.area: finding.code for finding in survey(rows) if finding.area is not None}


def store_import(plan: Plan, *, now: datetime, time_zone: str = "Asia/Shanghai") -> Place:
    """Store a plan in an empty database, in one transaction; raises Conflict when the place is filled."""
    with transaction.atomic(), connection.cursor() as cursor:
        # of two imports at once the second waits here and then finds the place filled
        cursor.execute(f"LOCK TABLE {connection.ops.quote_name(Place._meta.db_table)} IN EXCLUSIVE MODE")
        demand_room()
        reason = _("Imported from OpenStreetMap: %(file)s") % {"file": plan.path.name}
        store_areas(plan.areas, reason=reason, now=now, actor=ACTOR)
        replace_network(
            ways=plan.found.ways,
            gates=plan.layout.gates,
            barriers=plan.found.barriers,
            features=plan.features,
            now=now,
            actor=ACTOR,
        )
        fill_posts(demo_posts(plan.areas), now=now, actor=ACTOR)
        place, _created = Place.objects.update_or_create(
            id=1,
            defaults={
                "name_zh": plan.name_zh,
                "name_en": plan.name_en,
                "kind": Place.Kind.IMPORTED,
                "provisional": True,
                "attribution_zh": ATTRIBUTION_ZH,
                "attribution_en": ATTRIBUTION_EN,
                "time_zone": time_zone,
            },
        )
        told = plan.document()
        del told["listed"]
        record(actor=ACTOR, verb="place.import", subject=plan.path.name, now=now, detail=told)
    return place


def name_of(path: Path) -> str:
    """A place's name out of a file's name: without endings, dashes and underlines as blanks."""
    return " ".join(path.name.split(".")[0].replace("_", " ").replace("-", " ").split())[:60] or "OpenStreetMap"


def _areas(plan: Plan) -> list[AreaRecord]:
    """County, street, community, then each compound with its buildings; codes and missing names in reading order."""
    layout, found = plan.layout, plan.found
    rows = frame(hull(_extent(found)), name_zh=plan.name_zh, name_en=plan.name_en)
    community = rows[-1]
    children: dict[UUID, list[Plot]] = {}
    for plot in layout.buildings:
        assert plot.inside is not None
        children.setdefault(plot.inside, []).append(plot)
    for code, number, plot in _numbered(layout.compounds, community.code):
        ground = plot.ground
        plan.unnamed["compound"] += not ground.name_zh
        rows.append(
            AreaRecord(
                id=plot.id,
                tier="compound",
                parent=community.id,
                code=code,
                name_zh=ground.name_zh or f"小区 {number}",
                name_en=ground.name_en or f"Compound {number}",
                geometry=plot.geometry,
                walled=plot.walled,
            )
        )
        inside = children.get(plot.id, [])
        streets: dict[str, set[str]] = {}
        for child in inside:
            streets.setdefault(child.ground.address, set()).add(child.ground.street)
        for building_code, place, child in _numbered(inside, code):
            rows.append(_building(plan, plot.id, building_code, place, child, len(streets[child.ground.address]) > 1))
    return rows


def _building(plan: Plan, compound: UUID, code: str, number: int, plot: Plot, several: bool) -> AreaRecord:
    """A building grid under its name, else its house number (with the street, if on `several`), else a number."""
    ground = plot.ground
    name_zh, name_en = ground.name_zh, ground.name_en
    if not name_zh and ground.address:
        street = f"{ground.street} " if several and ground.street else ""
        name_zh = street + (f"{ground.address}号" if ground.address.isdecimal() else ground.address)
        name_en = f"{street}{ground.address}" if street else f"No. {ground.address}"
    plan.unnamed["building"] += not name_zh
    return AreaRecord(
        id=plot.id,
        tier="building",
        parent=compound,
        code=code,
        name_zh=name_zh[:LONGEST_NAME] or f"楼栋 {number}",
        name_en=name_en[:LONGEST_NAME] or f"Building {number}",
        geometry=plot.geometry,
    )


def _numbered(plots: Sequence[Plot], parent: str) -> list[tuple[str, int, Plot]]:
    """(code, number, plot) in reading order."""
    order = in_reading_order([plot.geometry for plot in plots])
    codes = codes_below(parent, len(plots))
    return [(codes[place], place + 1, plots[at]) for place, at in enumerate(order.tolist())]


def _extent(found: Extract) -> list[BaseGeometry]:
    """What the provisional county must hold: all land and buildings laid out, and streets as far as the file says."""
    grounds = [ground.geometry for ground in found.grounds if ground.kind in {"compound", "building"}]
    lines = [way.geometry for way in found.ways]
    if found.bounds is not None:
        clipped = shapely.intersection(lines, shapely.box(*found.bounds))
        lines = [line for line in clipped if not line.is_empty] or lines
    return grounds + lines


def _features(found: Extract, layout: Layout, areas: Sequence[AreaRecord]) -> list[FeatureRecord]:
    """Base-map shapes: water, green and land as mapped, every building, and compounds that were left out."""
    stored = {row.id for row in areas}
    rows = [
        FeatureRecord(ground.kind, multi(ground.geometry), ground.name_zh, ground.name_en, osm_id=ground.key)
        for ground in found.grounds
        if ground.kind not in {"compound", "building"}
    ]
    rows += [
        FeatureRecord(
            "building", plot.geometry, plot.ground.name_zh, plot.ground.name_en, area_id=plot.id, osm_id=plot.ground.key
        )
        for plot in layout.buildings
        if plot.id in stored
    ]
    rows += [
        FeatureRecord(
            ground.kind, multi(ground.geometry), ground.name_zh, ground.name_en, reason=reason, osm_id=ground.key
        )
        for ground, reason in layout.footprints
    ]
    return rows
