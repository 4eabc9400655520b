"""The map on paper: a sheet with legend, scale, moment, sources and approval number; one page of the paper chosen."""

import re

import pytest
from playwright.sync_api import expect
from pyproj import Geod

from tests.browser.conftest import DESKTOP, PHONE, still
from tests.browser.test_visitor_looks_at_the_map import ready, serious

pytestmark = pytest.mark.reads

SAID = {
    "zh-hans": ["2026年11月1日", "比例尺", "资料来源", "样例数据", "审图号", "GS(2026)0001"],
    "en": ["1 November 2026", "Scale", "Sources", "Sample data", "Approval number", "GS(2026)0001"],
}


@pytest.mark.parametrize(
    ("size", "language", "paper", "points"),
    [(DESKTOP, "zh-hans", "a4-landscape", (842, 595)), (PHONE, "en", "a4-portrait", (595, 842))],
    ids=["desk-zh", "phone-en"],
)
def test_the_sheet_says_what_a_map_must_say(open_page, settings, size, language, paper, points):
    settings.MAP_APPROVAL_NUMBER = "GS(2026)0001"
    address = f"/?print={paper}&at=110.2985,35.7465,16&moment=2026-11-01"
    page = ready(open_page(address, size=size, language=language))
    sheet = page.locator("#stage")
    for words in SAID[language]:
        expect(sheet).to_contain_text(words)
    expect(page.locator("#legend .entry").first).to_be_visible()
    expect(page.locator("#rail")).to_be_hidden()
    told = re.search(r"1 : ([\d,]+)", page.locator(".sheet-facts").inner_text())
    assert told is not None
    assert int(told[1].replace(",", "")) == pytest.approx(metres_per_pixel(page) / (25.4e-3 / 96), rel=0.06)
    assert serious(page) == []
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert [(round(float(wide)), round(float(high))) for wide, high in boxes] == [points]  # one page, of that paper


def metres_per_pixel(page) -> float:
    """On the ground in the middle of the map, by the ellipsoid."""
    left, right = page.evaluate("""() => {
        const { map } = wangge;
        const [x, y] = map.toScreen(map.view().lonlat);
        return [map.toLonLat([x - 50, y]), map.toLonLat([x + 50, y])];
    }""")
    return Geod(ellps="WGS84").inv(*left, *right)[2] / 100


def test_ctrl_p_lays_the_map_on_paper_and_escape_puts_it_back(desktop):
    page = ready(desktop)
    west, _, east, _ = still(page).evaluate("wangge.map.view().bbox")
    page.keyboard.press("Control+p")
    expect(page.get_by_role("button", name="打印或存为 PDF")).to_be_focused()
    title = page.get_by_label("标题")
    expect(title).to_have_value("澄溪县")
    title.fill("网格分布图")
    expect(page.locator(".sheet-title")).to_have_text("网格分布图")
    page.get_by_role("radio", name="A3 纵向").click()
    expect(page).to_have_url(re.compile("print=a3-portrait"))
    box = still(page).evaluate("wangge.map.view().bbox")
    pixel = (box[2] - box[0]) / 1000
    assert box[0] < west + pixel  # nothing that was in sight is cut off
    assert box[2] > east - pixel
    page.keyboard.press("Escape")
    expect(page.locator(".sheet-bar")).to_have_count(0)
    expect(page.locator("#rail")).to_be_visible()
    expect(page).not_to_have_url(re.compile("print="))
    assert still(page).evaluate("[devicePixelRatio, wangge.map.view().zoom % 1]") == [1, 0]
