"""The database door of locating: as of a moment, by the same rule as the batch."""

from datetime import timedelta

import numpy as np
import pytest

from gis.shared.errors import Invalid
from grids.ground import ground_at
from grids.models import Boundary, BoundaryChange
from grids.queries import locate, locate_all
from tests.grids.ground import SOUTH, T0, WEST, put, small_county, square

pytestmark = pytest.mark.django_db
LATER = T0 + timedelta(days=1)


def names(x: float, y: float, moment=LATER) -> list[str]:
    return [row.name_zh for row in locate(WEST + x / 1000, SOUTH + y / 1000, moment=moment)]


def test_the_chain_runs_from_the_county_to_the_deepest(catalogues) -> None:
    small_county()
    assert names(5, 5) == ["试县", "试街道", "试社区", "西院"]
    assert names(13, 5) == ["试县", "试街道", "试社区"], "the road between two compounds"
    assert names(90, 90) == ["试县"]
    assert names(101, 5) == []
    assert names(5, 5, moment=T0 - timedelta(seconds=1)) == [], "before anything was drawn"


def test_the_edge_belongs_to_the_lower_code_and_batch_agrees(catalogues) -> None:
    county = small_county()
    put("compound", square(24, 2, 10), county["community"], code="990001001001000", name_zh="零院")
    assert names(24, 5)[-1] == "零院"
    steps = np.array([[x, y] for x in (2, 12, 14, 24, 34, 40, 50, 100) for y in (0, 2, 7, 12, 50)])
    xy = np.rint((np.array([WEST, SOUTH]) + steps / 1000) * 1e8) / 1e8
    ground = ground_at(LATER)
    found = ground.locate(xy)
    for (lon, lat), chain in zip(xy.tolist(), found.chain.tolist(), strict=True):
        assert [row.area_id for row in locate(lon, lat, moment=LATER)] == ground.chain_ids(chain)
    together = [[row.area_id for row in chain] for chain in locate_all(xy, moment=LATER)]
    assert together == [ground.chain_ids(chain) for chain in found.chain.tolist()]
    assert locate_all(np.empty((0, 2)), moment=LATER) == []


def test_a_moved_boundary_answers_as_it_was(catalogues) -> None:
    county = small_county()
    moved = LATER + timedelta(hours=1)
    west = county["west"]
    assert names(11, 5)[-1] == "西院"
    change = BoundaryChange.objects.create(kind="move", actor_name="test", effective_at=moved)
    type(west).objects.filter(pk=west.pk).update(valid_until=moved, closed_by=change)
    put(
        "compound",
        square(2, 2, 5),
        county["community"],
        area=west.area,
        code=west.code,
        name_zh="西院",
        valid_from=moved,
        version=2,
    )
    assert names(11, 5)[-1] == "西院"
    assert names(11, 5, moment=moved)[-1] == "试社区"
    assert names(6, 5, moment=moved)[-1] == "西院"


def test_only_the_upper_tiers_when_asked(catalogues) -> None:
    small_county()
    ground = ground_at(LATER, deepest_rank=2)
    chain = ground.locate(np.array([[WEST + 0.005, SOUTH + 0.005]])).chain
    tiers = Boundary.objects.filter(area__in=ground.chain_ids(chain[0])).values_list("tier__code", flat=True)
    assert sorted(tiers) == ["county", "street"]


def test_prepared_shapes_are_read_once(catalogues, django_assert_num_queries) -> None:
    small_county()
    names(5, 5)
    with django_assert_num_queries(1):
        names(5, 6)


@pytest.mark.parametrize(("lon", "lat"), [(float("nan"), 35), (35, 110), (float("inf"), 0)])
def test_no_position_is_refused(catalogues, lon: float, lat: float) -> None:
    with pytest.raises(Invalid):
        locate(lon, lat, moment=LATER)
