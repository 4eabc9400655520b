"""Names are found by sound whichever door they came through; a person's name goes with the person."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from gis.shared.tables import copy_rows
from grids.models import Organisation, OrganisationKind, Person
from layers.streets.models import Way
from tests.grids.ground import put, small_county, square

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


def readings(*names: str) -> set[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT plain, pinyin, initials FROM atlas_readings(%s)", [list(names)])
        return set(cursor.fetchall())


def kept(name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT initials FROM atlas_name WHERE name = %s ORDER BY 1", [name])
        return [row[0] for row in cursor.fetchall()]


def persons_kept(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT person) FROM atlas_person WHERE name = %s", [name])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("和平社区", {("和平社区", "hepingshequ", "hpsq")}),
        (
            "１２号楼 2单元",
            {("12号楼2单元", "12haolou2danyuan", "12hl2dy")},
        ),
        ("重庆路", {("重庆路", "chongqinglu", "cql")}),
        ("银行家属院", {("银行家属院", "yinhangjiashuyuan", "yhjsy")}),
        ("长庆里", {("长庆里", "zhangqingli", "zql"), ("长庆里", "changqingli", "cql")}),
        ("绿苑", {("绿苑", "lvyuan", "ly")}),
        ("Heping Community", {("hepingcommunity", "hepingcommunity", "hc")}),
        ("Café 3-2", {("cafe32", "cafe32", "c32")}),
        ("（东）区", {("东区", "dongqu", "dq")}),
        ("<b>安</b>", {("b安b", "banb", "bab")}),
        ("——", set()),
    ],
)
def test_how_a_name_sounds(name, told) -> None:
    assert readings(name) == told


def test_the_readings_are_those_of_a_dictionary() -> None:
    names = [
        "翠屏苑",
        "运输公司家属院",
        "北关社区",
        "行政中心",
        "音乐厅",
        "朝阳门",
        "都江堰路",
        "一中家属院",
        "瓦窑坡一组",
        "重阳",
    ]
    for name in names:
        assert "".join(lazy_pinyin(name)) in {pinyin for _plain, pinyin, _initials in readings(name)}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=30).filter(lambda text: "\x00" not in text and text.isprintable()), max_size=5))
def test_any_words_have_at_most_two_sounds(names) -> None:
    told = readings(*names)
    assert len(told) <= 2 * len(names)
    assert all(pinyin.isascii() or plain for plain, pinyin, _initials in told)


def test_every_door_teaches_names() -> None:
    small_county()
    assert kept("试社区") == ["ssq"]
    Way.objects.create(
        name_zh="人民路", name_en="Renmin Road", kind="road", geometry="LINESTRING(110 35, 111 35)", walkable=True
    )
    assert kept("人民路") == ["rml"]
    assert kept("Renmin Road") == ["rr"]
    Way.objects.filter(name_zh="人民路").update(name_zh="解放路")
    assert kept("解放路") == ["jfl"]
    line = "0102000020E61000000200000000000000000000000000000000000000000000000000F03F000000000000F03F"
    copy_rows(
        Way,
        ["name_zh", "name_en", "kind", "geometry", "walkable", "steps", "bridge", "tunnel", "layer"],
        [(name, "", "road", line, True, False, False, False, 0) for name in ("柳巷", "柳巷", "安康街")],
    )
    assert kept("安康街") == ["akj"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE streets_way SET name_zh = '钟楼街' WHERE name_zh = '柳巷'")
    assert kept("钟楼街") == ["zlj"]
    kind = OrganisationKind.objects.first()
    Organisation.objects.bulk_create([Organisation(kind=kind, name_zh="城管局")])
    assert kept("城管局") == ["cgj"]


def test_a_name_is_learned_once_however_many_bear_it() -> None:
    county = small_county()
    for n in range(3):
        put("compound", square(2 + 11 * n, 20, 9), county["community"], name_zh="幸福家园")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM atlas_name WHERE name = '幸福家园'")
        assert cursor.fetchone()[0] == 1


def test_the_name_of_a_person_goes_with_the_person() -> None:
    one = Person.objects.create(name_zh="王长安")
    two = Person.objects.create(id=uuid.uuid4(), name_zh="王长安", name_en="Wang Chang'an")
    assert persons_kept("王长安") == 2
    assert kept("王长安") == [], "persons are not among the names of places"
    Person.objects.filter(pk=one.pk).update(name_zh="王平安")
    assert persons_kept("王长安") == 1
    assert persons_kept("王平安") == 1
    two.delete()
    assert persons_kept("王长安") == persons_kept("Wang Chang'an") == 0


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_new_names_do_not_wait_for_each_other_for_ever() -> None:
    names = [f"并发{n}里" for n in range(30)]

    def write(turn: int) -> None:
        rows = names if turn % 2 else names[::-1]
        try:
            Way.objects.bulk_create(
                [Way(name_zh=name, kind="road", geometry="LINESTRING(110 35, 111 35)", walkable=True) for name in rows]
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(8)))
    assert Way.objects.filter(name_zh__in=names).count() == 240
    assert all(len(kept(name)) == 1 for name in names)
