"""Two people, two pages, one building: different sides both stand; of the same corner the second chooses."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
import shapely
from playwright.sync_api import expect

from tests.browser.test_chief_draws_a_building import drag, ground, look, panel, primary, quad, ready
from tests.browser.test_visitor_looks_at_the_map import serious

__all__ = ["ground"]


@pytest.fixture
def house(ground) -> SimpleNamespace:
    """A building of eight corners on the empty spot, so that two people can work on different sides."""
    from django.utils import timezone

    from grids.actions import draw_area

    inner, outer = quad(ground.spot, min(ground.room, 9.0) / 2), quad(ground.spot, min(ground.room, 9.0))
    west, east, south, north = (outer[0][0], outer[1][0], outer[0][1], outer[2][1])
    left, right, low, high = (inner[0][0], inner[1][0], inner[0][1], inner[2][1])
    ring = [
        (left, south),
        (right, south),
        (east, low),
        (east, high),
        (right, north),
        (left, north),
        (west, high),
        (west, low),
    ]
    drawn = draw_area(
        area_id=uuid4(), parent_id=ground.compound, shape=shapely.MultiPolygon([shapely.Polygon(ring)]),
        code=f"{ground.code}-8", name_zh="八角楼", actor=ground.chief, now=timezone.now(),
    )  # fmt: skip
    return SimpleNamespace(id=drawn.area_id, ring=ring, shape=drawn.shape)


def test_two_people_two_pages_one_building(open_page, complaints, ground, house) -> None:
    from grids.models import Boundary

    complaints.allow("412")
    second_account = above(ground)
    address = f"/?room=grids&area={house.id}&task=move"
    one, two = (ready(open_page(address, account=account)) for account in (ground.chief, second_account))
    pull = [tuple(0.8 * a + 0.2 * b for a, b in zip(corner, ground.spot, strict=True)) for corner in house.ring]
    for page, at in ((one, 0), (two, 4)):
        expect(page.locator("#tool-undo")).to_be_visible()
        look(page, ground.spot, 21)
        drag(page, house.ring[at], pull[at])
        expect(panel(page).locator(".tag.green")).to_be_visible()
    primary(one).click()
    expect(panel(one).locator("h1")).to_have_text("八角楼")
    primary(two).click()  # the other side: both stand, and it is said
    expect(two.locator(".toast")).to_contain_text("同时改的另一边也一并保留")
    expect(panel(two).locator("h1")).to_have_text("八角楼")
    both = Boundary.objects.still().get(area=house.id)
    assert both.version == 3
    assert both.shape.area < house.shape.area

    # the same corner: the second sees the first's line, takes it as a beginning, and saves
    for page in (one, two):
        page.goto(address)
        ready(page)
        expect(page.locator("#tool-undo")).to_be_visible()
        look(page, ground.spot, 21)
    drag(one, house.ring[2], pull[2])
    deeper = tuple(0.6 * a + 0.4 * b for a, b in zip(house.ring[2], ground.spot, strict=True))
    drag(two, house.ring[2], deeper)
    for page in (one, two):
        expect(panel(page).locator(".tag.green")).to_be_visible()
    primary(one).click()
    expect(panel(one).locator("h1")).to_have_text("八角楼")
    primary(two).click()
    notice = panel(two).locator(".near")
    expect(notice).to_contain_text("已被别人改过")
    expect(notice).to_contain_text("对方的")
    expect(primary(two)).to_be_disabled()
    amber = two.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--amber').trim()")
    expect(two.locator(f"#map path[stroke='{amber}']")).not_to_have_count(0)
    assert serious(two) == []
    notice.get_by_role("button", name="在对方的基础上改").click()
    expect(notice).to_have_count(0)
    expect(two.locator("#tool-undo")).to_have_text("撤销 2")
    look(two, ground.spot, 21)
    drag(two, pull[2], deeper)
    expect(panel(two).locator(".tag.green")).to_be_visible()
    primary(two).click()
    expect(panel(two).locator("h1")).to_have_text("八角楼")
    assert Boundary.objects.still().get(area=house.id).version == 5


def above(ground: SimpleNamespace) -> object:
    """The chief of the community: may draw in its compounds too."""
    from django.utils import timezone

    from gis.accounts.models import Account
    from grids.models import Appointment, Person

    account = Account.objects.create_user("upper", display_name="赵社区")
    person = Person.objects.create(name_zh="赵社区", account=account)
    Appointment.objects.create(area_id=ground.home.parent_id, role="chief", person=person, valid_from=timezone.now())
    return account
