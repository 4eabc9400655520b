"""A plan as one Arrow file: a row a shape, what the shape means beside it; read again to be drawn or stored.

Never pickled: what reads a stranger's file must not be able to make its parent run anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyarrow import feather

from gis.town.opening.fitted import FRAME, Fitted
from grids.records import AreaRecord
from layers.streets.osm.report import Listed
from layers.streets.records import BarrierRecord, FeatureRecord, GateRecord, WayRecord

KINDS: dict[str, Any] = {
    "area": AreaRecord, "way": WayRecord, "gate": GateRecord, "barrier": BarrierRecord, "feature": FeatureRecord,
}  # fmt: skip
SHAPES = {"gate": "point"}
"""The field that holds the shape, where it is not called geometry."""
IDENTITIES = {"id", "parent", "compound_id", "area_id"}
BOX = ("west", "south", "east", "north")
MOST_SHOWN = 2_500
"""Shapes in one answer for the map."""
RANK = {"area": 0, "gate": 1, "way": 3, "barrier": 4, "feature": 2}
"""What is sent first where not everything can be."""
DEPTH = {"feature": 0, "barrier": 1, "way": 2, "area": 3, "gate": 4}
"""What lies below what."""
SHOWN = ("tier", "kind", "name_zh", "name_en", "reason", "status", "walled")
GATES_BELOW = 1e-4
"""Degrees a view's two pixels span at most for gates to be drawn."""


def write(plan: Fitted, path: Path) -> None:
    """Keep a plan."""
    kinds: list[str] = []
    words: list[str] = []
    shapes: list[Any] = []
    rows: dict[str, Sequence[Any]] = {
        "area": plan.areas, "way": plan.ways, "gate": plan.gates, "barrier": plan.barriers, "feature": plan.features,
    }  # fmt: skip
    for kind, records in rows.items():
        name = SHAPES.get(kind, "geometry")
        for row in records:
            kinds.append(kind)
            shapes.append(getattr(row, name))
            told = {field: getattr(row, field) for field in row.__slots__ if field != name}
            words.append(json.dumps(told, ensure_ascii=False, default=str))
    told_of = {
        "file": plan.file, "name_zh": plan.name_zh, "name_en": plan.name_en, "account": plan.account,
        "listed": [asdict(row) for row in plan.listed], "unnamed": plan.unnamed,
    }  # fmt: skip
    bounds = shapely.bounds(np.array(shapes, object))
    columns: dict[str, Any] = {
        "kind": pa.array(kinds, pa.string()).dictionary_encode(),
        "words": pa.array(words, pa.string()),
        "shape": pa.array(list(shapely.to_wkb(shapes)), pa.binary()),
        **{name: pa.array(bounds[:, at]) for at, name in enumerate(BOX)},
    }
    table = pa.table(columns).replace_schema_metadata({"about": json.dumps(told_of, ensure_ascii=False)})
    feather.write_feather(table, str(path), compression="uncompressed")


def load(path: Path) -> Fitted:
    """A plan that `write` kept."""
    table = feather.read_table(str(path), memory_map=True)
    about = json.loads(table.schema.metadata[b"about"])
    found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    shapes = shapely.from_wkb(table["shape"].to_numpy(zero_copy_only=False))
    for kind, words, shape in zip(table["kind"].to_pylist(), table["words"].to_pylist(), shapes, strict=True):
        values = {
            name: UUID(value) if name in IDENTITIES and value is not None else value
            for name, value in json.loads(words).items()
        }
        found[kind].append(KINDS[kind](**{SHAPES.get(kind, "geometry"): shape}, **values))
    return Fitted(
        file=about["file"],
        name_zh=about["name_zh"],
        name_en=about["name_en"],
        areas=found["area"],
        ways=found["way"],
        gates=found["gate"],
        barriers=found["barrier"],
        features=found["feature"],
        account=about["account"],
        listed=[Listed(**row) for row in about["listed"]],
        unnamed=about["unnamed"],
    )


def in_view(path: Path, box: tuple[float, float, float, float], *, smallest: float) -> tuple[list[dict[str, Any]], int]:
    """(GeoJSON features of a kept plan in a box in the order of drawing, rows there that are not sent).

    `smallest` is the size in degrees below which a shape is not worth drawing. Where there is too much for one answer,
    what ranks first and is large is sent.
    """
    table = feather.read_table(str(path), memory_map=True)
    west, south, east, north = (table[name].to_numpy() for name in BOX)
    kind = np.array(table["kind"].to_pylist())
    size: NDArray[np.float64] = np.maximum(east - west, north - south)
    near = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    near[1:FRAME] = False  # county, street and community have one shape
    worth = np.where(kind == "gate", smallest < GATES_BELOW, size >= smallest)
    chosen = np.flatnonzero(near & worth)
    rank = np.array([RANK[word] for word in kind[chosen]], np.int64)
    chosen = chosen[np.lexsort((-size[chosen], rank))][:MOST_SHOWN]
    depth = np.array([DEPTH[word] for word in kind[chosen]], np.int64)
    chosen = chosen[np.lexsort((-size[chosen], depth))]
    rows = table.select(["kind", "words", "shape"]).take(chosen)
    shapes = shapely.simplify(shapely.from_wkb(rows["shape"].to_pylist()), smallest / 2, preserve_topology=False)
    features = []
    for one, words, shape in zip(rows["kind"].to_pylist(), rows["words"].to_pylist(), shapes, strict=True):
        if not shape.is_empty:
            said = json.loads(words)
            told = {name: said[name] for name in SHOWN if said.get(name)}
            features.append({"type": "Feature", "geometry": _geojson(shape), "properties": {"row": one, **told}})
    return features, int(near.sum()) - len(features)


def _geojson(shape: Any) -> Any:
    """A shape for drawing: 7 decimals are a centimetre."""
    return json.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-7, mode="pointwise")))
