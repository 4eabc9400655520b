"""`manage.py import_osm`: a place out of a file, whole or not at all."""

import json
from io import StringIO
from pathlib import Path
from typing import get_args

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

from gis.catalogue.models import Place
from gis.shared.errors import Conflict
from gis.town import imported
from gis.town.empty import make_posts
from gis.town.opening.fitted import Fitted
from gis.town.opening.plan import plan_import
from gis.town.osm_wording import REASONS, STORED, THINGS, USES, told
from grids.imports import check_areas
from grids.models import Appointment, Boundary, BoundaryChange, Population, Role
from grids.queries import locate
from layers.streets.models import Barrier, Edge, Feature, Gate, Way
from layers.streets.osm import rings, tags
from tests.streets.drawn import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    drawn = town()
    drawn.way((20, 20), (80, 80), building="no")
    return drawn.save(tmp_path, "lingshi-east.osm.gz")


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading apart has tests of its own (`test_opening.py`); a child for each test here would cost a minute."""

    def plan(path: Path, *, memory_mb: int, seconds: int, **names: str) -> Fitted:
        return plan_import(path, **names)

    monkeypatch.setattr("gis.town.management.commands.import_osm.plan_apart", plan)


def said(*words: str, language: str = "en") -> str:
    out = StringIO()
    with translation.override(language):
        call_command(*words, stdout=out)
    return out.getvalue()


def nothing_is_stored() -> bool:
    tables = (Boundary, BoundaryChange, Way, Edge, Gate, Feature, Barrier, Appointment)
    return not any(table.objects.exists() for table in tables) and not Place.objects.exclude(kind="empty").exists()


def test_without_commit_it_only_says_what_it_would_do(extract: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    text = said("import_osm", str(extract), "--report", str(report))
    assert "2  compounds (level 1)" in text
    assert "3  buildings (level 2)" in text
    assert "Nothing was stored" in text
    assert nothing_is_stored()
    account = json.loads(report.read_text(encoding="utf-8"))
    assert account["stored"]["gates-inferred"] == 1
    for kind, read in account["read"].items():
        left = sum(count for of, _reason, count in account["left"] if of == kind)
        assert read == account["used"][kind] + left
    assert {row["reason"] for row in account["listed"]} == {"open", "straddling", "outside"}


def test_with_commit_the_place_stands(extract: Path) -> None:
    said("import_osm", str(extract), "--commit", "--name", "灵石东", "--name-en", "Lingshi East")
    now = timezone.now()
    place = Place.objects.get()
    assert (place.kind, place.provisional) == ("imported", True)
    assert "OpenStreetMap" in place.attribution_zh
    assert "ODbL" in place.attribution_en
    ground = Boundary.objects.at(now)
    assert ground.of_tier("county").get().name_zh == "灵石东（暂定）"
    sunny = ground.of_tier("compound").get(name_zh="阳光小区")
    assert sunny.walled == "yes"
    assert {row.name_zh for row in ground.of_tier("building").filter(parent=sunny.area)} == {"1号", "二号楼"}
    inside = ground.of_tier("building").get(name_zh="二号楼").shape.representative_point()
    chain = locate(inside.x, inside.y, moment=now)
    assert [row.tier.code for row in chain] == ["county", "street", "community", "compound", "building"]
    assert len({row.code for row in chain}) == 5
    assert BoundaryChange.objects.get().kind == "import"
    assert Gate.objects.filter(compound=sunny.area, status="mapped", open_to="residents").count() == 1
    assert Way.objects.filter(name_zh="解放街").exists()
    assert Edge.objects.exists()
    assert set(Feature.objects.filter(kind="building").values_list("reason", flat=True)) == {
        "",
        "straddling",
        "outside",
    }
    assert not Population.objects.exists(), "nobody's number is invented"


def test_demo_posts_are_marked_and_one_a_role_can_sign_in(extract: Path) -> None:
    said("import_osm", str(extract), "--commit")
    posts = Appointment.objects.select_related("person")
    assert all(post.is_demo and "演示" in post.post_zh and post.person.name_zh.startswith("演示") for post in posts)
    assert {post.role for post in posts} == set(Role.values)
    assert make_posts(now=timezone.now(), actor="test") == 0, "posts are filled once"


def test_a_filled_place_is_left_alone(extract: Path) -> None:
    said("import_osm", str(extract), "--commit", "--name", "灵石")
    before = Boundary.objects.count()
    with pytest.raises(CommandError, match="holds a place already"):
        said("import_osm", str(extract), "--commit")
    assert "灵石" in said("import_osm", str(extract), "--commit", "--if-empty")
    assert Boundary.objects.count() == before
    assert "Nothing was stored" in said("import_osm", str(extract)), "one may still look what it would become"


@pytest.mark.parametrize("step", ["store_areas", "replace_network", "fill_posts", "record"])
def test_a_failure_at_any_step_leaves_nothing(extract: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    original = getattr(imported, step)

    def breaks(*args: object, **words: object) -> None:
        original(*args, **words)
        raise RuntimeError("the power went")

    monkeypatch.setattr(imported, step, breaks)
    with pytest.raises(RuntimeError):
        said("import_osm", str(extract), "--commit")
    assert nothing_is_stored()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_bad_files_are_told_in_one_sentence(tmp_path: Path, extract: Path, language: str) -> None:
    half = tmp_path / "half.osm.gz"
    half.write_bytes(extract.read_bytes()[:-200])
    lying = tmp_path / "lying.osm.pbf"
    lying.write_bytes(extract.read_bytes())
    for path in (half, lying, tmp_path / "absent.osm"):
        with pytest.raises(CommandError) as caught:
            said("import_osm", str(path), "--commit", language=language)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(CommandError, match="Mars"):
        said("import_osm", str(extract), "--commit", "--time-zone", "Mars/Olympus", language=language)
    assert nothing_is_stored()


BAD = {
    "no number": '<node id="1" lon="nan" lat="1"/>',
    "entities": '<!DOCTYPE x [<!ENTITY a "b">]><node id="1" lon="1" lat="1"><tag k="name" v="&a;"/></node>',
    "too large": '<node id="99999999999999999999" lon="1" lat="1"/>',
    "one point": '<node id="1" lon="1" lat="1"/><way id="1"><nd ref="1"/><tag k="highway" v="footway"/></way>',
    "no node": '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/></way>',
    "long name": '<node id="1" lon="1" lat="1"><tag k="name" v="' + "长" * 70_000 + '"/></node>',
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_hostile_files_are_told_in_one_sentence(tmp_path: Path, body: str) -> None:
    path = tmp_path / "bad.osm"
    path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    with pytest.raises(CommandError, match=r"bad\.osm"):
        said("import_osm", str(path), "--commit")
    assert nothing_is_stored()


def test_bounds_that_lie_are_not_believed(tmp_path: Path) -> None:
    drawn = town()
    drawn.bounds = ((3_000_000, 0), (3_000_100, 100))
    said("import_osm", str(drawn.save(tmp_path)), "--commit")
    assert Boundary.objects.still().of_tier("compound").count() == 2


def test_an_empty_place_can_be_made_again_and_filled(extract: Path) -> None:
    for _again in range(2):
        assert "空地" in said("make_empty_place", "--name", "空地", language="zh-hans")
    assert not Boundary.objects.exists()
    said("import_osm", str(extract), "--commit")
    assert Place.objects.get().kind == "imported"
    with pytest.raises(CommandError, match="holds a place already"):
        said("make_empty_place")


def test_an_empty_place_with_ground_can_be_drawn_on() -> None:
    said("make_empty_place", "--name", "新区", "--around", "111.7", "36.8", "111.8", "36.9")
    assert [row.tier.code for row in locate(111.75, 36.85, moment=timezone.now())] == ["county", "street", "community"]
    assert Appointment.objects.filter(role="chief", is_demo=True).exists()
    for box in (("111.8", "36.8", "111.7", "36.9"), ("100", "30", "111", "36"), ("nan", "30", "31", "36")):
        with pytest.raises(CommandError, match="degrees"):
            said("make_empty_place", "--around", *box)


def test_names_are_text_whatever_they_hold(tmp_path: Path) -> None:
    drawn = town()
    drawn.box(500, 0, 600, 100, landuse="residential", name='<script>alert("x")</script>')
    said("import_osm", str(drawn.save(tmp_path)), "--commit")
    assert Boundary.objects.filter(name_zh='<script>alert("x")</script>').exists()


def test_what_cannot_be_stored_is_left_out_and_listed_not_refused_whole(tmp_path: Path) -> None:
    drawn = town()
    drawn.box(100, 100, 100.6, 100.6, building="yes", name="岗亭")
    plan = plan_import(drawn.save(tmp_path))
    assert ("岗亭", "refused:too_small") in {(row.name, row.reason) for row in plan.listed}
    assert check_areas(plan.areas) == []
    imported.store_import(plan, now=timezone.now())
    with pytest.raises(Conflict):
        imported.store_import(plan, now=timezone.now())


@pytest.mark.parametrize(
    ("name", "compounds", "buildings"), [("gh_moscow.osm.gz", 18, 293), ("hsinchu_nctu.osm.pbf", 13, 11)]
)
def test_real_extracts_stand_whole(shared_data: Path, name: str, compounds: int, buildings: int) -> None:
    path = shared_data / "osm" / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    plan = plan_import(path)
    text = "\n".join(told(plan))
    assert "refused:" not in text
    imported.store_import(plan, now=timezone.now())
    ground = Boundary.objects.at(timezone.now())
    assert ground.of_tier("compound").count() == compounds
    assert ground.of_tier("building").count() == buildings
    assert Gate.objects.count() == len(plan.layout.gates)
    assert not Gate.objects.filter(node__isnull=True).exists()


def test_every_word_of_the_report_is_known(extract: Path) -> None:
    assert set(plan_import(extract).counts()) == set(STORED)
    assert set(tags.ROADS.values()) | {"rail"} <= set(USES)
    assert set(get_args(rings.Fault)) <= set(REASONS)
    assert set(get_args(tags.GroundKind)) <= set(THINGS)


def test_the_page_of_an_empty_place_says_what_to_do_first(client: Client, extract: Path) -> None:
    said("make_empty_place", "--name", "空地")
    assert "这里还没有任何区域" in client.get("/").content.decode()
    said("import_osm", str(extract), "--commit")
    assert "这里还没有任何区域" not in client.get("/").content.decode()


def test_one_number_on_two_streets_is_told_with_its_street(tmp_path: Path) -> None:
    drawn = town()
    for west, street in ((70, "解放街"), (100, "人民路"), (130, "")):
        drawn.box(west, 80, west + 20, 90, building="yes", addr__housenumber="7", addr__street=street)
    drawn.box(70, 100, 90, 110, building="yes", addr__housenumber="8", addr__street="解放街")
    names = {row.name_zh for row in plan_import(drawn.save(tmp_path)).areas if row.tier == "building"}
    assert {"解放街 7号", "人民路 7号", "7号", "8号", "1号"} <= names
