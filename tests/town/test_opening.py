"""Reading an extract apart: the same plan as in one process, kept and read again; what harms a reader is told."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.town.opening.apart import plan_apart
from gis.town.opening.fitted import Fitted
from gis.town.opening.kept import in_view, load, write
from gis.town.opening.plan import plan_import
from layers.streets.osm import UnreadableFile, kinds, read
from layers.streets.osm.source import TELL_EVERY
from tests.streets.drawn import town

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)


def rows_of(plan: Fitted) -> tuple[object, ...]:
    return (
        plan.areas, list(plan.ways), list(plan.gates), list(plan.barriers), list(plan.features), plan.document()
    )  # fmt: skip


def test_a_child_plans_the_same_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = town().save(tmp_path, "东城.osm.gz")
    told: list[tuple[str, int]] = []
    kept = tmp_path / "kept" / "plan.arrow"
    apart = plan_apart(path, keep=kept, name_zh="东城", waiting=lambda *step: told.append(step))
    assert rows_of(apart) == rows_of(plan_import(path, name_zh="东城")) == rows_of(load(kept))
    assert {stage for stage, _count in told} <= {"reading", "meaning", "fitting", "checking"}


@settings(max_examples=25, deadline=None)
@given(name=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40))
def test_a_renamed_plan_is_the_plan_made_under_that_name(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = town().save(tmp_path_factory.getbasetemp(), "east.osm")
    renamed = plan_import(path).renamed(name, "East")
    assert renamed.areas == plan_import(path, name_zh=name, name_en="East").areas
    parents = {row.id for row in renamed.areas} | {None}
    assert {row.parent for row in renamed.areas} <= parents


def test_a_kept_plan_is_drawn_by_view_what_lies_below_first(tmp_path: Path) -> None:
    plan = plan_import(town().save(tmp_path))
    path = tmp_path / "plan.arrow"
    write(plan, path)
    near, left = in_view(path, EVERYWHERE, smallest=0.0)
    # county, street and community have one shape, which is sent once
    assert len(near) == len(plan.areas) - 2 + sum(map(len, (plan.ways, plan.gates, plan.barriers, plan.features)))
    assert left == 0
    kinds_drawn = [feature["properties"]["row"] for feature in near]
    assert kinds_drawn == sorted(kinds_drawn, key=["feature", "barrier", "way", "area", "gate"].index)
    far, left = in_view(path, EVERYWHERE, smallest=0.001)
    assert 0 < len(far) < len(near)
    assert len(far) + left == len(near)
    assert in_view(path, (0.0, 0.0, 1.0, 1.0), smallest=0.0) == ([], 0)
    assert {"straddling", "outside"} <= {feature["properties"].get("reason") for feature in near}


def why(path: Path, **limits: int) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        plan_apart(path, **limits)
    assert caught.value.path == path
    return caught.value


def test_a_file_packed_to_harm_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.osm.gz"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with path.open("wb") as stream:
        stream.write(packer.compress(b'<osm version="0.6"><node id="1" lon="1" lat="1"><tag k="name" v="'))
        for _ in range(100):
            stream.write(packer.compress(b" " * kinds.PIECE))
        stream.write(packer.flush())
    assert path.stat().st_size < 200_000
    assert why(path).why == "packed-bomb"


def test_a_text_without_end_costs_the_child_alone(tmp_path: Path) -> None:
    path = tmp_path / "long.osm"
    with path.open("wb") as stream:
        stream.write(b'<osm version="0.6"><node id="1" lon="1" lat="1"><tag k="name" v="')
        stream.truncate(1 << 30)  # a sparse file: a gigabyte of zeros in one attribute
    assert why(path, memory_mb=1_500).why in {"broken", "too-much-memory", "reader-died"}


def test_entities_are_never_unfolded(tmp_path: Path) -> None:
    path = tmp_path / "laughs.osm"
    laughs = "".join(f'<!ENTITY l{at + 1} "{f"&l{at};" * 10}">' for at in range(9))
    path.write_text(
        f'<!DOCTYPE osm [<!ENTITY l0 "ha">{laughs}]><osm version="0.6"><node id="1" lon="1" lat="1">'
        '<tag k="name" v="&l9;"/></node></osm>',
        encoding="utf-8",
    )
    assert why(path).why == "broken"
    outside = tmp_path / "outside.osm"
    outside.write_text(
        '<!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/passwd">]><osm version="0.6"><node id="1" lon="1" lat="1">'
        '<tag k="name" v="&x;"/></node></osm>',
        encoding="utf-8",
    )
    told = why(outside)
    assert told.why == "broken"
    assert "root" not in told.found


def test_more_objects_than_the_limit_are_refused(tmp_path: Path) -> None:
    path = town().save(tmp_path)
    with pytest.raises(UnreadableFile) as caught:
        read(path, most=10)
    assert (caught.value.why, caught.value.objects) == ("too-many", 11)
    assert TELL_EVERY > 10


def test_a_pbf_whose_header_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    source, target = town().save(tmp_path), tmp_path / "town.osm.pbf"
    script = (
        "import osmium, sys; w = osmium.SimpleWriter(sys.argv[2])\n"
        "for o in osmium.FileProcessor(sys.argv[1]): w.add(o)\n"
        "w.close()"
    )
    subprocess.run([sys.executable, "-c", script, str(source), str(target)], check=True)
    whole = bytearray(target.read_bytes())
    at = whole.index(b"OSMData")
    for data in (
        whole[: at + 7] + b"\x18\xff\xff\xff\xff\x07" + whole[at + 9 :],  # a blob of two gigabytes
        b"\x7f\xff\xff\xff" + whole[4:],  # a header of two gigabytes
        whole[:at] + b"OSMEvil" + whole[at + 7 :],  # a kind of block that nobody knows: nothing is left to read
        whole + whole[: at // 2],  # something begun behind the end
    ):
        target.write_bytes(bytes(data))
        with pytest.raises(UnreadableFile) as caught:
            read(target)
        assert caught.value.why in {"broken", "other-content", "no-streets"}


def test_a_killed_parent_takes_its_child_along(tmp_path: Path) -> None:
    path = tmp_path / "slow.osm.gz"
    path.write_bytes(
        gzip.compress(
            town().text().encode().replace(b"</osm>", b"<!--" + os.urandom(12_000_000).hex().encode() + b"--></osm>"), 1
        )
    )
    script = (
        "import sys; from pathlib import Path; from gis.town.opening.apart import plan_apart\n"
        "plan_apart(Path(sys.argv[1]), waiting=lambda *_: print('going', flush=True))"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"going\n"
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text(encoding="ascii").split()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert children
    for child in children:
        deadline = 200
        while _alive(int(child)) and deadline:
            os.sched_yield()
            deadline -= 1
            signal.sigtimedwait(set(), 0.05)
        assert deadline


def _alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
