"""A street network of a city by seed, and places in it."""

import numpy as np

from layers.streets.walking import WalkingNetwork
from tests.streets import lattices

STEP_M = 80.0
SIDES = {"city": 500, "town": 100}
"""Crossings along one side: 250,000 or 10,000 in all."""


def lattice(scale: str, *, seed: int = 2026) -> WalkingNetwork:
    """The network of a scale; places keep off its rim when drawn from `inner`."""
    return lattices.lattice(SIDES[scale], seed=seed, step=STEP_M)


def inner(scale: str, count: int, *, seed: int = 7) -> np.ndarray:
    """Places by seed, (count, 2) metres, at least 1.5 km from the rim."""
    far = SIDES[scale] * STEP_M - 1500
    return np.random.default_rng(seed).uniform(1500, far, (count, 2))
