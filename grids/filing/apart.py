"""Reads a stranger's file in a child process: what crashes, fills the memory or never ends, does so there alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from grids.filing.faults import Unreadable
from grids.filing.table import Table

MEMORY_MB = 3_072
SECONDS = 300
ROOT = Path(__file__).resolve().parents[2]
NETWORK_DRIVERS = (
    "OGR_VRT,GDALG,WFS,OAPIF,OGCAPI,HTTP,EEDA,Carto,AmigoCloud,Elasticsearch,PLSCENES,CSW,NGW,PMTiles,MBTiles,MVT"
)


def read_apart(
    path: Path,
    *,
    layer: str = "",
    encoding: str = "",
    waiting: Callable[[], None] | None = None,
    memory_mb: int = MEMORY_MB,
    seconds: int = SECONDS,
) -> Table:
    """`reading.read` in a child of bounded memory and time; raises Unreadable.

    `waiting` is called twice a second; what it raises ends the child.
    """
    with tempfile.TemporaryDirectory(prefix="reading-") as folder:
        answer, rows = Path(folder) / "answer.json", Path(folder) / "rows.arrow"
        order = {
            "path": str(path.resolve()), "layer": layer, "encoding": encoding, "answer": str(answer),
            "rows": str(rows), "memory_mb": memory_mb, "seconds": seconds,
        }  # fmt: skip
        run_child("grids.filing.child", order, waiting=waiting, seconds=seconds)
        if not answer.exists():
            raise Unreadable("reader-died", memory=memory_mb)
        told = json.loads(answer.read_text(encoding="utf-8"))
        if told["code"]:
            raise Unreadable(told["code"], **told["values"])
        return Table.load(rows)


def run_child(
    module: str, order: dict[str, object], *, waiting: Callable[[], None] | None = None, seconds: int = SECONDS
) -> None:
    """Start `python -m module ORDER`, wait for it, and end it whatever happens here; raises Unreadable("too-slow").

    The order names the file `rows` or another one beside it; its folder is the child's place for what passes.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "LC_ALL"}},
        "TMPDIR": str(Path(str(order["rows"])).parent),  # what it leaves behind goes with our folder
        "PYTHONPATH": str(ROOT),
        "OGR_SKIP": NETWORK_DRIVERS,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "PROJ_NETWORK": "OFF",
    }
    command = [sys.executable, "-m", module, json.dumps({**order, "parent": os.getpid()})]
    nowhere = subprocess.DEVNULL
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    waited = 0.0
    try:
        while True:
            try:
                child.wait(timeout=0.5)
                return
            except subprocess.TimeoutExpired:
                waited += 0.5
            if waiting is not None:
                waiting()
            if waited > 2 * seconds:
                raise Unreadable("too-slow", seconds=seconds)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
