"""One benchmark row: ours and a peer measured in one run, and how the two compare.

A benchmark is a module in this folder, named as in the table of goals, with `rows(scale)` that yields `Row`s;
`scale` is "city" (the sizes of the goals) or "town" (a quick look). `make bench NAME=locate` runs one.
"""

import gc
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

TIMES = {"s", "ms", "µs"}


@dataclass(frozen=True)
class Row:
    """What was measured: `unit` is a time (s, ms, µs) or a rate (anything else, e.g. "/s"); `n` says of how many."""

    name: str
    ours: float
    peer: float | None
    unit: str
    n: int
    rows: int
    peer_name: str = ""
    p50_ms: float | None = None
    p95_ms: float | None = None
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """More than 1 means ours is better: peer / ours for a time, ours / peer for a rate; None without a peer."""
        if self.peer is None or not self.ours or not self.peer:
            return None
        return self.peer / self.ours if self.unit in TIMES else self.ours / self.peer

    def line(self) -> str:
        """The row as one line of JSON."""
        values = {
            "name": self.name,
            "ours": short(self.ours),
            "peer": short(self.peer),
            "ratio": short(self.ratio),
            "unit": self.unit,
            "n": self.n,
            "rows": self.rows,
            "p50_ms": short(self.p50_ms),
            "p95_ms": short(self.p95_ms),
            "peer_name": self.peer_name or None,
            "goal": self.goal or None,
        }
        optional = {"p50_ms", "p95_ms", "peer_name", "goal"}
        kept = {key: value for key, value in values.items() if value is not None or key not in optional}
        return json.dumps(kept, ensure_ascii=False)


def short(value: float | None) -> float | None:
    """Three digits that count: more would claim a precision that one run has not."""
    return None if value is None else float(f"{value:.3g}")


def seconds(work: Callable[[], object], *, repeat: int = 3, warm: bool = True) -> float:
    """The best of some runs of `work`, in seconds; a first run, to compile and fill caches, is not counted."""
    if warm:
        work()
    times = []
    for _ in range(repeat):
        gc.collect()
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def open_place(scale: str) -> None:
    """Set Django up on the benchmarks' own database of this size; made at first use, and again never.

    Call it in `rows()` before anything of Django is imported.
    """
    from gis.setup import local, places

    with local.locked():
        os.environ["PLACE"] = places.sized(scale)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis.settings")
    import django

    django.setup()


def percentiles(times_s: list[float]) -> tuple[float, float]:
    """(median, 95th percentile) of single times, in milliseconds."""
    cuts = statistics.quantiles(times_s, n=20, method="inclusive")
    return cuts[9] * 1000, cuts[18] * 1000


def table(lines: list[dict[str, object]]) -> str:
    """The rows as a Markdown table."""
    heads = ("benchmark", "ours", "peer", "ratio", "unit", "of", "goal")
    body = [
        (row["name"], row["ours"], f"{row['peer']} ({row.get('peer_name', '')})" if row["peer"] else "–",
         f"{row['ratio']} ×" if row["ratio"] else "–", row["unit"], f"{row['n']:,}", row.get("goal", ""))
        for row in lines
    ]  # fmt: skip
    return "\n".join("| " + " | ".join(str(cell) for cell in cells) + " |" for cells in (heads, ["---"] * 7, *body))
