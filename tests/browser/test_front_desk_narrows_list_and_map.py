"""Filters of the tickets room narrow list, map and address together; a circle that is pressed lists what it counts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, still, until

pytestmark = pytest.mark.reads


@pytest.fixture
def desk(town):
    """Who sits at the front desk of the county."""
    from django.utils import timezone

    from grids.models import Appointment

    held = Appointment.objects.at(timezone.now()).filter(role="front_desk", person__account__isnull=False)
    return held.order_by("area__tier__rank").first().person.account


def circles(asker, wish: dict[str, str], zoom: int) -> list[dict]:
    """The circles of the map, the largest first."""
    from django.utils import timezone

    from layers.tickets.layer import TicketCellLayer

    now = timezone.now()
    layer = TicketCellLayer().asked(wish, moment=now, now=now)
    return sorted(layer.rows(asker=asker, moment=now, zoom=zoom), key=lambda row: -row["count"])


def total(page: Page) -> int:
    """What the list says it holds."""
    return int(re.sub(r"\D", "", page.locator("#ticket-count").inner_text().split("，")[0].split(" ")[0]))


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-hans"), (PHONE, "en")])
def test_list_and_map_show_the_same(open_page, desk, size, language) -> None:
    page = open_page("/?room=tickets&view=area&at=0,0,14", size=size, language=language, account=desk)
    page.locator("#ticket-filters summary").click()
    with page.expect_request(lambda request: "/tiles/tickets/" in request.url and "state=all" in request.url):
        page.locator("#ticket-filters select[name=state]").select_option("all")
    expect(page).to_have_url(re.compile("state=all"))
    found = circles(desk, {"state": "all"}, 14)
    expect(page.locator("#ticket-count")).to_contain_text(f"{sum(row['count'] for row in found):,}")

    page.locator("#ticket-filters select[name=category]").select_option("litter")
    page.wait_for_url(re.compile("category=litter"))
    found = circles(desk, {"state": "all", "category": "litter"}, 14)
    expect(page.locator("#ticket-count")).to_contain_text(f"{sum(row['count'] for row in found):,}")
    best = found[0]
    page.evaluate("([lon, lat]) => wangge.map.setView([lon, lat], 14)", [*best["geom"].coords])
    until(
        page,
        "([place, id]) => wangge.layers.features(place, 6).some((one) => one.properties.id === id)",
        [[*best["geom"].coords], best["id"]],
    )
    x, y = still(page).evaluate("place => wangge.map.toScreen(place)", [*best["geom"].coords])
    (page.locator("#map").tap if size == PHONE else page.locator("#map").click)(position={"x": x, "y": y})
    expect(page.locator("#only-cell")).to_be_visible()
    expect(page.locator("#ticket-count")).to_contain_text(str(best["count"]))
    assert total(page) == best["count"]
    page.locator("#only-cell button").click()
    page.locator("#no-filters").click()
    expect(page.locator("#only-cell")).to_have_count(0)
    page.wait_for_url(re.compile(r"^(?!.*category=)"))
