"""Drawn circles agree with exact distances, hold one another and never leak over a wall."""

import numpy as np
import pytest
import shapely

from layers.streets.rings import RingMaker
from layers.streets.walking import WalkingNetwork
from tests.streets.lattices import EPSG, lattice

LIMITS = [1000 / 3, 2000 / 3, 1000.0]


def test_circles_agree_with_exact_distances_on_addresses():
    network = lattice(60, seed=4)
    maker = RingMaker(network)
    rng = np.random.default_rng(4)
    inside_both = inside_drawn = inside_exact = 0
    for origin in rng.uniform(1500, 3300, (12, 2)):
        addresses = origin + rng.uniform(-1300, 1300, (1500, 2))
        places = network.snap(addresses)
        near = places.walk <= 40
        at = network.snap(origin.reshape(1, 2))
        exact = network.distances(network.reach(at, 1000), places.at(near)) <= 1000
        ring = maker.rings(at, [1000.0])[0]
        drawn = shapely.contains_xy(ring, *addresses[near].T)
        inside_both += int((drawn & exact).sum())
        inside_drawn += int(drawn.sum())
        inside_exact += int(exact.sum())
    assert inside_both / inside_drawn >= 0.985
    assert inside_both / inside_exact >= 0.985


@pytest.mark.parametrize("seed", range(6))
def test_five_lies_in_ten_lies_in_fifteen(seed):
    network = lattice(40, seed=seed, kept=0.6)
    at = network.snap(np.random.default_rng(seed).uniform(800, 2400, (1, 2)))
    five, ten, fifteen = RingMaker(network).rings(at, LIMITS)
    assert all(ring.is_valid for ring in (five, ten, fifteen))
    assert shapely.difference(five, ten).area == pytest.approx(0, abs=1e-6)
    assert shapely.difference(ten, fifteen).area == pytest.approx(0, abs=1e-6)
    assert five.area < ten.area < fifteen.area


def test_a_circle_may_have_parts_and_holes():
    network = lattice(60, seed=2, kept=0.5)
    rng = np.random.default_rng(2)
    maker = RingMaker(network)
    rings = [maker.rings(network.snap(p.reshape(1, 2)), [1000.0])[0] for p in rng.uniform(1200, 3600, (15, 2))]
    assert any(len(part.interiors) for ring in rings for part in ring.geoms)
    assert all(ring.is_valid for ring in rings)


def test_off_the_network_there_is_no_circle():
    network = lattice(5)
    rings = RingMaker(network).rings(network.snap(np.array([[9e5, 9e5]])), LIMITS)
    assert [ring.is_empty for ring in rings] == [True, True, True]


def test_limits_must_rise():
    network = lattice(3)
    with pytest.raises(ValueError, match="rise"):
        RingMaker(network).rings(network.snap(np.array([[0.0, 0.0]])), [500.0, 100.0])


@pytest.fixture
def walled() -> WalkingNetwork:
    """A street along the south wall of a yard of 200 m; the yard's path leaves by a gate in its north wall only."""
    lines = [
        np.array([[-400.0, -15], [600, -15]]),
        np.array([[100.0, 20], [100, 200]]),
        np.array([[100.0, 200], [100, 230]]),
        np.array([[100.0, 230], [600, 230], [600, -15]]),
    ]
    return WalkingNetwork.from_lines(
        EPSG,
        5,
        np.array([0, 2, 3, 4]),
        np.array([1, 3, 4, 1]),
        lines,
        side=np.array([-1, 0, -1, -1]),
        walls=(shapely.box(0, 0, 200, 200),),
    )


def test_a_circle_does_not_leak_over_a_wall(walled):
    yard = walled.walls[0]
    rings = RingMaker(walled).rings(walled.snap(np.array([[100.0, -20]])), LIMITS)
    assert all(ring.is_valid for ring in rings)
    assert shapely.intersection(rings[1], yard).area == pytest.approx(0, abs=1)
    assert shapely.intersection(rings[1], shapely.box(0, -40, 200, 0)).area > 7000
    for inner, outer in zip(rings[:-1], rings[1:], strict=True):
        assert shapely.difference(inner, outer).area < 1


def test_a_circle_from_inside_leaves_by_the_gate(walled):
    yard = walled.walls[0]
    ring = RingMaker(walled).rings(walled.snap(np.array([[95.0, 40]])), [250.0])[0]
    assert ring.covers(shapely.Point(100, 100))
    assert ring.covers(shapely.Point(100, 215))
    assert not ring.intersects(shapely.box(0, -60, 200, -1))
    assert shapely.intersection(ring, yard).area > 0.5 * yard.area


def test_a_circle_keeps_near_the_streets():
    network = WalkingNetwork.from_lines(EPSG, 2, np.array([0]), np.array([1]), [np.array([[0.0, 0], [900, 0]])])
    ring = RingMaker(network).rings(network.snap(np.array([[450.0, 0]])), [400.0])[0]
    assert ring.covers(shapely.Point(450, 90))
    assert not ring.intersects(shapely.LineString([(0, 125), (900, 125)]))
