"""Reads and fits an extract in a child process: what crashes, fills the memory or never ends, does so there alone."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gis.town.opening.fitted import Fitted
from gis.town.opening.kept import load
from grids.filing.apart import run_child
from grids.filing.faults import Unreadable
from layers.streets.osm import UnreadableFile

MEMORY_MB = 4_096
SECONDS = 900
"""Of computing time."""


def plan_apart(
    path: Path,
    *,
    keep: Path | None = None,
    name_zh: str = "",
    name_en: str = "",
    waiting: Callable[[str, int], None] | None = None,
    memory_mb: int = MEMORY_MB,
    seconds: int = SECONDS,
) -> Fitted:
    """`plan_import` in a child of bounded memory and time; raises UnreadableFile. `keep`: where the plan's file stays.

    `waiting(stage, objects read)` is called twice a second; what it raises ends the child.
    """
    with tempfile.TemporaryDirectory(prefix="opening-") as name:
        folder = Path(name)
        answer, rows, progress = (folder / part for part in ("answer.json", "plan.arrow", "progress"))
        order: dict[str, object] = {
            "path": str(path.resolve() if path.exists() else path), "name_zh": name_zh, "name_en": name_en,
            "answer": str(answer), "rows": str(rows), "progress": str(progress),
            "memory_mb": memory_mb, "seconds": seconds,
        }  # fmt: skip

        def look() -> None:
            with suppress(OSError, ValueError):
                stage, count = progress.read_text(encoding="utf-8").split()
                told.append((stage, int(count)))
            if waiting is not None:
                waiting(*(told[-1] if told else ("reading", 0)))
            del told[:-1]

        told: list[tuple[str, int]] = []
        try:
            run_child("gis.town.opening.child", order, waiting=look, seconds=seconds)
        except Unreadable as fault:
            raise UnreadableFile("too-slow", path, found=f"{seconds:,}") from fault
        if not answer.exists():
            raise UnreadableFile("reader-died", path, found=f"{memory_mb:,}", objects=told[-1][1] if told else 0)
        found = json.loads(answer.read_text(encoding="utf-8"))
        if found["why"]:
            raise UnreadableFile(found["why"], path, found=found["found"], objects=found["objects"])
        if keep is not None:
            keep.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = keep.with_suffix(".partial")
            partial.write_bytes(rows.read_bytes())
            partial.replace(keep)
        return load(rows)
