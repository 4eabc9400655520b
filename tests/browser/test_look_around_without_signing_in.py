"""A stranger opens the page: the town is there, in both languages and sizes, and nothing private is."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.reads


@pytest.mark.parametrize(
    ("language", "name", "notice"), [("zh-hans", "网格一张图", "样例数据"), ("en", "Wangge", "Sample data")]
)
def test_the_map_says_what_it_is(open_page, language, name, notice):
    page = open_page(language=language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_text(notice).first).to_be_visible()
    expect(page.locator(".leaflet-container canvas").first).to_be_visible()


def test_the_map_on_a_phone_is_as_wide_as_the_phone(phone):
    expect(phone.locator(".leaflet-container canvas").first).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_link_into_a_closed_room_says_so_and_leads_in(open_page):
    page = open_page("/?room=hotspots", language="en", size={"width": 390, "height": 844})
    told = page.locator("#toasts")
    expect(told).to_contain_text("“Hotspots” opens after signing in.")
    told.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("login.*hotspots"))
