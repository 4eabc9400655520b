"""A planner says how a gate is, on the map: hours, closed for good and back, moved; whoever looks reads it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, press, still, until

WORDS = {
    "zh-hans": {
        "save": "保存", "close": "长期关闭", "undo": "撤销", "move": "移动", "cancel": "取消",
        "waiting": "步行路网里还没有这个出入口的新位置",
    },
    "en": {
        "save": "Save", "close": "Close for good", "undo": "Undo", "move": "Move", "cancel": "Cancel",
        "waiting": "The walking network does not have this place",
    },
}  # fmt: skip


def residents_gate():
    from layers.streets.models import Gate

    return Gate.objects.filter(open_to="residents").order_by("id").first()


def along_the_edge(gate) -> tuple[float, float]:
    """Degrees of a place on the gate's wall, some thirteen metres on."""
    from grids.models import Boundary

    edge = Boundary.objects.still().get(area=gate.compound_id).geometry.boundary
    spot = edge.interpolate(edge.project(gate.geometry) + 0.00012)
    return spot.x, spot.y


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-hans"), (PHONE, "en")], ids=["desktop", "phone"])
def test_says_how_a_gate_is(open_page, account_of, size, language):
    words, gate = WORDS[language], residents_gate()
    page = open_page(f"/?gate={gate.pk}", size=size, language=language, account=account_of("planner"))
    panel = page.locator("#panel")
    opens, closes = page.locator("input[name=open_from]"), page.locator("input[name=open_until]")
    expect(opens).to_have_value("")
    seen = "(at) => wangge.map.toScreen(at)[1] + 48 < document.getElementById('panel').getBoundingClientRect().top"
    if size is PHONE:  # not under the sheet, however fast the answer came
        until(page, seen, list(gate.geometry.coords))
    opens.fill("06:00")
    closes.fill("22:00")
    page.get_by_role("button", name=words["save"], exact=True).click()
    expect(panel).to_contain_text("06:00–22:00")
    page.get_by_role("button", name=words["close"], exact=True).click()
    expect(page.get_by_role("button", name=words["close"], exact=True)).to_have_count(0)
    assert page.request.get(f"/api/gates/{gate.pk}").json()["status"] == "closed"
    page.locator("#toasts").get_by_role("button", name=words["undo"]).last.click()
    expect(page.get_by_role("button", name=words["close"], exact=True)).to_be_visible()
    told = page.request.get(f"/api/gates/{gate.pk}").json()
    assert (told["status"], told["open_from"], len(told["history"])) == ("confirmed", "06:00", 3)
    page.get_by_role("button", name=words["move"]).click()
    expect(page.locator(".pin-box")).to_have_count(1)
    expect(page.locator("#toasts")).to_contain_text(words["cancel"])
    box, sheet = page.locator(".pin-box").bounding_box(), panel.bounding_box()
    assert size is not PHONE or box["y"] + box["height"] < sheet["y"], "the sheet lies over the pin"
    page.keyboard.press("Escape")  # gives up the move, and nothing else
    expect(page.locator(".pin-box")).to_have_count(0)
    expect(page.locator("#toasts")).not_to_contain_text(words["cancel"])
    if size is PHONE:
        return  # the pin is dragged there as on a desktop
    page.get_by_role("button", name=words["move"]).click()
    lon, lat = along_the_edge(gate)
    until(page, "wangge.map.view().zoom >= 18")
    press(page, [lon, lat])
    expect(panel).to_contain_text(words["waiting"])
    moved = page.request.get(f"/api/gates/{gate.pk}").json()
    assert abs(moved["lon"] - lon) + abs(moved["lat"] - lat) < 3e-5
    assert moved["waiting"] is True


def test_a_visitor_presses_a_gate_and_reads_it(open_page):
    gate = residents_gate()
    page = open_page(f"/?at={gate.geometry.x:.5f},{gate.geometry.y:.5f},18", language="en")
    found = still(page).wait_for_function(
        """() => {
          const box = wangge.map.container.getBoundingClientRect();
          for (let y = 200; y < 560; y += 7) for (let x = 400; x < 1100; x += 7) {
            const [first] = wangge.layers.features(wangge.map.toLonLat([x, y]), 4);
            if (first?.layer === "gates") return [box.left + x, box.top + y];
          }
          return null;
        }""",
        polling=100,
    )
    page.mouse.click(*found.json_value())
    expect(page).to_have_url(re.compile("gate="))
    expect(page.locator("#panel")).to_contain_text("Who may pass")
    expect(page.get_by_role("button", name="Move")).to_have_count(0)
