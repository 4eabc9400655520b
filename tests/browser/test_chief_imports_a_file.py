"""A chief hands in a file of buildings, sees on the map which rows are wrong, mends it, and stores it as one change."""

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import shapely
from playwright.sync_api import Page, expect

from gis.shared.geometry import to_metres
from tests.browser.conftest import DESKTOP, PHONE, still
from tests.browser.test_chief_draws_a_building import ground, quad, ready
from tests.filing.files import feature, geojson, shapefile

__all__ = ["ground"]
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LOCAL_ZONE = "EPSG:4544"


def house(ground: SimpleNamespace, share: float = 0.4) -> shapely.Polygon:
    """A building on the empty spot of the compound."""
    return shapely.set_precision(shapely.Polygon(quad(ground.spot, ground.room * share)), 1e-8)


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{one['id']}: {one['help']}" for one in found if one["impact"] in {"serious", "critical"}]


def hand_in(page: Page, path: Path) -> None:
    """Choose a file and send it with the keyboard."""
    page.locator("input[name=file]").set_input_files(path)
    expect(page.locator(".foot .primary")).to_be_enabled()
    page.locator(".foot .primary").press("Enter")


def test_wrong_rows_are_shown_on_the_map_and_the_mended_file_is_stored(
    open_page, ground, jobs_done, complaints, tmp_path
) -> None:
    from grids.models import Boundary

    good = feature(house(ground), 编码=f"{ground.code}-X1", 名称="新楼", 层级="楼栋")
    bad = feature(ground.building.shape, 编码=f"{ground.code}-X1", 名称="<b>压住的楼</b>", 层级="楼栋")
    page = ready(open_page("/?room=grids", account=ground.chief))
    page.get_by_role("button", name="从文件导入区域").click()
    hand_in(page, geojson(tmp_path / "新楼.geojson", [good, bad]))
    expect(page.get_by_text("1 行有问题")).to_be_visible()
    expect(page.locator(".row.wrong")).to_have_count(2)
    expect(page.locator("#panel b", has_text="压住的楼")).to_have_count(0)  # a name is text, whatever it holds
    expect(page.get_by_role("button", name="导入 2 个区域")).to_be_disabled()
    before = still(page).url
    page.locator(".row.wrong", has_text="重叠").get_by_role("button", name="定位").click()
    expect(page).not_to_have_url(before)
    report = still(page).url
    page.reload()
    expect(ready(page).get_by_text("1 行有问题")).to_be_visible()

    complaints.allow("404")
    stranger = ready(open_page("/?" + urlsplit(report).query, account=ground.other))
    expect(stranger.get_by_role("heading", name="导入区域")).to_be_visible()
    expect(stranger.get_by_text("1 行有问题")).to_have_count(0)

    page.get_by_role("button", name="换一个文件").click()
    hand_in(page, geojson(tmp_path / "改好.geojson", [good]))
    expect(page.get_by_text("全部相合")).to_be_visible()
    assert not Boundary.objects.filter(code=f"{ground.code}-X1").exists()
    page.get_by_role("button", name="导入 1 个区域").click()
    expect(page.get_by_text("1 个区域已生效。")).to_be_visible()
    stored = Boundary.objects.get(code=f"{ground.code}-X1")
    assert stored.parent_id == ground.compound
    assert shapely.hausdorff_distance(stored.shape, house(ground)) <= 2e-8
    page.goto(f"/?room=grids&area={stored.area_id}")
    expect(page.get_by_role("heading", name="新楼")).to_be_visible()


@pytest.mark.parametrize(("size", "language"), [(PHONE, "en"), (DESKTOP, "zh-hans")], ids=["phone", "desktop"])
def test_what_a_shapefile_does_not_say_is_asked_for(open_page, ground, jobs_done, tmp_path, size, language) -> None:
    english = language == "en"
    flat = to_metres(house(ground), 4544)
    path = shapefile(
        tmp_path / "a.zip", [(flat, {"DM": f"{ground.code}-X2", "MC": "幸福楼"})], crs=4544, encoding="GB18030",
        leave_out=[".prj", ".cpg"],
    )  # fmt: skip
    page = ready(open_page("/?room=grids&task=import", size=size, language=language, account=ground.chief))
    expect(page.locator("input[name=file]")).to_be_attached()
    assert serious(page) == []
    hand_in(page, path)
    expect(page.locator(".problem")).to_contain_text("no .prj" if english else "没有 .prj")
    page.locator("select[name=crs]").select_option(LOCAL_ZONE)
    page.get_by_role("button", name="Check again" if english else "重新检查").press("Enter")
    tier = page.locator('select[name="map.tier"]')
    expect(tier).to_be_visible()
    expect(page.get_by_text("Which tier is this?" if english else "这是哪一层级？")).to_be_visible()
    assert serious(page) == []
    tier.select_option("value:building")
    page.get_by_role("button", name="Check again" if english else "重新检查").press("Enter")
    go = page.get_by_role("button", name="Import 1 area" if english else "导入 1 个区域")
    expect(go).to_be_enabled()
    assert serious(page) == []
    go.press("Enter")
    expect(page.get_by_text("1 area is in force." if english else "1 个区域已生效。")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Grids" if english else "网格", exact=True)).to_be_visible()


def test_a_visitor_is_not_offered_it(open_page) -> None:
    page = ready(open_page("/?room=grids&task=import"))
    expect(page.get_by_role("heading", name="网格", exact=True)).to_be_visible()
    expect(page.locator("input[name=file]")).to_have_count(0)
