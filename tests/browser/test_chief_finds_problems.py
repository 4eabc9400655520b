"""A chief looks an area over: a unit is missing, its place is shown, and what is meant to be free is allowed."""

from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from grids.models import AllowedGap, Boundary
from tests.browser.conftest import PHONE, still, until
from tests.browser.test_visitor_looks_at_the_map import ready, serious


@pytest.fixture
def gap(town, account_of) -> SimpleNamespace:
    """A building of the demo chief's compound that has lost one of its units."""
    chief = account_of("chief")
    post = chief.person.appointments.filter(role="chief", valid_until=None).first()
    ground = Boundary.objects.inside(post.area_id, timezone.now())
    unit = ground.of_tier("unit").order_by("code").first()
    Boundary.objects.filter(pk=unit.pk).update(valid_until=timezone.now(), closed_by=unit.opened_by)
    building = Boundary.objects.still().get(area=unit.parent_id)
    return SimpleNamespace(chief=chief, compound=post.area_id, building=building)


def panel(page: Page):
    """Panel or bottom sheet."""
    return page.locator("#panel")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_chief_finds_a_gap_goes_there_allows_it_and_takes_that_back(open_page, gap, language) -> None:
    zh = language == "zh-hans"
    page = ready(open_page(f"/?room=grids&area={gap.compound}", account=gap.chief, language=language))
    panel(page).get_by_role("button", name="检查其中的问题" if zh else "Look for problems in it").click()
    found = panel(page).get_by_role("listitem").filter(has_text=gap.building.name_zh if zh else gap.building.name_en)
    expect(found).to_have_count(1)
    before = still(page).evaluate("wangge.map.view().zoom")
    found.get_by_role("button", name="定位" if zh else "Go there").click()
    until(page, "(before) => wangge.map.view().zoom > before", before)
    assert serious(page) == []
    found.get_by_role("button", name="本应如此" if zh else "It is meant").click()
    page.keyboard.type("过街楼" if zh else "a passage")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("没有问题" if zh else "Nothing is wrong")
    expect(panel(page)).to_contain_text("过街楼" if zh else "a passage")
    assert AllowedGap.objects.get().area_id == gap.building.area_id
    panel(page).get_by_role("button", name="撤回" if zh else "Take it back").click()
    expect(panel(page)).not_to_contain_text("没有问题" if zh else "Nothing is wrong")
    expect(found.get_by_role("button", name="定位" if zh else "Go there")).to_be_visible()
    page.keyboard.press("Escape")
    again = "检查其中的问题" if zh else "Look for problems in it"
    expect(panel(page).get_by_role("button", name=again)).to_be_visible()


def test_on_a_phone_it_is_within_reach(open_page, gap) -> None:
    page = ready(open_page(f"/?room=grids&area={gap.compound}&task=problems", account=gap.chief, size=PHONE))
    found = panel(page).get_by_role("listitem").filter(has_text=gap.building.name_zh)
    expect(found).to_have_count(1)
    box = found.get_by_role("button", name="定位").bounding_box()
    assert box["height"] >= 24
    assert serious(page) == []


def test_a_stranger_is_not_asked(open_page, gap) -> None:
    page = ready(open_page(f"/?room=grids&area={gap.compound}&task=problems"))
    expect(panel(page).get_by_role("heading").first).to_be_visible()
    expect(panel(page).get_by_role("button", name="检查其中的问题")).to_have_count(0)
