"""A planner presses a site, or any place, and reads who walks there in 5, 10 and 15 minutes."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, still

pytestmark = pytest.mark.reads

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
WORDS = {
    "zh-hans": {
        "share": r"\d+% 的居民 15 分钟走得到",
        "hidden": "居民数只给登录且有权查看的人看",
        "old": "老人",
        "try": "开始",
    },
    "en": {
        "share": r"\d+% of residents walk here in 15 minutes",
        "hidden": "Residents are shown to those who are signed in",
        "old": "Old person",
        "try": "Try",
    },
}
LANGUAGES = pytest.mark.parametrize("language", WORDS)


def centre(order: int = 0):
    """One of the community centres, by name."""
    from layers.sites.models import Site

    return Site.objects.filter(kind__code="community_centre").order_by("name_zh")[order]


def free_spot(page) -> tuple[float, float]:
    """Where on the screen there is a compound and no site, once the tiles are there."""
    found = still(page).wait_for_function(
        """() => {
          const box = wangge.map.container.getBoundingClientRect();
          for (let y = 300; y < 700; y += 23) for (let x = 300; x < 850; x += 29) {
            const layers = wangge.layers.features(wangge.map.toLonLat([x, y]), 24).map(({ layer }) => layer);
            if (layers.includes("compound") && !layers.includes("sites")) return [box.left + x, box.top + y];
          }
          return null;
        }""",
        polling=100,
    )
    x, y = found.json_value()
    return x, y


def rings(page):
    """The drawn shapes of the circle (paths with a fill)."""
    return page.locator("path.leaflet-interactive, .leaflet-shapes-pane path")


@SIZES
@LANGUAGES
def test_reads_who_walks_to_a_site(open_page, account_of, size, language):
    site = centre(2)
    page = open_page("/?room=services", size=size, language=language, account=account_of("planner"))
    name = site.name_en if language == "en" else site.name_zh
    page.get_by_role("link", name=name).click()
    headline = page.locator("#panel .big")
    expect(headline).to_have_text(re.compile(WORDS[language]["share"]))
    expect(page).to_have_url(re.compile(rf"site={site.pk}"))
    expect(rings(page)).to_have_count(3)
    before = headline.inner_text()
    page.get_by_role("radio", name=WORDS[language]["old"]).click()
    expect(page).to_have_url(re.compile("pace=old_person"))
    expect(page.locator("#panel")).to_contain_text("3.2 km/h")
    page.go_back()
    expect(page.locator("#panel")).to_contain_text("4.0 km/h")
    expect(headline).to_have_text(before)
    # What the panel says is what the door says.
    told = page.request.get(f"/api/circles?site={site.pk}").json()
    last = told["rings"]["features"][-1]["properties"]
    assert f"{round(100 * last['residents'] / told['basis']['residents'])}%" in before
    grids = " · ".join(f"{ring['properties']['grids']:,}" for ring in told["rings"]["features"])
    expect(page.locator("#panel")).to_contain_text(grids)
    homes = [ring["properties"]["households"] for ring in told["rings"]["features"]]
    assert homes[-1] > 100, "the sample town says in how many households people live"
    each = " · ".join(count if isinstance(count, str) else f"{count:,}" for count in homes)
    expect(page.locator("#panel")).to_contain_text(each)
    # and what the file says that it offers
    file = page.request.get(page.locator("#panel a[href*='/api/circles/file.csv']").get_attribute("href"))
    table = list(csv.DictReader(io.StringIO(file.body().decode("utf-8-sig"))))
    rows = [row for row in table if row["what"] == "ring"]
    assert [row["id"] for row in table[len(rows) :]] == [str(gap["id"]) for gap in told["gaps"]]
    asked = [(ring["properties"]["residents"], ring["properties"]["grids"]) for ring in told["rings"]["features"]]
    assert [(row["residents"], row["grids"]) for row in rows] == [(str(here), str(grid)) for here, grid in asked]
    assert {row["site_id"] for row in rows} == {str(site.pk)}
    expect(page.locator("#panel a[href*='/api/circles/file.']")).to_have_count(4)
    said = "Every file also tells who is not reached." if language == "en" else "每种文件里也写着够不到的地方。"
    expect(page.locator("#panel")).to_contain_text(said)


@LANGUAGES
def test_presses_any_place_and_drags_the_pin(open_page, account_of, language):
    page = open_page("/?room=services", language=language, account=account_of("planner"))
    page.locator("html[data-ready=true]").wait_for()
    expect(page.locator("#panel .list").first).to_be_visible()
    page.mouse.click(*free_spot(page))
    expect(page).to_have_url(re.compile(r"from=\d"))
    expect(page.locator("#panel .big")).to_have_text(re.compile("15"))
    expect(rings(page)).to_have_count(3)
    first = still(page).url
    pin = page.locator(".pin-box")
    still(page)
    box = pin.bounding_box()
    page.mouse.move(box["x"] + 18, box["y"] + 18)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 40, steps=5)
    page.mouse.up()
    expect(page).not_to_have_url(first)
    expect(page.locator("#panel .big")).to_have_text(re.compile("15"))


def test_sees_what_another_spot_would_change(open_page, account_of):
    site = centre(1)
    page = open_page(f"/?room=services&site={site.pk}", account=account_of("planner"))
    page.get_by_role("button", name="开始").click()
    expect(page).to_have_url(re.compile(f"instead={site.pk}"))
    expect(page.locator("#panel")).to_contain_text("没有变化")
    page.get_by_role("button", name="回到原来的位置").click()
    expect(page).to_have_url(re.compile(rf"site={site.pk}"))


@SIZES
@LANGUAGES
def test_without_sign_in_the_shapes_are_shown_and_no_residents(open_page, size, language):
    page = open_page(f"/?room=services&site={centre().pk}", size=size, language=language)
    expect(page.locator("#panel")).to_contain_text(WORDS[language]["hidden"])
    expect(rings(page)).to_have_count(3)
    told = page.request.get(f"/api/circles?site={centre().pk}").json()
    assert {feature["properties"]["residents"] for feature in told["rings"]["features"]} == {None}
    assert not page.evaluate("wangge.layers.shown('public_tickets')"), "public matters cover no circle"


def test_a_place_far_from_streets_is_told_with_a_way_out(open_page, complaints):
    complaints.allow("422")
    page = open_page("/?room=services&from=10.5,50.5")
    expect(page.get_by_role("alert")).to_contain_text("500 米内没有已知的街道")
    page.get_by_role("button", name="另选一处").click()
    expect(page.locator("#panel .list").first).to_be_visible()


def test_by_keyboard_alone(open_page, account_of):
    page = open_page("/?room=services", account=account_of("planner"))
    page.locator("#panel .list a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .big")).to_have_text(re.compile("%"))
    page.keyboard.press("Escape")
    expect(page.locator("#panel .list").first).to_be_visible()


def test_tickets_step_back_meanwhile_and_return(open_page, account_of):
    page = open_page("/?room=services", account=account_of("planner"))
    expect(page).to_have_url(re.compile("off=.*tickets"))
    page.reload()
    page.locator("html[data-ready=true]").wait_for()
    page.locator("#rail button[data-room=map]").click()
    expect(page).not_to_have_url(re.compile("tickets"))


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-hans"), (PHONE, "en")], ids=["desktop-zh", "phone-en"])
def test_reads_coverage_of_the_whole_place(open_page, account_of, size, language):
    page = open_page("/?room=services", size=size, language=language, account=account_of("planner"))
    words = WHOLE[language]
    page.get_by_role("button", name=words["open"]).click()
    expect(page).to_have_url(re.compile("view=coverage"))
    panel = page.locator("#panel")
    told = page.request.get("/api/coverage").json()
    expect(page.locator("#panel .big")).to_contain_text(f"{round(100 * told['area']['share'][2])}%")
    expect(panel).to_contain_text(told["network"]["version"])
    expect(panel.locator("table.shares tbody tr")).to_have_count(10)
    expect(panel).to_contain_text(" · ".join(f"{count:,}" for count in told["area"]["households_within"]))
    expect(panel.locator("table.shares thead")).to_contain_text(words["households"])
    assert page.evaluate("wangge.layers.shaded()") == "community"
    # another ring, a level of the standard, another tier: figures and colours follow
    panel.get_by_role("radio", name=words["five"], exact=True).click()
    expect(page).to_have_url(re.compile("show=5"))
    expect(page.locator("#panel .big")).to_contain_text(f"{round(100 * told['area']['share'][0])}%")
    panel.get_by_role("radio", name=words["level"], exact=True).click()
    expect(page.locator("#panel .big")).to_contain_text(f"{round(100 * told['area']['levels_share'][0])}%")
    panel.get_by_role("radio", name=re.compile(words["compound"])).click()
    expect(page).to_have_url(re.compile("tier=compound"))
    expect(panel.locator("table.shares tbody tr")).to_have_count(83)
    # into an area and up again
    panel.locator("table.shares button").first.click()
    expect(page).to_have_url(re.compile("of="))
    panel.get_by_role("button", name=words["up"]).click()
    expect(panel.locator(".gap").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("of="))
    with page.expect_download() as taken:
        panel.get_by_role("link", name="CSV").click()
    assert taken.value.suggested_filename.endswith(".csv")
    with page.expect_popup() as opened:
        panel.get_by_role("link", name=words["print"]).click()
    expect(opened.value.locator("h1")).to_contain_text(words["paper"])
    expect(opened.value.locator("figure > svg.drawing")).to_be_visible()
    expect(opened.value.locator("thead", has_text=words["households"].capitalize()).first).to_be_visible()
    expect(opened.value.get_by_role("button", name=words["press"])).to_be_visible()
    assert opened.value.locator(".drawing .site").count() == opened.value.locator("ol.sites li").count()
    assert opened.value.evaluate("document.documentElement.scrollWidth") <= size["width"], "tables move by themselves"
    # at another hour: only sites that are open by then
    hour = page.request.get("/api/coverage?hours=sun-15:00").json()
    panel.get_by_role("radio", name=words["sunday"]).click()
    expect(page).to_have_url(re.compile("hours=sun-15"))
    expect(panel).to_contain_text(words["closed"] if hour["sites"]["closed"] else words["all open"])


WHOLE = {
    "zh-hans": {
        "open": "看全域服务覆盖",
        "five": "5 分钟",
        "level": "五分钟生活圈",
        "compound": "小区",
        "households": "户数",
        "up": "回到",
        "print": "打印页",
        "paper": "服务覆盖",
        "press": "打印",
        "sunday": "周日 15:00",
        "closed": "个服务点不开放，不计入",
        "all open": "届时服务点全部开放",
    },
    "en": {
        "open": "Coverage of the whole place",
        "five": "5 minutes",
        "level": "5-minute circle",
        "compound": "Compound",
        "households": "households",
        "up": "Up to",
        "print": "Page to print",
        "paper": "Service coverage",
        "press": "Print",
        "sunday": "Sunday 15:00",
        "closed": "closed by then",
        "all open": "Every site is open by then",
    },
}


def test_the_circle_and_the_figures_follow_a_dragged_pin(open_page, account_of):
    page = open_page("/?room=services&from=110.3075,35.7652&hours=sun-03:00", account=account_of("planner"))
    changed = page.locator("#what-if")
    expect(changed).to_contain_text("→")
    expect(changed).to_contain_text("周日 03:00")
    expect(changed).to_contain_text("个服务点不开放，不计入")  # those that do not count at that hour
    file = page.locator("#panel a[href*='/api/circles/file.csv']").get_attribute("href")
    row = next(csv.DictReader(io.StringIO(page.request.get(file).body().decode("utf-8-sig"))))
    assert row["opening_hours"] == "sun-03:00"
    assert f"{row['sites_closed']} 个服务点不开放" in changed.inner_text()
    expect(rings(page)).to_have_count(3)
    pin = page.locator(".pin-box")
    still(page)
    box = pin.bounding_box()
    page.mouse.move(box["x"] + 18, box["y"] + 18)
    page.mouse.down()
    before = changed.inner_text()
    with page.expect_response(lambda answer: "what-if" in answer.url and "shapes=true" in answer.url):
        page.mouse.move(box["x"] + 18, box["y"] + 258, steps=6)
    expect(changed).not_to_have_text(before)
    expect(page).to_have_url(re.compile("from=110.3075"))
    page.mouse.up()
    expect(page).not_to_have_url(re.compile(r"from=110\.3075"))
    expect(rings(page)).to_have_count(3)
    # with every gate open nobody walks farther
    panel = page.locator("#panel")
    panel.get_by_role("radio", name="出入口全开").click()
    expect(page).to_have_url(re.compile("gates=open"))
    expect(panel).to_contain_text("出入口全开")
    expect(page.locator("#panel .big")).to_be_visible()
