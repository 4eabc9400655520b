"""Help in the page: by ? on a desk, by the menu of a phone; for the room one stands in; Esc closes it alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, still
from tests.browser.test_visitor_looks_at_the_map import ready, serious

pytestmark = pytest.mark.reads


def test_help_speaks_of_every_room_and_leaves_all_as_it_was(open_page, account_of):
    page = ready(open_page("/?room=tickets", account=account_of("chief")))
    expect(page.locator("#panel h1")).to_be_visible()
    before = still(page).url
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="帮助和快捷键")
    expect(dialog.locator("h2")).to_have_text("工单")
    expect(dialog.locator("kbd").filter(has_text="N")).to_be_visible()  # a key of this room
    assert serious(page) == []
    rooms = page.locator("#rail button > span:not(.badge)").all_inner_texts()
    assert dialog.locator(".help-rooms button").all_inner_texts() == rooms
    for room in rooms:
        dialog.get_by_role("button", name=room).click()
        expect(dialog.locator("h2")).to_have_text(room)
        expect(dialog.locator(".help-text h3").nth(2)).to_be_attached()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#panel")).to_be_visible()
    expect(still(page)).to_have_url(before)


def test_a_phone_finds_it_in_the_menu_and_prints_from_there(open_page):
    page = ready(open_page("/", size=PHONE, language="en"))
    page.get_by_role("button", name="Sign in, language, moment").click()
    page.get_by_role("button", name="Help and keys").click()
    dialog = page.get_by_role("dialog", name="Help and keys")
    expect(dialog).to_contain_text("Send somebody this view")
    assert serious(page) == []
    dialog.get_by_role("button", name="Print").click()
    expect(page.locator(".sheet-facts")).to_be_visible()
