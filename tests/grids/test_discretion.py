"""Nothing that a planner is told depends on how small a small figure is; who has a duty reads the truth."""

import uuid

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.shared.counts import LEAST
from grids.discretion import PARTS, counted, part_of
from grids.models import AgeBand, Population, PopulationPoint, Role
from grids.small_figures import SHARES, households_told, stand_ins
from layers.atlas.figures import area_card
from tests.grids.ground import T0, put, small_county, square
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


def test_small_figures_are_replaced_by_what_stands_beside_them_and_are_said_to(ground):
    people(ground, [100, 1, 4, 0])
    rows = Population.objects.below(ground["county"].area, T0)
    found = counted(rows, exact=False)
    assert found.about
    assert found.old == 3, "beside a hundred others a few are more than in a cottage"
    assert found.young in (101, 102)


def test_sums_of_many_small_figures_stay_near_the_truth():
    """Told like flats, a village of cottages had half as many residents again; like cottages, flats a tenth less."""
    rng = np.random.default_rng(8)
    # the old, the others, nobody of unknown age, the young
    village, town = [0.40, 0.55, 0, 0.05], [0.22, 0.71, 0, 0.07]
    sizes = np.exp(rng.uniform(np.log(3), np.log(40), 1_500))  # stairwells of a few flats that are lived in, and towers
    for stairwell, people, shares, off in (
        (False, 2.0, village, 0.06), (False, 2.4, village, 0.09), (False, 24.0, town, 0.02), (False, 60.0, town, 0.02),
        (True, sizes, town, 0.04), (True, 6.0, village, 0.07), (True, 24.0, town, 0.02),
    ):  # fmt: skip
        figures = rng.poisson(np.outer(np.broadcast_to(people, 1_500), shares))
        areas = [uuid.UUID(bytes=rng.bytes(16)) for _row in figures]
        told = sum(
            sum(stand_ins(area, row, stairwell=stairwell)) for area, row in zip(areas, figures.tolist(), strict=True)
        )
        assert abs(told / figures.sum() - 1) < off, (stairwell, people, told, figures.sum())


def test_what_stands_for_a_small_figure_is_small_and_on_average_what_is_said():
    rng = np.random.default_rng(5)
    areas = [uuid.UUID(bytes=rng.bytes(16)) for _ in range(2_000)]
    kinds = [(7, True), (8, False), (12, True), (39, False), (40, True), (0, True), (0, False)]
    for kind, (shown, stairwell) in enumerate(kinds):
        row = (2, shown or 3, 1, 4)
        told = np.array([stand_ins(area, row, stairwell=stairwell) for area in areas])
        for at, (part, share) in enumerate(SHARES.items()):
            if 0 < row[at] < LEAST:
                assert set(told[:, at].tolist()) <= {1, 2, 3, 4}
                assert abs(told[:, at].mean() - share[kind] / 256) < 0.05, (shown, part)
            else:
                assert set(told[:, at].tolist()) == {row[at]}


def test_a_number_of_households_never_says_how_large_a_small_figure_is():
    """Everybody lives in one household, so nine households beside five grown-ups would tell of four old people."""
    area = uuid.UUID(int=7)

    @settings(max_examples=30)
    @given(st.integers(0, 60), st.tuples(*[st.integers(0, 40)] * 4), st.tuples(*[st.integers(1, 4)] * 5), st.booleans())
    def looks_alike(homes, figures, others, stairwell):
        another = [other if 0 < count < 5 else count for count, other in zip(figures, others, strict=False)]
        same = others[4] if 0 < homes < 5 else homes
        told = households_told(area, homes, figures, stairwell=stairwell)
        assert told == households_told(area, same, another, stairwell=stairwell)
        assert stand_ins(area, figures, stairwell=stairwell) == stand_ins(area, another, stairwell=stairwell)
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
    told = None if homes is None else households_told(area.pk, homes, (old, 0, 0, young), stairwell=False)
    assert counted(rows, exact=False).households == told
    assert counted(rows, exact=True).households == homes


@pytest.mark.parametrize("tier", ["building", "unit"])
@pytest.mark.parametrize("spotted", [False, True])
def test_the_database_replaces_small_figures_as_this_process_does(ground, tier, spotted):
    """In houses and stairwells, counted by area or place by place, beside none and beside many."""
    rng = np.random.default_rng(4)
    bands = {part: next(band for band in AgeBand.objects.all() if part_of(band) == part) for part in PARTS}
    sizes = [(2, 3, 0, 1), (0, 1, 0, 0), (0, 0, 4, 0), (3, 6, 0, 1), (4, 9, 1, 2), (1, 14, 0, 3), (4, 30, 2, 4)]
    told, homes = np.zeros(4, dtype=int), 0
    for number, figures in enumerate([*sizes, (3, 80, 1, 4), (2, 0, 0, 0), (0, 7, 0, 0)]):
        shape = square(15 + number * 0.8, 3, 0.4)
        code = f"9900010010010020{number}"
        area = put(tier, shape, ground["east"], code=code, name_zh=f"{number} 号").area
        spot, households = (shape.centroid.x, shape.centroid.y), int(rng.integers(1, 9))
        made = [
            Population.objects.create(
                area=area, age_band=bands[part], residents=count, source="t", valid_from=T0,
                households=None if at else households,
            )
            for at, (part, count) in enumerate(zip(PARTS, figures, strict=True))
        ]  # fmt: skip
        if spotted:
            PopulationPoint.objects.bulk_create(
                PopulationPoint(population=row, point=Point(*spot, srid=4326), residents=row.residents,
                                households=row.households)
                for row in made
            )  # fmt: skip
        how = {"spot": spot if spotted else None, "stairwell": tier == "unit"}
        told += stand_ins(area.pk, figures, **how)
        homes += households_told(area.pk, households, figures, **how)
    found = counted(Population.objects.below(ground["county"].area, T0), exact=False)
    assert [found.old, found.others, found.ageless, found.young] == told.tolist()
    assert found.households == homes


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
