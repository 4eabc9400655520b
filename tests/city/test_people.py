"""What people do in a town, they do in a prefecture: the same browser tests, at the size of 89,000 grids."""

import re

from playwright.sync_api import Page, expect

from tests.browser.test_chief_draws_a_building import (  # noqa: F401 - run here by their names
    ground,
    test_a_chief_draws_is_warned_saves_corrects_and_looks_back,
    test_another_compounds_chief_is_refused_by_page_and_api,
    test_somebody_else_was_faster_and_the_chief_chooses,
    test_the_same_on_a_phone_in_english,
)
from tests.browser.test_visitor_looks_at_the_map import (  # noqa: F401
    ready,
    test_a_past_moment_tints_the_bar_and_is_read_only,
    test_axe_finds_nothing_serious,
    test_the_address_opens_the_same_view_again,
    test_the_map_is_drawn_from_our_own_data,
)


def test_an_administrator_fills_a_vacancy_of_a_thousand(open_page, account_of) -> None:
    page = open_page("/?room=roster&view=vacant", account=account_of("administrator"))
    count = page.locator("#roster-count")
    expect(count).to_be_visible()
    before = [int(words.replace(",", "")) for words in re.findall(r"[\d,]+", count.inner_text())]
    assert before[1] > 500
    page.locator("#roster-list button").first.click()
    page.get_by_label("由谁担任").fill("王一新")
    page.locator("#panel .foot button").click()
    expect(count).to_contain_text(f"{before[1] - 1}")


def test_a_community_is_found_by_its_name_and_opens(desktop: Page) -> None:
    page = ready(desktop)
    found = page.evaluate("async () => (await fetch('/api/atlas/search?q=' + encodeURIComponent('社区'))).json()")
    name = next(result for result in found["results"] if result["kind"] == "area")["name_zh"]
    page.keyboard.press("/")
    page.keyboard.type(name)
    expect(page.get_by_role("option").first).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(page.locator("#panel h1")).to_have_text(name)
