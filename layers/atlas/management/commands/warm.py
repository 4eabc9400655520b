"""Compile all kernels once, so that nobody waits for it: numba keeps the result on disk."""

import time
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

from grids import locating
from layers.hotspots import warming
from layers.streets.rings import RingMaker
from layers.streets.walking import WalkingNetwork


class Command(BaseCommand):
    help = "Compile what needs compiling (locating, walking, hot spots), kept on disk for every process of this clone."

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.perf_counter()
        locating.warm()
        network = WalkingNetwork.from_lines(
            4546, 2, np.array([0]), np.array([1]), [np.array([[0.0, 0.0], [90.0, 0.0]])]
        )
        snaps = network.snap(np.array([[10.0, 5.0], [60.0, 5.0]]))
        network.distances(network.reach(snaps.at([0]), 300.0), snaps)
        network.catchments(snaps, 300.0)
        network.nearest_to(network.nearest(snaps), snaps)
        RingMaker(network).rings(snaps.at([0]), [100.0, 200.0])
        warming.kernels()
        self.stdout.write(f"Locating, walking and hot spots are compiled ({time.perf_counter() - begun:.1f} s).")
