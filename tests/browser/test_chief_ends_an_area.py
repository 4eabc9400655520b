"""A chief ends an area: what forbids it and what ends with it are read first, by name and number."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.test_chief_draws_a_building import ground, panel, primary, ready
from tests.browser.test_two_chiefs_meet_on_one_building import house
from tests.browser.test_visitor_looks_at_the_map import serious

__all__ = ["ground", "house"]


def test_an_area_ends_when_what_ends_with_it_has_been_read(open_page, complaints, ground, house) -> None:
    from grids.models import Appointment, Boundary, Person

    worker = Person.objects.create(name_zh="孙保安")
    Appointment.objects.create(
        area_id=house.id, role="worker", person=worker, valid_from=timezone.now() - timedelta(days=1)
    )
    page = ready(open_page(f"/?room=grids&area={ground.building.area_id}", account=ground.chief))
    panel(page).get_by_role("button", name="撤销这个网格…").click()
    expect(panel(page).locator(".tag.red")).to_have_text("现在还不能撤销")
    expect(panel(page)).to_contain_text("个网格")
    expect(panel(page)).to_contain_text("1单元")
    panel(page).locator("input[name=reason]").fill("拆了")
    expect(primary(page)).to_be_disabled()
    page.goto(f"/?room=grids&area={house.id}&task=end")
    ready(page)
    expect(panel(page)).to_contain_text("有 1 人在这里任职")
    expect(panel(page)).to_contain_text("孙保安")
    panel(page).locator("input[name=reason]").fill("拆了")
    assert serious(page) == []

    # somebody else joins meanwhile: not what was read, so it is read again
    second = Person.objects.create(name_zh="周保洁")
    Appointment.objects.create(
        area_id=house.id, role="worker", person=second, valid_from=timezone.now() - timedelta(hours=1)
    )
    complaints.allow("409")
    primary(page).click()
    expect(panel(page)).to_contain_text("请再看一遍")
    expect(panel(page)).to_contain_text("周保洁")
    assert Boundary.objects.still().filter(area=house.id).exists()
    primary(page).click()
    expect(page.locator(".toast")).to_contain_text("已撤销")
    expect(panel(page).locator("h1")).to_have_text(ground.home.name_zh)
    assert not Boundary.objects.still().filter(area=house.id).exists()
    assert not Appointment.objects.filter(area_id=house.id, valid_until=None).exists()
