"""Nothing that a planner is told depends on how small a small figure is; who has a duty reads the truth."""

import uuid

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.discretion import counted, households_told, stand_ins
from grids.models import AgeBand, Population, PopulationPoint, Role
from layers.atlas.figures import area_card
from tests.grids.ground import T0, small_county
from tests.grids.offices import hold

SMALL = st.lists(st.integers(1, 4), min_size=3, max_size=3)


@pytest.fixture
def ground(catalogues):
    return small_county()


def people(ground, figures):
    """Figures of the two compounds: the youngest and the oldest of the west, then of the east."""
    bands = sorted((band for band in AgeBand.objects.all() if band.known), key=lambda band: band.age_from)
    young, old = bands[0], bands[-1]
    rows = []
    for (name, band), count in zip([(n, b) for n in ("west", "east") for b in (young, old)], figures, strict=False):
        rows.append(Population(area=ground[name].area, age_band=band, residents=count, source="t", valid_from=T0))
    Population.objects.bulk_create(rows)


def answers(ground, asker, now):
    """Everything that is said of residents, of each area."""
    return {name: area_card(row.area_id, asker=asker, moment=now, now=now)["figure"] for name, row in ground.items()}


def test_a_planner_cannot_reckon_a_small_figure_from_the_area_above(ground):
    planner, worker = (hold(role, role, ground["county"]) for role in (Role.PLANNER, Role.WORKER))
    now = timezone.now()

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(big=st.integers(5, 400), small=SMALL, other=SMALL)
    def stays_hidden(big, small, other):
        told, true = [], []
        for three in (small, other):
            with transaction.atomic():
                people(ground, [big, three[0], three[1], three[2]])
                told.append(answers(ground, planner, now))
                true.append(answers(ground, worker, now))
                transaction.set_rollback(True)
        assert told[0] == told[1], "another small figure, and nothing that is told changes"
        assert true[0]["county"]["title"] == f"居民 {big + sum(small):,} 人", "who has a duty reads the truth"

    stays_hidden()


def test_large_figures_are_told_as_they_are(ground):
    people(ground, [120, 30, 5, 0])
    rows = Population.objects.below(ground["county"].area, T0)
    assert counted(rows, exact=False) == counted(rows, exact=True)
    assert counted(rows, exact=True).total == 155
    assert counted(rows, exact=True).old == 30


def test_what_nobody_counted_is_unknown_to_both(ground):
    rows = Population.objects.below(ground["county"].area, T0)
    assert counted(rows, exact=False) is None
    assert counted(rows, exact=True) is None


def test_small_figures_stand_for_two_or_three_and_are_said_to(ground):
    people(ground, [100, 1, 4, 0])
    rows = Population.objects.below(ground["county"].area, T0)
    found = counted(rows, exact=False)
    assert found.about
    assert found.old in (2, 3)
    assert found.young in (101, 102)


def test_sums_of_many_small_figures_stay_near_the_truth():
    """Told as in houses, a village of cottages had half as many residents again."""
    rng = np.random.default_rng(8)
    shares = np.array([0.40, 0.55, 0, 0.05])  # the old, the others, nobody of unknown age, the young
    for people, off in ((2.0, 0.16), (2.6, 0.12), (3.2, 0.12), (24.0, 0.02), (60.0, 0.02)):
        figures = rng.poisson(people * shares, (1_500, 4))
        told = sum(sum(stand_ins(uuid.UUID(bytes=rng.bytes(16)), row)) for row in figures.tolist())
        assert abs(told / figures.sum() - 1) < off, (people, told, figures.sum())


def test_a_number_of_households_never_says_how_large_a_small_figure_is():
    """Everybody lives in one household, so nine households beside five grown-ups would tell of four old people."""
    area = uuid.UUID(int=7)

    @settings(max_examples=30)
    @given(st.integers(0, 60), st.tuples(*[st.integers(0, 40)] * 4), st.tuples(*[st.integers(1, 4)] * 5))
    def looks_alike(homes, figures, others):
        another = [other if 0 < count < 5 else count for count, other in zip(figures, others, strict=False)]
        same = others[4] if 0 < homes < 5 else homes
        told = households_told(area, homes, figures)
        assert told == households_told(area, same, another)
        shown = sum(count for count in figures if count >= 5)
        if any(0 < count < 5 for count in figures):
            assert told <= max(shown, 4)
        elif not 0 < homes < 5:
            assert told == homes

    looks_alike()


@pytest.mark.parametrize(
    ("figures", "homes"),
    [((80, 0), 3), ((80, 2), 60), ((80, 2), 81), ((1, 3), 6), ((0, 0), 7), ((9, 0), 12), ((80, 2), None), ((1, 1), 0)],
)
def test_the_database_replaces_households_as_this_process_does(ground, figures, homes):
    people(ground, figures)
    Population.objects.filter(age_band__age_until__isnull=True).update(households=homes)
    area = ground["west"].area
    rows = Population.objects.below(area, T0)
    young, old = figures
    told = None if homes is None else households_told(area.pk, homes, (old, 0, 0, young))
    assert counted(rows, exact=False).households == told
    assert counted(rows, exact=True).households == homes


def test_the_card_says_households_and_where_nobody_counted_them(ground):
    worker, now = hold("w", Role.WORKER, ground["county"]), timezone.now()
    people(ground, [120, 30, 25, 10])
    assert "户数不清楚" in answers(ground, worker, now)["county"]["detail"]
    Population.objects.filter(area=ground["west"].area, age_band__age_until__isnull=True).update(households=61)
    assert "61 户（另有 1 个有居民的网格未统计户数）" in answers(ground, worker, now)["county"]["detail"]
    assert "61 户；" in answers(ground, worker, now)["west"]["detail"] + "；"
    Population.objects.filter(area=ground["east"].area, age_band__age_until__isnull=True).update(households=0)
    assert "；61 户" in answers(ground, worker, now)["county"]["detail"]
    assert "未统计户数" not in answers(ground, worker, now)["county"]["detail"]


def test_grids_without_households_are_told_alike_wherever_households_stand_and_each_once(ground):
    """Those counted by area stood beside those counted by place: the first were forgotten, the second told by place."""
    planner, worker = (hold(role, role, ground["county"]) for role in (Role.PLANNER, Role.WORKER))
    now, inside = timezone.now(), ground["east"].geometry.point_on_surface
    people(ground, [120, 30, 250, 0])
    east = Population.objects.get(area=ground["east"].area, residents=250)
    Population.objects.filter(pk=east.pk).update(households=40)
    PopulationPoint.objects.bulk_create(
        PopulationPoint(
            population=east, point=Point(inside.x + n / 1e5, inside.y, srid=4326), residents=count, households=homes
        )
        for n, (count, homes) in enumerate([(100, 40), (90, None), (60, None), (0, None)])
    )
    for asker in (planner, worker):
        assert "40 户（另有 2 个有居民的网格未统计户数）" in answers(ground, asker, now)["county"]["detail"]
    Population.objects.filter(area=ground["west"].area, residents=120).update(households=61)
    for asker in (planner, worker):
        assert "101 户（另有 1 个有居民的网格未统计户数）" in answers(ground, asker, now)["county"]["detail"]
