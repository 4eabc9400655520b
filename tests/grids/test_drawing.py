"""Drawing, moving, renaming and retiring one area: what is stored, refused, and left of the past."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
import shapely

from gis.accounts.models import Account
from gis.audit.models import Entry
from gis.shared.errors import Conflict, Invalid, Refused, SignInNeeded, Stale
from grids.actions import draw_area, move_boundary, rename
from grids.imports import store_areas
from grids.models import AgeBand, Appointment, Area, Boundary, BoundaryChange, Person, Population
from grids.retiring import retire
from tests.grids.test_bulk_door import tree
from tests.grids.test_topology import rectangle

BEFORE = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
NOW = BEFORE + timedelta(hours=8)
TURN = 0.3

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


def appoint(area: object, role: str = "chief", name: str = "王某") -> Account:
    """A new account whose person holds a role on an area from long ago."""
    account = Account.objects.create_user(f"{role}-{uuid4().hex[:6]}", display_name=name)
    person = Person.objects.create(name_zh=name, account=account)
    Appointment.objects.create(area_id=area, role=role, person=person, valid_from=BEFORE - timedelta(days=30))
    return account


@pytest.fixture
def ground() -> SimpleNamespace:
    """A small county and the chief of its one compound; two buildings lie along its slanted wall."""
    rows = tree(TURN)
    store_areas(rows, reason="survey", now=BEFORE)
    one, two, compound, county, street, community = (row.id for row in rows)
    return SimpleNamespace(
        one=one, two=two, compound=compound, county=county, street=street, community=community, chief=appoint(compound)
    )


def draw(ground: SimpleNamespace, shape: shapely.MultiPolygon, **changes: object) -> Boundary:
    """The chief draws a building in the compound."""
    wanted = {
        "area_id": uuid4(), "parent_id": ground.compound, "code": f"99-{uuid4().hex[:6]}", "name_zh": "3号楼",
        "shape": shape, "actor": ground.chief, "now": NOW,
    }  # fmt: skip
    return draw_area(**(wanted | changes))


def current(area: object) -> Boundary:
    """The version in force."""
    return Boundary.objects.still().get(area=area)


def test_a_building_is_drawn_with_its_nodes_in_the_wall_as_one_logged_change(ground: SimpleNamespace) -> None:
    drawn = draw(ground, rectangle(100.2, 200, 40, 12, TURN), reason="forgotten in the survey")
    assert drawn.tier.code == "building"
    assert drawn.county_id == ground.county
    wall = current(ground.compound)
    assert wall.version == 2
    assert wall.opened_by == drawn.opened_by
    assert wall.shape.covers(drawn.shape)
    assert wall.shape.boundary.intersection(drawn.shape.boundary).length > 0  # pulled to the wall
    assert drawn.opened_by.kind == "draw"
    assert drawn.opened_by.reason == "forgotten in the survey"
    assert drawn.opened_by.account == ground.chief
    entry = Entry.objects.get(verb="area.draw")
    assert entry.subject == str(drawn.area_id)
    old = Boundary.objects.at(NOW - timedelta(seconds=1)).get(area=ground.compound)
    assert old.version == 1
    assert not Boundary.objects.at(NOW - timedelta(seconds=1)).filter(area=drawn.area_id).exists()


def test_overlap_and_escape_are_refused_with_places_and_nothing_is_stored(ground: SimpleNamespace) -> None:
    with pytest.raises(Invalid) as refused:
        draw(ground, rectangle(80, 125, 60, 30, TURN))
    assert [told["code"] for told in refused.value.extra["problems"]] == ["escape", "overlap"]
    assert all(place["geometry"]["type"] == "MultiPolygon" for place in refused.value.places)
    assert BoundaryChange.objects.count() == 1
    assert current(ground.compound).version == 1


def test_another_shape_under_the_same_id_is_never_taken_for_stored(ground: SimpleNamespace) -> None:
    again = {"area_id": uuid4(), "code": "99-77", "name_zh": "3号楼"}
    drawn = draw(ground, rectangle(100.2, 200, 40, 12, TURN), **again)
    assert draw(ground, rectangle(100.2, 200, 40, 12, TURN), **again).pk == drawn.pk  # snapped to the wall as then
    for other in (rectangle(100.2, 200, 40, 15, TURN), rectangle(300, 300, 40, 12, TURN)):
        with pytest.raises(Conflict) as caught:
            draw(ground, other, **again)
        assert caught.value.kind == "id-taken"
    assert Boundary.objects.filter(area=again["area_id"]).count() == 1


def test_the_same_area_sent_twice_is_stored_once(ground: SimpleNamespace) -> None:
    wanted = {"area_id": uuid4(), "code": "99-7", "shape": rectangle(200, 200, 30, 12, TURN)}
    first, second = draw(ground, **wanted), draw(ground, **wanted)
    assert first.pk == second.pk
    with pytest.raises(Conflict):
        draw(ground, **wanted | {"name_zh": "别的楼"})
    assert BoundaryChange.objects.filter(kind="draw").count() == 1


def test_a_move_keeps_the_former_shape_for_its_time(ground: SimpleNamespace) -> None:
    area = draw(ground, rectangle(200, 200, 30, 12, TURN)).area_id
    later = NOW + timedelta(minutes=1)
    moved = move_boundary(
        area_id=area, shape=rectangle(200, 200, 35, 12, TURN), version=1, actor=ground.chief, now=later
    )
    assert moved.version == 2
    again = move_boundary(
        area_id=area, shape=rectangle(200, 200, 33, 12, TURN), version=2, actor=ground.chief, now=later
    )
    assert again.version == 3
    assert again.valid_from > moved.valid_from  # the same instant: later by a tick
    was = Boundary.objects.at(NOW + timedelta(seconds=30)).get(area=area)
    assert was.version == 1
    assert was.shape.equals_exact(rectangle(200, 200, 30, 12, TURN), 0)


def test_a_move_that_changes_nothing_makes_no_version(ground: SimpleNamespace) -> None:
    shape = current(ground.one).shape
    same = move_boundary(area_id=ground.one, shape=shape, version=1, actor=ground.chief, now=NOW)
    assert same.version == 1


def test_a_stale_move_gets_the_other_shape(ground: SimpleNamespace) -> None:
    area = draw(ground, rectangle(200, 200, 30, 12, TURN)).area_id
    wide = rectangle(200, 200, 35, 12, TURN)
    move_boundary(area_id=area, shape=wide, version=1, actor=ground.chief, now=NOW + timedelta(minutes=1))
    with pytest.raises(Stale) as stale:
        move_boundary(
            area_id=area,
            shape=rectangle(200, 200, 20, 12, TURN),
            version=1,
            actor=ground.chief,
            now=NOW + timedelta(minutes=2),
        )
    assert shapely.from_geojson(str(stale.value.extra["geometry"]).replace("'", '"')).equals_exact(wide, 0)
    assert stale.value.extra["changed_by"] == "王某"


def test_nodes_of_a_neighbour_make_no_edit_stale(ground: SimpleNamespace) -> None:
    made_from = current(ground.one)
    draw(ground, rectangle(110, 132, 10, 10, TURN))  # stands on the long side of building 1
    assert current(ground.one).version == 2
    higher = rectangle(100, 119, 40, 13, TURN)
    moved = move_boundary(area_id=ground.one, shape=higher, version=made_from.version, actor=ground.chief, now=NOW)
    assert moved.version == 3
    assert moved.valid_from > NOW


def test_a_move_that_leaves_a_child_outside_is_refused(ground: SimpleNamespace) -> None:
    upper = appoint(ground.community)
    with pytest.raises(Invalid) as refused:
        move_boundary(
            area_id=ground.compound, shape=rectangle(110, 100, 190, 200, TURN), version=1, actor=upper, now=NOW
        )
    assert {told["code"] for told in refused.value.extra["problems"]} == {"child_outside"}
    assert refused.value.extra["problems"][0]["other"] == str(ground.one)


def test_who_may_draw_what(ground: SimpleNamespace) -> None:
    shape = rectangle(200, 200, 30, 12, TURN)
    with pytest.raises(SignInNeeded):
        draw(ground, shape, actor=None)
    with pytest.raises(Refused):
        draw(ground, shape, actor=appoint(ground.compound, role="worker"))
    with pytest.raises(Refused):
        draw(ground, shape, actor=appoint(ground.one))
    with pytest.raises(Refused) as border:
        move_boundary(
            area_id=ground.compound, shape=current(ground.compound).shape, version=1, actor=ground.chief, now=NOW
        )
    assert border.value.kind == "outer-border"
    draw(ground, shape, actor=appoint(ground.street))


def test_words_are_checked_and_html_is_text(ground: SimpleNamespace) -> None:
    shape = rectangle(200, 200, 30, 12, TURN)
    for wrong, field in (
        ({"name_zh": "楼" * 4000}, "name_zh"),
        ({"name_zh": "  "}, "name_zh"),
        ({"name_zh": "3\n号楼"}, "name_zh"),
        ({"code": "99-1"}, "code"),
        ({"code": "../etc"}, "code"),
        ({"walled": "maybe"}, "walled"),
    ):
        with pytest.raises(Invalid) as refused:
            draw(ground, shape, **wrong)
        assert set(refused.value.fields) == {field}
    drawn = draw(ground, shape, name_zh="<script>alert(1)</script> 3号楼 ")
    assert drawn.name_zh == "<script>alert(1)</script> 3号楼"


def test_renaming_keeps_shape_and_past_name(ground: SimpleNamespace) -> None:
    renamed = rename(area_id=ground.one, name_zh="甲一号楼", name_en="A1", version=1, actor=ground.chief, now=NOW)
    assert renamed.shape.equals_exact(Boundary.objects.at(BEFORE).get(area=ground.one).shape, 0)
    assert Boundary.objects.at(BEFORE).get(area=ground.one).name_zh == "1号楼"
    with pytest.raises(Stale):
        rename(area_id=ground.one, name_zh="乙", name_en="", version=1, actor=ground.chief, now=NOW)


def test_retiring_says_what_hangs_on_an_area_and_ends_an_empty_one(ground: SimpleNamespace) -> None:
    upper = appoint(ground.community)
    ask = {"reason": "", "now": NOW, "version": 1}
    with pytest.raises(Conflict) as refused:
        retire(area_id=ground.compound, agreed={"appointments": 1}, actor=upper, **ask)
    told = {found["kind"]: found for found in refused.value.extra["dependants"]}
    assert refused.value.kind == "not-empty"
    assert {kind: (found["count"], found["fate"]) for kind, found in told.items()} == {
        "areas": (2, "blocks"),
        "appointments": (1, "ends"),
    }
    assert told["areas"]["names"] == ["1号楼", "2号楼"]
    ended = retire(area_id=ground.one, agreed={}, actor=ground.chief, **ask | {"reason": "torn down"})
    assert ended.valid_until == NOW
    assert Area.objects.filter(pk=ground.one).exists()
    assert not Boundary.objects.still().filter(area=ground.one).exists()


def test_what_ends_with_an_area_is_what_was_agreed_to(ground: SimpleNamespace) -> None:
    worker = appoint(ground.one, role="worker", name="李某")
    band = AgeBand.objects.first()
    Population.objects.create(area_id=ground.one, age_band=band, residents=42, source="test", valid_from=BEFORE)
    ask = {"area_id": ground.one, "version": 1, "reason": "torn down", "actor": ground.chief, "now": NOW}
    for wrong in ({}, {"appointments": 1}, {"appointments": 1, "residents": 41}, {"appointments": 2, "residents": 42}):
        with pytest.raises(Conflict) as refused:
            retire(agreed=wrong, **ask)
        assert refused.value.kind == "not-agreed"
        assert Boundary.objects.still().filter(area=ground.one).exists()
    retire(agreed={"appointments": 1, "residents": 42}, **ask)
    assert not Appointment.objects.at(NOW).filter(person__account=worker).exists()
    assert Appointment.objects.at(NOW - timedelta(hours=1)).filter(person__account=worker).exists()
    assert not Population.objects.at(NOW).filter(area=ground.one).exists()
    assert Population.objects.at(NOW - timedelta(hours=1)).filter(area=ground.one).exists()
    assert Entry.objects.get(verb="area.retire").detail["ended"] == {"appointments": 1, "residents": 42}
