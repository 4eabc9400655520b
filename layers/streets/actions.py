"""The only writes to streets, gates and the walking network."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np
import shapely
from django.db import connection, transaction
from django.db.models import Max, Model

from gis.audit.actions import record
from gis.shared.functions import AsWKB
from gis.shared.geometry import SRID, metric_epsg, to_metres
from gis.shared.tables import copy_new, copy_rows
from grids.models import Boundary, Walled
from layers.streets.models import Barrier, Edge, Feature, Gate, Network, Passage, Way
from layers.streets.noding import Compound, Noded, node
from layers.streets.records import (
    BarrierRecord,
    FeatureRecord,
    GateKind,
    GateRecord,
    GateStatus,
    OpenTo,
    WayKind,
    WayRecord,
)

GATE_NAMES = uuid.UUID("5d0a2c1e-64b7-4b0e-9d55-0f3d5c3f7a10")
"""Namespace of gate ids: the same gate of the same compound has the same id in every making of a place."""


@transaction.atomic
def replace_network(
    *,
    ways: Sequence[WayRecord],
    gates: Sequence[GateRecord],
    barriers: Sequence[BarrierRecord] = (),
    features: Sequence[FeatureRecord] = (),
    now: datetime,
    actor: Any,
) -> Network:
    """Put these streets, gates, walls and base-map shapes in the place of all former ones, and node the network.

    Compounds must exist already: which of them are walled is read from their boundaries at `now`.
    """
    _one_at_a_time()
    for model in (Edge, Passage, Gate, Way, Barrier, Feature):
        model.objects.all().delete()
    first_way = _copy(
        Way,
        ("osm_id", "kind", "name_zh", "name_en", "walkable", "steps", "bridge", "tunnel", "layer"),
        [(w.osm_id, w.kind, w.name_zh, w.name_en, w.walkable, w.steps, w.bridge, w.tunnel, w.layer) for w in ways],
        [w.geometry for w in ways],
    )
    _copy(Barrier, ("osm_id", "kind"), [(b.osm_id, b.kind) for b in barriers], [b.geometry for b in barriers])
    _copy(
        Feature,
        ("osm_id", "kind", "name_zh", "name_en", "area_id", "reason"),
        [(f.osm_id, f.kind, f.name_zh, f.name_en, f.area_id, f.reason) for f in features],
        [f.geometry for f in features],
    )
    gate_ids = _store_gates(gates)
    network = _make(ways, gates, [first_way + i for i in range(len(ways))], gate_ids, now=now)
    detail = {"ways": len(ways), "gates": len(gates), "barriers": len(barriers), "features": len(features)}
    record(actor=actor, verb="streets.replace_network", subject=f"network {network.pk}", now=now, detail=detail)
    return network


@transaction.atomic
def renode(*, now: datetime, actor: Any) -> Network:
    """Node the stored streets anew with the walls and gates of now (a wall was drawn, a gate drawn or moved)."""
    _one_at_a_time()
    ways, way_ids = [], []
    for row in Way.objects.order_by("id").annotate(wkb=AsWKB("geometry")).defer("geometry"):
        ways.append(
            WayRecord(
                kind=cast("WayKind", row.kind),
                geometry=shapely.from_wkb(bytes(row.wkb)),
                walkable=row.walkable,
                steps=row.steps,
                bridge=row.bridge,
                tunnel=row.tunnel,
                layer=row.layer,
            )
        )
        way_ids.append(row.pk)
    gates, gate_ids = [], []
    for gate in Gate.objects.order_by("id"):
        point = shapely.Point(gate.geometry.x, gate.geometry.y)
        status, kind, open_to = (
            cast("GateStatus", gate.status),
            cast("GateKind", gate.kind),
            cast("OpenTo", gate.open_to),
        )
        gates.append(GateRecord(point, gate.compound_id, status, kind, open_to))
        gate_ids.append(gate.pk)
    Edge.objects.all().delete()
    Passage.objects.all().delete()
    network = _make(ways, gates, way_ids, gate_ids, now=now)
    if actor is not None:  # a person or a command; what the worker renews by itself is nobody's act
        detail = {"edges": network.edges}
        record(actor=actor, verb="streets.renode", subject=f"network {network.pk}", now=now, detail=detail)
    return network


def _store_gates(gates: Sequence[GateRecord]) -> list[uuid.UUID]:
    ids = []
    rows = []
    seen: dict[uuid.UUID, int] = {}
    for gate in gates:
        name = uuid.uuid5(GATE_NAMES, f"{gate.compound_id} {gate.point.x:.8f} {gate.point.y:.8f}")
        seen[name] = seen.get(name, 0) + 1
        pk = name if seen[name] == 1 else uuid.uuid5(name, str(seen[name]))
        ids.append(pk)
        rows.append((pk, gate.compound_id, _ewkb([gate.point])[0], gate.kind, gate.status, gate.open_to, gate.osm_id))
    copy_new(Gate, ("id", "compound_id", "geometry", "kind", "status", "open_to", "osm_id"), rows)
    return ids


def _make(
    ways: Sequence[WayRecord],
    gates: Sequence[GateRecord],
    way_ids: Sequence[int],
    gate_ids: Sequence[uuid.UUID],
    *,
    now: datetime,
) -> Network:
    """Node, store the edges by COPY, tell the gates their nodes, and open a new version."""
    epsg = _zone(ways)
    compounds = compounds_at(now)
    noded = node(ways, compounds, gates, epsg=epsg)
    _store_edges(noded, ways, way_ids, gate_ids, compounds, epsg)
    passages = [
        (outside, inside, gate_ids[gate], compounds[c].area_id if compounds[c].walled else None)
        for outside, inside, gate, c in noded.passages
    ]
    copy_rows(Passage, ("outside", "inside", "gate_id", "wall_id"), passages)
    with connection.cursor() as cursor:
        # who moves a gate meanwhile waits for this row only, and finds its place differing from the noded one
        cursor.execute(
            "UPDATE streets_gate SET node = told.node, noded = ST_SetSRID(ST_Point(told.x, told.y), 4326)"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::float8[], %s::float8[]) AS told (id, node, x, y)"
            " WHERE streets_gate.id = told.id",
            [
                list(gate_ids),
                [number if number >= 0 else None for number in noded.gate_node],
                [gate.point.x for gate in gates],
                [gate.point.y for gate in gates],
            ],
        )
    return Network.objects.create(made_at=now, epsg=epsg, nodes=noded.node_count, edges=len(noded.lines))


def _one_at_a_time() -> None:
    """Wait until nobody else makes a network; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('streets.network', 0))")


def compounds_at(moment: datetime) -> list[Compound]:
    """The compounds in force at a moment as the noding sees them, in the order of their ids."""
    rows = Boundary.objects.at(moment).of_tier("compound").order_by("area_id")
    found = rows.annotate(wkb=AsWKB("geometry")).values_list("area_id", "wkb", "walled")
    return [Compound(area_id, shapely.from_wkb(bytes(wkb)), walled == Walled.YES) for area_id, wkb, walled in found]


def _store_edges(
    noded: Noded,
    ways: Sequence[WayRecord],
    way_ids: Sequence[int],
    gate_ids: Sequence[uuid.UUID],
    compounds: Sequence[Compound],
    epsg: int,
) -> None:
    lines = [shapely.LineString(line) for line in noded.lines]
    metres = shapely.length(to_metres(np.array(lines, dtype=object), epsg)) if lines else np.empty(0)
    gate_at = {number: gate_ids[g] for g, number in enumerate(noded.gate_node) if number >= 0}
    rows = []
    for e, way in enumerate(noded.way):
        start, end, side = noded.start[e], noded.end[e], noded.side[e]
        rows.append(
            (
                way_ids[way] if way >= 0 else None,
                start,
                end,
                float(metres[e]),
                bool(way >= 0 and ways[way].steps),
                compounds[side].area_id if side >= 0 else None,
                gate_at.get(start) or gate_at.get(end),
            )
        )
    _copy(Edge, ("way_id", "start_node", "end_node", "length_m", "steps", "inside_id", "gate_id"), rows, lines)


def _zone(ways: Sequence[WayRecord]) -> int:
    """The metric zone at the middle of the streets' envelope."""
    if not ways:
        return metric_epsg(0.0, 0.0)
    west, south, east, north = shapely.total_bounds(np.array([way.geometry for way in ways], dtype=object))
    return metric_epsg((west + east) / 2, (south + north) / 2)


def _copy(
    model: type[Model], columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]], geometries: Sequence[Any]
) -> int:
    """COPY rows with numbered ids and geometries; returns the first id."""
    first = (model._default_manager.aggregate(last=Max("id"))["last"] or 0) + 1
    numbered = ((first + i, *row, wkb) for i, (row, wkb) in enumerate(zip(rows, _ewkb(geometries), strict=True)))
    copy_rows(model, ("id", *columns, "geometry"), numbered)
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, first + len(geometries)])
    return int(first)


def _ewkb(geometries: Sequence[Any]) -> list[str]:
    if not len(geometries):
        return []
    told = shapely.set_srid(np.array(list(geometries), dtype=object), SRID)
    return list(shapely.to_wkb(told, hex=True, include_srid=True))
