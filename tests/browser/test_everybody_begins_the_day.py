"""Whoever signs in is shown what needs them, and each line leads to just that; looking at something goes on with it."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.test_visitor_looks_at_the_map import ready, serious

pytestmark = pytest.mark.reads


def count_in(words: str) -> str:
    """The first figure in a sentence."""
    found = re.search(r"\d[\d,]*", words)
    assert found, words
    return found.group()


@pytest.fixture
def busy_account(town):
    """The account of a post for which some ticket waits, whatever day the town was made on."""
    from grids.models import Appointment
    from layers.tickets.models import Ticket

    posts = Appointment.objects.filter(role__in=["front_desk", "chief", "worker"], person__account__isnull=False)
    for post in posts.order_by("pk").select_related("person__account"):
        if Ticket.objects.needing(post.person.account, timezone.now()).exists():
            return post.person.account
    raise AssertionError("in a town with thousands of tickets somebody has one to see to")


@pytest.mark.writes
def test_whoever_signs_in_goes_on_to_what_waits(open_page, busy_account):
    account = busy_account
    account.set_password("right-horse-77")
    account.must_change_password = False
    account.save()
    page = ready(open_page())
    page.get_by_role("link", name="登录").click()
    page.locator("[name=login]").fill(account.username)
    page.locator("[name=password]").fill("right-horse-77")
    page.locator("[name=password]").press("Enter")
    expect(page.locator("#panel h1")).to_have_text("今天")
    waiting = page.locator("#panel a.need").first
    expect(waiting).to_contain_text("件工单等您办理")
    count = count_in(waiting.inner_text())
    assert serious(page) == []
    waiting.click()
    expect(page.locator("#panel h1")).to_have_text("工单")
    expect(page.locator("#panel")).to_contain_text(f"{count} 件")
    page.locator(".brand").click()
    expect(page.locator("#panel h1")).to_have_text("今天")


def test_a_leader_on_a_phone_reads_one_sentence_of_figures_in_english(open_page, account_of):
    page = ready(open_page("/?room=today", size=PHONE, language="en", account=account_of("leader")))
    expect(page.locator("#panel h1")).to_have_text("Today")
    expect(page.locator("#panel .big").first).to_contain_text("ended in a grid")
    expect(page.locator("#panel [aria-busy]")).to_have_count(0)
    assert serious(page) == []
    page.get_by_role("button", name="Tickets of my areas").click()
    expect(page.locator("#panel h1")).to_have_text("Tickets")


def test_a_site_manager_is_led_to_the_own_site_and_its_page(open_page, account_of):
    page = ready(open_page("/?room=today", account=account_of("site_manager")))
    expect(page.locator("#panel a.need").first).to_contain_text("党群服务中心现在")
    page.get_by_role("button", name="看我的服务点").click()
    expect(page.locator("#panel h1")).to_contain_text("党群服务中心")
    title = page.locator("#panel h1").inner_text()
    page.goto(page.get_by_role("link", name="服务点主页").get_attribute("href"))
    expect(page.locator("h1")).to_have_text(title)
    expect(page.get_by_role("img", name="位置图")).to_be_visible()
    assert serious(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_an_account_there_is_no_such_room(desktop):
    desktop.goto("/?room=today")
    ready(desktop)
    expect(desktop.locator("#panel")).to_be_hidden()
