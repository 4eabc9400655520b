"""What mapped shapes become: compounds and buildings that fit together, footprints, gates; and the real extracts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely

from gis.shared.geometry import area_m2, epsg_of, snap_to_grid
from layers.streets.noding import Compound, node
from layers.streets.osm import Extract, Layout, extract, lay_out, read
from layers.streets.osm.layout import leave_out
from tests.streets.drawn import Drawing, town


def laid(drawn: Drawing, folder: Path) -> Layout:
    drawn.way((-900, -900), (-890, -900), highway="footway")
    found = extract(read(drawn.save(folder)))
    layout = lay_out(found)
    check(found, layout)
    return layout


def check(found: Extract, layout: Layout) -> None:
    """What holds for every layout: nothing lost, nothing overlaps, children inside, all on the grid."""
    kept = len(layout.compounds) + len(layout.buildings) + len(layout.footprints)
    assert kept == len(found.of_kind("compound")) + len(found.of_kind("building"))
    shape = {plot.id: plot.geometry for plot in layout.compounds}
    for plots in (layout.compounds, layout.buildings):
        shapes = np.array([plot.geometry for plot in plots], object)
        assert all(one.is_valid and one.equals_exact(snap_to_grid(one), 0) for one in shapes)
        for one, two in shapely.STRtree(shapes).query(shapes, predicate="intersects").T.tolist():
            assert one == two or shapes[one].intersection(shapes[two]).area < 1e-14
    for plot in layout.buildings:
        assert plot.inside is not None
        assert plot.geometry.difference(shape[plot.inside]).area < 1e-14
    listed = {(row.osm_type, row.osm_id) for row in layout.listed}
    assert all((ground.osm_type, ground.osm_id) in listed for ground, _ in layout.footprints)


def reasons(layout: Layout) -> Counter[str]:
    return Counter(reason for _, reason in layout.footprints)


def test_a_small_town_falls_into_place(tmp_path: Path) -> None:
    layout = laid(town(), tmp_path)
    assert {plot.ground.name_zh: plot.walled for plot in layout.compounds} == {"阳光小区": "yes", "": "unknown"}
    assert len(layout.buildings) == 3
    assert reasons(layout) == {"straddling": 1, "outside": 1}
    mapped = [gate for gate in layout.gates if gate.status == "mapped"]
    assert [(gate.kind, gate.open_to) for gate in mapped] == [("lift_gate", "residents")]
    assert Counter(gate.status for gate in layout.gates) == {"mapped": 1, "inferred": 1}


def test_of_overlapping_compounds_the_smaller_keeps_the_ground(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.box(0, 0, 100, 100, landuse="residential", name="小")
    drawn.box(60, 33.3, 300, 211, landuse="residential", name="大")
    layout = laid(drawn, tmp_path)
    sizes = {plot.ground.name_zh: area_m2(plot.geometry) for plot in layout.compounds}
    assert sizes["小"] == pytest.approx(10_000, rel=0.01)
    assert sizes["大"] == pytest.approx(240 * 177.7 - 40 * 66.7, rel=0.01)
    assert [(row.name, row.reason) for row in layout.listed] == [("大", "trimmed")]


def test_a_compound_inside_another_leaves_a_hole_and_a_copy_is_left_out(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.box(0, 0, 400, 400, landuse="residential", name="片区")
    drawn.box(100, 100, 200, 200, landuse="residential", name="小区")
    drawn.box(100, 100, 200, 200, landuse="residential", name="重复")
    layout = laid(drawn, tmp_path)
    shapes = {plot.ground.name_zh: plot.geometry for plot in layout.compounds}
    assert set(shapes) == {"片区", "小区"}
    assert len(shapes["片区"].geoms[0].interiors) == 1
    assert reasons(layout) == {"overlapping": 1}


def test_of_overlapping_buildings_the_larger_stays_a_grid(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.box(0, 0, 400, 400, landuse="residential")
    drawn.box(10, 10, 110, 60, building="yes", name="裙楼")
    drawn.box(90, 20, 130, 50, building="yes", name="塔楼")
    drawn.box(110, 51, 150, 60, building="yes", name="贴邻")
    drawn.box(9.8, 60, 80, 100, building="yes", name="贴边")
    layout = laid(drawn, tmp_path)
    assert {plot.ground.name_zh for plot in layout.buildings} == {"裙楼", "贴邻", "贴边"}
    assert reasons(layout) == {"overlapping": 1}


def test_what_hangs_over_by_a_hand_is_cut_off_and_said(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.box(0, 0, 200, 200, landuse="residential")
    drawn.way((-0.01, 10), (40, 10), (40, 50), (-0.01, 50), (-0.01, 10), building="yes", name="压线")
    layout = laid(drawn, tmp_path)
    assert [plot.ground.name_zh for plot in layout.buildings] == ["压线"]
    assert [(row.name, row.reason) for row in layout.listed] == [("压线", "trimmed")]


def gates(drawn: Drawing, folder: Path) -> int:
    drawn.box(0, 0, 200, 200, landuse="residential")
    return len(laid(drawn, folder).gates)


def test_each_way_through_makes_a_gate_for_each_crossing(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.way((-50, 100), (250, 100), highway="service")
    assert gates(drawn, tmp_path) == 2


def test_a_street_along_the_wall_is_outside_and_joined_by_a_gate(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.way((0, 0), (100, 0), (200, 0), (300, 0), highway="residential")
    drawn.way((100, 0), (100, 80), highway="footway")
    drawn.box(0, 0, 50, 50, building="yes")
    assert gates(drawn, tmp_path) == 1


def test_a_path_that_winds_along_the_wall_makes_no_row_of_gates(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.way(*((x, 1.0 if x % 10 else -1.0) for x in range(-50, 260, 5)), highway="footway")
    assert gates(drawn, tmp_path) <= 200 / 12


def test_bridges_tunnels_railways_and_closed_ways_make_no_gate(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.way((-50, 20), (250, 20), highway="footway", bridge="yes", layer="1")
    drawn.way((-50, 40), (250, 40), highway="footway", tunnel="yes", layer="-1")
    drawn.way((-50, 60), (250, 60), railway="rail")
    drawn.way((-50, 80), (250, 80), highway="path", foot="no")
    drawn.way((-50, 100), (-5, 100), highway="footway")
    drawn.way((-50, 120), (0, 120), highway="footway")
    assert gates(drawn, tmp_path) == 0


def test_two_inner_paths_that_meet_on_the_wall_make_no_gate(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.way((50, 50), (100, 0), highway="footway")
    drawn.way((150, 50), (100, 0), highway="footway")
    drawn.way((0, 0), (100, 0), barrier="fence")
    assert gates(drawn, tmp_path) == 0


def test_a_mapped_gate_without_a_path_stands_on_its_edge(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.box(0, 0, 200, 200, landuse="residential")
    drawn.node((50, 1.5), barrier="gate", foot="yes")
    drawn.node((100, 100), barrier="gate")
    layout = laid(drawn, tmp_path)
    assert [(gate.status, gate.open_to) for gate in layout.gates] == [("mapped", "all")]
    assert [(row.what, row.reason) for row in layout.listed] == [("gate", "on-no-edge")]


def test_what_a_stricter_check_refuses_becomes_a_footprint_with_its_children(tmp_path: Path) -> None:
    layout = laid(town(), tmp_path)
    sunny = next(plot for plot in layout.compounds if plot.ground.name_zh == "阳光小区")
    leave_out(layout, {sunny.id: "overlap"})
    assert len(layout.compounds) == 1
    assert len(layout.buildings) == 1
    assert all(gate.compound_id != sunny.id for gate in layout.gates)
    assert reasons(layout) == {"straddling": 1, "outside": 1, "overlapping": 3}


def share_reached(found: Extract, layout: Layout, *, gates: bool) -> float:
    """The largest component's share of the walking network's nodes, were every compound walled."""
    compounds = [Compound(plot.id, plot.geometry, walled=True) for plot in layout.compounds]
    noded = node(found.ways, compounds, layout.gates if gates else [], epsg=epsg_of(compounds[0].geometry))
    graph = nx.Graph(zip(noded.start, noded.end, strict=True))
    graph.add_edges_from((outside, inside) for outside, inside, _gate, _compound in noded.passages)
    return len(max(nx.connected_components(graph), key=len)) / len(graph)


def test_a_street_along_the_wall_is_not_cut_to_pieces(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.box(0, 0, 200, 200, landuse="residential")
    drawn.way(*((x, 1.0 if x % 10 else -1.0) for x in range(-50, 260, 5)), highway="footway")
    found = extract(read(drawn.save(tmp_path)))
    assert share_reached(found, lay_out(found), gates=True) == 1


def real(folder: Path, name: str) -> tuple[Extract, Layout]:
    path = folder / "osm" / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    found = extract(read(path))
    layout = lay_out(found)
    assert set(found.report.missing().values()) == {0}
    check(found, layout)
    return found, layout


def test_moscow_is_read_as_it_was_counted_by_others(shared_data: Path) -> None:
    found, layout = real(shared_data, "gh_moscow.osm.gz")
    streets = [way for way in found.ways if way.kind != "rail" and (way.osm_id or 0) > 0]
    assert len(streets) == 587, "588 with highway=*, of which one is under construction"
    buildings = Counter(ground.osm_type for ground in found.of_kind("building"))
    assert buildings == {"w": 619, "r": 9}
    assert Counter(ground.osm_type for ground in found.of_kind("compound")) == {"w": 16, "r": 2}
    assert len(layout.compounds) == 18
    assert len(layout.buildings) == 293
    assert reasons(layout) == {"straddling": 3, "outside": 332}
    assert layout.counts["gates-inferred"] == 118


def test_moscow_holds_together_by_its_inferred_gates_were_it_walled(shared_data: Path) -> None:
    found, layout = real(shared_data, "gh_moscow.osm.gz")
    assert share_reached(found, layout, gates=True) > 0.98
    assert share_reached(found, layout, gates=False) < 0.75


def test_hsinchu_lists_every_ring_beyond_repair(shared_data: Path) -> None:
    found, layout = real(shared_data, "hsinchu_nctu.osm.pbf")
    assert len(found.of_kind("building")) == 416
    unbuilt = Counter(row.what for row in found.report.listed)
    assert unbuilt["building"] == 442 - 416
    assert unbuilt["compound"] == 22 - 13
    assert len(layout.compounds) == 13
    assert len(layout.buildings) == 11
    assert any(plot.ground.name_zh == "世紀鑫城" for plot in layout.compounds)
