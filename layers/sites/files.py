"""A file of sites as rows of text: CSV and XLSX by the shared reader, GeoPackage and GeoJSON in a child process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grids.filing.apart import run_child
from grids.filing.faults import Unreadable
from grids.population_files import MOST_BYTES, read_sheet

MOST_ROWS = 20_000
MEMORY_MB = 2_048
SECONDS = 120
MAPS = (b"SQLite format 3\x00", b"{")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """Kind of the file, its heads, and rows as (line, cells by head)."""

    kind: str
    heads: list[str]
    rows: list[tuple[int, dict[str, str]]]
    odd: list[int]
    """Lines that cannot be read: more cells than heads, or a shape that is no point."""


def read(path: Path, *, waiting: Callable[[], None] | None = None) -> SiteFile:
    """Read a file whole; raises Unreadable. Points of a map file become its columns lon and lat."""
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable("too-many-bytes", most=MOST_BYTES >> 20)
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(MAPS):
        return _map_file(path, waiting)
    sheet = read_sheet(path)
    if len(sheet.rows) > MOST_ROWS:
        raise Unreadable("too-many-rows", most=MOST_ROWS)
    rows = [(line, dict(zip(sheet.heads, cells, strict=True))) for line, cells in sheet.rows]
    return SiteFile(sheet.kind, sheet.heads, rows, sheet.odd)


def _map_file(path: Path, waiting: Callable[[], None] | None) -> SiteFile:
    """A GeoPackage or GeoJSON file of points, read in a child of bounded memory and time; its first layer."""
    with tempfile.TemporaryDirectory(prefix="sites-") as folder:
        with path.open("rb") as file:
            kind = "gpkg" if file.read(6) == b"SQLite" else "geojson"
        # under a name that says what it is: the reader must not choose another driver by the stranger's
        named = Path(folder) / f"sites.{kind}"
        named.symlink_to(path.resolve())
        answer, rows = Path(folder) / "answer.json", Path(folder) / "rows.json"
        order: dict[str, object] = {
            "path": str(named), "answer": str(answer), "rows": str(rows), "memory_mb": MEMORY_MB, "seconds": SECONDS,
        }  # fmt: skip
        run_child("layers.sites.child", order, waiting=waiting, seconds=SECONDS)
        if not answer.exists():
            raise Unreadable("reader-died", memory=MEMORY_MB)
        told = json.loads(answer.read_text(encoding="utf-8"))
        if told["code"]:
            raise Unreadable(told["code"], **told["values"])
        found = json.loads(rows.read_text(encoding="utf-8"))
    heads = found["heads"]
    given = [(int(line), dict(zip(heads, cells, strict=True))) for line, cells in found["rows"]]
    return SiteFile(found["kind"], heads, given, found["odd"])
