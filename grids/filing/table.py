"""One table for every kind of file: texts by column, one shape a row, and what the file says of its coordinates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyarrow import feather

from grids.filing.faults import LONGEST_CELL, Fault, Note

LAYER = "(layer)"
"""The column that says from which layer of the file a row comes, where a file has several."""
NUMBER, SHAPE, COLUMN = "row", "shape", "column:"


@dataclass
class Table:
    """What a file holds. `shapes` are shapely's, in the file's own coordinates, None where there is none to read."""

    kind: str
    columns: dict[str, list[str]]
    shapes: NDArray[Any]
    numbers: NDArray[np.int64]
    crs: str = ""
    """What the file says: "EPSG:4490" or WKT; "" when it says nothing."""
    encoding: str = ""
    layers: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def write(self, path: Path) -> None:
        """Keep the table as an Arrow file."""
        names = list(self.columns)
        about = {
            "kind": self.kind, "crs": self.crs, "encoding": self.encoding, "layers": self.layers, "columns": names,
            "faults": [[fault.row, fault.code, dict(fault.values)] for fault in self.faults],
            "notes": [[note.code, dict(note.values)] for note in self.notes],
        }  # fmt: skip
        blobs = list(shapely.to_wkb(self.shapes))
        arrays: list[Any] = [pa.array(self.numbers, pa.int64()), pa.array(blobs, pa.binary())]
        arrays += [pa.array(self.columns[name], pa.string()) for name in names]
        fields = [NUMBER, SHAPE, *(f"{COLUMN}{at}" for at in range(len(names)))]
        table = pa.table(arrays, names=fields).replace_schema_metadata({"about": json.dumps(about)})
        feather.write_feather(table, str(path), compression="uncompressed")

    @classmethod
    def load(cls, path: Path) -> Table:
        """A table that `write` kept."""
        table = feather.read_table(str(path), memory_map=True)
        about = json.loads(table.schema.metadata[b"about"])
        return cls(
            kind=about["kind"],
            columns={name: table[f"{COLUMN}{at}"].to_pylist() for at, name in enumerate(about["columns"])},
            shapes=np.asarray(shapely.from_wkb(table[SHAPE].to_numpy(zero_copy_only=False)), object),
            numbers=table[NUMBER].to_numpy().copy(),
            crs=about["crs"],
            encoding=about["encoding"],
            layers=about["layers"],
            faults=[Fault(row, code, values) for row, code, values in about["faults"]],
            notes=[Note(code, values) for code, values in about["notes"]],
        )


def text_of(value: object) -> str:
    """A cell as text: nothing is "", whole numbers have no decimals, long texts are cut at LONGEST_CELL."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)[:LONGEST_CELL]
    return str(value)[:LONGEST_CELL]


def unique_names(names: Sequence[str]) -> list[str]:
    """Column names with the second of a kind numbered, so that none hides another."""
    seen: set[str] = set()
    told: list[str] = []
    for name in names:
        name = name.strip() or "?"
        fresh, number = name, 1
        while fresh in seen:
            number += 1
            fresh = f"{name} ({number})"
        seen.add(fresh)
        told.append(fresh)
    return told
