"""axe in the rooms of the signed-in: names of controls, contrast, order of headings, on a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_visitor_looks_at_the_map import ready, serious

pytestmark = pytest.mark.reads


@pytest.mark.parametrize(
    ("role", "room", "width"),
    [
        ("worker", "tickets", 390),
        ("front_desk", "tickets", 1440),
        ("chief", "grids", 1440),
        ("planner", "services", 1440),
        ("planner", "hotspots", 1440),
    ],
)
def test_axe_finds_nothing_serious_in_a_room(open_page, account_of, role, room, width):
    size = {"width": width, "height": 900 if width > 600 else 844}
    page = ready(open_page(f"/?room={room}", size=size, account=account_of(role)))
    expect(page.locator("#panel h1")).to_be_visible()
    expect(page.locator("#panel [aria-busy]")).to_have_count(0)
    assert serious(page) == []
