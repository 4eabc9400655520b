"""An owner of an empty place hands in an extract, sees what it becomes, stores it; then anybody sees a real map."""

from collections.abc import Iterator
from math import asinh, pi, radians, tan
from pathlib import Path

import mapbox_vector_tile
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, until
from tests.browser.test_visitor_looks_at_the_map import ready, serious

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "data" / "examples" / "xinglin.osm"


@pytest.fixture(scope="module")
def town_database(databases) -> Iterator[str]:
    """Instead of the sample town: an empty place."""
    with databases.place("empty", ("make_empty_place", "--name", "空地")) as name:
        yield name


@pytest.fixture
def owner(town):
    from gis.accounts.models import Account

    return Account.objects.create_superuser("owner", display_name="系统所有者")


def hand_in(page: Page, path: Path) -> None:
    page.locator("input[name=file]").set_input_files(path)
    page.locator(".foot .primary").press("Enter")
    expect(page.locator("input[name=name_zh]")).to_be_visible()


def drawn(page: Page, group: str, lon: float, lat: float, z: int) -> dict[str, list[dict]]:
    """The features of a tile by layer, as the page gets them."""
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - asinh(tan(radians(lat))) / pi) / 2 * 2**z)
    body = page.request.get(f"/tiles/{group}/{z}/{x}/{y}.mvt").body()
    return {name: layer["features"] for name, layer in mapbox_vector_tile.decode(body).items()}


def test_the_example_is_opened_from_a_phone_in_english(open_page, owner, jobs_done, complaints, tmp_path) -> None:
    from grids.models import Boundary

    page = open_page("/", size=PHONE, language="en", account=owner)
    page.get_by_role("link", name="Open a real place from a file").click()
    expect(page.get_by_role("heading", name="Open a real place")).to_be_visible()
    expect(page.locator(".bare")).to_be_hidden()
    assert serious(page) == []
    offered = page.get_by_text("Or take the example").get_attribute("href")
    assert page.request.get(offered).body() == EXAMPLE.read_bytes()
    broken = tmp_path / "half.osm"
    broken.write_bytes(EXAMPLE.read_bytes()[:9_000])
    page.locator("input[name=file]").set_input_files(broken)
    page.locator(".foot .primary").press("Enter")
    expect(page.locator("#panel .problem")).to_contain_text("half.osm is damaged or cut off")
    hand_in(page, EXAMPLE)
    panel = page.locator("#panel")
    expect(panel).to_contain_text("5 compounds, 44 buildings, 22 streets and paths")
    assert serious(page) == []
    panel.get_by_text("mapped building: across a compound's edge").click()
    expect(panel).to_contain_text("way/1083")
    page.reload()
    expect(panel).to_contain_text("5 compounds")
    page.locator("input[name=time_zone]").fill("Mars/Olympus")
    complaints.allow("422")
    page.get_by_role("button", name="Store this place").click()
    expect(panel).to_contain_text("No time zone is called Mars/Olympus")
    assert not Boundary.objects.exists()
    page.locator("input[name=time_zone]").fill("Asia/Shanghai")
    page.locator("input[name=name_zh]").fill("杏林")
    page.locator("input[name=name_en]").fill("Xinglin")
    page.get_by_role("button", name="Store this place").click()
    page.get_by_role("link", name="Look at the map").click()
    expect(ready(page).locator("body")).to_contain_text("rovisional")
    until(page, "wangge.layers.features(wangge.map.view().lonlat).length > 0")
    assert Boundary.objects.still().of_tier("building").count() == 44


def test_moscow_is_opened_and_shown_with_base_map_gates_and_buildings(
    open_page, owner, jobs_done, shared_data, tmp_path
) -> None:
    path = shared_data / "osm" / "gh_moscow.osm.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    page = open_page("/?room=data", account=owner)
    page.get_by_role("button", name="从文件打开真实地方").click()
    hand_in(page, path)
    panel = page.locator("#panel")
    expect(panel).to_contain_text("18 个小区、293 栋楼")
    expect(page.locator("#legend")).to_contain_text("不成为网格的建筑")
    expect(panel).to_contain_text("楼栋：跨小区边界")
    assert serious(page) == []
    page.locator("input[name=name_zh]").fill("莫斯科西北")
    page.get_by_role("button", name="存入这个地方").click()
    expect(panel).to_contain_text("“莫斯科西北”已存入。")
    page.get_by_role("link", name="看地图").click()
    expect(ready(page).locator("#crumbs")).to_contain_text("莫斯科西北（暂定）")

    lon, lat = 37.595, 55.815
    base, grids = drawn(page, "base", lon, lat, 15), drawn(page, "grids", lon, lat, 15)
    assert {"roads", "footprints", "green", "landuse"} <= set(base)
    assert any(row["properties"].get("name_zh") == "улица Руставели" for row in base["roads"])
    assert len(grids["building"]) > 20
    assert {row["properties"]["status"] for row in grids["gates"]} == {"inferred"}
    for size, language, word in ((DESKTOP, "zh-hans", "推断的出入口"), (PHONE, "en", "Inferred gate")):
        other = ready(open_page(f"/?at={lon},{lat},17", size=size, language=language))
        until(other, "wangge.layers.features(wangge.map.view().lonlat).length > 0")
        if size == PHONE:
            other.locator("#legend button").first.click()
        expect(other.locator("#legend")).to_contain_text(word)
        expect(other.locator(".leaflet-control-attribution").first).to_contain_text("OpenStreetMap")
        assert serious(other) == []
