"""The ground for many points: the same answers as the database, at every moment, after every edit, in every process."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.shared.errors import Problem
from grids import bases, ground
from grids.ground import forget, ground_at
from grids.imports import store_areas
from grids.models import Boundary
from grids.queries import locate
from tests.grids.ground import T0, WEST, put, small_county, square
from tests.grids.test_any_sequence import START, acts, do
from tests.grids.test_bulk_door import tree
from tests.grids.test_drawing import appoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]
LATER = T0 + timedelta(days=1)


@pytest.fixture
def folder(tmp_path, settings, monkeypatch) -> Path:
    """Every ground is worth a file, in a folder of this test's own."""
    settings.GROUND_DIR = str(tmp_path)
    monkeypatch.setattr(bases, "SHARED_FROM", 1)
    forget()
    yield tmp_path
    forget()


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.ground"))


def corners(moments: list[Any]) -> np.ndarray:
    """Every corner of all boundaries ever in force at some moments, the middles of their edges, and places inside."""
    shapes = [row.shape for moment in moments for row in Boundary.objects.at(moment)]
    xy = shapely.get_coordinates(shapes)
    middles = (xy[1:] + xy[:-1]) / 2
    inside = shapely.get_coordinates([shape.representative_point() for shape in shapes])
    return np.unique(np.rint(np.vstack([xy, middles, inside]) * 1e8) / 1e8, axis=0)


def chains(xy: np.ndarray, moment: Any) -> list[list[Any]]:
    told = ground_at(moment)
    return [told.chain_ids(chain) for chain in told.locate(xy).chain.tolist()]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turn=st.floats(0, 3), sequence=st.lists(acts, min_size=1, max_size=5))
def test_after_any_acts_every_moment_is_located_as_the_database_locates_it(turn: float, sequence: list[Any]) -> None:
    with transaction.atomic():
        rows = tree(turn)
        store_areas(rows, reason="survey", now=START)
        forget()
        ground_at(START)  # all other moments become patches over this one
        chief = appoint(rows[2].id)
        moments = [START]
        for step, act in enumerate(sequence, start=1):
            moments.append(START + timedelta(minutes=step))
            try:
                do(act, rows[2].id, chief, turn, moments[-1])
            except Problem:
                continue
        xy = corners([moments[0], moments[-1]])
        for moment in moments:
            told = chains(xy, moment)
            forget()
            assert chains(xy, moment) == told, "a patch answers as an index made anew"
            for at in range(0, len(xy), 7):
                assert [row.area_id for row in locate(*xy[at].tolist(), moment=moment)] == told[at]
        transaction.set_rollback(True)


def test_a_change_of_code_or_parent_decides_anew(folder) -> None:
    county = small_county()
    south = put("compound", square(2, 12, 10), county["community"], code="990001001001000", name_zh="南院")
    edge = np.array([[WEST + 0.005, 35.012]])
    assert chains(edge, LATER)[0][-1] == south.area_id
    moment = LATER + timedelta(hours=1)
    Boundary.objects.filter(pk=south.pk).update(valid_until=moment)
    put(
        "compound",
        square(2, 12, 10),
        county["community"],
        area=south.area,
        code="990001001001009",
        version=2,
        valid_from=moment,
    )
    assert chains(edge, moment)[0][-1] == county["west"].area_id, "the lower code owns the shared edge"
    assert chains(edge, LATER)[0][-1] == south.area_id
    assert len(files(folder)) == 1, "one base, and patches over it"


def test_a_second_process_reads_what_the_first_has_made(folder, monkeypatch) -> None:
    small_county()
    told = chains(corners([LATER]), LATER)
    forget()
    monkeypatch.setattr(bases, "built", lambda present: pytest.fail("it was made again"))
    assert chains(corners([LATER]), LATER) == told


def test_a_roll_back_takes_the_new_ground_with_it(folder) -> None:
    county = small_county()
    at = np.array([[WEST + 0.03, 35.005]])
    assert len(chains(at, LATER)[0]) == 3
    with transaction.atomic():
        put("compound", square(26, 2, 10), county["community"])
        assert len(chains(at, LATER)[0]) == 4
        transaction.set_rollback(True)
    assert len(chains(at, LATER)[0]) == 3


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "alien"])
def test_a_damaged_file_is_made_again(folder, harm: str) -> None:
    small_county()
    told = chains(corners([LATER]), LATER)
    (path,) = files(folder)
    body = path.read_bytes()
    path.write_bytes(
        {"cut": body[:-100], "flip": body[:999] + b"!" + body[1000:], "empty": b"", "alien": b"x" * 5000}[harm]
    )
    forget()
    assert chains(corners([LATER]), LATER) == told
    (new,) = files(folder)
    assert new != path


def test_without_a_place_for_files_every_worker_keeps_its_own(folder, settings) -> None:
    small_county()
    settings.GROUND_DIR = str(folder / "a file")
    (folder / "a file").write_text("in the way")
    assert len(chains(np.array([[WEST + 0.005, 35.005]]), LATER)[0]) == 4


def test_a_disk_that_is_full_is_survived(folder, monkeypatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    small_county()
    monkeypatch.setattr(os, "fsync", full)
    assert len(chains(np.array([[WEST + 0.005, 35.005]]), LATER)[0]) == 4
    assert list(folder.rglob("*ground")) == list(folder.rglob(".making-*")) == []


def test_too_many_changes_make_a_new_base(folder, monkeypatch) -> None:
    county = small_county()
    ground_at(LATER)
    monkeypatch.setattr(ground, "MOST_BOXES", 0)
    put("compound", square(26, 2, 10), county["community"])
    assert len(chains(np.array([[WEST + 0.03, 35.005]]), LATER)[0]) == 4
    assert len(files(folder)) == 2


def test_another_order_of_tiers_is_another_ground(folder) -> None:
    small_county()
    before = ground.version_of(Boundary.objects.at(LATER))
    Boundary.objects.first().tier.__class__.objects.filter(code="unit").update(rank=99)
    assert ground.version_of(Boundary.objects.at(LATER)) != before


def test_an_empty_ground_owns_nothing(folder) -> None:
    assert chains(np.array([[110.0, 35.0]]), LATER) == [[]]
