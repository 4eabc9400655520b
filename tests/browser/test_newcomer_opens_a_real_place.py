"""A newcomer opens an extract of OpenStreetMap: the page says what is provisional and inferred, and counts nobody."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.streets.drawn import Drawing
from tests.streets.drawn import town as drawn_town

pytestmark = [pytest.mark.reads, pytest.mark.xdist_group("extract")]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
WORDS = {
    "zh-hans": {"provisional": "暂定", "source": "OpenStreetMap 贡献者", "gate": "推断", "compound": "阳光小区"},
    "en": {
        "provisional": "rovisional",
        "source": "OpenStreetMap contributors",
        "gate": "nferred",
        "compound": "阳光小区",
    },
}
LANGUAGES = pytest.mark.parametrize("language", WORDS)


@pytest.fixture(scope="module")
def town_database(databases, tmp_path_factory) -> Iterator[str]:
    """Instead of the sample town: a database with a small extract in it, imported by the command."""
    path = drawn_town().save(tmp_path_factory.mktemp("extract"))
    words = ("import_osm", str(path), "--commit", "--name", "灵石东", "--name-en", "Lingshi East")
    with databases.place("extract", words, ("demo_accounts",)) as name:
        yield name


def at(east: float, north: float, zoom: int) -> str:
    """The address of the map over a place of the drawing (metres)."""
    lon, lat = Drawing().degrees((east, north))
    return f"/?at={lon},{lat},{zoom}"


def say(page: Page) -> str:
    """All that the page says at this moment."""
    return page.locator("body").inner_text()


@SIZES
@LANGUAGES
def test_the_page_says_where_the_data_come_from_and_what_is_provisional(open_page, size, language):
    page = open_page(at(300, 75, 17), size=size, language=language)
    expect(page.locator(".leaflet-container canvas").first).to_be_visible()
    expect(page.locator(".leaflet-control-attribution, .attribution").first).to_contain_text(WORDS[language]["source"])
    expect(page.locator("body")).to_contain_text(WORDS[language]["provisional"])


@LANGUAGES
def test_the_legend_tells_inferred_gates_from_mapped_ones(open_page, language):
    page = open_page(at(300, 75, 18), language=language)
    expect(page.locator("#legend")).to_contain_text(WORDS[language]["gate"])


def test_a_compound_is_found_by_name_and_its_residents_are_not_known_rather_than_none(open_page, account_of):
    page = open_page(at(100, 75, 17), account=account_of("leader"))
    page.locator("#search input").fill("阳光")
    page.get_by_role("option").filter(has_text="阳光小区").first.click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("阳光小区")
    expect(panel).to_contain_text("演示网格长")
    expect(panel).to_contain_text("居民人数：未知")


def test_anybody_walks_from_any_place_and_is_told_what_is_assumed(open_page):
    lon, lat = Drawing().degrees((300, 30))
    page = open_page(f"/?room=services&at={lon},{lat},17&from={lon},{lat}")
    panel = page.locator("#panel")
    expect(panel).to_contain_text("15 分钟")
    expect(panel).to_contain_text("推断")
    expect(panel).to_contain_text("没有围墙")
    expect(page.locator("#what-if")).to_contain_text("→")  # what a site here would change, in grids, for everybody
