"""A proposal as the page and the command show it, and as a file that the commit reads again."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import shapely
from pyarrow import feather

from grids.filing.columns import WORDS
from grids.proposals.columns import TierWords
from grids.proposals.proposal import Proposal
from grids.proposals.references import title_of
from grids.proposals.said import RowProblem
from grids.records import AreaRecord

MOST_PROBLEMS = 500
"""So many are told with their place; the rest are counted by kind."""
MOST_SHOWN = 1_500
"""Shapes in one answer for the map."""
SAMPLES = 3
FIELDS = ("id", "tier", "parent", "code", "name_zh", "name_en", "walled")


def report(proposal: Proposal, *, file: str) -> dict[str, Any]:
    """Everything a person needs to decide, as JSON values."""
    table, where = proposal.table, proposal.reference
    kinds = Counter(one.code for one in proposal.problems)
    tiers = TierWords()
    new = Counter(row.tier for row in proposal.new if row.tier)
    box = shapely.total_bounds([row.geometry for row in proposal.records]).tolist()
    return {
        "file": {
            "name": file, "kind": table.kind, "rows": len(table), "layers": table.layers, "encoding": table.encoding,
            "columns": [{"name": name, "samples": _samples(texts)} for name, texts in table.columns.items()],
        },
        "crs": {"said": table.crs[:200], "used": where.name, "title": title_of(where.name, where.title)},
        "map": {word: [proposal.map[word].column, proposal.map[word].value] for word in WORDS},
        "tiers": [
            {"code": code, "name_zh": row.name_zh, "name_en": row.name_en, "count": new[code]}
            for code, row in tiers.rows.items() if new[code]
        ],
        "new": len(proposal.new),
        "standing": len(proposal.standing),
        "bad_rows": len({one.row for one in proposal.problems}),
        "problem_count": len(proposal.problems),
        "kinds": [
            {"code": code, "count": count, "example": next(p.message for p in proposal.problems if p.code == code)}
            for code, count in kinds.most_common()
        ],
        "problems": [one.document() for one in _few_of_each(proposal)],
        "cautions": [one.document() for one in proposal.cautions],
        "bbox": box if np.isfinite(box).all() else None,
        "sound": proposal.sound,
    }  # fmt: skip


def _few_of_each(proposal: Proposal) -> list[RowProblem]:
    """At most MOST_PROBLEMS, so chosen that a kind with thousands does not hide the others."""
    kinds = Counter(one.code for one in proposal.problems)
    share = max(1, MOST_PROBLEMS // max(1, len(kinds)))
    seen: Counter[str] = Counter()
    first: list[RowProblem] = []
    rest: list[RowProblem] = []
    for one in proposal.problems:
        seen[one.code] += 1
        (first if seen[one.code] <= share else rest).append(one)
    chosen = first + rest[: max(0, MOST_PROBLEMS - len(first))]
    return sorted(chosen, key=lambda one: one.row)


def _samples(texts: list[str]) -> list[str]:
    """A few different texts of a column."""
    found: list[str] = []
    for text in texts[:1000]:
        if text and text[:60] not in found:
            found.append(text[:60])
        if len(found) == SAMPLES:
            break
    return found


def keep(proposal: Proposal, path: Path) -> None:
    """Write the rows as an Arrow file: what the map shows, and what is stored when a person says so."""
    rows = proposal.records
    bad = {one.row for one in proposal.problems}
    shapes = np.array([row.geometry for row in rows], object)
    bounds = shapely.bounds(shapes)
    columns: dict[str, Any] = {name: pa.array([str(getattr(row, name) or "") for row in rows]) for name in FIELDS}
    columns["row"] = pa.array(proposal.numbers, pa.int64())
    columns["bad"] = pa.array([number in bad for number in proposal.numbers])
    columns["standing"] = pa.array([number in proposal.standing for number in proposal.numbers])
    columns["shape"] = pa.array(list(shapely.to_wkb(shapes)), pa.binary())
    for at, name in enumerate(("west", "south", "east", "north")):
        columns[name] = pa.array(bounds[:, at])
    feather.write_feather(pa.table(columns), str(path), compression="uncompressed")


def kept(path: Path) -> list[AreaRecord]:
    """The rows that are to be stored; raises ValueError when some of them may not be."""
    table = feather.read_table(str(path), memory_map=True)
    if any(table["bad"].to_pylist()):
        raise ValueError("rows with problems are never stored")
    table = table.filter(pa.compute.invert(table["standing"]))
    shapes = shapely.from_wkb(table["shape"].to_pylist())
    found = []
    for shape, row in zip(shapes, table.drop_columns(["shape"]).to_pylist(), strict=True):
        words = {name: row[name] for name in ("tier", "code", "name_zh", "name_en", "walled")}
        parent = UUID(row["parent"]) if row["parent"] else None
        found.append(AreaRecord(id=UUID(row["id"]), parent=parent, geometry=shape, **words))
    return found


def in_view(path: Path, box: tuple[float, float, float, float], *, smallest: float) -> tuple[list[dict[str, Any]], int]:
    """(GeoJSON features of the rows in a box, rows there that are not sent): bad ones first, then the largest.

    `smallest` is the size in degrees below which a sound shape is not worth drawing.
    """
    table = feather.read_table(str(path), memory_map=True)
    west, south, east, north = (table[name].to_numpy() for name in ("west", "south", "east", "north"))
    bad = table["bad"].to_numpy()
    size = np.maximum(east - west, north - south)
    near = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    chosen = np.flatnonzero(near & (bad | (size >= smallest)))
    chosen = chosen[np.lexsort((-size[chosen], ~bad[chosen]))][:MOST_SHOWN]
    rows = table.select(["row", "tier", "code", "name_zh", "name_en", "bad", "standing", "shape"]).take(chosen)
    shapes = shapely.simplify(shapely.from_wkb(rows["shape"].to_pylist()), smallest / 2, preserve_topology=False)
    features = [
        {"type": "Feature", "geometry": _geojson(shape), "properties": {k: v for k, v in row.items() if k != "shape"}}
        for shape, row in zip(shapes, rows.drop_columns(["shape"]).to_pylist(), strict=True)
        if not shape.is_empty
    ]
    return features, int(near.sum()) - len(features)


def _geojson(shape: Any) -> Any:
    """A shape for drawing: 7 decimals are a centimetre."""
    return json.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-7, mode="pointwise")))
