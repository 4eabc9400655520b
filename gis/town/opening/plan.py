"""From an extract to a plan: names, codes, provisional ground round it all, and what storing would refuse left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from gis.town.opening.fitted import Fitted
from grids.noding import node, on_grid
from grids.provisional import codes_below, frame, hull, in_reading_order
from grids.records import AreaRecord
from grids.survey import Row, survey
from layers.streets.osm import Extract, Layout, UnreadableFile, extract, lay_out, read
from layers.streets.osm.layout import leave_out
from layers.streets.osm.mapped import Ground
from layers.streets.osm.plots import Plot, multi
from layers.streets.records import FeatureRecord

LONGEST_NAME = 120
MOST_ROUNDS = 5
Stage = Literal["reading", "meaning", "fitting", "checking"]
STAGES: tuple[Stage, ...] = ("reading", "meaning", "fitting", "checking")
Tell = Callable[[Stage, int], None]


@dataclass
class Plan(Fitted):
    """A plan with what it was made from."""

    found: Extract = field(default_factory=lambda: Extract(None))
    layout: Layout = field(default_factory=Layout)


def plan_import(path: Path, *, name_zh: str = "", name_en: str = "", tell: Tell | None = None) -> Plan:
    """Read an extract and fit it together; raises UnreadableFile. Needs no database.

    `tell` is called with each of STAGES as it begins and, while reading, with the number of objects read.
    """
    tell = tell or (lambda _stage, _count: None)
    tell("reading", 0)
    objects = read(path, tell=lambda count: tell("reading", count))
    tell("meaning", 0)
    found = extract(objects)
    del objects
    if not found.ways:
        raise UnreadableFile("no-streets", path, objects=sum(found.report.read.values()))
    tell("fitting", 0)
    layout = lay_out(found)
    name_zh = name_zh or name_en or name_of(path)
    plan = Plan(path.name, name_zh, name_en or name_zh, found=found, layout=layout)
    unnamed: Counter[str] = Counter()
    for number in range(MOST_ROUNDS):
        tell("checking", number)
        unnamed.clear()
        plan.areas = _areas(plan, unnamed)
        bad = refused(plan.areas)
        if not bad:
            break
        leave_out(layout, bad)
    plan.unnamed = dict(unnamed)
    plan.ways, plan.barriers, plan.gates = found.ways, found.barriers, layout.gates
    plan.features = _features(found, layout, plan.areas)
    plan.listed = [*found.report.listed, *layout.listed]
    plan.account = found.report.document()
    del plan.account["listed"]
    return plan


def refused(areas: Sequence[AreaRecord]) -> dict[UUID, str]:
    """Areas that storing in an empty database would refuse, with its word for why; judged without any database."""
    shapes = node([on_grid(multi(row.geometry)) for row in areas])
    rows = [Row(row.id, row.tier, row.parent, shape) for row, shape in zip(areas, shapes, strict=True)]
    return {finding.area: finding.code for finding in survey(rows) if finding.area is not None}


def name_of(path: Path) -> str:
    """A place's name out of a file's name: without endings, dashes and underlines as blanks."""
    return " ".join(path.name.split(".")[0].replace("_", " ").replace("-", " ").split())[:60] or "OpenStreetMap"


def _areas(plan: Plan, unnamed: Counter[str]) -> list[AreaRecord]:
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
        unnamed["compound"] += not ground.name_zh
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
            several = len(streets[child.ground.address]) > 1
            rows.append(_building(unnamed, plot.id, building_code, place, child, several))
    return rows


def _building(unnamed: Counter[str], compound: UUID, code: str, number: int, plot: Plot, several: bool) -> AreaRecord:
    """A building grid under its name, else its house number (with the street, if on `several`), else a number."""
    ground = plot.ground
    name_zh, name_en = _called(ground, with_street=several)
    unnamed["building"] += not name_zh
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
    # unnamed: the area that lies on it has the name, and may be called otherwise tomorrow
    rows += [
        FeatureRecord("compound", plot.geometry, area_id=plot.id, osm_id=plot.ground.key)
        for plot in layout.compounds
        if plot.id in stored
    ]
    rows += [
        FeatureRecord("building", plot.geometry, *_called(plot.ground), area_id=plot.id, osm_id=plot.ground.key)
        for plot in layout.buildings
        if plot.id in stored
    ]
    rows += [
        FeatureRecord(ground.kind, multi(ground.geometry), *_called(ground), reason=reason, osm_id=ground.key)
        for ground, reason in layout.footprints
    ]
    return rows


def _called(ground: Ground, *, with_street: bool = False) -> tuple[str, str]:
    """A building's name, else its house number, behind its street where asked; ("", "") when it has neither."""
    if ground.name_zh or not ground.address:
        return ground.name_zh, ground.name_en
    street = f"{ground.street} " if with_street and ground.street else ""
    number = f"{ground.address}号" if ground.address.isdecimal() else ground.address
    return street + number, f"{street}{ground.address}" if street else f"No. {ground.address}"
