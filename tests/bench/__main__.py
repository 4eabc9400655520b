"""`python -m tests.bench [NAME …]`: each benchmark in a process of its own, one JSON line a row, then the table."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.frame import table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FRAME = {"__main__", "frame", "__init__"}
LAST = {"import"}
"""Writes and takes back so much that nothing of the place is in memory afterwards: what follows would begin so."""


def names() -> list[str]:
    """All benchmarks in their order: the modules of this folder that are not the frame and not private."""
    found = {path.stem for path in HERE.glob("*.py") if path.stem not in FRAME and not path.stem.startswith("_")}
    return [*sorted(found - LAST), *sorted(found & LAST)]


def one(name: str, scale: str) -> None:
    """Run one benchmark here and print its rows; `locate/x` prints that variant alone."""
    module = importlib.import_module(f"tests.bench.{name.split('/', maxsplit=1)[0]}")
    for row in module.rows(scale):
        if "/" not in name or row.name == name:
            sys.stdout.write(row.line() + "\n")
            sys.stdout.flush()


def every(chosen: list[str], scale: str) -> int:
    """Run benchmarks one after another; 1 when one fails."""
    lines, failed = [], []
    for name in chosen:
        command = [sys.executable, "-m", "tests.bench", "--one", name, scale]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
                if line.startswith("{"):
                    lines.append(json.loads(line))
        if process.returncode:
            failed.append(name)
    sys.stdout.write(f"\n{table(lines)}\n\nSCALE={scale}, {os.cpu_count()} cores\n")
    if failed:
        sys.stdout.write(f"failed: {', '.join(failed)}\n")
    return 1 if failed else 0


def main(words: list[str]) -> int:
    """Choose what to run."""
    if words[:1] == ["--one"]:
        one(words[1], words[2])
        return 0
    scale = os.environ.get("SCALE") or "city"
    known = names()
    unknown = [word for word in words if word.split("/")[0] not in known]
    if unknown or scale not in {"city", "town"}:
        sys.stdout.write(f"There is no benchmark {', '.join(unknown) or scale}. Known: {', '.join(known)}\n")
        return 2
    return every(words or known, scale)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
