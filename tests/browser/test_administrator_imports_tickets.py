"""An administrator brings in another system's tickets: says what is what, looks, gives strange words a category."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_visitor_looks_at_the_map import ready, serious

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "examples" / "tickets.csv"


def test_a_table_of_another_system_comes_in_from_a_phone_in_english(
    open_page, account_of, jobs_done, complaints
) -> None:
    from layers.tickets.models import Ticket

    complaints.allow("422")
    before = Ticket.objects.count()
    page = open_page("/?room=data", size=PHONE, language="en", account=account_of("administrator"))
    ready(page)
    page.get_by_role("button", name="Import tickets from a file").click()
    go = page.locator(".foot .primary")
    expect(go).to_be_disabled()
    page.locator("input[name=file]").set_input_files(EXAMPLE)
    expect(page.get_by_text("tickets.csv · 1 KB")).to_be_visible()
    assert serious(page) == []
    go.press("Enter")
    expect(page.get_by_role("columnheader", name="工单编号")).to_be_visible()
    expect(page.locator("select[name='column.number']")).to_have_value("工单编号")
    assert serious(page) == []
    go.press("Enter")
    expect(page.locator("[data-field=datum]")).to_contain_text("datum")  # not said, and never guessed
    page.locator("select[name=datum]").select_option("wgs84")
    page.locator("input[name=source]").fill("hotline")
    page.get_by_role("button", name="Check", exact=True).press("Enter")
    expect(page.get_by_text("8 tickets would be stored.")).to_be_visible()
    for words in ("Line 9 no position", "Line 12", "夜里狗叫"):
        expect(page.locator("#panel")).to_contain_text(words)
    assert serious(page) == []
    with page.expect_download() as taken:
        page.get_by_role("link", name="Fetch the rows that are left out").press("Enter")
    assert taken.value.path().read_text(encoding="utf-8-sig").count("\n") == 5
    checked = page.url
    page.reload()
    expect(page.get_by_text("8 tickets would be stored.")).to_be_visible()
    expect(page).to_have_url(checked)
    page.get_by_role("button", name="Say which they are").press("Enter")
    page.locator("select[name='word.夜里狗叫']").select_option("noise")
    assert serious(page) == []
    page.get_by_role("button", name="Check", exact=True).press("Enter")
    expect(page.get_by_text("9 tickets would be stored.")).to_be_visible()
    assert Ticket.objects.count() == before
    page.get_by_role("button", name="Import 9 tickets").press("Enter")
    expect(page.get_by_text("9 tickets are stored.")).to_be_visible()
    assert serious(page) == []
    assert Ticket.objects.filter(external_source="hotline", category__code="noise", text="楼下夜里狗叫不停").exists()
    page.get_by_role("button", name="Done").press("Enter")  # an administrator has no room of tickets to go to
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()


def test_what_is_no_table_is_told_and_the_next_file_can_be_chosen(open_page, account_of, jobs_done, tmp_path) -> None:
    path = tmp_path / "照片.csv"
    path.write_bytes(b"\x89PNG\x00" + bytes(5000))
    page = open_page("/?room=data&task=tickets", size=DESKTOP, account=account_of("administrator"))
    ready(page)
    page.locator("input[name=file]").set_input_files(path)
    page.get_by_role("button", name="读取文件").press("Enter")
    expect(page.locator(".problem")).to_contain_text("照片.csv")
    page.locator("input[name=file]").set_input_files(EXAMPLE)
    page.get_by_role("button", name="读取文件").press("Enter")
    expect(page.get_by_role("columnheader", name="工单编号")).to_be_visible()
    page.get_by_role("button", name="换一个文件").press("Enter")
    expect(page.locator("input[name=file]")).to_be_attached()
