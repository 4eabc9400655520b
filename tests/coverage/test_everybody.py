"""Leaf areas of a large basis are cut from columns as they are read row by row, and no column is yesterday's."""

import random
from datetime import timedelta

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.models import AgeBand, Boundary, Population, PopulationPoint
from grids.small_figures import stand_ins
from layers.coverage import actions, columns, demand, everybody, reading, settling
from layers.coverage.demand import Asked, ground
from layers.coverage.models import Settlement
from tests.grids.ground import T0, put, square
from tests.streets.yards import at

pytestmark = pytest.mark.django_db
NAMES = ("county", "street", "community", "left", "left house", "right", "right house", "alone", "other county")


@pytest.fixture
def wide(place):
    """The two yards, a house outside them and another county; nothing is kept from before."""
    place["alone"] = put("building", square(20, 20, 1), place["community"], code="99000100100100101")
    place["other county"] = put("county", square(200, 0, 100), code="990002", name_zh="邻县")
    reading._kept.clear()
    demand._LARGE.clear()
    return place


def strew(place, dice: random.Random) -> None:
    """Figures, places and households at random: of some areas, some bands, some of nobody."""
    bands = list(AgeBand.objects.all())
    for name in NAMES:
        counted = dice.random() < 0.5
        for band in bands if dice.random() < 0.6 else []:
            if dice.random() < 0.5:
                continue
            homes = dice.choice([None, 0, 1, 3, 40]) if counted else None
            residents = dice.choice([0, 1, 2, 4, 5, 30])
            figure = Population(area=place[name].area, age_band=band, residents=residents, source="test", valid_from=T0)
            figure.households, counted = homes, False
            figure.save()
            if dice.random() < 0.3:
                spots = [(residents, homes)] if residents < 2 else [(residents - 1, homes), (1, None)]
                PopulationPoint.objects.bulk_create(
                    PopulationPoint(
                        population=figure, residents=some, households=own,
                        point=Point(*at(dice.choice([2.5, 7.5]), 3 + number), srid=4326),
                    )
                    for number, (some, own) in enumerate(spots)
                )  # fmt: skip


def rows(land) -> list[tuple]:
    """All that a Ground says of each place, in an order that does not matter; NaN as a word."""
    names = [land.group_rows[group] for group in land.group]
    sizes = np.bincount(land.leaf)[land.leaf]
    columns = (land.in_basis, land.points, land.parts, land.bands, land.homes, sizes)
    told = (np.nan_to_num(np.asarray(column, dtype=float), nan=-1).tolist() for column in columns)
    return sorted(zip(names, *told, strict=True), key=str)


def test_it_is_read_where_statements_are_written_down_too(wide):
    """As by a server with DEBUG: its cursors are others."""
    with CaptureQueriesContext(connection):
        assert len(columns.gathered(timezone.now(), list(AgeBand.objects.all())).ids) > 0


def test_columns_say_what_rows_say(wide):
    now = timezone.now()
    dice = random.Random(7)
    for _world in range(8):
        with transaction.atomic():
            strew(wide, dice)
            for basis in ("county", "street", "other county"):
                of = Boundary.objects.select_related("tier").get(pk=wide[basis].pk)
                for readable in ([], ["county", "other county"], ["street"], ["left"], ["community", "other county"]):
                    for exact in (True, False):
                        asked = Asked([wide[name].area_id for name in readable], exact=exact, moment=now)
                        by_row = demand._below(of.area_id, asked)
                        assert rows(ground(of, asked)) == rows(by_row), (basis, readable, exact)
            transaction.set_rollback(True)


def test_a_settlement_forgets_edits_and_no_older_reading_comes_back(wide):
    county = Boundary.objects.select_related("tier").get(pk=wide["county"].pk)
    band = AgeBand.objects.get(code="18-59")
    figure = Population.objects.create(
        area=wide["left house"].area, age_band=band, residents=80, source="test", valid_from=T0
    )

    def people() -> int:
        land = ground(county, Asked([county.area_id], exact=True, moment=timezone.now()))
        return int(np.nansum(land.parts))

    told = []
    for residents in (80, 90, 100):
        Population.objects.filter(pk=figure.pk).update(residents=residents)
        assert actions.settle(now=timezone.now(), actor="test") is not None
        reading.Edit.objects.all().delete()  # as the settlement does of those that other transactions wrote
        told.append(people())
    assert told == [80, 90, 100]


def test_what_was_read_by_another_rule_is_read_anew(wide):
    now = timezone.now()
    made = actions.settle(now=now, actor="test")
    reading.Edit.objects.all().delete()
    assert settling.current(now=now).stale is False
    assert actions.keep_settled(now=now) is False
    Settlement.objects.filter(pk=made.pk).update(rule="of the release before")
    assert settling.current(now=now).stale is True
    assert actions.keep_settled(now=now) is True
    assert settling.current(now=now).stale is False


@pytest.fixture
def shared(wide, settings, tmp_path, monkeypatch):
    settings.GROUND_DIR = str(tmp_path)
    monkeypatch.setattr(reading, "SHARED_FROM", 1)
    return tmp_path


def test_workers_share_one_reading_and_a_damaged_file_is_read_anew(wide, shared, monkeypatch):
    strew(wide, random.Random(3))
    now, bands = timezone.now(), list(AgeBand.objects.order_by("order", "code"))
    first, _key = reading.reading(now, bands)
    [path] = shared.glob("*/*.people")
    assert (path.stat().st_mode & 0o77, path.parent.stat().st_mode & 0o77) == (0, 0), "small figures are in it"
    reading._kept.clear()  # as another worker
    with monkeypatch.context() as patched:
        patched.setattr(reading, "gathered", None)
        again, _key = reading.reading(now, bands)
    for one in everybody.Everybody.__dataclass_fields__:
        assert np.array_equal(getattr(first, one), getattr(again, one)), one
    reading._kept.clear()
    path.write_bytes(path.read_bytes()[:-100])
    assert np.array_equal(reading.reading(now, bands)[0].figures, first.figures)


def test_moments_between_which_nothing_changed_share_one_reading(wide, monkeypatch):
    band = AgeBand.objects.get(code="18-59")
    for since, until, residents in ((T0, T0 + timedelta(days=30), 10), (T0 + timedelta(days=30), None, 20)):
        Population.objects.create(
            area=wide["alone"].area, age_band=band, residents=residents, source="test", valid_from=since,
            valid_until=until,
        )  # fmt: skip
    now, days = timezone.now(), timedelta(days=1)
    settling._then.clear()
    told = [int(settling.then(T0 + step * days, now=now).land.parts.sum()) for step in (3, 40)]
    assert told == [10, 20]
    with monkeypatch.context() as patched:
        patched.setattr(settling, "gather", None)
        told = [int(settling.then(T0 + step * days, now=now).land.parts.sum()) for step in (29, 30, 2, 50)]
    assert told == [10, 20, 10, 20]


def test_after_an_edit_what_did_not_change_is_taken_from_before(wide, monkeypatch):
    now, bands = timezone.now(), list(AgeBand.objects.order_by("order", "code"))
    names = ("left house", "right house", "alone")
    for name, residents in zip(names, (3, 2, 4), strict=True):
        Population.objects.create(
            area=wide[name].area, age_band=bands[0], residents=residents, households=1, source="test", valid_from=T0
        )
    before = columns.gathered(now, bands)
    Population.objects.filter(area=wide["left house"].area).update(residents=40)
    Population.objects.filter(area=wide["alone"].area).update(households=3)
    fresh = columns.gathered(now, bands)
    asked: list[object] = []

    def asked_of(area, *figures, **how):
        asked.append(area)
        return stand_ins(area, *figures, **how)

    monkeypatch.setattr(columns, "stand_ins", asked_of)
    again = columns.gathered(now, bands, before)
    for one in everybody.Everybody.__dataclass_fields__:
        assert np.array_equal(getattr(fresh, one), getattr(again, one)), one
    assert set(asked) == {wide["left house"].area_id, wide["alone"].area_id}, "what changed is replaced anew"
