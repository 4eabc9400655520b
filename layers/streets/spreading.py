"""One search from many sites over a whole network (numba, cached on disk): plain arrays in, plain arrays out.

Nodes wait in buckets of 8 m instead of in a heap (Dial 1969; within a bucket labels are corrected, Meyer and Sanders
2003): a city is one sweep, and putting a node in or taking it out costs the same however many wait. Distances are whole
millimetres in int32; each node waits in one bucket at most, so equal inputs give equal bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_FAR = np.iinfo(np.int32).max
_SHIFT = 13
"""A bucket is 2^13 mm wide."""


@njit(cache=True)
def _out(node: int, at: Any, head: Any, after: Any, before: Any) -> None:
    """Take a node out of the bucket it waits in."""
    if before[node] < 0:
        head[at] = after[node]
    else:
        after[before[node]] = after[node]
    if after[node] >= 0:
        before[after[node]] = before[node]


@njit(cache=True)
def _in(node: int, at: int, head: Any, after: Any, before: Any) -> None:
    """Let a node wait in a bucket."""
    before[node] = -1
    after[node] = head[at]
    if head[at] >= 0:
        before[head[at]] = node
    head[at] = node


@njit(cache=True)
def _sweep(
    first: Any, heads: Any, lengths: Any, limit: int, node_mm: Any, node_site: Any, seeds: Any, longest: Any
) -> None:
    """Spread what `node_mm` and `node_site` say of the seeds (each listed once) until nothing gets nearer."""
    low, high = np.int64(_FAR), np.int64(0)
    for node in seeds:
        low = min(low, np.int64(node_mm[node]))
        high = max(high, np.int64(node_mm[node]))
    if not len(seeds):
        return
    size = 2
    while size < ((high - low + longest) >> _SHIFT) + 2:
        size *= 2
    mask = size - 1
    head = np.full(size, -1, np.int32)
    after = np.full(len(first) - 1, -1, np.int32)
    before = np.full(len(first) - 1, -1, np.int32)
    waits = np.zeros(len(first) - 1, np.bool_)
    waiting = len(seeds)
    for node in seeds:
        _in(node, (node_mm[node] >> _SHIFT) & mask, head, after, before)
        waits[node] = True
    bucket = low >> _SHIFT
    while waiting > 0:
        at = bucket & mask
        while head[at] >= 0:
            node = head[at]
            _out(node, at, head, after, before)
            waits[node] = False
            waiting -= 1
            d = np.int64(node_mm[node])
            for k in range(first[node], first[node + 1]):
                new = d + lengths[k]
                to = heads[k]
                if new <= limit and new < node_mm[to]:
                    if waits[to]:
                        _out(to, (node_mm[to] >> _SHIFT) & mask, head, after, before)
                    else:
                        waits[to] = True
                        waiting += 1
                    node_mm[to] = new
                    node_site[to] = node_site[node]
                    _in(to, (new >> _SHIFT) & mask, head, after, before)
        bucket += 1


@njit(cache=True)
def _longest(lengths: Any) -> Any:
    """The longest arc that can be walked, in mm."""
    found = np.int64(0)
    for k in range(len(lengths)):
        if lengths[k] < _FAR and lengths[k] > found:
            found = np.int64(lengths[k])
    return found


@njit(cache=True)
def search_nearest(
    first: Any,
    heads: Any,
    lengths: Any,
    inner: Any,
    home_first: Any,
    home_heads: Any,
    seeds: Any,
    costs: Any,
    sites: Any,
    limit: int,
) -> Any:
    """One search from all seeds: distance in mm to, and number of, each node's nearest site.

    After it, on through residents' gates and no farther than inside their walls (`inner`: lengths with all gates shut).
    """
    n = len(first) - 1
    node_mm = np.full(n, _FAR, np.int32)
    node_site = np.full(n, -1, np.int32)
    begun = np.empty(len(seeds), np.int32)
    count = 0
    for s in range(len(seeds)):
        node = seeds[s]
        if costs[s] <= limit and costs[s] < node_mm[node]:
            if node_mm[node] == _FAR:
                begun[count] = node
                count += 1
            node_mm[node] = costs[s]
            node_site[node] = sites[s]
    longest = _longest(lengths)
    _sweep(first, heads, lengths, limit, node_mm, node_site, begun[:count], longest)
    if not len(home_heads):
        return node_mm, node_site
    out_mm, out_site = node_mm.copy(), node_site.copy()
    let_in = np.empty(len(home_heads), np.int32)
    count = 0
    for node in range(n):
        for k in range(home_first[node], home_first[node + 1]):
            to = home_heads[k]
            if node_mm[node] < out_mm[to]:
                # a node behind two gates is let in once, from where it is nearer
                if out_mm[to] == node_mm[to]:
                    let_in[count] = to
                    count += 1
                out_mm[to] = node_mm[node]
                out_site[to] = node_site[node]
    _sweep(first, heads, inner, limit, out_mm, out_site, let_in[:count], longest)
    return out_mm, out_site
