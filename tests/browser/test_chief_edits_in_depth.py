"""A chief's whole craft: holes, parts, a neighbour's border, ways out of what is wrong, drafts, keys alone, a phone."""

import json
import math
import re

import shapely
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, until
from tests.browser.test_chief_draws_a_building import (
    METRES_A_DEGREE,
    Position,
    begin,
    draw,
    ground,
    look,
    on_screen,
    panel,
    press,
    primary,
    quad,
    ready,
)
from tests.browser.test_visitor_looks_at_the_map import serious

__all__ = ["ground"]
KEPT = re.compile("草稿已存在服务器上|Draft kept on the server")


def has_points(page: Page, count: int) -> None:
    """So many corners has the editor, of the line alone while one is drawn; they come with the next drawing."""
    handles = page.locator(".marker-icon:not(.marker-icon-middle):not(.cursor-marker)")
    expect(handles).to_have_count(count)


def drawing_of(account: object) -> dict:
    """What the server keeps for somebody."""
    from grids.models import Sketch

    return Sketch.objects.get(account=account).drawing


def scaled(centre: Position, metres: float, east: float, north: float) -> list[Position]:
    """A square of metres somewhere beside a centre."""
    (west, south), (right, _), *_rest = quad(centre, 1.0)
    step = ((right - west) / 2, (centre[1] - south))
    return quad((centre[0] + east * step[0], centre[1] + north * step[1]), metres)


def away(point: Position, start: Position, end: Position, centre: Position, metres: float) -> Position:
    """So many metres from a point, square to a side and away from a centre."""
    east = math.cos(math.radians(point[1]))
    along = ((end[0] - start[0]) * east, end[1] - start[1])
    normal = (-along[1], along[0])
    out = (start[0] - centre[0]) * east * normal[0] + (start[1] - centre[1]) * normal[1]
    scale = math.copysign(metres / METRES_A_DEGREE / math.hypot(*along), out)
    return point[0] + normal[0] * scale / east, point[1] + normal[1] * scale


def test_a_hole_and_a_part_are_drawn_and_a_reload_loses_nothing(open_page, ground) -> None:
    from grids.models import Boundary, Sketch

    page = open_page("/?room=grids", account=ground.chief)
    begin(page, "在这里画楼栋")
    look(page, ground.spot, 21)
    size = min(ground.room, 9.0)
    draw(page, quad(ground.spot, size))
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")

    # a hole over the edge is refused with the reason, and its line stays to be corrected
    page.locator("#tool-hole").click()
    draw(page, scaled(ground.spot, size / 3, size, 0))
    expect(page.locator(".toast.red")).to_contain_text("洞要完全在边界里面")
    page.locator("#tool-cancel").click()
    page.locator("#tool-hole").click()
    draw(page, quad(ground.spot, size / 3))
    expect(page.locator("#tool-hole")).to_be_visible()
    has_points(page, 8)

    # undo goes back through the hole, corner by corner, and redo forth again
    for _ in range(3):
        page.locator("#tool-undo").click()
    has_points(page, 2)
    for _ in range(3):
        page.keyboard.press("Control+Shift+Z")
    has_points(page, 8)
    panel(page).locator("input[name=name_zh]").fill("回字楼")
    expect(panel(page).get_by_text(KEPT)).to_be_visible()

    # another device, another day
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")
    expect(panel(page).locator(".kept")).to_contain_text("草稿已存")
    second = ready(open_page("/?room=grids", account=ground.chief))
    second.get_by_role("link", name=re.compile("回字楼")).click()
    expect(second.locator(".toast")).to_contain_text("的草稿画")
    expect(panel(second).locator("input[name=name_zh]")).to_have_value("回字楼")
    assert serious(second) == []
    second.locator("#tool-part").click()
    look(second, ground.spot, 21)
    draw(second, scaled(ground.spot, size / 4, -1.5 * size, 0))
    expect(panel(second).locator(".tag.green")).to_have_text("可以保存")
    primary(second).click()
    expect(panel(second).locator("h1")).to_have_text("回字楼")
    shape = Boundary.objects.still().get(name_zh="回字楼").shape
    assert (len(shape.geoms), sum(len(part.interiors) for part in shape.geoms)) == (2, 1)
    assert Sketch.objects.count() == 0


def test_a_border_is_traced_and_what_is_wrong_is_mended_where_it_is(open_page, ground) -> None:
    from grids.models import Boundary

    ring = list(ground.building.shape.geoms[0].exterior.coords)[:-1]
    centre = ground.building.shape.centroid.coords[0]
    far = max(range(len(ring)), key=lambda at: shapely.Point(ring[at]).distance(shapely.Point(ring[0])))
    outward = [away(ring[at], ring[0], ring[far], centre, 8.0) for at in (far, 0)]
    page = open_page("/?room=grids", language="en", account=ground.chief)
    begin(page, "Draw a building here")
    look(page, centre, 19)
    press(page, ring[0])
    page.keyboard.press("t")
    expect(page.locator("#tool-trace")).to_have_attribute("aria-pressed", "true")
    press(page, ring[far])
    # the neighbour's own corners lie on the way
    until(page, "document.querySelectorAll('.marker-icon:not(.cursor-marker)').length > 2")
    page.keyboard.press("Control+z")
    has_points(page, 1)  # a traced way is one step
    page.keyboard.press("Control+y")
    for corner in outward:
        press(page, corner)
    page.keyboard.press("Enter")
    expect(panel(page).locator(".tag")).to_be_visible()
    expect(panel(page).locator(".tag", has_text="Checking")).to_have_count(0)

    # pull a shared corner into the neighbour: red at once while it moves, then told, then mended by one press
    side = shapely.LineString([ring[0], ring[far]])
    shared = next(
        corner for corner in ring if corner not in (ring[0], ring[far]) and side.distance(shapely.Point(corner)) < 1e-6
    )
    inward = tuple(0.6 * a + 0.4 * b for a, b in zip(shared, centre, strict=True))
    at = on_screen(page, shared)
    # the corner's handle comes with the next drawing after the ring is closed
    until(page, "([x, y]) => document.elementFromPoint(x, y)?.closest('.marker-icon')", list(at))
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(*on_screen(page, inward), steps=6)
    red = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--red').trim()")
    expect(page.locator(f"#map path[stroke='{red}']")).not_to_have_count(0)
    page.mouse.up()
    expect(panel(page).locator(".finding.error").first).to_be_visible()
    expect(primary(page)).to_be_disabled()
    panel(page).get_by_role("button", name="Cut it off").click()
    expect(panel(page).locator(".tag.green")).to_have_text("Nothing in the way")
    panel(page).locator("input[name=code]").fill("x")
    expect(panel(page).locator(".odd")).to_contain_text("begin with")
    panel(page).locator("input[name=code]").fill(ground.building.code)
    expect(panel(page).locator(".field-error:visible")).to_contain_text("has this code")
    panel(page).locator("input[name=code]").fill(f"{ground.home.code}-77")
    expect(panel(page).locator(".field-error:visible")).to_have_count(0)
    panel(page).locator("input[name=name_en]").fill("Annex")
    primary(page).click()
    expect(panel(page).locator("h1")).to_have_text("Annex")
    annex = Boundary.objects.still().get(name_en="Annex").shape
    neighbour = Boundary.objects.still().get(area=ground.building.area_id).shape
    assert shapely.relate_pattern(annex, neighbour, "F***1****"), "they share an edge and nothing inside"


def test_everything_by_keys_alone(open_page, ground) -> None:
    from grids.models import Boundary

    page = ready(open_page(f"/?room=grids&area={ground.compound}", account=ground.chief))
    expect(panel(page).locator("h1")).to_have_text(ground.home.name_zh)
    page.keyboard.press("n")
    expect(page.locator("#tools")).to_be_visible()
    look(page, ground.spot, 21)
    page.locator("#map").focus()

    def walk(key: str, times: int) -> None:
        for _ in range(times):
            page.keyboard.press(key)

    page.keyboard.press("ArrowLeft")  # the cross hairs appear in the middle
    expect(page.locator(".aim")).to_be_visible()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press("Space")
        walk(key, 8)
    expect(page.locator("#draft-heard")).to_contain_text("第 4 个角点")
    page.keyboard.press("Enter")
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")
    before = page.evaluate("JSON.stringify(wangge.map.view().lonlat)")

    # the next corner is taken up, moved in two strides that are one step, put down; a corner is removed and comes back
    walk("]", 2)
    expect(page.locator("#draft-heard")).to_contain_text("第 2 个角点，共 4 个")
    expect(page.locator(".picked")).to_be_visible()
    steps = int(re.sub(r"\D", "", page.locator("#tool-undo").inner_text()))
    walk("ArrowRight", 2)
    page.keyboard.press("Enter")
    expect(page.locator("#draft-heard")).to_contain_text("已放下")
    expect(page.locator("#tool-undo")).to_have_text(f"撤销 {steps + 1}")
    page.keyboard.press("]")
    page.keyboard.press("Delete")
    has_points(page, 3)
    page.keyboard.press("Control+z")
    has_points(page, 4)

    # Escape gives up a hole, then lays the drawing aside; it goes on where it was
    page.keyboard.press("h")
    expect(page.locator("#tool-cancel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#tool-hole")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#tools")).to_be_hidden()
    expect(page.locator(".toast").last).to_contain_text("草稿已保留")
    page.keyboard.press("n")
    expect(page.locator("#tool-hole")).to_be_visible()
    has_points(page, 4)
    assert json.loads(before)
    panel(page).locator("input[name=name_zh]").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("键盘楼")
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")
    page.keyboard.press("Enter")
    expect(panel(page).locator("h1")).to_have_text("键盘楼")
    assert Boundary.objects.still().get(name_zh="键盘楼").shape.is_valid


def test_a_finger_draws_with_cross_hairs_and_magnifier(open_page, ground) -> None:
    from grids.models import Boundary

    page = open_page("/?room=grids", size=PHONE, language="en", account=ground.chief)
    begin(page, "Draw a building here")
    corners = quad(ground.spot, min(ground.room, 7.0))
    for corner in corners:
        look(page, corner, 20)
        page.locator("#tool-put").tap()
    page.locator("#tool-finish").tap()
    expect(panel(page).locator(".tag.green")).to_have_text("Nothing in the way")
    x, y = on_screen(page, corners[0])
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *at: float) -> None:
        spots = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    send("touchStart", x, y)
    for step in range(1, 6):
        send("touchMove", x - 3 * step, y + 2 * step)
    expect(page.locator("canvas.loupe")).to_be_visible()
    send("touchEnd")
    expect(page.locator("canvas.loupe")).to_have_count(0)
    page.locator("#tool-undo").tap()
    page.locator("#tool-redo").tap()
    target = page.locator(".marker-icon").first
    reach = target.evaluate("e => parseFloat(getComputedStyle(e, '::after').width) || 0")
    assert reach >= 44, "what a finger can hold is 44 px"
    expect(panel(page).locator(".tag.green")).to_have_text("Nothing in the way")
    assert serious(page) == []
    panel(page).locator("input[name=name_en]").fill("By hand")
    primary(page).tap()
    expect(panel(page).locator("h1")).to_have_text("By hand")
    assert Boundary.objects.still().filter(name_en="By hand").exists()
