"""The leaf areas of a county are read once for all circles, and anew when something is written or comes into force."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from grids.models import AgeBand, Boundary, Population
from layers.coverage import demand
from layers.coverage.demand import Asked, ground
from tests.grids.ground import T0

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(peopled):
    county = peopled["county"]

    def ask(moment):
        basis = Boundary.objects.at(moment).select_related("tier").get(area=county.area)
        return ground(basis, Asked([county.area_id], exact=True, moment=moment))

    demand._LARGE.clear()
    return ask


def people(land) -> int:
    return int(np.nansum(land.parts[land.in_basis]))


def test_a_county_is_read_once_until_residents_are_written(asked, peopled, monkeypatch):
    now = timezone.now()
    assert people(asked(now)) == 160
    with monkeypatch.context() as patched:
        patched.setattr(demand, "_below", None)
        assert people(asked(now + timedelta(minutes=5))) == 160
    Population.objects.filter(area=peopled["left house"].area, residents=80).update(residents=90)
    assert people(asked(now + timedelta(minutes=6))) == 170


def test_what_comes_into_force_counts_from_then_on_and_a_past_moment_is_read_for_itself(asked, peopled, monkeypatch):
    now = timezone.now()
    soon = now + timedelta(hours=1)
    band = AgeBand.objects.order_by("order").first()
    Population.objects.create(
        area=peopled["left house"].area, age_band=band, residents=7, source="test", valid_from=soon
    )
    told = [people(asked(now + timedelta(minutes=minutes))) for minutes in (0, 59, 60, 90, 30)]
    assert told == [160, 160, 167, 167, 160]
    with monkeypatch.context() as patched:
        patched.setattr(demand, "_below", None)
        assert [people(asked(now + timedelta(minutes=minutes))) for minutes in (1, 61, 59, 600)] == [160, 167, 160, 167]
    assert people(asked(T0 + timedelta(days=2))) == 160
