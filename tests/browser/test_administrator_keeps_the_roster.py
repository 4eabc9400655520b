"""An administrator appoints, gives a sign-in, hands over and ends; the map shows what is vacant; a file is taken in."""

import re
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from .conftest import DESKTOP, PHONE
from .test_visitor_looks_at_the_map import ready, serious

NEW = "王一新长句子密码"


def roster(open_page, account_of, path: str = "/?room=roster", **how) -> Page:
    page = ready(open_page(path, account=account_of("administrator"), **how))
    expect(page.locator("#roster-count")).to_be_visible()
    return page


def vacancies(page: Page) -> int:
    """What the headline counts."""
    words = page.locator("#roster-count").inner_text()
    return int(re.findall(r"\d+", words)[1])


def test_an_administrator_appoints_and_the_new_chief_signs_in_and_loses_it_again(
    open_page, account_of, complaints
) -> None:
    complaints.allow("401|403|422")
    page = roster(open_page, account_of, "/?room=roster&view=vacant")
    before = vacancies(page)
    assert before == 7
    first = page.locator("#roster-list button").first
    post = first.locator("b").inner_text()
    first.click()
    expect(page.get_by_label("岗位名称")).to_have_value(post)
    page.locator("#panel .foot button").click()
    expect(page.locator("[data-field=holder] .field-error, #panel .problem").first).to_be_visible()
    page.get_by_label("由谁担任").fill("王一新")
    page.locator("#panel .foot button").click()
    expect(page.locator("#roster-count")).to_contain_text(f"网格长空缺 {before - 1} 岗")

    page.goto("/?room=roster&q=王一新")
    page.locator("#roster-list button").first.click()
    page.get_by_role("button", name="开通账号…").click()
    page.get_by_label("用户名").fill("wangyixin")
    page.get_by_label("用户名").press("Enter")
    password = page.locator("#one-time").inner_text()

    other = open_page("/accounts/login/")
    other.fill("[name=login]", "wangyixin")
    other.fill("[name=password]", password)
    other.press("[name=password]", "Enter")
    expect(other.locator("h1")).to_have_text("请设置自己的密码")
    other.fill("[name=old]", password)
    other.fill("[name=new]", NEW)
    other.fill("[name=again]", NEW + "错")
    other.press("[name=again]", "Enter")
    expect(other.locator("#id_again-error")).to_be_visible()
    other.fill("[name=old]", password)
    other.fill("[name=new]", NEW)
    other.fill("[name=again]", NEW)
    other.press("[name=again]", "Enter")
    ready(other)
    assert "area.draw" in other.evaluate("wangge.session.may")

    page.get_by_role("button", name="完成").click()
    page.get_by_role("button", name="结束任职…").click()
    page.get_by_label("原因").fill("调岗")
    page.locator("#panel .foot button").click()
    expect(page.locator("#panel")).to_contain_text("已结束")
    other.reload()
    assert "area.draw" not in ready(other).evaluate("wangge.session.may")
    page.goto("/?room=roster")
    expect(page.locator("#roster-count")).to_contain_text(f"网格长空缺 {before} 岗")


def test_a_post_is_handed_over_by_keyboard_on_a_phone_in_english(open_page, account_of) -> None:
    page = roster(open_page, account_of, size=PHONE, language="en")
    search = page.get_by_label("Find in the roster")
    search.focus()
    page.keyboard.type("网格员")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q="))
    first = page.locator("#roster-list button").first
    expect(first).to_contain_text("Grid worker")
    first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Hand over…").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Who")).to_be_focused()
    page.keyboard.type("Li Newly")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("ended")
    assert serious(page) == []


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-hans"), (PHONE, "en")])
def test_axe_finds_nothing_serious_in_list_form_holder_and_account(open_page, account_of, size, language) -> None:
    page = roster(open_page, account_of, size=size, language=language)
    assert serious(page) == []
    page.locator("#panel .foot button").click()
    expect(page.locator("select[name=role] option").first).to_be_attached()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.locator("#roster-list button").nth(2).click()
    expect(page.locator(".post").first).to_be_visible()
    assert serious(page) == []
    for path in ("/accounts/me/", "/accounts/password/"):
        page.goto(path)
        assert serious(page) == []
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_a_file_is_checked_told_by_row_mended_and_stored(open_page, account_of, jobs_done, tmp_path: Path) -> None:
    page = roster(open_page, account_of, "/?room=roster&view=vacant")
    before = vacancies(page)
    code = page.locator("#roster-list button .sub").first.inner_text()
    page.get_by_role("button", name="导入…").click()
    good = (code, "网格长", "周一行")
    for rows, fault in (([good, ("nowhere", "网格员", "吴二行")], True), ([good], False)):
        book = Workbook()
        for row in (("网格编码", "职务", "姓名"), *rows):
            book.active.append(row)
        book.save(tmp_path / "名册.xlsx")
        page.set_input_files("input[type=file]", [])
        page.set_input_files("input[type=file]", tmp_path / "名册.xlsx")
        store = page.locator("#panel .foot button")
        if fault:
            expect(page.locator("#roster-faults")).to_contain_text("第 3 行")
            expect(store).to_be_disabled()
    expect(store).to_be_enabled()
    store.click()
    expect(page.locator("#roster-count")).to_contain_text(f"网格长空缺 {before - 1} 岗")


def test_too_many_wrong_passwords_are_told_on_the_page(open_page, account_of) -> None:
    page = open_page("/accounts/login/")
    for _guess in range(11):
        page.fill("[name=login]", account_of("chief").username)
        page.fill("[name=password]", "wrong")
        page.press("[name=password]", "Enter")
        page.wait_for_load_state()
    expect(page.get_by_role("alert")).to_contain_text("请等 15 分钟")
    assert serious(page) == []
