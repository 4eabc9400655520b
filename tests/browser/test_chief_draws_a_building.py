"""A chief draws a building in the own compound, is told what is wrong where, saves, corrects, and looks back."""

import json
import math
import re
from types import SimpleNamespace
from uuid import uuid4

import pytest
import shapely
import shapely.ops
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, ready, still, until

METRES_A_DEGREE = 111_195
Position = tuple[float, float]


def quad(centre: Position, metres: float) -> list[Position]:
    """The corners of a square round a centre, each so many metres east-west and north-south of it."""
    lon, lat = centre
    east = metres / METRES_A_DEGREE / math.cos(math.radians(lat))
    north = metres / METRES_A_DEGREE
    return [(lon - east, lat - north), (lon + east, lat - north), (lon + east, lat + north), (lon - east, lat + north)]


@pytest.fixture
def ground(town) -> SimpleNamespace:
    """A compound with a chief who signs in, the chief of another one, an empty spot and a building in it."""
    from grids.models import Appointment, Boundary

    posts = Appointment.objects.filter(
        role="chief", person__account__isnull=False, area__tier__code="compound", valid_until=None
    ).select_related("person__account")
    mine, other = posts.order_by("area__boundaries__code")[:2]
    home = Boundary.objects.still().get(area=mine.area_id)
    buildings = list(Boundary.objects.still().filter(parent=mine.area_id).order_by("code"))
    free = home.shape.difference(shapely.union_all([building.shape for building in buildings]))
    scale = math.cos(math.radians(home.shape.centroid.y))
    flat = shapely.transform(free, lambda xy: xy * [scale, 1.0] * METRES_A_DEGREE)
    spot = shapely.maximum_inscribed_circle(flat)
    x, y = spot.coords[0]
    return SimpleNamespace(
        chief=mine.person.account,
        other=other.person.account,
        compound=mine.area_id,
        code=home.code,
        home=home,
        building=buildings[0],
        spot=(x / scale / METRES_A_DEGREE, y / METRES_A_DEGREE),
        room=min(spot.length * 0.6, 12.0),
    )


def look(page: Page, centre: Position, zoom: int) -> None:
    """Put the map somewhere at once."""
    page.evaluate("([at, zoom]) => wangge.map.setView(at, zoom)", [list(centre), zoom])
    still(page)


def on_screen(page: Page, at: Position) -> Position:
    """Where a place is on the page, px, once the map stands."""
    still(page)
    x, y = page.evaluate("at => wangge.map.toScreen(at)", list(at))
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + y


def press(page: Page, at: Position, *, touch: bool = False) -> None:
    """Press a place on the map."""
    x, y = on_screen(page, at)
    if touch:
        page.touchscreen.tap(x, y)
    else:
        page.mouse.move(x - 5, y - 5)
        page.mouse.move(x, y)
        page.wait_for_timeout(60)  # Leaflet takes two presses at once for a double one
        page.mouse.click(x, y)
    page.wait_for_timeout(120)


def drag(page: Page, start: Position, end: Position) -> None:
    """Drag a handle, which comes with the next drawing after the map stands."""
    at = on_screen(page, start)
    until(page, "([x, y]) => document.elementFromPoint(x, y)?.closest('.marker-icon')", list(at))
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(*on_screen(page, end), steps=5)
    page.mouse.up()


def draw(page: Page, corners: list[Position], *, touch: bool = False) -> None:
    """Press all corners and close the line."""
    for corner in corners:
        press(page, corner, touch=touch)
    if touch:
        page.locator("#tool-finish").tap()
    else:
        press(page, corners[0])


def panel(page: Page):
    """The panel."""
    return page.locator("#panel")


def primary(page: Page):
    """The one primary action."""
    return page.locator("#panel .foot .primary")


def begin(page: Page, words: str) -> None:
    """Choose the own compound and begin to draw."""
    ready(page)
    page.locator("#panel a.item").first.click()
    expect(primary(page)).to_have_text(words)
    primary(page).click()
    expect(page.locator("#tools")).to_be_visible()


def test_a_chief_draws_is_warned_saves_corrects_and_looks_back(open_page, ground) -> None:
    from grids.models import Boundary

    page = open_page("/?room=grids", account=ground.chief)
    begin(page, "在这里画楼栋")

    # over a building and over the compound's edge: both are told, in red, and nothing can be saved
    corner = ground.building.shape.centroid.coords[0]
    edge = shapely.ops.nearest_points(ground.home.shape.boundary, shapely.Point(corner))[0].coords[0]
    outside = tuple(2.2 * e - 1.2 * c for e, c in zip(edge, corner, strict=True))
    look(page, corner, 19)
    aside = (corner[0] + (outside[1] - corner[1]), corner[1] - (outside[0] - corner[0]))
    draw(page, [corner, outside, (outside[0] + aside[0] - corner[0], outside[1] + aside[1] - corner[1])])
    expect(panel(page).locator(".tag.red")).to_have_text(re.compile(r"处要先改好"))
    expect(panel(page)).to_contain_text(f"与「{ground.building.name_zh}」重叠")
    expect(panel(page)).to_contain_text(f"伸出「{ground.home.name_zh}」之外")
    expect(primary(page)).to_be_disabled()
    red = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--red').trim()")
    expect(page.locator(f"#map path[stroke='{red}']").nth(1)).to_be_attached()
    panel(page).get_by_role("button", name="定位").first.click()

    # a fresh start on an empty spot
    panel(page).get_by_role("button", name="放弃").click()
    expect(page.locator(".toast")).to_contain_text("没保存的边线已放弃")
    expect(page.locator("#tools")).to_be_hidden()
    primary(page).click()
    expect(page.locator("#tools")).to_be_visible()
    look(page, ground.spot, 20)
    corners = quad(ground.spot, ground.room)
    draw(page, corners)
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")
    name = panel(page).locator("input[name=name_zh]")
    name.fill("门房 <b>1</b>")
    primary(page).click()
    expect(panel(page).locator("h1")).to_have_text("门房 <b>1</b>")
    expect(panel(page)).to_contain_text("画出")
    drawn = Boundary.objects.still().get(name_zh="门房 <b>1</b>")
    assert drawn.parent_id == ground.compound
    assert drawn.version == 1

    # a corner too much, undone by key, then a corner moved
    panel(page).get_by_role("button", name="改边界").click()
    expect(page.locator("#tools")).to_be_visible()
    look(page, ground.spot, 21)
    near = tuple(1.15 * a - 0.15 * b for a, b in zip(corners[2], ground.spot, strict=True))
    drag(page, corners[2], near)
    expect(page.locator("#tool-undo")).to_have_text("撤销 1")
    page.keyboard.press("Control+z")
    expect(page.locator("#tool-undo")).to_be_disabled()
    page.keyboard.press("Control+y")
    expect(page.locator("#tool-undo")).to_have_text("撤销 1")
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")
    primary(page).click()
    expect(panel(page)).to_contain_text("移动边界")
    assert Boundary.objects.still().get(area=drawn.area_id).version == 2

    # the former map as of then
    panel(page).get_by_role("button", name="看当时的地图").click()
    expect(panel(page)).to_contain_text("地图上就是这一版")
    expect(page).to_have_url(re.compile("moment="))
    expect(page.locator("#past-bar")).to_be_visible()
    expect(primary(page)).to_have_text("回到现在")
    expect(panel(page).get_by_role("button", name="改边界")).to_have_count(0)
    then = page.evaluate("wangge.session.moment")
    answer = page.request.get(f"/api/areas/{drawn.area_id}?moment={then}").json()
    assert answer["version"] == 1
    primary(page).click()
    expect(panel(page).get_by_role("button", name="改边界")).to_be_visible()
    assert Boundary.objects.get(area=drawn.area_id, version=1).shape.equals_exact(drawn.shape, 0)


def test_the_same_on_a_phone_in_english(open_page, ground) -> None:
    from grids.models import Boundary

    page = open_page("/?room=grids", size=PHONE, language="en", account=ground.chief)
    begin(page, "Draw a building here")
    look(page, ground.spot, 20)
    draw(page, quad(ground.spot, min(ground.room, 8.0)), touch=True)
    expect(panel(page).locator(".tag.green")).to_have_text("Nothing in the way")
    box = primary(page).bounding_box()
    assert box is not None
    assert box["height"] >= 44
    panel(page).locator("input[name=name_en]").fill("Gate house")
    primary(page).tap()
    expect(panel(page).locator("h1")).to_have_text("Gate house")
    drawn = Boundary.objects.still().get(name_en="Gate house")
    expect(panel(page)).to_contain_text("Drawn, ")
    assert drawn.shape.distance(shapely.Point(ground.spot)) == 0


def test_another_compounds_chief_is_refused_by_page_and_api(open_page, complaints, ground) -> None:
    page = ready(open_page(f"/?room=grids&area={ground.compound}", account=ground.other))
    expect(panel(page).locator("h1")).to_have_text(ground.home.name_zh)
    expect(panel(page).locator(".foot button")).to_have_count(0)
    page.goto(f"/?room=grids&area={ground.compound}&task=draw")
    ready(page)
    expect(panel(page).locator("h1")).to_have_text(ground.home.name_zh)
    expect(page.locator("#tools")).to_be_hidden()
    complaints.allow("403")
    shape = {"type": "Polygon", "coordinates": [[*quad(ground.spot, 5), quad(ground.spot, 5)[0]]]}
    body = {"id": str(uuid4()), "parent": str(ground.compound), "geometry": shape, "code": "x1", "name_zh": "楼"}
    status, problem = page.evaluate(
        """async (body) => {
          const token = document.querySelector('meta[name=csrf-token]').content;
          const answer = await fetch('/api/areas', {method: 'POST', body: JSON.stringify(body), headers: {
            'Content-Type': 'application/json', 'X-CSRFToken': token, 'Idempotency-Key': crypto.randomUUID()}});
          return [answer.status, await answer.json()];
        }""",
        body,
    )
    assert status == 403
    assert problem["detail"]


def test_somebody_else_was_faster_and_the_chief_chooses(open_page, complaints, ground) -> None:
    from grids.actions import move_boundary
    from grids.models import Boundary

    before = Boundary.objects.still().get(area=ground.building.area_id)
    complaints.allow("412")
    page = ready(open_page(f"/?room=grids&area={before.area_id}&task=move", account=ground.chief))
    expect(page.locator("#tool-undo")).to_be_visible()
    corner = before.shape.geoms[0].exterior.coords[0]
    middle = before.shape.centroid.coords[0]
    outward = tuple(1.05 * a - 0.05 * b for a, b in zip(corner, middle, strict=True))
    look(page, corner, 21)
    drag(page, corner, outward)
    expect(panel(page).locator(".tag.green")).to_be_visible()
    grown = shapely.transform(before.shape, lambda xy: (xy - middle) * 1.02 + middle)
    move_boundary(area_id=before.area_id, shape=grown, version=before.version, actor=ground.chief, now=timezone.now())
    primary(page).click()
    notice = panel(page).locator(".near")
    expect(notice).to_contain_text("已被别人改过")
    assert Boundary.objects.still().get(area=before.area_id).version == before.version + 1
    notice.get_by_role("button", name="接着用我的").click()
    expect(panel(page).locator(".tag.green")).to_be_visible()
    primary(page).click()
    expect(panel(page).locator("h1")).to_have_text(before.name_zh)
    expect(panel(page).locator(".life .chapter")).to_have_count(3)
    assert Boundary.objects.still().get(area=before.area_id).version == before.version + 2


def test_what_is_discarded_comes_back_by_undo(open_page, ground) -> None:
    page = open_page("/?room=grids", account=ground.chief)
    begin(page, "在这里画楼栋")
    look(page, ground.spot, 20)
    corners = quad(ground.spot, ground.room)
    for corner in corners:
        press(page, corner)
    page.keyboard.press("Enter")
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")
    panel(page).locator("input[name=name_zh]").fill("锅炉房")
    panel(page).get_by_role("button", name="放弃").click()
    expect(page.locator("#tools")).to_be_hidden()
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(panel(page).locator("input[name=name_zh]")).to_have_value("锅炉房")
    expect(panel(page).locator(".tag.green")).to_have_text("可以保存")
    assert page.viewport_size == DESKTOP
    kept = page.evaluate("JSON.stringify(wangge.map.view().lonlat)")
    assert len(json.loads(kept)) == 2
