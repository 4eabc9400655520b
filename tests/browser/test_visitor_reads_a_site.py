"""A visitor presses a service site: what it is, when it opens, where it is, and the way to its walking circle."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import ready, still, until

pytestmark = pytest.mark.reads


@pytest.fixture
def centre(town):
    """The county's centre in the sample town."""
    from layers.sites.models import Site

    return Site.objects.get(kind__code="county_centre")


def test_pressing_the_star_tells_what_is_open(open_page, centre):
    page = open_page(f"/?at={centre.geometry.x},{centre.geometry.y},17")
    where = list(centre.geometry.coords)
    until(ready(page), "(at) => wangge.layers.features(at, 12).some((one) => one.layer === 'sites')", where)
    x, y = still(page).evaluate("(at) => wangge.map.toScreen(at)", where)
    box = page.locator("#map").bounding_box()
    begun = timezone.now()
    page.mouse.click(box["x"] + x, box["y"] + y)
    panel = page.get_by_role("heading", name="县党群服务中心")
    expect(panel).to_be_visible()
    expect(page).to_have_url(re.compile(f"site={centre.pk}"))
    # the door may open or close meanwhile
    one, other = ("现在开放" if centre.is_open(moment) else "现在不开放" for moment in (begun, timezone.now()))
    expect(page.get_by_text(one, exact=True).or_(page.get_by_text(other, exact=True)).first).to_be_visible()
    expect(page.get_by_text("周一至周五")).to_be_visible()
    expect(page.get_by_text(centre.address_zh)).to_be_visible()


def test_the_same_in_english_on_a_phone(open_page, centre):
    page = open_page(f"/?site={centre.pk}", size={"width": 390, "height": 844}, language="en")
    expect(page.get_by_role("heading", name="County Service Centre")).to_be_visible()
    expect(page.get_by_text("Monday to Friday")).to_be_visible()
    expect(page.get_by_role("button", name="Walking circle")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_button_leads_to_the_walking_circle(open_page, centre):
    page = open_page(f"/?site={centre.pk}")
    page.get_by_role("button", name="步行圈").click()
    expect(page).to_have_url(re.compile("room=services"))
    expect(page).to_have_url(re.compile(f"site={centre.pk}"))
    expect(page.get_by_text("15 分钟").first).to_be_visible()


def test_a_site_that_is_gone_says_so(open_page, complaints):
    complaints.allow("404")
    page = open_page("/?site=00000000-0000-0000-0000-000000000001")
    expect(page.get_by_role("heading", name="图上没有这个服务点")).to_be_visible()
