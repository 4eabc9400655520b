"""Somebody finds a place in the search box: by pinyin, path, post and coordinates, by keyboard and under an IME."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import still, until
from tests.browser.test_visitor_looks_at_the_map import ready, serious

pytestmark = pytest.mark.reads

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}


def box(page: Page):
    return page.locator("#search input")


def options(page: Page):
    return page.locator("#search-results [role=option]")


def distance_m(page: Page, lonlat: list[float]) -> float:
    """Metres between the middle of the map and a place, roughly."""
    lon, lat = page.evaluate("wangge.map.middle()")
    return 111_000 * (((lon - lonlat[0]) * 0.82) ** 2 + (lat - lonlat[1]) ** 2) ** 0.5


@pytest.mark.parametrize(("language", "size"), [("zh-hans", DESKTOP), ("en", PHONE)])
def test_a_community_is_found_by_pinyin_with_the_keyboard_alone(open_page, language, size):
    page = ready(open_page(language=language, size=size))
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("gutashequ")
    expect(options(page).first).to_contain_text("Guta" if language == "en" else "古塔社区")
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", "result-0")
    assert not serious(page)
    page.keyboard.press("Enter")
    expect(page.locator("#panel h1")).to_contain_text("Guta Community" if language == "en" else "古塔社区")
    expect(page).to_have_url(re.compile(r"area="))
    expect(page.locator("#search-results")).to_be_hidden()


def test_arrows_go_round_and_escape_steps_back(desktop):
    page = ready(desktop)
    page.keyboard.press("/")
    page.keyboard.type("家属院")
    expect(options(page).nth(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(box(page)).to_have_attribute("aria-activedescendant", "result-1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    last = options(page).count() - 1
    expect(box(page)).to_have_attribute("aria-activedescendant", f"result-{last}")
    page.keyboard.press("Escape")
    expect(page.locator("#search-results")).to_be_hidden()
    expect(box(page)).to_have_value("家属院")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#search-results")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(box(page)).to_have_value("")
    page.keyboard.press("Escape")
    expect(box(page)).not_to_be_focused()


def test_under_an_ime_nothing_is_asked_until_the_words_stand(desktop):
    page = ready(desktop)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/atlas/search" in request.url else None)
    box(page).click()
    session = page.context.new_cdp_session(page)
    for letters in ("g", "gu", "guta"):
        session.send(
            "Input.imeSetComposition", {"text": letters, "selectionStart": len(letters), "selectionEnd": len(letters)}
        )
    expect(box(page)).to_have_value("guta")
    page.evaluate("() => new Promise((go) => setTimeout(go, 400))")  # longer than the box waits
    assert asked == []
    # the Enter that takes a word from the IME is not an Enter of the box
    page.evaluate(
        "() => document.querySelector('#search input').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true}))"
    )
    assert asked == []
    session.send("Input.insertText", {"text": "古塔"})
    expect(options(page).first).to_contain_text("古塔社区")
    assert len(asked) == 1


def test_a_building_is_found_by_the_names_in_a_row(desktop):
    page = ready(desktop)
    found = page.evaluate("async () => (await (await fetch('/api/atlas/search?q=3号楼')).json()).results")
    path = found[0]["hint"].split(" · ")[0].split(" › ")[-1]
    box(page).fill(f"{path}3号楼")
    expect(options(page).first).to_contain_text("3号楼")
    expect(options(page).first).to_contain_text(path)
    options(page).first.click()
    expect(page.locator("#panel h1")).to_have_text("3号楼")
    until(page, "wangge.map.view().zoom >= 17")
    page.go_back()
    expect(page.locator("#panel")).to_be_hidden()


def test_a_post_is_found_and_its_holder_told_to_offices_only(open_page, account_of):
    visitor = ready(open_page())
    box(visitor).fill("古塔社区受理台")
    expect(options(visitor).first).to_contain_text("古塔社区受理台")
    from grids.models import Appointment

    post = Appointment.objects.filter(post_zh="古塔社区受理台", person__isnull=False).select_related("person").first()
    assert post.person.name_zh not in options(visitor).first.inner_text()
    box(visitor).fill(post.person.name_zh)
    expect(visitor.locator("#search-results .none")).to_be_visible()
    staff = ready(open_page(account=account_of("front_desk")))
    box(staff).fill(post.person.name_zh)
    expect(options(staff).first).to_contain_text(post.person.name_zh)
    staff.keyboard.press("Enter")
    expect(staff.locator("#panel h1")).to_be_visible()


@pytest.mark.parametrize(("language", "size"), [("zh-hans", PHONE), ("en", DESKTOP)])
def test_coordinates_lead_to_the_place_and_tell_whose_ground_it_is(open_page, language, size):
    page = ready(open_page(language=language, size=size, motion=True))
    area = page.evaluate(
        "async () => (await (await fetch('/api/atlas/search?q=家属院')).json()).results.find((r) => r.kind === 'area')"
    )
    west, south, east, north = area["bbox"]
    lonlat = [round((west + east) / 2, 6), round((south + north) / 2, 6)]
    box(page).fill(f"{lonlat[1]}N {lonlat[0]}E")
    expect(options(page).first).to_contain_text(f"{lonlat[0]:.6f}, {lonlat[1]:.6f}")
    expect(options(page).first).to_contain_text("WGS 84")
    box(page).press("Enter")
    until(page, "wangge.map.view().zoom >= 18")
    expect(page.locator("#panel h1")).to_be_visible()
    assert distance_m(still(page), lonlat) < 250, "the map stays at the place, however wide its ground"
    box(page).fill("512345.6 3889123.4")
    expect(options(page).first).to_have_attribute("aria-disabled", "true")
    expect(options(page).first).to_contain_text("EPSG")
    assert not serious(page)


def test_nothing_found_says_what_to_try(desktop):
    page = ready(desktop)
    box(page).fill("没有这样的地方")
    expect(page.locator("#search-results .none")).to_contain_text("没有这样的地方")
    assert not serious(page)
