"""Opening extracts: every kind that is read, and every lie that is told by name."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path

import pytest

from layers.streets.osm import UnreadableFile, extract, lay_out, read
from tests.streets.drawn import Drawing, town


def why(path: Path) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.path == path
    return caught.value


@pytest.mark.parametrize("name", ["town.osm", "town.osm.gz"])
def test_plain_and_packed_xml_hold_the_same(tmp_path: Path, name: str) -> None:
    drawn = town()
    objects = read(drawn.save(tmp_path, name))
    assert len(objects.ways) == len(drawn.rows["way"])
    assert objects.bounds is not None
    assert objects.bounds[0] < 111.78 < objects.bounds[2]


def test_pbf_holds_the_same_as_xml(tmp_path: Path) -> None:
    source = town().save(tmp_path)
    target = tmp_path / "town.osm.pbf"
    script = (
        "import osmium, sys; w = osmium.SimpleWriter(sys.argv[2])\n"
        "for o in osmium.FileProcessor(sys.argv[1]): w.add(o)\n"
        "w.close()"
    )
    subprocess.run([sys.executable, "-c", script, str(source), str(target)], check=True)
    one, two = read(source), read(target)
    assert one.ways == two.ways
    assert one.relations == two.relations
    assert (one.node_xy == two.node_xy).all()
    assert why_of_half(target) == "broken"


def why_of_half(path: Path) -> str:
    """Why the first two thirds of a file cannot be read."""
    data = path.read_bytes()
    half = path.with_name("half-" + path.name)
    half.write_bytes(data[: len(data) * 2 // 3])
    return why(half).why


@pytest.mark.parametrize("name", ["town.osm", "town.osm.gz"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str) -> None:
    assert why_of_half(town().save(tmp_path, name)) == "broken"


def test_lies_and_empty_files_are_told_apart(tmp_path: Path) -> None:
    path = town().save(tmp_path)
    for name, expected in (("a.osm.pbf", "xml"), ("a.osm.gz", "xml")):
        lying = tmp_path / name
        lying.write_bytes(path.read_bytes())
        error = why(lying)
        assert (error.why, error.found) == ("other-content", expected)
    empty = tmp_path / "empty.osm"
    empty.write_bytes(b"")
    assert why(empty).why == "empty"
    packed_nothing = tmp_path / "nothing.osm.gz"
    packed_nothing.write_bytes(gzip.compress(b""))
    assert why(packed_nothing).why == "empty"
    shape = tmp_path / "town.shp"
    shape.write_bytes(path.read_bytes())
    assert why(shape).why == "unknown-ending"
    assert why(tmp_path / "absent.osm").why == "missing"
    page = tmp_path / "page.osm"
    page.write_text("<html><body>not found</body></html>", encoding="utf-8")
    assert why(page).why == "broken"
    noise = tmp_path / "noise.osm.pbf"
    noise.write_bytes(bytes(range(256)) * 20)
    assert why(noise).why == "other-content"


def test_a_file_without_a_street_is_refused(tmp_path: Path) -> None:
    drawn = Drawing()
    drawn.box(0, 0, 10, 10, building="yes")
    assert why(drawn.save(tmp_path)).why == "no-streets"


def test_later_versions_and_deleted_objects_are_accounted_for(tmp_path: Path) -> None:
    text = (
        '<osm version="0.6"><node id="1" version="1" lon="111" lat="36"/>'
        '<node id="1" version="2" lon="111.1" lat="36"/>'
        '<node id="2" lon="111.2" lat="36"/><node id="3" version="2" visible="false"/>'
        '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/></way></osm>'
    )
    path = tmp_path / "versions.osm"
    path.write_text(text, encoding="utf-8")
    found = extract(read(path))
    assert found.ways[0].geometry.coords[0] == (111.1, 36.0)
    assert found.report.left["n", "deleted-or-older"] == 2
    assert set(found.report.missing().values()) == {0}


def test_positions_off_the_globe_are_accounted_for(tmp_path: Path) -> None:
    text = (
        '<osm version="0.6"><node id="1" lon="36" lat="111"/><node id="2" lon="111.2" lat="36"/>'
        '<node id="3" lon="111.3" lat="36"/>'
        '<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/></way></osm>'
    )
    path = tmp_path / "swapped.osm"
    path.write_text(text, encoding="utf-8")
    found = extract(read(path))
    assert found.report.left["n", "nowhere"] == 1
    assert [(row.what, row.reason) for row in found.report.listed] == [("street", "cut-short")]
    assert set(found.report.missing().values()) == {0}


def test_a_town_with_a_point_far_away_is_refused_with_its_extent(tmp_path: Path) -> None:
    drawn = town()
    drawn.way((0, 0), (5_000_000, 0), highway="footway")
    error = why(drawn.save(tmp_path))
    assert error.why == "too-wide"
    assert "111.7" in error.found


@pytest.mark.parametrize("seed", range(4))
def test_damaged_bytes_are_refused_or_read_with_a_true_account(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    whole = town().text().encode()
    path = tmp_path / "damaged.osm"
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 3))):
            place = chance.randrange(len(data))
            if chance.random() < 0.7:
                data[place] = chance.randrange(256)
            else:
                del data[place : place + chance.randrange(1, 400)]
        path.write_bytes(data)
        try:
            found = extract(read(path))
        except UnreadableFile:
            continue
        lay_out(found)
        assert set(found.report.missing().values()) == {0}
