"""The ground of a prefecture: of its size, sound to the last edge, located alike by both doors, edited as a town is."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import numpy as np
import pytest
import shapely
from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from gis.shared.errors import Conflict, Stale
from grids.actions import draw_area, move_boundary
from grids.ground import ground_at
from grids.models import Appointment, Boundary, Person, Population
from grids.queries import locate
from grids.soundness import ground_rows, look_over

pytestmark = pytest.mark.usefixtures("city")
POINTS = 300


def test_it_has_the_size_of_a_prefecture_and_residents_by_band_on_every_home():
    now = timezone.now()
    ground = Boundary.objects.at(now)
    grids = ground.filter(tier__grid_level__isnull=False).count()
    assert 88_000 < grids < 90_500
    assert ground.of_tier("county").count() == 2
    homes = ground.filter(Q(tier__code="unit") | Q(tier__code="building"))
    parents = ground.of_tier("unit").values("parent_id")
    leaves = homes.exclude(area_id__in=parents)
    counted = Population.objects.at(now).values("area_id").annotate(bands=Count("age_band"))
    assert {row["bands"] for row in counted} == {6}
    assert counted.count() == leaves.count()


def test_one_in_a_hundred_posts_is_vacant():
    now = timezone.now()
    grids = Boundary.objects.at(now).filter(tier__grid_level__isnull=False)
    held = Appointment.objects.at(now).filter(role="chief").values("area_id")
    share = 1 - grids.filter(area_id__in=held).count() / grids.count()
    assert 0.007 < share < 0.013


def test_nothing_is_wrong_with_it():
    found = look_over(timezone.now())
    assert (found.problems, found.allowed) == ([], [])


def test_both_doors_locate_alike_on_edges_corners_and_anywhere():
    now = timezone.now()
    rng = np.random.default_rng(7)
    rows = ground_rows(now)
    chosen = [rows[int(at)].geometry for at in rng.integers(len(rows), size=POINTS)]
    corners = np.array([shapely.get_coordinates(shape)[0] for shape in chosen])
    edges = np.array([shapely.get_coordinates(shape)[:2].mean(axis=0) for shape in chosen])
    west, south, east, north = rows[0].geometry.bounds
    anywhere = np.column_stack([rng.uniform(west, east, POINTS), rng.uniform(south, north, POINTS)])
    xy = np.rint(np.vstack([corners, edges, anywhere]) * 1e8) / 1e8
    ground = ground_at(now)
    found = ground.locate(xy)
    for point, chain in zip(xy, found.chain, strict=True):
        assert ground.chain_ids(chain) == [row.area_id for row in locate(*point, moment=now)]


def chief_of(area):
    """An account that answers for one area."""
    from gis.accounts.models import Account

    account = Account.objects.create_user(f"chief-{uuid4().hex[:8]}")
    person = Person.objects.create(name_zh="某人", account=account)
    Appointment.objects.create(area_id=area, role="chief", person=person, valid_from=timezone.now())
    return account


def free_corner(compound: Boundary) -> shapely.MultiPolygon:
    """A small square in a compound, where no building stands."""
    inside = Boundary.objects.still().filter(parent_id=compound.area_id)
    taken = shapely.union_all([row.shape for row in inside])
    step = 5e-5
    west, south, east, north = compound.shape.bounds
    for x in np.arange(west, east, step):
        for y in np.arange(south, north, step):
            square = shapely.box(x, y, x + step, y + step)
            if compound.shape.contains(square) and not taken.intersects(square):
                return shapely.MultiPolygon([shapely.set_precision(square, 1e-8)])
    raise AssertionError("no free corner")


def compounds() -> list[Boundary]:
    """Compounds from all over the prefecture."""
    found = Boundary.objects.still().of_tier("compound").order_by("code")
    return list(found[:: found.count() // 6])


def test_drawing_and_moving_leave_the_whole_ground_sound():
    for compound in compounds():
        chief = chief_of(compound.area_id)
        shape = free_corner(compound)
        drawn = draw_area(
            area_id=uuid4(), parent_id=compound.area_id, shape=shape, tier="building", code=f"{compound.code}-n",
            name_zh="新楼", name_en="", walled="no", reason="", actor=chief, now=timezone.now(),
        )  # fmt: skip
        smaller = shapely.MultiPolygon([shape.geoms[0].buffer(-1e-5, join_style="mitre")])
        move_boundary(
            area_id=drawn.area_id, shape=smaller, version=drawn.version, reason="", actor=chief, now=timezone.now()
        )
    assert look_over(timezone.now()).problems == []


def test_of_fifty_who_move_the_same_wall_one_wins():
    compound = compounds()[1]
    chief = chief_of(compound.area_id)
    shape = free_corner(compound)
    drawn = draw_area(
        area_id=uuid4(), parent_id=compound.area_id, shape=shape, tier="building", code=f"{compound.code}-r",
        name_zh="争议楼", name_en="", walled="no", reason="", actor=chief, now=timezone.now(),
    )  # fmt: skip

    def move(number: int) -> str:
        smaller = shapely.MultiPolygon([shape.geoms[0].buffer(-1e-7 * (number + 10), join_style="mitre")])
        try:
            move_boundary(
                area_id=drawn.area_id, shape=smaller, version=drawn.version, reason="", actor=chief, now=timezone.now()
            )
        except Stale:
            return "stale"
        except Conflict as conflict:
            return conflict.code
        finally:
            connection.close()
        return "won"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(move, range(50)))
    assert told.count("won") == 1
    assert told.count("stale") == 49
