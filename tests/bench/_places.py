"""Homes by seed, in areas of four tiers: what coverage counts."""

import uuid

import numpy as np

from layers.coverage.covering import Land

COMMUNITIES, COMPOUNDS = 20, 15
"""Per street of a county of ten streets; per community."""


def land_of(xy: np.ndarray, *, seed: int = 5) -> Land:
    """A land with its homes at (n, 2) metres, 3,211 areas of four tiers, 14 people a home or so."""
    rng = np.random.default_rng(seed)
    streets = 10
    parent = [-1] + [0] * streets
    for street in range(streets):
        parent += [1 + street] * COMMUNITIES
    first = 1 + streets
    for community in range(streets * COMMUNITIES):
        parent += [first + community] * COMPOUNDS
    areas, count = len(parent), len(xy)
    compounds = areas - streets * COMMUNITIES * COMPOUNDS
    parts = rng.integers(0, 9, (count, 4))
    return Land(
        ids=[uuid.UUID(int=number) for number in range(areas)],
        tiers=["compound"] * areas,
        codes=[str(number) for number in range(areas)],
        names=[("", "")] * areas,
        parent=np.array(parent, dtype=np.int64),
        rank=np.zeros(areas, dtype=np.int64),
        box=np.zeros((areas, 4)),
        middle=np.zeros((areas, 2)),
        points=np.zeros((count, 2)),
        of=rng.integers(compounds, areas, count),
        leaf=np.arange(count, dtype=np.int64),
        parts=parts,
        discreet=parts,
        known=np.ones(count, dtype=bool),
        homes=parts.sum(axis=1) // 3,
        homes_discreet=parts.sum(axis=1) // 3,
        leaf_rank=np.full(len(parts), 5, dtype=np.int64),
        leaf_ids=np.zeros((count, 16), dtype=np.uint8),
    )
