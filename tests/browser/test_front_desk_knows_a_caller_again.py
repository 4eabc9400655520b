"""The front desk finds the open matter of a caller and reads who it was; others see a mask, visitors what is public."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, ready, until

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def serious(page) -> list[str]:
    """What axe finds wrong on the page as it stands."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{one['id']}: {one['nodes'][0]['html'][:99]}" for one in found if one["impact"] in {"serious", "critical"}]


@pytest.fixture
def known(town):
    """An open ticket somebody of the sample town called about, with the front desk over it and a leader."""
    from django.utils import timezone

    from grids.models import Appointment
    from layers.tickets import reporters
    from layers.tickets.models import Reporter

    now = timezone.now()
    held = Appointment.objects.at(now).filter(person__account__isnull=False, area__tier__code="county")
    people = {row.role: row.person.account for row in held.select_related("person__account")}
    rows = Reporter.objects.kept().filter(phone_hash__isnull=False, ticket__state__in=("signed", "in_hand"))
    row = rows.select_related("ticket").order_by("ticket__number").first()
    return row.ticket, reporters.opened(row), people


def test_a_caller_is_found_masked_and_read(open_page, known) -> None:
    from gis.audit.models import Entry

    ticket, caller, people = known
    mask = f"{caller.phone[:3]}****{caller.phone[-4:]}"
    leader = open_page(f"/?room=tickets&ticket={ticket.pk}", size=PHONE, language="en", account=people["leader"])
    expect(leader.locator("#reporter")).to_contain_text(mask)
    expect(leader.locator("#reporter")).to_contain_text("Only who handles this matter")
    expect(leader.locator("#read-reporter")).to_have_count(0)
    assert caller.phone not in leader.content()

    desk = open_page("/?room=tickets", size=DESKTOP, account=people["front_desk"])
    desk.locator("#report").click()
    desk.locator("#report-caller summary").click()
    phone = desk.locator('input[name="caller.phone"]')
    phone.fill(f"{caller.phone[:3]} {caller.phone[3:7]}-{caller.phone[7:]}")
    phone.press("Tab")
    expect(desk.locator("#same-caller")).to_contain_text(ticket.number)
    assert serious(desk) == []
    kept = desk.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert caller.phone[-7:] not in re.sub(r"[ -]", "", kept), "what a caller leaves is not kept on the device"

    desk.goto(f"/?room=tickets&ticket={ticket.pk}")
    box = desk.locator("#reporter")
    expect(box).to_contain_text(mask)
    before = Entry.objects.filter(verb="reporter.read").count()
    box.locator("#read-reporter").click()
    expect(box).to_contain_text(caller.phone)
    expect(box).to_contain_text("本次查看已记录")
    assert Entry.objects.filter(verb="reporter.read", subject=ticket.number).count() == before + 1
    box.locator("#mask-reporter").click()
    expect(box).not_to_contain_text(caller.phone)
    assert serious(desk) == []


def test_a_visitor_reads_what_is_being_done_nearby(open_page, town) -> None:
    from collections import Counter

    from django.utils import timezone

    from layers.tickets import public

    cells = Counter((row["cell_x"], row["cell_y"]) for row in public.matters(timezone.now()))
    (x, y), count = cells.most_common(1)[0]
    lon, lat = public.Cell(x, y).middle
    page = open_page(f"/?at={lon},{lat},15", size=PHONE)
    seen = "([id, place]) => wangge.layers.features(place, 40)[0]?.properties.id === id"
    until(ready(page), seen, [f"16:{x}:{y}", [lon, lat]])  # without switching anything on
    left, top = page.evaluate("at => wangge.map.toScreen(at)", [lon, lat])
    page.locator("#map").tap(position={"x": left, "y": top})
    expect(page).to_have_url(re.compile("matters=16"))
    expect(page.locator("#panel .sub").first).to_have_text(f"{count} 件事项")
    expect(page.locator("#public-matters li").first).to_contain_text(re.compile("已受理|办理中|已办结"))
    assert serious(page) == []
    assert "ticket" not in page.url
