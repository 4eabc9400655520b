"""Long work in the page: how far it is, stopping it, what was wrong, fetching what it made; in both languages."""

import threading
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from gis.jobs import registry
from gis.jobs.actions import start
from gis.shared.errors import Invalid
from tests.browser.conftest import PHONE
from tests.browser.test_visitor_looks_at_the_map import ready, serious


@pytest.fixture
def gate(monkeypatch):
    """Kinds of job for this test; one counts to three of ten and waits for the gate."""
    gate = threading.Event()

    def count(run):
        for number in range(3, 10):
            run.progress(number, 10, "正在读取", now=True)
            gate.wait(300)  # opened by the test, however slowly the page comes
        run.keep("清单.csv", b"1")

    def refuse(run):
        raise Invalid("第 3 行缺少编码。", code="bad-row")

    monkeypatch.setitem(registry.KINDS, "count", count)
    monkeypatch.setitem(registry.KINDS, "refuse", refuse)
    yield gate
    gate.set()


def begin(kind, account, title):
    return start(kind, job_id=uuid.uuid4(), title=title, actor=account, args={}, now=timezone.now())


def test_a_person_watches_stops_and_fetches(open_page, account_of, gate, jobs_done):
    chief = account_of("chief")
    begin("refuse", chief, "导入一")
    begin("count", chief, "导入二")
    page = ready(open_page("/?room=data", account=chief))
    jobs = page.locator("#panel .jobs")
    expect(jobs.locator("li").filter(has_text="导入一")).to_contain_text("第 3 行缺少编码。")
    running = jobs.locator("li").filter(has_text="导入二")
    expect(running).to_contain_text("正在读取 · 3 / 10（30%）")
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "30")
    assert serious(page) == []
    running.get_by_role("button", name="停止").click()
    expect(running).to_contain_text("正在停止")
    gate.set()
    expect(running).to_contain_text("已停止，没有保存任何内容。")
    expect(running.get_by_role("progressbar")).to_have_count(0)

    begin("count", chief, "导出三")
    phone = ready(open_page("/?room=data", size=PHONE, language="en", account=chief))
    done = phone.locator("#panel .jobs li").filter(has_text="导出三")
    expect(done).to_contain_text("Done")
    with phone.expect_download() as fetched:
        done.get_by_role("link", name="Fetch the file").click()
    assert fetched.value.suggested_filename == "清单.csv"
    assert serious(phone) == []
