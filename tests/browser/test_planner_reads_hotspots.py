"""A planner reads where tickets concentrate, changes the question, and opens the tickets behind a hot cell."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, ready, still, until
from tests.browser.test_visitor_looks_at_the_map import serious

pytestmark = pytest.mark.reads

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
WORDS = {
    "zh-hans": {
        "hotspots": "热点",
        "found": r"\d+ 处工单明显偏多",
        "corrected": r"p < 0\.05 时有 [\d,]+ 格.*校正（FDR 5%，p ≤ [\d.e-]+）后剩 [\d,]+ 格",
        "change": "改条件",
        "category": "类别",
        "residents": "按居民数",
        "counted": "分格方式",
        "here": r"本格 \d+ 件工单",
        "back": "返回全部",
        "none": "这段时间没有工单",
        "whole": "看全部时间",
        "law": "置换检验",
        "whole community": "有 1 个较大的网格只有总居民数（共 812 人）",
        "no part": r"[\d,]+ 个小格未参与比较",
    },
    "en": {
        "hotspots": "Hotspots",
        "found": r"\d+ spots? with more tickets than chance explains",
        "corrected": r"[\d,]+ cells stand out at p < 0\.05; [\d,]+ are left .* \(FDR 5%, p ≤ [\d.e-]+\)",
        "change": "Change",
        "category": "Category",
        "residents": "Set against residents",
        "counted": "Counted by",
        "here": r"\d+ tickets? here",
        "back": "Back to all",
        "none": "No tickets in this period",
        "whole": "Take the whole time",
        "law": "when all cells change places",
        "whole community": "812 residents of 1 larger area were counted only as a whole",
        "no part": r"[\d,]+ cells took no part",
    },
}
LANGUAGES = pytest.mark.parametrize("language", WORDS)


def headline(page):
    return page.locator("#panel .big")


def with_a_whole_community(route) -> None:
    """The answer as it is where one community was counted only as a whole."""
    answer = route.fetch()
    body = answer.json()
    body["summary"] |= {"coarse": 1, "not_placed": 812}
    route.fulfill(response=answer, json=body)


@SIZES
@LANGUAGES
def test_reads_the_spots_and_opens_the_tickets_behind_one(open_page, account_of, size, language) -> None:
    words = WORDS[language]
    page = open_page("/", size=size, language=language, account=account_of("planner"))
    page.locator("#rail").get_by_role("button", name=words["hotspots"]).click()
    expect(headline(page)).to_have_text(re.compile(words["found"]))
    expect(page.locator("#panel")).to_contain_text(re.compile(words["corrected"]))
    if size == PHONE:
        page.locator("#panel .grab").click()  # the sheet to its full height
    page.locator("#panel summary", has_text=words["change"]).click()
    page.get_by_label(words["category"]).select_option("street_lamp")
    expect(page).to_have_url(re.compile("category=street_lamp"))
    expect(page.locator("#panel")).to_contain_text(words["law"])
    expect(page.locator(".spot")).to_have_count(1)
    page.locator(".spot .what").click()
    expect(headline(page)).to_have_text(re.compile(words["here"]))
    expect(page).to_have_url(re.compile("cell="))
    behind = page.locator("#panel .behind")
    expect(behind.first).to_be_visible()
    expect(behind).to_have_count(int(re.search(r"\d+", headline(page).inner_text())[0]))
    page.get_by_role("button", name=words["back"]).click()
    expect(page.locator(".spot")).to_have_count(1)
    page.go_back()
    expect(headline(page)).to_have_text(re.compile(words["here"]))
    behind.first.click()
    expect(page).to_have_url(re.compile("room=tickets"))
    expect(page).to_have_url(re.compile("ticket=[0-9a-f-]{36}"))


@LANGUAGES
def test_compares_by_residents_and_by_compound(open_page, account_of, language) -> None:
    words = WORDS[language]
    page = open_page("/?room=hotspots", language=language, account=account_of("planner"))
    page.route("**/api/hotspots?*per=residents*", with_a_whole_community)
    page.locator("#panel summary", has_text=words["change"]).click()
    page.get_by_role("radio", name=words["residents"]).click()
    expect(page).to_have_url(re.compile("per=residents"))
    expect(page.locator("#panel")).to_contain_text(words["whole community"])
    expect(page.locator("#panel")).to_contain_text(re.compile(words["no part"]))
    page.unroute("**/api/hotspots?*per=residents*")  # answered; what is asked from here on may be given up unanswered
    expect(page.locator("#legend")).to_contain_text({"zh-hans": "居民数未知", "en": "Residents unknown"}[language])
    page.get_by_label(words["counted"]).select_option("compound")
    expect(page).to_have_url(re.compile("cells=compound"))
    expect(headline(page)).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("radio", name=words["residents"])).to_have_attribute("aria-checked", "false")


def test_presses_a_cell_on_the_map_and_closes_it_by_key(open_page, account_of) -> None:
    page = open_page("/?room=hotspots", account=account_of("planner"))
    expect(page.locator(".spot").first).to_be_visible()
    still(page).mouse.click(520, 470)
    expect(page).to_have_url(re.compile("cell="))
    expect(headline(page)).to_have_text(re.compile(WORDS["zh-hans"]["here"]))
    page.keyboard.press("Escape")
    expect(page.locator(".spot").first).to_be_visible()


def test_takes_the_figures_home(open_page, account_of) -> None:
    page = open_page("/?room=hotspots&category=restaurant_fumes", account=account_of("analyst"))
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    hot = [row for row in rows if row["class"].startswith("hot")]
    assert 0 < len(hot) < len(rows) / 50
    assert {row["asked_category"] for row in rows} == {"restaurant_fumes"}
    assert all(float(row["p"]) <= float(row["cutoff_0.10"]) for row in hot)


@pytest.mark.parametrize("category", ["street_lamp", "restaurant_fumes"])
def test_both_clusters_planted_in_the_town_are_found_and_nothing_else(open_page, account_of, category) -> None:
    page = open_page("/?room=hotspots", account=account_of("planner"))
    for width in (100, 200):
        answer = page.request.get(f"/api/hotspots?category={category}&width={width}").json()
        (spot,) = answer["spots"]
        assert spot["tickets"] >= 100, "120 and 140 were planted"
        assert spot["cells"] < 30


def test_an_empty_period_offers_the_whole_time(open_page, account_of) -> None:
    words = WORDS["zh-hans"]
    page = open_page("/?room=hotspots&days=between&since=2001-01-01&until=2001-01-02", account=account_of("leader"))
    expect(headline(page)).to_have_text(words["none"])
    expect(page.locator("#panel")).not_to_contain_text("Gi*")  # nothing was compared, so no law is named
    page.get_by_role("button", name=words["whole"]).click()
    expect(headline(page)).to_have_text(re.compile(words["found"]))
    expect(page.locator("#panel")).to_contain_text("Gi*")


def test_who_comes_from_one_house_sees_the_whole(open_page, account_of) -> None:
    page = ready(open_page("/?at=110.3068515,35.7417299,18", account=account_of("planner")))
    page.locator("#rail").get_by_role("button", name="热点").click()
    expect(headline(page)).to_have_text(re.compile(WORDS["zh-hans"]["found"]))
    until(page, "() => wangge.map.view().zoom <= 15")
    still(page).evaluate("wangge.map.setView([110.3068515, 35.7417299], 18)")
    page.locator("#rail").get_by_role("button", name="服务").click()
    page.get_by_role("button", name="看全域服务覆盖").click()
    until(page, "() => wangge.map.view().zoom <= 15")
    # a link shows what it says
    page.goto("/?at=110.3068515,35.7417299,18&room=services&view=coverage")
    expect(ready(page).locator("table.shares")).to_be_visible()
    assert still(page).evaluate("wangge.map.view().zoom") == 18


def test_a_question_that_cannot_be_asked_is_answered_beside_its_field(open_page, account_of, complaints) -> None:
    complaints.allow("422")
    page = open_page("/?room=hotspots&width=50&neighbours=walking", size=PHONE, account=account_of("planner"))
    expect(page.get_by_role("alert")).to_contain_text("最多可比较 5000 格")
    expect(page.locator(".field-error:visible")).to_have_text("请选更大的格，或选相接的格")
    expect(page.locator(".field-error:visible")).to_be_in_viewport()


def test_more_cells_than_are_drawn_are_painted_pressed_written_and_kept(open_page, account_of, jobs_done) -> None:
    page = open_page("/?room=hotspots&width=20&category=street_lamp", account=account_of("planner"))
    expect(headline(page)).to_have_text(re.compile(WORDS["zh-hans"]["found"]))
    expect(page.locator(".leaflet-under-pane img")).to_have_count(1)
    page.locator("#panel .every summary").click()
    expect(page.locator("#panel .every")).to_contain_text(re.compile(r"全部 [\d,]{6,} 格都画在地图上"))
    expect(page.locator("#panel .cells li").first).to_contain_text("偏多")
    assert serious(page) == []
    page.locator("#panel .foot").get_by_role("button", name="CSV").click()
    with page.expect_download() as waiting:
        page.locator("#panel .making").get_by_role("link", name="下载文件").click(timeout=60_000)
    with waiting.value.path().open(encoding="utf-8-sig") as file:
        assert sum(1 for _line in file) > 20_000
    still(page).mouse.click(520, 470)
    expect(headline(page)).to_have_text(re.compile(WORDS["zh-hans"]["here"]))
    page.keyboard.press("Escape")
    expect(page.locator(".spots .spot").first).to_be_visible()
    page.get_by_label("结果名称").fill("每 20 米")
    page.get_by_role("button", name="保存这份结果").click()
    expect(page).to_have_url(re.compile("run=[0-9a-f-]{36}"))
    expect(headline(page).first).to_have_text("每 20 米")
    expect(page.locator("#panel")).to_contain_text("此后没有变动")
    with page.expect_response(re.compile(r"/runs/[0-9a-f-]{36}/picture")) as painted:
        page.reload()
    assert painted.value.status == 200
    expect(page.locator(".leaflet-under-pane img")).to_have_count(1)
    expect(page.locator("#legend")).to_be_visible()
    still(page).mouse.click(520, 470)
    expect(headline(page)).to_have_text(re.compile(WORDS["zh-hans"]["here"]))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="删除这份结果").click()
    expect(page).not_to_have_url(re.compile("run="))


@pytest.mark.parametrize("role", ["front_desk", "worker", None])
def test_those_who_may_not_do_not_see_the_room(open_page, account_of, role) -> None:
    page = open_page("/?room=hotspots", account=account_of(role) if role else None)
    expect(page.locator("#rail button").first).to_be_visible()
    expect(page.locator("#rail").get_by_role("button", name="热点")).to_have_count(0)


@SIZES
@LANGUAGES
def test_axe_finds_nothing_serious_in_answer_question_and_cell(open_page, account_of, size, language) -> None:
    planner = account_of("planner")
    page = open_page("/?room=hotspots&category=street_lamp", size=size, language=language, account=planner)
    expect(page.locator(".spot")).to_have_count(1)
    page.locator("#panel summary").click()
    assert serious(page) == []
    short = page.eval_on_selector_all(
        "#panel .spot button, #panel select, #panel summary, #panel .chip, #panel .foot a",
        "found => found.map((one) => one.getBoundingClientRect()).filter(({height}) => height && height < 44).length",
    )
    assert short == 0 or size == DESKTOP, "one thumb reaches everything: 44 px on a phone"
    page.locator(".spot .what").click()
    expect(page.locator("#panel .behind").first).to_be_visible()
    assert serious(page) == []


@pytest.mark.writes
@LANGUAGES
def test_keeps_a_result_sees_densities_and_forgets_it(open_page, account_of, language) -> None:
    name = {"zh-hans": "结果名称", "en": "Name of the result"}[language]
    keep = {"zh-hans": "保存这份结果", "en": "Keep this result"}[language]
    page = open_page("/?room=hotspots&category=street_lamp", language=language, account=account_of("planner"))
    expect(page.locator(".spot")).to_have_count(1)
    page.get_by_label(name).fill("lamps 2026")
    page.get_by_role("button", name=keep).click()
    expect(page).to_have_url(re.compile("run=[0-9a-f-]{36}"))
    expect(headline(page).first).to_have_text("lamps 2026")
    fresh = {"zh-hans": "此后没有变动", "en": "Nothing has changed since"}[language]
    expect(page.locator("#panel")).to_contain_text(fresh)
    assert serious(page) == []
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    assert "asked_category" in waiting.value.path().read_text(encoding="utf-8-sig").splitlines()[0]
    page.get_by_role("button", name={"zh-hans": "重新计算", "en": "Reckon it anew"}[language]).click()
    expect(page).not_to_have_url(re.compile("run="))
    page.get_by_role("radio", name={"zh-hans": "密度", "en": "Density"}[language], exact=True).click()
    expect(page.locator(".leaflet-under-pane img")).to_have_count(1)
    expect(page.locator("#legend")).to_contain_text({"zh-hans": "每平方公里工单数", "en": "Tickets per km²"}[language])
    assert serious(page) == []
    page.go_back()
    expect(page.locator(".leaflet-under-pane img")).to_have_count(0)
    page.locator(".kept").get_by_role("button", name=re.compile("lamps 2026")).click()
    page.get_by_role("button", name={"zh-hans": "删除这份结果", "en": "Forget this result"}[language]).click()
    expect(page).not_to_have_url(re.compile("run="))
    expect(page.get_by_role("button", name=keep)).to_be_visible()
    expect(page.locator(".kept")).to_have_count(0)


def test_sets_tickets_beside_coverage_over_cells_of_any_kind_and_number(open_page, account_of) -> None:
    page = open_page("/?room=hotspots&view=need&days=all", account=account_of("planner"))
    expect(headline(page)).to_have_text(re.compile("工单多又离服务远"))
    page.locator("#panel summary", has_text="改条件").click()
    page.get_by_label("分格方式").select_option("hexagon")
    expect(page).to_have_url(re.compile("cells=hexagon"))
    page.get_by_label("六边形宽度").select_option("300")
    expect(page).to_have_url(re.compile("width=300"))
    expect(page.locator("#panel summary", has_text="300 米六边形")).to_be_visible()
    expect(page.locator("#legend")).to_contain_text("未登记居民")
    asked = "fetch('/api/atlas/needs?cells=hexagon&width=%s').then((answer) => answer.json())"
    found = page.evaluate(asked % 300)
    sums = page.evaluate("fetch('/api/coverage').then((answer) => answer.json())")["area"]
    known = [one["properties"] for one in found["features"] if one["properties"]["share"]]
    near = sum(cell["within"] for cell in known if cell["within"] != "<5")
    assert near == pytest.approx(sums["within"][2], rel=0.01), "but for a few alone"
    page.goto(f"/?room=hotspots&view=need&days=all&cells=hexagon&width=300&cell={known[0]['cell']}")
    row = page.locator("#panel .row").filter(has_text="步行 15 分钟内可到服务点")
    expect(row).to_contain_text(re.compile(r"\d%"))
    assert serious(page) == []
    page.goto("/?room=hotspots&view=need&days=all&cells=hexagon&width=20")
    expect(page.locator("#panel")).to_contain_text(re.compile(r"全部 [\d,]{6,} 格都画在地图上"))
    expect(page.locator(".leaflet-under-pane img")).to_have_count(1)
    still(page).mouse.click(520, 470)
    expect(page).to_have_url(re.compile("cell="))
    expect(page.locator("#panel")).to_contain_text("步行 15 分钟内可到服务点")
