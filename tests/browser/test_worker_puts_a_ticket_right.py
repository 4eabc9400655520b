"""A worker corrects a pin on the map, reads why the matter is theirs, pauses it with a reason; the desk sends it on."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, still

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def matter(town):
    """A matter in hand in a community, its worker, and a place 40 m north of it."""
    import uuid

    from django.utils import timezone

    from grids.models import Appointment
    from layers.tickets.actions import move_ticket, report_ticket

    now = timezone.now()
    held = Appointment.objects.at(now).filter(role="worker", person__account__isnull=False)
    post = held.filter(area__tier__code="community").select_related("person__account").order_by("area_id").first()
    worker = post.person.account
    spot = post.area.boundaries.at(now).get().shape.point_on_surface().coords[0]
    ticket, _new = report_ticket(
        ticket_id=uuid.uuid4(), actor=worker, lon=spot[0], lat=spot[1], category="road_sign", text="路牌歪了", now=now
    )
    for step, verb in enumerate(("sign", "start")):
        ticket = move_ticket(
            ticket_id=ticket.pk, verb=verb, actor=worker, version=ticket.version, now=now + timedelta(seconds=step)
        )
    return ticket, worker


def press(page: Page, lonlat) -> None:
    """Press a place on the map, once that stands."""
    x, y = still(page).evaluate("at => wangge.map.toScreen(at)", lonlat)
    (page.locator("#map").tap if page.viewport_size["width"] < 600 else page.locator("#map").click)(
        position={"x": x, "y": y}
    )


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-hans"), (PHONE, "en")])
def test_a_pin_is_put_right_and_everything_about_it_is_told(open_page, matter, complaints, size, language) -> None:
    complaints.allow("422")
    ticket, worker = matter
    lon, lat = ticket.point.coords
    page = open_page(f"/?room=tickets&ticket={ticket.pk}", size=size, language=language, account=worker)
    expect(page.locator("#ticket-clocks [data-clock=handle]")).to_be_visible()
    page.locator("button[data-verb=relocate]").click()
    expect(page.locator("#new-place")).to_be_visible()
    page.evaluate("at => wangge.map.setView(at, 18)", [lon, lat])
    press(page, [lon, lat + 0.0002])
    expect(page.locator("#new-place b")).not_to_be_empty()
    page.locator("#confirm-move").click()
    expect(page.locator("[data-field=reason] .field-error")).to_be_visible()
    page.locator("select[name=reason_code]").select_option("relocate_wrong")
    page.locator("#confirm-move").click()
    moved = page.locator("#ticket-events [data-verb=relocate] .moved")
    expect(moved).to_contain_text(f"{lon:.6f}, {lat:.6f}")
    ticket.refresh_from_db()
    assert ticket.point.y == pytest.approx(lat + 0.0002, abs=3e-5)
    assert (ticket.state, ticket.version) == ("in_hand", 6)
    assert serious(page) == []

    page.locator("#why-grid").click()
    expect(page.locator("#why .story li")).to_have_count(len(ticket.located_chain))
    expect(page.locator("#why")).to_contain_text(f"{ticket.point.x:.6f}")
    assert serious(page) == []
    page.go_back()
    expect(page.locator("#ticket-events")).to_be_visible()

    page.locator("button[data-verb=pause]").click()
    page.locator("select[name=until]").select_option(index=2)
    page.locator("select[name=reason_code]").select_option("pause_parts")
    assert serious(page) == []
    page.locator("#confirm-move").click()
    expect(page.locator("#ticket-clocks [data-clock=pause]")).to_be_visible()
    ticket.refresh_from_db()
    assert (ticket.state, ticket.paused_until, ticket.handle_due_at) == ("paused", ticket.due_at, None)
    assert timedelta(days=6) < ticket.paused_until - ticket.changed_at <= timedelta(days=7, minutes=1)


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in {"serious", "critical"}]
