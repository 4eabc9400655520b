"""A site manager puts hours and rooms right; the administrator adds a station and brings more in from a file."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, still
from tests.browser.test_visitor_looks_at_the_map import ready, serious


@pytest.fixture
def centre(account_of):
    """The centre that the demo site manager answers for."""
    from grids.models import Appointment
    from layers.sites.models import Site

    area = Appointment.objects.get(role="site_manager", person__account=account_of("site_manager")).area_id
    return Site.objects.get(area=area, kind__code="community_centre")


def test_hours_and_rooms_are_put_right(open_page, account_of, centre, complaints):
    from layers.sites.models import FormerSite

    page = ready(open_page(f"/?site={centre.pk}", account=account_of("site_manager")))
    panel = page.locator("#panel")
    expect(panel.get_by_text("便民服务厅")).to_be_visible()
    panel.get_by_text("居住情况证明").press("Enter")
    expect(panel.get_by_text("本社区居民").first).to_be_visible()
    assert serious(page) == []
    panel.get_by_role("button", name="编辑").press("Enter")
    monday = panel.get_by_label("周一", exact=True)
    monday.fill("18:00-08:30")
    complaints.allow("422")
    panel.get_by_role("button", name="保存").press("Enter")
    expect(panel.get_by_text("结束早于开始").first).to_be_visible()
    monday.fill("9:00-17:00")
    panel.get_by_role("button", name="添加房间").press("Enter")
    panel.get_by_label("房间名称").last.fill("棋牌室")
    panel.get_by_label("容纳人数").last.fill("16")
    assert serious(page) == []
    panel.get_by_role("button", name="保存").press("Enter")
    expect(panel.get_by_text("棋牌室")).to_be_visible()
    expect(panel.get_by_text("09:00–17:00").first).to_be_visible()
    centre.refresh_from_db()
    assert centre.hours["mon"] == [["09:00", "17:00"]]
    assert FormerSite.objects.get(site=centre).hours["mon"] != centre.hours["mon"]

    # hours that nobody told are neither open nor closed: said in the form, in the panel, on the map and in the legend
    panel.get_by_role("button", name="编辑").press("Enter")
    expect(panel.get_by_label("周一", exact=True)).to_have_value("09:00-17:00")
    expect(panel.get_by_text("七天都留空")).to_have_count(0)
    for field in panel.locator("input.hours, textarea[name=exceptions]").all():
        field.fill("")
    expect(panel.get_by_text("七天都留空")).to_be_visible()
    panel.get_by_role("button", name="保存").press("Enter")
    expect(panel.get_by_text("开放时间未知", exact=True)).to_be_visible()
    expect(panel.get_by_text("还没有人登记开放时间。")).to_be_visible()
    expect(panel.get_by_text("不开放")).to_have_count(0)
    drawn = """([at, open]) => wangge.layers.features(at, 12).some((one) => one.layer === "sites"
      && (one.properties.open ?? null) === open)"""
    where = list(centre.geometry.coords)
    still(page).wait_for_function(drawn, arg=[where, None], polling=100)
    expect(page.get_by_text("问号＝开放时间未知")).to_be_visible()
    assert serious(page) == []
    # a place that never opens is known to be closed
    panel.get_by_role("button", name="编辑").press("Enter")
    panel.get_by_label("周一", exact=True).fill("休息")
    expect(panel.get_by_text("七天都留空")).to_have_count(0)
    panel.get_by_role("button", name="保存").press("Enter")
    expect(panel.get_by_text("现在不开放", exact=True)).to_be_visible()
    still(page).wait_for_function(drawn, arg=[where, False], polling=100)
    centre.refresh_from_db()
    assert centre.hours == {"mon": []}


def test_sites_are_added_and_brought_in_from_a_phone_in_english(
    open_page, account_of, jobs_done, centre, complaints, tmp_path
):
    from layers.sites.models import Site

    near = f"{centre.geometry.x + 0.0005:.6f},{centre.geometry.y:.6f}"
    path = tmp_path / "sites.csv"
    path.write_text(f"name,lon,lat,hours\nOne,{near},Mo-Fr 09:00-17:00\nTwo,{near},Mo 18:00-08:00\nSea,0,0,\n")
    page = ready(open_page(f"/?room=data&at={near},17", size=PHONE, language="en", account=account_of("administrator")))
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Import service sites from a file").press("Enter")
    page.locator("input[name=file]").set_input_files(path)
    assert serious(page) == []
    page.locator(".foot .primary").press("Enter")
    expect(panel.get_by_text("1 new site", exact=True)).to_be_visible()
    expect(page.locator(".leaflet-shapes-pane path")).to_have_count(1)  # where it would stand
    expect(panel).to_contain_text("Line 3 Monday: 18:00–08:00 ends before it begins.")
    expect(panel).to_contain_text("Line 4 This place lies in no area of the map.")
    assert serious(page) == []
    for box in panel.locator(".caution input").all():
        box.check()
    page.locator(".foot .primary").press("Enter")
    expect(panel.get_by_text("1 site was added.")).to_be_visible()
    assert Site.objects.filter(name_zh="One").count() == 1
    panel.get_by_role("button", name="Done").press("Enter")

    complaints.allow("409")
    panel.get_by_role("button", name="Add a service site").press("Enter")
    expect(panel.get_by_text("Press the map where the site stands.")).to_be_visible()
    box = page.locator(".leaflet-container").bounding_box()
    page.touchscreen.tap(box["x"] + 200, box["y"] + 150)
    expect(panel.get_by_text("Press the map where the site stands.")).to_have_count(0)
    expect(panel.get_by_text("All days are empty")).to_have_count(1)
    panel.get_by_label("Chinese name").fill("新驿站")
    assert serious(page) == []
    panel.get_by_role("button", name="Add the site").press("Enter")
    added = panel.get_by_role("heading", name="新驿站")
    agree = panel.locator(".caution input")
    expect(added.or_(agree)).to_be_visible()
    if agree.count():
        agree.check()
        panel.get_by_role("button", name="Add the site").press("Enter")
    expect(added).to_be_visible()
    assert Site.objects.filter(name_zh="新驿站").count() == 1
    expect(panel.get_by_text("hours not known", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
