"""Staff adds photos on a telephone: an outage waits, what is no photo is told, one is taken away, all are looked at."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.test_staff_reports_and_closes_a_ticket import press_map, scene, serious, tickets
from tests.files import photos

__all__ = ["scene"]


@pytest.fixture
def album(tmp_path) -> dict[str, Path]:
    """Photos as a telephone keeps them, and a file that only looks like one."""
    large = photos.scene(3200, 2400)
    made = {
        "large.jpg": photos.photo("jpeg", picture=large),
        "upright.heic": photos.photo("heic", orientation=6),
        "small.png": photos.photo("png"),
        "no photo.jpg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in made}


def test_photos_come_with_the_report_and_are_looked_at_large(open_page, scene, album, complaints) -> None:
    from gis.files import store
    from gis.files.models import Picture
    from layers.tickets.models import TicketPhoto

    complaints.allow("ERR_CONNECTION_FAILED")
    complaints.allow("422")
    page = open_page("/?room=tickets&report=new", size=PHONE, language="en", account=scene.reporter)
    down = [True]

    def door(route) -> None:
        route.abort("connectionfailed") if down[0] else route.continue_()

    page.route(re.compile(r"/api/files\?"), door)
    page.locator(".photo-picker input[type=file]").set_input_files([album["large.jpg"], album["upright.heic"]])
    expect(page.locator(".photo-says")).to_contain_text("wait here until the server is reached")
    expect(page.locator(".photo-picker .photo")).to_have_count(2)

    page.reload()  # the browser was closed: what was not sent yet is still here
    expect(page.locator(".photo-says")).to_contain_text("wait here until the server is reached")
    expect(page.locator(".photo-picker .photo")).to_have_count(2)
    down[0] = False
    # it tries again by itself, and may have done so before a finger reaches the button
    page.evaluate("document.querySelector('.photo-says button')?.click()")
    expect(page.locator(".photo-picker .photo[data-state=done]")).to_have_count(2)
    page.locator(".photo-picker input[type=file]").set_input_files([album["no photo.jpg"], album["small.png"]])
    expect(page.locator(".photo-wrong")).to_contain_text("no photo.jpg This is SVG")
    expect(page.locator(".photo-picker .photo[data-state=done]")).to_have_count(3)
    assert serious(page) == []
    page.locator(".photo-wrong button").tap()
    expect(page.locator(".photo-wrong .problem")).to_have_count(0)
    assert Picture.objects.filter(stored=True).count() == 3
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.ok):
        page.get_by_role("button", name="Remove Photo 2").tap()
    expect(page.locator(".photo-picker .photo")).to_have_count(2)

    page.evaluate("([lon, lat]) => wangge.map.setView([lon, lat], 18)", [scene.lon, scene.lat])
    press_map(page, scene)
    page.locator("#report-categories .chip").first.tap()
    expect(page.locator("#send-report")).to_be_enabled()
    page.locator("#send-report").tap()
    expect(page.locator("#ticket-number")).to_be_visible()
    (ticket,) = tickets()
    rows = TicketPhoto.objects.filter(event__ticket=ticket, event__seq=1).select_related("picture").order_by("position")
    kept = [row.picture for row in rows]
    assert [(one.width, one.height) for one in kept] == [(2560, 1920), (96, 64)]
    for one in kept:
        content = store.path_of(one.pk, one.kind).read_bytes()
        assert [word for word in photos.SAYS if word in content] == []

    small = page.locator(".photos.seen button")
    expect(small).to_have_count(2)
    small.first.focus()
    page.keyboard.press("Enter")
    large = page.locator("dialog.photo-view")
    expect(large.locator("img")).to_have_js_property("naturalWidth", 2560)
    expect(large.locator(".photo-count")).to_have_text("1 / 2")
    assert serious(page) == []
    page.keyboard.press("ArrowRight")
    expect(large.locator(".photo-count")).to_have_text("2 / 2")
    expect(large.get_by_role("button", name="Next photo")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(page.locator("#ticket-number")).to_be_visible()
    expect(small.first).to_be_focused()
