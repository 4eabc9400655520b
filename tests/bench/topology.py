"""Every invariant over a prefecture of 89,000 areas, from the database's rows to findings with a place.

The peer is given the easiest question of the lot: `coverage_is_valid` of each tier, which says yes or no to overlaps
among siblings. Ours answers that and validity, size, orphans, escapes from parents and gaps of tiling tiers. A second
row counts the reading from the database as well; a third tells how long it takes to find ten planted faults.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

import shapely

from tests.bench.frame import Row, open_place, seconds

SEED = 20260102
GOAL = "ratio ≥ 0.25"
FAULTS = 10


def rows(scale: str) -> Iterator[Row]:
    """The check alone, with reading, and with faults to be found."""
    open_place(scale)
    from django.utils import timezone

    from grids.inspection import inspect
    from grids.soundness import ground_rows, tiling_tiers

    now, tiling = timezone.now(), tiling_tiers()
    ground = ground_rows(now)
    tiers: dict[str, list[shapely.MultiPolygon]] = {}
    for row in ground:
        tiers.setdefault(row.tier, []).append(row.geometry)
    if list(inspect(ground, tiling=tiling)):
        raise AssertionError("the generated ground is not sound")

    def peer() -> bool:
        return all(shapely.coverage_is_valid(shapes) for shapes in tiers.values())

    theirs = seconds(peer)
    found = {"peer": theirs * 1000, "unit": "ms", "n": len(ground), "rows": len(ground), "goal": GOAL}
    found |= {"peer_name": "coverage_is_valid of each tier"}
    ours = seconds(lambda: list(inspect(_unprepared(ground), tiling=tiling)))
    yield Row(name="topology", ours=ours * 1000, **found)
    read = seconds(lambda: list(inspect(ground_rows(now), tiling=tiling)))
    yield Row(name="topology/read", ours=read * 1000, **found)
    faulty = _spoilt(ground)
    told = [finding.code for finding in inspect(faulty, tiling=tiling)]
    if told.count("uncovered") != FAULTS:
        raise AssertionError(f"{FAULTS} gaps were planted, these were found: {told}")
    spoilt = seconds(lambda: list(inspect(_unprepared(faulty), tiling=tiling)))
    yield Row(name="topology/faulty", ours=spoilt * 1000, **found)


def _unprepared(ground: list) -> list:
    """The same rows with shapes that nobody has indexed yet: as they come from the database."""
    shapes = [row.geometry for row in ground]
    for shape in shapes:
        shapely.destroy_prepared(shape)
    return ground


def _spoilt(ground: list) -> list:
    """Ten units gone, each of another building, whose gap has to be found."""
    units = [at for at, row in enumerate(ground) if row.tier == "unit"]
    random.Random(SEED).shuffle(units)
    parents: set = set()
    gone: set[int] = set()
    count: dict = {}
    for at in units:
        count[ground[at].parent] = count.get(ground[at].parent, 0) + 1
    for at in units:
        if len(gone) < FAULTS and ground[at].parent not in parents and count[ground[at].parent] > 1:
            parents.add(ground[at].parent)
            gone.add(at)
    return [replace(row) for at, row in enumerate(ground) if at not in gone]
