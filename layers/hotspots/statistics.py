"""Local clustering of counts: Gi*, its p-values and the correction for many tests. Plain numpy, numba and scipy.

Gi and Gi*: Getis and Ord 1992 (Geographical Analysis 24), as standardised by Ord and Getis 1995 (ibid. 27), with binary
weights. False discovery rate: Benjamini and Hochberg 1995 (J. R. Statist. Soc. B 57). p-values: `layers.hotspots.laws`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from layers.hotspots.laws import PValues, p_values_of, poisson_p

Floats = NDArray[np.float64]
Classes = NDArray[np.int8]

HOT_99, HOT_95, HOT_90, NONE, COLD_90, COLD_95, COLD_99, FEW = 3, 2, 1, 0, -1, -2, -3, 9
ALPHAS = (0.01, 0.05, 0.10)
SEED = 2026
LEAST_EVENTS = 5
"""Fewer than this seen and expected in a neighbourhood: too few to say."""


class Neighbourhoods:
    """Which cells are neighbours (binary weights, the cell itself left out), with the sums that Gi* needs kept."""

    def __init__(self, first: NDArray[np.int64], cells: NDArray[np.int32]) -> None:
        """CSR: the neighbours of cell i are cells[first[i]:first[i + 1]]."""
        self.first, self.cells = first, cells

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.first) - 1

    @cached_property
    def sizes(self) -> Floats:
        """Neighbours of each cell, without itself."""
        return np.diff(self.first).astype(np.float64)

    @cached_property
    def star_spread(self) -> Floats:
        """Standard deviation of each Gi* sum in units of the values' own; 0 where it cannot vary."""
        n, w = len(self), self.sizes + 1
        return np.sqrt(np.maximum(n * w - w * w, 0) / max(n - 1, 1))

    def sums(self, values: Floats, *, own: bool) -> Floats:
        """Sum of `values` over each neighbourhood, with or without the cell's own."""
        summed: Floats = _sums(self.first, self.cells, np.ascontiguousarray(values, dtype=np.float64), own)
        return summed


def gi_star(values: Floats, near: Neighbourhoods, *, sums: Floats | None = None) -> Floats:
    """Gi* of each cell as a z score (its own value included); 0 where nothing varies."""
    values = np.asarray(values, dtype=np.float64)
    sums = near.sums(values, own=True) if sums is None else sums
    z: Floats = np.zeros(len(values))
    if not len(values):
        return z
    spread = near.star_spread * values.std()
    np.divide(sums - (near.sizes + 1) * values.mean(), spread, out=z, where=spread > 0)
    return z


def gi(values: Floats, near: Neighbourhoods) -> Floats:
    """Gi of each cell as a z score: its own value takes part neither in the sum nor in mean and variance."""
    values = np.asarray(values, dtype=np.float64)
    n, w = len(values), near.sizes
    mean = (values.sum() - values) / (n - 1)
    variance = ((values**2).sum() - values**2) / (n - 1) - mean**2
    spread = np.sqrt(np.maximum(variance, 0) * ((n - 1) * w - w * w) / (n - 2))
    z: Floats = np.zeros(n)
    np.divide(near.sums(values, own=False) - w * mean, spread, out=z, where=spread > 0)
    return z


def fdr_cutoffs(p: Floats, alphas: tuple[float, ...] = ALPHAS) -> tuple[float | None, ...]:
    """Benjamini and Hochberg's largest p-value that still counts, for each alpha; None where none does."""
    small = np.sort(p[p <= max(alphas)])  # no larger one can pass, and sorting few is fast
    rank = np.arange(1, len(small) + 1) / max(len(p), 1)
    passing = [np.flatnonzero(small <= alpha * rank) for alpha in alphas]
    return tuple(float(small[hits[-1]]) if len(hits) else None for hits in passing)


@dataclass(frozen=True, slots=True)
class Hotspots:
    """The answer for n cells, and what another person needs to repeat it."""

    z: Floats  # (n,)
    p: Floats  # (n,) two-sided, before any correction
    classes: Classes  # (n,) HOT_99 … COLD_99, NONE or FEW, after the correction
    sums: Floats  # (n,) events in the neighbourhood, own cell included
    expected: Floats  # (n,) as many as that would be if nothing were special here
    p_values: PValues  # the law that p comes from
    cutoffs: tuple[float | None, ...]  # largest p that counts, for each of ALPHAS
    before: int  # cells at p < 0.05
    after: int  # cells that remain at a false discovery rate of 5 %
    mean: float  # events a cell


def analyse(
    counts: Floats,
    near: Neighbourhoods,
    *,
    base: Floats | None = None,
    p_values: PValues | None = None,
    seed: int = SEED,
) -> Hotspots:
    """Hot and cold cells of whole-number counts; with `base` (residents of each cell) of counts for that many people.

    Without a base: Gi*, p from the law asked for or, None, by the rule of `laws.p_values_of`; `seed` matters where
    places are drawn by chance. With one: each neighbourhood against Poisson's law with the share of its residents, z
    being (seen - expected) / sqrt(expected). Where all cells hold the same, or each stands alone in the world, nothing
    is hot. ValueError: lengths differ, negative, broken or no numbers, a base of nothing.
    """
    counts = np.asarray(counts, dtype=np.float64)
    if len(counts) != len(near) or (base is not None and len(base) != len(near)):
        raise ValueError("one count (and one base) for every cell")
    if not np.all((counts >= 0) & (counts == np.floor(counts)) & np.isfinite(counts)):
        raise ValueError("counts must be whole numbers from 0")
    sums, mean = near.sums(counts, own=True), float(counts.mean()) if len(counts) else 0.0
    source: PValues = "poisson"
    if base is not None:
        if not (np.all(np.isfinite(base) & (base >= 0)) and base.sum() > 0):
            raise ValueError("residents must be numbers from 0, and somebody must live somewhere")
        expected = near.sums(base, own=True) * (counts.sum() / base.sum())
        z: Floats = np.zeros(len(counts))
        np.divide(sums - expected, np.sqrt(expected), out=z, where=expected > 0)
        p = poisson_p(sums, expected)
    else:
        expected = (near.sizes + 1) * mean
        z = gi_star(counts, near, sums=sums)
        if len(counts) and np.ptp(counts) > 0:
            p, source = p_values_of(counts, near, sums, z, asked=p_values, seed=seed)
        else:
            p, source = np.ones(len(counts)), p_values or "normal"
    cutoffs = fdr_cutoffs(p)
    return Hotspots(
        z=z,
        p=p,
        classes=_classes(z, p, cutoffs, np.maximum(sums, expected) < LEAST_EVENTS),
        sums=sums,
        expected=expected,
        p_values=source,
        cutoffs=cutoffs,
        before=int((p < 0.05).sum()),
        after=0 if cutoffs[1] is None else int((p <= cutoffs[1]).sum()),
        mean=mean,
    )


def _classes(z: Floats, p: Floats, cutoffs: tuple[float | None, ...], few: NDArray[np.bool_]) -> Classes:
    level = np.zeros(len(p), dtype=np.int8)
    for cutoff in cutoffs:  # 0.01, 0.05, 0.10: what passes the first passes all three
        if cutoff is not None:
            level += p <= cutoff
    classes: Classes = np.where(z < 0, -level, level).astype(np.int8)
    classes[few] = FEW
    return classes


@njit(cache=True, nogil=True)
def _sums(first: NDArray[np.int64], cells: NDArray[np.int32], values: Floats, own: bool) -> Floats:
    """The sparse product of binary weights and values, in one pass."""
    out = np.empty(len(values), dtype=np.float64)
    for i in range(len(values)):
        total = values[i] if own else 0.0
        for k in range(first[i], first[i + 1]):
            total += values[cells[k]]
        out[i] = total
    return out
