"""A planner reads a real city: Porto Alegre with 812,935 people at 1,227 places, 15,886 streets and 15 sites."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, press, ready, still
from tests.browser.test_visitor_looks_at_the_map import serious

pytestmark = [pytest.mark.reads, pytest.mark.xdist_group("porto alegre")]
EVERYBODY = 812_935


@pytest.fixture(scope="module")
def town_database(databases, shared_data) -> Iterator[str]:
    """Instead of the sample town: the city by the commands that a person would use: streets, residents, places."""
    streets = shared_data / "osm" / "r5r_porto_alegre.osm.pbf"
    people, places = (shared_data / "population" / f"poa_{name}.csv" for name in ("hexgrid", "points_of_interest"))
    if not all(path.is_file() for path in (streets, people, places)):
        pytest.skip("no Porto Alegre in the shared data")
    named = ("--name", "阿雷格里港", "--name-en", "Porto Alegre", "--time-zone", "America/Sao_Paulo")
    with databases.place(
        "porto",
        ("import_osm", str(streets), "--commit", *named),
        ("import_population", str(people), "--commit"),
        ("import_sites", str(places), "--agree", "water", "off-network", "--commit"),
        ("demo_accounts",),
    ) as name:
        yield name


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_reads_coverage_and_gaps_presses_a_spot_and_drags_it(open_page, account_of, size):
    page = ready(open_page("/?room=services", size=size, account=account_of("planner")))
    panel = page.locator("#panel")
    expect(panel.locator(".list a")).to_have_count(15)
    page.get_by_role("button", name="看全域服务覆盖").click()
    expect(panel.locator(".gap").first).to_be_visible()
    told = page.request.get("/api/coverage").json()
    shares, everybody = told["area"]["share"], told["area"]["residents"]
    assert abs(everybody - EVERYBODY) < 100, "small figures are replaced"
    assert (told["sites"]["count"], len(told["spots"]) > 1_000) == (15, True)
    expect(panel.locator(".big")).to_have_text(f"{round(100 * shares[2])}% 的居民 15 分钟走得到服务点")
    expect(panel).to_contain_text(f"15 个服务点 · {everybody:,} 名居民")
    expect(page.locator("#legend")).to_contain_text("未覆盖居民")
    panel.get_by_role("radio", name="5 分钟", exact=True).click()
    expect(panel.locator(".big")).to_have_text(f"{round(100 * shares[0])}% 的居民 5 分钟走得到服务点")
    assert serious(page) == []

    # the largest gap, and what a site there would change
    gap = told["gaps"][0]
    first = panel.locator(".gap").first
    expect(first).to_contain_text(f"{gap['residents']:,} 人")
    far = still(page).evaluate("wangge.map.view().zoom")
    first.get_by_role("button").click()
    page.wait_for_function("(zoom) => wangge.map.view().zoom > zoom", arg=far, polling=100)
    panel.get_by_role("button", name="关闭").click()
    expect(panel.locator(".list a")).to_have_count(15)
    press(page, [gap["lon"], gap["lat"]])
    expect(page).to_have_url(re.compile(r"from=-51\.\d+,-30\.\d+"))
    changed = page.locator("#what-if")
    expect(changed).to_contain_text("→")
    expect(page.locator(".leaflet-shapes-pane path")).to_have_count(3)
    expect(changed).to_contain_text(gained(page))
    expect(panel.locator(".big")).to_have_text(re.compile(r"\d+% 的居民 15 分钟走得到"))

    # the pin is dragged: the figures follow, and stand where it is let go
    before, address = changed.inner_text(), still(page).url
    box = page.locator(".pin-box").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    with page.expect_response(lambda answer: "what-if" in answer.url and "shapes=true" in answer.url):
        page.mouse.move(middle[0] + 60, middle[1] + 40, steps=5)
    expect(changed).not_to_have_text(before)
    page.mouse.up()
    expect(page).not_to_have_url(address)
    expect(changed).to_contain_text(gained(page))
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def gained(page) -> str:
    """What the door says that a site at the address's place would gain in fifteen minutes, as the panel words it."""
    lon, lat = re.search(r"from=(-?[\d.]+)(?:,|%2C)(-?[\d.]+)", page.url).groups()
    told = page.request.get(f"/api/coverage/what-if?lon={lon}&lat={lat}").json()
    assert told["residents"]["gained"][2] > 0
    return f"+{told['residents']['gained'][2]:,} 人"
