"""The page, its doors and what they tell whom."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from gis.accounts.models import Account
from gis.catalogue.models import Place
from grids.models import AgeBand, Appointment, Boundary, Person, Population
from layers.sites.models import Site, SiteKind
from layers.tickets.actions import import_rows
from layers.tickets.records import Happening, TicketRow
from tests.grids.ground import T0, small_county

pytestmark = pytest.mark.django_db
SINCE = "2026-01-02T00:00Z"


@pytest.fixture
def county(catalogues) -> dict[str, Boundary]:
    return small_county()


def signed_in(client, area, role: str) -> Account:
    account = Account.objects.create_user(role, "x", display_name="王长安")
    person = Person.objects.create(name_zh="王长安", name_en="Wang Chang'an", account=account)
    Appointment.objects.create(
        area=area, role=role, person=person, post_zh="西院网格长", valid_from="2026-01-02T00:00Z"
    )
    client.force_login(account)
    return account


def config(response) -> dict:
    found = re.search(
        r'<script id="config" type="application/json">(.*?)</script>', response.content.decode(), re.DOTALL
    )
    return json.loads(found.group(1))


def test_the_page_tells_a_visitor_only_what_is_public(client, county):
    response = client.get("/")
    told = config(response)
    assert told["session"]["account"] is None
    assert {source["name"] for source in told["sources"]} >= {"base", "grids"}
    assert {layer["name"] for source in told["sources"] for layer in source["layers"]} >= {"sites", "compound", "roads"}
    assert "tickets" not in {source["name"] for source in told["sources"]}
    assert told["extent"] == pytest.approx([110.0, 35.0, 110.1, 35.1])


def test_scripts_carry_the_nonce_and_the_policy_names_no_other_host(client, county):
    response = client.get("/")
    policy = response["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy).group(1)
    html = response.content.decode()
    assert f'<script type="importmap" nonce="{nonce}">' in html
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL):
        assert "src=" in attributes or "nonce=" in attributes or "application/json" in attributes, body[:80]
    assert " style=" not in html
    assert not re.search(r"\son\w+=", html)
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "网格一张图"), ("en", "Wangge")])
def test_two_languages(client, county, language, word):
    client.cookies["django_language"] = language
    html = client.get("/").content.decode()
    assert word in html
    assert f'lang="{language}"' in html
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert 'lang="en"' in client.get("/").content.decode()


def test_the_screen_says_when_data_are_invented_or_provisional(client, county):
    Place.objects.create(kind="sample", name_zh="样县", attribution_zh="样例")
    assert "样例数据" in client.get("/").content.decode()
    Place.objects.update(kind="imported", provisional=True, attribution_zh="© OpenStreetMap 贡献者")
    response = client.get("/")
    assert "暂定区划" in response.content.decode()
    assert config(response)["session"]["place"]["attribution"] == "© OpenStreetMap 贡献者"


def test_the_page_knows_from_which_zoom_the_first_sites_are_drawn(client, county):
    def told():
        return config(client.get("/"))["session"]["place"]["sites_from"]

    assert told() is None, "nothing is drawn from closer up where there is nothing"
    for code, zoom in (("station", 14), ("community_centre", 12)):
        Site.objects.create(
            kind=SiteKind.objects.get(code=code), area=county["west"].area, name_zh=f"点 {code}", valid_from=T0,
            geometry=county["west"].geometry.centroid,
        )  # fmt: skip
        assert told() == zoom
    Site.objects.filter(kind__tier__grid_level__isnull=True).update(valid_until=T0 + timedelta(days=1))
    assert told() == 14, "a centre of the past is not drawn"


def test_the_session_names_roles_verbs_and_own_ground(client, county):
    signed_in(client, county["west"].area, "chief")
    told = client.get("/api/atlas/session").json()
    assert told["account"]["roles"] == ["chief"]
    assert "area.draw" in told["may"]
    assert told["account"]["areas"][0]["name_zh"] == "西院"
    assert told["account"]["subtree"] == [str(county["west"].area_id)]


def test_an_area_with_its_chain_posts_and_contents(client, county):
    url = f"/api/atlas/areas/{county['community'].area_id}"
    told = client.get(url).json()
    assert [area["name_zh"] for area in told["chain"]] == ["试县", "试街道", "试社区"]
    assert {line["title"]: line["count"] for line in told["contents"]} == {"小区": 2}
    assert [child["name_zh"] for child in told["children"]] == ["西院", "东院"]
    assert told["area_m2"] == pytest.approx(3640 * 4440, rel=0.02)
    assert told["figure"] is None
    assert client.get(url, {"moment": "2025-01-01"}).status_code == 404
    assert client.get("/api/atlas/areas/6e0c1f80-0000-4000-8000-000000000000").json()["code"] == "missing"


def test_residents_are_told_only_to_those_who_may_read_them_and_unknown_is_not_zero(client, county):
    url = f"/api/atlas/areas/{county['west'].area_id}"
    account = signed_in(client, county["community"].area, "worker")
    assert client.get(url).json()["figure"]["title"] == "居民人数：未知"
    for band, count in [("18-59", 1200), ("80+", 34)]:
        row = AgeBand.objects.filter(age_from=int(re.match(r"\d+", band)[0])).get()
        Population.objects.create(
            area=county["west"].area, age_band=row, residents=count, source="test", valid_from="2026-01-02T00:00Z"
        )
    assert client.get(url).json()["figure"]["title"] == "居民 1,234 人"
    assert "还没有人数" not in client.get(url).json()["figure"]["detail"]
    above = client.get(f"/api/atlas/areas/{county['community'].area_id}").json()["figure"]
    assert above["title"] == "居民 1,234 人"
    assert above["detail"].endswith("另有 1 个网格还没有人数"), "the other compound is not nobody's"
    client.logout()
    assert client.get(url).json()["figure"] is None
    account.person.appointments.update(valid_until=timezone.now())
    Appointment.objects.create(area=county["east"].area, role="worker", person=account.person)
    client.force_login(account)
    assert client.get(url).json()["figure"] is None


def test_names_of_persons_are_not_told_to_visitors(client, county):
    url = f"/api/atlas/areas/{county['west'].area_id}"
    signed_in(client, county["west"].area, "chief")
    county["west"].opened_by.__class__.objects.update(actor_name="张三")
    assert client.get(url).json()["posts"] == [{"title": "西院网格长", "holder": "王长安"}]
    assert client.get(url).json()["drawn_by"] == "张三"
    client.logout()
    told = client.get(url).json()
    assert told["posts"] == [{"title": "西院网格长", "holder": ""}]
    assert told["drawn_by"] == ""
    assert "张三" not in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("words", "first"), [("西院", "西院"), ("990001001001002", "东院"), ("试", "试县"), ("院", "西院")]
)
def test_search_finds_areas_by_name_and_code(client, county, words, first):
    results = client.get("/api/atlas/search", {"q": words}).json()["results"]
    assert results[0]["name_zh"] == first
    assert len(results[0]["bbox"]) == 4


@pytest.mark.parametrize("words", ["", "   ", "%", "_", "'; DROP TABLE x; --", "啊" * 5000, "\x00"])
def test_search_bears_any_words(client, county, words):
    assert client.get("/api/atlas/search", {"q": words}).json() == {"results": []}


def test_figures_count_what_is_there(client, county):
    told = client.get("/api/atlas/figures").json()
    assert told["sentences"][0]["title"] == "2 个网格"
    assert told["sentences"][1]["title"] == "还没有服务点"
    areas = {row["title"]: row["count"] for row in told["tables"][0]["rows"]}
    assert areas["小区"] == 2


def test_an_empty_place_has_a_page_too(client, catalogues):
    response = client.get("/")
    assert response.status_code == 200
    assert client.get("/api/atlas/figures").json()["sentences"][0]["title"] == "还没有网格"


def test_sign_in_by_user_name_and_what_is_wrong_is_said(client, county):
    Account.objects.create_user("li", "right-horse-77")
    page = client.get("/accounts/login/").content.decode()
    assert "用户名" in page
    assert "make demo" not in page
    Place.objects.create(kind="sample", name_zh="样县", attribution_zh="样例")
    assert "<code>make demo</code>" in client.get("/accounts/login/").content.decode(), "a demo says how to get in"
    wrong = client.post("/accounts/login/", {"login": "li", "password": "nope"})
    assert wrong.status_code == 200
    assert 'role="alert"' in wrong.content.decode()
    right = client.post(
        "/accounts/login/?next=/%3Froom%3Dgrids", {"login": "li", "password": "right-horse-77", "next": "/?room=grids"}
    )
    assert right.status_code == 302
    assert right["Location"] == "/?room=grids"
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/api/atlas/session").json()["account"] is None


def test_pages_that_are_not_there_say_so(client, catalogues):
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert "去看地图" in response.content.decode()


def test_residents_that_were_not_counted_by_age_are_not_taken_for_young(client, county):
    url = f"/api/atlas/areas/{county['west'].area_id}"
    signed_in(client, county["community"].area, "worker")

    def count(band: str, residents: int) -> str:
        row = AgeBand.objects.get(code=band)
        Population.objects.create(
            area=county["west"].area, age_band=row, residents=residents, source="test", valid_from="2026-01-02T00:00Z"
        )
        return client.get(url).json()["figure"]["detail"]

    assert count("all", 40) == "没有按年龄统计；户数不清楚"
    told = count("80+", 10)
    assert "10" in told
    assert "100%" in told
    assert "其中一部分没有按年龄统计" in told


def test_where_matters_end_is_told_to_those_who_read_tickets(client, county):
    signed_in(client, county["west"].area, "chief")
    signed_in(client, county["county"].area, "front_desk")
    client.logout()
    now = timezone.now()
    rows = []
    for line, (lon, days) in enumerate([(110.005, 2), (110.005, 3), (110.09, 4), (110.005, 40), (110.09, 41)]):
        then = now - timedelta(days=days)
        history = (Happening(verb="settle", at=then, reason="done"),)
        rows.append(TicketRow(line=line, lon=lon, lat=35.005, category="other", reported_at=then, history=history))
    assert import_rows(rows, now=now, channel="import", source="test").stored == 5
    assert "办结" not in client.get("/api/atlas/figures").content.decode()
    signed_in(client, county["county"].area, "auditor")
    assert "办结" not in client.get("/api/atlas/figures").content.decode()
    signed_in(client, county["county"].area, "leader")
    told = client.get("/api/atlas/figures").json()["sentences"][0]
    assert told["title"] == "近 30 天办结的事，67% 在网格内办结"
    assert told["detail"] == "比前 30 天高 17 个百分点；未办结 0 件，其中超期 0 件"
