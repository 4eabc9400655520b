"""Anybody looks at another day with two presses, is told what has no history, and reads in large text."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_chief_draws_a_building import ready
from tests.browser.test_visitor_looks_at_the_map import serious

pytestmark = pytest.mark.reads


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-hans")], ids=["desk en", "phone zh"])
def test_a_week_ago_is_two_presses_away_and_says_what_is_drawn_as_of_today(open_page, account_of, size, language):
    words = {
        "en": ("A week ago", "as of today", "Moment…", "Back to now"),
        "zh-hans": ("一周前", "按今天", "时刻…", "回到现在"),
    }
    week, today, moment, back = words[language]
    page = ready(open_page("/", size=size, language=language, account=account_of("chief")))
    if size is PHONE:
        page.locator("#account button").click()
        page.locator(".popover .menu button").filter(has_text=moment.rstrip("…")).click()
    else:
        page.locator("#moment").click()
    page.get_by_role("button", name=week).click()
    day = timezone.localdate() - timedelta(days=7)
    expect(page.locator("#past-bar")).to_be_visible()
    expect(page).to_have_url(re.compile(f"moment={day.isoformat()}"))
    if size is PHONE:
        page.locator("#legend > button").click()
    expect(page.locator("#legend .today").last).to_contain_text(today)
    assert not serious(page)
    page.locator("#past-bar").get_by_role("button", name=back).click()
    expect(page.locator("#past-bar")).to_be_hidden()
    expect(page.locator("#legend .today")).to_have_count(0)


def test_large_text_stays_large_and_nothing_hides(open_page, account_of):
    page = ready(open_page("/?room=grids", size=PHONE, account=account_of("chief")))
    page.locator("#control-layers").click()
    page.locator("#large-text").check()
    page.keyboard.press("Escape")
    page.reload()
    ready(page)
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "18px"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not serious(page)
