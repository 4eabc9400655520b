"""The database refuses what breaks the ground, whichever door it came through."""

import threading
import uuid
from datetime import timedelta

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from grids.models import Area, Boundary, Tier
from grids.models.area import subtree_ids
from tests.grids.ground import T0, put, small_county, square

pytestmark = pytest.mark.usefixtures("catalogues")


def judge() -> None:
    """Let the deferred guard speak now instead of at the end of the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused_by(error: DatabaseError) -> str:
    """The name of the rule that refused."""
    return error.__cause__.diag.constraint_name  # type: ignore[union-attr]


def close(row: Boundary, moment) -> None:
    Boundary.objects.filter(pk=row.pk).update(valid_until=moment)


@pytest.mark.django_db
def test_a_sound_ground_is_accepted() -> None:
    small_county()
    judge()


@pytest.mark.django_db
@pytest.mark.parametrize("x", [11, 2, 8.5])
def test_siblings_that_overlap_are_refused(x: float) -> None:
    ground = small_county()
    put("compound", square(x, 2, 10), ground["community"])
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) == "grids_boundary_no_overlap"


@pytest.mark.django_db
def test_siblings_that_share_an_edge_are_accepted() -> None:
    ground = small_county()
    put("compound", square(2, 12, 10), ground["community"])
    judge()


@pytest.mark.django_db
def test_siblings_at_different_times_do_not_meet() -> None:
    ground = small_county()
    later = T0 + timedelta(days=10)
    close(ground["west"], later)
    put("compound", square(2, 2, 10), ground["community"], valid_from=later)
    judge()


@pytest.mark.django_db
def test_a_child_outside_its_parent_is_refused() -> None:
    ground = small_county()
    judge()
    put("building", square(11, 4, 2), ground["west"])
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) == "grids_boundary_inside_parent"


@pytest.mark.django_db
def test_a_child_that_outlives_its_parent_is_refused() -> None:
    ground = small_county()
    put("building", square(4, 4, 2), ground["west"])
    judge()
    close(ground["west"], T0 + timedelta(days=1))
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) == "grids_boundary_child_inside"


@pytest.mark.django_db
def test_a_parent_that_shrinks_away_from_its_child_is_refused() -> None:
    ground = small_county()
    put("building", square(9, 9, 2), ground["west"])
    judge()
    now = T0 + timedelta(days=1)
    close(ground["west"], now)
    old = ground["west"]
    put("compound", square(2, 2, 8), ground["community"], area=old.area, code=old.code, version=2, valid_from=now)
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) == "grids_boundary_child_inside"


@pytest.mark.django_db
def test_a_tier_belongs_below_its_parent_and_to_its_area() -> None:
    ground = small_county()
    judge()
    put("street", square(4, 4, 1), ground["west"])
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) == "grids_boundary_tier"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        (shapely.Polygon([(110.03, 35.03), (110.032, 35.032), (110.032, 35.03), (110.03, 35.032)]), "valid_shape"),
        (shapely.Polygon(), "not_empty"),
    ],
)
def test_broken_shapes_are_refused(shape: shapely.Polygon, rule: str) -> None:
    ground = small_county()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        put("compound", shape, ground["community"])
    assert refused_by(caught.value) == f"grids_boundary_{rule}"


@pytest.mark.django_db
def test_an_area_has_one_boundary_at_a_time_and_a_code_means_one_area() -> None:
    ground = small_county()
    west = ground["west"]
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        put("compound", square(2, 20, 5), ground["community"], area=west.area, version=2)
    assert refused_by(caught.value) == "grids_boundary_one_at_a_time"
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        put("compound", square(2, 20, 5), ground["community"], code=west.code)
    assert refused_by(caught.value) == "grids_boundary_code_once"


@pytest.mark.django_db
def test_the_past_is_never_rewritten() -> None:
    west = small_county()["west"]
    moved = GEOSGeometry(memoryview(shapely.to_wkb(shapely.MultiPolygon([square(2, 2, 9)]))), srid=4326)
    for change in ({"geometry": moved}, {"name_zh": "别名"}, {"valid_from": T0 - timedelta(days=1)}):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Boundary.objects.filter(pk=west.pk).update(**change)
        assert refused_by(caught.value) == "grids_boundary_is_kept"
    with pytest.raises(IntegrityError), transaction.atomic():
        Boundary.objects.filter(pk=west.pk)._raw_delete("default")
    close(west, T0 + timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        close(west, T0 + timedelta(days=2))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(8))
def test_two_real_connections_never_both_store_overlapping_siblings(attempt: int) -> None:
    ground = small_county()
    tier = Tier.objects.get(code="compound")
    areas = [Area.objects.create(tier=tier) for _ in range(2)]
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def draw(area: Area, x: float) -> None:
        try:
            with transaction.atomic():
                # each with a name of its own: of two that bring one new name, the second waits for the first to commit
                put("compound", square(x, 20, 10), ground["community"], area=area, name_zh=f"院{x}-{attempt}")
                ready.wait(60)
            outcomes.append("stored")
        except IntegrityError as error:
            outcomes.append(refused_by(error))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=draw, args=(area, 5 + 3 * index)) for index, area in enumerate(areas)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert sorted(outcomes) == ["grids_boundary_no_overlap", "stored"]


@pytest.mark.django_db(transaction=True)
def test_a_child_and_a_shrinking_parent_never_both_succeed() -> None:
    ground = small_county()
    west = ground["west"]
    now = T0 + timedelta(days=1)
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def run(work) -> None:
        try:
            with transaction.atomic():
                work()
                ready.wait(60)
            outcomes.append("stored")
        except (IntegrityError, DatabaseError):
            outcomes.append("refused")
        finally:
            connections["default"].close()

    def shrink() -> None:
        close(west, now)
        put("compound", square(2, 2, 5), ground["community"], area=west.area, code=west.code, version=2, valid_from=now)

    def build() -> None:
        put("building", square(9, 9, 2), west, valid_from=now)

    threads = [threading.Thread(target=run, args=(work,)) for work in (shrink, build)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert sorted(outcomes) == ["refused", "stored"]


@pytest.mark.django_db
def test_questions_about_a_moment_compare_columns_and_use_the_index() -> None:
    ground = small_county()
    judge()
    plan = Boundary.objects.at(T0).containing(110.005, 35.005).explain()
    assert "tstzrange" not in plan
    assert {row.code for row in Boundary.objects.inside(ground["community"].area, T0)} == {
        ground[name].code for name in ("community", "west", "east")
    }


@pytest.mark.django_db
def test_whole_places_and_counties_hold_what_is_found_by_climbing_down(catalogues) -> None:
    """They are told without looking each area up; one county is not the place where there are two."""
    def by_climbing(*roots) -> set[object]:
        ids = [row.area_id for row in roots]
        return set(Boundary.objects.at(T0).filter(area_id__in=subtree_ids(ids, T0)).values_list("pk", flat=True))

    county = small_county()
    for neighbours in (False, True):
        if neighbours:
            put("county", square(200, 0, 100), code="880001", name_zh="邻县")
        rows = list(Boundary.objects.at(T0))
        tops = [row for row in rows if row.parent_id is None]
        for roots in ([row] for row in rows):
            told = set(Boundary.objects.inside(roots[0].area_id, T0).values_list("pk", flat=True))
            assert told == by_climbing(*roots) != set(), roots
        for roots in (tops, [*tops, county["west"]], [county["west"], county["east"]]):
            told = set(Boundary.objects.below([row.area_id for row in roots], T0).values_list("pk", flat=True))
            assert told == by_climbing(*roots)
        assert not Boundary.objects.inside(uuid.uuid4(), T0).exists()
