"""The child of `apart.py`: takes its limits first, then reads, and writes either a table or a reason."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


def take_limits(order: dict[str, str | int]) -> None:
    """Bound this process's memory and time as the order says, and let it die with its parent."""
    memory, seconds = int(order["memory_mb"]) << 20, int(order["seconds"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != int(order["parent"]):
        sys.exit("the parent died before its child knew")


def main(order: dict[str, str | int]) -> None:
    """Read what the order names and write its answer."""
    take_limits(order)
    from grids.filing.faults import Unreadable
    from grids.filing.reading import read

    code, values = "", {}
    try:
        table = read(Path(str(order["path"])), layer=str(order["layer"]), encoding=str(order["encoding"]))
        table.write(Path(str(order["rows"])))
    except Unreadable as fault:
        code, values = fault.code, fault.values
    except MemoryError:
        code, values = "too-much-memory", {"memory": int(order["memory_mb"])}
    tell_answer(order, {"code": code, "values": values})


def tell_answer(order: dict[str, str | int], told: dict[str, object]) -> None:
    """Write the answer's file last and at once, so that a half-written one is never taken for it."""
    answer = Path(str(order["answer"]))
    half = answer.with_suffix(".half")
    half.write_text(json.dumps(told), encoding="utf-8")
    half.rename(answer)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
