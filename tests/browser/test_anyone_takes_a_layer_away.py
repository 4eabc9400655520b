"""Anybody takes away as a file what the map shows: all of it, or one area; a large one is made by a job."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from layers.atlas import taking
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_visitor_looks_at_the_map import compound, ready, serious

pytestmark = pytest.mark.reads

WORDS = {"zh-hans": ("导出", "内容", "格式", "导出…"), "en": ("Export", "What", "As", "Export…")}


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-hans"), (PHONE, "en")], ids=["desk-zh", "phone-en"])
def test_one_area_as_a_file(open_page, size, language):
    export, what, form, opener = WORDS[language]
    page = ready(open_page(size=size, language=language))
    area = compound(page)
    page.evaluate("(id) => wangge.go('map', {area: id})", area["id"])
    page.locator("#panel").get_by_role("button", name=opener).click()
    box = page.locator(".popover")
    box.get_by_label(what).select_option("areas")
    box.get_by_label(form).select_option("geojson")
    assert serious(page) == []
    with page.expect_download() as download:
        box.get_by_role("button", name=export, exact=True).click()
    assert download.value.suggested_filename.startswith("areas-")
    file = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert file["features"][0]["properties"]["id"] == area["id"]
    assert {feature["properties"]["tier"] for feature in file["features"]} <= {"compound", "building", "unit"}
    expect(box).to_contain_text("kB")


@pytest.mark.writes
def test_a_large_file_is_made_by_a_job(open_page, account_of, jobs_done, complaints, monkeypatch):
    complaints.allow("409")
    monkeypatch.setattr(taking, "MOST_AT_ONCE", 3)
    visitor = ready(open_page("/?room=data"))
    visitor.locator(".take-away").get_by_label("内容").select_option("unit")
    visitor.locator(".take-away").get_by_role("button", name="导出").click()
    expect(visitor.locator(".take-away [role=alert]")).to_contain_text("登录后可由后台任务生成")
    page = ready(open_page("/?room=data", account=account_of("leader")))
    form = page.locator(".take-away")
    form.get_by_label("内容").select_option("unit")
    form.get_by_role("button", name="导出").click()
    link = form.get_by_role("link")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes().startswith(b"SQLite format 3")
