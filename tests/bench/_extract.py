"""The walking network of a real extract, where the shared data are there (SHARED_DATA): no database is needed."""

import os
from pathlib import Path

import numpy as np
import shapely

from gis.shared.geometry import metric_epsg, xy_to_metres
from layers.streets.noding import node
from layers.streets.osm.extract import extract
from layers.streets.osm.source import read
from layers.streets.walking import WalkingNetwork

ROOT = Path(__file__).resolve().parents[2]


def porto_alegre() -> WalkingNetwork | None:
    """The streets of Porto Alegre; None without the extract."""
    folder = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    path = folder / "osm" / "r5r_porto_alegre.osm.pbf"
    if not path.is_file():
        return None
    ways = extract(read(path)).ways
    west, south, east, north = shapely.total_bounds(np.array([way.geometry for way in ways], dtype=object))
    epsg = metric_epsg((west + east) / 2, (south + north) / 2)
    noded = node(ways, [], [], epsg=epsg)
    return WalkingNetwork.from_lines(
        epsg,
        noded.node_count,
        np.array(noded.start),
        np.array(noded.end),
        [xy_to_metres(np.asarray(line, dtype=np.float64), epsg) for line in noded.lines],
    )


def near_streets(network: WalkingNetwork, count: int, within_m: float, *, seed: int = 3) -> np.ndarray:
    """Places by seed, (count, 2) metres, no farther than so many metres from a street."""
    rng = np.random.default_rng(seed)
    low, high = network.vertices.min(axis=0), network.vertices.max(axis=0)
    found = np.empty((0, 2))
    while len(found) < count:
        drawn = rng.uniform(low, high, (4 * count, 2))
        found = np.vstack((found, drawn[network.snap(drawn).walk <= within_m]))
    return found[:count]
