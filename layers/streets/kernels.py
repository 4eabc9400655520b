"""Compiled loops of the walking kernel (numba, cached on disk): plain arrays in, plain arrays out.

Distances are whole millimetres in int32. A heap entry is `distance << 32 | node`, so that one integer compare
orders it, first by distance and then by node: equal inputs give equal bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_FAR = np.iinfo(np.int32).max


@njit(cache=True)
def _push(heap: Any, size: int, entry: Any) -> None:
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if heap[up] <= entry:
            break
        heap[i] = heap[up]
        i = up
    heap[i] = entry


@njit(cache=True)
def _pop(heap: Any, size: int) -> Any:
    """Take the least of `size` entries; size - 1 remain."""
    top = heap[0]
    last = heap[size - 1]
    size -= 1
    i = 0
    while True:
        down = 2 * i + 1
        if down >= size:
            break
        if down + 1 < size and heap[down + 1] < heap[down]:
            down += 1
        if heap[down] >= last:
            break
        heap[i] = heap[down]
        i = down
    heap[i] = last
    return top


@njit(cache=True)
def _settle(
    first: Any,
    heads: Any,
    lengths: Any,
    limit: int,
    node_mm: Any,
    touched: Any,
    count: int,
    heap: Any,
    size: int,
) -> Any:
    """Run a seeded heap to its end; returns how many nodes are touched."""
    while size > 0:
        entry = _pop(heap, size)
        size -= 1
        node = entry & 0xFFFFFFFF
        d = entry >> 32
        if d > node_mm[node]:
            continue
        for k in range(first[node], first[node + 1]):
            new = d + lengths[k]
            head = heads[k]
            if new <= limit and new < node_mm[head]:
                if node_mm[head] == _FAR:
                    touched[count] = head
                    count += 1
                node_mm[head] = new
                _push(heap, size, (new << 32) | head)
                size += 1
    return count


@njit(cache=True)
def _come_home(
    first: Any,
    heads: Any,
    inner: Any,
    home_first: Any,
    home_heads: Any,
    limit: int,
    node_mm: Any,
    touched: Any,
    count: int,
    heap: Any,
) -> Any:
    """After a search: on through the residents' gates that it came to, and no farther than inside their walls.

    `inner` are the arcs' lengths with every gate shut. Nobody comes out again, so that these gates are no thoroughfare.
    """
    size = 0
    for i in range(count):
        node = touched[i]
        d = np.int64(node_mm[node])
        for k in range(home_first[node], home_first[node + 1]):
            if d < node_mm[home_heads[k]]:
                _push(heap, size, (d << 32) | np.int64(home_heads[k]))
                size += 1
    # Distances are written when a node is taken, not before: a seed must not begin from another seed's gain.
    while size > 0:
        entry = _pop(heap, size)
        size -= 1
        node = entry & 0xFFFFFFFF
        d = entry >> 32
        if d >= node_mm[node]:
            continue
        if node_mm[node] == _FAR:
            touched[count] = node
            count += 1
        node_mm[node] = d
        for k in range(first[node], first[node + 1]):
            new = d + inner[k]
            if new <= limit and new < node_mm[heads[k]]:
                _push(heap, size, (new << 32) | np.int64(heads[k]))
                size += 1
    return count


@njit(cache=True)
def search(
    first: Any,
    heads: Any,
    lengths: Any,
    inner: Any,
    home_first: Any,
    home_heads: Any,
    seeds: Any,
    costs: Any,
    limit: int,
) -> Any:
    """Distances in mm from seeds with initial costs, up to `limit`: one per node, and the nodes touched."""
    n = len(first) - 1
    node_mm = np.full(n, _FAR, np.int32)
    touched = np.empty(n, np.int32)
    heap = np.empty(len(heads) + len(seeds) + 1, np.int64)
    count, size = 0, 0
    for s in range(len(seeds)):
        node = seeds[s]
        if costs[s] <= limit and costs[s] < node_mm[node]:
            if node_mm[node] == _FAR:
                touched[count] = node
                count += 1
            node_mm[node] = costs[s]
            _push(heap, size, (np.int64(costs[s]) << 32) | np.int64(node))
            size += 1
    count = _settle(first, heads, lengths, limit, node_mm, touched, count, heap, size)
    if len(home_heads):
        count = _come_home(first, heads, inner, home_first, home_heads, limit, node_mm, touched, count, heap)
    return node_mm, touched[:count].copy()


@njit(cache=True)
def catchments(
    first: Any,
    heads: Any,
    lengths: Any,
    inner: Any,
    home_first: Any,
    home_heads: Any,
    start: Any,
    end: Any,
    edge_mm: Any,
    edges: Any,
    offsets: Any,
    walks: Any,
    limit: int,
) -> Any:
    """Node lists within `limit` mm of many origins, one after the other, with their distances in mm."""
    n = len(first) - 1
    node_mm = np.full(n, _FAR, np.int32)
    touched = np.empty(n, np.int32)
    heap = np.empty(len(heads) + 2, np.int64)
    listed_at = np.zeros(len(edges) + 1, np.int64)
    nodes = np.empty(1024, np.int32)
    mm = np.empty(1024, np.int32)
    filled = 0
    for o in range(len(edges)):
        count, size = 0, 0
        if edges[o] >= 0:
            for turn in range(2):
                node = start[edges[o]] if turn == 0 else end[edges[o]]
                there = offsets[o] if turn == 0 else max(edge_mm[edges[o]] - offsets[o], 0)
                cost = walks[o] + there
                if cost <= limit and cost < node_mm[node]:
                    if node_mm[node] == _FAR:
                        touched[count] = node
                        count += 1
                    node_mm[node] = cost
                    _push(heap, size, (np.int64(cost) << 32) | np.int64(node))
                    size += 1
            count = _settle(first, heads, lengths, limit, node_mm, touched, count, heap, size)
            if len(home_heads):
                count = _come_home(first, heads, inner, home_first, home_heads, limit, node_mm, touched, count, heap)
        while filled + count > len(nodes):
            nodes = np.concatenate((nodes, np.empty(len(nodes), np.int32)))
            mm = np.concatenate((mm, np.empty(len(mm), np.int32)))
        for i in range(count):
            nodes[filled + i] = touched[i]
            mm[filled + i] = node_mm[touched[i]]
            node_mm[touched[i]] = _FAR
        filled += count
        listed_at[o + 1] = filled
    return listed_at, nodes[:filled].copy(), mm[:filled].copy()


@njit(cache=True)
def islands(first: Any, heads: Any) -> Any:
    """Which connected part each node belongs to, numbered from 0 in the order of their first nodes."""
    n = len(first) - 1
    part = np.full(n, -1, np.int32)
    stack = np.empty(n, np.int32)
    count = 0
    for begin in range(n):
        if part[begin] >= 0:
            continue
        part[begin] = count
        stack[0] = begin
        size = 1
        while size > 0:
            size -= 1
            node = stack[size]
            for k in range(first[node], first[node + 1]):
                if part[heads[k]] < 0:
                    part[heads[k]] = count
                    stack[size] = heads[k]
                    size += 1
        count += 1
    return part


@njit(cache=True)
def distances(
    start: Any,
    end: Any,
    edge_mm: Any,
    node_mm: Any,
    origin_edge: int,
    origin_offset: float,
    origin_walk: float,
    edges: Any,
    offsets: Any,
    walks: Any,
) -> Any:
    """Distance in mm from one origin to n places on edges: by either end, or along the shared edge."""
    out = np.full(len(edges), np.int64(_FAR), np.int64)
    for i in range(len(edges)):
        e = edges[i]
        if e < 0:
            continue
        there = np.int64(np.rint(offsets[i] * 1000))
        back = max(edge_mm[e] - there, 0)
        best = np.int64(_FAR)
        if node_mm[start[e]] < _FAR:
            best = min(best, node_mm[start[e]] + there)
        if node_mm[end[e]] < _FAR:
            best = min(best, node_mm[end[e]] + back)
        if e == origin_edge:
            best = min(
                best,
                np.int64(np.rint(abs(offsets[i] - origin_offset) * 1000)) + np.int64(np.rint(origin_walk * 1000)),
            )
        if best < _FAR:
            out[i] = best + np.int64(np.rint(walks[i] * 1000))
    return out


@njit(cache=True)
def nearest_to(
    start: Any,
    end: Any,
    edge_mm: Any,
    node_mm: Any,
    node_site: Any,
    site_edge: Any,
    site_number: Any,
    site_offset: Any,
    site_walk: Any,
    edges: Any,
    offsets: Any,
    walks: Any,
) -> Any:
    """Distance in mm and number of the nearest site for n places; sites are sorted by edge."""
    out = np.full(len(edges), np.int64(_FAR), np.int64)
    site = np.full(len(edges), -1, np.int32)
    for i in range(len(edges)):
        e = edges[i]
        if e < 0:
            continue
        there = np.int64(np.rint(offsets[i] * 1000))
        for turn in range(2):
            node = start[e] if turn == 0 else end[e]
            rest = there if turn == 0 else max(edge_mm[e] - there, 0)
            if node_mm[node] < _FAR and node_mm[node] + rest < out[i]:
                out[i] = node_mm[node] + rest
                site[i] = node_site[node]
        k = np.searchsorted(site_edge, e)
        while k < len(site_edge) and site_edge[k] == e:
            d = np.int64(np.rint(abs(offsets[i] - site_offset[k]) * 1000)) + np.int64(np.rint(site_walk[k] * 1000))
            if d < out[i]:
                out[i] = d
                site[i] = site_number[k]
            k += 1
        if site[i] >= 0:
            out[i] += np.int64(np.rint(walks[i] * 1000))
    return out, site
