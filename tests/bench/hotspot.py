"""Gi* with p-values and FDR over 89,000 cells, round a planted cluster, against esda's G_Local; then the whole way.

The first rows: weights are made once on both sides and are not timed. esda answers Gi* and p only (analytic:
permutations=0), we also correct and class. z scores are compared before anything is timed. The second makes its
p-values from the exact permutation distribution of sparse counts; esda's peer of it is 99 permutations, whose smallest
p is 0.01.

`hotspot/stored…` is the whole way on a place with its tickets (a million in the city): rights, changes since the base,
period and category, cells, Gi*, law of chance, correction, classes; the peer is esda's statistic alone on the same
counts. The period is another one each time. `hotspot/first` is the same in a process that has nothing yet but the files
that the worker leaves.
`hotspot/coverage…` is what setting coverage beside such an answer takes beyond it (docs/hotspots.md): everybody's walk
to the nearest site, added up by cell, and the worst of them with their names; `rows` are the cells of which something
is known. Without a walking network there is no row.
`hotspot/planted` counts the two planted clusters that are found at q < 0.05.
"""

import gc
import time
import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from tests.bench.frame import Row, open_place, percentiles, seconds

SEED = 20260101
SIDE = {"city": 299, "town": 60}
GOAL = "≥ 100 × esda"
STORED_GOAL = "p95 < 300 ms"
COVERAGE_GOAL = "p95 < 300 ms more, n of rows known"
WIDTHS = {"city": 63, "town": 50}
"""Metres: about 89,000 hexagons over the prefecture."""
ROUNDS = 8
PLANTED = {"street_lamp": 60, "restaurant_fumes": 90}
"""Categories of the planted clusters, and the days in which they lie."""


def rows(scale: str) -> Iterator[Row]:
    """Dense counts (normal approximation), sparse ones (permutation), and the way from stored tickets."""
    from layers.hotspots.neighbours import within

    side = SIDE[scale]
    xy = np.array([(x, y) for y in range(side) for x in range(side)], dtype=float)
    yield from _statistic(xy, within(xy, 1.5), side)
    open_place(scale)
    yield from _stored(scale)


def _esda(counts: np.ndarray, weights: Any, permutations: int = 0) -> Any:
    import esda

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return esda.G_Local(counts, weights, transform="B", star=True, permutations=permutations, n_jobs=1, seed=SEED)


def _weights(near: Any) -> Any:
    from libpysal import weights

    lists = {i: near.cells[near.first[i] : near.first[i + 1]].tolist() for i in range(len(near))}
    return weights.W(lists, silence_warnings=True)


def _same(ours: Any, theirs: Any) -> None:
    gap = float(np.abs(ours.z - theirs.Zs).max())
    if gap > 1e-9:
        raise AssertionError(f"z scores differ by {gap}")


def _statistic(xy: np.ndarray, near: Any, side: int) -> Iterator[Row]:
    from layers.hotspots.statistics import analyse

    peer_weights = _weights(near)
    cluster = (np.abs(xy - side // 2) <= 5).all(axis=1)
    for name, mean, law, permutations, peer_name in (
        ("hotspot", 4.0, "normal", 0, "esda G_Local"),
        ("hotspot/sparse", 0.4, "permutation", 99, "esda G_Local, 99 permutations"),
    ):
        counts = np.random.default_rng(SEED).poisson(np.where(cluster, 3 * mean, mean)).astype(float)
        _same(analyse(counts, near), _esda(counts, peer_weights))
        ours = seconds(lambda counts=counts, law=law: analyse(counts, near, p_values=law), repeat=10) * 1000  # type: ignore[misc]
        theirs = seconds(lambda counts=counts, n=permutations: _esda(counts, peer_weights, n), repeat=2) * 1000  # type: ignore[misc]
        yield Row(
            name=name, ours=ours, peer=theirs, unit="ms", n=len(xy), rows=len(xy), peer_name=peer_name,
            goal=GOAL if name == "hotspot" else "",
        )  # fmt: skip


def _stored(scale: str) -> Iterator[Row]:
    """From stored tickets to classes, over hexagons and over the tier with the most areas."""
    from django.db import transaction
    from django.db.models import Count
    from django.utils import timezone

    from grids.models import Boundary
    from layers.hotspots import held, living, warming
    from layers.tickets.models import Ticket

    now = timezone.now()
    newest = Ticket.objects.order_by("-reported_at").values_list("reported_at", flat=True)[0]
    tier = Boundary.objects.at(now).values_list("tier__code").annotate(n=Count("pk")).order_by("-n")[0][0]
    held.keep_shared()
    warming.read_residents()
    living.forget()
    with transaction.atomic():  # the asker is made for this run only
        asker = _planner(now)
        before = time.perf_counter()
        first = _asked(asker, now, newest, cells="hexagon", width=WIDTHS[scale])
        yield Row("hotspot/first", time.perf_counter() - before, None, "s", len(first.cells), Ticket.objects.count())
        for name, words in (("hexagons", {"cells": "hexagon", "width": WIDTHS[scale]}), (tier, {"cells": tier})):
            _asked(asker, now, newest, **words)
            _settle()
            times = []
            for days in range(365, 365 - 7 * ROUNDS, -7):
                begun = time.perf_counter()
                found = _asked(asker, now, newest, since=newest - timedelta(days=days), **words)
                times.append(time.perf_counter() - begun)
            near = found.cells.neighbours(found.question)[0]
            peer_weights = _weights(near)
            _same(found.found, _esda(found.counts, peer_weights))
            theirs = seconds(lambda counts=found.counts, w=peer_weights: _esda(counts, w), repeat=1)  # type: ignore[misc]
            p50, p95 = percentiles(times)
            yield Row(
                f"hotspot/stored/{name}", p95, theirs * 1000, "ms", len(found.cells), int(found.counts.sum()),
                "esda G_Local alone", p50, p95, STORED_GOAL,
            )  # fmt: skip
            yield from _beside_coverage(found, asker, now)
        yield _planted(asker, now, newest)
        transaction.set_rollback(True)


def _settle() -> None:
    """Leave what is at hand out of the collector's rounds, as a worker does: of the peer's lists it has millions."""
    gc.collect()
    gc.freeze()


def _beside_coverage(analysis: Any, asker: Any, now: Any) -> Iterator[Row]:
    """What coverage beside an analysis costs beyond it, and how many of its cells nobody can say anything of."""
    from layers.atlas.needs import listed, met_with
    from layers.coverage.whens import When
    from layers.streets import network

    if network.current() is None:
        return
    met = met_with(analysis, asker, minutes=15, below=50, when=When(now), now=now)
    listed(met)
    _settle()
    times = []
    for minutes in range(15, 15 - ROUNDS, -1):
        begun = time.perf_counter()
        met = met_with(analysis, asker, minutes=minutes, below=50, when=When(now), now=now)
        listed(met)
        times.append(time.perf_counter() - begun)
    p50, p95 = percentiles(times)
    known = sum(count for need, count in met.rests_on["counts"].items() if not need.endswith("unknown"))
    yield Row(
        f"hotspot/coverage/{analysis.question.cells}", p95, None, "ms", len(analysis.cells), known, "", p50, p95,
        COVERAGE_GOAL,
    )  # fmt: skip


def _planner(now: Any) -> Any:
    """An account that may analyse everything."""
    from django.contrib.auth import get_user_model

    from grids.models import Appointment, Area, Boundary, Person

    top = Boundary.objects.at(now).filter(parent=None).values_list("area_id", flat=True)
    account = get_user_model().objects.create(username="bench-hotspot", display_name="bench", password="!")
    person = Person.objects.create(name_zh="测", name_en="bench", account=account)
    for area in Area.objects.filter(pk__in=top):
        Appointment.objects.create(area=area, role="planner", person=person, valid_from=now)
    return account


def _asked(asker: Any, now: Any, newest: Any, **words: Any) -> Any:
    from layers.hotspots.analysis import answer
    from layers.hotspots.questions import read

    told = {name: value.date().isoformat() if name == "since" else str(value) for name, value in words.items()}
    return answer(read(told, now=now), asker, now=now)


def _planted(asker: Any, now: Any, newest: Any) -> Row:
    """How many of the two planted clusters are hot at q < 0.05, and how many other spots are."""
    from layers.hotspots.statistics import HOT_95, HOT_99

    found = others = 0
    for category, days in PLANTED.items():
        answer = _asked(asker, now, newest, category=category, since=newest - timedelta(days=days), width=200)
        spots = answer.spots[np.isin(answer.classes, (HOT_95, HOT_99))]
        tickets = np.bincount(spots, answer.counts[np.isin(answer.classes, (HOT_95, HOT_99))])
        found += int((tickets >= 100).any())
        others += int((tickets > 0).sum()) - int((tickets >= 100).any())
    if found < len(PLANTED):
        raise AssertionError(f"{found} of {len(PLANTED)} planted clusters were found")
    return Row(
        "hotspot/planted", found, None, "clusters found", others, int(answer.counts.sum()), goal="2, others rare"
    )
