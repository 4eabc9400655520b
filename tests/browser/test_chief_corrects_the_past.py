"""A chief finds that an old record was wrong, corrects it with a reason, and everybody reads both tellings."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import shapely
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, until
from tests.browser.test_chief_draws_a_building import drag, ground, look, panel, primary, ready
from tests.browser.test_visitor_looks_at_the_map import serious

__all__ = ["ground"]
WRONG, RIGHT, NOW = "错名单元", "正名单元", "现名单元"


@pytest.fixture
def life(ground: SimpleNamespace) -> SimpleNamespace:
    """A stairwell that was called wrongly for some weeks, and has another name by now."""
    from grids.actions import rename
    from grids.models import Boundary

    area = Boundary.objects.still().filter(parent=ground.building.area_id).order_by("code")[0].area_id
    now = timezone.now()
    for name, days in ((WRONG, 40), (NOW, 10)):
        version = Boundary.objects.still().get(area=area).version
        rename(
            area_id=area, name_zh=name, name_en="", version=version, actor=ground.chief, now=now - timedelta(days=days)
        )  # fmt: skip
    return SimpleNamespace(**vars(ground), area=area, then=now - timedelta(days=20))


def told(area: object, moment: object):
    """The version that is told now of a moment."""
    from grids.models import Boundary

    return Boundary.objects.at(moment).get(area=area)


def chapter(page: Page, words: str):
    """The chapter of the life with these words."""
    return panel(page).locator(".life > .chapter").filter(has_text=words)


def test_a_wrong_name_of_former_weeks_is_corrected_with_a_reason(open_page, complaints, life) -> None:
    page = ready(open_page(f"/?room=grids&area={life.area}", account=life.chief))
    chapter(page, f"「{WRONG}」。").get_by_role("button", name="更正这段记录").click()
    expect(panel(page).locator("h1")).to_contain_text("过去的记录")
    expect(page.locator("#past-bar")).to_contain_text("您正在更正")
    assert not serious(page)
    panel(page).locator("input[name=name_zh]").fill(RIGHT)
    complaints.allow("422")
    primary(page).click()
    expect(panel(page).locator("[data-field=reason] .field-error")).to_be_visible()
    panel(page).locator("textarea[name=reason]").fill("登记表抄错")
    primary(page).click()
    corrected = chapter(page, f"「{RIGHT}」。")
    expect(corrected.locator(".tag")).to_have_text("已更正")
    expect(corrected.locator(".corrected")).to_contain_text("登记表抄错")
    expect(panel(page).locator("h1")).to_have_text(RIGHT)  # the map still shows that time
    corrected.locator("summary").click()
    expect(corrected.locator(".earlier")).to_contain_text(WRONG)
    assert not serious(page)
    page.locator("#past-bar button").click()
    expect(panel(page).locator("h1")).to_have_text(NOW)
    assert (told(life.area, life.then).name_zh, told(life.area, timezone.now()).name_zh) == (RIGHT, NOW)
    # a link to that moment shows the corrected past to a stranger, who can correct nothing
    link = f"/?room=grids&area={life.area}&moment={timezone.localtime(life.then):%Y-%m-%dT%H:%M}"
    stranger = ready(open_page(link))
    expect(panel(stranger).locator("h1")).to_have_text(RIGHT)
    expect(chapter(stranger, RIGHT).locator(".corrected").first).to_contain_text("登记表抄错")
    expect(stranger.get_by_role("button", name="更正这段记录")).to_have_count(0)


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-hans")], ids=["desk en", "phone zh"])
def test_a_wrong_boundary_of_then_is_corrected_and_what_cannot_have_been_is_red(
    open_page, complaints, life, size, language
) -> None:
    version = told(life.area, life.then).version
    moment = f"{timezone.localtime(life.then):%Y-%m-%dT%H:%M}"
    address = f"/?room=grids&area={life.area}&task=correct&telling={version}&moment={moment}"
    page = ready(open_page(address, size=size, language=language, account=life.chief))
    words = {"en": ("Correct the shape too", "place to correct"), "zh-hans": ("同时更正边界", "处")}[language]
    panel(page).get_by_role("button", name=words[0]).click()
    expect(page.locator("#tool-undo")).to_be_visible()
    before = told(life.area, life.then).shape
    corner, middle = before.geoms[0].exterior.coords[0], before.centroid.coords[0]
    away = tuple(b + 12 * (a - b) for a, b in zip(corner, middle, strict=True))
    look(page, corner, 21)
    page.evaluate("wangge.panel.level = 0; wangge.panel.settle()")
    inward = tuple(0.9 * a + 0.1 * b for a, b in zip(corner, middle, strict=True))
    drag(page, corner, inward)
    panel(page).locator("textarea[name=reason]").fill("survey")
    expect(panel(page).locator(".tag.green")).to_be_attached()
    page.evaluate("wangge.panel.level = 2; wangge.panel.settle()")
    primary(page).click()
    expect(panel(page).locator(".life .corrected")).to_contain_text("survey")
    then, now = told(life.area, life.then).shape, told(life.area, timezone.now()).shape
    assert then.area < before.area
    assert now.equals(before)
    assert shapely.Point(away).distance(before) > 0
    assert not serious(page)
    until(page, "wangge.state.get('task') === null")
