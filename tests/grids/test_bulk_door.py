"""Many areas at once: all or nothing, noded, and named when they are wrong."""

import contextlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import shapely
from django.db import connection, transaction

from gis.shared.errors import Invalid
from grids.imports import check_areas, store_areas
from grids.models import Area, Boundary, BoundaryChange
from grids.records import AreaRecord
from tests.grids.test_topology import rectangle

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


def tree(turn: float = 0.3) -> list[AreaRecord]:
    """A county, street, community, compound and two buildings along its slanted wall, children first."""
    county, street, community, compound = uuid4(), uuid4(), uuid4(), uuid4()
    ground = rectangle(0, 0, 400, 400, turn)
    return [
        AreaRecord(uuid4(), "building", compound, "99-1", "1号楼", rectangle(100, 120, 40, 12, turn)),
        AreaRecord(uuid4(), "building", compound, "99-2", "2号楼", rectangle(140, 123, 40, 12, turn)),
        AreaRecord(compound, "compound", community, "99", "甲小区", rectangle(100, 100, 200, 200, turn), "Jia", "yes"),
        AreaRecord(county, "county", None, "140000", "某县", ground),
        AreaRecord(street, "street", county, "140000001", "某街道", ground),
        AreaRecord(community, "community", street, "140000001001", "某社区", ground),
    ]


def test_a_tree_is_stored_as_one_change_noded_and_guarded() -> None:
    rows = tree()
    change = store_areas(rows, reason="first survey", now=NOW, actor="test")
    stored = {boundary.area_id: boundary for boundary in Boundary.objects.at(NOW)}
    assert len(stored) == 6
    assert {boundary.opened_by_id for boundary in stored.values()} == {change.pk}
    one, two, compound = (stored[rows[at].id] for at in range(3))
    assert one.shape.intersection(two.shape).length > 0
    assert shapely.get_num_coordinates(one.shape) > 5
    assert compound.shape.covers(one.shape)
    assert compound.county_id == rows[3].id
    assert stored[rows[3].id].county_id == rows[3].id


def test_areas_added_later_give_their_nodes_to_what_stands_there() -> None:
    rows = tree()
    store_areas(rows, reason="first survey", now=NOW)
    compound = rows[2]
    new = AreaRecord(uuid4(), "building", compound.id, "99-3", "3号楼", rectangle(100, 220, 40, 12, 0.3))
    store_areas([new], reason="second survey", now=LATER)
    current = Boundary.objects.still().get(area=compound.id)
    assert current.version == 2
    assert shapely.get_num_coordinates(current.shape) == 9  # two corners of each building on its wall
    assert Boundary.objects.at(NOW).get(area=compound.id).version == 1


def test_wrong_shapes_are_named_with_their_place_and_nothing_is_stored() -> None:
    rows = tree()
    rows.append(AreaRecord(uuid4(), "building", rows[2].id, "99-4", "4号楼", rectangle(120, 125, 40, 12, 0.3)))
    rows.append(AreaRecord(uuid4(), "building", rows[2].id, "99-5", "5号楼", rectangle(290, 150, 40, 12, 0.3)))
    codes = sorted(finding.code for finding in check_areas(rows))
    assert codes == ["escape", "overlap", "overlap"]
    with pytest.raises(Invalid) as refused:
        store_areas(rows, reason="too much", now=NOW)
    assert sorted(place["code"] for place in refused.value.places) == codes
    assert all(place["geometry"] for place in refused.value.places)
    assert not Area.objects.exists()
    assert not BoundaryChange.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tier": "palace"}, "tier"),
        ({"code": "99-2"}, "code"),
        ({"name_zh": " "}, "name_zh"),
        ({"name_zh": "长" * 4000}, "name_zh"),
        ({"parent": uuid4()}, "parent"),
        ({"walled": "perhaps"}, "walled"),
    ],
)
def test_wrong_columns_are_named_by_row(change: dict, field: str) -> None:
    rows = tree()
    first = {name: getattr(rows[0], name) for name in rows[0].__slots__} | change
    rows = [*rows[1:], AreaRecord(**first)]
    with pytest.raises(Invalid) as refused:
        store_areas(rows, reason="", now=NOW)
    assert [told.split(": ")[1] for told in refused.value.extra["rows"]] == [field]
    assert refused.value.extra["rows"][0].startswith("6 (")


def test_the_guard_plans_for_the_rows_and_not_for_the_empty_table_before_them() -> None:
    """A rolled-back import leaves statistics of an empty table, with which the guard took minutes for a town."""
    county, street, community, compound = uuid4(), uuid4(), uuid4(), uuid4()
    ground = rectangle(0, 0, 900, 900)
    rows = [
        AreaRecord(county, "county", None, "140000", "某县", ground),
        AreaRecord(street, "street", county, "140000001", "某街道", ground),
        AreaRecord(community, "community", street, "140000001001", "某社区", ground),
        AreaRecord(compound, "compound", community, "99", "甲小区", ground),
    ]
    rows += [
        AreaRecord(uuid4(), "building", compound, f"99-{i}-{j}", "楼", rectangle(10 + 50 * i, 10 + 50 * j, 30, 12))
        for i in range(17)
        for j in range(17)
    ]
    with contextlib.suppress(Aborted), transaction.atomic():
        store_areas(rows, reason="interrupted", now=NOW)
        raise Aborted
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE grids_boundary")
        store_areas(rows, reason="again", now=NOW)
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'grids_boundary'")
        assert cursor.fetchone()[0] >= len(rows)


class Aborted(Exception):
    """An import that ends before its time."""
