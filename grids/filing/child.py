"""The child of `apart.py`: takes its limits first, then reads, and writes either a table or a reason."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gis.shared.apart import take_limits


def main(order: dict[str, str | int]) -> None:
    """Read what the order names and write its answer."""
    take_limits(memory_mb=int(order["memory_mb"]), seconds=int(order["seconds"]), parent=int(order["parent"]))
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
