"""A visitor looks at the map: base map, areas, sites, two languages, a phone, the address, the way back, axe."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ready, still, until

pytestmark = pytest.mark.reads

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def compound(page: Page) -> dict:
    """A compound in the middle of the town: its id, name and a place in it (from the search door)."""
    return page.evaluate(
        """async () => {
          const {results} = await (await fetch('/api/atlas/search?q=家属院')).json();
          const area = results.find((r) => r.kind === 'area');
          const [w, s, e, n] = area.bbox;
          return {...area, lonlat: [(w + e) / 2, (s + n) / 2]};
        }"""
    )


def drawn_share(page: Page) -> float:
    """The share of the base map's pixels that are not transparent."""
    return page.evaluate(
        """() => {
          let drawn = 0; let all = 0;
          for (const canvas of document.querySelectorAll('.leaflet-base-pane canvas.tile')) {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            for (let i = 3; i < data.length; i += 64) { all += 1; drawn += data[i] > 0; }
          }
          return drawn / all;
        }"""
    )


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse. It is handed in by the test, past the page's policy."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{item['id']}: {item['help']} {[node['html'][:120] for node in item['nodes'][:3]]}"
        for item in found
        if item["impact"] in {"serious", "critical"}
    ]


def test_the_map_is_drawn_from_our_own_data(desktop):
    page = ready(desktop)
    until(page, "wangge.layers.features(wangge.map.view().lonlat).length > 0")
    assert drawn_share(page) > 0.02
    layers = page.evaluate("wangge.layers.features(wangge.map.view().lonlat).map((f) => f.layer)")
    assert "county" in layers
    sources = "JSON.parse(document.getElementById('config').textContent).sources.map((s) => s.name)"
    assert "tickets" not in page.evaluate(sources)


def test_from_afar_the_place_stands_out_of_what_lies_beyond_it(desktop):
    """A small town at the zoom of a prefecture: its ground is as it was, all around lies under a veil."""
    page = ready(desktop)
    middle = page.evaluate("wangge.map.view().lonlat")
    page.evaluate("([lon, lat]) => wangge.map.setView([lon, lat], 11)", middle)
    until(still(page), "wangge.layers.features(wangge.map.view().lonlat).some((f) => f.layer === 'county')")
    shade = """([lon, lat]) => {
      const [x, y] = wangge.map.toScreen([lon, lat]);
      const { left, top } = wangge.map.container.getBoundingClientRect();
      for (const canvas of document.querySelectorAll('.leaflet-grids-pane canvas.tile')) {
        const box = canvas.getBoundingClientRect();
        const [column, row] = [left + x - box.left, top + y - box.top];
        if (column < 0 || row < 0 || column >= box.width || row >= box.height) continue;
        const by = canvas.width / box.width;
        return canvas.getContext('2d').getImageData(column * by, row * by, 1, 1).data[3];
      }
      return null;
    }"""
    beyond = [page.evaluate(shade, [middle[0] + east, middle[1] + north]) for east, north in ((0.15, 0), (0, -0.12))]
    assert beyond[0] == beyond[1] > 0
    within = [page.evaluate(shade, [middle[0] + east, middle[1] + 0.002]) for east in (-0.006, -0.003, 0, 0.003, 0.006)]
    assert min(within) == 0, "but for lines the place itself is clear"
    # nor is any service site drawn from so far: said, with the way to the nearest
    note = page.locator(".from-near")
    expect(note).to_contain_text("服务点放大后才显示")
    note.get_by_role("button", name="放大查看").click()
    expect(note).to_be_hidden()
    until(still(page), "wangge.layers.features(wangge.map.middle(), 12).some((f) => f.layer === 'sites')")


def test_tickets_stay_closed_at_their_door_too(desktop, complaints):
    complaints.allow("401")
    page = ready(desktop)
    assert page.evaluate("fetch('/tiles/tickets/13/6605/3223.mvt').then((r) => r.status)") == 401


def test_pressing_an_area_tells_what_it_is_and_back_goes_back(desktop):
    page = ready(desktop)
    area = compound(page)
    page.evaluate("([lon, lat]) => wangge.map.setView([lon, lat], 16)", area["lonlat"])
    until(still(page), "(at) => wangge.layers.features(at).some((f) => f.layer === 'compound')", area["lonlat"])
    x, y = page.evaluate("(at) => wangge.map.toScreen(at)", area["lonlat"])
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)
    panel = page.locator("#panel")
    expect(panel).to_be_visible()
    expect(panel.locator(".row").first).to_be_visible()  # not the skeleton of a slow answer
    expect(page).to_have_url(re.compile("area="))
    first = panel.get_by_role("heading", level=1).inner_text()
    page.locator("#crumbs a").first.click()
    expect(panel.get_by_role("heading", level=1)).not_to_have_text(first)
    page.go_back()
    expect(panel.get_by_role("heading", level=1)).to_have_text(first)
    page.go_back()
    expect(panel).to_be_hidden()
    expect(page).not_to_have_url(re.compile("area="))


def test_the_address_opens_the_same_view_again(open_page):
    page = ready(open_page())
    area = compound(page)
    page.evaluate("([lon, lat]) => wangge.map.setView([lon, lat], 17)", area["lonlat"])
    expect(page).to_have_url(re.compile("at="))
    page.evaluate("(id) => wangge.go('map', {area: id})", area["id"])
    expect(page.locator("#panel h1")).to_have_text(area["name_zh"])
    view = still(page).evaluate("wangge.map.view()")
    again = ready(open_page("/" + page.url.split("/", 3)[3]))
    expect(again.locator("#panel h1")).to_have_text(area["name_zh"])
    assert again.evaluate("wangge.map.view().zoom") == view["zoom"]
    assert again.evaluate("wangge.map.view().lonlat")[0] == pytest.approx(view["lonlat"][0], abs=1e-4)


def test_search_by_keyboard(desktop):
    page = ready(desktop)
    name = compound(page)["name_zh"]
    page.keyboard.press("/")
    page.keyboard.type(name)
    expect(page.get_by_role("option").first).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(page.locator("#panel h1")).to_have_text(name)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()


def test_typed_coordinates_are_a_place(desktop):
    page = ready(desktop)
    lon, lat = compound(page)["lonlat"]
    page.keyboard.press("/")
    page.keyboard.type(f"{lon:.5f}, {lat:.5f}")
    page.keyboard.press("Enter")
    expect(page.locator(".pin-box")).to_be_visible()
    until(page, "wangge.map.view().zoom >= 18")


def test_a_past_moment_tints_the_bar_and_is_read_only(desktop):
    page = ready(desktop)
    page.locator("#moment").click()
    page.get_by_label("某一天（当天结束时）").fill("2026-06-01")
    page.get_by_role("button", name="看这个时刻").click()
    expect(page.locator("#past-bar")).to_contain_text("只能看，不能改")
    expect(page.locator("body")).to_have_class(re.compile("past"))
    expect(page).to_have_url(re.compile("moment=2026-06-01"))
    assert page.evaluate("wangge.readOnly()") is True
    page.get_by_role("button", name="回到现在").click()
    expect(page.locator("#past-bar")).to_be_hidden()


def test_the_legend_lists_what_is_seen_and_layers_can_be_switched(desktop):
    page = ready(desktop)
    legend = page.locator("#legend")
    expect(legend).to_contain_text("县（区）")
    expect(legend).not_to_contain_text("单元")
    page.locator("#control-layers").click()
    page.get_by_role("dialog", name="图层").get_by_label("县", exact=False).first.uncheck()
    expect(legend).not_to_contain_text("县（区）")
    expect(page).to_have_url(re.compile("off=county"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="图层")).to_be_hidden()


def test_the_language_is_switched_in_place(desktop):
    page = ready(desktop)
    area = compound(page)
    page.evaluate("(id) => wangge.go('map', {area: id})", area["id"])
    expect(page.locator("#panel h1")).to_have_text(area["name_zh"])
    page.locator("#language-form button").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    ready(page)
    expect(page.locator("#panel h1")).to_have_text(area["name_en"])
    expect(page.locator("#rail")).to_contain_text("Map")
    expect(page.locator("#legend")).to_contain_text("Compound (grid 1)")


def test_question_mark_lists_the_keys(desktop):
    page = ready(desktop)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="帮助和快捷键")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="帮助和快捷键")).to_be_hidden()


def test_the_data_room_speaks_in_sentences(desktop):
    page = ready(desktop)
    page.locator("#rail").get_by_role("button", name="数据").click()
    expect(page.locator("#panel")).to_contain_text(re.compile(r"[\d,]+ 个网格"))
    expect(page).to_have_url(re.compile("room=data"))


def test_where_am_i_shows_the_place_with_its_error(desktop):
    page = ready(desktop)
    lon, lat = compound(page)["lonlat"]
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 12})
    page.get_by_role("button", name="我在哪里").click()
    expect(page.locator("#toasts")).to_contain_text("误差 12 米")
    expect(page.locator(".here-dot")).to_be_attached()
    assert still(page).evaluate("wangge.map.view().lonlat") == pytest.approx([lon, lat], abs=1e-3)


def test_a_browser_that_may_not_tell_says_what_to_do(desktop):
    page = ready(desktop)
    page.get_by_role("button", name="我在哪里").click()
    expect(page.locator("#toasts")).to_contain_text("在地图上点位置")


def test_without_the_server_the_page_says_so_and_comes_back_by_itself(desktop, complaints):
    complaints.allow("ERR_INTERNET_DISCONNECTED")
    page = ready(desktop)
    at = compound(page)["lonlat"]
    page.context.set_offline(True)
    page.evaluate("(at) => wangge.map.setView(at, 17)", at)
    expect(page.locator("#reach-bar")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#reach-bar")).to_be_hidden()
    until(page, "(at) => wangge.layers.features(at).some((f) => f.layer === 'compound')", at)


def test_everything_by_keyboard(desktop):
    page = ready(desktop)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.closest('[id]')?.id || ''"))
    assert {"crumbs", "search", "moment", "rail", "map", "legend", "control-layers"} <= seen


def test_a_room_opened_by_its_address_leaves_the_place_in_sight(open_page):
    page = ready(open_page("/?room=data"))
    expect(page.locator("#panel .big").first).to_be_visible()
    free = still(page).locator("#panel").bounding_box()["x"]
    _west, south, east, north = page.evaluate("JSON.parse(document.getElementById('config').textContent).extent")
    right = page.evaluate("(at) => wangge.map.toScreen(at)[0]", [east, (south + north) / 2]) + 56
    assert right <= free


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_axe_finds_nothing_serious(open_page, language, width, height):
    page = ready(open_page(size={"width": width, "height": height}, language=language))
    area = compound(page)
    page.evaluate("(id) => wangge.go('map', {area: id})", area["id"])
    expect(page.locator("#panel .row").first).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing_serious_at_the_sign_in(open_page, language):
    page = open_page("/accounts/login/", language=language)
    expect(page.locator("form.sign-in")).to_be_visible()
    assert serious(page) == []


def test_on_a_phone_everything_is_big_enough_and_in_reach(phone):
    page = ready(phone)
    area = compound(page)
    page.evaluate("(id) => wangge.go('map', {area: id})", area["id"])
    expect(page.locator("#panel .row").first).to_be_visible()
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a.item, input, summary')]
          .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.closest('.grab'))
          .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
          .filter(([, r]) => r.width > 0 && (r.height < 40 || r.width < 40))
          .map(([html, r]) => `${Math.round(r.width)}x${Math.round(r.height)} ${html}`)"""
    )
    assert [line for line in small if "grab" not in line] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_sheet_has_three_heights_and_the_map_stays_whole_above_it(phone):
    page = ready(phone)
    page.locator("#rail").get_by_role("button", name="数据").tap()
    expect(page.locator("#panel .big").first).to_be_visible()
    free = still(page).locator("#panel").bounding_box()["y"]
    west, south, east, _north = page.evaluate("JSON.parse(document.getElementById('config').textContent).extent")
    lowest = page.evaluate("(at) => wangge.map.toScreen(at)[1]", [(west + east) / 2, south])
    assert lowest + page.locator("#stage").bounding_box()["y"] <= free
    page.evaluate("(id) => wangge.go('map', {area: id})", compound(page)["id"])
    expect(page.locator("#panel .row").first).to_be_visible()
    heights = []
    for _ in range(3):
        heights.append(page.locator("#panel").bounding_box()["height"])
        page.locator("#panel .grab").click()
        until(page, "(before) => document.querySelector('#panel').offsetHeight !== before", round(heights[-1]))
    assert len({round(height / 20) for height in heights}) == 3


@pytest.mark.writes
def test_html_in_a_name_is_words(open_page, complaints):
    from layers.sites.models import Site

    nasty = "<img src=x onerror=document.title='hit'>&amp;<b>站"
    site = Site.objects.order_by("name_zh").first()
    Site.objects.filter(pk=site.pk).update(name_zh=nasty)
    page = ready(open_page(f"/?site={site.pk}"))
    expect(page.locator("#panel h1")).to_have_text(nasty)
    assert page.locator("#panel img, #panel b").count() == 0
    page.keyboard.press("/")
    page.keyboard.type("onerror")
    expect(page.get_by_role("option").first).to_contain_text(nasty)
    assert page.title() != "hit"


def test_the_newest_move_of_the_map_wins(open_page):
    page = still(ready(open_page(motion=True)))
    first = page.evaluate("wangge.map.view()")
    lon, lat = first["lonlat"]
    zoom = first["zoom"]
    there, here = [lon + 0.002, lat + 0.002], [lon - 0.003, lat - 0.001]
    later = {
        "before its first frame": "",
        "while it glides": "await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));",
    }
    for name, wait in later.items():
        for move in ("setView", "flyTo"):
            page.evaluate("([at, zoom]) => wangge.map.setView(at, zoom)", [first["lonlat"], zoom])
            page.evaluate(
                f"""async ([there, here, zoom]) => {{
                  wangge.map.flyTo(there, zoom + 2);
                  {wait}
                  wangge.map.{move}(here, zoom + 1);
                }}""",
                [there, here, zoom],
            )
            expect(still(page).locator("#map")).not_to_have_class(re.compile("leaflet-zoom-anim"))
            view = page.evaluate("wangge.map.view()")
            assert (view["zoom"], view["lonlat"]) == (zoom + 1, pytest.approx(here, abs=1e-5)), (name, move)
            assert f"at={view['lonlat'][0]:.4f}"[:10] in page.url
