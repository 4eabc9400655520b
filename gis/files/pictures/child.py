"""The child of `apart.py`: takes its limits first, then draws what comes in and writes the answer out."""

from __future__ import annotations

import json
import resource
import sys
from typing import BinaryIO

from gis.shared.apart import take_limits


def main(order: dict[str, int], source: BinaryIO, target: BinaryIO) -> None:
    """Read a picture from `source`; write one line of JSON, and behind it the two pictures it gives the lengths of."""
    take_limits(memory_mb=order["memory_mb"], seconds=order["seconds"], parent=order.pop("parent"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes to no file

    from gis.files.pictures.drawing import draw
    from gis.files.pictures.faults import Caps, FaultyError

    try:
        drawn = draw(source.read(), Caps(**order))
    except FaultyError as fault:
        _tell(target, {"code": fault.code, "values": fault.values})
    except MemoryError:
        _tell(target, {"code": "too-much-memory", "values": {}})
    else:
        sizes = {"width": drawn.width, "height": drawn.height, "full": len(drawn.full), "thumb": len(drawn.thumb)}
        _tell(target, {"code": "", **sizes}, drawn.full, drawn.thumb)


def _tell(target: BinaryIO, answer: dict[str, object], *parts: bytes) -> None:
    """One line and what belongs to it."""
    target.write(json.dumps(answer).encode() + b"\n")
    target.writelines(parts)
    target.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
