"""A street network of a city by seed: a shaken lattice with a share of its streets missing."""

import numpy as np

from layers.streets.walking import WalkingNetwork

EPSG = 4546
STEP_M = 80.0
SIDES = {"city": 500, "town": 100}
"""Crossings along one side: 250,000 or 10,000 in all."""


def lattice(scale: str, *, seed: int = 2026) -> WalkingNetwork:
    """The network of a scale; places keep off its rim when drawn from `inner`."""
    side = SIDES[scale]
    rng = np.random.default_rng(seed)
    row, column = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    xy = np.column_stack((column.ravel(), row.ravel())) * STEP_M + rng.uniform(-0.3, 0.3, (side * side, 2)) * STEP_M
    number = np.arange(side * side).reshape(side, side)
    across = np.column_stack((number[:, :-1].ravel(), number[:, 1:].ravel()))
    along = np.column_stack((number[:-1].ravel(), number[1:].ravel()))
    pairs = np.concatenate((across, along))
    pairs = pairs[rng.random(len(pairs)) < 0.78].astype(np.int32)
    return WalkingNetwork(
        epsg=EPSG,
        node_count=side * side,
        start=pairs[:, 0],
        end=pairs[:, 1],
        vertices=xy[pairs].reshape(-1, 2),
        line_at=np.arange(len(pairs) + 1, dtype=np.int64) * 2,
        steps=np.zeros(len(pairs), bool),
        side=np.full(len(pairs), -1, np.int32),
    )


def inner(scale: str, count: int, *, seed: int = 7) -> np.ndarray:
    """Places by seed, (count, 2) metres, at least 1.5 km from the rim."""
    far = SIDES[scale] * STEP_M - 1500
    return np.random.default_rng(seed).uniform(1500, far, (count, 2))
