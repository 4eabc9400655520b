"""A planner in a real quarter of walled blocks, north-west Moscow: inferred gates, compounds, gaps, another spot."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, press, ready, still
from tests.browser.test_visitor_looks_at_the_map import serious

pytestmark = [pytest.mark.reads, pytest.mark.xdist_group("moscow")]
CENTRE = (37.5965, 55.8135)


@pytest.fixture(scope="module")
def town_database(databases, shared_data, tmp_path_factory) -> Iterator[str]:
    """Instead of the sample town: the extract, 200 people in each of its 293 buildings, and one centre."""
    extract = shared_data / "osm" / "gh_moscow.osm.gz"
    if not extract.is_file():
        pytest.skip(f"no {extract}")
    folder = tmp_path_factory.mktemp("moscow")
    people, sites = folder / "people.csv", folder / "sites.csv"
    sites.write_text(f"name,lon,lat,hours\n街心服务中心,{CENTRE[0]},{CENTRE[1]},Mo-Su 08:00-20:00\n", encoding="utf-8")

    def count() -> None:
        from grids.models import Boundary

        codes = Boundary.objects.still().of_tier("building").order_by("code").values_list("code", flat=True)
        people.write_text("code,population\n" + "".join(f"{code},200\n" for code in codes), encoding="utf-8")

    with databases.place(
        "moscow",
        ("import_osm", str(extract), "--commit", "--name", "莫斯科西北", "--time-zone", "Europe/Moscow"),
        count,
        ("import_population", str(people), "--commit"),
        ("import_sites", str(sites), "--kind", "community_centre", "--commit"),
        ("demo_accounts",),
    ) as name:
        yield name


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_reads_gaps_of_compounds_opens_their_gates_and_tries_another_spot(open_page, account_of, size):
    page = ready(open_page("/?room=services&view=coverage&tier=compound", size=size, account=account_of("planner")))
    panel = page.locator("#panel")
    expect(panel.locator("table.shares tbody tr")).to_have_count(18)
    told = page.request.get("/api/coverage?tier=compound").json()
    assert told["area"]["residents"] == 293 * 200
    expect(panel.locator(".big")).to_have_text(f"{round(100 * told['area']['share'][2])}% 的居民 15 分钟走得到服务点")
    expect(panel).to_contain_text("1 个服务点 · 58,600 名居民")
    assert page.evaluate("wangge.layers.shaded()") == "compound"
    gap = told["gaps"][0]
    expect(panel.locator(".gap").first).to_contain_text(f"{gap['residents']:,} 人")
    assert serious(page) == []

    # the centre: who walks there, what is inferred, and with every gate open
    panel.get_by_role("button", name="关闭").click()
    panel.get_by_role("link", name="街心服务中心").click()
    headline = panel.locator(".big")
    expect(headline).to_have_text(re.compile(r"\d+% 的居民 15 分钟走得到"))
    expect(panel).to_contain_text("个出入口是推断的")
    expect(panel).to_contain_text("不知道有没有围墙")
    expect(page.locator(".leaflet-shapes-pane path")).not_to_have_count(0)
    panel.get_by_role("radio", name="出入口全开").click()
    expect(page).to_have_url(re.compile("gates=open"))
    expect(panel).to_contain_text("出入口全开")
    panel.get_by_role("radio", name="按现有出入口").click()
    expect(page).not_to_have_url(re.compile("gates=open"))

    # the same centre in the middle of the largest gap
    panel.get_by_role("button", name="开始").click()
    expect(page).to_have_url(re.compile("instead="))
    expect(panel).to_contain_text("没有变化")
    press(page, [gap["lon"], gap["lat"]])
    expect(page.locator("#what-if")).to_contain_text("→")
    expect(page.locator(".pin-box")).to_have_count(1)
    assert serious(page) == []
    assert still(page).evaluate("document.documentElement.scrollWidth") <= size["width"]
