"""A boundary leaves its table only as an exact copy among the withdrawn ones, and what it leaves behind is judged."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from grids.models import Boundary, BoundaryChange, WithdrawnBoundary, as_recorded, withdraw
from grids.models.withdrawn import COPIED
from tests.grids.ground import T0, put, small_county, square
from tests.grids.test_guard import judge, refused_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]

LATER = T0 + timedelta(days=30)


def correction(kind: str = "correction") -> BoundaryChange:
    """An act recorded a month later, about the beginning."""
    return BoundaryChange.objects.create(kind=kind, actor_name="test", effective_at=T0, recorded_at=LATER)


def again(row: Boundary, change: BoundaryChange, **news: object) -> Boundary:
    """The same row told anew."""
    kept = {field.attname: getattr(row, field.attname) for field in Boundary._meta.concrete_fields}
    told = kept | {"id": None, "version": row.version + 1, "retold_by": change, "corrected_by": change} | news
    del told["id"]
    for name in ("retold_by", "corrected_by"):
        told.pop(f"{name}_id")
    return Boundary.objects.create(**told)


def test_the_withdrawn_table_has_every_column_of_the_boundaries() -> None:
    columns = {field.column for field in WithdrawnBoundary._meta.concrete_fields}
    assert columns == {*COPIED, "withdrawn_by_id"}


def test_a_correction_replaces_a_row_and_keeps_the_earlier_telling() -> None:
    row = small_county()["west"]
    BoundaryChange.objects.update(recorded_at=T0)
    change = correction()
    withdraw([row], change)
    new = again(row, change, name_zh="西大院")
    judge()
    assert Boundary.objects.get(area=row.area) == new
    old = WithdrawnBoundary.objects.get()
    assert (old.pk, old.name_zh, old.withdrawn_by) == (row.pk, "西院", change)
    assert old.shape.equals_exact(row.shape, 0)
    day = timedelta(days=1)
    believed = [as_recorded(row.area_id, moment=T0 + day, recorded=at) for at in (T0 - day, LATER - day, LATER + day)]
    assert [told and told.name_zh for told in believed] == [None, "西院", "西大院"]


def test_a_row_withdrawn_without_another_in_its_place_leaves_its_children_alone() -> None:
    ground = small_county()
    withdraw([ground["community"]], correction())
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) in {"grids_boundary_child_inside", "grids_boundary_inside_parent"}


def test_a_life_has_no_hole() -> None:
    ground = small_county()
    west = ground["west"]
    change = correction()
    withdraw([west], change)
    again(west, change, valid_until=T0 + timedelta(days=1))
    again(west, change, valid_from=T0 + timedelta(days=2), version=3)
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) == "grids_boundary_one_life"


def test_corrected_rows_are_judged_over_their_whole_period() -> None:
    ground = small_county()
    west, east = ground["west"], ground["east"]
    change = correction()
    withdraw([west], change)
    again(west, change, geometry=put("building", square(14, 2, 4), east).geometry)
    with pytest.raises(IntegrityError) as caught:
        judge()
    assert refused_by(caught.value) == "grids_boundary_no_overlap"


def test_nobody_withdraws_without_a_correction_or_forges_what_was_told() -> None:
    west = small_county()["west"]
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        withdraw([west], correction("move"))
    assert refused_by(caught.value) == "grids_boundary_is_kept"
    with pytest.raises(IntegrityError), transaction.atomic():
        Boundary.objects.filter(pk=west.pk)._raw_delete("default")
    forged = {field.attname: getattr(west, field.attname) for field in Boundary._meta.concrete_fields}
    with pytest.raises(IntegrityError), transaction.atomic():
        WithdrawnBoundary.objects.create(**forged | {"name_zh": "假院"}, withdrawn_by=correction())
    change = correction()
    with transaction.atomic():
        copied = transaction.savepoint()
        WithdrawnBoundary.objects.create(**forged, withdrawn_by=change)
        with pytest.raises(IntegrityError):
            judge()  # told and withdrawn at once
        transaction.savepoint_rollback(copied)
    withdraw([west], change)
    again(west, change)
    for statement in ("UPDATE grids_withdrawnboundary SET name_zh = 'x'", "DELETE FROM grids_withdrawnboundary"):
        with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert refused_by(caught.value) == "grids_boundary_is_kept"
