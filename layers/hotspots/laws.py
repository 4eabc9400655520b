"""The laws that the p-values of neighbourhood sums come from, and the rule that chooses one: numpy, numba, scipy.

Negative binomial fitted to the share of empty cells: Anscombe 1949 (Biometrics 5). Three moments of a permutation
sum and Pearson's third curve through them: Mielke and Berry 2007 (Permutation Methods), after Pearson 1895.
All p-values are two-sided: twice the smaller tail, own value included in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import optimize, special

if TYPE_CHECKING:
    from layers.hotspots.statistics import Neighbourhoods

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PValues = Literal["skewed", "normal", "permutation", "drawn", "poisson", "uneven"]

SPARSE_MEAN = 1.0
"""Below this mean a cell counts are called sparse."""
MOST_STEPS = 200_000_000
"""Additions that the exact permutation distribution may cost, two tenths of a second."""
MOST_SKEW = 0.5
"""More skewed sums have a lower tail that no curve through three moments fits."""
MOST_DRAWS, LEAST_DRAWS = 1_000_000, 20_000
DRAWN_CELLS = 10_000_000
"""Cells that may be drawn in all; each size of neighbourhood gets its part, between the least and the most draws."""
MOST_APART = 100_000_000
"""Where the least draws of each size would take more, one draw serves all sizes: its first cells are a smaller one."""
SIZES_AT_ONCE = 256
SPIKE = 0.01
"""A cell is a spike when fewer than so many cells of the whole map should hold as much by the law of uneven cells."""
LEAST_SPIKE = 5


def normal_p(z: Floats) -> Floats:
    """p-values of z scores."""
    p: Floats = 2 * special.ndtr(-np.abs(z))
    return p


def poisson_p(sums: Floats, expected: Floats) -> Floats:
    """p-values of counts whose expectation is known."""
    lower = special.pdtr(sums, expected)
    upper = np.where(sums > 0, special.pdtrc(np.maximum(sums - 1, 0), expected), 1.0)
    return _two_sided(lower, upper)


def skewed_p(counts: Floats, near: Neighbourhoods, sums: Floats) -> Floats:
    """p-values from mean, spread and skewness of a sum when all counts change places (Pearson's third curve).

    The normal approximation takes the upper tail of counts for thinner than it is: with one ticket a cell it finds a
    hot cell in one map of pure chance out of eight, where the level says one in twenty.
    """
    n, mean, spread = len(counts), counts.mean(), counts.std()
    if not spread > 0:
        return np.ones(n)
    skewness = _skewness(counts)
    p: Floats = np.ones(n)
    sizes = (near.sizes + 1).astype(np.int64)
    for size in np.unique(sizes).tolist():
        if size >= n:
            continue  # the sum of everything cannot vary
        cells = sizes == size
        deviation = spread * np.sqrt(size * (n - size) / (n - 1))
        gamma = skewness * (n - 2 * size) / (n - 2) * np.sqrt((n - 1) / (size * (n - size))) if n > 2 else 0.0
        low, high = ((sums[cells] + half - size * mean) / deviation for half in (0.5, -0.5))
        p[cells] = _two_sided(_pearson_lower(low, gamma), _pearson_lower(-high, -gamma))
    return p


def _pearson_lower(z: Floats, gamma: float) -> Floats:
    """Chance of z or less under the curve with mean 0, spread 1 and this skewness."""
    if abs(gamma) < 1e-6:
        return np.asarray(special.ndtr(z))
    shape = 4 / gamma**2
    at = np.maximum(shape + np.sign(gamma) * np.sqrt(shape) * z, 0.0)
    return np.asarray(special.gammainc(shape, at) if gamma > 0 else special.gammaincc(shape, at))


def uneven_shape(counts: Floats) -> float | None:
    """The shape of the gamma law by which the means of cells differ, by the share of empty ones; None: they do not."""
    mean, empty = float(counts.mean()), float((counts == 0).mean())
    if empty <= np.exp(-mean) * 1.001 or empty == 1:
        return None
    return float(optimize.brentq(lambda k: k * np.log1p(mean / k) + np.log(empty), 1e-9, 1e9))


def uneven_p(counts: Floats, near: Neighbourhoods, sums: Floats) -> tuple[Floats, PValues]:
    """p-values when cells differ by nature (fields, streets, blocks), and by which law they came about.

    The law of a cell is Poisson's with a gamma-distributed mean, that is the negative binomial with the mean and the
    share of empty cells that were seen: single spikes do not move that share, so they cannot hide themselves. Where
    there are no more empty cells than Poisson's law leaves, it is Poisson's.
    """
    mean, shape = float(counts.mean()), uneven_shape(counts)
    if shape is None:
        return poisson_p(sums, (near.sizes + 1) * mean), "poisson"
    share = shape / (shape + mean)
    p: Floats = np.ones(len(counts))
    for size in np.unique(near.sizes):
        cells = near.sizes == size
        seen = np.arange(sums[cells].max() + 1)
        lower = special.betainc((size + 1) * shape, seen + 1, share)
        upper = np.append(1.0, special.betainc(seen[1:], (size + 1) * shape, 1 - share))
        p[cells] = _two_sided(lower, upper)[sums[cells].astype(np.int64)]
    return p, "uneven"


def lone_spikes(counts: Floats, near: Neighbourhoods, sums: Floats) -> int:
    """How many cells hold far more than the law of uneven cells lets any, while those around them hold nothing special.

    When all counts change places such a cell excuses itself, and every other one: one address that reports every day
    would hide a whole map.
    """
    shape, mean = uneven_shape(counts), float(counts.mean())
    if shape is None:
        above = special.pdtrc(np.maximum(counts - 1, 0), mean)
        beside = special.pdtrc(sums - counts, np.maximum(near.sizes * mean, 1e-12))
    else:
        share = shape / (shape + mean)
        above = special.betainc(np.maximum(counts, 1), shape, 1 - share)
        beside = special.betainc(sums - counts + 1, np.maximum(near.sizes, 1e-12) * shape, 1 - share)
    spike = (counts >= LEAST_SPIKE) & (above * len(counts) < SPIKE)
    return int((spike & (beside > 0.05)).sum())


def permutation_p(counts: Floats, near: Neighbourhoods, sums: Floats) -> Floats | None:
    """p-values when all counts change places at random: exact, so without a seed and without a floor.

    For each neighbourhood size the whole distribution of its sum is worked out. None when that would cost too much.
    """
    values, copies = np.unique(counts.astype(np.int64), return_counts=True)
    sizes = (near.sizes + 1).astype(np.int64)
    upto = np.concatenate([[0.0], np.cumsum(np.sort(counts)[::-1])])
    tops = {int(size): int(upto[size]) for size in np.unique(sizes)}
    if sum(len(values) * size * size * (top + 1) for size, top in tops.items()) > MOST_STEPS:
        return None
    p: Floats = np.ones(len(counts))
    for size, top in tops.items():
        chance = _sum_distribution(values, copies.astype(np.int64), size, top)
        lower, upper = np.cumsum(chance), np.cumsum(chance[::-1])[::-1]
        cells = sizes == size
        found = sums[cells].astype(np.int64)
        p[cells] = _two_sided(lower[found], upper[found])
    return p


def drawn_p(counts: Floats, near: Neighbourhoods, sums: Floats, *, seed: int) -> Floats:
    """The same from draws without replacement, many for each neighbourhood size; the same seed gives the same."""
    p: Floats = np.ones(len(counts))
    sizes = (near.sizes + 1).astype(np.int64)
    different = np.unique(sizes)
    for size, drawn in _draws(counts, different, seed):
        draws = len(drawn)
        drawn.sort()
        found = sums[sizes == size]
        # the map as it is counts as one of the draws: no p-value is nothing
        lower = (np.searchsorted(drawn, found, side="right") + 1) / (draws + 1)
        upper = (draws - np.searchsorted(drawn, found, side="left") + 1) / (draws + 1)
        p[sizes == size] = _two_sided(lower, upper)
    return p


def _draws(counts: Floats, sizes: Ints, seed: int) -> Iterator[tuple[int, Floats]]:
    """Each size (ascending) with the sums of so many cells drawn, many times."""
    if int(sizes.sum()) * LEAST_DRAWS <= MOST_APART:
        for size in sizes.tolist():
            draws = int(np.clip(DRAWN_CELLS / len(sizes) / size, LEAST_DRAWS, MOST_DRAWS))
            yield size, _drawn_sums(counts, size, draws, seed + size)
        return
    for first in range(0, len(sizes), SIZES_AT_ONCE):  # the sums of all sizes at once would fill the memory
        part = sizes[first : first + SIZES_AT_ONCE]
        yield from zip(part.tolist(), _nested_sums(counts, part, LEAST_DRAWS, seed), strict=True)


def p_values_of(
    counts: Floats, near: Neighbourhoods, sums: Floats, z: Floats, *, asked: PValues | None, seed: int
) -> tuple[Floats, PValues]:
    """p-values of whole-number counts, and the law they come from: the one asked for, or by the rule.

    The rule: all counts change places, and the distribution of the sums is worked out exactly. Where that costs too
    much the skewed curve is taken if the sums are nearly symmetric, else places are drawn by the seed. But where counts
    are sparse (below SPARSE_MEAN a cell) and lone spikes would hide the map, the law of uneven cells.
    """
    if asked is None and counts.mean() < SPARSE_MEAN and lone_spikes(counts, near, sums):
        asked = "uneven"
    if asked == "normal":
        return normal_p(z), "normal"
    if asked == "skewed":
        return skewed_p(counts, near, sums), "skewed"
    if asked == "poisson":
        return poisson_p(sums, (near.sizes + 1) * counts.mean()), "poisson"
    if asked == "uneven":
        return uneven_p(counts, near, sums)
    exact = None if asked == "drawn" else permutation_p(counts, near, sums)
    if exact is not None:
        return exact, "permutation"
    if asked is None and _skewness(counts) < MOST_SKEW * np.sqrt(near.sizes.min(initial=0) + 1):
        return skewed_p(counts, near, sums), "skewed"
    return drawn_p(counts, near, sums, seed=seed), "drawn"


def _skewness(counts: Floats) -> float:
    """Third moment about the mean, in units of the spread."""
    return float(((counts - counts.mean()) ** 3).mean() / counts.std() ** 3)


def _two_sided(lower: Floats, upper: Floats) -> Floats:
    p: Floats = np.minimum(1.0, 2 * np.minimum(lower, upper))
    return p


def _sum_distribution(values: Ints, copies: Ints, size: int, top: int) -> Floats:
    """Chance of each sum 0…top of `size` cells drawn without replacement; `copies[i]` cells hold `values[i]`."""
    logs = special.gammaln(np.arange(int(copies.sum()) + 2, dtype=np.float64))  # logs[k] = ln (k - 1)!
    chance: Floats = _spread(values, copies, size, top, logs)
    return chance


@njit(cache=True, nogil=True)
def _spread(values: Ints, copies: Ints, size: int, top: int, logs: Floats) -> Floats:
    """One value after the other: how many of the cells drawn hold it (hypergeometric), and what their sum is then."""
    state = np.zeros((size + 1, top + 1))  # cells drawn so far, their sum
    state[0, 0] = 1.0
    highest = np.full(size + 1, -1, dtype=np.int64)  # the largest sum that so many cells can have
    highest[0] = 0
    left = 0
    for copy in copies:
        left += copy
    for at in range(len(values)):
        value, held = values[at], copies[at]
        for drawn in range(size - 1, -1, -1):  # from above, so that what was just added is not met again
            if highest[drawn] < 0:
                continue
            wanted = size - drawn
            least, most = max(0, wanted - (left - held)), min(held, wanted)
            all_ways = logs[left + 1] - logs[wanted + 1] - logs[left - wanted + 1]
            for more in range(max(least, 1), most + 1):
                ways = (
                    logs[held + 1] - logs[more + 1] - logs[held - more + 1]
                    + logs[left - held + 1] - logs[wanted - more + 1] - logs[left - held - wanted + more + 1]
                )  # fmt: skip
                chance = np.exp(ways - all_ways)
                for total in range(min(highest[drawn], top - more * value) + 1):
                    state[drawn + more, total + more * value] += chance * state[drawn, total]
                highest[drawn + more] = max(highest[drawn + more], min(top, highest[drawn] + more * value))
            if least > 0:
                state[drawn, : highest[drawn] + 1] = 0.0
                highest[drawn] = -1
            else:
                ways = logs[left - held + 1] - logs[wanted + 1] - logs[left - held - wanted + 1]
                chance = np.exp(ways - all_ways)
                for total in range(highest[drawn] + 1):
                    state[drawn, total] *= chance
        left -= held
    out: Floats = state[size]
    return out


@njit(cache=True, nogil=True)
def _drawn_sums(counts: Floats, size: int, draws: int, seed: int) -> Floats:
    """The sums of so many cells drawn without replacement (Floyd's sampling), `draws` times."""
    np.random.seed(seed % 2**32)
    n = len(counts)
    sums = np.zeros(draws)
    picked = np.full(n, -1, dtype=np.int64)  # in which draw each cell was picked last: to be asked, not looked for
    for draw in range(draws):
        for step in range(size):
            last = n - size + step
            one = np.random.randint(0, last + 1)
            if picked[one] == draw:
                one = last
            picked[one] = draw
            sums[draw] += counts[one]
    return sums


@njit(cache=True, nogil=True)
def _nested_sums(counts: Floats, sizes: Ints, draws: int, seed: int) -> Floats:
    """(sizes, draws) sums of the first cells of random orders (Fisher and Yates), for sizes that ascend."""
    np.random.seed(seed % 2**32)
    n = len(counts)
    order = np.arange(n)
    sums = np.empty((len(sizes), draws))
    for draw in range(draws):
        total, at = 0.0, 0
        for step in range(sizes[-1]):
            other = np.random.randint(step, n)
            one = order[other]
            order[other], order[step] = order[step], one
            total += counts[one]
            if step + 1 == sizes[at]:
                sums[at, draw] = total
                at += 1
    return sums
