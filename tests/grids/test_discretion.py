"""Nothing that a planner is told depends on how small a small figure is; who has a duty reads the truth."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.discretion import counted
from grids.models import AgeBand, Population, Role
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
