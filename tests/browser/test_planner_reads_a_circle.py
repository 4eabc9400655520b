"""A planner presses a site, or any place, and reads who walks there in 5, 10 and 15 minutes."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE

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
    found = page.wait_for_function(
        """() => {
          const box = wangge.map.container.getBoundingClientRect();
          for (let y = 300; y < 700; y += 23) for (let x = 300; x < 850; x += 29) {
            const layers = wangge.layers.features(wangge.map.toLonLat([x, y]), 24).map(({ layer }) => layer);
            if (layers.includes("compound") && !layers.includes("sites")) return [box.left + x, box.top + y];
          }
          return null;
        }"""
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
    expect(page.locator("#panel")).to_contain_text("3.0 km/h")
    page.go_back()
    expect(page.locator("#panel")).to_contain_text("4.0 km/h")
    expect(headline).to_have_text(before)
    # What the panel says is what the door says.
    told = page.request.get(f"/api/circles?site={site.pk}").json()
    last = told["rings"]["features"][-1]["properties"]
    assert f"{round(100 * last['residents'] / told['basis']['residents'])}%" in before
    grids = " · ".join(f"{ring['properties']['grids']:,}" for ring in told["rings"]["features"])
    expect(page.locator("#panel")).to_contain_text(grids)


@LANGUAGES
def test_presses_any_place_and_drags_the_pin(open_page, account_of, language):
    page = open_page("/?room=services", language=language, account=account_of("planner"))
    page.locator("html[data-ready=true]").wait_for()
    expect(page.locator("#panel .list").first).to_be_visible()
    page.mouse.click(*free_spot(page))
    expect(page).to_have_url(re.compile(r"from=\d"))
    expect(page.locator("#panel .big")).to_have_text(re.compile("15"))
    expect(rings(page)).to_have_count(3)
    first = page.url
    pin = page.locator(".pin-box")
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
