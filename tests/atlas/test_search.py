"""The search box: the closest first, in whatever way people write, and nobody's name to those who may not know."""

from datetime import timedelta

import pytest

from gis.accounts.models import Account
from gis.shared.datums import Datum, from_wgs84
from grids.models import Appointment, Boundary, Organisation, OrganisationKind, Person
from layers.streets.models import Way
from tests.grids.ground import T0, put, small_county, square

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogues")]


@pytest.fixture
def town() -> dict[str, Boundary]:
    """Two compounds of equal buildings, in two communities; one way; some posts."""
    made = small_county()
    made["peace"] = put(
        "community", square(41, 0, 8), made["street"], code="990001001002", name_zh="和平社区", name_en="Heping"
    )
    for key, x, parent in (("one", 2, made["west"]), ("two", 14, made["east"])):
        for n in range(1, 4):
            code = f"{parent.code}{n:03d}"
            words = {"code": code, "name_zh": f"{n}号楼", "name_en": f"Building {n}"}
            made[f"{key}{n}"] = put("building", square(x + 2 * n, 4, 1), parent, **words)
    made["unit"] = put("unit", square(4.1, 4.1, 0.4), made["one1"], code="990001001001001001001", name_zh="2单元")
    line = "LINESTRING(110 35, 110.1 35)"
    Way.objects.create(name_zh="长庆路", name_en="Changqing Road", kind="road", geometry=line, walkable=True)
    return made


def appoint(area, role="chief", name="王长安", post="", account=None, **more) -> Appointment:
    person = Person.objects.create(name_zh=name, account=account)
    return Appointment.objects.create(area=area.area, role=role, person=person, post_zh=post, valid_from=T0, **more)


def found(client, words: str, **query) -> list[dict]:
    answer = client.get("/api/atlas/search", {"q": words, **query})
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def first(client, words: str, **query) -> str:
    results = found(client, words, **query)
    return f"{results[0]['kind']} {results[0]['name_zh']}" if results else ""


SAID = {
    "area 和平社区": "和平社区|和平|hepingshequ|HePing She Qu|hpsq|heping|Heping|河平社区|和平设区|hepign|和瓶涉曲"
    "|heping社区|平社|990001001002|９９０００１００１００２|和平社 区|hé píng shè qū",
    "street 长庆路": "长庆路|changqinglu|zhangqinglu|cql|changqing road|Changqing Rd|长青路",
    "area 1号楼": "西院1号楼|西院 一号楼|xiyuan1haolou|西院1号|1号楼 西院|西院 Building 1",
    "area 2单元": "西院1号楼2单元|试县西院二单元|xy1hl2dy|西院　１号楼　２单元",
    "": "没有这样的地方|zzzzqqqq",
}


def test_the_ways_to_say_one_place(client, town) -> None:
    told = {words: first(client, words) for ways in SAID.values() for words in ways.split("|")}
    assert told == {words: wanted for wanted, ways in SAID.items() for words in ways.split("|")}


def test_the_path_leads_to_the_building_of_that_compound_and_no_other(client, town) -> None:
    results = found(client, "东院2号楼")
    assert results[0]["id"] == str(town["two2"].area_id)
    assert results[0]["hint"] == "试社区 › 东院 · 楼栋"
    assert str(town["one2"].area_id) not in {result.get("id") for result in results}


def test_of_equals_the_one_near_the_middle_of_the_map_comes_first(client, town) -> None:
    for key in ("one2", "two2"):
        lon, lat = town[key].geometry.centroid.coords
        assert found(client, "2号楼", at=f"{lon},{lat}")[0]["id"] == str(town[key].area_id)


def test_areas_are_found_as_of_a_moment(client, town) -> None:
    later = T0 + timedelta(days=30)
    Boundary.objects.filter(pk=town["peace"].pk).update(valid_until=later)
    words = {"code": "990001001002", "name_zh": "团结社区", "version": 2}
    put("community", square(41, 0, 8), town["street"], area=town["peace"].area, valid_from=later, **words)
    assert first(client, "团结社区") == "area 团结社区"
    assert "和平社区" not in {result["name_zh"] for result in found(client, "和平社区")}
    assert first(client, "和平社区", moment="2026-01-15") == "area 和平社区"


def test_posts_are_found_by_place_and_office(client, town) -> None:
    appoint(town["peace"], post="和平社区网格长")
    appoint(town["west"], post="西院网格长")
    appoint(town["peace"], role="worker", name="李平", post="和平社区 1 号岗")
    told = [(result["kind"], result["name_zh"]) for result in found(client, "和平社区网格长")]
    assert told == [("post", "和平社区网格长")]
    for words in ("和平社区 网格长", "网格长 和平社区", "hepingshequ wanggezhang", "hpsq wgz", "Heping grid chief"):
        assert first(client, words) == "post 和平社区网格长", words
    assert first(client, "和平社区1号岗") == "post 和平社区 1 号岗"
    lon, lat = town["west"].geometry.centroid.coords
    assert first(client, "网格长", at=f"{lon},{lat}") == "post 西院网格长"
    assert found(client, "和平社区网格长")[0]["area"] == str(town["peace"].area_id)


def test_an_office_without_a_name_of_its_own_is_told_by_its_place(client, town) -> None:
    appoint(town["peace"])
    assert found(client, "和平社区 网格长")[0]["name_zh"] == "和平社区 · 网格长"


def test_ended_posts_are_found_only_in_their_time(client, town) -> None:
    row = appoint(town["peace"], post="和平社区网格长")
    Appointment.objects.filter(pk=row.pk).update(valid_until=T0 + timedelta(days=9))
    assert first(client, "和平社区网格长") != "post 和平社区网格长"
    assert first(client, "和平社区网格长", moment="2026-01-05") == "post 和平社区网格长"


def test_persons_are_found_by_name_only_by_those_who_hold_an_office(client, town) -> None:
    appoint(town["peace"], post="和平社区网格长")
    for words in ("王长安", "wangchangan", "wca", "王常安"):
        assert found(client, words) == [], "a visitor"
    assert "王长安" not in str(found(client, "和平社区网格长"))
    nobody = Account.objects.create_user("nobody", "right-horse-77")
    client.force_login(nobody)
    assert found(client, "王长安") == [], "an account without an office"
    appoint(town["west"], role="worker", name="李平", account=nobody, post="西院网格员")
    for words in ("王长安", "wangchangan", "wca", "王常安"):
        assert found(client, words)[0]["name_zh"] == "和平社区网格长"
        assert found(client, words)[0]["hint"].startswith("王长安 · ")


def test_organisations_are_found_by_their_posts(client, town) -> None:
    office = Organisation.objects.create(kind=OrganisationKind.objects.first(), name_zh="城市管理局")
    Appointment.objects.create(area=town["county"].area, role="department", organisation=office, valid_from=T0)
    for words in ("城市管理局", "csglj", "城管理局"):
        result = found(client, words)[0]
        assert (result["kind"], result["hint"][:5]) == ("post", "城市管理局"), words


def test_coordinates_tell_what_owns_the_place(client, town) -> None:
    for words in ("110.01, 35.01", "35.01N 110.01E", "北纬35.01，东经110.01"):
        (result,) = found(client, words)
        assert result["kind"] == "point"
        assert result["lonlat"] == pytest.approx([110.01, 35.01])
        assert result["hint"].endswith(" · 试街道 › 试社区 › 西院")
        assert result["area"] == str(town["west"].area_id)
    assert found(client, "110.01, 35.01")[0]["hint"] == "按 WGS 84 经纬度读取 · 试街道 › 试社区 › 西院"


def test_of_two_ways_to_read_coordinates_the_one_on_the_ground_is_meant(client, town) -> None:
    assert found(client, "35.005, 110.005")[0]["lonlat"] == pytest.approx([110.005, 35.005])


def test_offset_datums_are_switched_off_until_they_are_allowed(client, town, settings) -> None:
    x, y = from_wgs84([(110.005, 35.005)], Datum.GCJ02)[0]
    settings.ALLOW_OFFSET_DATUMS = False
    (result,) = found(client, f"GCJ-02 {x:.8f},{y:.8f}")
    assert result["kind"] == "note"
    settings.ALLOW_OFFSET_DATUMS = True
    (result,) = found(client, f"GCJ-02 {x:.8f},{y:.8f}")
    assert result["lonlat"] == pytest.approx([110.005, 35.005], abs=1e-7)
    assert result["hint"].startswith("由 GCJ-02 换算 · ")


def test_metres_take_the_zone_of_the_place_or_ask_for_their_system(client, town) -> None:
    (result,) = found(client, "CGCS2000 37408710.5 3875237.3")
    assert result["lonlat"] == pytest.approx([110.0, 35.0], abs=0.01)
    (result,) = found(client, "CGCS2000 408710.5 3875237.3", at="110.0,35.0")
    assert result["lonlat"] == pytest.approx([110.0, 35.0], abs=0.01)
    assert found(client, "408710.5 3875237.3")[0]["kind"] == "note"


def test_a_middle_that_is_no_place_is_refused(client, town) -> None:
    for at in ("1", "a,b", "181,0", "nan,0", "1,2,3"):
        answer = client.get("/api/atlas/search", {"q": "西院", "at": at})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-position")


def test_any_words_are_borne(client, town) -> None:
    hostile = ["%", "_", "\\", "'", '"; --', "{}", "%s", "(", "[a-z]", "a" * 5000, "号" * 60, "1" * 60, "网格长" * 20]
    for words in hostile:
        assert isinstance(found(client, words, at="110.0,35.0"), list)


def test_sites_and_streets_of_slips_do_not_hide_what_was_meant(client, town) -> None:
    line = "LINESTRING(110 35, 110.1 35)"
    Way.objects.create(name_zh="和平设施路", kind="road", geometry=line, walkable=True)
    assert first(client, "和平社区") == "area 和平社区"
