"""Street networks for tests and benchmarks, made by seed."""

import numpy as np

from layers.streets.walking import WalkingNetwork

EPSG = 4546


def lattice(side: int, *, seed: int = 0, step: float = 80.0, kept: float = 0.78) -> WalkingNetwork:
    """A shaken square lattice of side × side crossings, `step` metres apart, with a share of its streets kept."""
    rng = np.random.default_rng(seed)
    row, column = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    xy = np.column_stack((column.ravel(), row.ravel())) * step + rng.uniform(-0.3, 0.3, (side * side, 2)) * step
    number = np.arange(side * side).reshape(side, side)
    across = np.column_stack((number[:, :-1].ravel(), number[:, 1:].ravel()))
    along = np.column_stack((number[:-1].ravel(), number[1:].ravel()))
    pairs = np.concatenate((across, along))
    pairs = pairs[rng.random(len(pairs)) < kept].astype(np.int32)
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
