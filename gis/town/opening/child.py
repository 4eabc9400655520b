"""The child of `apart.py`: takes its limits first, then reads and fits, and writes either a plan or a reason."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gis.shared.apart import take_limits
from grids.filing.child import tell_answer


def main(order: dict[str, str | int]) -> None:
    """Read the extract that the order names; what is not told in the answer's file did not happen."""
    take_limits(memory_mb=int(order["memory_mb"]), seconds=int(order["seconds"]), parent=int(order["parent"]))

    from gis.town.opening.kept import write
    from gis.town.opening.plan import plan_import
    from layers.streets.osm import UnreadableFile

    told: dict[str, object] = {"why": ""}
    progress = Path(str(order["progress"]))

    def tell(stage: str, count: int) -> None:
        half = progress.with_suffix(".half")
        half.write_text(f"{stage} {count}", encoding="utf-8")
        half.rename(progress)

    try:
        names = {"name_zh": str(order["name_zh"]), "name_en": str(order["name_en"])}
        write(plan_import(Path(str(order["path"])), **names, tell=tell), Path(str(order["rows"])))
    except UnreadableFile as error:
        told = {"why": error.why, "found": error.found, "objects": error.objects}
    except MemoryError:
        told = {"why": "too-much-memory", "found": f"{order['memory_mb']:,}", "objects": 0}
    tell_answer(order, told)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
