"""Whatever is mapped, and however badly: what is left after fitting can be stored, and nothing is lost on the way."""

from __future__ import annotations

from math import cos, radians, sin
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.town.opening.plan import plan_import, refused
from layers.streets.osm import rings
from tests.streets.drawn import Corner, Drawing

METRES = st.integers(-300, 300)
SIZES = st.integers(3, 260)
SHAPES = st.tuples(METRES, METRES, SIZES, SIZES, st.integers(0, 89), st.booleans())
SCRIBBLES = st.lists(st.tuples(METRES, METRES), min_size=2, max_size=8)


def slanted(west: float, south: float, width: float, height: float, degrees: float, l_shaped: bool) -> list[Corner]:
    """A rectangle, or an L, turned about its corner; in metres."""
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height), (0.0, 0.0)]
    if l_shaped:
        corners[2:3] = [(width, height / 2), (width / 2, height / 2), (width / 2, height)]
    turn = radians(degrees)
    return [
        (round(west + x * cos(turn) - y * sin(turn), 3), round(south + x * sin(turn) + y * cos(turn), 3))
        for x, y in corners
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    compounds=st.lists(SHAPES, max_size=5),
    buildings=st.lists(SHAPES, max_size=10),
    walks=st.lists(SCRIBBLES, min_size=1, max_size=4),
    scribbles=st.lists(SCRIBBLES, max_size=2),
)
def test_any_scribble_becomes_a_place_that_can_be_stored(
    tmp_path: Path,
    compounds: list[tuple[int, int, int, int, int, bool]],
    buildings: list[tuple[int, int, int, int, int, bool]],
    walks: list[list[Corner]],
    scribbles: list[list[Corner]],
) -> None:
    drawn = Drawing()
    drawn.way((-10, 0), (10, 0), highway="residential")
    for walk in walks:
        drawn.way(*walk, highway="footway")
    for west, south, width, height, degrees, l_shaped in compounds:
        drawn.way(*slanted(west, south, width, height, degrees, l_shaped), landuse="residential")
    for west, south, width, height, degrees, l_shaped in buildings:
        drawn.way(*slanted(west, south, width / 4, height / 4, degrees, l_shaped), building="yes")
    for scribble in scribbles:
        drawn.way(*scribble, scribble[0], building="yes")
    plan = plan_import(drawn.save(tmp_path))
    assert refused(plan.areas) == {}, "storing would refuse nothing"
    assert set(plan.found.report.missing().values()) == {0}
    mapped = len(plan.found.of_kind("compound")) + len(plan.found.of_kind("building"))
    layout = plan.layout
    assert len(layout.compounds) + len(layout.buildings) + len(layout.footprints) == mapped
    assert len({row.code for row in plan.areas}) == len(plan.areas)
    assert {gate.compound_id for gate in layout.gates} <= {plot.id for plot in layout.compounds}


@pytest.mark.parametrize(
    ("members", "count"),
    [
        ([(1, 2, 3), (3, 4, 1)], 1),
        ([(1, 2, 3), (1, 4, 3)], 1),
        ([(1, 2), (2, 3), (3, 1), (7, 8, 9, 7)], 2),
        ([(1, 2, 3), (3, 4, 5, 3), (3, 6, 1)], 2),
    ],
)
def test_ways_join_into_rings(members: list[tuple[int, ...]], count: int) -> None:
    joined = rings.join(members)
    assert joined is not None
    assert len(joined) == count
    assert all(ring[0] == ring[-1] for ring in joined)


def test_a_loose_end_joins_nothing() -> None:
    assert rings.join([(1, 2, 3), (3, 4)]) is None
