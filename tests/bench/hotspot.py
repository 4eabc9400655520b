"""Gi* with p-values and FDR over 89,000 cells, round a planted cluster, against esda's G_Local.

Weights are made once on both sides and are not timed. esda answers Gi* and p only (analytic: permutations=0), we also
correct and class. z scores are compared before anything is timed. The second row makes its p-values from the exact
permutation distribution of sparse counts; esda's peer of it is 99 permutations, whose smallest p is 0.01.
"""

import warnings
from collections.abc import Iterator

import numpy as np

from layers.hotspots.neighbours import within
from layers.hotspots.statistics import analyse
from tests.bench.frame import Row, seconds

SEED = 20260101
SIDE = {"city": 299, "town": 60}
GOAL = "≥ 100 × esda"


def rows(scale: str) -> Iterator[Row]:
    """Two rows: dense counts (normal approximation) and sparse ones (permutation)."""
    import esda
    from libpysal import weights

    side = SIDE[scale]
    xy = np.array([(x, y) for y in range(side) for x in range(side)], dtype=float)
    near = within(xy, 1.5)
    lists = {i: near.cells[near.first[i] : near.first[i + 1]].tolist() for i in range(len(near))}
    peer_weights = weights.W(lists, silence_warnings=True)
    cluster = (np.abs(xy - side // 2) <= 5).all(axis=1)
    for name, mean, law, permutations, peer_name in (
        ("hotspot", 4.0, "normal", 0, "esda G_Local"),
        ("hotspot/sparse", 0.4, "permutation", 99, "esda G_Local, 99 permutations"),
    ):
        counts = np.random.default_rng(SEED).poisson(np.where(cluster, 3 * mean, mean)).astype(float)

        def peer(counts: np.ndarray = counts, permutations: int = permutations) -> object:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return esda.G_Local(
                    counts, peer_weights, transform="B", star=True, permutations=permutations, n_jobs=1, seed=SEED
                )

        found = analyse(counts, near)
        gap = float(np.abs(found.z - peer().Zs).max())  # type: ignore[attr-defined]
        if gap > 1e-9:
            raise AssertionError(f"z scores differ by {gap}")
        ours = seconds(lambda counts=counts, law=law: analyse(counts, near, p_values=law), repeat=10) * 1000  # type: ignore[misc]
        theirs = seconds(peer, repeat=2) * 1000
        yield Row(
            name=name, ours=ours, peer=theirs, unit="ms", n=len(xy), rows=len(xy), peer_name=peer_name,
            goal=GOAL if name == "hotspot" else "",
        )  # fmt: skip
